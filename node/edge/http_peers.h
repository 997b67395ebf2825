/* http_peers: the connections of an HTTP server, and which of them keep it waiting. A connection is in one phase at a
 * time (head, body, taking the reply, idle), and each phase has its time. When there are more connections than the
 * server wants, the one whose phase began first is dropped for the one that comes: a client that sends its request at
 * once is through long before it is the oldest, and slow ones drop each other. A connection whose handler runs keeps
 * nobody waiting, and is never dropped. */
#ifndef TIDEGATE_EDGE_HTTP_PEERS_H
#define TIDEGATE_EDGE_HTTP_PEERS_H

#include "base/log.h"
#include "loop.h"

struct http_peer;
struct http_peers {
    struct loop *loop;
    const struct log *log;
    unsigned max, count;
    struct http_peer *oldest, *newest; /* of those that keep us waiting, by when their phase began */
};

struct http_peer {
    struct http_peers *all;
    struct http_peer *older, *newer;
    int fd;
    bool waited_for; /* in the list */
    uint64_t timer;
};

/* The peer's storage is the caller's, from begin to end. */
void http_peer_begin(struct http_peer *p, struct http_peers *all, int fd);
void http_peer_end(struct http_peer *p);
/* A new phase of at most ms. Over time the socket is shut down; its owner finds it closed. */
void http_peer_wait(struct http_peer *p, int64_t ms);
void http_peer_rest(struct http_peer *p); /* its handler runs */

#endif
