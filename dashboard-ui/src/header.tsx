import { useState } from 'preact/hooks';
import type { Breakdown } from './api';
import type { Feed } from './feed';
import { type Filters, WINDOWS } from './filters';
import { duration } from './format';
import { nextTheme, theme } from './theme';
import { nameless } from './words';

interface Props {
  feed: Feed;
  filters: Filters;
  change: (some: Partial<Filters>) => void;
  paused: boolean;
  setPaused: (paused: boolean) => void;
  now: number;
}

export function Header({ feed, filters, change, paused, setPaused, now }: Props) {
  const { answers, apps } = feed;
  const names = apps?.apps.map((app) => app.name) ?? [];
  const cleared = { service: undefined, environment: undefined, release: undefined };
  return (
    <header>
      <h1>
        <svg viewBox="0 0 16 16" width="20" height="20" aria-hidden="true">
          <circle cx="8" cy="8" r="7" class="mark" />
          <path d="M4 8h8M9 5l3 3-3 3" class="arrow" />
        </svg>
        corswatch
      </h1>
      <div class="filters">
        <label>
          App
          <select
            value={filters.app ?? names[0] ?? ''}
            onChange={(event) => change({ app: event.currentTarget.value, ...cleared })}
          >
            {names.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
        <Choice label="Service" of={answers.services} name="service" {...{ filters, change }} />
        <Choice
          label="Environment"
          of={answers.environments}
          name="environment"
          {...{ filters, change }}
        />
        <Choice label="Release" of={answers.allReleases} name="release" {...{ filters, change }} />
        <fieldset class="windows">
          <legend>Window</legend>
          {WINDOWS.map((window) => (
            <label key={window}>
              <input
                type="radio"
                name="window"
                checked={window === filters.window}
                onChange={() => change({ window })}
              />
              <span>{window}</span>
            </label>
          ))}
        </fieldset>
      </div>
      <div class="live">
        <Freshness feed={feed} paused={paused} now={now} />
        <button type="button" aria-pressed={paused} onClick={() => setPaused(!paused)}>
          {paused ? 'Resume' : 'Pause'}
        </button>
        <ThemeButton />
      </div>
    </header>
  );
}

function Freshness({ feed, paused, now }: { feed: Feed; paused: boolean; now: number }) {
  if (feed.failure) return <span class="dot bad">not connected</span>;
  if (feed.updated === undefined) return <span class="dot">loading</span>;
  const age = Math.max(0, Math.round((now - feed.updated) / 1000));
  if (paused) return <span class="dot">paused, {duration(age)} old</span>;
  return <span class="dot ok">live</span>;
}

function ThemeButton() {
  const [current, set] = useState(theme());
  return (
    <button
      type="button"
      title="Colours: as the system has it, light, or dark"
      onClick={() => set(nextTheme())}
    >
      <span aria-hidden="true">◐</span> {current}
    </button>
  );
}

interface ChoiceProps {
  label: string;
  of: Breakdown | undefined;
  name: 'service' | 'environment' | 'release';
  filters: Filters;
  change: (some: Partial<Filters>) => void;
}

const EVERYTHING = '\u0000all';

function Choice({ label, of, name, filters, change }: ChoiceProps) {
  const chosen = filters[name];
  const known = of?.rows.map((row) => row.value) ?? [];
  const values = chosen === undefined || known.includes(chosen) ? known : [chosen, ...known];
  const pick = (value: string) => change({ [name]: value === EVERYTHING ? undefined : value });
  return (
    <label>
      {label}
      <select value={chosen ?? EVERYTHING} onChange={(event) => pick(event.currentTarget.value)}>
        <option value={EVERYTHING}>all</option>
        {values.map((value) => (
          <option key={value} value={value}>
            {nameless(value)}
          </option>
        ))}
      </select>
    </label>
  );
}
