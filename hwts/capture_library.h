/* capture_library.h - libpcap, loaded when a capture is first asked for */
#ifndef HWTS_CAPTURE_LIBRARY_H
#define HWTS_CAPTURE_LIBRARY_H

#include <pcap/pcap.h>

struct err;

/*
 * The program does not depend on the library: it names what it calls here,
 * with the types of the headers, and looks it up once.
 */
#define CAPTURE_OF_PCAP(X)                                               \
	X(pcap_fopen_offline_with_tstamp_precision)                      \
	X(pcap_next_ex) X(pcap_close) X(pcap_geterr) X(pcap_datalink)    \
	X(pcap_datalink_val_to_description)                              \
	X(pcap_create) X(pcap_activate) X(pcap_setnonblock)              \
	X(pcap_fileno)                                                   \
	X(pcap_set_snaplen) X(pcap_set_timeout) X(pcap_set_buffer_size)  \
	X(pcap_set_tstamp_precision) X(pcap_set_tstamp_type)             \
	X(pcap_get_tstamp_precision) X(pcap_stats)                       \
	X(pcap_compile) X(pcap_setfilter) X(pcap_freecode)

#define CAPTURE_MEMBER(name) __typeof__(&name) name;

struct capture_library {
	CAPTURE_OF_PCAP(CAPTURE_MEMBER)
};

extern struct capture_library capture_library;

/* Cold, any thread, as often as one likes. -ENOENT: which file is missing. */
int capture_library_load(struct err *err);

#endif
