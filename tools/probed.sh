#!/bin/sh
# probed.sh - does a probe recognise real servers that report nothing?
#
# usage: tools/probed.sh [FIRST [LAST]] >>ROWS   of 18, half a minute each
#
# Each is lancet's own target over UDP, by protocol echo, which tells nothing of
# its work. A row for docs/validity.md: what it is, what the probe says, with
# 95% intervals, and whether these hold the truth. Of communication that is the
# mean latency of single requests less the mean service.
set -eu
cd "$(dirname "$0")/.."
lancet=${LANCET:-build/bin/lancet}
tmp=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill $server 2>/dev/null; rm -rf "$tmp"' EXIT
trap 'exit 1' HUP INT TERM

servers='
fcfs 3 100 {exponential: {mean: 100us}}
fcfs 1 100 {exponential: {mean: 100us}}
fcfs 2 50 {constant: {value: 50us}}
fcfs 8 200 {constant: {value: 200us}}
fcfs 4 150 {lognormal: {mean: 150us, scv: 2}}
fcfs 2 76 {modes: [{p: 0.9, value: 40us}, {p: 0.1, value: 400us}]}
ps 6 120 {exponential: {mean: 120us}}
ps 3 80 {constant: {value: 80us}}
part 4 100 {exponential: {mean: 100us}}
part 5 100 {constant: {value: 100us}}
ps 1 60 {lognormal: {mean: 60us, scv: 1.5}}
fcfs 6 275 {modes: [{p: 0.5, value: 50us}, {p: 0.5, value: 500us}]}
fcfs 8 300 {exponential: {mean: 300us}}
fcfs 1 20 {constant: {value: 20us}}
part 2 100 {lognormal: {mean: 100us, scv: 2}}
ps 3 76 {modes: [{p: 0.9, value: 40us}, {p: 0.1, value: 400us}]}
fcfs 5 50 {exponential: {mean: 50us}}
ps 7 150 {constant: {value: 150us}}
'

# usage: probe POLICY WORKERS MEAN-US LAW
probe() {
	"$lancet" target --protocol echo --transport udp --policy "$1" \
		--workers "$2" --service "$4" >"$tmp/target" 2>&1 </dev/null &
	server=$!
	tries=100
	until grep -q '^listening on ' "$tmp/target"; do
		if ! kill -0 $server 2>/dev/null || [ $((tries -= 1)) -eq 0 ]; then
			echo "probed.sh: no target: $(cat "$tmp/target")" >&2
			exit 1
		fi
		sleep 0.1
	done
	cat >"$tmp/x.yaml" <<-END
	seed: 5
	target: {address: "$(sed -n 's/^listening on //p' "$tmp/target")"}
	workload: {protocol: echo, transport: udp}
	load: {rate: 1krps}
	END
	status=0
	"$lancet" probe "$tmp/x.yaml" --json --out - >"$tmp/found" </dev/null ||
		status=$?
	kill $server
	wait $server || :
	server=
	[ $status -eq 0 ] || return 0
	jq -r --arg policy "$1" --argjson k "$2" --argjson mean "$3" \
		--arg law "$4" '
		def whole: if . == null then "-" else round end;
		def us: if . == null then "-" else . / 100 | round / 10 end;
		def between: "\(.value | us) (\(.lo | us) to \(.hi | us)) us";
		def holds($x): if .lo == null or .hi == null or $x == null then "-"
			elif .lo <= $x and $x <= .hi then "yes" else "no" end;
		(if .service_ns.value == null then null
			else .service_ns.value + .communication_ns.value -
				$mean * 1000 end) as $away |
		($law | capture("^.(?<name>[a-z]+)").name) as $name |
		"| \($name), \($mean) us | \($policy) | \($k) | " +
		"\(.workers_whole | whole) " +
		"(\(.workers.lo | whole) to \(.workers.hi | whole)) | " +
		"\(.policy // "-")\(.policies_as_likely |
			if . == "" then "" else ", " + . end) | " +
		"\(.service_law | if . == null or (.fits | not) then "none"
			else .name + (.fit_as_well |
				if . == "" then "" else ", " + . end) end) | " +
		"\(.service_ns | between) | \(.communication_ns | between) | " +
		"\(.workers | holds($k)), \(.service_ns | holds($mean * 1000)), " +
		"\(.communication_ns | holds($away)), " +
		"\(.capacity_rps | holds($k * 1e6 / $mean)) |"' "$tmp/found"
}

echo "$servers" | grep . | sed -n "${1:-1},${2:-\$}p" >"$tmp/list"
while read -r policy workers mean law <&3; do
	probe "$policy" "$workers" "$mean" "$law"
done 3<"$tmp/list"
