// People sign in to a product that runs, in Chromium, at a real OpenID Connect provider that this starts:
// `node people.mjs '{"port": N, "product": URL, "accounts": {login: {claims}}, "people": [{"login": .., "ask": [[method, path, body]]}]}'`.
// Prints what each of them got, as JSON.
import { createServer } from "node:http";
import process from "node:process";
import Provider from "oidc-provider";
import { chromium } from "playwright-core";

const plan = JSON.parse(process.argv[2]);
const { port, product, accounts } = plan;
// What the provider says on its console is not the answer of this script.
console.info = console.log = console.warn = () => {};

const provider = new Provider(`http://127.0.0.1:${port}`, {
	clients: [
		{
			client_id: "corswatch",
			client_secret: "a secret of the test",
			redirect_uris: [`${product}/auth/callback`],
			post_logout_redirect_uris: [`${product}/`],
		},
	],
	cookies: { keys: ["a key of the test"] },
	pkce: { required: () => true },
	claims: { openid: ["sub"], email: ["email", "email_verified"], groups: ["groups"] },
	scopes: ["openid", "email", "groups"],
	findAccount: (_context, login) =>
		login in accounts && {
			accountId: login,
			claims: () => ({ sub: login, ...accounts[login] }),
		},
});
const server = createServer(provider.callback());
await new Promise((done) => server.listen(port, "127.0.0.1", done));

const browser = await chromium.launch({
	executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
	args: ["--no-sandbox", "--disable-gpu"],
});

// In the page, so that cookies and `Sec-Fetch-Site` are the browser's own.
const asked = (page, [method, path, body]) =>
	page.evaluate(
		async ([m, p, b]) => {
			const headers = b ? { "content-type": "application/json" } : {};
			const answer = await fetch(p, { method: m, headers, body: b && JSON.stringify(b) });
			return { status: answer.status, body: await answer.json().catch(() => null) };
		},
		[method, path, body],
	);

async function signIn(page, login, at = `${product}/auth/login?return=/slos`) {
	await page.goto(at);
	await page.fill("input[name=login]", login);
	await page.fill("input[name=password]", "any");
	await page.click("button[type=submit]");
	// The provider asks for consent, where it has none yet.
	if (page.url().startsWith(`http://127.0.0.1:${port}`)) {
		await page.click("button[type=submit]");
	}
	await page.waitForLoadState();
}

async function visit(person) {
	const context = await browser.newContext();
	const page = await context.newPage();
	await signIn(page, person.login);
	const found = { url: page.url(), text: await page.textContent("body"), answers: [] };
	found.cookies = (await context.cookies(product)).filter(({ name }) => name.includes("corswatch"));
	for (const question of person.ask ?? []) found.answers.push(await asked(page, question));
	if (person.foreign) {
		// A page of another origin, with the browser that is signed in.
		const other = await context.newPage();
		await other.goto(`http://127.0.0.1:${port}/.well-known/openid-configuration`);
		found.foreign = await other.evaluate(async (url) => {
			const body = JSON.stringify({ app: "test", id: "foreign" });
			const sent = { method: "POST", mode: "no-cors", credentials: "include", body };
			// Sent, and kept from the page (Cross-Origin-Resource-Policy).
			return fetch(url, sent).then(
				({ type }) => type,
				() => "unreadable",
			);
		}, person.foreign);
	}
	if (person.foreign) {
		found.refused = await page.evaluate(async () => {
			const metrics = await (await fetch("/metrics")).text();
			return metrics.match(/refused_total\{reason="cross_origin"\} (\d+)/)?.[1];
		});
	}
	if (person.leave) {
		const secret = found.cookies.find(({ name }) => name.endsWith("session"));
		found.left = await asked(page, ["POST", "/auth/logout"]);
		found.after = await asked(page, ["GET", "/api/v1/me"]);
		// The cookie as someone may have copied it.
		await context.addCookies([secret]);
		found.replayed = await asked(page, ["GET", "/api/v1/me"]);
		found.provider = (await page.goto(found.left.body.provider)).status();
	}
	await context.close();
	return found;
}

// Someone else began the sign-in, and sends the way to the provider to a person.
async function foisted(login) {
	const begun = await fetch(`${product}/auth/login`, { redirect: "manual" });
	const context = await browser.newContext();
	const page = await context.newPage();
	await signIn(page, login, begun.headers.get("location"));
	const text = await page.textContent("body");
	const cookies = (await context.cookies(product)).filter(({ name }) => name.includes("corswatch"));
	await context.close();
	return { refused: text.includes("another browser began it"), cookies: cookies.length };
}

const people = [];
for (const person of plan.people) people.push(await visit(person));
const attack = await foisted(plan.people[0].login);
await browser.close();
server.close();
server.closeAllConnections();
process.stdout.write(JSON.stringify({ people, attack }));
