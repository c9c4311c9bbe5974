// Puts the page together, and gives tests a handle: window.demo.
import { look, show } from "./log.js";
import { set, state, start as startSwitches } from "./switches.js";
import { actions, run } from "./traffic.js";

const config = JSON.parse(document.getElementById("demo-config").textContent);
const PER_CLICK = 50;
const STEADY_MS = 400;

document.getElementById("page-origin").textContent = location.origin;
document.getElementById("api-origin").textContent = config.api;

const runOn = (name, times) => run(config.api, name, times, show);

document.getElementById("run-shop").addEventListener("click", () => runOn("shop", PER_CLICK));
for (const name of Object.keys(actions)) {
	document.getElementById(`run-${name}`).addEventListener("click", () => runOn(name, 1));
}

let steady = 0;
document.getElementById("auto").addEventListener("change", (event) => {
	clearInterval(steady);
	if (event.target.checked) steady = setInterval(() => runOn("shop", 1), STEADY_MS);
});

async function stock() {
	const answer = await fetch(`${config.api}/items`);
	const list = document.getElementById("items");
	list.replaceChildren(
		...(await answer.json()).map(({ id, name, cents }) => {
			const item = document.createElement("li");
			const price = document.createElement("span");
			item.textContent = name;
			price.textContent = `$${(cents / 100).toFixed(2)}`;
			item.append(price);
			item.dataset.item = id;
			return item;
		}),
	);
}

await startSwitches();
// A page that is opened while the API is broken shows an empty shelf, as it would in life.
await stock().catch((error) => show("GET /items", `${error.name}: ${error.message}`, false));

window.demo = {
	/** Sends `times` requests of one kind, or of the mix "shop"; resolves to what the page saw. */
	run: runOn,
	/** Switches on exactly these failures. */
	set,
	/** What is switched on. */
	state,
	/** What the page has seen so far. */
	look,
	/** Kinds of request. */
	actions: Object.keys(actions),
};
document.documentElement.dataset.ready = "true";
