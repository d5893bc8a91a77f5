#!/bin/sh
# demo.sh - run the quickstart and say where the picture is
#
# usage: demo.sh LANCET
#
# A run on a noisy machine ends with status 3: that is an answer, and the
# picture shows it; the demo has not failed.
set -u
lancet=$1
out=results/quickstart-$(date -u +%Y%m%dT%H%M%SZ)

"$lancet" run configs/quickstart.yaml --out "$out"
status=$?
case $status in
0) ;;
3) echo "demo: this run is not valid, for the reasons above; the picture shows it all the same" ;;
*) echo "demo: lancet run ended with status $status" >&2; exit $status ;;
esac
if [ ! -s "$out/latency.svg" ] || [ ! -s "$out/report.html" ]; then
	echo "demo: $out has no picture" >&2
	exit 1
fi
echo
echo "picture: $out/latency.svg"
echo "page:    $out/report.html  (open it in a browser)"
