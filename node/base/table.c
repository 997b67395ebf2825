/* Open addressing with linear probing; at most three quarters of the slots are taken. In a large table each look at
 * other memory is a wait, so a slot keeps the hash, by which wrong slots are passed over without a look at their keys,
 * and the value, so that the caller's next look need not wait for that at the key. Removing moves the slots that follow
 * back, so there are no grave markers and a table that lives long does not slow down. */
#include "table.h"

#include <stdlib.h>

#include "err.h"
#include "hash.h"

enum { first_slots = 16 };

struct table_key {
    size_t n;
    char bytes[];
};
struct table_slot {
    uint64_t hash;
    void *value; /* NULL: the slot is free */
    struct table_key *key;
};

void table_init(struct table *t, size_t max_entries)
{
    *t = (struct table){.max = max_entries};
}

void table_release(struct table *t)
{
    for (size_t i = 0; i < t->slot_count; i++)
        if (t->slots[i].value)
            free(t->slots[i].key);
    free(t->slots);
    table_init(t, t->max);
}

static struct text key_of(const struct table_slot *slot)
{
    return (struct text){slot->key->bytes, slot->key->n};
}

/* The slot of the key, or the free one where it belongs. There is always a free one. */
static struct table_slot *slot_of(const struct table *t, uint64_t hash, struct text key)
{
    size_t mask = t->slot_count - 1, i = hash & mask;
    for (; t->slots[i].value; i = (i + 1) & mask)
        if (t->slots[i].hash == hash && text_eq(key_of(&t->slots[i]), key))
            break;
    return &t->slots[i];
}

void *table_get(const struct table *t, struct text key)
{
    if (t->count == 0)
        return NULL;
    return slot_of(t, hash64(key), key)->value;
}

static int grow(struct table *t)
{
    size_t slot_count = t->slot_count ? 2 * t->slot_count : first_slots, mask = slot_count - 1;
    struct table_slot *slots = calloc(slot_count, sizeof *slots);
    if (!slots)
        return ERR_NOMEM;
    for (size_t i = 0; i < t->slot_count; i++) {
        if (!t->slots[i].value)
            continue;
        size_t to = t->slots[i].hash & mask;
        while (slots[to].value)
            to = (to + 1) & mask;
        slots[to] = t->slots[i];
    }
    free(t->slots);
    t->slots = slots;
    t->slot_count = slot_count;
    return 0;
}

static struct table_key *key_new(struct text key)
{
    struct table_key *k = malloc(sizeof *k + key.n);
    if (!k)
        return NULL;
    k->n = key.n;
    if (key.n)
        memcpy(k->bytes, key.p, key.n);
    return k;
}

int table_put(struct table *t, struct text key, void *value)
{
    uint64_t hash = hash64(key);
    struct table_slot *slot = t->slot_count ? slot_of(t, hash, key) : NULL;
    if (slot && slot->value) {
        slot->value = value;
        return 0;
    }
    if (t->count >= t->max)
        return ERR_TOO_LARGE;
    if (t->count >= t->slot_count - t->slot_count / 4) {
        if (grow(t))
            return ERR_NOMEM;
        slot = slot_of(t, hash, key);
    }
    struct table_key *kept = key_new(key);
    if (!kept)
        return ERR_NOMEM;
    *slot = (struct table_slot){hash, value, kept};
    t->count++;
    return 0;
}

/* Slot `hole` is free: moves back what was pushed beyond it. */
static void close_hole(struct table *t, size_t hole)
{
    size_t mask = t->slot_count - 1;
    for (size_t i = (hole + 1) & mask; t->slots[i].value; i = (i + 1) & mask) {
        size_t home = t->slots[i].hash & mask;
        if (((i - home) & mask) < ((i - hole) & mask))
            continue;
        t->slots[hole] = t->slots[i];
        t->slots[i].value = NULL;
        hole = i;
    }
}

void *table_remove(struct table *t, struct text key)
{
    if (t->count == 0)
        return NULL;
    struct table_slot *slot = slot_of(t, hash64(key), key);
    void *value = slot->value;
    if (!value)
        return NULL;
    free(slot->key);
    slot->value = NULL;
    t->count--;
    close_hole(t, (size_t)(slot - t->slots));
    return value;
}

bool table_next(const struct table *t, size_t *cursor, struct text *key, void **value)
{
    for (; *cursor < t->slot_count; ++*cursor) {
        const struct table_slot *slot = &t->slots[*cursor];
        if (!slot->value)
            continue;
        *key = key_of(slot);
        *value = slot->value;
        ++*cursor;
        return true;
    }
    return false;
}
