import { type Answer, useAnswer } from './query';

/** The answer of a route that the server may not have yet; `missing` where it has not. */
export function useOptional<T>(
  path: string,
  query: Record<string, string | undefined> | undefined,
): Answer<T> & { missing: boolean } {
  const stated = Object.entries(query ?? {}).filter(
    (pair): pair is [string, string] => pair[1] !== undefined,
  );
  const search = new URLSearchParams(stated).toString();
  const url = query && `/api/v1/${path}${search && `?${search}`}`;
  const answer = useAnswer<T>(url);
  const missing = answer.error?.status === 404 && answer.data === undefined;
  return { ...answer, missing };
}
