/*
 * Preloaded into BlueZ's btvirt. Its sockets go to the folder in BTVIRT_FOLDER instead of /tmp, so that several can
 * run; and where the kernel has no AF_ALG it starts all the same: only pairing needs AES, and nobody here pairs.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <linux/if_alg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static const char theirs[] = "/tmp/bt-server-";

/* The path to use instead of one of btvirt's own. */
static const char *here(const char *path, char *room, size_t size)
{
	const char *folder = getenv("BTVIRT_FOLDER");

	if (folder == NULL || strncmp(path, theirs, sizeof(theirs) - 1) != 0)
		return path;
	snprintf(room, size, "%s/%s", folder, path + strlen("/tmp/bt-server-"));
	return room;
}

int socket(int domain, int type, int protocol)
{
	int (*real)(int, int, int) = dlsym(RTLD_NEXT, "socket");
	int fd = real(domain, type, protocol);

	if (fd < 0 && domain == AF_ALG)
		return open("/dev/null", O_RDWR | O_CLOEXEC);
	return fd;
}

int bind(int fd, const struct sockaddr *address, socklen_t length)
{
	int (*real)(int, const struct sockaddr *, socklen_t) = dlsym(RTLD_NEXT, "bind");
	struct sockaddr_un moved;

	if (address->sa_family == AF_UNIX) {
		memcpy(&moved, address, length < sizeof(moved) ? length : sizeof(moved));
		here(((const struct sockaddr_un *) address)->sun_path, moved.sun_path, sizeof(moved.sun_path));
		return real(fd, (const struct sockaddr *) &moved, sizeof(moved));
	}
	if (real(fd, address, length) == 0)
		return 0;
	return address->sa_family == AF_ALG ? 0 : -1;
}

int unlink(const char *path)
{
	int (*real)(const char *) = dlsym(RTLD_NEXT, "unlink");
	char room[sizeof(((struct sockaddr_un *) 0)->sun_path)];

	return real(here(path, room, sizeof(room)));
}
