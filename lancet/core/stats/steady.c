/* steady.c - does a series keep its level, whatever its natural correlation? */
#include "lancet/core/stats/steady.h"

#include <complex.h>
#include <errno.h>
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "lancet/core/err.h"
#include "lancet/core/stats/quadratic.h"
#include "lancet/core/stats/vector.h"

#define MOST 128
#define CORRELATION_MOST .7	/* beyond it an AR(1) is no good guess */
#define CORRELATION_WISH .5	/* longer blocks where there may be */
#define PLACES 16		/* of a shift: at 1/16 .. 15/16 */
#define WAVE_STEP .25		/* half periods: loses 5% of a wave at most */
#define CLEAR 1e-3
#define FREEDOM 4.		/* of the law that bears outliers */
#define NORMAL_SCALE .6906	/* what its scale is for a normal law's 1 */
#define OUTLIER 3.5		/* standard deviations */

const char *const steady_name[STEADY_KINDS] = {
	[STEADY_TREND] = "trend",
	[STEADY_SHIFT] = "shift",
	[STEADY_WAVE] = "wave",
	[STEADY_WANDER] = "wander",
};

struct wave {
	double halves;		/* half periods over the whole */
	double c, s;		/* of cosine and sine */
	double energy;		/* as two coefficients squared */
};

/* The series in blocks, and in frequency. */
struct spectrum {
	size_t m;
	size_t from, to;	/* the band, both ends in it */
	double x[MOST], c[MOST];
	double turn[4 * MOST];
	double phi;
	double white;		/* mean of c^2 over its shape, in the band */
	double freedom;
	double longrun;		/* variance of c_j as j goes to 0 */
	double natural;		/* the same with every wave and jump in it */
	struct wave wave;	/* the greatest */
};

/* --- blocks --------------------------------------------------------------- */

/* A block without weight has the value before it. -ERANGE: a quarter have. */
static int blocks_fill(struct spectrum *s, const double *x,
		       const double *weight, size_t n)
{
	size_t empty = 0;
	double last = (double)NAN;

	for (size_t b = 0; b < s->m; b++) {
		double sum = 0, all = 0;

		for (size_t i = b * n / s->m; i < (b + 1) * n / s->m; i++) {
			sum += x[i];
			all += weight[i];
		}
		empty += !(all > 0);
		last = s->x[b] = all > 0 ? sum / all : last;
	}
	for (size_t b = s->m - 1; b-- > 0;)
		if (isnan(s->x[b]))
			s->x[b] = s->x[b + 1];
	return empty > s->m / 4 ? -ERANGE : 0;
}

/* All angles that occur are multiples of half of pi / m. */
static void turns_fill(struct spectrum *s)
{
	for (size_t i = 0; i < 4 * s->m; i++)
		s->turn[i] = cos(M_PI * (double)i / (2 * (double)s->m));
}

/* Of so many half periods over the whole, in block i's middle. */
static double cosine(const struct spectrum *s, size_t halves, size_t i)
{
	return s->turn[halves * (2 * i + 1) % (4 * s->m)];
}

/* Cosine transform: white noise of variance v has c_j of variance v. */
static void transform(struct spectrum *s)
{
	for (size_t j = 0; j < s->m; j++) {
		double sum = 0;

		for (size_t i = 0; i < s->m; i++)
			sum += s->x[i] * cosine(s, j, i);
		s->c[j] = sum * sqrt(2 / (double)s->m);
	}
}

/* --- noise ---------------------------------------------------------------- */

/* Spectrum of an AR(1) of unit innovations where the cosine is this. */
static double shape(double phi, double cosine_of)
{
	return 1 / (1 - 2 * phi * cosine_of + phi * phi);
}

/*
 * What a jump or a crooked wave leaks into the band is none of the noise. So
 * first a fit that bears outliers: Whittle's (1953) likelihood with Student's t of
 * FREEDOM for the normal law, the scale by the usual iteration (Lange,
 * Little and Taylor 1989).
 */
static double bearing(const struct spectrum *s, double phi, double *scale)
{
	double n = (double)(s->m - s->from), sum = 0, x[MOST];

	for (size_t j = s->from; j < s->m; j++) {
		double f = shape(phi, s->turn[2 * j]);

		x[j] = s->c[j] * s->c[j] / f;
		sum += log(f);
	}
	for (int step = 0; step < 20; step++) {
		double next = 0;

		for (size_t j = s->from; j < s->m; j++)
			next += x[j] * (FREEDOM + 1) /
				(FREEDOM + x[j] / fmax(*scale, 1e-300));
		*scale = next / n;
	}
	for (size_t j = s->from; j < s->m; j++)
		sum += (FREEDOM + 1) *
		       log1p(x[j] / fmax(*scale, 1e-300) / FREEDOM);
	return sum + n * log(fmax(*scale, 1e-300));
}

/* Mean of c^2 over its shape from j to j, without outliers; *n counted. */
static double mean_of(const struct spectrum *s, size_t from, size_t to,
		      double most, double *n)
{
	double sum = 0;

	*n = 0;
	for (size_t j = from; j <= to; j++) {
		double x = s->c[j] * s->c[j] / shape(s->phi, s->turn[2 * j]);

		if (x > most)
			continue;
		sum += x;
		++*n;
	}
	return sum / fmax(*n, 1);
}

/*
 * The noise of the band; or of its lower half alone, where that is clearly
 * more: then something slower than an AR(1) is at work, a modulated load.
 */
static void settle(struct spectrum *s, double scale)
{
	double most = OUTLIER * OUTLIER * scale / NORMAL_SCALE, lower, n;

	s->white = mean_of(s, s->from, s->to, most, &s->freedom);
	lower = mean_of(s, s->from, s->m / 16 * 3, most, &n);
	if (s->white > 0 && n > 0 &&
	    gsl_cdf_fdist_Q(lower / s->white, n, s->freedom) < .05) {
		s->white = lower;
		s->freedom = n;
	}
	s->longrun = s->white * shape(s->phi, 1);
}

/* A step of the same iteration, of the band alone; 0 starts it. */
static double band_scale(const struct spectrum *s, double scale)
{
	double sum = 0;

	for (size_t j = s->from; j <= s->to; j++) {
		double x = s->c[j] * s->c[j] / shape(s->phi, s->turn[2 * j]);

		sum += scale > 0 ? x * (FREEDOM + 1) / (FREEDOM + x / scale)
				 : x;
	}
	return sum / (double)(s->to - s->from + 1);
}

static void fit(struct spectrum *s)
{
	double best = (double)INFINITY, scale = 0, band = 0;

	s->from = s->m / 16 + 1;
	s->to = 3 * s->m / 8;
	for (size_t j = s->from; j < s->m; j++)
		scale += s->c[j] * s->c[j] / (double)(s->m - s->from);
	/* What falls towards low frequencies is believed to be luck. */
	for (double phi = 0; phi < .95; phi += .05) {
		double is = bearing(s, phi, &scale);

		if (is >= best)
			continue;
		best = is;
		s->phi = phi;
	}
	/* The shape is everybody's, the level that of the band. */
	for (int step = 0; step < 20; step++)
		band = band_scale(s, band);
	settle(s, band);
}

/* --- the greatest wave ---------------------------------------------------- */

/* Least squares of 1, cos and sin: what the two explain beyond a mean. */
static struct wave wave_fit(const struct spectrum *s, double halves)
{
	struct wave w = { .halves = halves };
	double complex turn = cexp(I * M_PI * halves / (double)s->m);
	double complex at = csqrt(turn);
	double c = 0, d = 0, x = 0, cc = 0, dd = 0, cd = 0, xc = 0, xd = 0;
	double m = (double)s->m, det;

	for (size_t i = 0; i < s->m; i++, at *= turn) {
		double a = creal(at), b = cimag(at);

		c += a;
		d += b;
		x += s->x[i];
		cc += a * a;
		dd += b * b;
		cd += a * b;
		xc += a * s->x[i];
		xd += b * s->x[i];
	}
	cc -= c * c / m;
	dd -= d * d / m;
	cd -= c * d / m;
	xc -= x * c / m;
	xd -= x * d / m;
	det = cc * dd - cd * cd;
	w.c = (xc * dd - xd * cd) / det;
	w.s = (xd * cc - xc * cd) / det;
	w.energy = w.c * xc + w.s * xd;
	return w;
}

static void wave_try(struct spectrum *s, double halves)
{
	struct wave w = wave_fit(s, halves);

	if (w.energy > s->wave.energy)
		s->wave = w;
}

/* A grid that no wave falls through, then closer and closer. */
static void wave_find(struct spectrum *s)
{
	double most = (double)s->m / 4;

	s->wave.energy = -1;
	for (double halves = 2; halves <= most; halves += WAVE_STEP)
		wave_try(s, halves);
	for (double step = WAVE_STEP / 2; step > 1e-3; step /= 2) {
		double at = s->wave.halves;

		wave_try(s, at - step);
		wave_try(s, at + step);
	}
}

static void wave_remove(struct spectrum *s, const struct wave *w)
{
	double step = M_PI * w->halves / (double)s->m;

	for (size_t i = 0; i < s->m; i++)
		s->x[i] -= w->c * cos(step * ((double)i + .5)) +
			   w->s * sin(step * ((double)i + .5));
}

/* --- noise beside what is no noise ---------------------------------------- */

/* The greatest jump: where, how high, and its energy as c^2. */
struct jump {
	size_t at;
	double size, energy;
};

static struct jump jump_find(const struct spectrum *s)
{
	struct jump most = { .energy = -1 };
	double all = 0, before = 0, m = (double)s->m;

	for (size_t b = 0; b < s->m; b++)
		all += s->x[b];
	for (size_t at = 1; at < s->m; at++) {
		double n = (double)at, size, energy;

		before += s->x[at - 1];
		size = (all - before) / (m - n) - before / n;
		energy = size * size * n * (m - n) / m;
		if (at < s->m / PLACES || at > s->m - s->m / PLACES ||
		    energy <= most.energy)
			continue;
		most = (struct jump){ at, size, energy };
	}
	return most;
}

static void noise_take(struct spectrum *s, const struct spectrum *from)
{
	s->phi = from->phi;
	s->white = from->white;
	s->freedom = from->freedom;
	s->longrun = from->longrun;
}

/* Nothing is left below the band that is more than its noise. */
static bool is_level(const struct spectrum *s)
{
	double n, below;

	below = mean_of(s, 1, s->from - 1, (double)INFINITY, &n);
	return gsl_cdf_fdist_Q(below / s->white, n, s->freedom) > .01;
}

/*
 * The noise of the rest, if what was taken off it is clear beside that, and
 * was all: what wanders at random has no one jump or wave.
 */
static void try_rest(struct spectrum *s, struct spectrum *rest, double energy,
		     double halves, double tests)
{
	double f;

	transform(rest);
	fit(rest);
	if (rest->freedom < 4 || !(rest->white > 0))
		return;
	f = energy / 2 / rest->white /
	    shape(rest->phi, cos(M_PI * halves / (double)rest->m));
	if (!is_level(rest))
		return;
	if (2 * tests * gsl_cdf_fdist_Q(f, 2, rest->freedom) < CLEAR &&
	    rest->longrun < s->longrun)
		noise_take(s, rest);
}

/*
 * A clear wave or a clear jump leaks into the band, however strong it is:
 * then the noise is what is left without it.
 */
static void fit_noise(struct spectrum *s)
{
	struct spectrum rest;
	struct jump jump;
	double tests = (double)s->m / 4;

	turns_fill(s);
	transform(s);
	fit(s);
	s->natural = s->longrun;
	wave_find(s);
	rest = *s;
	wave_remove(&rest, &s->wave);
	try_rest(s, &rest, s->wave.energy, s->wave.halves, tests);
	jump = jump_find(s);
	memcpy(rest.x, s->x, sizeof(rest.x));
	for (size_t i = jump.at; i < s->m; i++)
		rest.x[i] -= jump.size;
	try_rest(s, &rest, jump.energy, 0, tests);
}

/* --- tests ---------------------------------------------------------------- */

static double amplitude(const struct spectrum *s, double c)
{
	return fabs(c) * sqrt(2 / (double)s->m);
}

/* A line from 0 to 1 has a first coefficient of amplitude 4 / pi^2. */
static void test_trend(const struct spectrum *s, struct steady_test *to)
{
	to->statistic = s->c[1] / sqrt(s->longrun);
	to->p = tail_student(to->statistic, s->freedom);
	to->size = amplitude(s, s->c[1]) * M_PI * M_PI / 4;
}

static void test_shift(const struct spectrum *s, struct steady_test *to)
{
	double all = 0, before = 0, m = (double)s->m;
	size_t i = 0;

	for (size_t b = 0; b < s->m; b++)
		all += s->x[b];
	for (size_t place = 1; place < PLACES; place++) {
		double n, size, t;

		for (; i < place * s->m / PLACES; i++)
			before += s->x[i];
		n = (double)i;
		size = (all - before) / (m - n) - before / n;
		t = size / sqrt(s->longrun * (1 / n + 1 / (m - n)));
		if (fabs(t) <= fabs(to->statistic))
			continue;
		to->statistic = t;
		to->size = fabs(size);
	}
	to->p = fmin((PLACES - 1) * tail_student(to->statistic, s->freedom), 1);
}

/*
 * Bonferroni over the waves that are orthogonal, and twice that for those
 * between. Where the greatest was taken off the noise, that is by so much too
 * small as the greatest of chi squares is expected to be, 2 log(their number).
 */
static void test_wave(const struct spectrum *s, struct steady_test *to)
{
	double tests = (double)s->m / 4;
	double noise =
		s->white *
		shape(s->phi, cos(M_PI * s->wave.halves / (double)s->m)) *
		(1 + 2 * log(tests) / s->freedom);

	to->statistic = s->wave.energy / 2 / noise;
	to->p = fmin(2 * tests *
		     gsl_cdf_fdist_Q(to->statistic, 2, s->freedom), 1);
	to->size = 2 * hypot(s->wave.c, s->wave.s);
}

/* The level without what is faster than the band. */
static double slow_range(const struct spectrum *s)
{
	double least = (double)INFINITY, most = -(double)INFINITY;

	for (size_t i = 0; i < s->m; i++) {
		double level = 0;

		for (size_t j = 1; j < s->from; j++)
			level += s->c[j] * cosine(s, j, i);
		least = fmin(least, level);
		most = fmax(most, level);
	}
	return amplitude(s, most - least);
}

static void test_wander(const struct spectrum *s, struct steady_test *to)
{
	const int steps = 64;

	for (size_t j = 1; j < s->m; j++) {
		double c = s->c[j] / (M_PI * (double)j);

		to->statistic += c * c / s->longrun;
	}
	to->size = slow_range(s);
	to->p = quadratic_cramer_p(to->statistic);
	if (to->p > .1)
		return;
	to->p = 0;
	for (int i = 0; i < steps; i++) {
		double chi = gsl_cdf_chisq_Pinv((i + .5) / steps, s->freedom);

		to->p += quadratic_cramer_p(to->statistic * chi / s->freedom) /
			 steps;
	}
}

/* --- all ------------------------------------------------------------------ */

static int spectrum_of(struct spectrum *s, const double *x,
		       const double *weight, size_t n)
{
	int rc = -ERANGE;

	for (s->m = MOST; s->m >= STEADY_LEAST; s->m /= 2) {
		if (s->m > n)
			continue;
		rc = blocks_fill(s, x, weight, n);
		if (rc)
			continue;
		fit_noise(s);
		if (s->phi < CORRELATION_WISH)
			return 0;
		rc = s->phi < CORRELATION_MOST ? 0 : -ERANGE;
	}
	s->m = STEADY_LEAST;
	return rc;
}

int steady_run(const double *x, const double *weight, size_t n,
	       struct steady *out, struct err *err)
{
	struct spectrum s = { 0 };
	double sum = 0, all = 0;
	int rc;

	memset(out, 0, sizeof(*out));
	rc = vector_check(x, n, STEADY_LEAST, err);
	if (!rc)
		rc = vector_check(weight, n, STEADY_LEAST, err);
	if (rc)
		return rc;
	if (spectrum_of(&s, x, weight, n))
		return err_set(err, -ERANGE,
			       "even a 32nd of it is not independent of the "
			       "next; measure longer");
	if (vector_check_varied(s.x, s.m, STEADY_LEAST, err))
		return err->code;
	for (size_t i = 0; i < n; i++) {
		sum += x[i];
		all += weight[i];
	}
	out->level = sum / all;
	out->error = sqrt(s.natural / (double)s.m);
	out->freedom = s.freedom;
	out->correlation = s.phi;
	out->blocks = s.m;
	test_trend(&s, &out->test[STEADY_TREND]);
	test_shift(&s, &out->test[STEADY_SHIFT]);
	test_wave(&s, &out->test[STEADY_WAVE]);
	test_wander(&s, &out->test[STEADY_WANDER]);
	return 0;
}
