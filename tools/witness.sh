#!/bin/sh
# witness.sh - runs judged by captures of them, and the figures into the docs
#
# usage: tools/witness.sh [--docs] [PATH TRANSPORT RATE LAW STAMPS]...
#
# PATH is lo or veth (a target in a network namespace of its own, root only);
# without runs named, those of docs/captures.md. tcpdump captures; it runs
# only when nobody else wants its CPU, with a buffer for all packets. Wants two
# CPUs and nobody else on them. One JSON object a run on standard output and
# in build/witness.json; status 1 where a run misses a bound.
set -u
cd "$(dirname "$0")/.." || exit
lancet=${LANCET:-$PWD/build/bin/lancet}
tmp=$(mktemp -d)
space=lancet-$$
near=lancet$(($$ % 10000))a
far=lancet$(($$ % 10000))b
pids=
missed=0

cleanup() {
	for pid in $pids; do
		kill "$pid" 2>/dev/null
		wait "$pid" 2>/dev/null
	done
	ip netns del "$space" 2>/dev/null
	ip link del "$near" 2>/dev/null
	rm -rf "$tmp"
}
trap cleanup EXIT
trap 'exit 1' HUP INT TERM

die() {
	echo "witness: $*" >&2
	exit 2
}

# A target elsewhere: 10.77.9.2, behind a pair of devices.
make_veth() {
	[ -e "/sys/class/net/$near" ] && return
	ip netns add "$space" &&
		ip link add "$near" type veth peer name "$far" &&
		ip link set "$far" netns "$space" &&
		ip addr add 10.77.9.1/24 dev "$near" && ip link set "$near" up &&
		ip -n "$space" addr add 10.77.9.2/24 dev "$far" &&
		ip -n "$space" link set "$far" up &&
		ip -n "$space" link set lo up || die "no veth pair here"
}

config() {
	cat <<END
name: witness
seed: 11
target: {address: "$address"}
workload: {protocol: echo, transport: $transport, arrival: $law}
agents: [{count: 1, threads: 1, connections: 16, mode: poll}]
timestamps: $stamps
load: {rate: $rate}
measure: {warmup: 300ms, time_limit: ${SECONDS_EACH:-3}s, samples: all}
model: none
report: [json]
END
}

# usage: await FILE  until it says "listening on"
await() {
	tries=100
	until grep -qs 'listening on' "$1"; do
		[ $((tries -= 1)) -gt 0 ] || die "$(cat "$1")"
		sleep 0.1
	done
}

begin() {
	case $path in
	# Each packet passes lo twice; once is enough.
	lo) address=127.0.0.1 device="lo -Q in" inside= ;;
	veth)
		make_veth
		address=10.77.9.2 device=$near inside="ip netns exec $space"
		;;
	*) die "$path is neither lo nor veth" ;;
	esac
	port=$((20000 + $$ % 10000))
	address=$address:$port
	# shellcheck disable=SC2086  # words
	taskset -c 1 tcpdump -i $device -s 96 -B 262144 -w "$tmp/x.pcap" \
		--time-stamp-precision=nano "port $port" 2>"$tmp/tcpdump" &
	tcpdump=$! pids=$!
	await "$tmp/tcpdump"
	chrt -i -p 0 $tcpdump
	# shellcheck disable=SC2086  # words
	$inside "$lancet" target --workers 1 --protocol echo --listen "$address" \
		--transport "$transport" --service '{constant: {value: 1ns}}' \
		>"$tmp/target" 2>&1 &
	target=$!
	pids="$target $tcpdump"
	await "$tmp/target"
}

# tcpdump catches up before it ends.
end() {
	kill "$target"
	wait "$target" 2>/dev/null
	chrt -o -p 0 "$tcpdump"
	sleep 2
	kill "$tcpdump"
	wait "$tcpdump"
	pids=
	grep -q '^0 packets dropped by kernel' "$tmp/tcpdump"
}

# usage: judge PATH TRANSPORT RATE LAW STAMPS
judge() {
	path=$1 transport=$2 rate=$3 law=$4 stamps=$5
	begin
	config >"$tmp/config.yaml"
	rm -rf "$tmp/result"
	"$lancet" run "$tmp/config.yaml" --out "$tmp/result" --quiet </dev/null \
		2>"$tmp/err"
	status=$?
	end || die "tcpdump lost packets: $(tail -n 1 "$tmp/tcpdump")"
	[ $status -eq 0 ] || [ $status -eq 3 ] || die "$(cat "$tmp/err")"
	tools/witness.py "$lancet" "$tmp/result" "$tmp/x.pcap" >"$tmp/out" ||
		missed=1
	jq -c --arg path "$path" '{path: $path} + .' "$tmp/out" |
		tee -a "$tmp/all"
}

docs=
[ "${1-}" != --docs ] || { docs=yes && shift; }
for command in tcpdump jq python3 taskset chrt; do
	command -v $command >/dev/null || die "no $command here"
done
if [ $# -eq 0 ]; then
	for law in poisson fixed; do
		judge lo udp 10krps $law user
		judge lo udp 50krps $law user
	done
	for rate in 10krps 50krps; do
		judge lo tcp $rate poisson user
		judge lo udp $rate poisson kernel
		judge lo tcp $rate poisson kernel
		judge veth udp $rate poisson kernel
	done
fi
while [ $# -ge 5 ]; do
	judge "$1" "$2" "$3" "$4" "$5"
	shift 5
done
mkdir -p build
mv "$tmp/all" build/witness.json
[ "$docs" ] && tools/witness_docs.sh
exit $missed
