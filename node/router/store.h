/* store: where records, links, match values, waiting entries and held items are kept. One interface, several stores
 * (SQLite, memory; PostgreSQL later). A store knows no rules.
 *
 * One writer, one transaction at a time. Within it, what was written is read back. Every function returns 0 or more,
 * or a negative code with its sentence; after a negative one the caller rolls back. A record lies at a *place*, a
 * number above 0 that never changes. Systems are indexes into `systems`: the config's first, then those that the store
 * remembers and the config has no more, so that nothing known about them is lost. */
#ifndef TIDEGATE_ROUTER_STORE_H
#define TIDEGATE_ROUTER_STORE_H

#include "held.h"
#include "record.h"

enum waiting_kind {
    WAITING_RECORD,  /* subject: a record's key; it is decided anew */
    WAITING_MESSAGE, /* subject: a message's id; `message` is decided */
    WAITING_HELD,    /* subject: a held item's id; its message is decided and the item vanishes */
    WAITING_KEY,     /* subject: another key, whose entries are released too */
};

struct waiting {
    enum waiting_kind kind;
    struct text subject;
    struct text message;
    moment_us since; /* WAITING_MESSAGE: when it came, or STORE_FOR_EVER */
};
#define STORE_FOR_EVER INT64_MAX

struct store_counts {
    int64_t records, links, waiting;
    int64_t held[HELD_REASONS];
};

typedef int store_held_fn(void *ctx, const struct held *h); /* non-zero stops */

struct store {
    const struct store_ops *ops;
    const char *const *systems;
    size_t system_count;
};

struct store_ops {
    void (*close)(struct store *s);
    int (*begin)(struct store *s, struct err *err);
    int (*commit)(struct store *s, struct err *err);
    void (*rollback)(struct store *s);

    /* Places: 1 and *place, or 0. */
    int (*find_key)(struct store *s, struct text key, int64_t *place, struct err *err);
    int (*find_link)(struct store *s, int system, const struct entity *e, struct text native, int64_t *place,
                     struct err *err);
    /* Up to max places of records with the (normalised) value; returns how many. */
    int (*find_match)(struct store *s, const struct entity *e, uint32_t field, struct text value, int64_t *places,
                      int max, struct err *err);

    /* A place for a new record with this key. */
    int (*add)(struct store *s, struct text key, int64_t *place, struct err *err);
    /* Gives a copy of the record, the caller's to change; ERR_NOT_FOUND when nothing lies there. */
    int (*load)(struct store *s, int64_t place, struct record **out, struct err *err);
    /* Takes the record: it is the store's to keep or free, also on failure. */
    int (*save)(struct store *s, struct record *r, struct err *err);

    int (*put_link)(struct store *s, int system, const struct entity *e, struct text native, int64_t place,
                    struct err *err);
    int (*put_match)(struct store *s, const struct entity *e, uint32_t field, struct text value, int64_t place,
                     struct err *err);
    int (*drop_match)(struct store *s, const struct entity *e, uint32_t field, struct text value, int64_t place,
                      struct err *err);

    /* One entry per (key, kind, subject): a second put changes nothing. */
    int (*put_waiting)(struct store *s, struct text key, const struct waiting *w, struct err *err);
    /* Removes and gives all entries of a key, oldest first, in the arena. */
    int (*take_waiting)(struct store *s, struct text key, struct arena *a, struct waiting **out, size_t *count,
                        struct err *err);
    /* Up to max keys with a WAITING_MESSAGE entry whose `since` is before a time. Returns how many. */
    int (*find_overdue)(struct store *s, moment_us before, size_t max, struct arena *a, struct text *keys,
                        struct err *err);

    /* 1: added; 0: there was one with this id, replaced when `replace`. */
    int (*put_held)(struct store *s, const struct held *h, bool replace, struct err *err);
    int (*drop_held)(struct store *s, struct text id, struct err *err);                                 /* 1 or 0 */
    int (*get_held)(struct store *s, struct text id, struct arena *a, struct held *out, struct err *err); /* 1 or 0 */
    /* Newest first; the texts are borrowed for the call. */
    int (*each_held)(struct store *s, size_t max, store_held_fn *fn, void *ctx, struct err *err);

    /* Commands under way that will make an object: at most one a record and system. any: 1 when one is younger than
     * `after`; 0. */
    int (*put_creating)(struct store *s, int system, const struct entity *e, int64_t place, moment_us since,
                        struct err *err);
    int (*drop_creating)(struct store *s, int system, const struct entity *e, int64_t place, struct err *err);
    int (*any_creating)(struct store *s, int system, const struct entity *e, moment_us after, struct err *err);

    /* The first read of the entity in the system is through. has: 1 or 0. */
    int (*put_snapshot)(struct store *s, int system, const struct entity *e, struct err *err);
    int (*has_snapshot)(struct store *s, int system, const struct entity *e, struct err *err);

    int (*counts)(struct store *s, struct store_counts *out, struct err *err);
};

/* In memory, records kept decoded. systems are borrowed. For tests, benchmarks and simulations: what was waiting or held
 * is given back when the store is closed. */
int store_memory_open(struct store **out, const char *const *systems, size_t system_count, struct err *err);
/* SQLite at path; survives power loss. The schema must outlive it; systems are copied. */
int store_sqlite_open(struct store **out, const char *path, const struct schema *schema, const char *const *systems,
                      size_t system_count, struct err *err);
/* Records are found by the values of these fields from now on (by entity: a mask): those of the records that are there are
 * read where the store was opened with other ones before. *records: how many had to be read. Once, after the opening. */
int store_sqlite_match(struct store *s, const struct field_mask *matched, int64_t *records, struct err *err);

#endif
