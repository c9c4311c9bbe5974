import { Deploys } from '../../panels/deploys';

export default function Changes() {
  return <Deploys />;
}
