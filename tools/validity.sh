#!/bin/sh
# validity.sh - how often checks are wrong; renew the tables of the page
#
# usage: validity.sh [--page-only]
#
# Runs build/bin/validity (some 25 minutes on one CPU) and keeps what it
# printed in build/validity/. A table of docs/validity.md stands between
# `<!-- NAME -->` and `<!-- end -->` and is build/validity/NAME;
# where that is missing, the table stays as it is.
set -u
cd "$(dirname "$0")/.." || exit
page=docs/validity.md
kept=build/validity
status=0
mkdir -p "$kept"

if [ "${1-}" != --page-only ]; then
	for what in false-alarms misses; do
		build/bin/validity "$what" >"$kept/$what" || status=1
		cat "$kept/$what"
	done
fi
new=$(mktemp)
awk -v kept="$kept" '
/^<!-- end -->/ { hidden = 0 }
!hidden { print }
/^<!-- (false-alarms|misses) -->/ {
	file = kept "/" $2
	while ((getline line < file) > 0) {
		print line
		hidden = 1
	}
	close(file)
}' "$page" >"$new" && cat "$new" >"$page"
rm -f "$new"
exit $status
