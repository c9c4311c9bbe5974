import { Alerts } from '../../panels/alerts';
import { Breakdowns } from '../../panels/breakdown';
import { Charts } from '../../panels/charts';
import { Deploys } from '../../panels/deploys';
import { Endpoints } from '../../panels/endpoints';
import { Tiles } from '../../panels/tiles';

/** What is broken now, and what is not. */
export default function OnCall() {
  return (
    <>
      <Tiles />
      <div class="columns wide-left">
        <Charts />
        <div class="stack">
          <Alerts />
          <Deploys />
        </div>
      </div>
      <Endpoints />
      <Breakdowns />
    </>
  );
}
