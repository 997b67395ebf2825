/* record: the router's own state of one business object.
 *
 * Per field the value (references as record keys), who set it, when, by which message. Per system a view: the native
 * id, versions, and per field what was *seen* there and what was *told* to it, as hashes only.
 *
 * A record is two blocks: one of fixed size (cells, views, stances), so that pointers into it stay valid, and a heap of
 * bytes for texts and values, addressed by offset (a copy begins with both in one piece). Values lie in the heap as
 * msgpack, and are decoded only when they have to be sent: a decision compares hashes. Copying a record is two memcpy;
 * that is how a batch works on copies and drops them when it fails. */
#ifndef TIDEGATE_ROUTER_RECORD_H
#define TIDEGATE_ROUTER_RECORD_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/moment.h"
#include "field_mask.h"
#include "proto/schema.h"

struct slice { /* in the record's heap */
    uint32_t at, n;
};

struct cell {           /* a field of the record */
    uint64_t hash;      /* field_hash of the value as it lies here, references as record keys */
    struct slice value; /* msgpack */
    uint32_t origin;    /* heap offset of who set it, see record_origin */
};

struct stance {            /* where one system stands about one field */
    uint64_t seen;         /* hash of the value as this system shows it (its own native ids in references) */
    uint64_t told;         /* hash of the value as this system was last told it */
    int64_t told_revision; /* of the command that told it, while that is not answered; else 0 */
};

struct view {             /* how one system knows the record */
    struct slice native;  /* empty: no object there that we know of */
    struct slice version; /* of the last change from there */
    struct slice written; /* version that the last outcome gave */
    int64_t done;         /* revision of the last command that it has carried out; 0: none */
    int64_t flight;       /* revision of the last command that is not answered; 0: none */
    moment_us flight_since;
    struct field_mask has_seen, has_told;
    struct field_mask by_us;   /* seen comes from an outcome, and no change has shown it since */
    struct field_mask settled; /* the system has, or has been told, the value that the record has now */
    struct field_mask refused; /* a held item says that the system set the field to something else, and may not */
    bool waits;                /* a held item says that this system waits for something */
    bool rejected;             /* a held item says that this system refused the last command */
    bool creating;             /* a command without native id is under way */
    bool deferred;             /* changes from there wait for the outcome of the command under way */
};

struct origin {
    int system; /* index */
    moment_us at;
    struct text message; /* id; borrowed from the record's heap */
};

struct record {
    const struct entity *entity;
    struct text key; /* in the fixed block */
    int64_t revision;
    int64_t place; /* the store's own: where it lies; 0: not yet stored */
    uint32_t turns;        /* how often, since then, one system has changed what another had set */
    moment_us turns_since;
    uint32_t system_count;
    bool stored;                           /* the store has a row of it */
    bool dirty;                            /* differs from what is stored */
    struct field_mask present, unresolved; /* unresolved: holds a reference in the form "?system:native" */
    struct cell *cells;                    /* by field index */
    struct view *views;                    /* by system */
    struct stance *stances;                /* system × field */
    char *heap;
    uint32_t heap_n, heap_cap, heap_waste;
    bool heap_inside; /* the heap lies behind the fixed block, in one piece with it */
    size_t size;      /* of the fixed block */
};

/* NULL when memory is short. */
struct record *record_new(const struct entity *e, uint32_t system_count, struct text key);
struct record *record_copy(const struct record *r);
void record_free(struct record *r);
/* Room at once for n bytes of texts and values, and a little more, of a record that has none yet. */
int record_reserve(struct record *r, size_t n);

static inline struct stance *record_stance(const struct record *r, int system, uint32_t field)
{
    return &r->stances[(uint32_t)system * r->entity->field_count + field];
}

static inline struct text record_text(const struct record *r, struct slice s)
{
    return (struct text){s.n ? r->heap + s.at : NULL, s.n};
}

/* Puts bytes into the heap, in the place of *s where they fit. ERR_NOMEM, ERR_TOO_LARGE (a record is at most 64 MiB).
 */
int record_keep(struct record *r, struct slice *s, struct text t);
/* A new origin, for the cells that one message sets; *out is its heap offset. */
int record_keep_origin(struct record *r, int system, moment_us at, struct text message, uint32_t *out);
struct origin record_origin(const struct record *r, const struct cell *c);

/* Sets a cell; every system's claim to be settled about the field falls. packed: msgpack. */
int record_set(struct record *r, uint32_t field, struct text packed, uint64_t hash, uint32_t origin);
/* The value of a field that is present. */
int record_value(const struct record *r, uint32_t field, struct arena *a, struct value *out, struct err *err);
/* Gives back what replaced values have left behind. Call before storing. */
void record_tidy(struct record *r);

#endif
