import type { Schemas } from '../api/client';
import { useData } from '../api/query';
import { count, milliseconds, percent } from '../parts/format';
import { safeLink } from '../parts/link';
import { Faults } from '../parts/panel';
import { rangeInWords } from '../view/filters';
import { useSelection, useView } from '../view/view';
import { budgetInWords, budgetLevel, objectiveFor, type Slo } from './objective';

type Sli = Schemas['Sli'];
type Rate = Schemas['Rate'] & { disputed?: Schemas['Disputed'] };
type BandedRate = Rate & { band?: Sli['block_rate']['band'] };

type Verdict = 'ok' | 'breach' | 'unclear' | 'no data' | 'no target';

interface Tile {
  id: string;
  sli: string;
  title: string;
  /** What is counted, to follow `3 of 4000`. */
  what: string;
  /** What an SLI that is no plain rate says instead. */
  own?: {
    value: (sli: Sli) => string;
    rate: (sli: Sli) => Rate;
    detail: (sli: Sli) => string;
    target: (slo: Slo) => string;
  };
}

const TILES: Tile[] = [
  { id: 'M1', sli: 'block_rate', title: 'Block rate', what: 'cross-origin requests' },
  {
    id: 'M2',
    sli: 'preflight_failure_rate',
    title: 'Preflight failures',
    what: 'preflighted requests',
  },
  {
    id: 'M3',
    sli: 'credentialed_failure_rate',
    title: 'Credentialed failures',
    what: 'requests with credentials',
  },
  {
    id: 'M4',
    sli: 'exposed_header_mismatch',
    title: 'Unreadable headers',
    what: 'expected headers read',
  },
  {
    id: 'M5',
    sli: 'preflight_latency',
    title: 'Preflight latency, p95',
    what: 'preflights measured',
    own: {
      value: (sli) => milliseconds(sli.preflight_latency_ms.p95),
      rate: latency,
      detail: (sli) =>
        `${percent(sli.preflight_latency_ms.under_200_ms)} under 200 ms; ${percent(sli.preflight_latency_ms.coverage)} measured`,
      target: (slo) => `${percent(1 - slo.target)} under 200 ms`,
    },
  },
];

function latency({ preflight_latency_ms: { slow, measured } }: Sli): Rate {
  return { bad: slow, total: measured, ratio: measured > 0 ? slow / measured : null };
}

/** The rate of a tile; nothing was seen where the server is older than the page and has no such SLI. */
function rateOf({ sli: name, own }: Tile, sli: Sli): BandedRate {
  const rates = sli as unknown as Record<string, BandedRate | undefined>;
  const none = { bad: 0, total: 0, ratio: null, band: null };
  return own ? { ...own.rate(sli), band: null } : (rates[name] ?? none);
}

function detailOf(tile: Tile, sli: Sli): string {
  const { bad, total } = rateOf(tile, sli);
  return tile.own?.detail(sli) ?? `${count(bad)} of ${count(total)} ${tile.what}`;
}

/** The SLIs of the time range. */
export function useSli() {
  return useData('sli', useSelection());
}

/** M1 to M5 now, against their targets. */
export function Tiles() {
  const { app, filters } = useView();
  const answer = useSli();
  const slos = useData('slos', app === undefined ? undefined : { app }).data?.slos ?? [];
  return (
    <section
      class={`tiles ${answer.stale ? 'stale' : ''}`}
      aria-busy={answer.stale}
      aria-label={`M1 to M5: ${rangeInWords(filters)}`}
    >
      <Faults errors={answer.error ? [answer.error] : []} loaded={answer.data !== undefined} />
      {TILES.map((tile) => {
        const slo = objectiveFor(tile.sli, slos, filters);
        return <TileView key={tile.id} tile={tile} sli={answer.data} slo={slo} />;
      })}
    </section>
  );
}

function TileView({ tile, sli, slo }: { tile: Tile; sli: Sli | undefined; slo: Slo | undefined }) {
  const verdict = sli && judge(tile, sli, slo);
  const runbook = safeLink(slo?.runbook_url);
  const band = tile.id === 'M1' ? sli?.block_rate.band : undefined;
  return (
    <article class={`tile ${verdict?.replace(' ', '-') ?? ''}`} data-sli={tile.sli}>
      <h2>
        <abbr title={`Metric ${tile.id} of the CORS guide`}>{tile.id}</abbr> {tile.title}
      </h2>
      <p class="value">
        <span>{sli ? (tile.own?.value(sli) ?? percent(rateOf(tile, sli).ratio)) : '…'}</span>
        {verdict && <span class="verdict">{verdict}</span>}
      </p>
      <p class="detail">{sli && detailOf(tile, sli)}</p>
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
      {sli && disputed(rateOf(tile, sli))}
      <p class="target">
        {slo ? (
          <>Target {tile.own?.target(slo) ?? `at most ${percent(slo.target)}`}</>
        ) : (
          sli && 'No objective configured'
        )}
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
  const { ratio, band } = rateOf(tile, sli);
  if (ratio == null) return 'no data';
  if (slo === undefined) return 'no target';
  if (ratio > slo.target) return 'breach';
  // Also where all failures of unknown kind count.
  return (band?.[1] ?? ratio) > slo.target ? 'unclear' : 'ok';
}

function Budget({ slo }: { slo: Slo }) {
  return (
    <div class={`budget ${budgetLevel(slo)}`}>
      <meter
        min={0}
        max={1}
        value={Math.max(0, slo.budget_remaining ?? 0)}
        aria-label="Error budget left"
      />
      <span>{budgetInWords(slo)}</span>
    </div>
  );
}
