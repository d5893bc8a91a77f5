#!/bin/sh
# coverage.sh - which share of the lines did BUILD=cov ./check run?
#
# A line a file, the least covered first, and the sum. gcov comes with gcc.
set -eu
cd "$(dirname "$0")/.."
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

[ -d build/cov ] || { echo "coverage: first BUILD=cov ./check" >&2; exit 1; }
find "$PWD/build/cov" -name '*.gcda' ! -path '*/tests/*' >"$out/list"
(cd "$out" && xargs gcov -n <list 2>/dev/null) | awk -v root="$PWD/" '
	/^File / {
		file = substr($0, 7, length($0) - 7)
		sub(root, "", file)
	}
	/^Lines executed:/ {
		split($0, part, /[:% ]+/)
		if (file !~ /^(\/|build)/ && file ~ /\.c$/ && !(file in seen)) {
			seen[file] = 1
			printf "%6.1f%% of %4d  %s\n", part[3], part[5], file
		}
	}' | sort -n >"$out/table"
cat "$out/table"
awk '{ lines += $3; run += $1 * $3 / 100 }
	END { printf "%6.1f%% of %d lines\n", lines ? 100 * run / lines : 0, lines }
' "$out/table"
