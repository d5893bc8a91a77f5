/* nic_card.h - what the parts of the simulated network card share */
#ifndef TESTS_DOUBLE_NIC_CARD_H
#define TESTS_DOUBLE_NIC_CARD_H

#include <pthread.h>
#include <time.h>

#include <linux/errqueue.h>

#include "tests/double/nic.h"

#define NIC_SOCKETS 4096

struct told;

struct nic_socket {
	struct told *first, **last;	/* messages of its error queue */
	struct nic_truth *truth;	/* by key */
	uint32_t keys;			/* room for them */
};

/* The card. Its lock is held by whoever calls the functions below. */
struct nic {
	pthread_mutex_t lock;
	struct nic_spec spec;
	struct sim_phc phc;
	struct rng rng;
	int64_t wall_ns;	/* CLOCK_REALTIME - our clock */
	int64_t stamped_ns;	/* the last send */
	int tx, rx;
	struct nic_socket socket[NIC_SOCKETS];
};

extern struct nic nic;

/* The kernel's own calls. */
extern const struct sys_ops *nic_real;

/* The stamps and the error of a message's control data, in place. */
struct nic_parts {
	struct scm_timestamping *at;
	struct sock_extended_err *error;
};

struct nic_parts nic_parts(struct msghdr *msg);

/* Does the card stamp, as it is set? */
bool nic_stamps(void);

/* A fault of this share; counted. */
bool nic_strikes(double share, uint64_t *count);

/* The card's time of the instant that the kernel's stamp names. */
void nic_stamp(struct scm_timestamping *at);

/* The next message of a socket's error queue; false: there is none. */
bool nic_error(int fd, struct msghdr *msg);

/* The socket's keys begin anew, and so does what is known of them. */
void nic_forget(struct nic_socket *s);

#endif
