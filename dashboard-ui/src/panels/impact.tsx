import { useData } from '../api/query';
import { count, percent } from '../parts/format';
import { Go } from '../parts/go';
import { Panel } from '../parts/panel';
import { rangeInWords } from '../view/filters';
import { useSelection, useView } from '../view/view';
import { audited } from './measures';
import { useInventory } from './policies';

const MAX_ROWS = 500;

/** Whom it hit, and what is at risk, in a few numbers. */
export function Impact() {
  const { filters } = useView();
  const selection = useSelection();
  const endpoints = useData('endpoints', selection && { ...selection, limit: MAX_ROWS });
  const comparison = useData('comparison', selection);
  const { inventory } = useInventory();
  const summary = inventory.data?.summary;
  const hits = (endpoints.data?.endpoints ?? [])
    .filter((row) => row.outcome === 'blocked')
    .map((row) => row.affected_sessions ?? 0);
  // A page load may meet several failures: the number lies between the largest and the sum.
  const [least, most] = [Math.max(0, ...hits), hits.reduce((sum, hit) => sum + hit, 0)];
  const now = comparison.data?.current.block_rate;
  const before = comparison.data?.before.block_rate;
  // Of services that no audit has heard from nothing is known: that is no good news.
  const known = summary !== undefined && summary.services > summary.unknown;
  const open = summary
    ? summary.wildcard_with_credentials + summary.reflecting + summary.credentialed_reflecting
    : 0;
  return (
    <Panel
      title="Users and risk"
      note={rangeInWords(filters)}
      id="impact"
      of={[endpoints, comparison, inventory]}
    >
      <ul class="figures">
        <li class={now && now.bad > 0 ? 'bad' : 'good'}>
          <b>{count(now?.bad ?? 0)}</b>
          <Go to="debug">requests blocked</Go>
          <small>
            {percent(now?.ratio)} of {count(now?.total ?? 0)}; before: {percent(before?.ratio)} of{' '}
            {count(before?.total ?? 0)}
          </small>
        </li>
        <li class={most > 0 ? 'bad' : 'good'}>
          <b>{least === most ? count(most) : `${count(least)} to ${count(most)}`}</b>
          <span>page loads affected</span>
          <small>a page load may meet several failures; as far as single reports are kept</small>
        </li>
        <li class={known ? (summary.wildcard > 0 ? 'warn' : 'good') : ''}>
          <b>{known ? count(summary.wildcard) : '–'}</b>
          <Go to="inventory">services with wildcard origins</Go>
          <small>{summary ? audited(summary) : 'not audited'}</small>
        </li>
        <li class={known ? (open > 0 ? 'bad' : 'good') : ''}>
          <b>{known ? count(open) : '–'}</b>
          <Go to="inventory">services that reflect origins</Go>
          <small>or combine a wildcard with credentials</small>
        </li>
      </ul>
    </Panel>
  );
}
