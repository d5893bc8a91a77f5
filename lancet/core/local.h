/* local.h - addresses of Unix sockets */
#ifndef LANCET_CORE_LOCAL_H
#define LANCET_CORE_LOCAL_H

struct err;
struct sockaddr_storage;

/*
 * The socket of this host behind /PATH, or @NAME, which is abstract and has
 * no file (unix(7)); "@" alone lets a server have any free name. 0, -EINVAL
 * where it is neither, -ENAMETOOLONG.
 */
int local_address(const char *address, struct sockaddr_storage *to,
		  unsigned *len, struct err *err);

#endif
