// What the inventory knows of a shop's targets.
import type { Schemas } from '../src/api/client';

type Inventory = Schemas['InventoryBody'];
type InventoryHistory = Schemas['HistoryBody'];
type PolicyTarget = Schemas['Target'];
type Stances = Schemas['Stances'];

const DAY_MS = 86_400_000;
const ago = (days: number) => new Date(Date.now() - days * DAY_MS).toISOString();

export function policy(some: Partial<PolicyTarget>): PolicyTarget {
  return {
    service: 'catalog',
    target_origin: 'https://api.shop.example',
    endpoint: '/items',
    apps: ['shop'],
    method: 'GET',
    url: 'https://api.shop.example/items',
    made_up: false,
    state: 'answered',
    reason: null,
    stance: 'list',
    since: ago(12),
    audited_at: ago(0.2),
    answered_at: ago(0.2),
    observed_since: ago(90),
    vary: 'right',
    max_age: 600,
    max_age_too_long: false,
    has_list: true,
    origins: [],
    findings: [],
    limited: false,
    ...some,
  };
}

function found(rule: string, level: string, title: string) {
  return {
    rule,
    key: '',
    level,
    title,
    message: `${title}, with credentials.`,
    evidence: ['GET https://api.shop.example/items -> 200', '  vary: Accept-Encoding'],
    fix: ['Keep a list of whole origins.'],
    since: ago(3),
  };
}

/** One target of every kind, the worst first. */
export function shops(): PolicyTarget[] {
  return [
    policy({
      service: 'reviews',
      endpoint: '/reviews',
      stance: 'credentialed_reflecting',
      vary: 'missing',
      has_list: false,
      max_age: null,
      findings: [
        found('origin-reflected', 'error', 'Any origin is answered with itself'),
        found('vary-origin-missing', 'warning', 'Vary does not name Origin'),
      ],
    }),
    policy({
      service: 'images',
      endpoint: '/img/:file',
      url: 'https://api.shop.example/img/1',
      made_up: true,
      stance: 'wildcard',
      vary: 'not_needed',
      has_list: false,
      max_age: 172_800,
      max_age_too_long: true,
      findings: [found('max-age', 'note', 'The time for which preflights are kept')],
    }),
    policy({
      findings: [found('unused-origin', 'note', 'An origin is allowed that no page comes from')],
      origins: [
        {
          origin: 'https://shop.example',
          source: 'configured',
          grant: 'credentialed',
          last_seen: ago(0.01),
          unused: false,
        },
        {
          origin: 'https://old-partner.example',
          source: 'listed',
          grant: 'plain',
          last_seen: ago(61),
          unused: true,
        },
        {
          origin: 'https://new-partner.example',
          source: 'listed',
          grant: 'denied',
          last_seen: null,
          unused: false,
        },
      ],
    }),
    policy({
      service: 'back-office',
      endpoint: '/reports',
      state: 'no_answer',
      reason: 'unreachable: 192.0.2.7:443 cannot be connected to: Connection refused',
    }),
  ];
}

const OPEN = ['wildcard', 'wildcard_with_credentials', 'reflecting', 'credentialed_reflecting'];

function stances(targets: PolicyTarget[]): Stances {
  const services = (is: (target: PolicyTarget) => boolean) =>
    new Set(targets.filter(is).map((target) => target.service)).size;
  const of = (stance: string | null) => services((target) => target.stance === stance);
  return {
    services: services(() => true),
    none: of('none'),
    list: of('list'),
    wildcard: of('wildcard'),
    wildcard_with_credentials: of('wildcard_with_credentials'),
    reflecting: of('reflecting'),
    null_trusted: of('null_trusted'),
    credentialed_reflecting: of('credentialed_reflecting'),
    unknown: of(null),
    wildcard_or_reflecting: services((target) => OPEN.includes(target.stance ?? '')),
  };
}

export function inventory(targets: PolicyTarget[]): Inventory {
  const count = (is: (target: PolicyTarget) => boolean) => targets.filter(is).length;
  return {
    summary: {
      ...stances(targets),
      targets: targets.length,
      vary_missing: count((target) => target.vary === 'missing'),
      max_age_too_long: count((target) => target.max_age_too_long),
      unused_entries: targets.flatMap((target) => target.origins).filter((one) => one.unused)
        .length,
      unanswered: count((target) => target.state !== 'answered'),
      as_of: targets[0]?.audited_at ?? null,
    },
    targets,
  };
}

/** There were two wildcards more. */
export function history(targets: PolicyTarget[]): InventoryHistory {
  const now = stances(targets);
  const point = (days: number, more: number) => ({
    ...now,
    wildcard: now.wildcard + more,
    at: ago(days),
    targets: targets.length,
    vary_missing: 0,
  });
  return { points: targets.length > 0 ? [point(8, 5), point(7.5, 2), point(1, 0)] : [] };
}
