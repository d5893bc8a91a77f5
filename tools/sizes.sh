#!/bin/sh
# sizes.sh - is the code in small pieces? Lengths of functions and files
#
# Prints the figures, and what is too long; status 1 when there is any. The
# bounds are those of CONTRIBUTING.md; a long plug-in is named, no more.
set -eu
cd "$(dirname "$0")/.."

files=$(find lancet workloads hwts agents models coordinator targets reports \
	-name '*.[ch]' 2>/dev/null || true)
sources=$(printf '%s\n' "$files" | grep '\.c$')

# shellcheck disable=SC2086  # names without blanks
ctags -x --c-kinds=f --fields=+e --_xformat='%{end} %n %N %F' $sources |
	awk '{ print $1 - $2 + 1, $3, $4 }' | sort -n |
	awk '
	{ length_of[NR] = $1; if ($1 > 100) { print "too long: " $0; bad = 1 } }
	function share(p) { i = int(NR * p) + 1; return length_of[i > NR ? NR : i] }
	END {
		if (!NR)
			exit 0
		printf "%d functions: median %d lines, 95%% %d, longest %d\n",
			NR, share(.5), share(.95), length_of[NR]
		if (share(.5) > 15) { print "the median is above 15"; bad = 1 }
		if (share(.95) > 60) { print "5% are above 60"; bad = 1 }
		exit bad
	}' || failed=1

# shellcheck disable=SC2086
wc -l $files | grep -v ' total$' | sort -n | awk '
	{ last = $1 " " $2; n++ }
	$1 > 600 { print "too long: " $0; bad = 1 }
	$2 ~ /\/(proto|arrival|dist|transport|tsource|check|policy|launch|writer|backend)\/[^\/]*\.c$/ &&
		$1 > 250 { print "long for a plug-in: " $0 }
	END { print n " files, the longest " last; exit bad }' || failed=1
exit "${failed:-0}"
