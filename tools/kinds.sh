#!/bin/sh
# kinds.sh - write the tables of all kinds from the files in their folders
#
# usage: kinds.sh FILE.c...   (backends, as CLASS-FOLDER/NAME.c); C on stdout
set -eu

header() {
	case $1 in
	arrival) echo workloads/arrival.h ;;
	backend) echo targets/backend.h ;;
	check) echo coordinator/check.h ;;
	dist) echo workloads/dist.h ;;
	formula) echo models/formula.h ;;
	launch) echo coordinator/launch.h ;;
	policy) echo models/policy.h ;;
	proto) echo workloads/proto.h ;;
	transport) echo agents/transport.h ;;
	tsource) echo hwts/tsource.h ;;
	writer) echo reports/writer.h ;;
	esac
}

echo '/* kinds.c - made by tools/kinds.sh: which backends this build has */'
echo '#include "lancet/core/kind.h"'
echo
classes="arrival backend check dist formula launch policy proto transport tsource writer"
for class in $classes; do
	names=$(printf '%s\n' "$@" | sed -n "s|.*/$class/\([a-z0-9_]*\)\.c\$|\1|p" | LC_ALL=C sort)
	[ -n "$names" ] && echo "#include \"$(header "$class")\""
	for name in $names; do
		echo "extern const struct ${class}_ops ${class}_$name;"
	done
	echo "static const struct kind *const table_${class}[] = {"
	for name in $names; do
		echo "	&${class}_$name.kind,"
	done
	printf '\tNULL\n};\n\n'
done
echo 'static const struct kind *const *const tables[KIND_CLASSES] = {'
for class in $classes; do
	echo "	[KIND_$(echo "$class" | tr '[:lower:]' '[:upper:]')] = table_$class,"
done
cat <<END
};

const struct kind *const *kind_table(enum kind_class class)
{
	return tables[class];
}
END
