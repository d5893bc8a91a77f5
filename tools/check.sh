#!/bin/sh
# check.sh - run the tests, and count
#
# usage: check.sh [--long] [PART-OF-A-NAME...]   all tests without a name
#
# What a test is says tools/try.sh; what each printed is kept in build/check/.
# Those that measure run one after the other; of the others there is one more
# than there are processors, as many of them wait. The last line is `N passed,
# N failed, N skipped`.
set -u
cd "$(dirname "$0")/.." || exit
export BUILD="${BUILD:-plain}"
export ASAN_OPTIONS="${ASAN_OPTIONS:-detect_leaks=1}"
export UBSAN_OPTIONS="${UBSAN_OPTIONS:-print_stacktrace=1}"
export TSAN_OPTIONS="${TSAN_OPTIONS:-halt_on_error=1}"
unset MAKEFLAGS MFLAGS MAKELEVEL LANCET_LONG

if [ "${1-}" = --long ]; then
	export LANCET_LONG=1
	shift
fi
names=$*
# A short run of a fuzzer tries the same as the one before: what it has not
# found yet is for the long one, not for whoever comes next. 0: another each time.
if [ "${LANCET_LONG-}" ]; then
	seconds=60 seed=0
else
	seconds=1 seed=1
fi

case $BUILD in
plain) objects=build/obj bin=build/bin ;;
*) objects=build/$BUILD bin=build/$BUILD/bin ;;
esac
export LANCET="$PWD/$bin/lancet"
export LOGS="build/check/$BUILD"
rm -rf "$LOGS"
mkdir -p "$LOGS"
: >"$LOGS/outcomes"

wanted() {
	[ -n "$names" ] || return 0
	for part in $names; do
		case $1 in *"$part"*) return 0 ;; esac
	done
	return 1
}

exec 3>&1
skip() {
	wanted "$1" || return
	printf 'skip            %s: %s\n' "$1" "$2" >&3
	echo skipped >>"$LOGS/outcomes"
}

# usage: try NAME LIMIT-IN-SECONDS COMMAND...
try() {
	if wanted "$1"; then tools/try.sh "$@"; fi
}

# usage: together <LINES   each line is what `try` takes
together() {
	while read -r name rest; do
		if wanted "$name"; then echo "$name $rest"; fi
	done | xargs -r -P $(($(nproc) + 1)) -L 1 tools/try.sh
}

# A limit ends what hangs: several times what a slow machine takes.
# The predictions that there are golden values of, how often intervals of
# simulated points hold (of 100 that hold 93 times in 100 fewer than it wants
# do with probability 1e-6), and, long, what docs/validity.md says. These are
# of the plain build, which has the speed for it; the longest come first.
computed() {
	if [ "$BUILD" != plain ]; then
		skip golden/models "plain build only"
		skip coverage/intervals "plain build only"
	elif [ "${LANCET_LONG-}" ]; then
		echo validity 6000 tools/validity.sh
		echo coverage/intervals 6000 "$bin/coverage"
		echo golden/models 6000 "$bin/golden-models" tests/golden/models
		echo coverage/paired 600 "$bin/coverage" --paired 2e5 --seeds 100
	else
		echo golden/models 600 "$bin/golden-models" --quick \
			tests/golden/models
		echo coverage/intervals 600 "$bin/coverage" --quick
	fi
}

units() {
	if [ ! -e "$objects/tests/unit" ]; then
		skip unit "cmocka is not there: apt-get install libcmocka-dev"
		return
	fi
	for source in tests/unit/*_test.c; do
		name=$(basename "$source" .c)
		echo "unit/$name 400 $objects/tests/unit/$name"
	done
}

has_fuzzer() {
	echo 'int LLVMFuzzerTestOneInput(const char *d, long n);
	int LLVMFuzzerTestOneInput(const char *d, long n) { return !d && n; }' |
		clang -fsanitize=fuzzer,address -x c -o "$LOGS/probe" - 2>/dev/null
}

# First the corpus, as this build is; then a fuzzer's own ideas. That build is
# clang's, so it also says what clang warns of.
try_fuzzers() {
	sources=$(ls tests/fuzz/*_fuzz.c 2>/dev/null)
	for source in $sources; do
		name=$(basename "$source" .c)
		echo "corpus/$name" 600 "$objects/tests/fuzz/$name" \
			"tests/fuzz/corpus/${name%_fuzz}"/*
	done | together
	[ "$BUILD" = plain ] || return
	if ! has_fuzzer; then
		for source in $sources; do
			skip "fuzz/$(basename "$source" .c)" "no libFuzzer here"
		done
		return
	fi
	[ -z "$sources" ] ||
		try fuzz/build 600 make -j"$(nproc)" BUILD=fuzz WERROR=1 all fuzzers
	for source in $sources; do
		name=$(basename "$source" .c)
		mkdir -p "$LOGS/found/$name"
		echo "fuzz/$name" $((seconds + 300)) \
			"build/fuzz/tests/fuzz/$name" -max_total_time="$seconds" \
			-seed="$seed" \
			-artifact_prefix="$LOGS/found/$name-" -timeout=30 \
			"$LOGS/found/$name" "tests/fuzz/corpus/${name%_fuzz}"
	done | together
}

# Those that say so of themselves judge neither time nor accuracy.
aside='^# Others may run beside it'

sims() {
	grep -l "$aside" tests/sim/[0-9]* | while read -r script; do
		echo "${script#tests/} 400 $script"
	done
}

try_sims() {
	for script in $(grep -L "$aside" tests/sim/[0-9]* tests/hw/[0-9]*); do
		try "${script#tests/}" 400 "$script"
	done
}

{ computed; sims; units; } | together
try_fuzzers
try_sims

count() {
	grep -c "^$1\$" "$LOGS/outcomes"
}
echo "$(count passed) passed, $(count failed) failed, $(count skipped) skipped"
[ "$(count failed)" -eq 0 ] && [ -s "$LOGS/outcomes" ]
