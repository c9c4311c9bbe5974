import type { Schemas } from '../../api/client';
import { useData } from '../../api/query';
import { useInventory } from '../../panels/policies';
import { count, percent } from '../../parts/format';
import { Go } from '../../parts/go';
import { Panel } from '../../parts/panel';
import type { PageName } from '../../view/pages';
import { useView } from '../../view/view';

type State = 'met' | 'unmet' | 'unknown';

export interface Check {
  title: string;
  state: State;
  evidence: string;
  page?: PageName;
}

/** What the checks are judged by. */
export interface Evidence {
  browsers: Schemas['SliBody'];
  gateways: Schemas['SliBody'];
  synthetic: Schemas['SliBody'];
  slos: Schemas['SlosBody'];
  deploys: Schemas['DeploysBody'];
  inventory: Schemas['InventoryBody'];
}

const WINDOW = '30d';

function state(known: boolean, met: boolean): State {
  if (!known) return 'unknown';
  return met ? 'met' : 'unmet';
}

function beforeProduction({ synthetic, gateways, browsers }: Evidence): Check[] {
  const tests = synthetic.block_rate.total;
  const options = gateways.preflight_failure_rate;
  const preflights = browsers.preflight_failure_rate;
  return [
    {
      title: 'Synthetic tests cover the major origins',
      state: tests > 0 ? 'met' : 'unmet',
      evidence:
        tests > 0
          ? `${count(tests)} synthetic requests in 30 days`
          : 'no synthetic request in 30 days',
    },
    {
      title: 'CI checks CORS',
      state: 'unknown',
      evidence: 'pipelines do not report here: run corswatch check on contracts in CI',
    },
    {
      title: 'OPTIONS is allowed by ingress and gateway',
      state: state(preflights.total > 0, (preflights.ratio ?? 1) < 0.005),
      evidence:
        preflights.total > 0
          ? `${percent(preflights.ratio)} of ${count(preflights.total)} preflighted requests fail at the preflight`
          : 'no preflighted request was seen',
      page: 'preflights',
    },
    {
      title: 'OPTIONS is logged',
      state: options.total > 0 ? 'met' : 'unmet',
      evidence:
        options.total > 0
          ? `${count(options.total)} in access logs`
          : 'no access logs are read, so servers’ view of preflights is unknown',
    },
  ];
}

function production({ browsers, slos, deploys, inventory }: Evidence): Check[] {
  const seen = browsers.block_rate.total;
  const touching = deploys.deploys.filter((deploy) => deploy.touches_cors).length;
  const { coverage } = browsers.preflight_latency_ms;
  return [
    {
      title: 'Blocked requests are observed',
      state: seen > 0 ? 'met' : 'unmet',
      evidence: seen > 0 ? `${count(seen)} requests in 30 days` : 'nothing was received',
      page: 'on-call',
    },
    {
      title: 'Objectives and alerts are set',
      state: slos.slos.length > 0 ? 'met' : 'unmet',
      evidence: `${count(slos.slos.length)} objectives`,
      page: 'slos',
    },
    {
      title: 'Coverage is known',
      state: state(coverage != null, (coverage ?? 0) > 0),
      evidence:
        coverage == null
          ? 'no preflight was measured'
          : `${percent(coverage)} of preflights are measured; ${percent(browsers.unknown_rate.ratio)} of requests fail for an unknown reason`,
    },
    {
      title: 'Changes of CORS are recorded, so that they can be rolled back',
      state: touching > 0 ? 'met' : 'unmet',
      evidence:
        touching > 0
          ? `${count(touching)} in 30 days`
          : 'no deploy that touches CORS was reported in 30 days',
      page: 'changes',
    },
    ...policies(inventory),
  ];
}

/** What audits show: nothing is met while a target has never answered. */
function audits(summary: Schemas['Summary'], bad: number, words: string): [State, string] {
  const { targets, unknown } = summary;
  if (targets === 0) return ['unknown', 'nothing is audited'];
  if (unknown === 0) return [bad > 0 ? 'unmet' : 'met', words];
  const silent = `targets of ${count(unknown)} of ${count(summary.services)} services never answered`;
  return [bad > 0 ? 'unmet' : 'unknown', `${words}; ${silent}`];
}

function policies({ summary }: Schemas['InventoryBody']): Check[] {
  const { targets, services, vary_missing, unused_entries } = summary;
  const open = summary.wildcard_with_credentials + summary.credentialed_reflecting;
  const rows: [title: string, bad: number, words: string][] = [
    [
      'Vary: Origin is sent where answers depend on the origin',
      vary_missing,
      `missing at ${count(vary_missing)} of ${count(targets)} targets`,
    ],
    [
      'No service lets everybody in with credentials',
      open,
      `${count(open)} of ${count(services)} services`,
    ],
    ['Unused allow-list entries are retired', unused_entries, `${count(unused_entries)} unused`],
  ];
  return rows.map(([title, bad, words]) => {
    const [state, evidence] = audits(summary, bad, words);
    return { title, state, evidence, page: 'inventory' };
  });
}

function ladder(evidence: Evidence): Check[] {
  const { inventory, synthetic, slos, browsers } = evidence;
  const { summary } = inventory;
  const known = summary.services > summary.unknown;
  const lists = summary.list > 0;
  const handled = (browsers.preflight_failure_rate.ratio ?? 1) < 0.005;
  const advanced = slos.slos.length > 0 && synthetic.block_rate.total > 0;
  return [
    {
      title: 'Beginner: an allow-list of origins',
      state: state(known, lists),
      evidence: known
        ? `${count(summary.list)} of ${count(summary.services)} services answer a list of origins`
        : 'no audited service has answered',
    },
    {
      title: 'Intermediate: preflights handled, checked in CI',
      state: handled ? 'unknown' : 'unmet',
      evidence: handled
        ? 'preflights pass; whether CI checks them is not reported here'
        : 'preflights fail or were not seen',
    },
    {
      title: 'Advanced: objectives, synthetic tests, observability',
      state: advanced ? 'met' : 'unmet',
      evidence: `${count(slos.slos.length)} objectives, ${count(synthetic.block_rate.total)} synthetic requests`,
    },
  ];
}

export function Checks() {
  const { app } = useView();
  const of = (source?: 'gateway' | 'synthetic') =>
    app === undefined ? undefined : { app, window: WINDOW, ...(source && { source }) };
  const browsers = useData('sli', of());
  const gateways = useData('sli', of('gateway'));
  const synthetic = useData('sli', of('synthetic'));
  const slos = useData('slos', app === undefined ? undefined : { app });
  const deploys = useData('deploys', app === undefined ? undefined : { app, window: WINDOW });
  const { inventory } = useInventory();
  const all = [browsers, gateways, synthetic, slos, deploys, inventory];
  const evidence: Partial<Evidence> = {
    ...(browsers.data && { browsers: browsers.data }),
    ...(gateways.data && { gateways: gateways.data }),
    ...(synthetic.data && { synthetic: synthetic.data }),
    ...(slos.data && { slos: slos.data }),
    ...(deploys.data && { deploys: deploys.data }),
    ...(inventory.data && { inventory: inventory.data }),
  };
  const whole = isWhole(evidence) ? evidence : undefined;
  const panel = (title: string, id: string, judge: (of: Evidence) => Check[]) => {
    const checks = whole ? judge(whole) : [];
    const met = checks.filter((check) => check.state === 'met').length;
    return (
      <Panel title={title} note={`${met} of ${checks.length} met`} id={id} of={all}>
        <List checks={checks} />
      </Panel>
    );
  };
  return (
    <>
      <div class="columns">
        {panel('Before production', 'before-production', beforeProduction)}
        {panel('In production', 'production', production)}
      </div>
      {panel('Maturity', 'maturity', ladder)}
    </>
  );
}

function isWhole(evidence: Partial<Evidence>): evidence is Evidence {
  return Object.keys(evidence).length === 6;
}

const MARKS: Record<State, [mark: string, word: string]> = {
  met: ['✓', 'met'],
  unmet: ['✗', 'not met'],
  unknown: ['?', 'not known'],
};

function List({ checks }: { checks: Check[] }) {
  return (
    <ul class="checks">
      {checks.map(({ title, state, evidence, page }) => (
        <li key={title} class={state}>
          <span class="mark-of">
            <span aria-hidden="true">{MARKS[state][0]}</span>
            <span class="visually-hidden">{MARKS[state][1]}</span>
          </span>
          <span>{title}</span>
          <small>
            {evidence} {page && <Go to={page}>Show it</Go>}
          </small>
        </li>
      ))}
    </ul>
  );
}
