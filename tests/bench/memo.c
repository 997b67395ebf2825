#include "memo.h"

#include <stdio.h>
#include <stdlib.h>

#define ANSWERS_MAX 100000
#define BYTES_MAX (8u << 20)

struct answer {
    int status;
    uint32_t mark; /* that it carried when it was learnt */
    size_t n;
    char body[];
};

struct exchange {
    struct memo *m;
    const struct http_incoming *in;
    struct http_reply *reply;
    struct text target; /* path and query, encoded again */
    uint32_t mark;      /* of the request */
};

/* What asks for news has another answer every time. */
static bool asks_for_news(const struct exchange *x)
{
    static const char *const signs[] = {"updated_at:", "SystemModstamp%20%3E", "\"write_date\",\">", "oauth2"};
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
        if (memmem(x->in->body.p ? x->in->body.p : "", x->in->body.n, signs[i], strlen(signs[i])) ||
            memmem(x->target.p, x->target.n, signs[i], strlen(signs[i])))
            return true;
    return false;
}

static struct text rebuild_target(const struct http_incoming *in, struct arena *a)
{
    const char *q = http_incoming_query(in, "q");
    return q ? arena_printf(a, "%s?q=%s", in->path, http_escape(a, text_of(q)).p) : arena_text(a, text_of(in->path));
}

/* What makes two requests the same: all but their marks. */
static void write_key(struct buf *key, const struct exchange *x)
{
    buf_string(key, x->in->method);
    buf_char(key, ' ');
    buf_text(key, x->target);
    buf_char(key, '\n');
    mark_set_all(key, x->in->body, 0);
}

static void say(struct exchange *x, const struct answer *known)
{
    struct buf body;
    uint32_t mark = x->mark != MARK_NONE ? x->mark : known->mark;
    buf_init(&body, BYTES_MAX);
    if (x->mark == MARK_NONE && mark != MARK_NONE)
        mark = x->m->newest(x->m->ctx, mark);
    mark_set_all(&body, (struct text){known->body, known->n}, mark);
    x->reply->status = known->status;
    x->reply->body = arena_text(x->reply->arena, buf_view(&body));
    buf_release(&body);
}

/* ---- asking the stand-in ---- */

static const char *const passed_on[] = {"Host",   "Authorization",      "Content-Type",   "X-Shopify-Access-Token",
                                        "Cookie", "Sforce-Auto-Assign", "Idempotency-Key"};
#define PASSED_ON (sizeof passed_on / sizeof *passed_on)

static int ask(struct exchange *x, struct http_response *out, struct err *err)
{
    struct http_header headers[PASSED_ON];
    struct arena *a = x->reply->arena;
    struct http_request r = {.method = x->in->method, .headers = headers, .body = x->in->body};
    for (size_t i = 0; i < PASSED_ON; i++) {
        const char *value = http_incoming_header(x->in, passed_on[i]);
        if (value)
            headers[r.header_count++] = (struct http_header){passed_on[i], value};
    }
    r.url = arena_printf(a, "%s%.*s", x->m->upstream, TEXT_ARG(x->target)).p;
    x->m->asked++;
    return http_send(x->m->client, &r, a, out, err);
}

static struct answer *learn(struct memo *m, struct text key, const struct http_response *r)
{
    struct answer *n = malloc(sizeof *n + r->body.n);
    if (!n)
        abort();
    *n = (struct answer){.status = r->status, .mark = mark_find(r->body), .n = r->body.n};
    if (r->body.n)
        memcpy(n->body, r->body.p, r->body.n);
    if (key.n)
        free(table_get(&m->answers, key));
    if (!key.n || table_put(&m->answers, key, n) != 0)
        return n;
    return n;
}

/* key empty: not to be remembered. */
static void pass(struct exchange *x, struct text key)
{
    struct http_response r;
    struct err err = {0};
    if (ask(x, &r, &err) != 0) {
        log_say(x->m->log, LOG_LEVEL_ERROR, "memo", "%s: %s", x->m->name, err.text);
        x->reply->status = 502;
        return;
    }
    x->reply->status = r.status;
    x->reply->body = r.body;
    if (!x->m->learning || !key.n || r.status >= 300)
        return;
    say(x, learn(x->m, key, &r));
}

/* ---- */

static void note(struct exchange *x, const struct answer *known)
{
    uint32_t mark = x->mark;
    if (mark == MARK_NONE && known && known->mark != MARK_NONE)
        mark = x->m->newest(x->m->ctx, known->mark);
    x->m->seen(x->m->ctx, x->m, mark, x->mark != MARK_NONE);
}

static void handle(void *ctx, const struct http_incoming *in, struct http_reply *reply)
{
    struct exchange x = {.m = ctx, .in = in, .reply = reply, .mark = mark_find(in->body)};
    int64_t began = loop_uptime_us(x.m->loop);
    struct buf key;
    buf_init(&key, BYTES_MAX);
    x.target = rebuild_target(in, reply->arena);
    reply->content_type = "application/json";
    bool known_kind = x.m->learning && !asks_for_news(&x);
    if (known_kind)
        write_key(&key, &x);
    const struct answer *known = known_kind ? table_get(&x.m->answers, buf_view(&key)) : NULL;
    note(&x, known);
    if (known) {
        say(&x, known);
        x.m->answered++;
        x.m->busy_us += loop_uptime_us(x.m->loop) - began;
    } else {
        pass(&x, buf_view(&key));
    }
    buf_release(&key);
}

int memo_start(struct memo *m, struct err *err)
{
    struct http_server_settings s = {.address = "127.0.0.1:0", .body_max = BYTES_MAX, .timeout_s = 600};
    table_init(&m->answers, ANSWERS_MAX);
    int rc = http_server_new(&m->server, m->loop, m->log, &s, err);
    return rc ? rc : http_server_route(m->server, NULL, "/", handle, m);
}

void memo_stop(struct memo *m)
{
    size_t cursor = 0;
    struct text key;
    void *answer;
    if (m->server)
        http_server_free(m->server);
    while (table_next(&m->answers, &cursor, &key, &answer))
        free(answer);
    table_release(&m->answers);
}
