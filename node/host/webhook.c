#include "webhook.h"

#include "host.h"
#include "sink.h"

struct push {
    struct host *h;
    struct http_reply *reply;
    struct hint hints[HINTS_MAX];
    size_t count;
};

static void answer(struct push *p, int status, enum webhook_result result, const char *words)
{
    p->reply->status = status;
    p->reply->body = arena_printf(p->reply->arena, "%s\n", words);
    p->h->metrics.webhooks[result]++;
    if (result >= WEBHOOK_DENIED)
        log_line(&p->h->log, LOG_LEVEL_WARN, "webhook", "result", webhook_result_word(result), "reason", words, NULL);
}

static void answer_err(struct push *p, const struct err *err)
{
    if (err->code == ERR_DENIED)
        answer(p, 401, WEBHOOK_DENIED, err->text);
    else if (err->code == ERR_INVALID || err->code == ERR_TOO_LARGE)
        answer(p, 400, WEBHOOK_INVALID, err->text);
    else
        answer(p, 503, WEBHOOK_UNAVAILABLE, err->text);
}

/* ---- one hint ---- */

static int publish_hint(struct push *p, const struct hint *hint, struct sink *s, struct err *err)
{
    struct session *session = &p->h->session;
    char name[65];
    if (hint->entity.n >= sizeof name)
        return err_set(err, ERR_INVALID, "no such entity");
    memcpy(name, hint->entity.p, hint->entity.n);
    name[hint->entity.n] = '\0';
    int rc = hint->deleted ? sink_emit_deleted(s, name, hint->object_id, err)
                           : session->adapter->refresh(session, name, hint->object_id, s, err);
    if (rc == ERR_INVALID && s->refused > 0)
        rc = 0; /* the adapter handed on what sink_emit said, which is noted */
    return rc != 0 ? rc : sink_page(s, (struct text){0}, err);
}

/* 0; ERR_INVALID: the object cannot be taken, *denied tells whether for a card number; else the trouble. */
static int take_hint(struct push *p, const struct hint *hint, struct err *err)
{
    struct sink s;
    sink_begin(&s, p->h, NULL, false);
    int rc = publish_hint(p, hint, &s, err);
    if (rc == 0 && s.refused > 0)
        rc = err_set(err, ERR_INVALID, "%s", s.refusal.text);
    else if (rc == ERR_INVALID || rc == ERR_DENIED || rc == ERR_NOT_FOUND)
        err_set(err, rc = ERR_UNAVAILABLE, "%s", err->text); /* of our own talk with the system, not of the push */
    sink_end(&s);
    return rc;
}

/* 1: known, so nothing is to be done. */
static int event_known(struct push *p, const struct hint *hint, struct err *err)
{
    return hint->event_id.n > 0 ? memory_event_known(p->h->memory, hint->event_id, err) : 0;
}

/* ---- the push ---- */

static int take_all(struct push *p, size_t *known, struct err *err)
{
    struct err refusal = {0};
    for (size_t i = 0; i < p->count; i++) {
        int rc = event_known(p, &p->hints[i], err);
        *known += rc == 1;
        if (rc == 0)
            rc = take_hint(p, &p->hints[i], err);
        if (rc == ERR_INVALID)
            refusal = *err;
        else if (rc < 0)
            return rc;
    }
    return refusal.code == 0 ? 0 : err_set(err, ERR_INVALID, "%s", refusal.text);
}

/* After all hints of the push, which share an event. Not kept when one was refused: the sender may come again. */
static int keep_events(struct push *p, struct err *err)
{
    int rc = 0;
    for (size_t i = 0; i < p->count && rc == 0; i++)
        if (p->hints[i].event_id.n > 0)
            rc = memory_keep_event(p->h->memory, p->hints[i].event_id, err);
    return rc;
}

static void take(struct push *p)
{
    struct err err = {0};
    size_t known = 0;
    int rc = take_all(p, &known, &err);
    if (rc == 0)
        rc = keep_events(p, &err);
    if (rc == ERR_INVALID)
        answer(p, 422, WEBHOOK_REFUSED, err.text);
    else if (rc != 0)
        answer(p, 503, WEBHOOK_UNAVAILABLE, err.text);
    else if (known == p->count)
        answer(p, 200, WEBHOOK_DUPLICATE, "known");
    else
        answer(p, 200, WEBHOOK_ACCEPTED, "ok");
}

void webhook_handle(void *host, const struct http_incoming *r, struct http_reply *reply)
{
    struct push p = {.h = host, .reply = reply};
    struct session *s = &p.h->session;
    struct err err = {0};
    p.h->pushes++;
    if (s->adapter->webhook == NULL)
        answer(&p, 404, WEBHOOK_INVALID, "this system pushes nothing");
    else if (p.h->stopping)
        answer(&p, 503, WEBHOOK_UNAVAILABLE, "stopping");
    else if (s->adapter->webhook(s, r, reply->arena, p.hints, &p.count, &err) != 0)
        answer_err(&p, &err);
    else if (p.count == 0)
        answer(&p, 200, WEBHOOK_IGNORED, "of no interest");
    else if (!p.h->gate.open)
        answer(&p, 503, WEBHOOK_UNAVAILABLE, p.h->gate.why.text);
    else
        take(&p);
    p.h->pushes--;
}
