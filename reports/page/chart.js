/* chart.js - charts that everybody can read: uPlot with logarithmic axes that cannot fail, keyboard, tables, two themes */
"use strict";
const lancet = {};

lancet.el = (tag, attributes = {}, ...children) => {
	const e = document.createElement(tag);
	for (const [key, value] of Object.entries(attributes))
		if (value !== undefined && value !== null)
			e.setAttribute(key, value);
	e.append(...children.filter((c) => c !== null && c !== undefined));
	return e;
};

/* --- numbers as people write them --- */
const TIMES = [[1e9, "s"], [1e6, "ms"], [1e3, "us"], [1, "ns"]];
lancet.time = (ns, sign = "") => {
	if (ns === null || ns === undefined || Number.isNaN(ns))
		return "–";
	if (!Number.isFinite(ns))
		return ns > 0 ? "∞" : "−∞";
	const [scale, unit] = TIMES.find(([s]) => Math.abs(ns) >= s) || TIMES[3];
	const text = String(Number((ns / scale).toPrecision(3)));
	return (ns > 0 ? sign : "") + text.replace("-", "−") + " " + unit;
};
lancet.number = (x, digits = 3) =>
	x === null || x === undefined ? "–" : String(Number(x.toPrecision(digits))).replace("-", "−");
lancet.percent = (x) => (x === null || x === undefined ? "–" : lancet.number(x * 100) + " %");
lancet.rate = (rps) => {
	if (rps === null || rps === undefined)
		return "–";
	return rps >= 1e6 ? lancet.number(rps / 1e6, 4) + " Mrps"
		: rps >= 1e3 ? lancet.number(rps / 1e3, 4) + " krps" : lancet.number(rps, 4) + " rps";
};
lancet.quantileName = (q) => "p" + Number((q * 100).toPrecision(8));

/* --- axes --- */
const variable = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/* A logarithm needs a positive range with some extent (uPlot issue 577). */
lancet.logRange = (low, high) => {
	if (!(low > 0) || !Number.isFinite(low))
		low = 1;
	if (!(high > low * 1.5) || !Number.isFinite(high))
		high = low * 1.5;
	return [low, Math.min(high, 1e18)];
};

lancet.logTicks = (low, high) => {
	const ticks = [], steps = high / low > 3000 ? [1] : high / low > 10 ? [1, 2, 5] : [1, 1.5, 2, 3, 4, 5, 6, 8];
	for (let e = Math.floor(Math.log10(low)); e <= Math.log10(high); e++)
		for (const s of steps) {
			const at = Number((s * 10 ** e).toPrecision(3));
			if (at >= low * 0.999 && at <= high * 1.001)
				ticks.push(at);
		}
	return ticks;
};

const axis = (more) => ({
	stroke: variable("--quiet"), font: "12px system-ui, sans-serif", labelFont: "13px system-ui, sans-serif",
	labelGap: 2, grid: { stroke: variable("--grid"), width: 1 }, ticks: { stroke: variable("--line"), width: 1 }, ...more,
});
lancet.axisX = (label, more = {}) => axis({ label, grid: { show: false }, ...more });
lancet.axisTime = (label, log = true) => axis({
	label, size: 64, values: (u, v) => v.map((x) => (x === null ? "" : lancet.time(x))),
	...(log ? { splits: (u, i, low, high) => lancet.logTicks(low, high), filter: (u, v) => v } : {}),
});
lancet.scaleTime = { distr: 3, log: 10, range: (u, low, high) => lancet.logRange(low / 1.25, high * 1.3) };

lancet.colour = (i) => variable("--c" + (i % 6 + 1));
lancet.variable = variable;
lancet.fade = (colour, alpha) => colour + Math.round(alpha * 255).toString(16).padStart(2, "0");

/* From light load to heavy, readable without telling hues apart. */
lancet.ramp = (i, n) => {
	const at = n > 1 ? 2 * i / (n - 1) : 1;
	const [from, to] = at < 1 ? ["--ramp-from", "--ramp-mid"] : ["--ramp-mid", "--ramp-to"];
	const a = variable(from).split(",").map(Number), b = variable(to).split(",").map(Number);
	return "rgb(" + a.map((x, k) => Math.round(x + (at - (at < 1 ? 0 : 1)) * (b[k] - x))).join(",") + ")";
};

/* --- series: lines, dots, hollow dots, bounds of a band --- */
lancet.line = (label, stroke, more = {}) =>
	({ label, stroke, width: 2, spanGaps: true, points: { show: false }, ...more });
lancet.dots = (label, stroke, more = {}) =>
	({ label, stroke, paths: () => null, points: { show: true, size: 8, width: 1, fill: stroke, stroke }, ...more });
lancet.hollow = (label, stroke) =>
	lancet.dots(label, stroke, { points: { show: true, size: 10, width: 2, fill: variable("--back"), stroke } });
lancet.crosses = (label, stroke) => lancet.dots(label, stroke, { points: { show: (u, k, from, to) => {
	const c = u.ctx, r = 4 * devicePixelRatio;
	c.save();
	c.strokeStyle = stroke;
	c.lineWidth = 1.5 * devicePixelRatio;
	c.beginPath();
	for (let i = from; i <= to; i++) {
		if (u.data[k][i] === null)
			continue;
		const x = u.valToPos(u.data[0][i], "x", true), y = u.valToPos(u.data[k][i], "y", true);
		c.moveTo(x - r, y - r);
		c.lineTo(x + r, y + r);
		c.moveTo(x - r, y + r);
		c.lineTo(x + r, y - r);
	}
	c.stroke();
	c.restore();
} } });
lancet.bound = () => ({ label: "", stroke: "transparent", width: 0, spanGaps: true, points: { show: false } });

/* A key that shows dash and mark, not the colour alone. */
const SVG = "http://www.w3.org/2000/svg";
lancet.legend = (entries) => lancet.el("ul", { class: "legend" }, ...entries.map(([kind, colour, text]) => {
	const svg = document.createElementNS(SVG, "svg");
	const part = (tag, attributes) => {
		const e = document.createElementNS(SVG, tag);
		for (const [k, v] of Object.entries(attributes))
			e.setAttribute(k, v);
		svg.append(e);
	};
	svg.setAttribute("viewBox", "0 0 26 12");
	svg.setAttribute("aria-hidden", "true");
	if (kind === "line" || kind === "dashed")
		part("line", { x1: 0, y1: 6, x2: 26, y2: 6, stroke: colour, "stroke-width": 2,
			...(kind === "dashed" ? { "stroke-dasharray": "6 4" } : {}) });
	if (kind === "band")
		part("rect", { x: 0, y: 1, width: 26, height: 10, fill: colour });
	if (kind === "hollow")
		part("circle", { cx: 13, cy: 6, r: 4.5, fill: "none", stroke: colour, "stroke-width": 2 });
	if (kind === "cross")
		part("path", { d: "M9 2l8 8m0-8l-8 8", stroke: colour, "stroke-width": 2 });
	if (kind === "tick")
		part("line", { x1: 13, y1: 0, x2: 13, y2: 12, stroke: colour, "stroke-width": 2 });
	return lancet.el("li", {}, svg, text);
}));

/* --- a chart in its figure --- */
const charts = [];

const place = (tip, u, left, top) => {
	const room = u.root.clientWidth, x = left + u.over.offsetLeft, y = top + u.over.offsetTop;
	tip.hidden = false;
	tip.style.left = (x + tip.offsetWidth + 24 > room ? Math.max(0, x - tip.offsetWidth - 14) : x + 14) + "px";
	tip.style.top = Math.max(0, Math.min(y - 10, u.root.clientHeight - tip.offsetHeight)) + "px";
};

/* Lines of text about what is under the cursor; nothing where there is nothing. */
const tipPlugin = (tip, describe) => ({ hooks: { setCursor: (u) => {
	const i = u.cursor.idx, lines = i === null || i === undefined || u.cursor.left < 0 ? [] : describe(i);
	tip.replaceChildren(...lines.flatMap((l, k) => (k ? [document.createElement("br"), l] : [l])));
	tip.hidden = !lines.length;
	if (lines.length)
		place(tip, u, u.cursor.left, u.cursor.top);
} } });

/* Arrow keys walk over the points; home, end and escape do what they say. */
const keys = (holder, chart) => holder.addEventListener("keydown", (event) => {
	const u = chart.u, n = u.data[0].length, at = u.cursor.idx;
	const to = { ArrowRight: at === null || at === undefined ? 0 : Math.min(n - 1, at + 1),
		ArrowLeft: at === null || at === undefined ? n - 1 : Math.max(0, at - 1), Home: 0, End: n - 1 }[event.key];
	if (event.key === "Escape")
		u.setCursor({ left: -10, top: -10 });
	if (to === undefined)
		return;
	event.preventDefault();
	u.setCursor({ left: u.valToPos(u.data[0][to], "x"), top: 12 });
	chart.say.textContent = chart.spec.describe ? chart.spec.describe(to).map((l) => l.textContent ?? l).join("; ") : "";
});

const build = (chart) => {
	const spec = chart.spec = chart.make();
	const width = Math.max(280, chart.holder.clientWidth);
	if (chart.u)
		chart.u.destroy();
	chart.key.replaceChildren(...(spec.legend ? [lancet.legend(spec.legend)] : []));
	chart.u = new uPlot({ width, height: 340, legend: { show: false }, padding: [10, 16, 0, 0],
		cursor: { points: { show: false }, drag: { x: true, y: false }, focus: { prox: -1 } },
		...spec.options,
		plugins: [...(spec.plugins || []), ...(spec.describe ? [tipPlugin(chart.tip, spec.describe)] : [])],
	}, spec.data, chart.holder);
	const canvas = chart.u.root.querySelector("canvas");
	canvas.setAttribute("role", "img");
	canvas.setAttribute("aria-label", chart.caption());
};

/*
 * make() gives { options, data, legend, describe(i), plugins } and is called
 * again when the theme or the choice beside the chart changes.
 */
lancet.figure = ({ caption, make, table, controls }) => {
	const holder = lancet.el("div", { class: "plot", tabindex: 0, role: "group", "aria-label": "chart; arrow keys move over the points" });
	const chart = { make, caption, holder, tip: lancet.el("div", { class: "tip", hidden: "" }), key: lancet.el("div"),
		say: lancet.el("p", { class: "quiet", role: "status", "aria-live": "polite" }) };
	const text = lancet.el("figcaption"), data = lancet.el("div", { class: "wide" });
	const figure = lancet.el("figure", {}, text, ...(controls || []), chart.key, holder, chart.say,
		lancet.el("details", {}, lancet.el("summary", {}, "the figures as a table"), data));
	holder.append(chart.tip);
	keys(holder, chart);
	chart.refresh = () => {
		text.textContent = caption();
		data.replaceChildren(table());
		build(chart);
	};
	charts.push(chart);
	return { figure, refresh: chart.refresh };
};

lancet.table = (heads, rows) => lancet.el("table", {},
	lancet.el("thead", {}, lancet.el("tr", {}, ...heads.map((h) => {
		const [text, cls] = Array.isArray(h) ? h : [h];
		return lancet.el("th", { scope: "col", class: cls }, text);
	}))),
	lancet.el("tbody", {}, ...rows.map((row) => lancet.el("tr", {}, ...row.map((c) => {
		const [content, cls] = Array.isArray(c) ? c : [c, "num"];
		return lancet.el("td", { class: cls }, content);
	})))));

lancet.redraw = () => charts.forEach((c) => c.refresh());

lancet.start = () => {
	const dark = matchMedia("(prefers-color-scheme: dark)"), root = document.documentElement;
	const set = (name) => {
		root.dataset.theme = name;
		lancet.redraw();
	};
	document.getElementById("theme").addEventListener("click", () => set(root.dataset.theme === "dark" ? "light" : "dark"));
	dark.addEventListener("change", () => set(dark.matches ? "dark" : "light"));
	addEventListener("beforeprint", () => set("light"));
	let width = innerWidth;
	addEventListener("resize", () => {
		if (innerWidth !== width)
			charts.forEach((c) => c.u.setSize({ width: Math.max(280, c.holder.clientWidth), height: 340 }));
		width = innerWidth;
	});
	set(dark.matches ? "dark" : "light");
};
