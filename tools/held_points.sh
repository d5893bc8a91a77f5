#!/bin/sh
# held_points.sh - how often the intervals of points hold, for docs/validity.md
#
# usage: held_points.sh [LOG...]   tables that build/bin/coverage printed, else
#                                  it runs, an hour of CPU time over all CPUs
set -eu
cd "$(dirname "$0")/.."

new=$(mktemp -d)
trap 'rm -rf "$new"' EXIT
if [ $# -gt 0 ]; then
	cat "$@" >"$new/all"
else
	make -s build/bin/coverage
	build/bin/coverage --list >"$new/cells"
	# shellcheck disable=SC2016 # for the shell that xargs starts
	seq "$(wc -l <"$new/cells")" | xargs -P "$(nproc)" -I{} sh -c '
		read -r load name <<-END
		$(sed -n "$1p" "$2/cells")
		END
		build/bin/coverage --cell "$name" --load "$load" >"$2/$1"
	' cell {} "$new" || echo "held_points.sh: too few hold" >&2
	for i in $(seq "$(wc -l <"$new/cells")"); do
		cat "$new/$i"
	done >"$new/all"
	build/bin/coverage --paired 2e5 --seeds 300 --load 0.9 >>"$new/all"
fi
awk -v rows="$new/all" '
BEGIN {
	while ((getline line < rows) > 0) {
		if (line ~ /^\| (queue|---)/) {
			of = split(line, cell, "|")
			heads[of] = line ~ /queue/ ? line : heads[of]
			rules[of] = line ~ /---/ ? line : rules[of]
			continue
		}
		of = split(line, cell, "|")
		body[of] = body[of] line "\n"
	}
}
# A row of the paired table has nine cells.
/^<!-- (stopped|paired) -->/ {
	of = $2 == "paired" ? 11 : 17
	print
	if (!(of in body)) next
	print heads[of]
	print rules[of]
	printf "%s", body[of]
	inside = 1
}
/^<!-- end -->/ { inside = 0 }
!inside { print }' docs/validity.md >docs/validity.md.new
mv docs/validity.md.new docs/validity.md
