/* listener: see its header. */
#include "listener.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/text.h"

static int address_split(const char *address, char host[256], const char **port)
{
    const char *colon = strrchr(address, ':');
    size_t n = colon ? (size_t)(colon - address) : 0;
    int64_t number;
    if (!colon || !text_to_i64(text_of(colon + 1), &number) || number < 0 || number > 65535 || n >= 256)
        return -1;
    if (n >= 2 && address[0] == '[' && address[n - 1] == ']')
        address++, n -= 2;
    memcpy(host, address, n);
    host[n] = '\0';
    *port = colon + 1;
    return 0;
}

static int socket_bound(const struct addrinfo *to)
{
    int one = 1, fd = socket(to->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(fd, to->ai_addr, to->ai_addrlen) || listen(fd, SOMAXCONN)) {
        int kept = errno;
        close(fd);
        errno = kept;
        return -1;
    }
    return fd;
}

int listener_open(const char *address, struct err *err)
{
    struct addrinfo hints = {.ai_flags = AI_PASSIVE, .ai_socktype = SOCK_STREAM}, *found;
    char host[256];
    const char *port;
    if (address_split(address, host, &port))
        return err_set(err, ERR_INVALID, "\"%s\" is no address to listen on: write it as 127.0.0.1:8080", address);
    const char *name = strcmp(host, "localhost") == 0 ? "127.0.0.1" : host; /* whatever the resolver thinks of it */
    int rc = getaddrinfo(name[0] ? name : NULL, port, &hints, &found);
    if (rc)
        return err_set(err, ERR_INVALID, "cannot listen on %s: %s", address, gai_strerror(rc));
    int fd = socket_bound(found);
    int why = errno;
    freeaddrinfo(found);
    if (fd >= 0)
        return fd;
    return err_set(err, why == EACCES ? ERR_DENIED : ERR_UNAVAILABLE, "cannot listen on %s: %s%s", address,
                   strerror(why), why == EADDRINUSE ? ": stop who does, or choose another port" : "");
}

int listener_port(int fd)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } at = {0};
    socklen_t size = sizeof at;
    getsockname(fd, &at.any, &size);
    return ntohs(at.any.sa_family == AF_INET6 ? at.v6.sin6_port : at.v4.sin_port);
}
