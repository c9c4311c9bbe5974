import { Fragment } from 'preact';
import { useState } from 'preact/hooks';
import type { Schemas } from '../api/client';
import { useData } from '../api/query';
import { ago, count, duration, time } from '../parts/format';
import { Panel } from '../parts/panel';
import { grant, nameless, stance, tone } from '../parts/words';
import { useNow } from '../view/clock';
import { useView } from '../view/view';

type Inventory = Schemas['InventoryBody'];
type InventoryHistory = Schemas['HistoryBody'];
type PolicyTarget = Schemas['Target'];
type PolicyFinding = Schemas['Finding'];

const COLUMNS = 6;
/** Rows that are shown at once; the worst come first. */
const SHOWN = 12;
const WEEK_MS = 7 * 86_400_000;

/** The inventory of an app, and how it was on each of the last days. */
export function useInventory() {
  const { app, filters } = useView();
  const of = app === undefined ? undefined : { app, service: filters.service };
  const inventory = useData('inventory', of);
  const history = useData('inventory/history', of && { ...of, days: 9 });
  return { inventory, history };
}

/** The policies of what pages call: whom each lets read, what is wrong, which entries are unused. */
export function Policies() {
  const answers = useInventory();
  const inventory = answers.inventory.data;
  const history = answers.history.data;
  const now = useNow();
  const [all, showAll] = useState(false);
  const targets = inventory?.targets ?? [];
  const summary = inventory?.summary;
  const note =
    summary?.as_of != null
      ? `${count(summary.targets)} targets, last audited ${ago(summary.as_of, now)}`
      : undefined;
  const shown = all ? targets : targets.slice(0, SHOWN);
  return (
    <Panel title="Policies" note={note} id="policies" of={answers.inventory} class="policies">
      {inventory && targets.length === 0 && <Nothing />}
      {inventory && targets.length > 0 && (
        <>
          <Summary inventory={inventory} history={history} now={now} />
          <table class="cards">
            <caption>What pages call, the worst policy first</caption>
            <thead>
              <tr>
                <th scope="col">Target</th>
                <th scope="col">Lets read</th>
                <th scope="col">Vary</th>
                <th scope="col" class="number">
                  Preflight kept
                </th>
                <th scope="col" class="number">
                  Unused entries
                </th>
                <th scope="col">Unchanged since</th>
              </tr>
            </thead>
            <tbody>
              {shown.map((target) => (
                <Fragment key={`${target.service} ${target.target_origin}${target.endpoint}`}>
                  <Row target={target} now={now} />
                  <tr class="diagnosed">
                    <td colSpan={COLUMNS} data-label="Found">
                      <Found target={target} now={now} />
                    </td>
                  </tr>
                </Fragment>
              ))}
            </tbody>
          </table>
          {targets.length > SHOWN && (
            <button type="button" class="more" onClick={() => showAll(!all)}>
              {all ? `Show the worst ${SHOWN}` : `Show all ${count(targets.length)}`}
            </button>
          )}
        </>
      )}
    </Panel>
  );
}

function Nothing() {
  return (
    <p class="calm">
      Nothing is audited yet. Targets come from the traffic of configured services: name what pages
      call under <code>[[services]]</code>, and let the prober run. A new target is audited within
      two minutes, and then once a day.
    </p>
  );
}

interface Tile {
  title: string;
  value: number;
  of: string;
  /** How it looks where it is not zero. */
  tone?: 'bad' | 'warn';
}

function Summary({
  inventory: { summary },
  history,
  now,
}: {
  inventory: Inventory;
  history: InventoryHistory | undefined;
  now: number;
}) {
  const before = history?.points.findLast((point) => Date.parse(point.at) <= now - WEEK_MS);
  const stars = (of: { wildcard: number; wildcard_with_credentials: number }) =>
    of.wildcard + of.wildcard_with_credentials;
  const open = summary.credentialed_reflecting + summary.null_trusted;
  const tiles: Tile[] = [
    { title: 'Anybody, with credentials', value: open, of: 'services', tone: 'bad' },
    {
      title: 'Wildcard origins',
      value: stars(summary),
      of: before ? `services, ${count(stars(before))} a week ago` : 'services',
    },
    { title: 'Reflected origins', value: summary.reflecting, of: 'services' },
    { title: 'Vary missing', value: summary.vary_missing, of: 'targets', tone: 'warn' },
    { title: 'Max-age too long', value: summary.max_age_too_long, of: 'targets' },
    { title: 'Unused entries', value: summary.unused_entries, of: 'origins' },
    { title: 'No answer', value: summary.unanswered, of: 'targets', tone: 'warn' },
  ];
  return (
    <ul class="counts">
      {tiles.map(({ title, value, of, tone }) => (
        <li key={title} class={value > 0 ? tone : undefined}>
          <b>{count(value)}</b> <span>{title}</span>
          <small>{of}</small>
        </li>
      ))}
    </ul>
  );
}

function Row({ target, now }: { target: PolicyTarget; now: number }) {
  const unused = target.origins.filter((tried) => tried.unused).length;
  return (
    <tr>
      <th scope="row" data-label="Target">
        <strong>{nameless(target.service)}</strong>
        <small>
          <span class="method">{target.method}</span> {target.target_origin}
          <span class="path">{target.endpoint}</span>
        </small>
      </th>
      <td data-label="Lets read">
        <span class={`badge ${tone(target)}`}>{stance(target.stance)}</span>
        {target.state !== 'answered' && (
          <small>{target.state === 'refused' ? 'not asked' : 'does not answer'} now</small>
        )}
      </td>
      <td data-label="Vary">
        {target.vary === 'missing' ? <span class="badge warn">missing</span> : vary(target.vary)}
      </td>
      <td data-label="Preflight kept" class="number">
        {maxAge(target)}
        {target.max_age_too_long && <small>longer than browsers do</small>}
      </td>
      <td data-label="Unused entries" class="number">
        {target.has_list ? count(unused) : '–'}
      </td>
      <td data-label="Unchanged since">
        <time datetime={target.since} title={time(target.since, now)}>
          {ago(target.since, now)}
        </time>
      </td>
    </tr>
  );
}

function vary(word: string | null | undefined): string {
  if (word == null) return '–';
  return word === 'right' ? 'right' : 'not needed';
}

function maxAge(target: PolicyTarget): string {
  if (target.max_age != null) return duration(target.max_age);
  return target.stance == null ? '–' : 'not stated';
}

function Found({ target, now }: { target: PolicyTarget; now: number }) {
  const { findings, origins } = target;
  const worst = findings[0]?.level ?? 'none';
  const made = target.made_up && ', a path made up from the template';
  return (
    <details class={`diagnosis policy ${worst}`}>
      <summary>
        {findings.length === 0
          ? nothing(target)
          : `${count(findings.length)} ${findings.length === 1 ? 'finding' : 'findings'}: `}
        {findings.length > 0 && [...new Set(findings.map((one) => one.rule))].join(', ')}
      </summary>
      {target.reason && (
        <p class="changed">
          {target.reason}
          {target.answered_at && `. What it answered ${ago(target.answered_at, now)} stands below.`}
        </p>
      )}
      {findings.map((finding) => (
        <FindingView key={finding.rule + finding.key} finding={finding} now={now} />
      ))}
      {target.stance != null && !target.has_list && (
        <p class="muted">There is no list of origins to look through: it lets everybody in.</p>
      )}
      {target.limited && (
        <p class="muted">
          Origins and evidence are left out: apps that you may not see call it, too.
        </p>
      )}
      {origins.length > 0 && <Origins target={target} now={now} />}
      <p class="muted">
        Asked as <code>{target.url}</code>
        {made}, last audited {ago(target.audited_at, now)}; called by {target.apps.join(', ')}.
      </p>
    </details>
  );
}

/** What is said about a target without findings. */
function nothing({ state, answered_at }: PolicyTarget): string {
  if (state === 'answered') return 'Nothing is wrong';
  const now = state === 'refused' ? 'Not asked' : 'No answer';
  return answered_at == null ? now : `${now}; nothing was wrong before`;
}

function FindingView({ finding, now }: { finding: PolicyFinding; now: number }) {
  return (
    <section class="finding">
      <h3>
        <span class={`badge ${finding.level}`}>{finding.level}</span> {finding.title}{' '}
        <span class="muted">
          since{' '}
          <time datetime={finding.since} title={time(finding.since, now)}>
            {ago(finding.since, now)}
          </time>
        </span>
      </h3>
      <p>{finding.message}</p>
      {finding.evidence.length > 0 && <pre>{finding.evidence.join('\n')}</pre>}
      {finding.fix.map((line) => (
        <p key={line}>
          <strong>Fix:</strong> {line}
        </p>
      ))}
    </section>
  );
}

function Origins({ target, now }: { target: PolicyTarget; now: number }) {
  const since = target.observed_since;
  return (
    <table class="origins">
      <caption>
        Origins that were tried
        {since && `; traffic to ${target.target_origin} is observed since ${time(since, now)}`}
      </caption>
      <thead>
        <tr>
          <th scope="col">Origin</th>
          <th scope="col">Let in</th>
          <th scope="col">Last seen in traffic</th>
        </tr>
      </thead>
      <tbody>
        {target.origins.map((tried) => (
          <tr key={tried.origin}>
            <th scope="row">{tried.origin}</th>
            <td>{grant(tried.grant)}</td>
            <td>
              {tried.last_seen ? ago(tried.last_seen, now) : 'never'}{' '}
              {tried.unused && <span class="badge warn">unused</span>}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
