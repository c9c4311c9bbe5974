import { Policies } from '../../panels/policies';

/** Who calls whom, and what is let in. */
export default function Inventory() {
  return <Policies />;
}
