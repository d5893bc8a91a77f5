/* plugin.h - a protocol of your own for lancet, in a shared library
 *
 * Write one C file that defines `const struct lancet_plugin lancet_plugin`,
 *	cc -shared -fPIC -O2 -o mine.so mine.c
 * and name it in a configuration:
 *	workload: {protocol: {plugin: {path: mine.so}}, ...}
 * This header needs no other of lancet's. Later versions only add members at
 * the ends of structures; lancet loads plug-ins of this version and earlier.
 * examples/plugin/ has one to start from.
 */
#ifndef LANCET_PLUGIN_H
#define LANCET_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

#define LANCET_PLUGIN_VERSION 1

/* Zeroed bytes of your own for each connection, given to build and feed. */
#define LANCET_PLUGIN_CONN 256

enum lancet_plugin_flag {
	LANCET_STREAM = 1,   /* can run over tcp, unix */
	LANCET_DATAGRAM = 2, /* over udp, unix-datagram: a message each */
	LANCET_IN_ORDER = 4, /* replies carry no id: the oldest is answered */
	LANCET_SERVICE = 8,  /* requests carry their service time */
};

/* One request, as the workload drew it. */
struct lancet_request {
	uint64_t id;	     /* unique; the low 32 bits count up */
	uint64_t service_ns; /* 0: the workload has no service law */
	uint64_t draw;	     /* 64 random bits, for keys and the like */
	uint32_t request_size, reply_size; /* bytes; 0: your own */
	uint32_t conn;	     /* counted over all agents */
	uint32_t class_;     /* from 0 */
};

enum lancet_status { LANCET_OK, LANCET_NACK, LANCET_ERROR };

/* One reply. */
struct lancet_done {
	uint64_t id;	    /* of its request; with LANCET_IN_ORDER ignored */
	uint64_t served_ns; /* how long the server worked; 0: not told */
	uint32_t status;    /* enum lancet_status */
	uint32_t zero;
};

struct lancet_plugin {
	uint32_t version; /* LANCET_PLUGIN_VERSION */
	uint32_t flags;	  /* enum lancet_plugin_flag */

	/*
	 * Before anything else, once a thread: `options` is the
	 * configuration's text, "" where it has none. *state is yours and
	 * given to the others; *most: bytes that one build() may write.
	 * 0, or anything else with a line in error[room].
	 */
	int (*open)(const char *options, void **state, size_t *most,
		    char *error, size_t room);

	/*
	 * Hot: write one request, at most room bytes; returns its length, 0
	 * where it cannot be. Neither block nor allocate here or in feed().
	 */
	size_t (*build)(void *state, void *conn,
			const struct lancet_request *request,
			unsigned char *out, size_t room);

	/*
	 * Hot: read replies from the front of in[len]: at most `max` of them
	 * into done[], *n says how many. Returns the bytes that are done
	 * with; the rest comes again, longer. Less than 0: these bytes are
	 * no reply. The bytes are the network's: trust none.
	 */
	long (*feed)(void *state, void *conn, const unsigned char *in,
		     size_t len, struct lancet_done *done, size_t max,
		     size_t *n);
};

extern const struct lancet_plugin lancet_plugin;

#endif
