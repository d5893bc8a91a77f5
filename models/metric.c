/* metric.c - figures of a queue by name: p99_sojourn, p_wait, mean_wait(get) */
#include "models/metric.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lancet/core/err.h"
#include "lancet/core/nearest.h"
#include "lancet/core/unit.h"

static const char *const of_name[METRICS] = {
	[METRIC_SOJOURN] = "sojourn",
	[METRIC_WAIT] = "wait",
	[METRIC_SLOWDOWN] = "slowdown",
	[METRIC_IN_SYSTEM] = "in_system",
};

/* What a slip of the pen is compared with. */
static const char *const some[] = {
	"mean",
	"mean_sojourn",
	"mean_wait",
	"mean_slowdown",
	"mean_in_system",
	"p50",
	"p99",
	"p50_sojourn",
	"p90_sojourn",
	"p99_sojourn",
	"p99.9_sojourn",
	"p50_wait",
	"p90_wait",
	"p99_wait",
	"p99.9_wait",
	"p50_slowdown",
	"p90_slowdown",
	"p99_slowdown",
	"p99.9_slowdown",
	"p99_in_system",
	"var_sojourn",
	"var_wait",
	"var_slowdown",
	"p_wait",
	"loss_prob",
};

static int unknown(const char *text, struct err *err)
{
	struct nearest near;

	nearest_start(&near, text);
	for (size_t i = 0; i < sizeof(some) / sizeof(some[0]); i++)
		nearest_try(&near, some[i]);
	return err_set(err, -EINVAL, "'%.60s' is not a metric of a queue; "
				     "%s%s%s",
		       text, near.best ? "did you mean " : "",
		       near.best ? near.best
				 : "write mean, p99, mean_wait, p99_slowdown, "
				   "p_wait, mean_in_system or loss_prob",
		       near.best ? "?" : "");
}

static int parse_figure(const char *text, struct predict_ask *ask)
{
	if (!strcmp(text, "mean"))
		ask->figure = FIGURE_MEAN;
	else if (!strcmp(text, "var"))
		ask->figure = FIGURE_VARIANCE;
	else if (!unit_quantile(text, &ask->q))
		ask->figure = FIGURE_QUANTILE;
	else
		return -EINVAL;
	return 0;
}

static int parse_of(const char *text, struct predict_ask *ask)
{
	for (int i = 0; i < METRICS; i++)
		if (!strcmp(text, of_name[i])) {
			ask->of = (enum predict_metric)i;
			return 0;
		}
	return -EINVAL;
}

/* What stands before class, stage and service: mean_wait, wait:p99, p99. */
static int parse_head(char *text, struct predict_ask *ask)
{
	char *of = strpbrk(text, ":_");
	bool swapped = of && *of == ':';

	if (!strcmp(text, "p_wait")) {
		ask->figure = FIGURE_P_WAIT;
		ask->of = METRIC_WAIT;
		return 0;
	}
	if (!strcmp(text, "loss_prob")) {
		ask->figure = FIGURE_LOSS;
		return 0;
	}
	if (!of)
		return parse_figure(text, ask);
	*of++ = 0;
	return parse_figure(swapped ? of : text, ask) ||
			       parse_of(swapped ? text : of, ask)
		       ? -EINVAL
		       : 0;
}

static int class_named(const char *name, size_t len, const struct workload *w,
		       struct predict_ask *ask, struct err *err)
{
	struct nearest near;
	char text[64];

	snprintf(text, sizeof(text), "%.*s", (int)len, name);
	if (w->nclasses == 1 && strcmp(text, w->class[0].name) != 0)
		return err_set(err, -EINVAL,
			       "there is no class '%s': all requests are of "
			       "one class",
			       text);
	nearest_start(&near, text);
	for (size_t i = 0; i < w->nclasses; i++) {
		if (!strcmp(text, w->class[i].name)) {
			ask->class = (uint32_t)i + 1;
			return 0;
		}
		nearest_try(&near, w->class[i].name);
	}
	return err_set(err, -EINVAL, "there is no class '%s'; %s%s%s", text,
		       near.best ? "did you mean " : "the first is ",
		       near.best ? near.best : w->class[0].name,
		       near.best ? "?" : "");
}

/* Digits from 1 to most; moves behind them. 0: there are none. */
static uint32_t number(const char **at, size_t most)
{
	char *end;
	unsigned long n;

	if (**at < '1' || **at > '9')
		return 0;
	n = strtoul(*at, &end, 10);
	*at = end;
	return n <= most ? (uint32_t)n : 0;
}

/* `0.5`, or a duration; the rest of the text. */
static const char *service(const char *text, struct predict_ask *ask)
{
	if (unit_number(text, &ask->given) && unit_time(text, &ask->given))
		return NULL;
	return ask->given > 0 ? text + strlen(text) : NULL;
}

/* One of (NAME), _classN, _stageN, _given_x=V; NULL when it is none. */
static const char *parse_part(const char *at, const struct workload *w,
			      struct predict_ask *ask, struct err *err)
{
	const char *end = strchr(at, ')');

	if (*at == '(' && end)
		return class_named(at + 1, (size_t)(end - at) - 1, w, ask, err)
			       ? NULL
			       : end + 1;
	if (!strncmp(at, "_class", 6)) {
		at += 6;
		ask->class = number(&at, w->nclasses);
		return ask->class ? at : NULL;
	}
	if (!strncmp(at, "_stage", 6)) {
		at += 6;
		ask->stage = number(&at, POLICY_STAGES);
		return ask->stage ? at : NULL;
	}
	if (!strncmp(at, "_given_x=", 9))
		return service(at + 9, ask);
	return NULL;
}

/* Where the figure ends, and class, stage or service begin. */
static size_t head_length(const char *text)
{
	static const char *const parts[] = { "(", "_class", "_stage",
					     "_given_x=" };
	size_t least = strlen(text);

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		const char *at = strstr(text, parts[i]);

		if (at && (size_t)(at - text) < least)
			least = (size_t)(at - text);
	}
	return least;
}

int metric_parse(const char *text, const struct workload *workload,
		 struct predict_ask *ask, struct err *err)
{
	size_t len = head_length(text);
	char head[32];

	*ask = (struct predict_ask){ 0 };
	*err = (struct err){ 0 };
	if (len >= sizeof(head))
		return unknown(text, err);
	memcpy(head, text, len);
	head[len] = 0;
	if (parse_head(head, ask))
		return unknown(text, err);
	for (const char *at = text + len; *at;) {
		at = parse_part(at, workload, ask, err);
		if (at)
			continue;
		if (*err->text)
			return err->code;
		return err_set(err, -EINVAL,
			       "'%.60s': a metric may be followed by (CLASS), "
			       "_class1, _stage2 or _given_x=VALUE, of "
			       "existing ones",
			       text);
	}
	return 0;
}
