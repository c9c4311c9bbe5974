import { address, type Body, type Path, type Place, type Query } from './client';
import { type Answer, useAnswer } from './query';

/** The answer of a route that the server may not have, or has nothing at; `missing` where it has not. */
export function useOptional<P extends Path>(
  path: P,
  query: Query<P> | undefined,
  place?: Place<P>,
): Answer<Body<P>> & { missing: boolean } {
  const answer = useAnswer<Body<P>>(query && address(path, query, place));
  const missing = answer.error?.status === 404 && answer.data === undefined;
  return { ...answer, missing };
}
