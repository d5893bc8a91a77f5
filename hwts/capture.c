/* capture.c - packets that somebody else saw on the wire, and when */
#include "hwts/capture.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "hwts/capture_library.h"
#include "lancet/core/err.h"

struct capture {
	pcap_t *pcap;
	int link;
};

#define LAST_S (INT64_MAX / 1000000000 - 1)

struct capture *capture_open_file(FILE *file, struct err *err)
{
	char why[PCAP_ERRBUF_SIZE] = "";
	struct capture *c = NULL;

	if (capture_library_load(err) < 0)
		goto close;
	c = calloc(1, sizeof(*c));
	if (!c) {
		err_set(err, -ENOMEM, "out of memory");
		goto close;
	}
	c->pcap = capture_library.pcap_fopen_offline_with_tstamp_precision(
		file, PCAP_TSTAMP_PRECISION_NANO, why);
	if (!c->pcap) {
		err_one_line(why);
		err_set(err, -EINVAL, "not a capture that libpcap can read: %s",
			why);
		goto close;
	}
	c->link = capture_library.pcap_datalink(c->pcap);
	return c;
close:
	free(c);
	fclose(file);
	return NULL;
}

/* --- live ----------------------------------------------------------------- */

/* What a failed or a half-hearted activation means for us. */
static int activated(const struct capture_params *params, pcap_t *p, int rc,
		     struct err *err)
{
	if (rc == PCAP_ERROR_PERM_DENIED)
		return err_set(err, -EPERM,
			       "capturing on %s needs the right CAP_NET_RAW; "
			       "run as root, or setcap cap_net_raw+ep the "
			       "program", params->interface);
	if (rc == PCAP_ERROR_NO_SUCH_DEVICE)
		return err_set(err, -ENODEV, "there is no interface %s",
			       params->interface);
	/* A warning: activation goes on with the host's stamps. */
	if (rc > 0 && params->hardware)
		return err_set(err, -ENOTSUP,
			       "%s gives captures no hardware stamps",
			       params->interface);
	if (rc >= 0 && capture_library.pcap_get_tstamp_precision(p) !=
			       PCAP_TSTAMP_PRECISION_NANO)
		return err_set(err, -ENOTSUP,
			       "%s stamps captures in microseconds only",
			       params->interface);
	if (rc >= 0)
		return 0;
	err_set(err, -EIO, "cannot capture on %s: %s", params->interface,
		capture_library.pcap_geterr(p));
	err_one_line(err->text);
	return -EIO;
}

static int activate(const struct capture_params *params, pcap_t *p,
		    struct err *err)
{
	const struct capture_library *l = &capture_library;
	int buffer = params->buffer > CAPTURE_BUFFER ? params->buffer
						     : CAPTURE_BUFFER;

	/* Any answer but 0 means that others would be given. */
	if (params->hardware &&
	    l->pcap_set_tstamp_type(p, PCAP_TSTAMP_ADAPTER) != 0)
		return err_set(err, -ENOTSUP,
			       "%s gives captures no hardware stamps",
			       params->interface);
	l->pcap_set_snaplen(p, CAPTURE_SNAP);
	l->pcap_set_timeout(p, CAPTURE_DELAY_MS);
	l->pcap_set_buffer_size(p, buffer);
	if (l->pcap_set_tstamp_precision(p, PCAP_TSTAMP_PRECISION_NANO) != 0)
		return err_set(err, -ENOTSUP,
			       "%s stamps captures in microseconds only",
			       params->interface);
	return activated(params, p, l->pcap_activate(p), err);
}

int capture_filter(struct capture *c, const char *filter, struct err *err)
{
	struct bpf_program program;
	int rc = capture_library.pcap_compile(c->pcap, &program, filter, 1,
					      PCAP_NETMASK_UNKNOWN);

	if (rc == 0) {
		rc = capture_library.pcap_setfilter(c->pcap, &program);
		capture_library.pcap_freecode(&program);
	}
	if (rc == 0)
		return 0;
	err_set(err, -EINVAL, "capture filter '%s': %s", filter,
		capture_library.pcap_geterr(c->pcap));
	err_one_line(err->text);
	return -EINVAL;
}

/*
 * There each packet passes twice, and libpcap passes over the one that goes
 * out: it need not be copied at all (Linux 4.20). "inbound" in the filter is
 * no way: libpcap itself filters the first blocks, and does not know it.
 */
static void once_on_loopback(pcap_t *p)
{
	int on = 1;

	setsockopt(capture_library.pcap_fileno(p), SOL_PACKET,
		   PACKET_IGNORE_OUTGOING, &on, sizeof(on));
}

struct capture *capture_open_live(const struct capture_params *params,
				  struct err *err)
{
	char why[PCAP_ERRBUF_SIZE] = "";
	struct capture *c;

	if (capture_library_load(err) < 0)
		return NULL;
	c = calloc(1, sizeof(*c));
	if (!c) {
		err_set(err, -ENOMEM, "out of memory");
		return NULL;
	}
	c->pcap = capture_library.pcap_create(params->interface, why);
	if (!c->pcap) {
		err_one_line(why);
		err_set(err, -EIO, "cannot capture on %s: %s",
			params->interface, why);
		free(c);
		return NULL;
	}
	if (activate(params, c->pcap, err) < 0 ||
	    capture_filter(c, params->filter, err) < 0 ||
	    capture_library.pcap_setnonblock(c->pcap, 1, why) < 0) {
		capture_close(c);
		return NULL;
	}
	if (!strcmp(params->interface, "lo"))
		once_on_loopback(c->pcap);
	c->link = capture_library.pcap_datalink(c->pcap);
	return c;
}

uint64_t capture_drops(const struct capture *c)
{
	struct pcap_stat stat = { 0 };

	if (capture_library.pcap_stats(c->pcap, &stat) < 0)
		return 1; /* who cannot tell has lost some */
	/* What the device dropped, nobody else has seen either. */
	return stat.ps_drop;
}

/* --- packets -------------------------------------------------------------- */

/* Precision is ns, so that is what tv_usec counts; files may have any. */
static int64_t stamp_of(const struct pcap_pkthdr *head)
{
	if (head->ts.tv_sec < 0 || head->ts.tv_sec > LAST_S ||
	    head->ts.tv_usec < 0 || head->ts.tv_usec >= 1000000000)
		return 0;
	return head->ts.tv_sec * INT64_C(1000000000) + head->ts.tv_usec;
}

int capture_next(struct capture *c, struct capture_packet *packet,
		 struct err *err)
{
	struct pcap_pkthdr *head;
	const unsigned char *data;
	int rc = capture_library.pcap_next_ex(c->pcap, &head, &data);

	if (rc == PCAP_ERROR_BREAK || rc == 0)
		return 0;
	if (rc < 0) {
		err_set(err, -EBADMSG, "%s",
			capture_library.pcap_geterr(c->pcap));
		err_one_line(err->text);
		return -EBADMSG;
	}
	*packet = (struct capture_packet){
		.at_ns = stamp_of(head),
		.data = data,
		.len = head->caplen,
		.full = head->len > head->caplen ? head->len : head->caplen,
		.link = c->link,
	};
	return 1;
}

const char *capture_link_name(const struct capture *c)
{
	const char *name =
		capture_library.pcap_datalink_val_to_description(c->link);

	return name ? name : "an unknown link type";
}

void capture_close(struct capture *c)
{
	capture_library.pcap_close(c->pcap); /* and the file */
	free(c);
}
