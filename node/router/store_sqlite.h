/* store_sqlite: what the files of the SQLite store share, and nobody else.
 *
 * Systems, entities and fields are small numbers in the tables; `name` says which is which, for ever. */
#ifndef TIDEGATE_ROUTER_STORE_SQLITE_H
#define TIDEGATE_ROUTER_STORE_SQLITE_H

#include "edge/sqlite.h"
#include "record_codec.h"
#include "store.h"

enum statement {
    FIND_KEY, FIND_LINK, FIND_MATCH, ADD_KEY, LOAD, INSERT_RECORD, UPDATE_RECORD, PUT_LINK, PUT_MATCH, DROP_MATCH,
    PUT_WAITING, LIST_WAITING, DROP_WAITING, OVERDUE, PUT_HELD, REPLACE_HELD, DROP_HELD, GET_HELD, EACH_HELD,
    COUNT_HELD, PUT_CREATING, DROP_CREATING, ANY_CREATING, PUT_SNAPSHOT, HAS_SNAPSHOT, COUNT_WAITING, STATEMENTS
};

struct sqlite_store {
    struct store base;
    struct sqlite *db;
    struct sqlite_statement *statements[STATEMENTS];
    const struct schema *schema;
    const char *systems[LAYOUT_SYSTEMS_MAX]; /* the config's, then those that it has no more */
    int64_t system_ids[LAYOUT_SYSTEMS_MAX];  /* in `name` */
    int64_t *entity_ids;                     /* by entity index */
    int64_t *layout_ids;                     /* by entity index: the layout that is written now */
    int64_t **field_ids;                     /* by entity index, field index */
    struct layout *layouts;                  /* by layout id - 1: all that were ever written */
    size_t layout_count;
    int64_t next_place;
    int64_t records, links;         /* committed */
    int64_t new_records, new_links; /* of the transaction */
    struct arena arena;
    struct buf body; /* of the record that is being saved */
};

static inline struct sqlite_store *sqlite_store_of(struct store *s)
{
    return (struct sqlite_store *)s;
}

/* Runs a statement that gives no rows. */
int sqlite_store_run(struct sqlite_statement *s, struct err *err);

int sqlite_find_key(struct store *s, struct text key, int64_t *place, struct err *err);
int sqlite_find_link(struct store *s, int system, const struct entity *e, struct text native, int64_t *place,
                     struct err *err);
int sqlite_find_match(struct store *s, const struct entity *e, uint32_t field, struct text value, int64_t *places,
                      int max, struct err *err);
int sqlite_add(struct store *s, struct text key, int64_t *place, struct err *err);
int sqlite_load(struct store *s, int64_t place, struct record **out, struct err *err);
int sqlite_save(struct store *s, struct record *r, struct err *err);
int sqlite_put_link(struct store *s, int system, const struct entity *e, struct text native, int64_t place,
                    struct err *err);
int sqlite_put_match(struct store *s, const struct entity *e, uint32_t field, struct text value, int64_t place,
                     struct err *err);
int sqlite_drop_match(struct store *s, const struct entity *e, uint32_t field, struct text value, int64_t place,
                      struct err *err);
int sqlite_put_creating(struct store *s, int system, const struct entity *e, int64_t place, moment_us since,
                        struct err *err);
int sqlite_drop_creating(struct store *s, int system, const struct entity *e, int64_t place, struct err *err);
int sqlite_any_creating(struct store *s, int system, const struct entity *e, moment_us after, struct err *err);
int sqlite_put_snapshot(struct store *s, int system, const struct entity *e, struct err *err);
int sqlite_has_snapshot(struct store *s, int system, const struct entity *e, struct err *err);
int sqlite_put_waiting(struct store *s, struct text key, const struct waiting *w, struct err *err);
int sqlite_take_waiting(struct store *s, struct text key, struct arena *a, struct waiting **out, size_t *count,
                        struct err *err);
int sqlite_find_overdue(struct store *s, moment_us before, size_t max, struct arena *a, struct text *keys,
                        struct err *err);
int sqlite_put_held(struct store *s, const struct held *h, bool replace, struct err *err);
int sqlite_drop_held(struct store *s, struct text id, struct err *err);
int sqlite_get_held(struct store *s, struct text id, struct arena *a, struct held *out, struct err *err);
int sqlite_each_held(struct store *s, size_t max, store_held_fn *fn, void *ctx, struct err *err);
int sqlite_counts(struct store *s, struct store_counts *out, struct err *err);

#endif
