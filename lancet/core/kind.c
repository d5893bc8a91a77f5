/* kind.c - what everything that has kinds shares: finding one by its name */
#include "lancet/core/kind.h"

#include <stdbool.h>
#include <string.h>

const char *const kind_class_name[KIND_CLASSES] = {
	[KIND_ARRIVAL] = "arrival",
	[KIND_BACKEND] = "backend",
	[KIND_CHECK] = "check",
	[KIND_DIST] = "law",
	[KIND_FORMULA] = "formula",
	[KIND_LAUNCH] = "launcher",
	[KIND_POLICY] = "policy",
	[KIND_PROTO] = "protocol",
	[KIND_TRANSPORT] = "transport",
	[KIND_TSOURCE] = "timestamp source",
	[KIND_WRITER] = "report",
};

const char *const kind_class_plural[KIND_CLASSES] = {
	[KIND_ARRIVAL] = "arrivals",
	[KIND_BACKEND] = "backends",
	[KIND_CHECK] = "checks",
	[KIND_DIST] = "laws",
	[KIND_FORMULA] = "formulas",
	[KIND_LAUNCH] = "launchers",
	[KIND_POLICY] = "policies",
	[KIND_PROTO] = "protocols",
	[KIND_TRANSPORT] = "transports",
	[KIND_TSOURCE] = "timestamp sources",
	[KIND_WRITER] = "reports",
};

/* Is `name` one of the words of a blank-separated list? */
static bool among(const char *words, const char *name)
{
	size_t len = strlen(name);

	for (const char *w = words; w && *w; w += strspn(w, " ")) {
		size_t n = strcspn(w, " ");

		if (n == len && !memcmp(w, name, n))
			return true;
		w += n;
	}
	return false;
}

const struct kind *kind_find(enum kind_class class, const char *name)
{
	const struct kind *const *table = kind_table(class);

	for (size_t i = 0; table[i]; i++)
		if (!strcmp(table[i]->name, name) ||
		    among(table[i]->alias, name))
			return table[i];
	return NULL;
}

const struct kind *kind_numbered(enum kind_class class, const char *name,
				 const char **number)
{
	const struct kind *const *table = kind_table(class);
	size_t len = strcspn(name, "0123456789");
	char alias[16];

	if (!len || len + 2 > sizeof(alias) || !name[len] ||
	    name[len + strspn(name + len, "0123456789")])
		return NULL;
	memcpy(alias, name, len);
	memcpy(alias + len, "#", 2);
	for (size_t i = 0; table[i]; i++)
		if (among(table[i]->alias, alias)) {
			*number = name + len;
			return table[i];
		}
	return NULL;
}
