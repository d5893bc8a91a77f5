#!/usr/bin/env python3
"""witness.py - a run judged by a capture that somebody else took of it

usage: witness.py LANCET RESULT-FOLDER CAPTURE LAW

RESULT-FOLDER needs raw records of all requests of one thread, CAPTURE all its
packets. LAW is poisson or fixed. Prints one JSON object; status 1 where a
bound is missed.

The i-th request captured is the i-th that was sent. Only windows that the run
itself did not leave out count. Clocks differ by an unknown constant: of the
lateness on the wire the least (its 0.1% quantile) is 0.
"""
import csv
import json
import math
import subprocess
import sys


def lancet(*arguments):
    return subprocess.run(arguments, check=True, capture_output=True, text=True).stdout


def quantile(values, q):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(q * len(ordered)))]


def records(program, folder, point):
    text = lancet(program, "samples", f"{folder}/{point['samples']['file']}")
    rows = [r for r in csv.DictReader(text.splitlines()) if r["sent_ns"]]
    rows.sort(key=lambda r: int(r["sent_ns"]))
    window = point["windows"]["window_ns"]
    left_out = {w["index"] for w in point["windows"]["left_out"]}
    return [(int(r["intended_ns"]), int(r["sent_ns"]),
             r["warmup"] == "0" and int(r["schedule_ns"]) // window not in left_out)
            for r in rows]


def dispersion(at, keep):
    """Variance over mean of counts in whole milliseconds that all count."""
    start, count, bad = at[0], {}, set()
    for t, ok in zip(at, keep):
        ms = (t - start) // 1_000_000
        count[ms] = count.get(ms, 0) + 1
        if not ok:
            bad.add(ms)
    first = next(i for i, ok in enumerate(keep) if ok)
    last = len(keep) - 1 - next(i for i, ok in enumerate(reversed(keep)) if ok)
    inside = range((at[first] - start) // 1_000_000 + 1, (at[last] - start) // 1_000_000)
    # A millisecond without any request is out where its neighbours are.
    out = bad | {m + d for m in bad for d in (-1, 1)}
    n = [count.get(ms, 0) for ms in inside if ms not in out]
    mean = sum(n) / len(n)
    return sum((x - mean) ** 2 for x in n) / (len(n) - 1) / mean


def gaps(at, keep):
    return sorted(b - a for a, b, x, y in zip(at, at[1:], keep, keep[1:]) if x and y)


def distance(gap, rate, law):
    """Kolmogorov's, of the gaps from the law at the rate that was asked for."""
    mean = 1e9 / rate
    worst = 0
    for i, g in enumerate(gap):
        f = 1 - math.exp(-g / mean) if law == "poisson" else (g >= mean)
        worst = max(worst, (i + 1) / len(gap) - f, f - i / len(gap))
    return worst


def judge(program, folder, capture, law):
    point = json.load(open(folder + "/result.json"))["points"][0]
    wire = json.loads(lancet(program, "pcap", capture, "--json"))
    trace = lancet(program, "pcap", capture, "--arrivals").split()[1:]
    captured = [int(line.split(",")[0]) for line in trace]
    rows = records(program, folder, point)
    intended, sent, keep = ([r[i] for r in rows] for i in range(3))
    out = {"requests": len(rows), "captured": len(captured), "windows_left_out":
           len(point["windows"]["left_out"]), "missed": []}

    def bound(name, value, holds):
        out[name] = round(value, 4)
        if not holds:
            out["missed"].append(name)
    if len(captured) != len(rows) or wire["damage"]:
        out["missed"].append("capture")
        return out
    rate = point["intended_rps"] if law == "poisson" else point["offered_rps"]
    late = [c - i for c, i, ok in zip(captured, intended, keep) if ok]
    least = quantile(late, .001)
    bound("lateness_p50_us", (quantile(late, .5) - least) / 1e3,
          quantile(late, .5) - least <= 300)
    bound("lateness_p99_us", (quantile(late, .99) - least) / 1e3,
          quantile(late, .99) - least <= 10000)
    own = [s - i for s, i, ok in zip(sent, intended, keep) if ok]
    out["own_lateness_p50_us"] = quantile(own, .5) / 1e3
    out["own_lateness_p99_us"] = quantile(own, .99) / 1e3
    path = [c - s for c, s, ok in zip(captured, sent, keep) if ok]
    base = quantile(path, .001)
    out["sent_to_wire_p50_us"] = (quantile(path, .5) - base) / 1e3
    out["sent_to_wire_p99_us"] = (quantile(path, .99) - base) / 1e3
    spread = dispersion(captured, keep)
    bound("dispersion", spread, .9 <= spread <= 1.15 if law == "poisson" else spread < .05)
    out["dispersion_intended"] = round(dispersion(intended, keep), 4)
    cost = quantile(gaps(sent, keep), .0005)
    out["send_cost_us"] = cost / 1e3
    if law == "poisson":
        d = distance(gaps(captured, keep), rate, law)
        allowed = .01 + 1 - math.exp(-cost * rate / 1e9)
        bound("distance", d, d <= allowed)
        out["distance_allowed"] = round(allowed, 4)
        out["distance_intended"] = round(distance(gaps(intended, keep), rate, law), 4)
    return out


def main(arguments):
    out = judge(*arguments)
    print(json.dumps(out))
    return bool(out["missed"])


sys.exit(main(sys.argv[1:]))
