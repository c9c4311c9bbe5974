import { useContext, useEffect, useState } from 'preact/hooks';
import { readiness, type Schemas } from '../api/client';
import { useData } from '../api/query';
import { Ago } from '../parts/ago';
import { useRound } from '../view/clock';
import { useView } from '../view/view';
import { FailureContext } from './failure';

/** Parts that say of themselves that the numbers lag. */
const LATE = ['watermark', 'aggregator'];

type PartReport = Schemas['PartReport'];

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

/** The parts of the server, asked every round; where health cannot be asked, what else fails says it. */
export function useParts(): PartReport[] {
  const { round } = useRound();
  const [parts, set] = useState<PartReport[]>([]);
  useEffect(() => {
    const ended = new AbortController();
    readiness(ended.signal).then(
      (said) => set(said.parts),
      () => ended.signal.aborted || set([]),
    );
    return () => ended.abort();
  }, [round]);
  return parts;
}

interface Props {
  updated: number | undefined;
  apps: Schemas['AppsBody'] | undefined;
}

/** What casts doubt on every number of the page. */
export function Notices({ updated, apps }: Props) {
  const failure = useContext(FailureContext);
  const { app } = useView();
  const slos = useData('slos', app === undefined ? undefined : { app }).data;
  const parts = useParts();
  const watermark = slos?.watermark ?? null;
  const lagging = slos?.lagging === true && watermark !== null;
  const impaired = parts
    .filter(({ condition }) => condition !== 'ready')
    .filter(({ part }) => !(lagging && LATE.includes(part)));
  return (
    <div aria-live="polite" class="notices">
      {failure && (
        <p class="notice bad">
          <strong>{failure.status === 0 ? 'No connection.' : 'No numbers.'}</strong>{' '}
          {failure.message}{' '}
          {updated !== undefined && (
            <>
              What is shown is from <Ago at={new Date(updated).toISOString()} />.
            </>
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
      {lagging && watermark && (
        <p class="notice warn">
          <strong>The numbers lag.</strong> Everything up to <Ago at={watermark} /> is counted;
          later beacons wait in the log. Objectives and alerts are frozen until they are counted:
          silence now is not health.
        </p>
      )}
    </div>
  );
}
