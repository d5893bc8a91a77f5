/* pairing_doubt.h - a card that mistakes one send for another is found out */
#ifndef HWTS_PAIRING_DOUBT_H
#define HWTS_PAIRING_DOUBT_H

#include <stddef.h>

struct pairing;

/*
 * A card's stamp may bear the key of another send, and where the right stamp
 * of that key is lost nothing contradicts it. But one connection's sends
 * leave in order: stamps out of order are wrong, both. And a card that was
 * caught at it, by these or by stamps disputed, stray or misplaced, is
 * believed only where no other send without a stamp of its own was on its
 * way at that instant: it could be that one's.
 *
 * For the sends [first, end) of one connection, after all stamps were taken
 * and before they are settled.
 */
void pairing_doubt(struct pairing *p, size_t first, size_t end);

#endif
