// Opens the demo shop in Chromium and plays a plan: `node drive.mjs '{"shop": URL, "steps": [...]}'`.
// A step is {"set": [failures]}, {"run": [kind, times]}, {"wait": ms}, {"screenshot": [url, file]}
// or {"leave": true} (the page goes away, as a closed tab does). Prints what each step saw, as JSON.
import process from "node:process";
import { chromium } from "playwright-core";

const plan = JSON.parse(process.argv[2]);
const quiet = [
	"--no-sandbox",
	"--disable-gpu",
	"--disable-quic",
	"--no-first-run",
	"--disable-background-networking",
	"--disable-component-update",
	"--disable-sync",
];
const browser = await chromium.launch({
	executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
	args: quiet,
});
const context = await browser.newContext({ viewport: { width: 1280, height: 1000 } });
const page = await context.newPage();
const problems = [];
page.on("pageerror", (error) => problems.push(String(error)));
await page.goto(plan.shop);
await page.waitForFunction(() => document.documentElement.dataset.ready === "true");

const steps = {
	set: (failures) => page.evaluate((on) => window.demo.set(on), failures),
	run: ([kind, times]) => page.evaluate(([k, n]) => window.demo.run(k, n), [kind, times]),
	wait: (ms) => page.waitForTimeout(ms),
	leave: () => page.goto("about:blank").then(() => page.waitForTimeout(500)),
	screenshot: async ([url, file]) => {
		const other = await context.newPage();
		await other.goto(url);
		await other.waitForTimeout(3000);
		await other.screenshot({ path: file });
		await other.close();
	},
};

const seen = [];
for (const step of plan.steps) {
	const [[name, value]] = Object.entries(step);
	seen.push((await steps[name](value)) ?? null);
}
await browser.close();
process.stdout.write(JSON.stringify({ seen, problems }));
