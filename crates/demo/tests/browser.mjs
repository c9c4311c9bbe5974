// Opens the shop in Chromium, breaks its API one way after the other, and prints what the page was
// told and what the browser itself knows (CorsError of the DevTools protocol). Prints JSON.
// usage: node browser.mjs SHOP_URL CHROMIUM [SCREENSHOT]
import { createRequire } from "node:module";

const require = createRequire(new URL("../../../sdk-js/package.json", import.meta.url));
const { chromium } = require("playwright-core");
const [shop, executablePath, screenshot] = process.argv.slice(2);

const browser = await chromium.launch({ executablePath });
const page = await browser.newPage({ viewport: { width: 1240, height: 900 } });
const devtools = await page.context().newCDPSession(page);
await devtools.send("Network.enable");
const errors = [];
let heard = () => {};
devtools.on("Network.loadingFailed", ({ corsErrorStatus, errorText, type }) => {
	// A failed preflight is reported by itself and with its request: the request's is enough.
	if (type === "Preflight") return;
	errors.push(corsErrorStatus?.corsError ?? errorText);
	heard();
});
const scriptErrors = [];
page.on("pageerror", (error) => scriptErrors.push(String(error)));

await page.goto(shop);
await page.waitForSelector("html[data-ready]");

async function attempt(failures, name, times) {
	return page.evaluate(
		async ([failures, name, times]) => {
			await window.demo.set(failures);
			return window.demo.run(name, times);
		},
		[failures, name, times],
	);
}

const healthy = await attempt([], "shop", 14);
const cases = [
	["missing_header", "browse"],
	["preflight_404", "cart"],
	["preflight_500", "cart"],
	["wildcard_with_credentials", "orders"],
	["header_not_allowed", "cart"],
	["header_not_exposed", "browse"],
	["dead_network", "browse"],
];
const broken = {};
for (const [failure, name] of cases) {
	errors.length = 0;
	const told = new Promise((resolve) => {
		heard = resolve;
	});
	const seen = await attempt([failure], name, 1);
	// The page may hear of a failure before DevTools does; a success is not told to DevTools.
	if ("TypeError: Failed to fetch" in seen) await told;
	broken[failure] = { seen, errors: [...new Set(errors)] };
}
// The same through a person's hands: a click on a switch, then on a button.
await page.click("#heal");
await page.waitForSelector("body:not(.broken)");
await page.check("#switch-missing_header");
await page.waitForSelector("body.broken");
await page.click("#run-view");
await page.waitForSelector("#seen .bad");
const clicked = await page.evaluate(() => window.demo.state());
if (screenshot) await page.screenshot({ path: screenshot, fullPage: true });
await page.click("#heal");
await page.waitForSelector("body:not(.broken)");
const healed = await attempt([], "shop", 7);
await browser.close();
process.stdout.write(JSON.stringify({ healthy, broken, clicked, healed, scriptErrors }));
