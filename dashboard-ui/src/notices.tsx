import type { Feed } from './feed';
import { ago } from './format';

/** What casts doubt on every number of the page. */
export function Notices({ feed, now }: { feed: Feed; now: number }) {
  const { failure, answers, apps } = feed;
  const watermark = answers.slos?.watermark ?? null;
  return (
    <div aria-live="polite" class="notices">
      {failure && (
        <p class="notice bad">
          <strong>{failure.status === 0 ? 'No connection.' : 'No numbers.'}</strong>{' '}
          {failure.message}{' '}
          {feed.updated !== undefined && (
            <>What is shown is from {ago(new Date(feed.updated).toISOString(), now)}.</>
          )}
        </p>
      )}
      {apps?.apps.length === 0 && (
        <p class="notice">
          <strong>No app is configured.</strong> Add an app with a key to the configuration, or use
          a token that may see one.
        </p>
      )}
      {answers.slos?.lagging && watermark !== null && (
        <p class="notice warn">
          <strong>The numbers lag.</strong> Everything up to {ago(watermark, now)} is counted; later
          beacons wait in the log. Objectives and alerts are frozen until they are counted: silence
          now is not health.
        </p>
      )}
    </div>
  );
}
