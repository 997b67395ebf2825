/* http_server: serves webhooks, /metrics, /healthz and /readyz (libmicrohttpd, driven by the loop; http_server.c alone
 * includes its header). Each request is handled in a task, so a handler may wait. */
#ifndef TIDEGATE_EDGE_HTTP_SERVER_H
#define TIDEGATE_EDGE_HTTP_SERVER_H

#include "base/arena.h"
#include "base/log.h"
#include "loop.h"

struct http_server;

struct http_server_settings {
    const char *address; /* "127.0.0.1:8080"; port 0 picks a free one */
    size_t body_max;     /* 0 is 2 MiB; a larger one is answered 413 without being read */
    int connections_max; /* 0 is 256; for more than that, the one that keeps us waiting longest is dropped */
    int timeout_s;       /* idle or slow clients, 0 is 10; a first head has half of it */
};

struct http_incoming { /* borrowed for the time of the call */
    const char *method, *path; /* path without the query */
    struct text body;          /* the raw bytes */
    void *impl;
};
const char *http_incoming_header(const struct http_incoming *r, const char *name); /* any case; NULL when absent */
const char *http_incoming_query(const struct http_incoming *r, const char *name);  /* NULL when absent */

struct http_reply {
    int status;               /* 0 is 500 */
    const char *content_type; /* NULL is text/plain; charset=utf-8 */
    struct text body;         /* copied after the handler returns: keep it in the arena */
    struct arena *arena;      /* the request's own */
};

typedef void http_handler_fn(void *ctx, const struct http_incoming *request, struct http_reply *reply); /* may wait */

int http_server_new(struct http_server **out, struct loop *l, const struct log *log,
                    const struct http_server_settings *s, struct err *err);
void http_server_free(struct http_server *s);
/* Exact path, or a prefix when it ends in '/'. method NULL is any. Before the loop runs. */
int http_server_route(struct http_server *s, const char *method, const char *path, http_handler_fn *fn, void *ctx);
int http_server_port(const struct http_server *s);
void http_server_drain(struct http_server *s); /* takes no new connections; those under way are finished */

#endif
