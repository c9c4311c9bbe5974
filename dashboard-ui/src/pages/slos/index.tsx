import { Alerts } from '../../panels/alerts';

export default function Slos() {
  return <Alerts />;
}
