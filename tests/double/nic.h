/* nic.h - a network card that stamps, simulated above the kernel's own stamps */
#ifndef TESTS_DOUBLE_NIC_H
#define TESTS_DOUBLE_NIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hwts/sys.h"
#include "tests/double/sim_phc.h"

/*
 * Stands in for the kernel's calls of hwts/sys.h. Real packets go over real
 * interfaces and the kernel's own software stamps come back; to each of them
 * the card adds what its simulated clock showed at that instant, unless one
 * of its faults strikes. Every interface has one, and all share one clock,
 * /dev/ptp0. Shares are of stamps; an errno of 0 is success.
 */
struct nic_spec {
	struct sim_phc_spec phc;
	double lost, zero;		/* no stamp; one that says 0 */
	double late, late_ns;		/* told so much later */
	double twice, reordered, wrong_id; /* how the card's are told */
	double one_in_flight_ns;	/* no stamp so soon after another */
	double seed;
	double claims;			/* what ETHTOOL_GET_TS_INFO says; */
	double mute;			/* and there never are any stamps, */
	double frozen;			/* or its clock stands still */
	double step_ns, step_after_s;	/* or is set, so long after the start */
	double launches;		/* packets leave when they are to; a */
					/* share of 0: SO_TXTIME does nothing */
	double get_errno, set_errno;	/* of SIOC[GS]HWTSTAMP */
	double set_filter;		/* that the driver makes of ours; -1 */
	double precise_errno, extended_errno, offset_errno;
};

extern const struct nic_spec nic_good;

struct nic_counts {
	uint64_t stamped;	/* stamps of sends with the card's time */
	uint64_t lost, zero, late, twice, reordered, wrong_id, busy;
	uint64_t sets;		/* SIOCSHWTSTAMP that succeeded */
};

/* The one card; again: as new. */
void nic_start(const struct nic_spec *spec);
void nic_stop(void);

/* "lost=0.01,drift=25": keys as nic.c has them. -1: unknown, or no number. */
int nic_parse(struct nic_spec *spec, const char *text);

extern struct nic_counts nic_counts;
extern const struct sys_ops nic_sys;

/* As somebody else would set it, and as it is. */
void nic_configure(int tx, int rx);
void nic_configured(int *tx, int *rx);

/* What the card's clock really shows at an instant of ours. */
int64_t nic_clock(int64_t mono_ns);

/* What is known of the packet of this key. */
struct nic_truth {
	int64_t mono_ns;	/* when it really left; 0: it did not */
	bool told;		/* and its stamp got through under its own key */
	bool mistaken;		/* so did another one's */
};

struct nic_truth nic_truth(int fd, uint32_t key);

#endif
