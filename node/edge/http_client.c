/* http_client: many HTTP exchanges at once on one loop, each read as a plain call by the task that makes it.
 *
 * Problem: an adapter must know, when an exchange fails, whether the other side may have acted on it. curl hides that:
 * it sends a request a second time by itself when a kept-alive connection dies before a byte of the answer came
 * (lib/transfer.c, Curl_retry_request: whatever the method, and although the request was sent), so a POST that created
 * an order could be sent twice.
 *
 * Design: curl's multi socket interface tells us which descriptors to watch and when to wake it; a task adds its
 * transfer and suspends until the transfer is done. Before each sending curl calls `before_sending`. There a second
 * sending is allowed only when the method is safe (RFC 9110, 9.2.1) or when curl has not yet written one byte of the
 * request; otherwise the transfer ends as ERR_IO, outcome unknown. A connection that the server closed while idle is
 * mostly seen by curl before it is used again, so what is left is the race of its closing with our sending.
 *
 * Invariants: a transfer lives on its task's stack, and is in the client's list from add to done. No byte written
 * (CURLINFO_REQUEST_SIZE 0) is ERR_UNAVAILABLE, all else that fails is "not known". HTTP/1.1 only: one exchange a
 * connection at a time, so one torn connection leaves one exchange in doubt. Proxies: https honours HTTPS_PROXY and
 * NO_PROXY of the environment; http, being for loopback alone, never uses one. */
#include "http_client.h"

#include <assert.h>
#include <curl/curl.h>
#include <stdlib.h>
#include <strings.h>

#include "base/buf.h"
#include "base/url.h"
#include "http_head.h"

#define POOL_MAX 16          /* idle easy handles kept */
#define HEAD_MAX (64 * 1024) /* bytes of an answer's header */
#define CONNECT_TIMEOUT_MS 10000

struct watched { /* a descriptor of curl's */
    struct http_client *client;
    curl_socket_t fd;
    struct watched *next;
};

struct transfer {
    struct http_client *client;
    struct transfer *next;
    struct task *task;
    CURL *easy;
    CURLU *url;
    struct curl_slist *headers;
    struct buf head, body;
    CURLcode result;
    int sendings;
    bool safe, done, stopped, too_large;
    char words[CURL_ERROR_SIZE];
};

struct http_client {
    struct loop *loop;
    CURLM *multi;
    uint64_t timer;
    struct watched *watched;
    struct transfer *transfers;
    CURL *pool[POOL_MAX];
    int pooled;
    size_t body_max;
    char *ca_file, *user_agent;
};

/* ---- curl and the loop ---- */

static void transfer_finish(struct transfer *t, CURLcode result)
{
    struct transfer **at = &t->client->transfers;
    while (*at != t)
        at = &(*at)->next;
    *at = t->next;
    curl_multi_remove_handle(t->client->multi, t->easy);
    t->result = result;
    t->done = true;
    task_wake(t->task);
}

static void client_collect(struct http_client *c)
{
    CURLMsg *m;
    int left;
    while ((m = curl_multi_info_read(c->multi, &left))) {
        if (m->msg != CURLMSG_DONE)
            continue;
        CURLcode result = m->data.result; /* m is gone once the handle is removed */
        struct transfer *t = NULL;
        curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, (char **)&t);
        transfer_finish(t, result);
    }
}

static void client_act(struct http_client *c, curl_socket_t fd, int flags)
{
    int running;
    curl_multi_socket_action(c->multi, fd, flags, &running);
    client_collect(c);
}

static void on_descriptor(void *ctx, int events)
{
    const struct watched *w = ctx; /* curl may drop it within the call */
    int flags = (events & LOOP_READ ? CURL_CSELECT_IN : 0) | (events & LOOP_WRITE ? CURL_CSELECT_OUT : 0);
    client_act(w->client, w->fd, flags);
}

static void on_timer(void *ctx)
{
    struct http_client *c = ctx;
    c->timer = 0;
    client_act(c, CURL_SOCKET_TIMEOUT, 0);
}

static int on_curl_timer(CURLM *multi, long timeout_ms, void *ctx)
{
    (void)multi;
    struct http_client *c = ctx;
    if (c->timer)
        loop_cancel(c->loop, c->timer);
    c->timer = timeout_ms < 0 ? 0 : loop_after(c->loop, timeout_ms, on_timer, c);
    return 0;
}

static void watched_drop(struct http_client *c, struct watched *w)
{
    struct watched **at = &c->watched;
    while (*at != w)
        at = &(*at)->next;
    *at = w->next;
    loop_watch(c->loop, w->fd, 0, NULL, NULL);
    free(w);
}

static struct watched *watched_new(struct http_client *c, curl_socket_t fd)
{
    struct watched *w = calloc(1, sizeof *w);
    if (!w)
        return NULL;
    *w = (struct watched){.client = c, .fd = fd, .next = c->watched};
    c->watched = w;
    curl_multi_assign(c->multi, fd, w);
    return w;
}

static int on_curl_socket(CURL *easy, curl_socket_t fd, int what, void *ctx, void *assigned)
{
    (void)easy;
    struct http_client *c = ctx;
    struct watched *w = assigned;
    if (what == CURL_POLL_REMOVE) {
        if (w)
            watched_drop(c, w);
        return 0;
    }
    if (!w && !(w = watched_new(c, fd)))
        return -1;
    int events = (what & CURL_POLL_IN ? LOOP_READ : 0) | (what & CURL_POLL_OUT ? LOOP_WRITE : 0);
    return loop_watch(c->loop, fd, events, on_descriptor, w) ? -1 : 0;
}

/* ---- one exchange ---- */

/* Called before each sending: curl's own repetition is let through only where it cannot do a thing twice. */
static int before_sending(void *ctx, char *remote_ip, char *local_ip, int remote_port, int local_port)
{
    (void)remote_ip, (void)local_ip, (void)remote_port, (void)local_port;
    struct transfer *t = ctx;
    long written = 0;
    curl_easy_getinfo(t->easy, CURLINFO_REQUEST_SIZE, &written);
    bool repeated = t->sendings++ > 0 && written > 0;
    return repeated && !t->safe ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
}

static size_t keep(struct transfer *t, struct buf *b, const char *p, size_t n)
{
    buf_add(b, p, n);
    t->too_large |= buf_failed(b);
    return buf_failed(b) ? 0 : n;
}

static size_t on_head(char *p, size_t size, size_t n, void *ctx)
{
    struct transfer *t = ctx;
    n *= size;
    if (n > 5 && memcmp(p, "HTTP/", 5) == 0) { /* also after "100 Continue" and after a repetition */
        buf_reset(&t->head);
        return n;
    }
    return keep(t, &t->head, p, n);
}

static size_t on_body(char *p, size_t size, size_t n, void *ctx)
{
    struct transfer *t = ctx;
    return keep(t, &t->body, p, size * n);
}

static int url_check(const char *scheme, const char *host, const char *shown, struct err *err)
{
    if (strcmp(scheme, "https") == 0)
        return 0;
    if (strcmp(scheme, "http") != 0)
        return err_set(err, ERR_INVALID, "%s: only https:// addresses (or http:// to this machine) are called", shown);
    if (!url_host_is_loopback(text_of(host)))
        return err_set(err, ERR_INVALID,
                       "%s: plain http:// is allowed to 127.0.0.0/8, ::1 and localhost only: use https://", shown);
    return 0;
}

/* Reads and checks the address; curl is then given what was read, not the text, so that both see one host. */
static int url_read(struct transfer *t, const char *text, const char *shown, struct err *err)
{
    char *scheme = NULL, *host = NULL;
    t->url = curl_url();
    if (!t->url)
        return err_set(err, ERR_NOMEM, "%s: out of memory", shown);
    CURLUcode rc = curl_url_set(t->url, CURLUPART_URL, text, CURLU_NON_SUPPORT_SCHEME);
    if (!rc)
        rc = curl_url_get(t->url, CURLUPART_SCHEME, &scheme, 0);
    if (!rc && curl_url_get(t->url, CURLUPART_HOST, &host, 0) == CURLUE_NO_HOST)
        host = NULL; /* file:///… */
    int result = rc ? err_set(err, ERR_INVALID, "\"%s\" is not a web address: %s", shown, curl_url_strerror(rc))
                    : url_check(scheme, host ? host : "", shown, err);
    if (!result && strcmp(scheme, "http") == 0)
        curl_easy_setopt(t->easy, CURLOPT_PROXY, "");
    curl_free(scheme);
    curl_free(host);
    return result;
}

static bool header_add(struct transfer *t, const char *line)
{
    struct curl_slist *grown = curl_slist_append(t->headers, line);
    if (grown)
        t->headers = grown;
    return grown;
}

static int headers_fill(struct transfer *t, const struct http_request *r, struct err *err)
{
    bool ok = header_add(t, "Expect:"), typed = false; /* no waiting for "100 Continue" */
    struct buf line;
    buf_init(&line, HEAD_MAX);
    for (size_t i = 0; i < r->header_count && ok; i++) {
        const struct http_header *h = &r->headers[i];
        if (!http_header_is_sound(h)) {
            buf_release(&line);
            return err_set(err, ERR_INVALID, "request header %zu (%.40s) holds a byte that headers may not have", i,
                           h->name);
        }
        typed |= strcasecmp(h->name, "content-type") == 0;
        buf_reset(&line);
        buf_printf(&line, h->value[0] ? "%s: %s" : "%s;", h->name, h->value); /* curl's way to say an empty value */
        ok = !buf_failed(&line) && header_add(t, buf_cstr(&line));
    }
    buf_release(&line);
    if (ok && !typed)
        ok = header_add(t, "Content-Type:"); /* do not let curl say that a body is a form */
    return ok ? 0 : err_set(err, ERR_TOO_LARGE, "request headers are over %d bytes", HEAD_MAX);
}

static void method_set(struct transfer *t, const struct http_request *r)
{
    bool head = strcmp(r->method, "HEAD") == 0, get = strcmp(r->method, "GET") == 0;
    t->safe = head || get || strcmp(r->method, "OPTIONS") == 0;
    if (head)
        curl_easy_setopt(t->easy, CURLOPT_NOBODY, 1L);
    else if (r->body.n || !(get || strcmp(r->method, "DELETE") == 0)) {
        curl_easy_setopt(t->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)r->body.n);
        curl_easy_setopt(t->easy, CURLOPT_POSTFIELDS, r->body.n ? r->body.p : "");
    }
    if (!head)
        curl_easy_setopt(t->easy, CURLOPT_CUSTOMREQUEST, r->method);
}

static void limits_set(struct transfer *t, const struct http_request *r)
{
    long timeout = r->timeout_ms > 0 ? r->timeout_ms : 30000;
    curl_easy_setopt(t->easy, CURLOPT_TIMEOUT_MS, timeout);
    curl_easy_setopt(t->easy, CURLOPT_CONNECTTIMEOUT_MS, timeout < CONNECT_TIMEOUT_MS ? timeout : CONNECT_TIMEOUT_MS);
    curl_easy_setopt(t->easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(t->easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(t->easy, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(t->easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(t->easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(t->easy, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(t->easy, CURLOPT_SSL_VERIFYHOST, 2L);
    if (t->client->ca_file)
        curl_easy_setopt(t->easy, CURLOPT_CAINFO, t->client->ca_file);
}

static void callbacks_set(struct transfer *t)
{
    curl_easy_setopt(t->easy, CURLOPT_PRIVATE, t);
    curl_easy_setopt(t->easy, CURLOPT_ERRORBUFFER, t->words);
    curl_easy_setopt(t->easy, CURLOPT_PREREQFUNCTION, before_sending);
    curl_easy_setopt(t->easy, CURLOPT_PREREQDATA, t);
    curl_easy_setopt(t->easy, CURLOPT_HEADERFUNCTION, on_head);
    curl_easy_setopt(t->easy, CURLOPT_HEADERDATA, t);
    curl_easy_setopt(t->easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(t->easy, CURLOPT_WRITEDATA, t);
}

static int transfer_prepare(struct transfer *t, const struct http_request *r, const char *shown, struct err *err)
{
    struct http_client *c = t->client;
    t->easy = c->pooled ? c->pool[--c->pooled] : curl_easy_init();
    if (!t->easy)
        return err_set(err, ERR_NOMEM, "%s: out of memory", shown);
    int rc = url_read(t, r->url, shown, err);
    if (!rc)
        rc = headers_fill(t, r, err);
    if (rc)
        return rc;
    callbacks_set(t);
    limits_set(t, r);
    method_set(t, r);
    curl_easy_setopt(t->easy, CURLOPT_CURLU, t->url);
    curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, t->headers);
    curl_easy_setopt(t->easy, CURLOPT_USERAGENT, c->user_agent);
    curl_easy_setopt(t->easy, CURLOPT_ACCEPT_ENCODING, "gzip");
    return 0;
}

static int transfer_wait(struct transfer *t, const char *shown, struct err *err)
{
    struct http_client *c = t->client;
    struct loop *l = c->loop;
    t->task = task_current(l);
    assert(t->task && "http_send waits: call it from a task");
    t->next = c->transfers;
    c->transfers = t;
    CURLMcode rc = curl_multi_add_handle(c->multi, t->easy);
    if (rc) {
        c->transfers = t->next;
        return err_set(err, ERR_NOMEM, "%s: %s", shown, curl_multi_strerror(rc));
    }
    while (!t->done)
        task_suspend(l);
    return 0;
}

/* What a failed transfer means for the caller. */
static int transfer_verdict(const struct transfer *t, const struct http_request *r, const char *shown, struct err *err)
{
    if (t->stopped)
        return err_set(err, ERR_STOPPING, "%s %s: given up, since the process ends", r->method, shown);
    if (t->result == CURLE_OK)
        return 0;
    const char *words = t->words[0] ? t->words : curl_easy_strerror(t->result);
    long written = 0;
    curl_easy_getinfo(t->easy, CURLINFO_REQUEST_SIZE, &written);
    if (t->too_large)
        return err_set(err, ERR_TOO_LARGE, "%s %s: the answer is over %zu bytes (or its header over %d)", r->method,
                       shown, t->body.max, HEAD_MAX);
    if (t->result == CURLE_OUT_OF_MEMORY)
        return err_set(err, ERR_NOMEM, "%s %s: out of memory", r->method, shown);
    if (written == 0)
        return err_set(err, ERR_UNAVAILABLE, "%s %s: nothing was sent: %s", r->method, shown, words);
    if (t->result == CURLE_OPERATION_TIMEDOUT)
        return err_set(err, ERR_TIMEOUT, "%s %s: sent, but no whole answer in time, so its outcome is not known: %s",
                       r->method, shown, words);
    if (t->result == CURLE_ABORTED_BY_CALLBACK)
        words = "the connection was closed before an answer came";
    return err_set(err, ERR_IO, "%s %s: sent, but its outcome is not known: %s", r->method, shown, words);
}

static void transfer_release(struct transfer *t)
{
    struct http_client *c = t->client;
    if (t->easy && c->pooled < POOL_MAX) {
        curl_easy_reset(t->easy);
        c->pool[c->pooled++] = t->easy;
    } else {
        curl_easy_cleanup(t->easy);
    }
    curl_slist_free_all(t->headers);
    curl_url_cleanup(t->url);
    buf_release(&t->head);
    buf_release(&t->body);
}

/* ---- the answer ---- */

static int response_read(struct transfer *t, struct arena *a, struct http_response *out, const char *shown,
                         struct err *err)
{
    long status = 0;
    curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
    out->status = (int)status;
    http_headers_read(a, buf_view(&t->head), out);
    out->body = arena_text(a, buf_view(&t->body));
    if (arena_failed(a))
        return err_set(err, ERR_TOO_LARGE, "%s: the answer of %zu bytes does not fit the memory set aside for it",
                       shown, t->body.n);
    return 0;
}

int http_send(struct http_client *c, const struct http_request *r, struct arena *a, struct http_response *out,
              struct err *err)
{
    struct transfer t = {.client = c};
    char shown[HTTP_URL_SHOWN];
    http_url_show(r->url, shown);
    buf_init(&t.head, HEAD_MAX);
    buf_init(&t.body, c->body_max);
    *out = (struct http_response){0};

    int rc = transfer_prepare(&t, r, shown, err);
    if (!rc)
        rc = transfer_wait(&t, shown, err);
    if (!rc)
        rc = transfer_verdict(&t, r, shown, err);
    if (!rc)
        rc = response_read(&t, a, out, shown, err);
    transfer_release(&t);
    return rc;
}

/* ---- the client ---- */

static int multi_set(struct http_client *c, const struct http_client_settings *s)
{
    long connections = s->connections_max > 0 ? s->connections_max : 16;
    CURLMcode rc = curl_multi_setopt(c->multi, CURLMOPT_SOCKETFUNCTION, on_curl_socket);
    rc |= curl_multi_setopt(c->multi, CURLMOPT_SOCKETDATA, c);
    rc |= curl_multi_setopt(c->multi, CURLMOPT_TIMERFUNCTION, on_curl_timer);
    rc |= curl_multi_setopt(c->multi, CURLMOPT_TIMERDATA, c);
    rc |= curl_multi_setopt(c->multi, CURLMOPT_MAX_HOST_CONNECTIONS, connections);
    rc |= curl_multi_setopt(c->multi, CURLMOPT_MAXCONNECTS, 2 * connections);
    return rc ? -1 : 0;
}

static bool strings_set(struct http_client *c, const struct http_client_settings *s)
{
    c->user_agent = strdup(s->user_agent ? s->user_agent : "tidegate");
    c->ca_file = s->ca_file ? strdup(s->ca_file) : NULL;
    return c->user_agent && (c->ca_file || !s->ca_file);
}

int http_client_new(struct http_client **out, struct loop *l, const struct http_client_settings *s, struct err *err)
{
    *out = NULL;
    if (curl_global_init(CURL_GLOBAL_DEFAULT))
        return err_set(err, ERR_NOMEM, "the HTTP client library does not start");
    struct http_client *c = calloc(1, sizeof *c);
    if (!c) {
        curl_global_cleanup();
        return err_set(err, ERR_NOMEM, "out of memory for the HTTP client");
    }
    c->loop = l;
    c->body_max = s->body_max ? s->body_max : 16u << 20;
    c->multi = curl_multi_init();
    if (!c->multi || multi_set(c, s) || !strings_set(c, s)) {
        http_client_free(c);
        return err_set(err, ERR_NOMEM, "out of memory for the HTTP client");
    }
    *out = c;
    return 0;
}

void http_client_free(struct http_client *c)
{
    if (!c)
        return;
    while (c->transfers) {
        struct transfer *t = c->transfers; /* its task will find itself stopped, and the client gone */
        t->stopped = true;
        transfer_finish(t, CURLE_ABORTED_BY_CALLBACK);
        curl_easy_cleanup(t->easy);
        t->easy = NULL;
    }
    while (c->pooled)
        curl_easy_cleanup(c->pool[--c->pooled]);
    if (c->multi)
        curl_multi_cleanup(c->multi);
    while (c->watched)
        watched_drop(c, c->watched);
    if (c->timer)
        loop_cancel(c->loop, c->timer);
    free(c->ca_file);
    free(c->user_agent);
    free(c);
    curl_global_cleanup();
}
