import type { ApiError, Rate, Scope, Sli, Slo, Slos } from './api';
import { type Filters, inWords } from './filters';
import { count, milliseconds, percent, times } from './format';
import { safeLink } from './link';
import { objectiveFor } from './slo';

interface Props {
  answers: { sli?: Scope & Sli; slos?: Slos };
  error: ApiError | undefined;
  filters: Filters;
  now: number;
}

type Verdict = 'ok' | 'breach' | 'unclear' | 'no data' | 'no target';

interface Tile {
  id: string;
  sli: string;
  title: string;
  value: (sli: Sli) => string;
  rate: (sli: Sli) => Rate;
  /** The ratio that holds even if all failures of unknown kind count. */
  worst?: (sli: Sli) => number | null;
  detail: (sli: Sli) => string;
  target: (slo: Slo) => string;
}

const below = (slo: Slo) => `at most ${percent(slo.target)}`;
const of = (rate: Rate, what: string) => `${count(rate.bad)} of ${count(rate.total)} ${what}`;

const TILES: Tile[] = [
  {
    id: 'M1',
    sli: 'block_rate',
    title: 'Block rate',
    value: (sli) => percent(sli.block_rate.ratio),
    rate: (sli) => sli.block_rate,
    worst: (sli) => sli.block_rate.band?.[1] ?? null,
    detail: (sli) => of(sli.block_rate, 'cross-origin requests'),
    target: below,
  },
  {
    id: 'M2',
    sli: 'preflight_failure_rate',
    title: 'Preflight failures',
    value: (sli) => percent(sli.preflight_failure_rate.ratio),
    rate: (sli) => sli.preflight_failure_rate,
    detail: (sli) => of(sli.preflight_failure_rate, 'preflighted requests'),
    target: below,
  },
  {
    id: 'M3',
    sli: 'credentialed_failure_rate',
    title: 'Credentialed failures',
    value: (sli) => percent(sli.credentialed_failure_rate.ratio),
    rate: (sli) => sli.credentialed_failure_rate,
    detail: (sli) => of(sli.credentialed_failure_rate, 'requests with credentials'),
    target: below,
  },
  {
    id: 'M4',
    sli: 'exposed_header_mismatch',
    title: 'Unreadable headers',
    value: (sli) => percent(sli.exposed_header_mismatch.ratio),
    rate: (sli) => sli.exposed_header_mismatch,
    detail: (sli) => of(sli.exposed_header_mismatch, 'expected headers read'),
    target: below,
  },
  {
    id: 'M5',
    sli: 'preflight_latency',
    title: 'Preflight latency, p95',
    value: (sli) => milliseconds(sli.preflight_latency_ms.p95),
    rate: (sli) => latency(sli),
    detail: (sli) =>
      `${percent(sli.preflight_latency_ms.under_200_ms)} under 200 ms; ${percent(sli.preflight_latency_ms.coverage)} measured`,
    target: (slo) => `${percent(1 - slo.target)} under 200 ms`,
  },
];

function latency({ preflight_latency_ms: { slow, measured } }: Sli): Rate {
  return { bad: slow, total: measured, ratio: measured > 0 ? slow / measured : null };
}

/** M1 to M5 now, against their targets. */
export function Tiles({ answers, error, filters }: Props) {
  const slos = answers.slos?.slos ?? [];
  return (
    <section class="tiles" aria-label={`M1 to M5 in the last ${inWords(filters.window)}`}>
      {error && <p class="fault">The SLIs cannot be shown: {error.message}</p>}
      {TILES.map((tile) => {
        const slo = objectiveFor(tile.sli, slos, filters);
        return <TileView key={tile.id} tile={tile} sli={answers.sli} slo={slo} />;
      })}
    </section>
  );
}

function TileView({ tile, sli, slo }: { tile: Tile; sli: Sli | undefined; slo: Slo | undefined }) {
  const verdict = sli && judge(tile, sli, slo);
  const runbook = safeLink(slo?.runbook_url ?? null);
  const band = tile.id === 'M1' ? sli?.block_rate.band : undefined;
  return (
    <article class={`tile ${verdict?.replace(' ', '-') ?? ''}`} data-sli={tile.sli}>
      <h3>
        <abbr title={`Metric ${tile.id} of the CORS guide`}>{tile.id}</abbr> {tile.title}
      </h3>
      <p class="value">
        <span>{sli ? tile.value(sli) : '…'}</span>
        {verdict && <span class="verdict">{verdict}</span>}
      </p>
      <p class="detail">{sli && tile.detail(sli)}</p>
      {band && sli && sli.unknown_rate.bad > 0 && (
        <p class="detail">
          {percent(band[0])} to {percent(band[1])} with {count(sli.unknown_rate.bad)} of unknown
          reason
        </p>
      )}
      {tile.id === 'M3' && sli && sli.credentialed_failure_rate.denied.bad > 0 && (
        <p class="detail">
          beside it, {count(sli.credentialed_failure_rate.denied.bad)} answered 401 or 403
        </p>
      )}
      {sli && disputed(tile.rate(sli))}
      <p class="target">
        {slo ? <>Target {tile.target(slo)}</> : sli && 'No objective configured'}
        {runbook && (
          <>
            {' · '}
            <a href={runbook} rel="noopener noreferrer" target="_blank">
              runbook
            </a>
          </>
        )}
      </p>
      {slo && <Budget slo={slo} />}
    </article>
  );
}

/** What is not believed stands beside the number, never in it. */
function disputed({ disputed }: Rate) {
  if (disputed === undefined || disputed.total === 0) return null;
  return (
    <p
      class="detail disputed"
      title="Reported by few networks and contradicted by the others, by more than one page load or network does, or without a page origin"
    >
      beside it, {count(disputed.bad)} of {count(disputed.total)} reports are disputed
    </p>
  );
}

function judge(tile: Tile, sli: Sli, slo: Slo | undefined): Verdict {
  const { ratio } = tile.rate(sli);
  if (ratio === null) return 'no data';
  if (slo === undefined) return 'no target';
  if (ratio > slo.target) return 'breach';
  return (tile.worst?.(sli) ?? ratio) > slo.target ? 'unclear' : 'ok';
}

function Budget({ slo }: { slo: Slo }) {
  const left = slo.budget_remaining;
  const text =
    left === null
      ? `no data in ${slo.window}`
      : left < 0
        ? `${slo.window} budget spent ${times(1 - left)} times over`
        : `${percent(left)} of the ${slo.window} budget left`;
  const level = left === null ? 'none' : left <= 0 ? 'spent' : left < 0.25 ? 'low' : 'fine';
  return (
    <div class={`budget ${level}`}>
      <meter min={0} max={1} value={Math.max(0, left ?? 0)} aria-label="Error budget left" />
      <span>{text}</span>
    </div>
  );
}
