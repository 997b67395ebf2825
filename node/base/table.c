/* Open addressing with linear probing; at most three quarters of the slots are taken. An entry keeps its hash, so
 * growing does not hash again and most wrong entries are passed over without a look at their key. Removing moves the
 * entries that follow back, so there are no grave markers and a table that lives long does not slow down. */
#include "table.h"

#include <stdlib.h>

#include "err.h"
#include "hash.h"

enum { first_slots = 16 };

struct table_entry {
    uint64_t hash;
    void *value;
    size_t n;
    char key[];
};

void table_init(struct table *t, size_t max_entries)
{
    *t = (struct table){.max = max_entries};
}

void table_release(struct table *t)
{
    for (size_t i = 0; i < t->slot_count; i++)
        free(t->slots[i]);
    free(t->slots);
    table_init(t, t->max);
}

/* The slot of the key, or the free one where it belongs. There is always a free one. */
static size_t slot_of(const struct table *t, uint64_t hash, struct text key)
{
    size_t mask = t->slot_count - 1, i = hash & mask;
    for (; t->slots[i]; i = (i + 1) & mask) {
        const struct table_entry *e = t->slots[i];
        if (e->hash == hash && text_eq((struct text){e->key, e->n}, key))
            break;
    }
    return i;
}

void *table_get(const struct table *t, struct text key)
{
    if (t->count == 0)
        return NULL;
    const struct table_entry *e = t->slots[slot_of(t, hash64(key), key)];
    return e ? e->value : NULL;
}

static int grow(struct table *t)
{
    size_t slot_count = t->slot_count ? 2 * t->slot_count : first_slots, mask = slot_count - 1;
    struct table_entry **slots = calloc(slot_count, sizeof *slots);
    if (!slots)
        return ERR_NOMEM;
    for (size_t i = 0; i < t->slot_count; i++) {
        if (!t->slots[i])
            continue;
        size_t to = t->slots[i]->hash & mask;
        while (slots[to])
            to = (to + 1) & mask;
        slots[to] = t->slots[i];
    }
    free(t->slots);
    t->slots = slots;
    t->slot_count = slot_count;
    return 0;
}

static struct table_entry *entry_new(uint64_t hash, struct text key, void *value)
{
    struct table_entry *e = malloc(sizeof *e + key.n);
    if (!e)
        return NULL;
    *e = (struct table_entry){.hash = hash, .value = value, .n = key.n};
    if (key.n)
        memcpy(e->key, key.p, key.n);
    return e;
}

int table_put(struct table *t, struct text key, void *value)
{
    uint64_t hash = hash64(key);
    size_t slot = 0;
    if (t->slot_count) {
        slot = slot_of(t, hash, key);
        if (t->slots[slot]) {
            t->slots[slot]->value = value;
            return 0;
        }
    }
    if (t->count >= t->max)
        return ERR_TOO_LARGE;
    if (t->count >= t->slot_count - t->slot_count / 4) {
        if (grow(t))
            return ERR_NOMEM;
        slot = slot_of(t, hash, key);
    }
    t->slots[slot] = entry_new(hash, key, value);
    if (!t->slots[slot])
        return ERR_NOMEM;
    t->count++;
    return 0;
}

/* Slot `hole` is free: moves back what was pushed beyond it. */
static void close_hole(struct table *t, size_t hole)
{
    size_t mask = t->slot_count - 1;
    for (size_t i = (hole + 1) & mask; t->slots[i]; i = (i + 1) & mask) {
        size_t home = t->slots[i]->hash & mask;
        if (((i - home) & mask) < ((i - hole) & mask))
            continue;
        t->slots[hole] = t->slots[i];
        t->slots[i] = NULL;
        hole = i;
    }
}

void *table_remove(struct table *t, struct text key)
{
    if (t->count == 0)
        return NULL;
    size_t slot = slot_of(t, hash64(key), key);
    struct table_entry *e = t->slots[slot];
    if (!e)
        return NULL;
    void *value = e->value;
    free(e);
    t->slots[slot] = NULL;
    t->count--;
    close_hole(t, slot);
    return value;
}

bool table_next(const struct table *t, size_t *cursor, struct text *key, void **value)
{
    for (; *cursor < t->slot_count; ++*cursor) {
        const struct table_entry *e = t->slots[*cursor];
        if (!e)
            continue;
        *key = (struct text){e->key, e->n};
        *value = e->value;
        ++*cursor;
        return true;
    }
    return false;
}
