#!/bin/sh
# capacity.sh - the capacity that a probe gives, beside what fills a server
#
# usage: tools/capacity.sh rounds THREADS PLACE N >>LINES   a minute each
#        tools/capacity.sh table <LINES                     for docs/validity.md
#
# A memcached of so many threads is filled by closed loops before and after
# each probe: by build/obj/bench/bare (`make benches`), a packet for each
# request as lancet sends them, and by the programs MEMTIER= and MUTILATE=
# where these are given, which put requests together. Each of them asks in
# several ways (how many connections, how many requests at once on each). The
# table has the way that brought most in the median, and the median of the
# rounds' ratios: probe over the mean of before and after. PLACE is `apart`: the
# server has the last CPU, clients have the first and go before others, as
# lancet's agent does; or `anywhere`: all but lancet's agent run as they were
# started. A line is `threads place round what way replies/s`.
set -eu
cd "$(dirname "$0")/.."
lancet=${LANCET:-build/bin/lancet}
bare=build/obj/bench/bare
seconds=1
last=$(($(nproc) - 1))
key=kkkkkkkkkkkkkkkkkkkkkkkkkk0000
tmp=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill $server; rm -rf "$tmp"' EXIT
trap 'exit 1' HUP INT TERM

# usage: on CPU COMMAND...   where PLACE says so; always in a subshell, whose
# number then is the command's
on() {
	[ "$place" = anywhere ] || set -- "$1" nice -n -20 taskset -c "$@"
	shift
	exec "$@"
}

free_port() {
	python3 -c 'import socket
s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# usage: memcached_of THREADS   at $port, with the keys that clients ask for
memcached_of() {
	port=$(free_port)
	user=$([ "$(id -u)" -ne 0 ] || echo '-u nobody')
	# shellcheck disable=SC2086
	on $last memcached $user -l 127.0.0.1 -p "$port" -U 0 -m 256 -t "$1" &
	server=$!
	sleep 0.5
	python3 - "$port" $key <<-'END'
	import socket, sys
	s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
	keys = [sys.argv[2]] + ["k" * 26 + str(n) for n in range(1000, 2000)]
	s.sendall(b"".join(b"set %s 0 0 200\r\n%s\r\n" % (k.encode(), b"v" * 200)
	                   for k in keys))
	lines = 0
	while lines < len(keys):
	    lines += s.recv(65536).count(b"\n")
	END
	cat >"$tmp/mc.yaml" <<-END
	target: {address: "127.0.0.1:$port"}
	workload:
	  transport: tcp
	  protocol: {memcached: {keys: 1000, key_size: 30B, value_size: 200B,
	    get_ratio: 100%}}
	agents: [{connections: 16}]
	load: {rate: 10krps}
	END
}

# usage: bare_rate CONNECTIONS DEPTH   "VALUE key flags length" and "END"
bare_rate() {
	printf 'get %s\r\n' $key >"$tmp/get"
	on 0 $bare "$port" "$1" "$2" \
		$((${#key} + 14 + 200 + 7)) $seconds 1 <"$tmp/get" |
		awk -v s=$seconds '{ print $1 / s }'
}

memtier_rate() {
	on 0 "$MEMTIER" -s 127.0.0.1 -p "$port" -P memcache_text -t 1 \
		-c "$1" --pipeline "$2" -d 200 --key-prefix "${key%0000}" \
		--key-minimum 1000 --key-maximum 1999 --ratio 0:1 \
		--hide-histogram --test-time $seconds </dev/null 2>&1 | tr '\r' '\n' |
		awk -v s=$seconds '/ 0 threads.*ops,/ {
			for (i = 2; i <= NF; i++)
				if ($i == "ops,") print $(i - 1) / s }' | tail -n 1
}

mutilate_rate() {
	on 0 "$MUTILATE" -s 127.0.0.1:"$port" -r 1000 -K 30 -V 200 -T 1 -c "$1" \
		-d "$2" -t $seconds </dev/null 2>/dev/null |
		awk '/^Total QPS/ { print $4 }'
}

# usage: lancet_rate RATE   what a run of so much is answered
lancet_rate() {
	"$lancet" run "$tmp/mc.yaml" --quiet --out "$tmp/over" \
		--set "load={rate: $1}" --set measure.time_limit=${seconds}s \
		--set 'report=[json]' </dev/null >/dev/null 2>&1 || : # invalid
	jq '.points[0].achieved_rps' "$tmp/over/result.json"
	rm -rf "$tmp/over"
}

# usage: others THREADS ROUND
others() {
	for tool in bare ${MEMTIER:+memtier} ${MUTILATE:+mutilate}; do
		for way in '16 1' '64 1' '16 16' '64 16'; do
			# shellcheck disable=SC2086
			rate=$("${tool}_rate" $way)
			echo "$1 $2 $tool ${way% *}x${way#* } ${rate:-0}"
		done
	done
	for rate in 100krps 150krps 200krps 300krps; do
		echo "$1 $2 lancet $rate $(lancet_rate $rate)"
	done
}

rounds() {
	place=$2
	memcached_of "$1"
	for _ in $(seq "$3"); do
		id=$(date +%s)
		others "$1 $2" "$id"
		"$lancet" probe "$tmp/mc.yaml" --out - --json </dev/null \
			>"$tmp/probe.json" || continue
		[ -z "${KEEP-}" ] || cp "$tmp/probe.json" "$KEEP/$id.json"
		jq -r --arg t "$1 $2" --arg i "$id" '"\($t) \($i) probe " +
			"\(.full.requests)/\(.full.connections) " +
			"\(.capacity_rps.value) \(.capacity_rps.lo) \(.capacity_rps.hi)"
			' "$tmp/probe.json"
	done
	others "$1 $2" "$(date +%s)"
}

# One machine is not always as fast: each probe beside its neighbours.
table() {
	awk '
	function median(list, n,  i, j, t, x) {
		split(list, x, " ")
		for (i = 2; i <= n; i++)
			for (j = i; j > 1 && x[j - 1] + 0 > x[j] + 0; j--) {
				t = x[j]; x[j] = x[j - 1]; x[j - 1] = t
			}
		least = x[1]; most = x[n]
		return n % 2 ? x[(n + 1) / 2] : (x[n / 2] + x[n / 2 + 1]) / 2
	}
	{ who = $1 " | " $2 }
	$4 == "probe" {
		of[who]++
		probe[who, of[who]] = $6
		at[who, of[who]] = blocks[who]
		next
	}
	{
		if (!(who in seen)) order[++whos] = who
		if (!((who, $3) in seen)) blocks[who]++
		seen[who]
		seen[who, $3]
		tools[$4]
		ways[$4, $5]
		rate[who, blocks[who], $4, $5] = $6
		all[who, $4, $5] = all[who, $4, $5] " " $6
		n[who, $4, $5]++
	}
	END {
		print "| threads | server | rounds | probe | beside | way | it had | ratio | of all rounds |"
		print "|---|---|---|---|---|---|---|---|---|"
		for (w = 1; w <= whos; w++) for (tool in tools) {
			who = order[w]; best = 0
			for (each in ways) {
				split(each, part, SUBSEP)
				if (part[1] != tool) continue
				m = median(all[who, each], n[who, each])
				if (m > best) { best = m; way = part[2] }
			}
			list = ratios = ""; k = 0
			for (r = 1; r <= of[who]; r++) {
				before = rate[who, at[who, r], tool, way]
				after = rate[who, at[who, r] + 1, tool, way]
				if (!before || !after) continue
				list = list " " probe[who, r]
				ratios = ratios " " probe[who, r] * 2 / (before + after)
				k++
			}
			if (!k) continue
			m = median(list, k)
			ratio = median(ratios, k)
			printf "| %s | %d | %.1f krps | %s | %s | %.1f krps | %.2f | %.2f to %.2f |\n",
				who, k, m / 1e3, tool, way, best / 1e3, ratio, least, most
		}
	}'
}

case ${1-} in
table) table ;;
rounds) rounds "$2" "$3" "$4" ;;
*)
	sed -n 's/^# usage: /usage: /p' "$0" >&2
	exit 2
	;;
esac
