#!/bin/sh
# witness_docs.sh - renew the figures of docs/captures.md
#
# usage: witness_docs.sh   after tools/witness.sh, whose build/witness.json it
# reads; a table stands between `<!-- figures -->` and `<!-- end -->`
set -eu
cd "$(dirname "$0")/.."
page=docs/captures.md
table=$(mktemp)
trap 'rm -f "$table"' EXIT

{
	echo "Measured on $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo |
		head -n 1), $(nproc) CPUs, $(uname -sr)."
	echo
	jq -rs '
	def us: if . == null then "-" else . * 100 | round / 100 end;
	def said(a; b): "\(a | us) / \(b | us)";
	"| path, load, stamps | windows left out | lateness p50, p99 (over the least) | variance / mean per ms | distance (allowed) | captured p50 / said | captured p99 / said | apart p50, p99 | missed |",
	"| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |",
	(.[] | if .reason then "| \(.path) | \(.reason) |" else
	"| \(.path) \(.transport) \(.rate_rps / 1000)k/s \(.law), \(.source) | \(.windows_left_out) of \(.windows) | \(.lateness_p50_us | us), \(.lateness_p99_us | us) (\(.lateness_over_least_p50_us | us)) | \(.dispersion) | \(.distance // "-") (\(.distance_allowed // "-")) | \(said(.captured_p50_us; .said_p50_us)) | \(said(.captured_p99_us; .said_p99_us)) | \(.stamps_apart_p50_us | us), \(.stamps_apart_p99_us | us) | \(.missed | join(" ") | gsub("_"; " ")) |" end)' \
		build/witness.json
} >"$table"
awk -v table="$table" '
/^<!-- figures -->/ {
	print
	print ""
	while ((getline line < table) > 0)
		print line
	print ""
	inside = 1
}
/^<!-- end -->/ { inside = 0 }
/^<!-- figures -->/ { next }
!inside { print }' $page >"$table.page"
cat "$table.page" >$page
rm -f "$table.page"
