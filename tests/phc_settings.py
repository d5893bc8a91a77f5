#!/usr/bin/env python3
"""phc_settings.py - phc-sim over random settings: which fail, and could they not

usage: phc_settings.py PHC-SIM SETTINGS SEED

Drifts to 200 ppm either way, walks of 0.1 to 100 ppb or none, brackets of 0.1
to 5 us, up to 30% of them longer, 1 to 100 readings a second for one to ten
minutes. Prints those that fail; then how many did, of how many the limit is
below what a smoother reaches that knows the walk, and the others' excess.
"""
import math
import random
import subprocess
import sys


def setting(draw):
    return {
        "drift-ppm": draw.uniform(-200, 200),
        "wander": 10 ** draw.uniform(-1, 2) if draw.random() > .05 else 0,
        "jitter-ns": math.exp(draw.uniform(math.log(100), math.log(5000))),
        "spikes": draw.uniform(0, .3),
        "poll-hz": 10 ** draw.uniform(0, 2),
        "seconds": draw.choice([60, 120, 300, 600]),
        "latch": draw.choice([.5, 1]),
        "thermal-ppb": draw.choice([0, 50, 100]),
    }


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__.split("\n\n")[1])
    draw = random.Random(int(sys.argv[3]))
    failed, known, other = 0, 0, []
    for i in range(int(sys.argv[2])):
        s = setting(draw)
        args = ["--%s=%.6g" % kv for kv in s.items()]
        out = subprocess.run([sys.argv[1], "--seed=%d" % (i + 1)] + args,
                             capture_output=True, text=True,
                             stdin=subprocess.DEVNULL).stdout.splitlines()
        if out[-1] == "pass":
            continue
        p99 = float(out[0].split("p99 ")[1].split()[0])
        least = float(out[1].split("p99 ")[1].split()[0])
        failed += 1
        if least >= max(100, s["jitter-ns"] / 6):
            known += 1
        else:
            other.append(p99 / least)
        print("%s; least %.0f; %s" % (out[-1], least, " ".join(args)),
              flush=True)
    print("%d fail, %d of them with the walk known; the others' p99 is %s "
          "times the least" % (failed, known,
                               ", ".join("%.1f" % x for x in other) or "-"))


main()
