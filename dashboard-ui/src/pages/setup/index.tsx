import { useData } from '../../api/query';
import { Ledger } from '../../panels/ledger';
import { Welcome } from '../../panels/welcome';
import { useView } from '../../view/view';

/** What to do first. */
export default function Setup() {
  const { app } = useView();
  const apps = useData('apps', {}).data?.apps ?? [];
  return (
    <>
      <Welcome app={apps.find(({ name }) => name === app)} />
      <Ledger />
    </>
  );
}
