import { useState } from 'preact/hooks';
import { fieldTime } from '../parts/format';
import { useRound } from '../view/clock';
import { lengthMs, WINDOWS } from '../view/filters';
import { compares } from '../view/pages';
import { useView } from '../view/view';

/** The time range of everything: how far back from now, or from when to when. */
export function TimeRange() {
  const { filters, change } = useView();
  const absolute = filters.from !== undefined;
  const other = absolute || !WINDOWS.includes(filters.window);
  const relative = { from: undefined, to: undefined };
  return (
    <fieldset class="windows">
      <legend>Window</legend>
      {WINDOWS.map((window) => (
        <label key={window}>
          <input
            type="radio"
            name="window"
            checked={!other && window === filters.window}
            onChange={() => change({ window, ...relative })}
          />
          <span>{window}</span>
        </label>
      ))}
      <details class="menu">
        <summary class={other ? 'chosen' : ''}>
          {absolute ? 'fixed' : other ? filters.window : 'more'}
        </summary>
        <Custom key={`${filters.from} ${filters.to} ${filters.window}`} />
      </details>
    </fieldset>
  );
}

function Custom() {
  const { page, filters, change } = useView();
  const { to: now } = useRound();
  const end = Date.parse(filters.to ?? now);
  const [from, setFrom] = useState(fieldTime(end - lengthMs(filters)));
  const [to, setTo] = useState(fieldTime(end));
  const fits = Date.parse(from) < Date.parse(to);
  const apply = (event: Event) => {
    event.preventDefault();
    const instant = (text: string) => new Date(text).toISOString();
    if (fits) change({ from: instant(from), to: instant(to) });
  };
  return (
    <form onSubmit={apply}>
      <label>
        From
        <input
          type="datetime-local"
          required
          value={from}
          onInput={(event) => setFrom(event.currentTarget.value)}
        />
      </label>
      <label>
        To
        <input
          type="datetime-local"
          required
          value={to}
          onInput={(event) => setTo(event.currentTarget.value)}
        />
      </label>
      {!fits && <p class="fault">The end has to come after the start.</p>}
      <button type="submit" class="primary" disabled={!fits}>
        Show this range
      </button>
      {compares(page) && (
        <label class="check">
          <input
            type="checkbox"
            checked={filters.compare === 'before'}
            onChange={(event) =>
              change({ compare: event.currentTarget.checked ? 'before' : undefined })
            }
          />{' '}
          Compare with the time before
        </label>
      )}
    </form>
  );
}
