import { useData } from '../../api/query';
import { AlertHistory } from '../../panels/alert-history';
import { Budgets } from '../../panels/budgets';
import { Burn } from '../../panels/burn';
import { Quiet } from '../../panels/quiet';
import { useView } from '../../view/view';

/** Budgets, how fast they burn, and what that led to. */
export default function Slos() {
  const { app, filters } = useView();
  const slos = useData('slos', app === undefined ? undefined : { app }).data?.slos ?? [];
  const shown = slos.find(({ name }) => name === filters.slo) ?? slos[0];
  return (
    <>
      <Budgets />
      {shown && <Burn key={`${shown.app} ${shown.name}`} slo={shown} />}
      <AlertHistory />
      <Quiet
        kind="maintenance"
        title="Maintenance"
        ask="Plan maintenance"
        empty="No maintenance is planned, and none was corrected for."
      />
    </>
  );
}
