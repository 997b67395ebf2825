/* peer: see its header. Blocking sockets with a time-out, so that a failing test ends. */
#include "peer.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE_MS 2000

static void *run(void *arg)
{
    struct peer *p = arg;
    p->script(p);
    peer_close(p);
    return NULL;
}

void peer_start(struct peer *p, void (*script)(struct peer *p))
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    memset(p, 0, sizeof *p);
    p->fd = -1;
    p->script = script;
    p->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(p->listener, (struct sockaddr *)&at, size) || listen(p->listener, 16) ||
        getsockname(p->listener, (struct sockaddr *)&at, &size))
        abort();
    p->port = ntohs(at.sin_port);
    if (pthread_create(&p->thread, NULL, run, p))
        abort();
}

void peer_stop(struct peer *p)
{
    shutdown(p->listener, SHUT_RDWR); /* a script that waits for one more connection need not */
    pthread_join(p->thread, NULL);
    close(p->listener);
}

static int readable(int fd)
{
    struct pollfd one = {.fd = fd, .events = POLLIN};
    return poll(&one, 1, PATIENCE_MS) > 0;
}

/* Bytes of the whole request, once its head is there; 0 before. */
static size_t request_size(const char *request)
{
    const char *end = strstr(request, "\r\n\r\n"), *length = strcasestr(request, "\r\ncontent-length:");
    if (!end)
        return 0;
    size_t body = length && length < end ? strtoul(length + strlen("\r\ncontent-length:"), NULL, 10) : 0;
    return (size_t)(end + 4 - request) + body;
}

static int read_request(struct peer *p)
{
    size_t n = 0, whole = 0;
    while (n + 1 < sizeof p->request && (!whole || n < whole)) {
        ssize_t got = readable(p->fd) ? read(p->fd, p->request + n, sizeof p->request - n - 1) : 0;
        if (got <= 0)
            return 0;
        n += (size_t)got;
        p->request[n] = '\0';
        whole = request_size(p->request);
    }
    p->requests++;
    return 1;
}

int peer_next(struct peer *p)
{
    for (int tries = 0; tries < 2; tries++) {
        if (p->fd < 0) {
            if (!readable(p->listener))
                return 0;
            p->fd = accept4(p->listener, NULL, NULL, SOCK_CLOEXEC);
            if (p->fd < 0)
                return 0;
            p->connections++;
        }
        if (read_request(p))
            return 1;
        peer_close(p); /* the other side has closed: perhaps it comes again */
    }
    return 0;
}

void peer_send_n(struct peer *p, const void *bytes, size_t n)
{
    for (size_t at = 0; at < n;) {
        ssize_t put = send(p->fd, (const char *)bytes + at, n - at, MSG_NOSIGNAL);
        if (put <= 0)
            return;
        at += (size_t)put;
    }
}

void peer_send(struct peer *p, const char *bytes)
{
    peer_send_n(p, bytes, strlen(bytes));
}

void peer_close(struct peer *p)
{
    if (p->fd >= 0)
        close(p->fd);
    p->fd = -1;
}

void peer_pause(int ms)
{
    struct timespec t = {ms / 1000, ms % 1000 * 1000000L};
    nanosleep(&t, NULL);
}
