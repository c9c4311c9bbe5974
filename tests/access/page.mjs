// Opens a page in Chromium: `node page.mjs '{"url": URL, "wait": SELECTOR, "screenshot": FILE}'`. Prints what a reader sees, and
// what the page did wrong, as JSON.
import process from "node:process";
import { chromium } from "playwright-core";

const { url, wait, screenshot } = JSON.parse(process.argv[2]);
const browser = await chromium.launch({
	executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
	args: ["--no-sandbox", "--disable-gpu"],
});
const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
page.setDefaultTimeout(60_000);
const problems = [];
page.on("pageerror", (error) => problems.push(error.message));
page.on("console", (message) => {
	// A refused answer is logged by the browser itself.
	if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) {
		problems.push(message.text());
	}
});
const asked = [];
page.on("request", (request) => asked.push(new URL(request.url()).pathname));
await page.goto(url);
await page.waitForSelector(wait);
const text = await page.innerText("body");
if (screenshot) await page.screenshot({ path: screenshot, fullPage: true });
await browser.close();
process.stdout.write(JSON.stringify({ text, problems, asked }));
