// The switches that break the API. They talk to the page's own origin: no cross-origin request, no
// number changes by them.

const FAILURES = [
	["missing_header", "F1", "Missing header", "No answer carries Access-Control-Allow-Origin."],
	["preflight_404", "F2", "Preflight answers 404", "OPTIONS reaches a router without a handler."],
	["preflight_500", "F2", "Preflight answers 500", "The OPTIONS handler crashes."],
	["wildcard_with_credentials", "F3", "Wildcard with credentials", "Allow-Origin is * while cookies are sent."],
	["header_not_allowed", "F5", "Header not allowed", "x-tenant is missing from Allow-Headers."],
	["header_not_exposed", "M4", "Header not exposed", "X-Total-Count is sent, but scripts read null."],
	["dead_network", "", "Dead network", "The server hangs up. Not CORS, but the same TypeError."],
	["slow_api", "M5", "Slow API", "Every answer takes 700 ms, the preflight's too."],
];

function row([id, code, title, text]) {
	const label = document.createElement("label");
	const input = document.createElement("input");
	input.type = "checkbox";
	input.id = `switch-${id}`;
	input.value = id;
	input.setAttribute("role", "switch");
	const words = document.createElement("span");
	const name = document.createElement("b");
	name.textContent = title;
	const what = document.createElement("small");
	what.textContent = text;
	words.append(name, what);
	const badge = document.createElement("i");
	badge.textContent = code;
	label.append(input, words, badge);
	return label;
}

const inputs = () => [...document.querySelectorAll("#switches input")];

function show({ failures }) {
	for (const input of inputs()) input.checked = failures.includes(input.value);
	document.body.classList.toggle("broken", failures.length > 0);
	return failures;
}

/** What is on. */
export async function state() {
	return show(await (await fetch("/control")).json());
}

/** Switches on exactly these. */
export async function set(failures) {
	const answer = await fetch("/control", { method: "POST", body: JSON.stringify({ failures }) });
	if (!answer.ok) throw new Error(await answer.text());
	return show(await answer.json());
}

/** Draws the switches and wires them. */
export async function start() {
	const panel = document.getElementById("switches");
	panel.replaceChildren(...FAILURES.map(row));
	panel.addEventListener("change", () =>
		set(inputs().filter((input) => input.checked).map((input) => input.value)),
	);
	document.getElementById("heal").addEventListener("click", () => set([]));
	await state();
}
