/** Verdicts that the panel shows. */
const MAX_SHOWN = 20;
const TAG = "corswatch-panel";

const STYLE = `
	:host { position: fixed; inset: auto 8px 8px auto; z-index: 2147483647; max-width: min(560px, 90vw) }
	details { background: #111; color: #eee; font: 12px/1.5 system-ui, sans-serif; border-radius: 6px; padding: 6px 10px }
	summary { cursor: pointer }
	ol { margin: 6px 0 0; padding: 0; list-style: none; max-height: 40vh; overflow: auto }
	li { border-top: 1px solid #444; padding: 4px 0; overflow-wrap: anywhere }
	li[data-outcome="blocked"] { color: #ffb4a9 }`;

/** The panel of this page: a new one, or the one there is. Needs no markup and no inline style, which a policy may forbid. */
export const panel = (): { add(outcome: string, text: string): void; remove(): void } => {
	document.querySelector(TAG)?.remove();
	const make = <K extends keyof HTMLElementTagNameMap>(name: K, parent: Node) =>
		parent.appendChild(document.createElement(name));
	const host = document.createElement(TAG);
	const shadow = host.attachShadow({ mode: "open" });
	const sheet = new CSSStyleSheet();
	sheet.replaceSync(STYLE);
	shadow.adoptedStyleSheets = [sheet];
	const details = make("details", shadow);
	const summary = make("summary", details);
	const list = make("ol", details);
	const counts: Record<string, number> = {};
	const title = () => {
		const parts = Object.entries(counts).map(([outcome, count]) => `${count} ${outcome}`);
		summary.textContent = `corswatch: ${parts.join(", ") || "no failures"}`;
	};
	title();
	document.documentElement.append(host);
	return {
		add(outcome, text) {
			counts[outcome] = (counts[outcome] ?? 0) + 1;
			title();
			const item = document.createElement("li");
			item.dataset.outcome = outcome;
			item.textContent = text;
			list.prepend(item);
			if (list.children.length > MAX_SHOWN) list.lastChild!.remove();
		},
		remove: () => host.remove(),
	};
};
