import { useData } from '../api/query';

/** As far back as the API looks. */
const ALWAYS = '400d';

/** Apps of which something was received: that stays so. */
const seen = new Set<string>();

/** Whether anything was ever received for an app; unknown until the server said so. */
export function useEver(app: string | undefined): boolean | undefined {
  const asked = app === undefined || seen.has(app) ? undefined : { app, window: ALWAYS };
  const { data, error } = useData('sli', asked);
  if (app === undefined) return undefined;
  if (seen.has(app)) return true;
  // A server that cannot tell is no reason to teach how to start.
  if (data === undefined) return error ? true : undefined;
  const ever = data.app === app && Object.values(data.outcomes).some((count) => count > 0);
  if (ever) seen.add(app);
  return ever;
}
