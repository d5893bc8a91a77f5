/* overhead_words.c - what an overhead fit says, in a sentence */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lancet/core/text.h"
#include "lancet/core/unit.h"
#include "models/overhead.h"

#define SURE 1.959964 /* two-sided 95% of the normal law */

/* No fit knows more than tenths of a nanosecond. */
static char *duration(double ns, char *text, size_t size)
{
	return unit_print_duration(rint(10 * ns) / 10 + 0., text, size);
}

/* 9.6us (9.2us to 10us) */
static const char *figure(const struct predict_value *v, char *text,
			  size_t size)
{
	char value[40], lo[40], hi[40];

	snprintf(text, size, "%s (%s to %s)",
		 duration(v->value, value, sizeof(value)),
		 duration(v->lo, lo, sizeof(lo)),
		 duration(v->hi, hi, sizeof(hi)));
	return text;
}

static bool holds_none(const struct predict_value *v)
{
	return v->lo <= 0 && v->hi >= 0;
}

static void add_lead(const struct overhead *o, char *text, size_t size)
{
	const struct overhead_fit *f = &o->of[o->best];
	char a[160], b[160];

	figure(&f->communication, a, sizeof(a));
	figure(&o->work, b, sizeof(b));
	if (holds_none(&f->communication) && holds_none(&o->work))
		text_add(text, size,
		    "neither shows: communication costs %s per request, the "
		    "system adds %s of work",
		    a, b);
	else if (!(fabs(f->lead) > SURE * f->lead_error))
		text_add(text, size,
		    "cannot tell which dominates: communication costs %s "
		    "per request, the system adds %s of work",
		    a, b);
	else if (f->lead > 0)
		text_add(text, size,
		    "communication dominates: it costs %s per request, while "
		    "the system adds %s of work",
		    a, b);
	else
		text_add(text, size,
		    "the system dominates: it adds %s of work to each "
		    "request, while communication costs %s",
		    b, a);
}

static void add_effect(const struct overhead *o, char *text, size_t size)
{
	const struct overhead_fit *f = &o->of[o->best];
	char q[40], effect[40];

	if (o->best == OVERHEAD_SCALED)
		text_add(text, size,
		    "; that work is %.3g%% of each service, not a "
		    "constant",
		    100 * f->work.value);
	if (o->work.lo > 0)
		text_add(text, size, "; at %.3g%% load it makes the %s %s later",
		    100 * f->top_load,
		    unit_print_quantile(f->top_q, q, sizeof(q)),
		    unit_print_duration(f->top_effect, effect, sizeof(effect)));
}

char *overhead_sentence(const struct overhead *o, char *text, size_t size)
{
	const struct overhead_fit *f = &o->of[o->best];

	text[0] = '\0';
	if (!o->fits)
		text_add(text, size,
		    "communication and added work do not explain the "
		    "measurement (p = %.1g): %s; if they did, ",
		    f->p_value,
		    f->communication.hi < 0 || o->work.hi < 0
			    ? "one of them would be negative, so the modelled "
			      "workers or services are not the target's"
			    : "the target is another queue, or something else "
			      "is the bottleneck");
	add_lead(o, text, size);
	add_effect(o, text, size);
	return text;
}
