#!/bin/sh
# intervals.sh - measure how often the simulator's intervals hold the truth
#
# usage: intervals.sh [LOG]   of the long test, which else takes some minutes
# Writes the table of docs/models.md. Run it after a change of models/sim.c,
# models/estimate.c or models/runlength.c.
set -eu
cd "$(dirname "$0")/.."

log=$(mktemp)
trap 'rm -f "$log"' EXIT
if [ $# -gt 0 ]; then
	cat "$@" >"$log"
else
	make -s build/obj/tests/unit/coverage_test
	LANCET_LONG=1 build/obj/tests/unit/coverage_test >"$log" 2>&1 ||
		{ cat "$log"; exit 1; }
fi
awk -v rows="$log" '
/^<!-- interval coverage -->/ {
	print
	print "| service | workers | load | p99 | held | of |"
	print "| --- | --- | --- | --- | --- | --- |"
	while ((getline line < rows) > 0)
		if (sub(/^held: /, "", line)) print "| " line
	inside = 1
}
/^<!-- end -->/ { inside = 0 }
!inside { print }' docs/models.md >docs/models.md.new
mv docs/models.md.new docs/models.md
