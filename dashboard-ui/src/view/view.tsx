// Where we are: the page, its filters, and ways to others. A click on a link to one of our pages
// changes the view without loading anything twice.
import { type ComponentChildren, createContext } from 'preact';
import { useContext, useEffect, useMemo, useState } from 'preact/hooks';
import { type Filters, NARROWING, type Narrowing, range, read, write } from './filters';
import { type PageName, type Place, placeOf } from './pages';

export interface View extends Place {
  filters: Filters;
  /** The app that is shown; none while the apps are not known. */
  app: string | undefined;
  change: (some: Partial<Filters>) => void;
  /** The address of a page with the same filters, but for `some`. */
  href: (page: PageName | '', some?: Partial<Filters>, id?: string) => string;
}

const ViewContext = createContext<View | undefined>(undefined);

export function useView(): View {
  const view = useContext(ViewContext);
  if (view === undefined) throw new Error('a view is used outside of its provider');
  return view;
}

/** The parameters of traffic for the API: app, filters, time. */
export function useSelection() {
  const { app, filters } = useView();
  if (app === undefined) return undefined;
  const narrowed = Object.fromEntries(NARROWING.map((name) => [name, filters[name]]));
  return { app, ...(narrowed as { [N in Narrowing]?: string }), ...range(filters) };
}

export function useLocation(): [Place & { filters: Filters }, (to: string) => void] {
  const here = () => `${location.pathname}${location.search}`;
  const [at, set] = useState(here);
  const go = (to: string) => {
    if (to !== here()) history.pushState(null, '', to);
    set(to);
  };
  useEffect(() => {
    const back = () => set(here());
    const clicked = (event: MouseEvent) => {
      const to = followed(event);
      if (to === undefined) return;
      event.preventDefault();
      const another = to.split('?')[0] !== location.pathname;
      go(to);
      if (another) scrollTo(0, 0);
    };
    addEventListener('popstate', back);
    document.addEventListener('click', clicked);
    return () => {
      removeEventListener('popstate', back);
      document.removeEventListener('click', clicked);
    };
  }, []);
  const place = useMemo(() => {
    const [path = '/', search = ''] = at.split('?');
    return { ...placeOf(path), filters: read(search) };
  }, [at]);
  return [place, go];
}

/** Where a click leads, if it is to one of our pages in this tab. */
function followed(event: MouseEvent): string | undefined {
  if (event.defaultPrevented || event.button !== 0) return undefined;
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return undefined;
  const link = event.target instanceof Element ? event.target.closest('a[href]') : null;
  if (!(link instanceof HTMLAnchorElement) || link.target || link.download) return undefined;
  const ours = link.pathname === '/' || placeOf(link.pathname).page !== undefined;
  if (link.origin !== location.origin || !ours || link.hash) return undefined;
  return `${link.pathname}${link.search}`;
}

interface ProviderProps {
  place: Place & { filters: Filters };
  app: string | undefined;
  go: (to: string) => void;
  children: ComponentChildren;
}

export function ViewProvider({ place, app, go, children }: ProviderProps) {
  const view = useMemo<View>(() => {
    const { page, id, filters } = place;
    const href = (to: PageName | '', some: Partial<Filters> = {}, of?: string) => {
      // A failure and an objective belong to the page that shows them.
      const carried = { ...filters, failure: undefined, slo: undefined, ...some };
      return `/${to}${of === undefined ? '' : `/${encodeURIComponent(of)}`}${write(carried)}`;
    };
    const change = (some: Partial<Filters>) => go(href(page ?? '', some, id));
    return { page, id, filters, app, change, href };
  }, [place, app]);
  return <ViewContext.Provider value={view}>{children}</ViewContext.Provider>;
}
