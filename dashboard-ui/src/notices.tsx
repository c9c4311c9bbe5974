import type { PartReport } from './api';
import type { Feed } from './feed';
import { ago } from './format';

/** Parts that say of themselves that the numbers lag. */
const LATE = ['watermark', 'aggregator'];

function Impaired({ part, condition, detail }: PartReport) {
  const down = condition === 'down';
  return (
    <p class={`notice ${down ? 'bad' : 'warn'}`}>
      <strong>
        The {part} {down ? 'does not work' : 'is impaired'}:
      </strong>{' '}
      {detail}
    </p>
  );
}

/** What casts doubt on every number of the page. */
export function Notices({ feed, now }: { feed: Feed; now: number }) {
  const { failure, answers, apps } = feed;
  const watermark = answers.slos?.watermark ?? null;
  const lagging = answers.slos?.lagging === true && watermark !== null;
  const impaired = feed.impaired.filter(({ part }) => !(lagging && LATE.includes(part)));
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
      {impaired.map((part) => (
        <Impaired key={part.part} {...part} />
      ))}
      {lagging && (
        <p class="notice warn">
          <strong>The numbers lag.</strong> Everything up to {ago(watermark, now)} is counted; later
          beacons wait in the log. Objectives and alerts are frozen until they are counted: silence
          now is not health.
        </p>
      )}
    </div>
  );
}
