/* http_server: libmicrohttpd without threads, on the process's loop; each request's handler in a task of its own.
 *
 *   RECEIVING ──whole──▶ RUNNING ──handler returns──▶ DONE ──reply queued──▶ ANSWERED ──▶ freed when MHD is through
 *       │                   │ the connection is suspended                        ▲
 *       │                   └── server freed: the task runs on, and frees it     │
 *       ├── no such path 404, wrong method 405, too large 413 ───────────────────┘
 *       └── a body without end: 413 past MHD, which cannot answer in the middle of one ──▶ CUT
 *
 * MHD has an epoll descriptor of its own for all its sockets; the loop watches that one and lets MHD run when it is
 * ready. What MHD has still to do without an event (data that it has read ahead) it tells as a time-out of 0.
 *
 * Slow clients: MHD's own time-out is about silence only, so a client that sends a byte now and then could hold a
 * connection for ever. Here each phase (http_peers.h) must be over within timeout_s, the first head within half of it,
 * else the socket is shut down, and MHD sees a closed connection. A running handler is not bounded here. MHD takes some
 * more connections than are wanted, so that there is always one for which an old one can be dropped.
 *
 * Invariants: a request belongs to MHD's connection, but while RUNNING to its task too, and the last one of them frees
 * it; MHD stops only after every suspended connection has been resumed. */
#include "http_server.h"

#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "http_peers.h"
#include "listener.h"

#define HEAD_MAX (32 * 1024)  /* MHD's pool for one connection: its head, and its body piece by piece */
#define DISCARD_MAX (1 << 20) /* of a body over its bound whose length was not announced */
#define ARENA_TIMES 16        /* a request's arena may be so many times body_max */
#define SPARE 64              /* connections over connections_max, until those dropped for them are gone */
#define LAST_WORDS_MS 1000    /* for a client that sends without end to hear why it is cut */

struct route {
    char *method, *path; /* method NULL: any */
    bool prefix;
    http_handler_fn *fn;
    void *ctx;
    struct route *next;
};

struct client { /* a connection */
    struct http_server *server;
    struct http_peer peer;
};

struct http_server {
    struct loop *loop;
    const struct log *log;
    struct MHD_Daemon *daemon;
    struct route *routes;
    struct request *requests; /* all that have a connection */
    struct http_peers peers;
    uint64_t again; /* timer: MHD has more to do */
    int epoll_fd, port, timeout_ms;
    size_t body_max;
    bool draining;
};

enum request_state { RECEIVING, RUNNING, DONE, ANSWERED, CUT };

struct request {
    struct http_server *server;        /* NULL once it is freed */
    struct MHD_Connection *connection; /* NULL likewise */
    struct client *client;
    enum request_state state;
    const struct route *route;
    struct http_incoming incoming;
    struct http_reply reply;
    struct arena arena;
    struct buf body;
    size_t discarded;
    struct request *next;
};

/* ---- MHD and the loop ---- */

static void server_run(void *ctx);

static void server_run_after(struct http_server *s, int64_t ms)
{
    if (s->again)
        loop_cancel(s->loop, s->again);
    s->again = loop_after(s->loop, ms, server_run, s);
}

static void server_run(void *ctx)
{
    struct http_server *s = ctx;
    MHD_UNSIGNED_LONG_LONG wait_ms;
    if (s->again)
        loop_cancel(s->loop, s->again);
    s->again = 0;
    MHD_run(s->daemon);
    if (MHD_get_timeout(s->daemon, &wait_ms) == MHD_YES)
        server_run_after(s, (int64_t)wait_ms);
}

static void on_ready(void *ctx, int events)
{
    (void)events;
    server_run(ctx);
}

static void on_mhd_words(void *ctx, const char *format, va_list args)
{
    const struct http_server *s = ctx;
    char words[200];
    vsnprintf(words, sizeof words, format, args);
    words[strcspn(words, "\n")] = '\0';
    log_line(s->log, LOG_LEVEL_DEBUG, "http-server", "msg", words, NULL);
}

/* ---- requests ---- */

static struct request *request_new(struct client *c, struct MHD_Connection *connection, const char *method,
                                   const char *path)
{
    struct request *r = calloc(1, sizeof *r);
    if (!r)
        return NULL;
    *r = (struct request){.server = c->server, .connection = connection, .client = c, .next = c->server->requests};
    c->server->requests = r;
    arena_init(&r->arena, ARENA_TIMES * c->server->body_max);
    buf_init(&r->body, c->server->body_max);
    r->reply.arena = &r->arena;
    r->incoming = (struct http_incoming){
        .method = arena_string(&r->arena, text_of(method)), .path = arena_string(&r->arena, text_of(path)), .impl = r};
    return r;
}

static void request_free(struct request *r)
{
    arena_release(&r->arena);
    buf_release(&r->body);
    free(r);
}

/* The connection is gone; a task that still runs frees the request at its end. */
static void request_detach(struct request *r)
{
    struct request **at = &r->server->requests;
    while (*at != r)
        at = &(*at)->next;
    *at = r->next;
    r->connection = NULL;
    r->server = NULL;
    if (r->state != RUNNING)
        request_free(r);
}

/* Copied, since the connection may end before the handler does. */
static const char *request_lookup(const struct http_incoming *incoming, enum MHD_ValueKind kind, const char *name)
{
    struct request *r = incoming->impl;
    const char *value = r->connection ? MHD_lookup_connection_value(r->connection, kind, name) : NULL;
    return value ? arena_string(&r->arena, text_of(value)) : NULL;
}

const char *http_incoming_header(const struct http_incoming *r, const char *name)
{
    return request_lookup(r, MHD_HEADER_KIND, name);
}

const char *http_incoming_query(const struct http_incoming *r, const char *name)
{
    return request_lookup(r, MHD_GET_ARGUMENT_KIND, name);
}

/* ---- routes ---- */

static bool route_has_path(const struct route *route, const char *path)
{
    return route->prefix ? strncmp(path, route->path, strlen(route->path)) == 0 : strcmp(path, route->path) == 0;
}

static bool route_has_method(const struct route *route, const char *method)
{
    return !route->method || strcmp(route->method, method) == 0 ||
           (strcmp(method, "HEAD") == 0 && strcmp(route->method, "GET") == 0); /* MHD leaves the body out */
}

/* An exact path before a prefix, a longer prefix before a shorter one. */
static bool route_is_nearer(const struct route *a, const struct route *b)
{
    return !b || (b->prefix && (!a->prefix || strlen(a->path) > strlen(b->path)));
}

/* NULL: none. *allowed gets the methods of the path for a 405, "" for a 404. */
static const struct route *route_find(const struct http_server *s, const char *method, const char *path,
                                      struct buf *allowed)
{
    const struct route *best = NULL;
    for (const struct route *route = s->routes; route; route = route->next) {
        if (!route_has_path(route, path))
            continue;
        if (!route_has_method(route, method))
            buf_printf(allowed, "%s%s", allowed->n ? ", " : "", route->method);
        else if (route_is_nearer(route, best))
            best = route;
    }
    return best;
}

int http_server_route(struct http_server *s, const char *method, const char *path, http_handler_fn *fn, void *ctx)
{
    struct route *route = calloc(1, sizeof *route);
    if (!route)
        return ERR_NOMEM;
    *route = (struct route){.method = method ? strdup(method) : NULL, .path = strdup(path), .fn = fn, .ctx = ctx};
    if (!route->path || (method && !route->method)) {
        free(route->path);
        free(route->method);
        free(route);
        return ERR_NOMEM;
    }
    size_t n = strlen(path);
    route->prefix = n > 0 && path[n - 1] == '/';
    route->next = s->routes;
    s->routes = route;
    return 0;
}

static void routes_free(struct route *route)
{
    for (struct route *next; route; route = next) {
        next = route->next;
        free(route->method);
        free(route->path);
        free(route);
    }
}

/* ---- connections ---- */

static void client_wait(struct client *c)
{
    http_peer_wait(&c->peer, c->server->timeout_ms);
}

static void on_connection(void *cls, struct MHD_Connection *connection, void **context,
                          enum MHD_ConnectionNotificationCode what)
{
    struct http_server *s = cls;
    struct client *c = *context;
    if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
        if (c)
            http_peer_end(&c->peer);
        free(c);
        *context = NULL;
        return;
    }
    c = *context = calloc(1, sizeof *c);
    if (!c)
        return; /* its requests are refused */
    c->server = s;
    http_peer_begin(&c->peer, &s->peers,
                    MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd);
    http_peer_wait(&c->peer, s->timeout_ms / 2);
}

static void on_completed(void *cls, struct MHD_Connection *connection, void **context,
                         enum MHD_RequestTerminationCode why)
{
    (void)cls, (void)connection, (void)why;
    struct request *r = *context;
    if (!r)
        return;
    client_wait(r->client); /* for the next request */
    request_detach(r);
    *context = NULL;
}

/* ---- answers ---- */

static enum MHD_Result answer(struct request *r, unsigned status, struct text body, const char *content_type,
                              const char *allow)
{
    void *p = (void *)(uintptr_t)(body.n ? body.p : ""); /* copied, not written */
    struct MHD_Response *response = MHD_create_response_from_buffer(body.n, p, MHD_RESPMEM_MUST_COPY);
    if (!response)
        return MHD_NO;
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, content_type);
    if (allow)
        MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, allow);
    if (r->server->draining)
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
    enum MHD_Result queued = MHD_queue_response(r->connection, status, response);
    MHD_destroy_response(response);
    r->state = ANSWERED;
    client_wait(r->client);
    return queued;
}

static enum MHD_Result refuse(struct request *r, unsigned status, const char *words, const char *allow)
{
    return answer(r, status, text_of(words), "text/plain; charset=utf-8", allow);
}

static enum MHD_Result answer_reply(struct request *r)
{
    const struct http_reply *reply = &r->reply;
    return answer(r, reply->status ? (unsigned)reply->status : 500, reply->body,
                  reply->content_type ? reply->content_type : "text/plain; charset=utf-8", NULL);
}

/* ---- a request's way ---- */

static void request_task(void *arg)
{
    struct request *r = arg;
    r->route->fn(r->route->ctx, &r->incoming, &r->reply);
    r->state = DONE;
    if (!r->connection) {
        request_free(r);
        return;
    }
    MHD_resume_connection(r->connection);
    server_run_after(r->server, 0); /* without threads of its own, MHD has nothing to wake the loop with */
}

static enum MHD_Result request_run(struct request *r)
{
    struct err err;
    http_peer_rest(&r->client->peer);
    r->incoming.body = buf_view(&r->body);
    r->state = RUNNING;
    if (task_start(r->server->loop, request_task, r, &err)) {
        log_line(r->server->log, LOG_LEVEL_WARN, "http-request-not-run", "why", err.text, NULL);
        return refuse(r, MHD_HTTP_SERVICE_UNAVAILABLE, "too much to do; try again\n", NULL);
    }
    MHD_suspend_connection(r->connection);
    return MHD_YES;
}

/* The head is there. What can be refused now is refused before the body is sent. */
static enum MHD_Result request_begin(struct request *r)
{
    struct http_server *s = r->server;
    struct buf allowed;
    client_wait(r->client);
    buf_init(&allowed, 200);
    r->route = route_find(s, r->incoming.method, r->incoming.path, &allowed);
    const char *length = http_incoming_header(&r->incoming, MHD_HTTP_HEADER_CONTENT_LENGTH);
    int64_t announced = 0;
    enum MHD_Result result = MHD_YES;
    if (!r->route && allowed.n)
        result = refuse(r, MHD_HTTP_METHOD_NOT_ALLOWED, "method not allowed\n", buf_cstr(&allowed));
    else if (!r->route)
        result = refuse(r, MHD_HTTP_NOT_FOUND, "not found\n", NULL);
    else if (length && (!text_to_i64(text_of(length), &announced) || announced > (int64_t)s->body_max))
        result = refuse(r, MHD_HTTP_CONTENT_TOO_LARGE, "body too large\n", NULL);
    buf_release(&allowed);
    return result;
}

/* MHD takes an answer before a body or after it. Nothing of this connection waits to be sent, so the words go to the
 * socket itself; what the client still sends is thrown away until it closes, or its time is over: a socket closed with
 * unread bytes would take the words back. */
static void request_cut(struct request *r)
{
    static const char words[] = "HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: 15\r\n\r\n"
                                "body too large\n";
    int fd = r->client->peer.fd;
    r->state = CUT;
    if (send(fd, words, sizeof words - 1, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
        log_line(r->server->log, LOG_LEVEL_DEBUG, "http-server", "msg", "a 413 could not be sent", NULL);
    shutdown(fd, SHUT_WR);
    http_peer_wait(&r->client->peer, LAST_WORDS_MS);
}

/* A body that was not announced (chunked) and grows over its bound: read on a little, so that it may end by itself. */
static void request_take(struct request *r, const char *data, size_t n)
{
    if (r->state != RECEIVING)
        return;
    buf_add(&r->body, data, n);
    if (buf_failed(&r->body))
        r->discarded += n;
    if (r->discarded > DISCARD_MAX)
        request_cut(r);
}

static enum MHD_Result on_request(void *cls, struct MHD_Connection *connection, const char *path, const char *method,
                                  const char *version, const char *data, size_t *size, void **context)
{
    (void)cls, (void)version;
    struct request *r = *context;
    if (!r) {
        struct client *c = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
        r = *context = c ? request_new(c, connection, method, path) : NULL;
        return r ? request_begin(r) : MHD_NO;
    }
    if (*size) {
        request_take(r, data, *size);
        *size = 0;
        return MHD_YES;
    }
    if (r->state == CUT)
        return MHD_NO;
    if (r->state == RECEIVING)
        return buf_failed(&r->body) ? refuse(r, MHD_HTTP_CONTENT_TOO_LARGE, "body too large\n", NULL) : request_run(r);
    return r->state == DONE ? answer_reply(r) : MHD_YES;
}

/* ---- the server ---- */

static int daemon_start(struct http_server *s, int fd, struct err *err)
{
    s->daemon = MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG, 0, NULL, NULL,
                                 on_request, s, MHD_OPTION_EXTERNAL_LOGGER, on_mhd_words, s, MHD_OPTION_LISTEN_SOCKET,
                                 fd, MHD_OPTION_NOTIFY_CONNECTION, on_connection, s, MHD_OPTION_NOTIFY_COMPLETED,
                                 on_completed, s, MHD_OPTION_CONNECTION_LIMIT, s->peers.max + SPARE,
                                 MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HEAD_MAX, MHD_OPTION_END);
    if (!s->daemon) {
        close(fd);
        return err_set(err, ERR_IO, "the HTTP server does not start");
    }
    s->epoll_fd = MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
    if (loop_watch(s->loop, s->epoll_fd, LOOP_READ, on_ready, s))
        return err_set(err, ERR_IO, "the HTTP server cannot be watched");
    return 0;
}

int http_server_new(struct http_server **out, struct loop *l, const struct log *log,
                    const struct http_server_settings *settings, struct err *err)
{
    *out = NULL;
    int fd = listener_open(settings->address, err);
    if (fd < 0)
        return fd;
    struct http_server *s = calloc(1, sizeof *s);
    if (!s) {
        close(fd);
        return err_set(err, ERR_NOMEM, "out of memory for the HTTP server");
    }
    *s = (struct http_server){.loop = l, .log = log, .port = listener_port(fd), .epoll_fd = -1};
    s->body_max = settings->body_max ? settings->body_max : 2u << 20;
    s->timeout_ms = 1000 * (settings->timeout_s > 0 ? settings->timeout_s : 10);
    s->peers = (struct http_peers){.loop = l, .log = log};
    s->peers.max = settings->connections_max > 0 ? (unsigned)settings->connections_max : 256;
    int rc = daemon_start(s, fd, err);
    if (rc) {
        http_server_free(s);
        return rc;
    }
    *out = s;
    return 0;
}

void http_server_free(struct http_server *s)
{
    if (!s)
        return;
    if (s->epoll_fd >= 0)
        loop_watch(s->loop, s->epoll_fd, 0, NULL, NULL);
    for (struct request *r = s->requests; r; r = r->next)
        if (r->state == RUNNING)
            MHD_resume_connection(r->connection); /* MHD aborts when it is stopped with one suspended */
    if (s->daemon)
        MHD_stop_daemon(s->daemon); /* calls on_completed and on_connection for all */
    if (s->again)
        loop_cancel(s->loop, s->again);
    routes_free(s->routes);
    free(s);
}

int http_server_port(const struct http_server *s)
{
    return s->port;
}

void http_server_drain(struct http_server *s)
{
    if (s->draining)
        return;
    s->draining = true;
    int fd = MHD_quiesce_daemon(s->daemon);
    if (fd >= 0)
        close(fd);
}
