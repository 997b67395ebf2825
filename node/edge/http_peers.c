/* http_peers: see its header. */
#include "http_peers.h"

#include <sys/socket.h>

void http_peer_rest(struct http_peer *p)
{
    struct http_peers *all = p->all;
    if (!p->waited_for)
        return;
    p->waited_for = false;
    loop_cancel(all->loop, p->timer);
    *(p->older ? &p->older->newer : &all->oldest) = p->newer;
    *(p->newer ? &p->newer->older : &all->newest) = p->older;
}

static void drop(struct http_peer *p, const char *why)
{
    log_line(p->all->log, LOG_LEVEL_DEBUG, "http-client-dropped", "why", why, NULL);
    http_peer_rest(p);
    shutdown(p->fd, SHUT_RDWR);
}

static void on_slow(void *ctx)
{
    drop(ctx, "too slow");
}

void http_peer_wait(struct http_peer *p, int64_t ms)
{
    struct http_peers *all = p->all;
    http_peer_rest(p);
    p->waited_for = true;
    p->timer = loop_after(all->loop, ms, on_slow, p);
    p->older = all->newest;
    p->newer = NULL;
    *(all->newest ? &all->newest->newer : &all->oldest) = p;
    all->newest = p;
}

void http_peer_begin(struct http_peer *p, struct http_peers *all, int fd)
{
    *p = (struct http_peer){.all = all, .fd = fd};
    if (++all->count > all->max && all->oldest)
        drop(all->oldest, "others want its place");
}

void http_peer_end(struct http_peer *p)
{
    http_peer_rest(p);
    p->all->count--;
}
