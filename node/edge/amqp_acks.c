/* amqp_acks: a ring of tags in ascending order, found by halving.
 *
 *   OPEN ──ack──▶ ACKED ──told──▶ TOLD        OPEN ──reject──▶ TOLD
 *
 * An ack may say "all up to tag" when nothing up to it is OPEN; and its tag must itself be one that the broker does not
 * know to be answered, else it closes the channel (unknown delivery tag). So the leading run without OPEN is told by
 * the last ACKED in it, and what is ACKED behind an OPEN one is told one by one. TOLD entries leave at the head; when
 * an old OPEN one keeps them from it, they are squeezed out. */
#include "amqp_acks.h"

#include <stdlib.h>

#define ACKS_MAX (1u << 20)

struct ack {
    uint64_t tag;
    enum { ACK_OPEN, ACK_ACKED, ACK_TOLD } state;
};

static struct ack *ack_at(const struct acks *a, size_t i)
{
    return &a->ring[(a->head + i) & (a->cap - 1)];
}

void acks_init(struct acks *a)
{
    *a = (struct acks){0};
}

void acks_release(struct acks *a)
{
    free(a->ring);
    acks_init(a);
}

void acks_clear(struct acks *a)
{
    a->head = a->count = a->untold = a->scan = 0;
}

static void acks_squeeze(struct acks *a)
{
    size_t kept = 0;
    for (size_t i = 0; i < a->count; i++)
        if (ack_at(a, i)->state != ACK_TOLD)
            *ack_at(a, kept++) = *ack_at(a, i);
    a->count = kept;
    a->scan = 0;
}

static bool acks_grow(struct acks *a)
{
    size_t cap = a->cap ? a->cap * 2 : 256;
    struct ack *ring = cap > ACKS_MAX ? NULL : malloc(cap * sizeof *ring);
    if (!ring)
        return false;
    for (size_t i = 0; i < a->count; i++)
        ring[i] = *ack_at(a, i);
    free(a->ring);
    a->ring = ring;
    a->cap = cap;
    a->head = 0;
    return true;
}

bool acks_delivered(struct acks *a, uint64_t tag)
{
    if (a->count == a->cap) {
        acks_squeeze(a);
        if (a->count * 2 >= a->cap && !acks_grow(a) && a->count == a->cap)
            return false;
    }
    *ack_at(a, a->count++) = (struct ack){tag, ACK_OPEN};
    return true;
}

static struct ack *acks_find(const struct acks *a, uint64_t tag)
{
    size_t low = 0, high = a->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (ack_at(a, middle)->tag < tag)
            low = middle + 1;
        else
            high = middle;
    }
    return low < a->count && ack_at(a, low)->tag == tag ? ack_at(a, low) : NULL;
}

static bool acks_answer(struct acks *a, uint64_t tag, int state)
{
    struct ack *k = acks_find(a, tag);
    if (!k || k->state != ACK_OPEN)
        return false;
    k->state = state;
    a->scan = 0;
    return true;
}

bool acks_acked(struct acks *a, uint64_t tag)
{
    if (!acks_answer(a, tag, ACK_ACKED))
        return false;
    a->untold++;
    return true;
}

bool acks_rejected(struct acks *a, uint64_t tag)
{
    return acks_answer(a, tag, ACK_TOLD);
}

/* Drops the leading run without OPEN; counts and names what was ACKED in it. */
static size_t acks_take_head(struct acks *a, uint64_t *last)
{
    size_t acked = 0;
    if (a->count && ack_at(a, 0)->state != ACK_OPEN)
        a->scan = 0;
    while (a->count && ack_at(a, 0)->state != ACK_OPEN) {
        if (ack_at(a, 0)->state == ACK_ACKED) {
            *last = ack_at(a, 0)->tag;
            acked++;
        }
        a->head = (a->head + 1) & (a->cap - 1);
        a->count--;
    }
    return acked;
}

bool acks_next(struct acks *a, uint64_t *tag, bool *multiple)
{
    size_t acked = acks_take_head(a, tag);
    if (acked) {
        a->untold -= acked;
        *multiple = acked > 1;
        return true;
    }
    while (a->untold && a->scan < a->count) {
        struct ack *k = ack_at(a, a->scan++);
        if (k->state != ACK_ACKED)
            continue;
        k->state = ACK_TOLD;
        a->untold--;
        *tag = k->tag;
        *multiple = false;
        return true;
    }
    return false;
}
