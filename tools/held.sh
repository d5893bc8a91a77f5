#!/bin/sh
# held.sh - measure how often intervals hold the truth, for docs/models.md
#
# usage: held.sh coverage|overhead [LOG]   of that long test, else it is run,
#                                          which takes some minutes
#        held.sh points [LOG...]           of measured points, for
#                                          docs/validity.md; half an hour
# points: after a change of coordinator/interval.c, settle.c, decide.c or pairs.c.
# coverage: the simulator's; after a change of models/sim.c, models/estimate.c
# or models/runlength.c. overhead: of what it costs; after a change of
# models/overhead*.c or models/sections.c.
set -eu
cd "$(dirname "$0")/.."

case ${1-} in
points)
	shift
	exec tools/held_points.sh "$@"
	;;
coverage)
	place='interval coverage'
	head='| service | workers | load | p99 | held | of |'
	rule='| --- | --- | --- | --- | --- | --- |'
	;;
overhead)
	place='overhead coverage'
	head='| compared | a | b | a held | b held | named | denied |'
	rule='| --- | --- | --- | --- | --- | --- | --- |'
	;;
*)
	sed -n 's/^# usage: /usage: /p' "$0" >&2
	exit 2
	;;
esac
test=build/obj/tests/unit/$1_test
shift
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if [ $# -gt 0 ]; then
	cat "$@" >"$log"
else
	make -s "$test"
	LANCET_LONG=1 "$test" >"$log" 2>&1 || { cat "$log"; exit 1; }
fi
awk -v rows="$log" -v place="<!-- $place -->" -v head="$head" -v rule="$rule" '
$0 == place {
	print
	print head
	print rule
	while ((getline line < rows) > 0)
		if (sub(/^held: /, "| ", line) || sub(/^paired: /, "| paired ", line) ||
		    sub(/^stationary: /, "| stationary ", line))
			print line
	inside = 1
}
/^<!-- end -->/ { inside = 0 }
!inside { print }' docs/models.md >docs/models.md.new
mv docs/models.md.new docs/models.md
