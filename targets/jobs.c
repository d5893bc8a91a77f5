/* jobs.c - requests in a target, and the connections their replies go to */
#include "targets/jobs.h"

#include <errno.h>
#include <string.h>

#include "agents/socket.h"

#define NONE UINT32_MAX
#define NUMBERS (1u << 20)	/* jobs that can be told apart at one time */

/* Pages that are never touched cost nothing: most bodies and places. */
static void *table(size_t n, size_t size)
{
	size_t bytes = n * size;

	return socket_pages(bytes > 0 ? bytes : 1);
}

static void table_free(void *pages, size_t n, size_t size)
{
	size_t bytes = n * size;

	socket_pages_free(pages, bytes > 0 ? bytes : 1);
}

int jobs_init(struct jobs *j, uint32_t places, size_t max_message,
	      size_t conn_size, bool in_order)
{
	*j = (struct jobs){ .in_order = in_order, .max_message = max_message,
			    .conn_size = conn_size, .nplaces = places };
	j->slot = table(JOBS_MOST, sizeof(*j->slot));
	j->free = table(JOBS_MOST, sizeof(*j->free));
	j->body = table(JOBS_MOST, max_message);
	j->slot_of = table(NUMBERS, sizeof(*j->slot_of));
	j->place = table(places, sizeof(*j->place));
	j->conn_state = table(places, conn_size);
	j->ready = table(places, sizeof(*j->ready));
	if (!j->slot || !j->free || !j->body || !j->slot_of || !j->place ||
	    !j->conn_state || !j->ready)
		return -ENOMEM;
	memset(j->slot_of, 0xff, NUMBERS * sizeof(*j->slot_of));
	while (j->nfree < JOBS_MOST) {
		j->free[j->nfree] = JOBS_MOST - 1 - j->nfree;
		j->nfree++;
	}
	return 0;
}

void jobs_fini(struct jobs *j)
{
	table_free(j->slot, JOBS_MOST, sizeof(*j->slot));
	table_free(j->free, JOBS_MOST, sizeof(*j->free));
	table_free(j->body, JOBS_MOST, j->max_message);
	table_free(j->slot_of, NUMBERS, sizeof(*j->slot_of));
	table_free(j->place, j->nplaces, sizeof(*j->place));
	table_free(j->conn_state, j->nplaces, j->conn_size);
	table_free(j->ready, j->nplaces, sizeof(*j->ready));
}

static uint32_t slot_at(const struct jobs *j, const struct slot *s)
{
	return (uint32_t)(s - j->slot);
}

static uint32_t *number(struct jobs *j, uint64_t id)
{
	return &j->slot_of[id & (NUMBERS - 1)];
}

/* --- connections --- */

/* What is not complete is freed when it completes and finds nobody. */
static void clear(struct jobs *j, struct place *p)
{
	while (p->head != NONE) {
		uint32_t at = p->head;

		p->head = j->slot[at].next;
		if (j->slot[at].complete)
			j->free[j->nfree++] = at;
	}
}

struct place *jobs_enter(struct jobs *j, uint32_t conn)
{
	struct place *p = &j->place[conn & (j->nplaces - 1)];

	if (p->known && p->conn == conn)
		return p;
	if (p->known)
		clear(j, p);
	*p = (struct place){ .conn = conn, .known = true, .ready = p->ready,
			     .head = NONE, .tail = NONE };
	memset(jobs_conn_state(j, p), 0, j->conn_size);
	return p;
}

void jobs_leave(struct jobs *j, struct place *p)
{
	clear(j, p);
	p->known = false;
}

static void append(struct jobs *j, struct place *p, struct slot *s)
{
	uint32_t at = slot_at(j, s);

	s->next = NONE;
	if (p->head == NONE)
		p->head = at;
	else
		j->slot[p->tail].next = at;
	p->tail = at;
}

/* --- requests --- */

/* Numbers follow each other, but for those of jobs that never seem to end. */
static uint64_t next_number(struct jobs *j)
{
	while (*number(j, j->next_id) != NONE)
		j->next_id++;
	return j->next_id++;
}

struct slot *jobs_take(struct jobs *j, struct place *p,
		       const struct proto_served *req, int64_t arrival_ns)
{
	struct slot *s;
	unsigned char *body;

	if (j->nfree == 0)
		return NULL;
	s = &j->slot[j->free[--j->nfree]];
	s->req = *req;
	s->arrival_ns = arrival_ns;
	s->conn = p->conn;
	s->complete = false;
	s->id = next_number(j);
	if (req->body) {
		body = j->body + (size_t)slot_at(j, s) * j->max_message;
		memcpy(body, req->body, req->body_len);
		s->req.body = body;
	}
	return s;
}

void jobs_admit(struct jobs *j, struct place *p, struct slot *s)
{
	*number(j, s->id) = slot_at(j, s);
	p->waiting++;
	if (j->in_order)
		append(j, p, s);
}

void jobs_refuse(struct jobs *j, struct slot *s)
{
	j->free[j->nfree++] = slot_at(j, s);
}

struct slot *jobs_find(struct jobs *j, uint64_t id)
{
	return &j->slot[*number(j, id)];
}

static void make_ready(struct jobs *j, struct place *p)
{
	if (p->ready || p->head == NONE || !j->slot[p->head].complete)
		return;
	p->ready = true;
	j->ready[(j->ready_head + j->nready++) & (j->nplaces - 1)] =
		(uint32_t)(p - j->place);
}

void jobs_complete(struct jobs *j, struct slot *s)
{
	struct place *p = &j->place[s->conn & (j->nplaces - 1)];

	*number(j, s->id) = NONE;
	s->complete = true;
	if (!p->known || p->conn != s->conn) {
		j->free[j->nfree++] = slot_at(j, s);
		return;
	}
	if (!j->in_order)
		append(j, p, s);
	make_ready(j, p);
}

/* --- replies --- */

struct place *jobs_ready(struct jobs *j)
{
	while (j->nready > 0) {
		struct place *p = &j->place[j->ready[j->ready_head++ &
						     (j->nplaces - 1)]];

		j->nready--;
		p->ready = false;
		if (p->known && p->head != NONE && j->slot[p->head].complete)
			return p;
	}
	return NULL;
}

void jobs_released(struct jobs *j, struct place *p)
{
	uint32_t at = p->head;

	p->head = j->slot[at].next;
	p->waiting--;
	j->free[j->nfree++] = at;
	make_ready(j, p);
}

void jobs_put_back(struct jobs *j, struct place *p)
{
	make_ready(j, p);
}
