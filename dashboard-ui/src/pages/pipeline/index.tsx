import { Ledger } from '../../panels/ledger';

/** Where every beacon went. */
export default function Pipeline() {
  return <Ledger />;
}
