#!/bin/sh
# inject.sh - are delays found where they were put? A table for docs/validity.md
#
# usage: tools/inject.sh   after `make`; 2 minutes, wants a quiet machine
lancet=${LANCET:-build/bin/lancet}
LANCET_CALIBRATION=$(mktemp -u)
export LANCET_CALIBRATION

# usage: row WHAT OPTION...
row() {
	what=$1
	shift
	"$lancet" calibrate --json --quiet "$@" | jq -r --arg what "$what" '
		def us: . / 100 | round / 10;
		def at(q): [.error_ns.quantiles[] | select(.q == q) | .value][0] | us;
		"| \($what) | \(.agent_ns | us) | \(.path_ns | us) | " +
		"\(.target_ns | us) | \(at(0.5)) | \(at(0.99)) |"' ||
		echo "| $what | not measured: the machine was not quiet |"
}

echo '| added | agent us | path us | target us | error p50 us | error p99 us |'
echo '|---|---|---|---|---|---|'
row 'nothing' --inject agent=0us
for us in 5 20 100; do
	for who in agent path target; do
		row "$us us by the $who" --inject "$who=${us}us"
	done
done
