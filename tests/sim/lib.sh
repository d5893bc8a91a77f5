# shellcheck shell=sh
# lib.sh - what the whole-program tests share; each sources it first
#
# A test uses the program through its command line and its files alone. It
# ends with status 0, 1 (the reasons printed), or 77 (skipped, reason last).
set -u
cd "$(dirname "$0")/../.." || exit
lancet=${LANCET:-$PWD/build/bin/lancet}
tmp=$(mktemp -d)
children=
wrong=0

# What a test started is stopped by its number, whatever became of the test.
cleanup() {
	for pid in $children; do
		kill -CONT "$pid" 2>/dev/null
		kill "$pid" 2>/dev/null
		wait "$pid" 2>/dev/null
	done
	rm -rf "$tmp"
}
trap cleanup EXIT
trap 'exit 1' HUP INT TERM

skip() {
	echo "$*"
	exit 77
}

# Something is wrong; the test goes on to find more, and fails in the end.
bad() {
	echo "wrong: $*"
	wrong=$((wrong + 1))
}

# Without this nothing else makes sense.
fatal() {
	bad "$@"
	exit 1
}

finish() {
	echo "$wrong wrong"
	exit $((wrong > 0))
}

# The machine stood still too often for what is left to test.
spoiled() {
	[ $wrong -eq 0 ] || finish
	skip "too noisy a machine: $*"
}

need() {
	for command in "$@"; do
		command -v "$command" >/dev/null || skip "no $command here"
	done
}

# A claim about accuracy is asserted where the program runs at its own speed.
inaccurate() {
	case ${BUILD:-plain} in
	plain) bad "$@" ;;
	*) echo "reported only, BUILD=$BUILD: $*" ;;
	esac
}

# usage: run STATUS ARGUMENT...  runs lancet; output in $tmp/out, $tmp/err
run() {
	expected=$1
	shift
	"$lancet" "$@" >"$tmp/out" 2>"$tmp/err"
	status=$?
	case " $expected " in
	*" $status "*) return 0 ;;
	esac
	bad "status $status, not $expected: lancet $*: $(tail -n 3 "$tmp/err")"
	return 1
}

# usage: measure CONFIG ARGUMENT...  one run into $result, whatever the verdict
measure() {
	folder=$tmp/result.$((folders += 1))
	config=$1
	shift
	run "0 1 3" run "$config" --out "$folder" --quiet "$@" || return 1
	result=$folder/result.json
	[ -s "$result" ] || fatal "no $result"
}
folders=0

# usage: answered CONFIG ARGUMENT...  measure; where the machine gave the server
# no CPU and left a point without a reply, longer
answered() {
	for limit in 600ms 3s 10s; do
		measure "$@" --set "measure.time_limit=$limit" || return
		jq -e '.points | all(.counts.received > 0)' "$result" >/dev/null &&
			return
	done
	bad "$1: nothing was answered: $(get '.verdict.reasons')"
	return 1
}

# usage: holds WHAT JQ-CONDITION [FILE]
holds() {
	jq -e "$2" "${3:-$result}" >/dev/null 2>"$tmp/jq" ||
		bad "$1: not $2 $(cat "$tmp/jq")"
}

get() {
	jq -r "$1" "${2:-$result}"
}

# Below those that clients are given: until its server listens, another test's
# connection might take one of them.
free_port() {
	python3 -c 'import random, socket
of_clients = "/proc/sys/net/ipv4/ip_local_port_range"
end = max(int(open(of_clients).read().split()[0]), 20000)
while True:
    port = random.randrange(end // 2, end)
    try:
        for kind in socket.SOCK_STREAM, socket.SOCK_DGRAM:
            socket.socket(socket.AF_INET, kind).bind(("127.0.0.1", port))
    except OSError:
        continue
    print(port)
    break'
}

# What half of the round trips of a program that does nothing else take at
# most, ns: over UDP on loopback, both ends asleep in between.
bare_round_trip() {
	python3 -c 'import os, socket, statistics, time
server, client = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in "12")
server.bind(("127.0.0.1", 0))
client.connect(server.getsockname())
client.settimeout(5)
if os.fork() == 0:
    server.settimeout(5)
    while True:
        data, peer = server.recvfrom(1)
        if data == b".":
            os._exit(0)
        server.sendto(data, peer)
took = []
for _ in range(1000):
    time.sleep(0.0005)
    start = time.perf_counter_ns()
    client.send(b"?")
    client.recv(1)
    took.append(time.perf_counter_ns() - start)
client.send(b".")
print(int(statistics.median(took)))'
}

# What part of two seconds, in percent, a program that does nothing else stood
# still for more than 0.1 ms at once: the worst of all CPUs.
stood_still() {
	python3 -c 'import os, time
def spin(cpu):
    os.sched_setaffinity(0, [cpu])
    begun = last = time.perf_counter_ns()
    lost = 0
    while last - begun < 2e9:
        now = time.perf_counter_ns()
        lost += (now - last) * (now - last > 1e5)
        last = now
    os._exit(round(100 * lost / (last - begun)))
cpus = os.sched_getaffinity(0)
children = [os.fork() or spin(cpu) for cpu in cpus]
print(max(os.waitstatus_to_exitcode(os.waitpid(p, 0)[1]) for p in children))'
}

# usage: await WHAT COMMAND...  until it succeeds, at most 30 s
await() {
	awaited=$1 tries=300
	shift
	until "$@" >/dev/null 2>&1; do
		[ $((tries -= 1)) -gt 0 ] || fatal "waited 30 s for $awaited"
		sleep 0.1
	done
}

listens() {
	grep -q ":$(printf '%04X' "$1") .* 0A " /proc/net/tcp ||
		grep -q ":$(printf '%04X' "$1") " /proc/net/udp
}

# usage: target ARGUMENT...  a built-in server at $address, process $server
target() {
	port=$(free_port)
	address=127.0.0.1:$port
	"$lancet" target --listen "$address" "$@" >"$tmp/target" 2>&1 &
	server=$!
	children="$children $server"
	await "the target: $(cat "$tmp/target")" listens "$port"
}

# A zombie has ended; somebody else's init may be slow to say so.
alive() {
	grep -qs '^State:[[:space:]]*[^ZX]' "/proc/$1/status"
}

# usage: gone PID...   have all of them ended?
gone() {
	for pid in "$@"; do
		alive "$pid" && return 1
	done
	return 0
}

children_of() {
	ps -o pid= --ppid "$1" 2>/dev/null
}

# usage: child_named WORD   the process number of such a child of $run
child_named() {
	for pid in $(children_of "$run"); do
		tr '\0' ' ' <"/proc/$pid/cmdline" | grep -qw "$1" && echo "$pid"
	done | head -n 1 | grep .
}
