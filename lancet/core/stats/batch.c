/* batch.c - warm-up and precision of the mean of a series, by batches */
#include "lancet/core/stats/batch.h"

#include <errno.h>
#include <math.h>

#include "lancet/core/arena.h"
#include "lancet/core/err.h"
#include "lancet/core/stats/vector.h"

static double *means(const double *x, size_t batches, size_t size,
		     struct arena *arena)
{
	double *y = arena_array(arena, batches, sizeof(*y));

	for (size_t b = 0; b < batches; b++)
		y[b] = vector_mean(x + b * size, size);
	return y;
}

int batch_mser5(const double *x, size_t n, struct mser5 *out, struct err *err)
{
	int rc = vector_check(x, n, 5, err);
	double *y, mean = 0, square = 0;
	size_t m = n / 5;
	struct arena arena;

	if (rc)
		return rc;
	arena_init(&arena);
	y = means(x, m, 5, &arena);
	*out = (struct mser5){ .batches = m, .least = (double)INFINITY };
	/* From the end, so that one pass has every sum (Welford 1962). */
	for (size_t d = m; d-- > 0;) {
		double count = (double)(m - d), off = y[d] - mean;

		mean += off / count;
		square += off * (y[d] - mean);
		if (d <= m / 2 && square / (count * count) <= out->least) {
			out->least = square / (count * count);
			out->drop = d;
		}
	}
	out->drop_values = 5 * out->drop;
	arena_fini(&arena);
	return 0;
}

int batch_means(const double *x, size_t n, size_t batches, double confidence,
		struct batch_means *out, struct err *err)
{
	int rc = vector_check(x, n, batches, err);
	double b = (double)batches, square = 0, step = 0, *y;
	struct arena arena;

	if (!rc && batches < 2)
		rc = err_set(err, -EINVAL,
			     "%zu batches have no variance; give "
			     "at least 2",
			     batches);
	if (!rc && !(confidence > 0 && confidence < 1))
		rc = err_set(err, -EINVAL,
			     "a confidence of %g; give one "
			     "between 0 and 1",
			     confidence);
	if (rc)
		return rc;
	arena_init(&arena);
	y = means(x, batches, n / batches, &arena);
	out->mean = vector_mean(y, batches);
	for (size_t i = 0; i < batches; i++) {
		square += pow(y[i] - out->mean, 2);
		step += i ? pow(y[i] - y[i - 1], 2) : 0;
	}
	arena_fini(&arena);
	out->half_width = quantile_student(1 - confidence, b - 1) *
			  sqrt(square / (b - 1) / b);
	out->von_neumann = square > 0 ? step / square : 2;
	return 0;
}
