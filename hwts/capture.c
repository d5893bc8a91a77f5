/* capture.c - packets that somebody else saw on the wire, and when */
#include "hwts/capture.h"

#include <errno.h>
#include <stdlib.h>

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
		err_set(err, -EINVAL, "no capture that libpcap can read: %s",
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

	if (rc == PCAP_ERROR_BREAK)
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
