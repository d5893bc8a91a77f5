#!/bin/sh
# lint.sh - what readers of the code would find, found by programs
#
# usage: CPPFLAGS=... lint.sh 'SOURCE...' 'SHELL-SCRIPT...'
#
# A tool that is not installed is named and left out.
set -u
cd "$(dirname "$0")/.." || exit
sources=$1 shells=$2
failed=0
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# usage: step NAME TOOL COMMAND...
step() {
	name=$1 tool=$2
	shift 2
	if ! command -v "$tool" >/dev/null; then
		printf '%-12s not run: no %s here\n' "$name" "$tool"
		return
	fi
	if "$@" >"$log" 2>&1; then
		printf '%-12s clean\n' "$name"
	else
		printf '%-12s FAILED\n' "$name"
		tail -n 60 "$log"
		failed=1
	fi
}

# shellcheck disable=SC2086,SC2317  # words on purpose; called by step
each() {
	printf '%s\n' $sources | xargs -P "$(nproc)" "$@"
}

# What is silenced is wrong too often in gcc 12.
# shellcheck disable=SC2086,SC2317
analyze() {
	each -n 1 gcc $CPPFLAGS -std=gnu11 -O1 -Werror -fanalyzer \
		-Wno-analyzer-too-complex \
		-Wno-analyzer-null-dereference \
		-Wno-analyzer-use-of-uninitialized-value -c -o /dev/null
}

# shellcheck disable=SC2086,SC2317
check_cpp() {
	cppcheck --quiet --std=c11 --error-exitcode=1 --inline-suppr \
		--enable=warning,performance --suppress=missingIncludeSystem \
		--suppress=invalidPointerCast --suppress=arrayIndexThenCheck \
		-j "$(nproc)" -I. -D_GNU_SOURCE $sources
}

# Flags come after the files: a compilation database of one line.
# shellcheck disable=SC2086,SC2317
tidy() {
	printf '%s\n' $CPPFLAGS -std=gnu11 >compile_flags.txt
	each -n 4 clang-tidy --quiet
	status=$?
	rm -f compile_flags.txt
	return $status
}

step layers sh tools/layers.sh
step sizes ctags tools/sizes.sh
# shellcheck disable=SC2086  # words on purpose
step shellcheck shellcheck shellcheck -x -P tests/sim:tests/hw $shells
step cppcheck cppcheck check_cpp
step fanalyzer gcc analyze
step clang-tidy clang-tidy tidy
exit $failed
