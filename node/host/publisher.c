#include "host.h"

#include <inttypes.h>
#include <stdio.h>
#include "edge/topology.h"
#include "proto/codec.h"

#define RETRY_MAX_MS 2000

/* "amqp://user:password@…" → user, %XX decoded. */
static const char *user_of(struct arena *a, const char *uri)
{
    const char *begin = strstr(uri, "://"), *end = begin ? strchr(begin + 3, '@') : NULL;
    if (end == NULL)
        return NULL;
    begin += 3;
    size_t n = strcspn(begin, ":@/"), out = 0;
    char *user = arena_alloc(a, n + 1);
    for (size_t i = 0; user != NULL && i < n; i++) {
        unsigned code;
        if (begin[i] == '%' && i + 2 < n && sscanf(begin + i + 1, "%2x", &code) == 1) {
            user[out++] = (char)code;
            i += 2;
        } else {
            user[out++] = begin[i];
        }
    }
    return user;
}

void publisher_init(struct publisher *p, struct host *h, const char *uri)
{
    *p = (struct publisher){.user = user_of(&h->arena, uri)};
    snprintf(p->app, sizeof p->app, "%s/%s", h->session.adapter->program, h->session.system);
    buf_init(&p->body, CODEC_BYTES_MAX);
}

void publisher_release(struct publisher *p)
{
    buf_release(&p->body);
}

/* ---- ids ---- */

/* W3C Trace Context: a trace of its own for each change, derived from its id. */
static struct text traceparent_of(struct text id, char out[64])
{
    struct hash h;
    hash_init(&h, true);
    hash_text(&h, text_of("trace"));
    hash_text(&h, id);
    struct hash128 t = hash_end128(&h);
    int n = snprintf(out, 64, "00-%016" PRIx64 "%016" PRIx64 "-%016" PRIx64 "-01", t.hi | 1, t.lo, (t.hi ^ t.lo) | 1);
    return (struct text){out, (size_t)n};
}

static struct text outcome_id(const struct message *m, char out[UUID_TEXT])
{
    struct hash h;
    hash_init(&h, true);
    hash_text(&h, m->command);
    hash_text(&h, text_of(verdict_word(m->verdict)));
    hash_text(&h, m->native);
    hash_text(&h, m->version);
    hash_text(&h, m->reason);
    return uuid_derive(m->time, hash_end128(&h), out);
}

/* ---- sending ---- */

static int send(struct host *h, struct amqp_batch *b, const char *exchange, const struct message *m, struct text body,
                struct text hash_on, struct err *err)
{
    char routing_key[256], id[UUID_TEXT];
    message_routing_key(routing_key, sizeof routing_key, m);
    snprintf(id, sizeof id, "%.*s", TEXT_ARG(m->id));
    struct amqp_publication p = {
        .exchange = exchange,
        .routing_key = routing_key,
        .body = body,
        .message_id = id,
        .type = message_type_name(m->type),
        .content_type = MESSAGE_CONTENT_TYPE,
        .app_id = h->publisher.app,
        .user_id = h->publisher.user,
        .traceparent = m->traceparent,
        .hash_on = hash_on,
        .time = m->time,
    };
    return amqp_publish(h->amqp, b, &p, err);
}

int publisher_change(struct host *h, struct amqp_batch *b, struct message *m, struct err *err)
{
    char id[UUID_TEXT], trace[64], object[600];
    m->type = MESSAGE_CHANGE;
    m->source = text_of(h->session.system);
    bool theirs = moment_parse(m->version, &m->time);
    if (!theirs)
        m->time = loop_now(h->loop);
    m->id = message_change_id(m, id); /* by the system's own time, so that the same change has the same id */
    if (theirs)
        m->time -= skew_us(&h->skew);
    m->traceparent = traceparent_of(m->id, trace);
    int n = snprintf(object, sizeof object, "%s:%.*s:%.*s", h->session.system, TEXT_ARG(m->entity),
                     TEXT_ARG(m->subject_id));
    struct text hash_on = m->key.n > 0 ? m->key : (struct text){object, (size_t)n};
    buf_reset(&h->publisher.body);
    message_write(&h->publisher.body, m);
    int rc = buf_failed(&h->publisher.body)
                 ? err_set(err, ERR_TOO_LARGE, "a %.*s is too large for a message", TEXT_ARG(m->entity))
                 : send(h, b, TOPOLOGY_CHANGES, m, buf_view(&h->publisher.body), hash_on, err);
    m->id = m->traceparent = (struct text){0}; /* they were ours */
    return rc;
}

int publisher_encode_outcome(struct host *h, struct message *m, struct arena *a, struct text *body, struct err *err)
{
    char id[UUID_TEXT];
    m->type = MESSAGE_OUTCOME;
    m->source = text_of(h->session.system);
    m->time = loop_now(h->loop);
    m->id = arena_text(a, outcome_id(m, id));
    buf_reset(&h->publisher.body);
    message_write(&h->publisher.body, m);
    *body = arena_text(a, buf_view(&h->publisher.body));
    if (buf_failed(&h->publisher.body) || arena_failed(a))
        return err_set(err, ERR_TOO_LARGE, "an outcome of %.*s is too large for a message", TEXT_ARG(m->entity));
    return 0;
}

int publisher_outcome(struct host *h, const struct message *m, struct text body, struct err *err)
{
    for (unsigned attempt = 0;; attempt++) {
        struct amqp_batch b = {0};
        struct err why = {0};
        int rc = send(h, &b, TOPOLOGY_OUTCOMES, m, body, m->key, &why);
        if (rc == 0)
            rc = amqp_batch_wait(h->amqp, &b, &why);
        if (rc == 0)
            return 0;
        if (attempt == 0)
            log_say(&h->log, LOG_LEVEL_WARN, "outcome-unconfirmed", "%s", why.text);
        if (!host_sleep(h, host_backoff_ms(h, attempt, RETRY_MAX_MS)))
            return err_set(err, ERR_STOPPING, "stopping before an outcome was confirmed: %s", why.text);
    }
}
