import { useState } from 'preact/hooks';
import { forgetToken, hasToken, type Schemas } from '../api/client';
import { useData } from '../api/query';
import { duration } from '../parts/format';
import { nameless } from '../parts/words';
import { useNow, useRound } from '../view/clock';
import { NARROWING, type Narrowing } from '../view/filters';
import { useView } from '../view/view';
import { nextTheme, theme } from './theme';
import { TimeRange } from './time-range';
import { Who } from './who';

export const CLEARED = Object.fromEntries(NARROWING.map((name) => [name, undefined])) as {
  [N in Narrowing]: undefined;
};

interface Props {
  apps: Schemas['AppsBody'] | undefined;
  /** When the last round ended, in milliseconds. */
  updated: number | undefined;
  failed: boolean;
  openPalette: () => void;
}

export function Masthead({ apps, updated, failed, openPalette }: Props) {
  const { app, change, href } = useView();
  const names = apps?.apps.map((one) => one.name) ?? [];
  return (
    <header>
      <p class="brand">
        <a href={href('')}>
          <svg viewBox="0 0 16 16" width="20" height="20" aria-hidden="true">
            <circle cx="8" cy="8" r="7" class="mark" />
            <path d="M4 8h8M9 5l3 3-3 3" class="arrow" />
          </svg>
          corswatch
        </a>
      </p>
      <div class="filters">
        <label>
          App
          <select
            value={app ?? ''}
            onChange={(event) => change({ ...CLEARED, app: event.currentTarget.value })}
          >
            {names.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
        <Choice label="Service" name="service" />
        <Choice label="Environment" name="environment" />
        <Choice label="Release" name="release" />
        <TimeRange />
      </div>
      <div class="live">
        <Freshness updated={updated} failed={failed} />
        <PauseButton />
        <button type="button" onClick={openPalette} title="Go to anything (press / or Ctrl K)">
          Go to…
        </button>
        <ThemeButton />
        {hasToken() && <SignOutButton />}
        <Who />
      </div>
      <Narrowed />
    </header>
  );
}

/** The filters that have no choice of their own, each with a way out. */
function Narrowed() {
  const { filters, change } = useView();
  const set = (['page_origin', 'target_origin', 'endpoint'] as const).filter(
    (name) => filters[name] !== undefined,
  );
  if (set.length === 0) return null;
  return (
    <ul class="chips" aria-label="Filters">
      {set.map((name) => (
        <li key={name}>
          {name.replace('_', ' ')} <code>{nameless(filters[name] ?? '')}</code>
          <button
            type="button"
            aria-label={`Remove the filter ${name.replace('_', ' ')}`}
            onClick={() => change({ [name]: undefined })}
          >
            ×
          </button>
        </li>
      ))}
    </ul>
  );
}

function PauseButton() {
  const { paused, setPaused } = useRound();
  return (
    <button type="button" aria-pressed={paused} onClick={() => setPaused(!paused)}>
      {paused ? 'Resume' : 'Pause'}
    </button>
  );
}

function Freshness({ updated, failed }: { updated: number | undefined; failed: boolean }) {
  const { paused } = useRound();
  const now = useNow();
  if (failed) return <span class="dot bad">not connected</span>;
  if (updated === undefined) return <span class="dot">loading</span>;
  const age = Math.max(0, Math.round((now - updated) / 1000));
  if (paused) return <span class="dot">paused, {duration(age)} old</span>;
  return <span class="dot ok">live</span>;
}

/** Nothing of what was shown stays: the page is loaded again, and asks for a token. */
function SignOutButton() {
  const leave = () => {
    forgetToken();
    location.reload();
  };
  return (
    <button type="button" title="Forget the token of this tab" onClick={leave}>
      Sign out
    </button>
  );
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

const EVERYTHING = '\u0000all';

function Choice({ label, name }: { label: string; name: 'service' | 'environment' | 'release' }) {
  const { app, filters, change } = useView();
  const known = useData(
    'breakdown',
    app === undefined ? undefined : { app, by: name, window: '7d', limit: 200 },
  ).data;
  const chosen = filters[name];
  const found = known?.rows.map((row) => row.value) ?? [];
  const values = chosen === undefined || found.includes(chosen) ? found : [chosen, ...found];
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
