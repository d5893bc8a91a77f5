#!/bin/sh
# performance.sh - renew the figures of docs/performance.md
#
# usage: performance.sh   after `make bench` or `make bench PEERS=1`
#
# A table stands between `<!-- figures: NAME -->` and `<!-- end -->` and is
# made from build/bench.json or build/bench-peers.json; where the file is
# missing, the table stays as it is.
set -eu
cd "$(dirname "$0")/.."
page=docs/performance.md
tables=$(mktemp -d)
trap 'rm -rf "$tables"' EXIT

machine='"Measured on \(.machine).", "",'

if [ -s build/bench.json ]; then
	jq -r "$machine"'"| after this | ns of a request | of it new |",
		"| --- | ---: | ---: |",
		(.benchmarks[] | select(.name | startswith("stage: ")) |
		"| \(.name | sub("stage: "; "")) | \(.value) | \(.value -
			(.floor // 0) | . * 10 | round / 10) |")' \
		build/bench.json >"$tables/stages"
	jq -r "$machine"'"| | ns of a request | beside | ns | ratio |",
		"| --- | ---: | --- | ---: | ---: |",
		(.benchmarks[] | select(.name | startswith("agent")) |
		"| \(.name) | \(.value) | \(.peer // "-") | \(.floor // "-") | \(.ratio // "-") |")' \
		build/bench.json >"$tables/agent"
fi
if [ -s build/bench-peers.json ]; then
	jq -r "$machine"'"| peer | load | mode | lancet, ns | peer, ns | ratio | bare loop, ns | lancet, 1/s | peer, 1/s | packets each way | sent late, p99 us |",
		"| --- | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
		(.benchmarks[] | "| \(.peer // (.name | sub(", (half|highest),.*"; ""))) | \(.load) | \(.mode) | \(.value) | \(.floor // "-") | \(.ratio // "-") | \(.bare_ns // "-") | \(.rate_rps) | \(.peer_rate_rps // "-") | \(.packets)\(if .counts then "" else " (does not count)" end) | \(.late_p99_ns / 100 | round / 10) |")' \
		build/bench-peers.json >"$tables/peers"
fi
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
!inside { print }' $page >"$tables/page"
cat "$tables/page" >$page
