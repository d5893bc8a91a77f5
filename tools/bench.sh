#!/bin/sh
# bench.sh - run the benchmarks, print a table, write build/bench.json
#
# usage: bench.sh PROGRAM...
#
# A benchmark program prints a line a figure, in JSON:
#   {"name": "loop, burst 16", "value": 45.1, "unit": "ns/request",
#    "floor": 22.9, "ratio": 1.97, "peer": "two TSC reads ..."}
# (on one line). floor and ratio are null where there is nothing to compare.
set -eu
cd "$(dirname "$0")/.."
out=build/bench.json
lines=$(mktemp)
trap 'rm -f "$lines"' EXIT

[ $# -gt 0 ] || { echo "bench: there are no benchmarks" >&2; exit 1; }
for program in "$@"; do
	"$program" | grep '^{' >>"$lines"
done

machine=$(sed -n 's/^model name[^:]*: *//p' /proc/cpuinfo | head -n 1)
{
	printf '{"machine": "%s, %s CPUs, Linux %s",\n "date": "%s",\n' \
		"${machine:-unknown}" "$(nproc)" "$(uname -r)" "$(date +%F)"
	printf ' "benchmarks": [\n'
	sed '$!s/$/,/; s/^/  /' "$lines"
	printf ' ]}\n'
} >$out

field() {
	printf '%s' "$line" |
		sed -n "s/.*\"$1\": *\"\{0,1\}\([^,\"}]*\).*/\1/p"
}

printf '%-36s %12s %-12s %10s %7s  %s\n' benchmark value unit floor ratio \
	'measured beside'
while read -r line; do
	name=$(printf '%s' "$line" | sed -n 's/.*"name": *"\([^"]*\)".*/\1/p')
	peer=$(printf '%s' "$line" | sed -n 's/.*"peer": *"\([^"]*\)".*/\1/p')
	printf '%-36s %12s %-12s %10s %7s  %s\n' "$name" "$(field value)" \
		"$(field unit)" "$(field floor)" "$(field ratio)" "$peer"
done <"$lines"
echo "written: $out"
