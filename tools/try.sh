#!/bin/sh
# try.sh - run one test, print its line, note how it ended
#
# usage: LOGS=FOLDER try.sh NAME LIMIT-IN-SECONDS COMMAND...
#
# A test is a program: 0 passes, 77 skips (its last line says why), all else
# fails. What it printed is kept in LOGS/NAME.log; a failing one is shown.
# LOGS/outcomes gets a line: passed, failed or skipped. All is written at
# once, as other tests may be running beside it.
set -u
name=$1 limit=$2 log=$LOGS/$1.log
shift 2
mkdir -p "${log%/*}"
start=$(date +%s%N)
timeout -k 5 "$limit" "$@" >"$log" 2>&1 </dev/null
status=$?
tenths=$((($(date +%s%N) - start) / 100000000))
took="$((tenths / 10)).$((tenths % 10)) s"
case $status in
0)
	outcome=passed
	text=$(printf 'ok   %8s   %s' "$took" "$name")
	;;
77)
	outcome=skipped
	text=$(printf 'skip            %s: %s' "$name" "$(tail -n 1 "$log")")
	;;
*)
	outcome=failed
	[ $status -ne 124 ] || echo "stopped after $limit s" >>"$log"
	text=$(printf 'FAIL %8s   %s (status %s)\n--- %s\n%s\n---' "$took" "$name" \
		$status "$log" "$(tail -n 40 "$log" | sed 's/^/    /')")
	;;
esac
printf '%s\n' "$text"
echo $outcome >>"$LOGS/outcomes"
[ $outcome != failed ]
