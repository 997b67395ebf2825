/* store_memory: what the files of the store in memory share, and nobody else. */
#ifndef TIDEGATE_ROUTER_STORE_MEMORY_H
#define TIDEGATE_ROUTER_STORE_MEMORY_H

#include "base/table.h"
#include "store.h"

enum kind { KEYS, LINKS, MATCHES, WAITING, HELD, CREATING, SNAPSHOTS, KINDS };

struct note { /* what a table held before; record: the place of a record instead */
    enum kind kind;
    int64_t place;
    struct text key;
    void *before;
};

struct list { /* MATCHES: places; WAITING: entries */
    size_t count;
    union {
        int64_t places[1];
        struct waiting *entries[1];
    };
};

struct memory {
    struct store base;
    struct table tables[KINDS];
    struct record **records; /* by place */
    int64_t record_count, record_cap;
    struct note *notes;
    size_t note_count, note_cap;
    struct arena notes_arena; /* keys of notes; cleared with them */
    struct arena kept;        /* lists, waiting entries and held items, until close */
    int64_t held_next, waiting_count;
};

struct kept_held {
    struct held held;
    int64_t order;
};

static inline struct memory *memory_of(struct store *s)
{
    return (struct memory *)s;
}

int memory_lacks(struct err *err); /* ERR_NOMEM and its sentence */
/* Replaces a table's entry (value NULL: removes it) and notes what was there. */
int memory_change(struct memory *m, enum kind kind, struct text key, void *value, struct err *err);

int memory_put_held(struct store *s, const struct held *h, bool replace, struct err *err);
int memory_drop_held(struct store *s, struct text id, struct err *err);
int memory_get_held(struct store *s, struct text id, struct arena *a, struct held *out, struct err *err);
int memory_each_held(struct store *s, size_t max, store_held_fn *fn, void *ctx, struct err *err);

#endif
