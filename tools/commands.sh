#!/bin/sh
# commands.sh - write the table of commands from the files that export one
#
# usage: commands.sh FILE.c...   (lancet/cmd/NAME.c); C on stdout
set -eu

names=$(for file in "$@"; do
	if grep -q '^const struct command command_' "$file"; then
		basename "$file" .c
	fi
done | LC_ALL=C sort)

echo '/* commands.c - made by tools/commands.sh: what the program can do */'
echo '#include <stddef.h>'
echo
echo '#include "lancet/cmd/cmd.h"'
echo
for name in $names; do
	echo "extern const struct command command_$name;"
done
echo
echo 'const struct command *const command_table[] = {'
for name in $names; do
	echo "	&command_$name,"
done
printf '\tNULL\n};\n'
