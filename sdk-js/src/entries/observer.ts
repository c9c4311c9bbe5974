import type { Handle } from "../options";

/** Names the copy that observes, as in scope.ts; entries are built apart from it. */
const COPY = Symbol.for("corswatch");

/** The copy of corswatch that observes this page or worker. */
export const observer = (): Handle | undefined =>
	(globalThis as unknown as Record<symbol, Handle | undefined>)[COPY];
