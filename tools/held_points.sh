#!/bin/sh
# held_points.sh - how often the intervals of points hold, for docs/validity.md
#
# usage: held_points.sh [LOG...]   tables that build/bin/coverage printed, else
#                                  it runs, for half an hour
set -eu
cd "$(dirname "$0")/.."

rows=$(mktemp)
trap 'rm -f "$rows"' EXIT
if [ $# -gt 0 ]; then
	cat "$@" >"$rows"
else
	make -s build/bin/coverage
	build/bin/coverage >"$rows"
	build/bin/coverage --paired 2e5 --seeds 300 >>"$rows"
fi
awk -v rows="$rows" '
BEGIN {
	while ((getline line < rows) > 0) {
		if (line ~ /^\| (queue|---)/)
			continue
		# A row of a paired table has nine cells.
		if (split(line, cell, "|") == 11)
			paired = paired line "\n"
		else
			stopped = stopped line "\n"
	}
}
/^<!-- (stopped|paired) -->/ {
	table = $2 == "paired" ? paired : stopped
	print
	getline; print
	getline; print
	printf "%s", table
	inside = 1
}
/^<!-- end -->/ { inside = 0 }
!inside { print }' docs/validity.md >docs/validity.md.new
mv docs/validity.md.new docs/validity.md
