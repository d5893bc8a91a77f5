/* golden_test.c - what golden-models reads: lines, rows, queues */
#include "tests/unit/models.h"

#include <errno.h>
#include <math.h>
#include <unistd.h>

#include "models/policy.h"
#include "tests/golden/csv.c"
#include "tests/golden/queue.c"
#include "tests/golden/row.c"

static void test_csv(void **state)
{
	static const struct {
		const char *line;
		size_t n;
		const char *field[4];
	} c[] = {
		{ "a,b\n", 2, { "a", "b" } },
		{ "a,,b\r\n", 3, { "a", "", "b" } },
		{ "", 1, { "" } },
		{ ",", 2, { "", "" } },
		{ "\"a,b\",c", 2, { "a,b", "c" } },
		{ "\"say \"\"x\"\"\",", 2, { "say \"x\"", "" } },
		{ "x,\"y\"", 2, { "x", "y" } },
		{ "x,\"y", 0, { NULL } },
		{ "a,b,c,d,e", 4, { "a", "b", "c", "d" } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(c) / sizeof(c[0]); i++) {
		char line[64], *field[4];

		strcpy(line, c[i].line);
		assert_int_equal(csv_split(line, field, 4), c[i].n);
		for (size_t j = 0; j < c[i].n; j++)
			assert_string_equal(field[j], c[i].field[j]);
	}
}

static void write_folder(char *folder, const char *text)
{
	char path[128];
	FILE *f;

	strcpy(folder, "/tmp/lancet-test-XXXXXX");
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/a.csv", folder);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void remove_folder(const char *folder)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/a.csv", folder);
	unlink(path);
	rmdir(folder);
}

/* Columns in another order; one queue in two places; what is no row stays. */
static void test_rows(void **state)
{
	struct golden_rows rows;
	struct arena arena;
	char folder[32];

	(void)state;
	arena_init(&arena);
	write_folder(folder,
		     "model,id,arrival,service,k,policy,load,metric,value,tol,"
		     "method,source\n"
		     "M,r1,M,exp,1,fcfs,0.5,mean_wait,1,1e-6,exact,x\n"
		     "M,r2,M,exp,2,fcfs,0.5,mean_wait,1,1e-6,exact,x\n"
		     "M,r3,M,exp,1,fcfs,0.5,p_wait,inf,1e-6,closed form,x\n"
		     "M,r4,M,exp,1,fcfs,0.5,p_wait,0.5,0.01,simulation,x\n"
		     "M,r5,M,exp,1,fcfs,0.5,p_wait,half,0.01,exact,x\n"
		     "M,r6,M,exp\n"
		     "M,r7,M,\"exp,1,fcfs,0.5,p_wait,0.5,0.01,exact,x\n");
	assert_int_equal(golden_rows_read(&rows, folder, &arena), 0);
	assert_int_equal(rows.nrows, 7);
	assert_int_equal(rows.nqueues, 6);
	assert_string_equal(rows.queue[0]->id, "r1");
	assert_string_equal(rows.queue[0]->next->id, "r3");
	assert_true(isinf(rows.queue[0]->next->value));
	assert_int_equal(rows.queue[0]->kind, GOLDEN_EXACT);
	assert_int_equal(rows.queue[2]->kind, GOLDEN_SIMULATED);
	assert_int_equal(rows.queue[2]->line, 5);
	for (size_t i = 0; i < 6; i++)
		assert_true(!rows.queue[i]->wrong == (i < 3));
	remove_folder(folder);
	arena_fini(&arena);
}

static void test_no_rows(void **state)
{
	struct golden_rows rows;
	struct arena arena;
	char folder[32];

	(void)state;
	arena_init(&arena);
	assert_int_equal(golden_rows_read(&rows, "/nonexistent", &arena),
			 -ENOENT);
	write_folder(folder, "id,model\nx,y\n");
	assert_int_equal(golden_rows_read(&rows, folder, &arena), -EINVAL);
	remove_folder(folder);
	arena_fini(&arena);
}

struct want {
	const char *service, *k, *policy, *load;
	uint32_t workers;
	double mean, scv, rate;
};

static void check_queue(const struct want *w)
{
	struct golden_row row = { .arrival = "M",
				  .service = w->service,
				  .workers = w->k,
				  .policy = w->policy,
				  .load = w->load };
	struct golden_queue q;
	struct arena arena;
	struct err err = { 0 };
	double mean;

	arena_init(&arena);
	if (golden_queue_init(&q, &row, &arena, &err))
		fail_msg("%s: %s", w->service, err.text);
	mean = workload_moment(&q.workload, 1);
	assert_int_equal(q.query.workers, w->workers);
	assert_true(fabs(mean - w->mean) < 1e-9 * w->mean);
	assert_true(fabs(workload_moment(&q.workload, 2) / (mean * mean) - 1 -
			 w->scv) < 1e-6);
	assert_true(isnan(w->rate) ? isnan(q.query.rate)
				   : fabs(q.query.rate - w->rate) < 1e-9);
	arena_fini(&arena);
}

/* What is written in one way and another is one law; units are dropped. */
static void test_queues(void **state)
{
	static const struct want c[] = {
		{ "exp", "4", "fcfs", "0.5", 4, 1, 1, 2 },
		{ "exp-10 [exp:10 us]", "4", "ps", "0.5", 4, 10, 1, 0.2 },
		{ "x:0.5:1,0.5:3", "1", "fcfs", "0.5", 1, 2, 0.25, 0.25 },
		{ "disc:0.5:1,0.5:3", "1", "part", "0.5", 1, 2, 0.25, 0.25 },
		{ "x [disc:0.5:1,0.5:3 us]", "1", "rr", "", 1, 2, 0.25, NAN },
		{ "fixed-1 [det:1 us]", "16", "quantum:5:1", "0.5", 16, 1, 0,
		  8 },
		{ "lognormal:4", "2", "jbsq:2", "0.5", 2, 1, 4, 1 },
		{ "any", "2", "ps", "0.5", 2, 1, 4, 1 },
		{ "cs2=0", "2", "approx_kimura", "0.5", 2, 1, 0, 1 },
		{ "cs2=0.5", "2", "kingman-bound", "0.5", 2, 1, 0.5, 1 },
		{ "leveldb-5050", "14", "quantum:5:1", "", 14, 322750, 0.99072648,
		  NAN },
		{ "exp;rho1=0.3;rho2=0.5", "1", "prio-np", "0.8", 1, 1, 1,
		  0.8 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(c) / sizeof(c[0]); i++)
		check_queue(&c[i]);
}

static void test_classes(void **state)
{
	struct golden_row row = { .arrival = "M",
				  .service = "exp;rho1=0.2;rho2=0.6",
				  .workers = "1",
				  .policy = "prio-np",
				  .load = "0.8" };
	struct golden_queue q;
	struct arena arena;
	struct err err = { 0 };

	(void)state;
	arena_init(&arena);
	assert_int_equal(golden_queue_init(&q, &row, &arena, &err), 0);
	assert_int_equal(q.workload.nclasses, 2);
	assert_true(fabs(q.workload.class[0].weight - 0.25) < 1e-12);
	arena_fini(&arena);
}

static void test_no_queue(void **state)
{
	static const struct {
		const char *service, *k, *policy, *load, *says;
	} c[] = {
		{ "expo", "4", "fcfs", "0.5", "unknown law" },
		{ "exp", "four", "fcfs", "0.5", "no number of workers" },
		{ "exp", "4", "fcfss", "0.5", "unknown policy" },
		{ "exp", "4", "fcfs", "half", "no load" },
		{ "exp;K=3", "4", "fcfs", "0.5", "less than" },
		{ "M/M/1(mu=x)->M/M/1", "1", "fcfs", "1", "no stage" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(c) / sizeof(c[0]); i++) {
		struct golden_row row = { .arrival = "M",
					  .service = c[i].service,
					  .workers = c[i].k,
					  .policy = c[i].policy,
					  .load = c[i].load };
		struct golden_queue q;
		struct arena arena;
		struct err err = { 0 };

		arena_init(&arena);
		assert_int_not_equal(golden_queue_init(&q, &row, &arena, &err),
				     0);
		if (!strstr(err.text, c[i].says))
			fail_msg("%s: %s", c[i].service, err.text);
		arena_fini(&arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_csv),	cmocka_unit_test(test_rows),
		cmocka_unit_test(test_no_rows), cmocka_unit_test(test_queues),
		cmocka_unit_test(test_classes), cmocka_unit_test(test_no_queue),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
