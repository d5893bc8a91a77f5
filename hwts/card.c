/* card.c - the network card that a socket's packets leave by, set to stamp */
#include "hwts/card.h"

#include <errno.h>
#include <string.h>

#include "hwts/interface.h"
#include "lancet/core/err.h"

/* What it does not even claim is not tried; what it claims proves nothing. */
static int card_claims(const struct sys_ops *sys, const char *interface,
		       struct hwtstamp_caps *caps, struct err *err)
{
	int rc = hwtstamp_ask(sys, interface, caps);

	if (rc < 0)
		return err_set(err, rc, "%s does not report what it can stamp: "
					"%s",
			       interface, strerror(-rc));
	if (caps->phc < 0)
		return err_set(err, -EOPNOTSUPP, "%s has no hardware clock; use "
			       "timestamps: kernel, or a card that has one",
			       interface);
	if (!hwtstamp_complete(caps))
		return err_set(err, -EOPNOTSUPP, "the hardware of %s does not "
			       "stamp every packet, both ways; use "
			       "timestamps: kernel", interface);
	return 0;
}

int card_open(struct card *card, const struct sys_ops *sys, int fd,
	      const char *interface, struct err *err)
{
	char name[IF_NAMESIZE];
	struct hwtstamp_caps caps;
	int rc = interface ? 0 : interface_of(fd, name);

	if (rc < 0)
		return err_set(err, rc, "cannot find out by which interface "
			       "packets leave: %s", strerror(-rc));
	interface = interface ? interface : name;
	rc = card_claims(sys, interface, &caps, err);
	if (rc < 0)
		return rc;
	rc = hwtstamp_take(&card->hold, sys, interface, err);
	if (rc < 0)
		return rc;
	rc = phc_clock_open(&card->clock, sys, caps.phc, err);
	if (rc < 0)
		hwtstamp_release(&card->hold);
	card->open = rc == 0;
	return rc;
}

void card_close(struct card *card)
{
	if (!card->open)
		return;
	phc_clock_close(&card->clock);
	hwtstamp_release(&card->hold);
	card->open = false;
}
