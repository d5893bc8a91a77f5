# shellcheck shell=sh
# hw.sh - what the tests with a real network card share; each sources it first
#
# LANCET_HW_IFACE   an interface whose card has a PTP clock
# LANCET_HW_PEER    HOST:PORT of `lancet target --protocol echo --transport udp`
#                   beyond its cable: another host, or the card's second port
#                   in a network namespace of its own
# As root. Without them each test is skipped, and says so.
# shellcheck source=../sim/lib.sh
. "$(dirname "$0")/../sim/lib.sh"

need jq
[ -n "${LANCET_HW_IFACE-}" ] ||
	skip "no network card is named: LANCET_HW_IFACE, LANCET_HW_PEER"
[ -n "${LANCET_HW_PEER-}" ] ||
	skip "nobody beyond $LANCET_HW_IFACE is named: LANCET_HW_PEER"
[ "$(id -u)" = 0 ] || skip "only root may enable the stamps of a card"
iface=$LANCET_HW_IFACE peer=$LANCET_HW_PEER

cat >"$tmp/hw.yaml" <<-END
	name: hw
	seed: 7
	target: {address: "$peer"}
	workload: {protocol: echo, transport: udp, arrival: poisson}
	agents: [{count: 1, threads: 1, connections: 4}]
	load: {rate: 5krps}
	measure: {time_limit: 4s, warmup: 100ms}
	model: none
	report: [text, json]
END

# usage: through WORD [--set KEY=YAML]...   20,000 requests to the peer
through() {
	stamps=$1
	shift
	measure "$tmp/hw.yaml" --set "timestamps=$stamps" "$@"
}

card_setting() {
	hwstamp_ctl -i "$iface" 2>/dev/null | sort
}
