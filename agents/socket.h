/* socket.h - what the transports on the kernel's sockets share */
#ifndef AGENTS_SOCKET_H
#define AGENTS_SOCKET_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

struct err;

/* A resolved address and its length, as the kernel wants them. */
struct socket_address {
	struct sockaddr_storage to;
	socklen_t len;
};

/* "127.0.0.1:4711", "[::1]:4711"; returns text. */
#define SOCKET_NAME_SIZE 64
char *socket_name(const struct sockaddr *address, char *text, size_t size);

/* A socket of SOCK_DGRAM or SOCK_STREAM that never blocks; -errno. */
int socket_open(const struct socket_address *address, int type);

/*
 * Receive and send buffers of so many bytes, beyond the system's limit where
 * that is permitted, else up to it.
 */
void socket_buffers(int fd, int bytes);

/* Bind (and for a stream, listen), then say where; -errno. */
int socket_listen(const struct socket_address *address, int type,
		  char name[SOCKET_NAME_SIZE], struct err *err);

/* Be allowed n descriptors more than are usual. 0 or -EMFILE. */
int socket_limit(size_t n, struct err *err);

/* Watch a descriptor with an epoll; `data` comes back with its events. */
int socket_watch(int epoll, int op, int fd, uint32_t events, uint32_t data);

/* Sleep until a descriptor (an epoll too) can be read, or the instant. */
void socket_wait(int fd, int64_t until_ns);

/* Zeroed pages that cost nothing until they are touched; NULL. */
void *socket_pages(size_t size);
void socket_pages_free(void *pages, size_t size);

#endif
