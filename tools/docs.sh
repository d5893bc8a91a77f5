#!/bin/sh
# docs.sh - renew what pages quote of the program; or see whether it is true
#
# usage: docs.sh LANCET [--check]
#
# A quotation is a fenced block after a line `<!-- lancet ARGUMENTS -->` (in
# a man page `; lancet ARGUMENTS`), and holds what that command prints; after
# `$ lancet ARGUMENTS` also what was typed. A model is given the time that it
# takes: a busy machine says the same, later.
set -eu
cd "$(dirname "$0")/.."
lancet=$1
check=${2-}
new=$(mktemp)
trap 'rm -f "$new"' EXIT
stale=0

for page in docs/*.md lancet/man/*.scd; do
	awk -v lancet="$lancet" '
	quoted && /^```/ { fences++; if (fences == 2) quoted = 0; next }
	quoted && fences { next }
	quoted { quoted = 0 }
	{ print }
	/^(<!--|;) (\$ )?lancet [a-z]/ {
		command = $0
		sub(/ -->$/, "", command)
		sub(/^(<!--|;) /, "", command)
		print "```"
		if (command ~ /^\$/)
			print command
		sub(/^(\$ )?lancet /, "", command)
		sub(/^model /, "&--time 240s ", command)
		command = lancet " " command " 2>&1"
		while ((command | getline line) > 0)
			print line
		close(command)
		print "```"
		quoted = 1
		fences = 0
	}' "$page" >"$new"
	cmp -s "$new" "$page" && continue
	if [ "$check" ]; then
		echo "$page does not quote what the program says; make docs"
		diff "$page" "$new" | head -n 10
		stale=1
	else
		cat "$new" >"$page"
		echo "renewed $page"
	fi
done
exit $stale
