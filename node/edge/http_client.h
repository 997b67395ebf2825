/* http_client: HTTP requests from tasks, on curl's multi interface (http_client.c alone includes curl). */
#ifndef TIDEGATE_EDGE_HTTP_CLIENT_H
#define TIDEGATE_EDGE_HTTP_CLIENT_H

#include "base/arena.h"
#include "loop.h"

struct http_client;

struct http_header {
    const char *name, *value;
};

struct http_client_settings {
    size_t body_max;    /* of an answer, 0 is 16 MiB */
    int connections_max; /* to one host, 0 is 16 */
    const char *ca_file; /* NULL is the system's store; certificates are always verified */
    const char *user_agent;
};

struct http_request {
    const char *method; /* "GET", "POST", … */
    const char *url;    /* http:// only to a loopback address; otherwise https:// */
    const struct http_header *headers;
    size_t header_count;
    struct text body;
    int timeout_ms; /* the whole exchange; 0 is 30,000 */
};

struct http_response { /* in the arena given to http_send */
    int status;
    struct text body;
    const struct http_header *headers; /* names in lower case */
    size_t header_count;
};

int http_client_new(struct http_client **out, struct loop *l, const struct http_client_settings *s, struct err *err);
void http_client_free(struct http_client *c);

/* Waits (call from a task). 0 whenever an HTTP answer came, whatever its status. ERR_UNAVAILABLE: no connection was
 * made, so nothing was sent. ERR_TIMEOUT and ERR_IO: the connection tore or ran out of time after sending, so whether
 * the other side acted is not known. ERR_TOO_LARGE: the answer was over body_max. Redirects are not followed. */
int http_send(struct http_client *c, const struct http_request *r, struct arena *a, struct http_response *out,
              struct err *err);
/* The value of a header (name in lower case), or NULL. */
const char *http_response_header(const struct http_response *r, const char *name);
/* Percent-encodes for a query or a form, into the arena. */
struct text http_escape(struct arena *a, struct text t);

#endif
