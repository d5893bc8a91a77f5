/* page.js - what report.html shows of a result */
"use strict";
{
const { el, time, number, percent, rate, quantileName, table, figure } = lancet;
const page = JSON.parse(document.getElementById("data").textContent);

const valid = (p) => p.verdict.status === "valid";
const quantile = (metric, q) => ((metric && metric.quantiles) || []).find((e) => Math.abs(e.q - q) < 1e-9) || {};
const modelled = (p, q) => quantile(p.model && p.model.response_ns, q);
const replayed = (p, q) => quantile(p.model && p.model.replay_ns, q);
const adjusted = (p, q) => quantile({ quantiles: p.model && p.model.replay_ns && p.model.replay_ns.adjusted }, q);
const loadName = (p) => (p.utilisation === null ? rate(p.offered_rps) : percent(p.utilisation));
const upper = (e) => (e.hi === null && e.hi_reason ? Infinity : e.hi);
const interval = (e) => (e.lo === null && e.hi === null ? "" : " [" + time(e.lo) + ", " + time(upper(e)) + "]");
const word = (ok) => [ok ? "valid" : "invalid", (ok ? "valid" : "invalid") + "-word text word"];
const finite = (x) => (x === undefined || x === null || !Number.isFinite(x) ? null : x);
const option = (i, p) => el("option", { value: i }, loadName(p) + (valid(p) ? "" : " (invalid)"));

/* A text at the middle of the plot's height or wherever the hook says. */
const dashedLine = (u, y, colour, text) => {
	const c = u.ctx, top = u.valToPos(y, "y", true), { left, width } = u.bbox;
	if (!(y > u.scales.y.min && y < u.scales.y.max))
		return;
	c.save();
	c.strokeStyle = c.fillStyle = colour;
	c.lineWidth = devicePixelRatio;
	c.setLineDash([3 * devicePixelRatio, 3 * devicePixelRatio]);
	c.beginPath();
	c.moveTo(left, top);
	c.lineTo(left + width, top);
	c.stroke();
	c.font = 12 * devicePixelRatio + "px system-ui, sans-serif";
	c.textAlign = "right";
	c.fillText(text, left + width - 4, top - 5 * devicePixelRatio);
	c.restore();
};

/* --- latency over load --- */
const pointLines = (p) => [
	el("strong", {}, "load " + loadName(p)),
	"offered " + rate(p.offered_rps) + ", achieved " + rate(p.achieved_rps),
	...[0.5, 0.99, 0.999].map((q) => {
		const m = quantile(p.response_ns, q), model = modelled(p, q);
		return quantileName(q) + " " + time(finite(m.value)) + interval(m) +
			(finite(model.predicted) === null ? "" : ", model " + time(model.predicted) + ", gap " + time(finite(model.gap), "+"));
	}),
	...(valid(p) ? ["valid"] : ["invalid, therefore hollow", ...p.verdict.reasons]),
];

/* A band without upper bound goes to the top of the picture, and does not stretch it. */
const BEYOND = 1e18;
const bounded = (data) => {
	const all = data.slice(1).flat().filter((y) => y > 0 && y < BEYOND);
	return { distr: 3, log: 10, range: () => lancet.logRange(Math.min(...all) / 1.25, Math.max(...all) * 1.3) };
};

/* Two kinds of x, achieved and offered, on one rising axis. */
const columns = (points, parts) => {
	const rows = new Map();
	parts.forEach(([x, y], k) => points.forEach((p) => {
		if (finite(x(p)) === null)
			return;
		const row = rows.get(x(p)) || { point: p, values: [] };
		row.values[k] = y(p) === Infinity ? BEYOND : finite(y(p));
		rows.set(x(p), row);
	}));
	const xs = [...rows.keys()].sort((a, b) => a - b);
	return { data: [xs, ...parts.map((_, k) => xs.map((x) => rows.get(x).values[k] ?? null))], at: xs.map((x) => rows.get(x).point) };
};

/* What the model is compared with: windows in which neither side stalled. */
const unstalled = (p, q) => {
	const m = modelled(p, q);
	return finite(m.gap) === null ? null : m.predicted + m.gap;
};
const stallsShow = (points, q) => points.some((p) => {
	if (!valid(p))
		return false;
	const v = finite(quantile(p.response_ns, q).value), u = unstalled(p, q);
	return v !== null && u !== null && Math.abs(u - v) > 0.03 * v;
});

const achieved = (p) => p.achieved_rps / 1e3, offered = (p) => p.offered_rps / 1e3;

const loadParts = (q) => [
	[achieved, (p) => (valid(p) ? upper(quantile(p.response_ns, q)) : null)],
	[achieved, (p) => (valid(p) ? quantile(p.response_ns, q).lo : null)],
	[offered, (p) => modelled(p, q).predicted],
	[achieved, (p) => (valid(p) ? quantile(p.response_ns, q).value : null)],
	[achieved, (p) => (valid(p) ? null : quantile(p.response_ns, q).value)],
	[achieved, (p) => (stallsShow([p], q) ? unstalled(p, q) : null)],
];
const loadSeries = (name, colour) => [
	lancet.bound(), lancet.bound(),
	lancet.line(name + " model", colour, { dash: [8, 6], width: 1.5 }),
	lancet.line(name, colour, { points: { show: true, size: 7, fill: colour, stroke: colour } }),
	lancet.hollow(name + " invalid", colour),
	lancet.crosses(name + " without stalls", colour),
];

/* curves: [{ points, q, name }] */
const loadChart = (curves, slo) => () => {
	const all = curves.map((c) => c.points), series = [], parts = [], bands = [], legend = [];
	curves.forEach((c, i) => {
		const colour = lancet.colour(i), own = new Set(c.points);
		bands.push({ series: [parts.length + 1, parts.length + 2], fill: lancet.fade(colour, 0.18) });
		parts.push(...loadParts(c.q).map(([x, y]) => [(p) => (own.has(p) ? x(p) : null), y]));
		series.push(...loadSeries(c.name, colour));
		legend.push(["line", colour, c.name]);
		if (c.points.some((p) => finite(modelled(p, c.q).predicted) !== null))
			legend.push(["dashed", colour, c.name + ", model"]);
		if (stallsShow(c.points, c.q))
			legend.push(["cross", colour, c.name + ", windows without stalls"]);
	});
	legend.push(["band", lancet.variable("--shade"), "confidence interval"], ["hollow", lancet.variable("--quiet"), "invalid point"]);
	const { data, at } = columns([...new Set(all.flat())], parts);
	return { data, legend, describe: (i) => pointLines(at[i]),
		options: { series: [{}, ...series], bands, scales: { x: { time: false, range: (u, low, high) => [0, (high || 1) * 1.06] }, y: bounded(data) },
			axes: [lancet.axisX("achieved load (krps)"), lancet.axisTime("response time")],
			hooks: { draw: [(u) => slo && slo.bound_ns && dashedLine(u, slo.bound_ns, lancet.variable("--quiet"), "slo " + slo.expr)] } } };
};

const loadTable = (points) => table(["load", "offered", "achieved", "p50", "p99", "p99 interval", "p99, nothing left out", "p99.9", "model p99", "gap", ["verdict", "text"]],
	points.map((p) => {
		const q = quantile(p.response_ns, 0.99), m = modelled(p, 0.99);
		return [loadName(p), rate(p.offered_rps), rate(p.achieved_rps), time(quantile(p.response_ns, 0.5).value), time(q.value),
			interval(q), time(finite(quantile(p.response_ns.with_excluded || p.response_ns, 0.99).value)), time(quantile(p.response_ns, 0.999).value), time(m.predicted), time(m.gap, "+"), word(valid(p))];
	}));

const metricRow = (metric, show) => [0.5, 0.9, 0.99, 0.999].map((q) => {
	const m = quantile(metric, q);
	return show(finite(m.value)) + (finite(m.lo) === null ? "" : " [" + show(m.lo) + ", " + (finite(m.hi) === null ? "∞" : show(m.hi)) + "]");
});
const metricTable = (rows, show, name) => table(["load", ...(name ? [[name, "text"]] : []), "p50", "p90", "p99", "p99.9"],
	rows.map(([p, metric, which]) => [loadName(p), ...(name ? [[which, "text"]] : []), ...metricRow(metric, show)]));
const classRows = (r) => r.points.flatMap((p) => Object.entries(p.response_ns.classes).map(([name, metric]) => [p, metric, name]));
const moreMetrics = (r) => [
	...(classRows(r).length ? [more("by class of request", metricTable(classRows(r), time, "class"))] : []),
	...(r.points.some((p) => p.slowdown) ? [more("slowdown: response time over requested service time",
		metricTable(r.points.filter((p) => p.slowdown).map((p) => [p, p.slowdown]), number))] : []),
];

const loadCaption = (r) => {
	const good = r.points.filter(valid), first = good[0], last = good[good.length - 1];
	if (!first)
		return "Response time over load. No point is valid: read the hollow ones with their reasons.";
	return "Response time over load: p99 goes from " + time(quantile(first.response_ns, 0.99).value) + " at " + loadName(first) +
		" to " + time(quantile(last.response_ns, 0.99).value) + " at " + loadName(last) +
		(good.length < r.points.length ? "; hollow points are invalid, their reason is under the cursor." : ".");
};

/* --- percentiles --- */
const percentileFigure = (r, shares) => {
	if (!shares.length)
		return null;
	const tail = shares.map((q) => 1 / (1 - q));
	return figure({
		caption: () => "Response time by percentile, a curve a load: the further right, the rarer. Dashed: invalid.",
		make: () => ({
			data: [tail, ...r.points.map((p) => p.percentiles.map(finite))],
			legend: r.points.map((p, i) => [valid(p) ? "line" : "dashed", lancet.ramp(i, r.points.length), loadName(p)]),
			describe: (i) => [el("strong", {}, quantileName(Number(shares[i].toPrecision(5)))),
				...r.points.map((p) => loadName(p) + ": " + time(finite(p.percentiles[i])))],
			options: { series: [{}, ...r.points.map((p, i) => lancet.line(loadName(p), lancet.ramp(i, r.points.length), { spanGaps: false, ...(valid(p) ? {} : { dash: [6, 4] }) }))],
				scales: { x: { time: false, distr: 3, log: 10, range: () => [1, Math.max(100, tail[tail.length - 1])] }, y: lancet.scaleTime },
				axes: [lancet.axisX("percentile of requests", { splits: (u, i, low, high) => [1, 2, 10, 100, 1e3, 1e4, 1e5, 1e6].filter((x) => x >= low && x <= high * 1.01),
					filter: (u, v) => v, values: (u, v) => v.map((x) => (x === 1 ? "0 %" : quantileName(1 - 1 / x))) }),
				lancet.axisTime("response time")] },
		}),
		table: () => table(["percentile", ...r.points.map(loadName)], shares.map((q, i) => [q, i]).filter(([, i]) => i % 10 === 0).map(([q, i]) =>
			[quantileName(Number(q.toPrecision(5))), ...r.points.map((p) => time(finite(p.percentiles[i])))])),
	});
};

/* --- over time --- */
const leftOut = (w) => new Map(w.left_out.map((l) => [l.index, l.reason]));
const windowIndex = (w, i) => Math.round(w.start_ns[i] / w.window_ns);

const drawMarks = (p) => (u) => {
	const c = u.ctx, { top, height } = u.bbox, at = (s) => u.valToPos(s, "x", true);
	c.save();
	c.beginPath();
	c.rect(u.bbox.left, top, u.bbox.width, height);
	c.clip();
	c.fillStyle = lancet.variable("--shade");
	for (const l of p.windows.left_out) {
		const from = l.index * p.windows.window_ns / 1e9;
		c.fillRect(at(from), top, Math.max(1, at(from + p.windows.window_ns / 1e9) - at(from)), height);
	}
	for (const s of p.stalls) {
		c.fillStyle = lancet.colour((s.who || "").startsWith("agent") ? 3 : 4);
		c.fillRect(at(s.start_ns / 1e9) - devicePixelRatio, top + height * 0.93, Math.max(2 * devicePixelRatio, at((s.start_ns + s.length_ns) / 1e9) - at(s.start_ns / 1e9)), height * 0.07);
	}
	c.restore();
};

const timeCaption = (p) => "Windows of " + time(p.windows.window_ns) + " at load " + loadName(p) + ": " + p.stalls.length + " stalls, " +
	p.windows.left_out.length + " of " + p.windows.start_ns.length + " windows left out of the headline.";

const timeLines = (p) => {
	const w = p.windows, out = leftOut(w);
	return (i) => {
		const from = w.start_ns[i], to = from + w.window_ns, why = out.get(windowIndex(w, i));
		return [el("strong", {}, number(from / 1e9, 5) + " s"), "p50 " + time(w.p50[i]) + ", p99 " + time(w.p99[i]), w.count[i] + " requests",
			...(why === undefined ? [] : ["left out: " + (why || "")]),
			...p.stalls.filter((s) => s.start_ns < to && s.start_ns + s.length_ns > from).map((s) => "stall: " + s.who + ", " + time(s.length_ns) + ", " + s.cause)];
	};
};

const timeFigure = (r) => {
	const select = el("select", { "aria-label": "load of the curve over time" }, ...r.points.map((p, i) => option(i, p)));
	const point = () => r.points[Number(select.value)];
	const f = figure({
		caption: () => timeCaption(point()), controls: [el("label", { class: "quiet" }, "load ", select)],
		make: () => ({
			data: [point().windows.start_ns.map((x) => x / 1e9), point().windows.p50.map(finite), point().windows.p99.map(finite)],
			legend: [["line", lancet.colour(0), "p50"], ["line", lancet.colour(1), "p99"], ["band", lancet.variable("--shade"), "left out of the headline"],
				["tick", lancet.colour(3), "agent stalled"], ["tick", lancet.colour(4), "target stalled"]],
			describe: timeLines(point()),
			options: { series: [{}, lancet.line("p50", lancet.colour(0), { width: 1.25, spanGaps: false }), lancet.line("p99", lancet.colour(1), { width: 1.25, spanGaps: false })],
				scales: { x: { time: false }, y: lancet.scaleTime }, axes: [lancet.axisX("schedule time (s)"), lancet.axisTime("response time")],
				hooks: { draw: [drawMarks(point())] } },
		}),
		table: () => table(["start", "length", ["who", "text"], ["cause", "text"]], point().stalls.map((s) =>
			[number(s.start_ns / 1e9, 6) + " s", time(s.length_ns), [s.who || "", "text"], [s.cause || "", "text"]])),
	});
	select.addEventListener("change", f.refresh);
	select.value = String(r.points.length - 1);
	return r.points.length ? f : null;
};

/* --- model --- */
const QS = [0.5, 0.9, 0.99, 0.999];
const gapCell = (p, q) => {
	const m = modelled(p, q);
	return finite(m.gap) === null ? "–" : time(m.gap, "+") + (m.gap_lo === null ? "" : " [" + time(m.gap_lo, "+") + ", " + time(m.gap_hi, "+") + "]");
};

const whiskers = (points, qs, apart) => (u) => {
	const c = u.ctx;
	c.save();
	c.lineWidth = 1.5 * devicePixelRatio;
	qs.forEach((q, k) => points.forEach((p) => {
		const m = modelled(p, q);
		if (finite(m.gap_lo) === null || finite(m.gap_hi) === null)
			return;
		const x = u.valToPos(achieved(p) + apart * (k - 1), "x", true);
		c.strokeStyle = lancet.colour(k);
		c.beginPath();
		c.moveTo(x, u.valToPos(m.gap_lo, "y", true));
		c.lineTo(x, u.valToPos(m.gap_hi, "y", true));
		c.stroke();
	}));
	c.restore();
};

const modelFigure = (r) => {
	const points = r.points.filter((p) => valid(p) && p.model), qs = [0.5, 0.9, 0.99];
	if (!points.some((p) => finite(modelled(p, 0.5).gap) !== null))
		return null;
	const apart = Math.max(...points.map(achieved)) * 0.012;
	const bounds = points.flatMap((p) => qs.flatMap((q) => [modelled(p, q).gap_lo, modelled(p, q).gap_hi, modelled(p, q).gap])).map(finite).filter((x) => x !== null);
	const low = Math.min(0, ...bounds), high = Math.max(0, ...bounds), room = (high - low || 1000) * 0.06;
	return figure({
		caption: () => "Measured minus model " + points[0].model.name + " (" + points[0].model.method + "), valid points, windows where neither side stalled: what is left over is the system's own.",
		make: () => {
			const { data, at } = columns(points, qs.map((q, k) => [(p) => achieved(p) + apart * (k - 1), (p) => modelled(p, q).gap]));
			return { data, legend: qs.map((q, k) => ["line", lancet.colour(k), quantileName(q)]),
				describe: (i) => [el("strong", {}, "load " + loadName(at[i])), ...qs.map((q) => quantileName(q) + " " + gapCell(at[i], q))],
				options: { series: [{}, ...qs.map((q, k) => lancet.dots(quantileName(q), lancet.colour(k)))],
					scales: { x: { time: false, range: (u, a, b) => [0, (b || 1) * 1.06] }, y: { range: () => [low - room, high + room] } },
					axes: [lancet.axisX("achieved load (krps)"), lancet.axisTime("measured − model", false)],
					hooks: { draw: [whiskers(points, qs, apart), (u) => dashedLine(u, 0, lancet.variable("--quiet"), "model")] } } };
		},
		table: () => table(["load", ...QS.map(quantileName)], r.points.map((p) => [loadName(p), ...QS.map((q) => gapCell(p, q))])),
	});
};

const modelTable = (r) => table(["load", ["", "text"], ...QS.map(quantileName)], r.points.filter((p) => p.model).flatMap((p) => {
	const row = (name, cell) => [loadName(p), [name, "text"], ...QS.map(cell)];
	return [row("measured", (q) => time(finite(quantile(p.response_ns, q).value))), row("model", (q) => time(finite(modelled(p, q).predicted))),
		row("measured − model", (q) => gapCell(p, q)),
		row("measured − replayed", (q) => { const e = replayed(p, q); return time(finite(e.diff), "+") + (finite(e.lo) === null ? "" : " [" + time(e.lo, "+") + ", " + time(e.hi, "+") + "]"); }),
		row("measured, luck taken out", (q) => { const e = adjusted(p, q); return finite(e.value) === null || e.value === undefined ? "" : time(e.value) + (finite(e.lo) === null ? "" : " [" + time(e.lo) + ", " + time(e.hi) + "]"); })];
}));

/* --- checks, counts, environment --- */
const STATUS = { pass: "passed", fail: "failed", not_run: "not run" };
const checkRows = (r) => {
	const names = [...new Set(r.points.flatMap((p) => p.checks.map((c) => c.name)))];
	return names.map((name) => {
		const all = r.points.flatMap((p) => p.checks.filter((c) => c.name === name).map((c) => ({ ...c, p })));
		const count = (s) => all.filter((c) => c.status === s).length;
		const worst = all.find((c) => c.status === "fail") || all.find((c) => c.status === "not_run") || all[all.length - 1];
		const verdict = count("fail") ? "fail" : count("pass") ? "pass" : "not_run";
		return [[name, "text word"], [(count("fail") ? loadName(worst.p) + ": " : "") + (worst.reason || ""), "text"],
			[STATUS[verdict] + " " + count(verdict) + "/" + all.length, verdict + " text word"], [page.checks[name] || "", "text quiet"]];
	});
};

const allChecks = (r) => table([["load", "text"], ["check", "text"], "statistic", "p value", "limit", "effect", ["verdict", "text"], ["what was found", "text"]],
	r.points.flatMap((p) => p.checks.map((c) => [[loadName(p), "text num"], [c.name, "text word"], number(c.statistic), number(c.p_value), number(c.threshold), number(c.effect),
		[STATUS[c.status] || c.status, c.status + " text num"], [c.reason || "", "text"]])));

const attemptTable = (r) => table([["load", "text"], ["what was done", "text"], ["why", "text"]],
	r.points.flatMap((p) => p.attempts.map((a) => [[loadName(p), "text num"], [a.action, "text word"], [a.reason || "", "text"]])));

const COUNTS = ["intended", "sent", "unsent", "received", "nacked", "error", "timeout", "lost", "late_replies", "late_sends"];
const countTable = (r) => table(["load", ...COUNTS.map((c) => c.replace("_", " "))], r.points.map((p) => [loadName(p), ...COUNTS.map((c) => String(p.counts[c]))]));
const mixRows = (r) => r.points.flatMap((p) => Object.entries(p.classes || {}).map(([name, mix]) => [p, name, mix]));
const mixTable = (r) => table(["load", ["class", "text"], ...COUNTS.slice(0, 8), "requested mean", "p99", "served mean", "p99"],
	mixRows(r).map(([p, name, mix]) => [loadName(p), [name, "text"], ...COUNTS.slice(0, 8).map((c) => String(mix.counts[c])),
		...[mix.requested_ns, mix.served_ns].flatMap((m) => [time(m ? m.mean.value : null), time(finite(quantile(m, 0.99).value))])]));
const statusRows = (r) => r.points.flatMap((p) => (p.statuses || []).flatMap((s) => s.codes.map((c) => [loadName(p), [s.class, "text"], String(c.code), String(c.count)])));
const connections = (p, key) => String(p.agents.reduce((sum, a) => sum + ((a.connections || {})[key] || 0), 0));
const OPENED = ["grown", "opened", "worn", "closed", "refused", "timeout", "protocol", "failed"];
const connectTable = (r) => table(["load", ...OPENED, "p50", "p90", "p99", "p99.9"], r.points.filter((p) => p.connect_ns).map((p) =>
	[loadName(p), ...OPENED.map((k) => connections(p, k)), ...metricRow(p.connect_ns, time)]));
const moreRequests = (r) => [
	...(mixRows(r).length ? [more("by class: how they ended, and the service they asked for and got", mixTable(r))] : []),
	...(statusRows(r).length ? [el("h3", {}, "Replies by status"), wide(table(["load", ["class", "text"], "status", "replies"], statusRows(r)))] : []),
	...(r.points.some((p) => p.connect_ns) ? [el("h3", {}, "Connections opened meanwhile, and how long that took"), wide(connectTable(r))] : []),
];
const pacingTable = (r) => table(["load", "lateness p50", "p99", "p99.9", "max", "distance", "dispersion", ["stamps", "text"], "stalls", "windows left out"],
	r.points.map((p) => { const l = p.pacing.lateness_ns; return [loadName(p), time(l.p50), time(l.p99), time(l.p999), time(l.max), number(p.pacing.distance), number(p.pacing.dispersion),
		[p.timestamps.source || "–", "text"], String(p.stalls.length), p.windows.left_out.length + " of " + p.windows.start_ns.length]; }));
const LEGS = [["queue", "until sent"], ["sched", "to the queueing discipline"], ["wire_out", "to the wire"], ["wire", "on the wire and in the target"], ["wire_in", "until received"]];
const stamped = (r) => r.points.filter((p) => p.wire_ns);
const stampTable = (r) => table(["load", ["stamps", "text"], "of the requests", "within", "lost out", "lost in", "wire p50", "p90", "p99", "p99.9"], stamped(r).map((p) => { const t = p.timestamps;
	return [loadName(p), [t.source, "text"], number(100 * t.share) + "%", time(t.uncertainty_ns), String(t.lost_tx), String(t.lost_rx), ...metricRow(p.wire_ns, time)]; }));
const legTable = (r) => table(["load", ["request", "text"], ...LEGS.map(([, words]) => words)], stamped(r).flatMap((p) => ["p50", "p99"].filter((q) => p.breakdown_ns[q]).map((q) =>
	[loadName(p), [q, "text"], ...LEGS.map(([k]) => time(p.breakdown_ns[q][k]))])));
const related = (r) => stamped(r).filter((p) => p.one_way_ns && !p.one_way_ns.reason);
const oneWayTable = (r) => table(["load", "requests", "there p50", "p99", "back p50", "p99", "within"], related(r).map((p) => [loadName(p), String(p.one_way_ns.requests),
	...["request_p50", "request_p99", "reply_p50", "reply_p99", "uncertainty"].map((k) => time(p.one_way_ns[k]))]));
const oneWay = (r) => related(r).length ? [el("h3", {}, "One way"), wide(oneWayTable(r))] :
	[...new Set(stamped(r).map((p) => p.one_way_ns && p.one_way_ns.reason).filter(Boolean))].map((why) => el("p", {}, "No one-way delays: " + why));
const stampReasons = (r) => [...new Set(r.points.map((p) => p.timestamps.reason).filter(Boolean))].map((why) => el("p", {}, why));
const wireSection = (r) => stamped(r).length === 0 ? [] : [section("On the wire", wide(stampTable(r)), el("h3", {}, "Where a request's time goes"), wide(legTable(r)), ...oneWay(r), ...stampReasons(r))];

const environment = (r) => {
	const e = r.environment, rows = ["host", "cpu", "cpus", "kernel", "clocksource", "nic", "governor"].map((k) => [k, e[k] === null ? "unknown" : String(e[k])]);
	rows.push(["calibration", r.calibration.status || "unknown"], ...e.warnings.map((w) => ["warning", w]));
	return el("dl", {}, ...rows.flatMap(([k, v]) => [el("dt", {}, k), el("dd", {}, v)]));
};

/* --- the page --- */
const section = (title, ...content) => el("section", {}, el("h2", {}, title), ...content.filter(Boolean).map((c) => c.figure || c));
const wide = (t) => el("div", { class: "wide" }, t);
const more = (title, content) => el("details", {}, el("summary", {}, title), wide(content));

const article = (r, one) => el("article", {},
	...(one ? [] : [el("h1", {}, r.name), el("p", { class: "banner " + r.verdict.status }, el("strong", {}, r.verdict.status), r.sentence)]),
	...(r.slo_sentence ? [el("p", {}, r.slo_sentence)] : []),
	...(r.overhead_sentence ? [el("p", {}, r.overhead_sentence)] : []),
	section("Can this measurement be trusted?",
		wide(table([["check", "text"], ["what was measured", "text"], ["verdict", "text"], ["why it matters", "text"]], checkRows(r))),
		more("every check of every point; times in ns, shares as fractions", allChecks(r)),
		more("what was decided about every point", attemptTable(r))),
	section("Response time over load",
		el("p", { class: "quiet" }, "Response time runs from the intended send of a request to its whole reply, so waiting inside the client counts too. A quantile is over all intended requests; lost ones are later than every reply."),
		figure({ caption: () => loadCaption(r), table: () => loadTable(r.points),
			make: loadChart([{ points: r.points, q: 0.5, name: "p50" }, { points: r.points, q: 0.99, name: "p99" }], r.slo) }), ...moreMetrics(r)),
	section("Percentiles", percentileFigure(r, page.shares)),
	section("Over time", timeFigure(r)),
	section("Against the model", modelFigure(r), r.points.some((p) => p.model) ? more("measured, model and replay side by side", modelTable(r))
		: el("p", {}, "No model was asked for.")),
	section("Requests", wide(countTable(r)), ...moreRequests(r), el("h3", {}, "How they were sent"),
		el("p", { class: "quiet" }, "Of all windows. The checks judge those that were not left out."), wide(pacingTable(r))),
	...wireSection(r),
	section("Environment and reproduction", environment(r), el("p", {}, "The same intended schedule again, in this result's folder:"),
		el("pre", {}, "lancet run config.yaml"), el("details", {}, el("summary", {}, "config.yaml"), el("pre", {}, r.config_yaml))));

const main = document.getElementById("page"), results = page.results;
document.getElementById("about").textContent = results.map((r) => "measured " + r.started + ", lancet " + r.lancet_version + ", seed " + r.seed).join("; ");
if (results.length > 1)
	main.append(section("Side by side", figure({ caption: () => "p99 over load of " + results.map((r) => r.name).join(", ") + ".",
		table: () => loadTable(results.flatMap((r) => r.points)),
		make: loadChart(results.map((r) => ({ points: r.points, q: 0.99, name: r.name + " p99" })), null) })));
results.forEach((r) => main.append(article(r, results.length === 1)));
lancet.start();
}
