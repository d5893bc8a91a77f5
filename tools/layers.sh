#!/bin/sh
# layers.sh - each file includes only what stands below it; CONTRIBUTING.md
#
# Prints what breaks a layer or a fence; status 1 when there is any.
set -eu
cd "$(dirname "$0")/.."

files=$(find lancet workloads hwts agents models coordinator targets reports \
	-name '*.[chS]' 2>/dev/null || true)

# "file include" of every include of our own or in a fence.
# shellcheck disable=SC2086  # names without blanks
grep -H '^#include' $files |
	sed -n 's/^\([^:]*\):#include *["<]\([^">]*\)[">].*/\1 \2/p' |
	awk '
	function part(path) {
		if (path ~ /^lancet\/core\/stats\//) return "stats"
		if (path ~ /^lancet\/core\//) return "core"
		if (path ~ /^lancet\/cmd\//) return "cmd"
		if (path ~ /^agents\/(transport|stamps|socket|waiting|peers|stream|datagram|tls|tls_library|tls_context|tls_session)(\/|\.[ch]$)/) return "transport"
		sub(/\/.*/, "", path)
		return path
	}
	function fence(header, place) { home[header] = place }
	BEGIN {
		below["core"] = "core"
		below["stats"] = "core stats"
		below["workloads"] = "core workloads"
		below["hwts"] = "core hwts"
		below["transport"] = "core hwts transport"
		below["agents"] = "core workloads hwts transport agents"
		below["models"] = "core stats workloads models"
		below["coordinator"] = "core stats workloads models coordinator"
		below["targets"] = "core workloads models transport targets"
		below["reports"] = "core stats reports"
		below["cmd"] = "core stats workloads hwts transport agents models " \
			"coordinator targets reports cmd"

		# Third-party headers, each in the one place that needs it.
		fence("^yaml\\.h$", "^lancet/core/yaml\\.c$")
		fence("^pcap", "^hwts/(capture_library\\.h|dissect\\.c)$")
		fence("^rte_", "^lancet/core/net/")
		fence("^xdp/", "^lancet/core/net/")
		fence("^bpf/", "^(lancet/core/net|targets/bpf)/")
		fence("^sqlite3\\.h$", "^reports/history\\.c$")
		fence("^liburing\\.h$", "^agents/transport/")
		fence("^openssl/", "^agents/tls[a-z_]*\\.[ch]$")
		fence("^http_parser\\.h$", "^workloads/proto/")
		fence("^zlib\\.h$", "^reports/")
	}
	{
		for (header in home)
			if ($2 ~ header && $1 !~ home[header]) {
				print $1 ": " $2 " is fenced to " home[header]
				broken = 1
			}
		to = part($2)
		if (!(to in below) || !index($2, "/"))
			next
		if (index(" " below[part($1)] " ", " " to " ") == 0) {
			print $1 ": may not include " $2
			broken = 1
		}
	}
	END { exit broken }'
