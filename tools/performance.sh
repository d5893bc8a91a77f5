#!/bin/sh
# performance.sh - renew the figures of docs/performance.md
#
# usage: performance.sh [BENCH.json PAGE]   after `make bench` [PEERS=1]
#
# A table stands between `<!-- figures: NAME -->` and `<!-- end -->` and is
# made from build/bench.json; where that has no figures of it, the table
# stays as it is.
set -eu
cd "$(dirname "$0")/.."
bench=${1-build/bench.json}
page=${2-docs/performance.md}
tables=$(mktemp -d)
trap 'rm -rf "$tables"' EXIT

# table NAME: its heads, how they stand (- left, + right), which benchmarks,
# and the cells of one, in jq.
table() {
	jq -r '
	def row: "| " + (map(tostring) | join(" | ")) + " |";
	def stands: if . == "+" then "---:" else "---" end;
	[.benchmarks[] | select('"$4"')] as $all | select($all | length > 0) |
	"Measured on \(.machine), \(.date).", "", ('"$2"' | row),
	("'"$3"'" | split("") | map(stands) | row),
	($all[] | '"$5"' | map(. // "-") | row)' "$bench" >"$tables/$1"
}

table stages '["after this", "ns of a request", "of it new"]' '-++' \
	'.name | startswith("stage: ")' \
	'[(.name | sub("stage: "; "")), .value,
	  (.value - (.floor // 0) | . * 10 | round / 10)]'

table agent '["", "ns of a request", "beside", "ns", "ratio"]' '-+-++' \
	'.name | startswith("agent")' '[.name, .value, .peer, .floor, .ratio]'

table peers '["peer", "load", "mode", "lancet, ns", "peer, ns", "ratio",
	"at most", "bare loop, ns", "lancet, 1/s", "peer, 1/s",
	"packets each way", "sent late, p99 us"]' '---+++++++++' 'has("load")' \
	'[(.name | sub(", (half|highest),.*"; "")), .load, .mode, .value,
	  .floor, .ratio, .target, .bare_ns, .rate_rps, .peer_rate_rps,
	  "\(.packets)\(if .counts then "" else " (does not count)" end)",
	  (.late_p99_ns / 100 | round / 10)]'

awk -v tables="$tables" '
/^<!-- figures: / {
	print
	file = tables "/" $3
	if ((getline line < file) > 0) {
		do print line; while ((getline line < file) > 0)
		inside = 1
	}
}
/^<!-- end -->/ { inside = 0 }
/^<!-- figures: / { next }
!inside { print }' "$page" >"$tables/page"
cat "$tables/page" >"$page"
