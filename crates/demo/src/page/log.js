// What the page sees, in the words that JavaScript is given: one line for each kind of answer.

const seen = new Map();
const totals = { ok: 0, failed: 0 };
const ROWS = 8;

/** Notes one answer. */
export function show(request, text, good) {
	totals[good ? "ok" : "failed"] += 1;
	const key = `${request} ${text}`;
	const times = (seen.get(key)?.times ?? 0) + 1;
	// Taken out and put back: the newest stands last.
	seen.delete(key);
	seen.set(key, { request, text, good, times });
	draw();
}

/** The totals so far. */
export const look = () => ({ ...totals });

function draw() {
	document.getElementById("seen-ok").textContent = totals.ok;
	document.getElementById("seen-failed").textContent = totals.failed;
	const newest = [...seen.values()].reverse().sort((a, b) => a.good - b.good);
	document.getElementById("seen").replaceChildren(...newest.slice(0, ROWS).map(line));
}

function line({ request, text, good, times }) {
	const row = document.createElement("tr");
	row.className = good ? "good" : "bad";
	for (const [content, name] of [[request, ""], [text, "told"], [times, "number"]]) {
		const cell = document.createElement("td");
		cell.textContent = content;
		cell.className = name;
		row.append(cell);
	}
	return row;
}
