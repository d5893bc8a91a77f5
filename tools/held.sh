#!/bin/sh
# held.sh - measure how often intervals hold the truth, for docs/models.md
#
# usage: held.sh coverage|overhead [LOG]   of that long test, else it is run,
#                                          which takes some minutes
#        held.sh identified [LOG]          the same, for docs/validity.md
#        held.sh points [LOG...]           of measured points, for
#                                          docs/validity.md; half an hour
# points: after a change of coordinator/interval.c, settle.c, decide.c or pairs.c.
# coverage: the simulator's; after a change of models/sim.c, models/estimate.c
# or models/runlength.c. overhead: of what it costs; after a change of
# models/overhead*.c or models/sections.c. identified: of models/identify.c,
# survey.c, burst.c or law.c.
set -eu
cd "$(dirname "$0")/.."

page=docs/models.md
test=${1-}
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
identified)
	place=identified
	test=identify
	page=docs/validity.md
	head='| law | policy | servers | workers | held | policy | law |'
	rule='| --- | --- | --- | --- | --- | --- | --- |'
	;;
*)
	sed -n 's/^# usage: /usage: /p' "$0" >&2
	exit 2
	;;
esac
test=build/obj/tests/unit/${test}_test
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
		if (sub(/^(held|identified): /, "| ", line) || sub(/^paired: /, "| paired ", line) ||
		    sub(/^stationary: /, "| stationary ", line))
			print line
	inside = 1
}
/^<!-- end -->/ { inside = 0 }
!inside { print }' $page >$page.new
mv $page.new $page
