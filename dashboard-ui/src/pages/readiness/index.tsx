import { Checks } from './checks';
import { Cutover, TestEnvironments } from './progress';

/** The guide's checklists and its ladder, ticked by what was seen. */
export default function Readiness() {
  return (
    <>
      <Checks />
      <div class="columns">
        <Cutover />
        <TestEnvironments />
      </div>
    </>
  );
}
