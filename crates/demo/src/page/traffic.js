// What the shop asks its API.

/** Every kind of request, by name: what to send, and what to read from the answer. */
export const actions = {
	browse: () => ({ path: "/items", read: "x-total-count" }),
	view: (turn) => ({ path: `/items/${turn % 6}` }),
	cart: (turn) => ({
		path: `/cart/${turn % 6}`,
		method: "PUT",
		headers: { "content-type": "application/json", "x-tenant": "corner" },
		body: JSON.stringify({ count: 1 }),
	}),
	login: () => ({
		path: "/login",
		method: "POST",
		credentials: "include",
		headers: { "content-type": "application/json" },
		body: JSON.stringify({ name: "demo" }),
	}),
	orders: () => ({ path: "/orders", credentials: "include", read: "x-total-count" }),
};

/** The mix of a visit: orders need a login before them. */
const VISIT = ["login", "browse", "view", "orders", "view", "cart", "view"];
const AT_ONCE = 4;

let turns = 0;
let steps = 0;

async function once(api, name, show) {
	const kind = name === "shop" ? VISIT[steps++ % VISIT.length] : name;
	const { path, read, ...init } = actions[kind](turns++);
	const label = `${init.method ?? "GET"} ${path.replace(/\/\d+/, "/:id")}`;
	try {
		const answer = await fetch(api + path, init);
		await answer.arrayBuffer();
		const missing = read && answer.ok && answer.headers.get(read) === null;
		const text = missing ? `${answer.status}, ${read}: null` : String(answer.status);
		show(label, text, answer.ok && !missing);
		return text;
	} catch (error) {
		const text = `${error.name}: ${error.message}`;
		show(label, text, false);
		return text;
	}
}

/** Sends `times` requests, a few at once; resolves to how often the page saw what. */
export async function run(api, name, times, show) {
	if (name !== "shop" && !(name in actions)) throw new Error(`no action ${name}`);
	const seen = {};
	let left = times;
	const one = async () => {
		left -= 1;
		const text = await once(api, name, show);
		seen[text] = (seen[text] ?? 0) + 1;
	};
	const worker = async () => {
		while (left > 0) await one();
	};
	// Nobody orders before the very first login is through.
	if (name === "shop" && steps === 0 && left > 0) await one();
	await Promise.all(Array.from({ length: Math.min(AT_ONCE, times) }, worker));
	return seen;
}
