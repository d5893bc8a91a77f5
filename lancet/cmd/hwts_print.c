/* hwts_print.c - `lancet hwts`: what was found, for people and as JSON */
#include "lancet/cmd/hwts.h"

#include <errno.h>
#include <string.h>

#include <jansson.h>

const char *const hwts_source_name[HWTS_SOURCES] = {
	[HWTS_HARDWARE] = "hardware",
	[HWTS_KERNEL] = "kernel",
	[HWTS_USER] = "user",
	[HWTS_PCAP] = "pcap",
};

/* Messages are "what; remedy": where a source fails, the last part. */
static const char *remedy_of(const struct hwts_finding *f, int *what_len)
{
	const char *at = NULL;

	for (const char *p = f->what; !f->works && (p = strstr(p, "; ")); p++)
		at = p;
	*what_len = (int)(at ? (size_t)(at - f->what) : strlen(f->what));
	return at ? at + 2 : NULL;
}

static const char *best(const struct hwts_interface *i)
{
	int k = HWTS_HARDWARE;

	while (k < HWTS_USER && !i->source[k].works)
		k++;
	return hwts_source_name[k];
}

static void print_clock(const struct hwts_clock *c, FILE *out)
{
	if (c->device < 0)
		return;
	fprintf(out, "  clock     /dev/ptp%d, ", c->device);
	if (!c->method) {
		fprintf(out, "which cannot be read\n"
			"            remedy: run lancet as root\n");
		return;
	}
	fprintf(out, "by %s", c->method);
	if (c->moves)
		fprintf(out, ", in %.0f ns; steps of %.0f ns, drift %.3f ppm, "
			"known to %.0f ns", c->read_ns, c->resolution_ns,
			c->drift_ppm, c->bound_ns);
	fprintf(out, "\n  ptp       %-3s  %.*s\n", c->disciplined ? "yes" : "no",
		(int)strcspn(c->ptp, ";"), c->ptp);
	if (!c->disciplined)
		fprintf(out, "                 remedy: %s\n",
			c->ptp + strcspn(c->ptp, ";") + 2);
}

void hwts_print(const struct hwts_interface *i, FILE *out)
{
	fprintf(out, "%s: timestamps: auto takes %s\n", i->name, best(i));
	for (int k = 0; k < HWTS_SOURCES; k++) {
		const struct hwts_finding *f = &i->source[k];
		int len;
		const char *remedy = remedy_of(f, &len);

		fprintf(out, "  %-8s  %-3s  %.*s\n", hwts_source_name[k],
			f->works ? "yes" : "no", len, f->what);
		if (remedy)
			fprintf(out, "                 remedy: %s\n", remedy);
	}
	print_clock(&i->clock, out);
}

/* --- JSON ----------------------------------------------------------------- */

static json_t *json_finding(const struct hwts_finding *f)
{
	int len;
	const char *remedy = remedy_of(f, &len);

	return json_pack("{s:b, s:s%, s:s?}", "works", f->works, "what",
			 f->what, (size_t)len, "remedy", remedy);
}

static json_t *json_clock(const struct hwts_clock *c)
{
	if (c->device < 0)
		return json_null();
	return json_pack("{s:i, s:s?, s:b, s:b, s:s, s:f, s:f, s:f, s:f}", "device",
			 c->device, "method", c->method, "moves", c->moves,
			 "disciplined", c->disciplined, "ptp", c->ptp,
			 "resolution_ns", c->resolution_ns, "read_ns",
			 c->read_ns, "drift_ppm", c->drift_ppm, "bound_ns",
			 c->bound_ns);
}

static json_t *json_interface(const struct hwts_interface *i)
{
	json_t *to = json_pack("{s:s, s:s, s:o}", "interface", i->name, "auto",
			       best(i), "clock", json_clock(&i->clock));

	for (int k = 0; to && k < HWTS_SOURCES; k++)
		json_object_set_new(to, hwts_source_name[k],
				    json_finding(&i->source[k]));
	return to;
}

int hwts_print_json(const struct hwts_interface *interface, size_t n,
		    FILE *out)
{
	json_t *array = json_array();
	int rc;

	for (size_t i = 0; i < n; i++)
		json_array_append_new(array, json_interface(&interface[i]));
	rc = json_dumpf(array, out, JSON_INDENT(2) | JSON_REAL_PRECISION(9));
	fputc('\n', out);
	json_decref(array);
	return rc ? -EIO : 0;
}
