import { Matrix, UnexpectedOrigins } from '../../panels/matrix';
import { Policies } from '../../panels/policies';

/** Who calls whom, and what is allowed. */
export default function Inventory() {
  return (
    <>
      <Matrix />
      <UnexpectedOrigins />
      <Policies />
    </>
  );
}
