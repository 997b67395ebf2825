/* amqp_confirm: a ring indexed by publish number. An entry is open until it is answered; `first` moves past what is
 * answered, so "all up to n" looks at each publish once. */
#include "amqp_confirm.h"

#include <stdlib.h>

#define CONFIRMS_MAX (1u << 20)

struct confirm {
    struct amqp_batch *batch;
    uint64_t fingerprint;
    int64_t at_us;
    bool open, returned;
};

static struct confirm *confirm_at(const struct confirms *c, uint64_t number)
{
    return &c->ring[number & (c->cap - 1)];
}

void confirms_init(struct confirms *c)
{
    *c = (struct confirms){.first = 1, .next = 1};
}

void confirms_release(struct confirms *c)
{
    free(c->ring);
    confirms_init(c);
}

size_t confirms_waiting(const struct confirms *c)
{
    return (size_t)(c->next - c->first);
}

static bool confirms_grow(struct confirms *c)
{
    size_t cap = c->cap ? c->cap * 2 : 256;
    struct confirm *ring = cap > CONFIRMS_MAX ? NULL : calloc(cap, sizeof *ring);
    if (!ring)
        return false;
    for (uint64_t n = c->first; n < c->next; n++)
        ring[n & (cap - 1)] = *confirm_at(c, n);
    free(c->ring);
    c->ring = ring;
    c->cap = cap;
    return true;
}

bool confirms_add(struct confirms *c, struct amqp_batch *batch, uint64_t fingerprint, int64_t now_us)
{
    if (confirms_waiting(c) == c->cap && !confirms_grow(c))
        return false;
    *confirm_at(c, c->next++) = (struct confirm){batch, fingerprint, now_us, .open = true};
    if (batch)
        batch->waiting++;
    return true;
}

static void batch_failed(struct amqp_batch *b, const struct err *why)
{
    if (b->failed++ == 0)
        b->first = *why;
}

/* Returns come seldom, so a walk over what is unanswered is cheap enough. Two publishes of one fingerprint are the same
 * message to the same place: whichever of them is marked first, both come back. */
void confirms_returned(struct confirms *c, uint64_t fingerprint, const struct err *why)
{
    for (uint64_t n = c->first; n < c->next; n++) {
        struct confirm *e = confirm_at(c, n);
        if (!e->open || e->returned || e->fingerprint != fingerprint)
            continue;
        e->returned = true;
        if (e->batch)
            batch_failed(e->batch, why);
        return;
    }
}

static void confirm_answer(struct confirm *e, const struct err *why)
{
    struct amqp_batch *b = e->batch;
    if (!e->open)
        return;
    e->open = false;
    if (!b)
        return;
    if (why && !e->returned)
        batch_failed(b, why);
    if (--b->waiting == 0 && b->task)
        task_wake(b->task);
}

void confirms_answer(struct confirms *c, uint64_t number, bool multiple, const struct err *why)
{
    if (number < c->first || number >= c->next)
        return;
    for (uint64_t n = multiple ? c->first : number; n <= number; n++)
        confirm_answer(confirm_at(c, n), why);
    while (c->first < c->next && !confirm_at(c, c->first)->open)
        c->first++;
}

void confirms_fail(struct confirms *c, const struct err *why)
{
    if (c->next > c->first)
        confirms_answer(c, c->next - 1, true, why);
    c->first = c->next = 1;
}

bool confirms_oldest(const struct confirms *c, int64_t *at_us)
{
    if (c->first == c->next)
        return false;
    *at_us = confirm_at(c, c->first)->at_us;
    return true;
}
