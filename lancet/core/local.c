/* local.c - addresses of Unix sockets */
#include "lancet/core/local.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "lancet/core/err.h"

int local_address(const char *address, struct sockaddr_storage *to,
		  unsigned *len, struct err *err)
{
	struct sockaddr_un *un = (void *)to;
	size_t n = strlen(address);

	if (address[0] != '/' && address[0] != '@')
		return err_set(err, -EINVAL,
			       "'%.200s' is not a Unix socket; write /PATH, or "
			       "@NAME without a file", address);
	if (n >= sizeof(un->sun_path))
		return err_set(err, -ENAMETOOLONG,
			       "'%.200s' is too long for a Unix socket; the "
			       "most are %zu bytes", address,
			       sizeof(un->sun_path) - 1);
	memset(un, 0, sizeof(*un));
	un->sun_family = AF_UNIX;
	memcpy(un->sun_path, address, n);
	*len = (unsigned)(offsetof(struct sockaddr_un, sun_path) + n);
	if (address[0] == '@')
		un->sun_path[0] = '\0';
	if (n == 1 && address[0] == '@') /* the kernel finds a free name */
		*len = sizeof(sa_family_t);
	return 0;
}
