/* kolmogorov.c - distributions of Kolmogorov's and Smirnov's distances */
#include "lancet/core/stats/kolmogorov.h"

#include <errno.h>
#include <gsl/gsl_blas.h>
#include <math.h>

#include "lancet/core/arena.h"
#include "lancet/core/err.h"
#include "lancet/core/stats/vector.h"

/* Beyond so many steps the exact p of two samples is refused. */
#define STEPS_MOST 2e9

/* --- one sample --- */

/* P(D+ >= d): Smirnov (1944); all terms are positive. */
static double one_sided(double d, double n)
{
	double last = floor(n * (1 - d)), sum = 0, log_choose = 0;

	for (double j = 0; j <= last; j++) {
		double below = d + j / n;

		if (j > 0)
			log_choose += log((n - j + 1) / j);
		sum += exp(log_choose + (j - 1) * log(below) +
			   (n - j) * log(fmax(1 - below, 0)));
	}
	return d * sum;
}

/* Marsaglia, Tsang and Wang's matrix of order m = 2k - 1, h = k - n d. */
static gsl_matrix *path_matrix(size_t m, double h)
{
	gsl_matrix *a = gsl_matrix_calloc(m, m);

	for (size_t i = 0; i < m; i++)
		for (size_t j = 0; j < m && j <= i + 1; j++)
			gsl_matrix_set(a, i, j, 1);
	for (size_t i = 0; i < m; i++) {
		*gsl_matrix_ptr(a, i, 0) -= pow(h, (double)i + 1);
		*gsl_matrix_ptr(a, m - 1, i) -= pow(h, (double)(m - i));
	}
	*gsl_matrix_ptr(a, m - 1, 0) +=
		2 * h - 1 > 0 ? pow(2 * h - 1, (double)m) : 0;
	for (size_t i = 0; i < m; i++)
		for (size_t j = 0; j <= i; j++)
			*gsl_matrix_ptr(a, i, j) /= tgamma((double)(i - j) + 2);
	return a;
}

/* to = a b, scaled so that it cannot overflow; *exponent is of base 2. */
static void multiply(gsl_matrix *to, const gsl_matrix *a, const gsl_matrix *b,
		     long *exponent)
{
	int e;

	gsl_blas_dgemm(CblasNoTrans, CblasNoTrans, 1, a, b, 0, to);
	frexp(gsl_matrix_max(to), &e);
	gsl_matrix_scale(to, ldexp(1, -e));
	*exponent += e;
}

/* P(D < d), Marsaglia, Tsang and Wang (2003). */
static double by_matrix(double d, size_t n)
{
	size_t k = (size_t)((double)n * d) + 1, m = 2 * k - 1;
	gsl_matrix *base = path_matrix(m, (double)k - (double)n * d);
	gsl_matrix *power = gsl_matrix_alloc(m, m);
	gsl_matrix *spare = gsl_matrix_alloc(m, m);
	long e_base = 0, e_power = 0;
	double log_p;

	gsl_matrix_set_identity(power);
	for (size_t left = n; left; left >>= 1) {
		if (left & 1) {
			e_power += e_base;
			multiply(spare, power, base, &e_power);
			gsl_matrix_memcpy(power, spare);
		}
		e_base *= 2;
		multiply(spare, base, base, &e_base);
		gsl_matrix_memcpy(base, spare);
	}
	log_p = log(gsl_matrix_get(power, k - 1, k - 1)) +
		(double)e_power * M_LN2;
	for (size_t i = 1; i <= n; i++)
		log_p += log((double)i / (double)n);
	gsl_matrix_free(base);
	gsl_matrix_free(power);
	gsl_matrix_free(spare);
	return exp(log_p);
}

/* One pair of terms of the four sums of Pelz and Good, for +-k. */
static void pelz_good_terms(double k, double z, double term[4])
{
	const double z2 = z * z, z4 = z2 * z2, z6 = z4 * z2, pi2 = M_PI * M_PI;
	double h = pi2 * (k + .5) * (k + .5);
	double odd = exp(-h / (2 * z2));
	double w = pi2 * k * k;
	double even = exp(-w / (2 * z2));

	term[0] += 2 * odd;
	term[1] += 2 * (h - z2) * odd;
	term[2] += 2 *
			   (6 * z6 + 2 * z4 + (2 * z4 - 5 * z2) * h +
			    (1 - 2 * z2) * h * h) *
			   odd / (72 * z4) -
		   2 * w * even / 36;
	term[3] += 2 *
			   (h * h * h * (5 - 30 * z2) +
			    h * h * (-60 * z2 + 212 * z4) +
			    h * (135 * z4 - 96 * z6) - 30 * z6 - 90 * z6 * z2) *
			   odd / (6480 * z4) +
		   2 * (3 * w * z2 - w * w) * even / 108;
}

/* P(D < d): Pelz and Good (1976) as Simard and L'Ecuyer (2011), eq. 10. */
static double by_expansion(double d, double n)
{
	double root = sqrt(n), z = d * root;
	double term[4] = { 0 };
	double scale = sqrt(M_PI / 2);

	for (int k = 0; k < 40; k++)
		pelz_good_terms(k, z, term);
	return scale *
	       (term[0] / z + term[1] / (6 * pow(z, 4) * root) +
		term[2] / (pow(z, 3) * n) + term[3] / (pow(z, 6) * n * root));
}

/* P(D >= d) for 1 < n d < n - 1 and d < .5, with regions of nd^2. */
static double inner_p(double d, size_t n)
{
	double x = (double)n * d * d;

	if (x >= 370) /* below 1e-320 */
		return 0;
	if (x > (n <= 140 ? 4 : 2.2))
		return 2 * one_sided(d, (double)n);
	if (n <= 140 || (n <= 100000 && (double)n * pow(d, 1.5) <= 1.4))
		return 1 - by_matrix(d, n);
	return 1 - by_expansion(d, (double)n);
}

double kolmogorov_p(double d, size_t n)
{
	double t = (double)n * d, p;

	if (t <= .5)
		return 1;
	if (d >= 1)
		return 0;
	if (t <= 1) /* Ruben and Gambino (1982) */
		p = 1 - exp(lgamma((double)n + 1) +
			    (double)n * log((2 * t - 1) / (double)n));
	else if (t >= (double)n - 1)
		p = 2 * pow(1 - d, (double)n);
	else if (d >= .5)
		p = 2 * one_sided(d, (double)n);
	else
		p = inner_p(d, n);
	return fmin(fmax(p, 0), 1);
}

/* --- two samples --- */

int kolmogorov_2_distance(const double *x, size_t nx, const double *y,
			  size_t ny, double *d, struct err *err)
{
	struct arena arena;
	double *a, *b, most = 0;
	int rc = vector_check(x, nx, 1, err);

	rc = rc ? rc : vector_check(y, ny, 1, err);
	if (rc)
		return rc;
	arena_init(&arena);
	a = vector_sorted(x, nx, &arena);
	b = vector_sorted(y, ny, &arena);
	for (size_t i = 0, j = 0; i < nx && j < ny;) {
		double at = fmin(a[i], b[j]);

		while (i < nx && a[i] <= at)
			i++;
		while (j < ny && b[j] <= at)
			j++;
		most = fmax(most, fabs((double)i / (double)nx -
				       (double)j / (double)ny));
	}
	*d = most;
	arena_fini(&arena);
	return 0;
}

/* out[j]: the probability that a path to (i, j) has been off the band. */
static void off_band_row(double *out, double i, double nx, double ny,
			 double limit)
{
	double centre = i * ny / nx, half = limit / nx;
	double from = fmax(floor(centre - half) - 1, 0);
	double to = fmin(ceil(centre + half) + 1, ny);

	for (double j = from; j <= to; j++) {
		double *at = &out[(size_t)j];
		double left = j > 0 ? at[-1] : 0;

		if (fabs(i * ny - j * nx) >= limit)
			*at = 1;
		else if (i + j > 0)
			*at = (i * *at + j * left) / (i + j);
	}
}

int kolmogorov_2_exact_p(double d, size_t nx, size_t ny, double *p,
			 struct err *err)
{
	double x = (double)nx, y = (double)ny;
	/* Distances are multiples of 1 / (nx ny): half a step below d. */
	double limit = rint(d * x * y) - .5;
	struct arena arena;
	double *off;

	if (nx == 0 || ny == 0)
		return err_set(err, -EINVAL, "a sample is empty");
	if (x * y * fmin(1, 2 * d) > STEPS_MOST)
		return err_set(err, -E2BIG,
			       "the exact p of %zu and %zu "
			       "values takes too long; take the asymptotic one",
			       nx, ny);
	if (limit < 0) {
		*p = 1;
		return 0;
	}
	arena_init(&arena);
	off = arena_array(&arena, ny + 1, sizeof(*off));
	/* Cells that a row does not visit are off the band. */
	for (size_t j = 0; j <= ny; j++)
		off[j] = 1;
	off[0] = 0;
	for (size_t i = 0; i <= nx; i++)
		off_band_row(off, (double)i, x, y, limit);
	*p = off[ny];
	arena_fini(&arena);
	return 0;
}

double kolmogorov_2_asymptotic_p(double d, size_t nx, size_t ny)
{
	double n = (double)nx * (double)ny / (double)(nx + ny);

	return kolmogorov_p(d, (size_t)fmax(rint(n), 1));
}
