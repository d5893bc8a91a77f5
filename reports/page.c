/* page.c - results as one self-contained page */
#include "reports/page.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "lancet/core/err.h"
#include "lancet/core/frame.h"
#include "lancet/core/hist.h"
#include "lancet/core/kind.h"
#include "reports/words.h"

extern const char asset_page_html[], asset_page_css[], asset_page_js[];
extern const char asset_chart_js[], asset_uplot_js[], asset_uplot_css[];

/* Steps of the percentile curve: twenty a decade, as far as six nines. */
#define STEPS_A_DECADE 20
#define STEPS (6 * STEPS_A_DECADE)
/* A percentile with fewer requests beyond it is not drawn. */
#define BEYOND 10

static double step_rest(int step)
{
	return pow(10, -(step + .01) / STEPS_A_DECADE);
}

static bool step_known(const struct hist *hist, int step)
{
	return hist && step_rest(step) * (double)hist->total >= BEYOND;
}

static json_t *number(double value)
{
	return isfinite(value) ? json_real(value) : json_null();
}

static json_t *percentiles(const struct result_point *point, int steps)
{
	json_t *list = json_array();

	for (int i = 0; i < steps; i++)
		json_array_append_new(
			list,
			step_known(point->response_hist, i)
				? number(hist_quantile(point->response_hist,
						       1 - step_rest(i)))
				: json_null());
	return list;
}

/* How many steps some point of the results reaches. */
static int steps_known(const struct result *const *results, size_t n)
{
	int steps = 0;

	for (size_t r = 0; r < n; r++)
		for (size_t i = 0; i < results[r]->npoints; i++)
			while (steps < STEPS &&
			       step_known(results[r]->points[i].response_hist,
					  steps))
				steps++;
	return steps;
}

static json_t *shares(int steps)
{
	json_t *list = json_array();

	for (int i = 0; i < steps; i++)
		json_array_append_new(list, json_real(1 - step_rest(i)));
	return list;
}

/* What each check is good for, in its own words. */
static json_t *check_helps(void)
{
	json_t *helps = json_object();

	for (const struct kind *const *k = kind_table(KIND_CHECK); *k; k++)
		json_object_set_new(helps, (*k)->name,
				    json_string((*k)->help ? (*k)->help : ""));
	return helps;
}

/* The verdict's sentence without its first word, which stands before it. */
static const char *sentence(const struct result *result, char *text,
			    size_t size)
{
	const char *colon = strchr(words_verdict(result, text, size), ':');

	return colon ? colon + 2 : text;
}

/* result.json, and what the page needs beyond it. */
static json_t *result_data(const struct result *result, int steps)
{
	json_t *json = result_to_json(result);
	json_t *points = json_object_get(json, "points");
	char text[2048];

	json_object_set_new(json, "sentence",
			    json_string(sentence(result, text, sizeof(text))));
	json_object_set_new(json, "slo_sentence",
			    json_string(words_slo(result, text, sizeof(text))));
	json_object_set_new(
		json, "overhead_sentence",
		json_string(words_overhead(result, text, sizeof(text))));
	json_object_set_new(
		json, "config_yaml",
		json_string(result->config_yaml ? result->config_yaml : ""));
	for (size_t i = 0; i < result->npoints; i++)
		json_object_set_new(json_array_get(points, i), "percentiles",
				    percentiles(&result->points[i], steps));
	return json;
}

static json_t *page_data(const struct result *const *results, size_t n)
{
	int steps = steps_known(results, n);
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, result_data(results[i], steps));
	return json_pack("{s:o,s:o,s:o}", "results", list, "shares",
			 shares(steps), "checks", check_helps());
}

/* --- the template -------------------------------------------------------- */

enum escape { AS_IT_IS, AS_MARKUP, AS_JSON };

struct slot {
	const char *name;
	const char *text;
	enum escape escape;
};

/* No text of a result may end the element or attribute that it stands in. */
static void put(const char *text, enum escape escape, FILE *out)
{
	static const char special[] = "<>&\"'";

	for (; *text; text++) {
		if (escape == AS_IT_IS || !strchr(special, *text))
			fputc(*text, out);
		else if (escape == AS_MARKUP)
			fprintf(out, "&#%d;", *text);
		else if (*text == '<')
			fputs("\\u003c", out);
		else
			fputc(*text, out);
	}
}

static const struct slot *slot_named(const struct slot *slots, const char *name,
				     size_t len)
{
	while (slots->name && (strlen(slots->name) != len ||
			       memcmp(slots->name, name, len) != 0))
		slots++;
	return slots;
}

/* `@{name}` in the template gives way to the slot's text. */
static void fill(const char *template, const struct slot *slots, FILE *out)
{
	const char *at;

	while ((at = strstr(template, "@{"))) {
		size_t len = strcspn(at + 2, "}");
		const struct slot *slot = slot_named(slots, at + 2, len);

		fwrite(template, 1, (size_t)(at - template), out);
		if (slot->name)
			put(slot->text, slot->escape, out);
		template = at + 2 + len + 1;
	}
	fputs(template, out);
}

/* Nobody who wrote a result could know it. */
static int make_nonce(char *nonce, size_t size)
{
	unsigned char bits[16];

	if (getrandom(bits, sizeof(bits), 0) != (ssize_t)sizeof(bits))
		return -EIO;
	for (size_t i = 0; i < sizeof(bits); i++)
		snprintf(nonce + 2 * i, size - 2 * i, "%02x", bits[i]);
	return 0;
}

static const char *page_status(const struct result *const *results, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!words_valid(&results[i]->verdict))
			return "invalid";
	return "valid";
}

/* Several results have each its own banner below the common one. */
static const char *page_sentence(const struct result *const *results, size_t n,
				 char *text, size_t size)
{
	if (n == 1)
		return sentence(results[0], text, size);
	snprintf(text, size, "%zu results, side by side", n);
	return text;
}

int page_write(const struct result *const *results, size_t n, FILE *out,
	       struct err *err)
{
	char nonce[40], line[2048];
	json_t *data = page_data(results, n);
	char *text = json_dumps(data, JSON_COMPACT | JSON_REAL_PRECISION(9));
	const char *name =
		n == 1 && results[0]->name ? results[0]->name : "lancet";
	const struct slot slots[] = {
		{ "nonce", nonce, AS_IT_IS },
		{ "version", lancet_version, AS_MARKUP },
		{ "title", name, AS_MARKUP },
		{ "status", page_status(results, n), AS_IT_IS },
		{ "sentence", page_sentence(results, n, line, sizeof(line)),
		  AS_MARKUP },
		{ "uplot_css", asset_uplot_css, AS_IT_IS },
		{ "uplot_js", asset_uplot_js, AS_IT_IS },
		{ "page_css", asset_page_css, AS_IT_IS },
		{ "page_js", asset_page_js, AS_IT_IS },
		{ "chart_js", asset_chart_js, AS_IT_IS },
		{ "data", text, AS_JSON },
		{ 0 },
	};
	int rc = make_nonce(nonce, sizeof(nonce));

	errno = 0;
	if (text && !rc)
		fill(asset_page_html, slots, out);
	if (!text)
		rc = -ENOMEM;
	else if (!rc && ferror(out))
		rc = errno ? -errno : -EIO;
	json_decref(data);
	free(text);
	return rc ? err_set(err, rc, "the page: %s", strerror(-rc)) : 0;
}
