/* echo.h - a server on a thread that sends back what it gets */
#ifndef TESTS_DOUBLE_ECHO_H
#define TESTS_DOUBLE_ECHO_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "agents/transport.h"
#include "lancet/core/arena.h"

struct err;

struct echo {
	struct transport transport;
	struct arena arena;
	pthread_t thread;
	_Atomic bool stop;
	const char *address;	/* where it listens */
};

/* 0 or -errno. */
int echo_start(struct echo *echo, const char *address, bool stream,
	       struct err *err);
void echo_stop(struct echo *echo);

#endif
