import { Alerts } from '../../panels/alerts';

export default function Incidents() {
  return <Alerts />;
}
