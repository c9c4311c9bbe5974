import { type Call, call } from "./call";
import { classifier, gate, type Verdict } from "./classify";
import { elapsed } from "./clock";
import { expectations } from "./expect";
import { patchedFetch, type Sink } from "./fetch";
import type { Handle, Options } from "./options";
import { watch } from "./page";
import { preflights } from "./preflight";
import { random } from "./random";
import { rows } from "./rows";
import { listen, native, scope, unlisten } from "./scope";
import { namer } from "./template";
import { transport } from "./transport";
import { patchXhr } from "./xhr";

/** Replaced by the build. */
declare const SDK_VERSION: string;

const FLUSH_MS = 15_000;
const MAX_FLUSH_MS = 300_000;
/** Failures with a row of their own in one page. */
const MAX_ALONE = 20;

/** Starts to observe; the result ends it, and says so to `ended` where the server wants it. */
export function observe(options: Options, ended: () => void): Handle {
	const { fetch: original } = scope;
	const later = native(scope, "setTimeout").bind(scope);
	const plain = { _fetch: native(scope, "fetch").bind(scope), _later: later };
	const name = namer(options);
	const expected = expectations(options.expectHeaders || []);
	const page = watch();
	const classify = classifier(plain, page, options.probes || "full");
	const context = !scope.document ? "worker" : scope.top !== scope ? "iframe" : undefined;
	const session = random(6);
	let interval = options.flushInterval || FLUSH_MS;
	let timer = false;
	let on = true;
	let alone = 0;
	const judging = new Map<Call, number>();

	const wire = transport({
		...plain,
		_url: options.url + (options.path || "/v1/b/") + options.key,
		_disabled() {
			stop();
			wire._drop();
			ended();
		},
		_interval(seconds) {
			interval = Math.max(interval, Math.min(MAX_FLUSH_MS, seconds * 1000 || 0));
		},
	});

	const seal = () => {
		const taken = table._take();
		if (!taken[0]) return;
		const rest = JSON.stringify({
			s: session,
			page: scope.origin,
			sdk: SDK_VERSION,
			env: options.environment,
			rel: options.release,
			ctx: context,
			lab: navigator.webdriver || undefined,
			rows: taken,
		});
		wire._seal(`{"v":1,"id":"${random(12)}","age":`, `,${rest.slice(1)}`);
	};
	const flush = (keepalive?: boolean) => {
		seal();
		wire._send(keepalive);
	};
	const table = rows((full) => {
		if (full) return flush();
		if (timer) return;
		timer = true;
		later(() => {
			timer = false;
			flush();
		}, interval);
	});
	const measure = preflights(table._preflight);

	const fail = (call: Call, ms: number, verdict: Verdict) => {
		const one = !/aborted|unloaded|offline/.test(verdict.o!) && alone++ < MAX_ALONE;
		table._add({ ...call._shape, ...verdict, ...(one && call._by && { by: call._by }) }, ms, one);
	};

	const sink: Sink<Call> = {
		_begin: (ask) => {
			try {
				return on ? call(ask, name) : undefined;
			} catch {
				return;
			}
		},
		_answer(call, status, header) {
			try {
				const row = table._add(
					{ ...call._shape, ...(status ? { st: status } : { o: "ok" }) },
					elapsed(call._at),
				);
				classify._succeeded(call);
				if (call._shape.p) measure(call, row);
				if (status && status < 400) {
					for (const [by, o] of expected(call, header)) {
						table._add({ ...call._shape, k: "header_read", o, by });
					}
				}
			} catch {}
		},
		_fail(call, failure) {
			const ms = elapsed(call._at);
			const known = gate(call, { ...failure, _ms: ms }, page);
			if (known === null) return;
			if (known) return fail(call, ms, known);
			judging.set(call, ms);
			classify._judge(call, { ...failure, _ms: ms }).then((verdict) => {
				if (judging.delete(call)) fail(call, ms, verdict);
			});
		},
	};

	const patched = patchedFetch(original, sink);
	scope.fetch = patched;
	const unpatchXhr = scope.XMLHttpRequest && patchXhr(sink);

	const hide = () => {
		if (document.visibilityState === "hidden") flush(true);
	};
	const leave = () => {
		for (const [call, ms] of judging) fail(call, ms, { o: "unknown", ev: "pending" });
		judging.clear();
		seal();
		wire._unload();
	};
	if (scope.document) {
		listen(document, "visibilitychange", hide);
		listen(scope, "pagehide", leave);
	}

	const stop = () => {
		on = false;
		if (scope.fetch === patched) scope.fetch = original;
		unpatchXhr?.();
		if (scope.document) {
			unlisten(document, "visibilitychange", hide);
			unlisten(scope, "pagehide", leave);
		}
	};
	return {
		stop() {
			stop();
			flush();
		},
		flush,
		consent(given) {
			if (given) return;
			stop();
			table._take();
			wire._drop();
		},
	};
}
