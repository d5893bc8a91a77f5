#!/usr/bin/env python3
"""witness.py - a run judged by a capture that somebody else took of it

usage: witness.py LANCET RESULT-FOLDER CAPTURE

RESULT-FOLDER is of one point at a fixed rate, with raw records of all
requests of one thread; CAPTURE has all packets of the run. Prints one JSON
object; status 1 where a bound is missed, 77 where nothing can be judged.

The i-th request captured is the i-th that was sent. Only windows that the run
itself did not leave out count. The two clocks differ by a constant that is
not known: from lateness on the wire the median way from `sent` to the wire is
taken off, so that it is that of `sent`, and what the way adds when it is slow.
"""
import csv
import json
import math
import subprocess
import sys

PROBES = 8 * 11  # eight, and again while the kernel does not stamp replies yet


def lancet(*arguments):
    return subprocess.run(arguments, check=True, capture_output=True, text=True).stdout


def quantile(values, q):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(q * len(ordered)))]


def table(text):
    return list(csv.DictReader(text.splitlines()))


class Request:
    """One request: its record, and the same by the capture's stamps."""

    def __init__(self, record, captured, left_out, window):
        def number(key):
            return int(record[key]) if record[key] else None
        self.intended, self.sent = number("intended_ns"), number("sent_ns")
        self.received = number("received_ns")
        self.out, self.back = number("wire_out_ns"), number("wire_in_ns")
        self.captured = int(captured["request_ns"])
        self.replied = int(captured["reply_ns"]) if captured["reply_ns"] else None
        self.counts = (record["warmup"] == "0"
                       and int(record["schedule_ns"]) // window not in left_out)

    def wire(self):
        return None if self.replied is None else self.replied - self.captured

    def stamped(self):
        return None if self.out is None or self.back is None else self.back - self.out


def requests(program, folder, capture, point):
    records = [r for r in table(lancet(program, "samples",
                                       f"{folder}/{point['samples']['file']}"))
               if r["sent_ns"]]
    records.sort(key=lambda r: (int(r["sent_ns"]), int(r["seq"])))
    captured = table(lancet(program, "pcap", capture, "--requests"))
    # Before the first request the run tries whether stamps come.
    probes = len(captured) - len(records)
    if not 0 <= probes <= PROBES:
        return None
    captured = captured[probes:]
    left_out = {w["index"] for w in point["windows"]["left_out"]}
    return [Request(r, c, left_out, point["windows"]["window_ns"])
            for r, c in zip(records, captured)]


def dispersion(at, keep):
    """Variance over mean of counts in whole milliseconds that all count."""
    count, bad = {}, set()
    for t, ok in zip(at, keep):
        ms = t // 1_000_000
        count[ms] = count.get(ms, 0) + 1
        if not ok:
            bad.add(ms)
    kept = [t for t, ok in zip(at, keep) if ok]
    # A millisecond that has no request is out where its neighbours are.
    out = bad | {m + d for m in bad for d in (-1, 1)}
    n = [count.get(ms, 0) for ms in range(kept[0] // 1_000_000 + 1, kept[-1] // 1_000_000)
         if ms not in out]
    mean = sum(n) / len(n)
    return sum((x - mean) ** 2 for x in n) / (len(n) - 1) / mean


def gaps(at, keep):
    return sorted(b - a for a, b, x, y in zip(at, at[1:], keep, keep[1:]) if x and y)


def distance(gap, mean):
    """Kolmogorov's, of gaps from the exponential law."""
    worst = 0
    for i, g in enumerate(gap):
        f = 1 - math.exp(-g / mean)
        worst = max(worst, (i + 1) / len(gap) - f, f - i / len(gap))
    return worst


class Verdict:
    def __init__(self):
        self.found, self.missed = {}, []

    def note(self, name, value):
        self.found[name] = value if value is None else round(value, 4)

    def bound(self, name, value, holds):
        self.note(name, value)
        if not holds:
            self.missed.append(name)


def judge_pacing(v, all_, law, rate):
    kept = [r for r in all_ if r.counts]
    keep = [r.counts for r in all_]
    way = quantile([r.captured - r.sent for r in kept], .5)
    late = [r.captured - r.intended - way for r in kept]
    v.bound("lateness_p50_us", quantile(late, .5) / 1e3, quantile(late, .5) <= 300)
    v.bound("lateness_p99_us", quantile(late, .99) / 1e3, quantile(late, .99) <= 10000)
    v.note("lateness_over_least_p50_us", (quantile(late, .5) - quantile(late, .001)) / 1e3)
    v.note("sent_late_p50_us", quantile([r.sent - r.intended for r in kept], .5) / 1e3)
    v.note("sent_late_p99_us", quantile([r.sent - r.intended for r in kept], .99) / 1e3)
    captured = [r.captured for r in all_]
    intended = [r.intended for r in all_]
    spread = dispersion(captured, keep)
    v.bound("dispersion", spread, .9 <= spread <= 1.15 if law == "poisson" else spread < .05)
    v.note("dispersion_intended", dispersion(intended, keep))
    # Sends that were due together follow each other as fast as they can.
    cost = quantile([b.sent - a.sent for a, b in zip(all_, all_[1:])
                     if a.counts and b.counts and b.intended <= a.sent] or [0], .5)
    v.note("send_cost_us", cost / 1e3)
    if law != "poisson":
        return
    allowed = .01 + 1 - math.exp(-cost * rate / 1e9)
    d = distance(gaps(captured, keep), 1e9 / rate)
    v.bound("distance", d, d <= allowed)
    v.note("distance_allowed", allowed)
    exact = distance(gaps(intended, keep), 1e9 / rate)
    n = sum(keep)
    # Kolmogorov's 1.95 / sqrt(n) is exceeded once in a thousand times.
    v.bound("distance_intended", exact, exact <= 1.95 / math.sqrt(n))


def reported(point, source, q):
    metric = point["wire_ns"] if source != "user" else point["response_ns"]
    return next(x["value"] for x in (metric or {"quantiles": []})["quantiles"] if x["q"] == q)


def judge_latency(v, all_, point, source):
    seen = [r.wire() for r in all_ if r.counts and r.wire() is not None]
    p50, p99 = quantile(seen, .5), quantile(seen, .99)
    said50, said99 = reported(point, source, .5), reported(point, source, .99)
    near, share = (4000, 1) if source == "user" else (1000, .1)
    v.note("captured_p50_us", p50 / 1e3)
    v.note("captured_p99_us", p99 / 1e3)
    v.bound("said_p50_us", said50 and said50 / 1e3, said50 and abs(said50 - p50) <= near)
    v.bound("said_p99_us", said99 and said99 / 1e3,
            said99 and p99 * (1 - share) <= said99 <= p99 * (1 + share))
    both = [r for r in all_ if r.counts and r.wire() is not None and r.stamped() is not None]
    if source == "user" or not both:
        return
    for name, q in (("p50", .5), ("p99", .99)):
        apart = quantile([r.stamped() for r in both], q) - quantile([r.wire() for r in both], q)
        v.bound(f"stamps_apart_{name}_us", apart / 1e3, abs(apart) <= 2000)


def name_of(choice):
    return choice if isinstance(choice, str) else next(iter(choice))


def main(program, folder, capture):
    result = json.load(open(folder + "/result.json"))
    point = result["points"][0]
    law = name_of(result["config"]["workload"]["arrival"])
    source = point["timestamps"]["source"]
    all_ = requests(program, folder, capture, point)
    if all_ is None or not any(r.counts for r in all_):
        print(json.dumps({"reason": "the capture has not all requests" if all_ is None
                          else "every window was left out"}))
        return 77
    v = Verdict()
    v.found = {"transport": name_of(result["config"]["workload"]["transport"]),
               "rate_rps": point["offered_rps"], "law": law, "source": source,
               "requests": sum(r.counts for r in all_),
               "windows_left_out": len(point["windows"]["left_out"]),
               "windows": len(point["windows"]["start_ns"])}
    judge_pacing(v, all_, law, point["offered_rps"])
    judge_latency(v, all_, point, source)
    v.found["missed"] = v.missed
    print(json.dumps(v.found))
    return bool(v.missed)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
