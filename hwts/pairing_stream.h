/* pairing_stream.h - when requests of a stream left, by stamps of few bytes */
#ifndef HWTS_PAIRING_STREAM_H
#define HWTS_PAIRING_STREAM_H

#include <stddef.h>

struct pairing;
struct pairing_rules;

/*
 * The sends [first, end) of one connection. The kernel stamps the packet with
 * the last byte of a write, each time that it goes out; where it merges
 * writes, only that of the last. So
 *
 *  - The first stamp of a request's own last byte is its own. Bytes leave in
 *    order, but for those that leave again: of two that are out of order one
 *    is of a retransmission, whose first was lost; nobody knows which, and
 *    both are `misplaced`. So is that of a request, or a TLS record, of several segments, if
 *    its connection has sent anything again: where some of its packets are
 *    dropped on this host, Linux 6.18 stamps others in their stead.
 *  - Without one, the request left before any later byte did, but after it
 *    was sent, and after the last byte known to have left before it. It takes
 *    the stamp of the later one (`shared`) where that leaves less than 5 us
 *    or a hundredth of its response time open. If its connection has sent
 *    anything again, only within a write of one segment: what is dropped on
 *    this host, before a device sees it, leaves after bytes that follow it,
 *    and nobody hears of that.
 *  - Where a connection has sent something again, and its stamps took up half
 *    of their buffer, the first may have been dropped: none is believed. Nor
 *    where the log had no room: a first stamp, or that something was sent
 *    again, may be what is missing.
 *
 * A witness stamps every packet: the first that carried a later byte carried
 * this one too, or came after it.
 */
void pairing_stream(struct pairing *p, size_t first, size_t end,
		    const struct pairing_rules *rules);

#endif
