/* session: what an adapter may ask of the host while it works. */
#include "host.h"

#include <stdio.h>

#define LONG_PAUSE_MS 5000

enum call_priority call_priority_of(const char *entity)
{
    static const struct {
        const char *entity;
        enum call_priority p;
    } table[] = {
        {"order", CALL_ORDER},     {"account", CALL_ORDER}, {"contact", CALL_ORDER}, /* an order waits for them */
        {"inventory", CALL_STOCK}, {"price", CALL_PRICE},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (strcmp(table[i].entity, entity) == 0)
            return table[i].p;
    return CALL_CATALOGUE;
}

/* A short pause is waited for by the calls themselves; in a long one nothing need be taken from the broker. */
static void pause_calls(struct host *h, int64_t ms)
{
    struct err why;
    budget_pause(&h->budget, ms);
    if (ms < LONG_PAUSE_MS)
        return;
    err_set(&why, ERR_UNAVAILABLE, "the system asks for a pause of %lld s", (long long)ms / 1000);
    gate_close(h, &why, 0);
}

/* Every call tells how the system is, and may say when it wants to be called again. */
static void hear(struct host *h, const struct http_request *r, int rc, const struct http_response *out,
                 const struct err *err)
{
    char words[256];
    int64_t pause_ms = rc == 0 ? health_pause_ms(out) : 0;
    if (pause_ms > 0)
        pause_calls(h, pause_ms);
    if (rc == 0)
        snprintf(words, sizeof words, "%s %.*s: HTTP %d", r->method, (int)strcspn(r->url, "?"), r->url, out->status);
    gate_heard(h, rc, out, rc == 0 ? words : err->text);
}

static void note(struct host *h, const struct http_request *r, int rc, const struct http_response *out,
                 const struct err *err, int64_t us)
{
    struct text path = text_of(r->url);
    path.n = strcspn(r->url, "?"); /* a query may hold personal data */
    metrics_call(&h->metrics, rc == 0 ? out->status : 0);
    log_say(&h->log, LOG_LEVEL_DEBUG, "call", "%s %.*s: %d %s(%.1f ms)", r->method, TEXT_ARG(path),
            rc == 0 ? out->status : rc, rc == 0 ? "" : err->text, (double)us / 1000);
}

int session_call(struct session *s, enum call_priority p, int cost, const struct http_request *r, struct arena *a,
                 struct http_response *out, struct err *err)
{
    struct host *h = s->host;
    struct err why = {0};
    budget_take(&h->budget, p, cost);
    int64_t begin = loop_uptime_us(h->loop);
    moment_us sent = loop_now(h->loop);
    int rc = http_send(h->client, r, a, out, &why);
    if (rc == 0)
        skew_hear(&h->skew, http_response_header(out, "date"), sent, loop_now(h->loop));
    note(h, r, rc, out, &why, loop_uptime_us(h->loop) - begin);
    hear(h, r, rc, out, &why);
    return rc != 0 ? err_set(err, rc, "%s", why.text) : 0;
}

void session_budget(struct session *s, double left, double max, double per_second)
{
    budget_says(&s->host->budget, left, max, per_second);
}

void session_budget_pause(struct session *s, int64_t ms)
{
    pause_calls(s->host, ms);
}
