/* hwtstamp_hold.c - a card's stamps switched on, and off again whatever comes */
#include "hwts/hwtstamp.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/net_tstamp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lancet/core/err.h"

#define TEXT_SIZE 128
#define NAME "hwtstamp-"

static bool same(const struct hwtstamp_state *a,
		 const struct hwtstamp_state *b)
{
	return a->flags == b->flags && a->tx == b->tx && a->rx == b->rx;
}

/* --- the file ------------------------------------------------------------- */

static void state_text(const struct hwtstamp_state *b,
		       const struct hwtstamp_state *o, char *text)
{
	snprintf(text, TEXT_SIZE, "hwtstamp 1 %d %d %d %d %d %d\n", b->flags,
		 b->tx, b->rx, o->flags, o->tx, o->rx);
}

/* What does not read back as it was written is not ours. */
int hwtstamp_parse(const char *text, struct hwtstamp_state *before,
		   struct hwtstamp_state *ours)
{
	char again[TEXT_SIZE];
	int *const to[] = { &before->flags, &before->tx, &before->rx,
			    &ours->flags,   &ours->tx,	 &ours->rx };
	const char *at = text;

	if (strncmp(text, "hwtstamp 1 ", 11))
		return -EINVAL;
	at += 11;
	for (size_t i = 0; i < sizeof(to) / sizeof(*to); i++) {
		char *end;
		long value = strtol(at, &end, 10);

		if (end == at || value != (int)value)
			return -EINVAL;
		*to[i] = (int)value;
		at = end;
	}
	state_text(before, ours, again);
	return strcmp(text, again) ? -EINVAL : 0;
}

/* The folder's name; false: there is none that is nobody else's. */
static bool run_folder(char *path, size_t size)
{
	const char *systemd = getenv("RUNTIME_DIRECTORY");
	const char *user = getenv("XDG_RUNTIME_DIR");
	int n;

	if (systemd && *systemd == '/')
		n = snprintf(path, size, "%s", systemd);
	else if (geteuid() == 0)
		n = snprintf(path, size, "/run/lancet");
	else if (user && *user == '/')
		n = snprintf(path, size, "%s/lancet", user);
	else
		return false;
	return n > 0 && (size_t)n < size;
}

/* Interfaces of one name in two namespaces are two. */
static unsigned long network_namespace(void)
{
	struct stat st;

	return stat("/proc/self/ns/net", &st) == 0 ? (unsigned long)st.st_ino
						   : 0;
}

/* Opened, and still the file of that name when it is locked so; or -errno. */
static int file_open(const char *path, int flags, int lock)
{
	struct stat st;
	int fd;

	for (;;) {
		fd = open(path, flags | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0600);
		if (fd < 0)
			return -errno;
		if (flock(fd, lock) || fstat(fd, &st)) {
			int rc = -errno;

			close(fd);
			return rc;
		}
		if (st.st_nlink > 0)
			return fd;
		close(fd);
	}
}

static int file_read(struct hwtstamp_hold *hold)
{
	char text[TEXT_SIZE];
	ssize_t n = pread(hold->fd, text, sizeof(text) - 1, 0);

	text[n > 0 ? n : 0] = '\0';
	return hwtstamp_parse(text, &hold->before, &hold->ours);
}

static int file_write(const struct hwtstamp_hold *hold)
{
	char text[TEXT_SIZE];
	ssize_t len;

	state_text(&hold->before, &hold->ours, text);
	len = (ssize_t)strlen(text);
	if (ftruncate(hold->fd, 0) ||
	    pwrite(hold->fd, text, (size_t)len, 0) != len)
		return errno ? -errno : -EIO;
	return 0;
}

/* --- the interface -------------------------------------------------------- */

static const struct hwtstamp_state wanted = {
	.tx = HWTSTAMP_TX_ON, .rx = HWTSTAMP_FILTER_ALL,
};

static int hold_refused(const char *interface, int rc, struct err *err)
{
	switch (-rc) {
	case EOPNOTSUPP:
		return err_set(err, rc, "%s has no hardware timestamps; use "
			       "timestamps: kernel", interface);
	case EPERM:
	case EACCES:
		return err_set(err, rc, "only root may enable hardware "
			       "timestamps of %s; run lancet as root, or with "
			       "CAP_NET_ADMIN", interface);
	case EBUSY:
		return err_set(err, rc, "another program has configured the "
			       "hardware timestamps of %s otherwise; stop it "
			       "(ptp4l?)", interface);
	case ERANGE:
		return err_set(err, rc, "%s stamps only PTP packets, not every "
			       "packet; use timestamps: kernel",
			       interface);
	default:
		return err_set(err, rc, "cannot enable hardware timestamps of "
			       "%s: %s", interface, strerror(-rc));
	}
}

/* A driver may set less than was asked, and call it success. */
static int hold_switch(struct hwtstamp_hold *hold)
{
	struct hwtstamp_state now;
	int rc;

	if (hwtstamp_get(hold->sys, hold->interface, &now) == 0 &&
	    now.tx == wanted.tx && now.rx == wanted.rx) {
		hold->ours = now;
		return 0;
	}
	hold->ours = wanted;
	rc = hwtstamp_set(hold->sys, hold->interface, &hold->ours);
	if (rc == 0 && (hold->ours.tx != wanted.tx ||
			hold->ours.rx != wanted.rx))
		rc = -ERANGE;
	return rc;
}

/* As it was, unless somebody else set it meanwhile. */
static void hold_restore(struct hwtstamp_hold *hold)
{
	struct hwtstamp_state now;

	if (hwtstamp_get(hold->sys, hold->interface, &now) < 0)
		now = hold->ours;
	if (same(&now, &hold->ours) && !same(&now, &hold->before))
		hwtstamp_set(hold->sys, hold->interface, &hold->before);
}

/* The first holder: what a dead one wrote still stands, else what is set. */
static int hold_begin(struct hwtstamp_hold *hold)
{
	if (file_read(hold) < 0)
		hwtstamp_get(hold->sys, hold->interface, &hold->before);
	hold->ours = wanted;
	return file_write(hold);
}

static int hold_path(struct hwtstamp_hold *hold)
{
	char folder[200];

	if (!run_folder(folder, sizeof(folder)))
		return -ENOENT;
	if (mkdir(folder, 0700) && errno != EEXIST)
		return -errno;
	snprintf(hold->path, sizeof(hold->path), "%s/" NAME "%lu-%s", folder,
		 network_namespace(), hold->interface);
	return 0;
}

/*
 * Alone, or beside others. One who looks for dead holders has the file for a
 * moment, and then it is gone: so once more.
 */
static int hold_file(struct hwtstamp_hold *hold)
{
	int rc = hold_path(hold);

	for (int tries = 0; rc == 0 && tries < 100; tries++) {
		hold->fd = file_open(hold->path, O_CREAT, LOCK_EX | LOCK_NB);
		if (hold->fd >= 0)
			return hold_begin(hold);
		if (hold->fd != -EWOULDBLOCK)
			return hold->fd;
		hold->fd = file_open(hold->path, O_CREAT, LOCK_SH);
		if (hold->fd < 0 || file_read(hold) == 0)
			return hold->fd < 0 ? hold->fd : 0;
		close(hold->fd);
		hold->fd = -1;
	}
	return rc < 0 ? rc : -EBUSY;
}

int hwtstamp_take(struct hwtstamp_hold *hold, const struct sys_ops *sys,
		  const char *interface, struct err *err)
{
	int rc;

	*hold = (struct hwtstamp_hold){ .sys = sys, .fd = -1 };
	snprintf(hold->interface, sizeof(hold->interface), "%s", interface);
	rc = hold_file(hold);
	if (rc < 0) {
		rc = err_set(err, rc, "cannot keep the state of %s in %s: %s; "
			     "set RUNTIME_DIRECTORY to a writable folder",
			     interface,
			     *hold->path ? hold->path : "a run folder",
			     strerror(-rc));
		goto out;
	}
	rc = hold_switch(hold);
	if (rc < 0) {
		hold_refused(interface, rc, err);
		goto out;
	}
	rc = file_write(hold);
	flock(hold->fd, LOCK_SH);
	if (rc == 0)
		return 0;
	err_set(err, rc, "cannot write %s: %s", hold->path, strerror(-rc));
out:
	hwtstamp_release(hold);
	return rc;
}

void hwtstamp_release(struct hwtstamp_hold *hold)
{
	if (hold->fd < 0)
		return;
	if (flock(hold->fd, LOCK_EX | LOCK_NB) == 0) {
		hold_restore(hold);
		unlink(hold->path);
	}
	close(hold->fd);
	hold->fd = -1;
}

/* --- after a crash -------------------------------------------------------- */

/* One file of the folder: restored, where it is of a holder who died. */
static bool recover_one(const struct sys_ops *sys, const char *folder,
			const char *name, const char *prefix)
{
	struct hwtstamp_hold hold = { .sys = sys };
	const char *interface = name + strlen(prefix);
	bool dead;

	if (strncmp(name, prefix, strlen(prefix)) || !*interface ||
	    strlen(interface) >= IF_NAMESIZE)
		return false;
	snprintf(hold.interface, sizeof(hold.interface), "%s", interface);
	snprintf(hold.path, sizeof(hold.path), "%s/%s", folder, name);
	hold.fd = file_open(hold.path, 0, LOCK_EX | LOCK_NB);
	if (hold.fd < 0)
		return false;
	dead = file_read(&hold) == 0;
	if (dead)
		hold_restore(&hold);
	unlink(hold.path);
	close(hold.fd);
	return dead;
}

int hwtstamp_recover(const struct sys_ops *sys)
{
	char folder[200], prefix[64];
	struct dirent *entry;
	DIR *dir = NULL;
	int n = 0;

	if (run_folder(folder, sizeof(folder)))
		dir = opendir(folder);
	snprintf(prefix, sizeof(prefix), NAME "%lu-", network_namespace());
	while (dir && (entry = readdir(dir)))
		n += recover_one(sys, folder, entry->d_name, prefix);
	if (dir)
		closedir(dir);
	return n;
}
