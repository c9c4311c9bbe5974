import { Alerts } from '../../panels/alerts';
import { CredentialFailures, PreflightFailures } from '../../panels/by-service';
import { Charts } from '../../panels/charts';
import { Deploys } from '../../panels/deploys';
import { Healthy } from '../../panels/difference';
import { Endpoints } from '../../panels/endpoints';
import { OpenIncidents } from '../../panels/incidents';
import { LiveRate } from '../../panels/live';
import { Tiles } from '../../panels/tiles';

/** What is broken now, and what is not. */
export default function OnCall() {
  return (
    <>
      <Tiles />
      <OpenIncidents />
      <div class="columns wide-left">
        <div class="stack">
          <LiveRate />
          <Charts />
        </div>
        <div class="stack">
          <Alerts />
          <Deploys />
          <Healthy />
        </div>
      </div>
      <div class="columns">
        <PreflightFailures />
        <CredentialFailures />
      </div>
      <Endpoints />
    </>
  );
}
