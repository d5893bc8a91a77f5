/* pairing_witness.h - a capture's stamps of replies find their replies */
#ifndef HWTS_PAIRING_WITNESS_H
#define HWTS_PAIRING_WITNESS_H

#include <stddef.h>

#include "hwts/pairing.h"

/*
 * A witness (TSOURCE_WITNESSES) says of each message that came in when it
 * did, by a key; the log of a thread says by which key a reply was read
 * (PAIRING_RECEIVED without an instant). Before pairing_join(): replies get
 * their instants, and what has none, or is of no reply, leaves the log. Of a
 * stream it is the first stamp that covers the last byte read.
 *
 * Keys are counted, so packets that nobody saw shift them: where there were
 * any (rules->dropped) no stamp is believed, and all are lost. Returns how
 * many entries are left.
 */
size_t pairing_witness(struct pairing_entry *log, size_t n,
		       const struct pairing_rules *rules, struct arena *arena);

#endif
