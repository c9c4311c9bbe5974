import type { ComponentType } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Schemas } from '../api/client';
import { type Answer, useData } from '../api/query';
import { Clock, useRound } from '../view/clock';
import { useEver } from '../view/ever';
import { type Filters, lengthMs, read } from '../view/filters';
import { PAGES, type PageName, type Place } from '../view/pages';
import { useLocation, ViewProvider } from '../view/view';
import { FailureContext } from './failure';
import { Help, useKeys } from './keys';
import { Masthead } from './masthead';
import { Navigation } from './navigation';
import { Notices } from './notices';
import { Palette } from './palette';
import { SignIn } from './signin';

const OFTEN_MS = 4000;
const SELDOM_MS = 20_000;
const SHORT_MS = 6 * 3_600_000;

/** A page each; what is not shown is not loaded. */
const LOADED: Record<PageName, () => Promise<{ default: ComponentType }>> = {
  'on-call': () => import('../pages/on-call'),
  incidents: () => import('../pages/incidents'),
  debug: () => import('../pages/debug'),
  executive: () => import('../pages/executive'),
  slos: () => import('../pages/slos'),
  changes: () => import('../pages/changes'),
  inventory: () => import('../pages/inventory'),
  preflights: () => import('../pages/preflights'),
  readiness: () => import('../pages/readiness'),
  pipeline: () => import('../pages/pipeline'),
  setup: () => import('../pages/setup'),
};

export function App() {
  const [place, go] = useLocation();
  const everyMs = lengthMs(place.filters) <= SHORT_MS ? OFTEN_MS : SELDOM_MS;
  return (
    <Clock everyMs={everyMs}>
      <Inside place={place} go={go} />
    </Clock>
  );
}

interface Props {
  place: Place & { filters: Filters };
  go: (to: string) => void;
}

function Inside({ place, go }: Props) {
  const apps = useData('apps', {});
  const { again } = useRound();
  const app = place.filters.app ?? apps.data?.apps[0]?.name;
  if (apps.error?.status === 401) return <SignIn reason={apps.error.message} done={again} />;
  return (
    <FailureContext.Provider value={apps.error}>
      <ViewProvider place={place} app={app} go={go}>
        <Frame place={place} go={go} apps={apps} />
      </ViewProvider>
    </FailureContext.Provider>
  );
}

/** When the server last said something, by our clock. */
function useUpdated(apps: Answer<unknown>): number | undefined {
  const updated = useRef<number | undefined>(undefined);
  const seen = useRef<unknown>(undefined);
  if (apps.data !== seen.current) {
    seen.current = apps.data;
    updated.current = Date.now();
  }
  return updated.current;
}

function Frame({ place, go, apps }: Props & { apps: Answer<Schemas['AppsBody']> }) {
  const [dialog, show] = useState<'palette' | 'help' | undefined>(undefined);
  const { paused, setPaused } = useRound();
  const updated = useUpdated(apps);
  const { page, Content, failed } = useContent(place.page);
  const title = PAGES.find(({ name }) => name === page)?.title ?? '';
  const names = apps.data?.apps.map((one) => one.name) ?? [];
  const app = place.filters.app ?? names[0];
  useEffect(() => {
    document.title = app ? `${title} · ${app} · corswatch` : 'corswatch';
  }, [title, app]);
  useKeys({
    palette: () => show('palette'),
    help: () => show('help'),
    pause: () => setPaused(!paused),
    go: (to) => go(`/${to}${location.search}`),
  });
  return (
    <>
      <a class="skip" href="#content">
        Skip to the content
      </a>
      <Masthead
        apps={apps.data}
        updated={updated}
        failed={apps.error !== undefined}
        openPalette={() => show('palette')}
      />
      <Navigation shown={page ?? ''} />
      <main id="content" tabIndex={-1} data-page={page}>
        <h1 class="visually-hidden">{title}</h1>
        <Notices updated={updated} apps={apps.data} />
        {failed && (
          <p class="notice bad">
            This page could not be loaded.{' '}
            <a href={location.href} target="_self">
              Load it again
            </a>
          </p>
        )}
        {apps.data === undefined && !apps.error && <p class="loading">Loading…</p>}
        {apps.data !== undefined && app !== undefined && Content && <Content key={page} />}
      </main>
      <footer>
        Exact among what was observed. Pages without the script, and requests made before it
        started, are not in these numbers. <a href="/openapi.json">API description</a> · press{' '}
        <kbd>?</kbd> for keys
      </footer>
      {dialog === 'palette' && <Palette apps={names} close={() => show(undefined)} />}
      {dialog === 'help' && <Help close={() => show(undefined)} />}
    </>
  );
}

/** The page that is shown: the one of the address, else on-call, or setup before anything came. */
function useContent(named: PageName | undefined) {
  const start = useStart(named === undefined);
  const page = named ?? start;
  const [loaded, set] = useState<{ page: PageName; Content: ComponentType } | undefined>(undefined);
  const [failed, fail] = useState(false);
  useEffect(() => {
    if (page === undefined) return;
    let current = true;
    LOADED[page]().then(
      (module) => {
        if (!current) return;
        set({ page, Content: module.default });
        fail(false);
      },
      () => current && fail(true),
    );
    return () => {
      current = false;
    };
  }, [page]);
  return { page, Content: loaded?.page === page ? loaded?.Content : undefined, failed };
}

function useStart(asked: boolean): PageName | undefined {
  const apps = useData('apps', {}).data;
  const app = read(location.search).app ?? apps?.apps[0]?.name;
  const ever = useEver(asked ? app : undefined);
  if (ever === undefined) return undefined;
  return ever ? 'on-call' : 'setup';
}
