/* http_server_bench: an HTTP server on a loop, with handlers, and a client of ours that calls it.
 *
 * /echo answers what came: method, path, X-Event, the query's hub.mode ("-" for what is not there), the body.
 * /hooks/, /hooks/deep/, /hooks/exact and /metrics answer 202 and a word of their own. /wait answers after 200 ms,
 * /nothing leaves its reply as it got it. */
#ifndef TIDEGATE_TESTS_HTTP_SERVER_BENCH_H
#define TIDEGATE_TESTS_HTTP_SERVER_BENCH_H

#include "edge/http_client.h"
#include "edge/http_server.h"

#define ROWS(table) (sizeof(table) / sizeof *(table))

struct bench {
    struct loop *loop;
    struct http_server *server;
    struct http_client *client;
    int waiting, waiting_max, ended; /* calls of /wait: now, at most at once, over */
};

void bench_open(struct bench *b, const struct http_server_settings *s);
void bench_close(struct bench *b); /* its server may be gone already (NULL) */
void bench_run_ms(struct bench *b, int ms);

struct call { /* the caller releases its arena */
    struct bench *bench;
    const char *method, *path;
    struct text body;
    struct arena arena;
    struct http_response answer;
    struct err err;
    int rc;
    bool done;
};

/* From a task of the bench's loop; the call must live until it is done. It gives up after 5 s. */
void call_start(struct bench *b, struct call *c, const char *method, const char *path, struct text body);
void call_finish(struct bench *b, struct call *c); /* turns the loop until the call is done */

#endif
