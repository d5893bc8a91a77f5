#!/bin/sh
# overhead.sh - measure what docs/models.md says of the overhead's intervals
#
# usage: overhead.sh [LOG]   of the long test, which else takes some minutes
# Run it after a change of models/overhead*.c or models/sections.c.
set -eu
cd "$(dirname "$0")/.."

log=$(mktemp)
trap 'rm -f "$log"' EXIT
if [ $# -gt 0 ]; then
	cat "$@" >"$log"
else
	make -s build/obj/tests/unit/overhead_test
	LANCET_LONG=1 build/obj/tests/unit/overhead_test >"$log" 2>&1 ||
		{ cat "$log"; exit 1; }
fi
awk -v rows="$log" '
/^<!-- overhead coverage -->/ {
	print
	print "| compared | a | b | a held | b held | named | denied |"
	print "| --- | --- | --- | --- | --- | --- | --- |"
	while ((getline line < rows) > 0)
		if (sub(/^paired: /, "", line)) print "| paired " line
		else if (sub(/^stationary: /, "", line)) print "| stationary " line
	inside = 1
}
/^<!-- end -->/ { inside = 0 }
!inside { print }' docs/models.md >docs/models.md.new
mv docs/models.md.new docs/models.md
