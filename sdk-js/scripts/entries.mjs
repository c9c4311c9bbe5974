// The entries of the package beside the core: `name` is what `exports` of package.json calls it.

/** Entries for pages, each with the most that it may take, in bytes of brotli. */
export const pageEntries = [
	{ name: "sentry", budget: 1000 },
	{ name: "datadog", budget: 1000 },
	{ name: "opentelemetry", budget: 1000 },
	{ name: "faro", budget: 1000 },
	{ name: "eventsource", budget: 1000 },
	{ name: "elements", budget: 1000 },
	{ name: "coverage", budget: 1000 },
	{ name: "build", budget: 200 },
	{ name: "debug", budget: 2500 },
];

/** Entries for Node: tools of builds and tests. */
export const toolEntries = [
	{ name: "playwright" },
	{ name: "webdriver" },
	{ name: "cypress" },
	{ name: "vite" },
	{ name: "webpack" },
	{ name: "openapi" },
	{ name: "routes" },
];
