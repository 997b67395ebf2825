/* Records, links and match values in SQLite. */
#include "store_sqlite.h"

static int find(struct sqlite_statement *s, int64_t *place, struct err *err)
{
    int rc = sqlite_step(s, err);
    if (rc <= 0)
        return rc;
    *place = sqlite_column_int(s, 0);
    sqlite_reset(s);
    return 1;
}

int sqlite_find_key(struct store *base, struct text key, int64_t *place, struct err *err)
{
    struct sqlite_statement *s = sqlite_store_of(base)->statements[FIND_KEY];
    sqlite_bind_text(s, 1, key);
    return find(s, place, err);
}

static void bind_object(struct sqlite_store *store, struct sqlite_statement *s, int system, const struct entity *e)
{
    sqlite_bind_int(s, 1, store->system_ids[system]);
    sqlite_bind_int(s, 2, store->entity_ids[e->index]);
}

int sqlite_find_link(struct store *base, int system, const struct entity *e, struct text native, int64_t *place,
                     struct err *err)
{
    struct sqlite_statement *s = sqlite_store_of(base)->statements[FIND_LINK];
    bind_object(sqlite_store_of(base), s, system, e);
    sqlite_bind_text(s, 3, native);
    return find(s, place, err);
}

int sqlite_put_link(struct store *base, int system, const struct entity *e, struct text native, int64_t place,
                    struct err *err)
{
    struct sqlite_statement *s = sqlite_store_of(base)->statements[PUT_LINK];
    bind_object(sqlite_store_of(base), s, system, e);
    sqlite_bind_text(s, 3, native);
    sqlite_bind_int(s, 4, place);
    sqlite_store_of(base)->new_links++;
    return sqlite_store_run(s, err);
}

int sqlite_find_match(struct store *base, const struct entity *e, uint32_t field, struct text value, int64_t *places,
                      int max, struct err *err)
{
    struct sqlite_statement *s = sqlite_store_of(base)->statements[FIND_MATCH];
    int rc, count = 0;
    sqlite_bind_int(s, 1, sqlite_store_of(base)->field_ids[e->index][field]);
    sqlite_bind_text(s, 2, value);
    sqlite_bind_int(s, 3, max);
    while ((rc = sqlite_step(s, err)) > 0)
        places[count++] = sqlite_column_int(s, 0);
    return rc < 0 ? rc : count;
}

static int change_match(struct store *base, enum statement which, const struct entity *e, uint32_t field,
                        struct text value, int64_t place, struct err *err)
{
    struct sqlite_statement *s = sqlite_store_of(base)->statements[which];
    sqlite_bind_int(s, 1, sqlite_store_of(base)->field_ids[e->index][field]);
    sqlite_bind_text(s, 2, value);
    sqlite_bind_int(s, 3, place);
    return sqlite_store_run(s, err);
}

int sqlite_put_match(struct store *base, const struct entity *e, uint32_t field, struct text value, int64_t place,
                     struct err *err)
{
    return change_match(base, PUT_MATCH, e, field, value, place, err);
}

int sqlite_drop_match(struct store *base, const struct entity *e, uint32_t field, struct text value, int64_t place,
                      struct err *err)
{
    return change_match(base, DROP_MATCH, e, field, value, place, err);
}

int sqlite_add(struct store *base, struct text key, int64_t *place, struct err *err)
{
    struct sqlite_statement *s = sqlite_store_of(base)->statements[ADD_KEY];
    *place = sqlite_store_of(base)->next_place++; /* after a rollback, a number is left out */
    sqlite_store_of(base)->new_records++;
    sqlite_bind_text(s, 1, key);
    sqlite_bind_int(s, 2, *place);
    return sqlite_store_run(s, err);
}

int sqlite_load(struct store *base, int64_t place, struct record **out, struct err *err)
{
    struct sqlite_store *store = sqlite_store_of(base);
    struct sqlite_statement *s = store->statements[LOAD];
    sqlite_bind_int(s, 1, place);
    int rc = sqlite_step(s, err);
    if (rc < 0)
        return rc;
    if (rc == 0)
        return err_set(err, ERR_NOT_FOUND, "no record at place %lld of the store", (long long)place);
    int64_t layout = sqlite_column_int(s, 0);
    if (layout < 1 || (size_t)layout > store->layout_count)
        rc = err_set(err, ERR_INVALID, "record at place %lld has no layout in the store", (long long)place);
    else
        rc = record_decode(out, &store->layouts[layout - 1], (uint32_t)base->system_count, sqlite_column_text(s, 1),
                           sqlite_column_blob(s, 2), err);
    sqlite_reset(s);
    if (rc)
        return rc;
    (*out)->place = place;
    (*out)->stored = true;
    return 0;
}

int sqlite_save(struct store *base, struct record *r, struct err *err)
{
    struct sqlite_store *store = sqlite_store_of(base);
    struct sqlite_statement *s = store->statements[r->stored ? UPDATE_RECORD : INSERT_RECORD];
    buf_reset(&store->body);
    record_encode(&store->body, r);
    sqlite_bind_int(s, 1, r->place);
    sqlite_bind_int(s, 2, store->layout_ids[r->entity->index]);
    sqlite_bind_blob(s, 3, buf_view(&store->body));
    if (!r->stored)
        sqlite_bind_text(s, 4, r->key);
    int rc = buf_failed(&store->body) ? err_set(err, ERR_TOO_LARGE, "record %.*s is too large to keep", TEXT_ARG(r->key))
                                      : sqlite_store_run(s, err);
    record_free(r);
    return rc;
}

/* ---- creating ---- */

int sqlite_put_creating(struct store *base, int system, const struct entity *e, int64_t place, moment_us since,
                        struct err *err)
{
    struct sqlite_statement *s = sqlite_store_of(base)->statements[PUT_CREATING];
    bind_object(sqlite_store_of(base), s, system, e);
    sqlite_bind_int(s, 3, place);
    sqlite_bind_int(s, 4, since);
    return sqlite_store_run(s, err);
}

int sqlite_drop_creating(struct store *base, int system, const struct entity *e, int64_t place, struct err *err)
{
    struct sqlite_statement *s = sqlite_store_of(base)->statements[DROP_CREATING];
    bind_object(sqlite_store_of(base), s, system, e);
    sqlite_bind_int(s, 3, place);
    return sqlite_store_run(s, err);
}

int sqlite_any_creating(struct store *base, int system, const struct entity *e, moment_us after, struct err *err)
{
    struct sqlite_statement *s = sqlite_store_of(base)->statements[ANY_CREATING];
    int64_t ignored;
    bind_object(sqlite_store_of(base), s, system, e);
    sqlite_bind_int(s, 3, after);
    return find(s, &ignored, err);
}

/* ---- snapshots ---- */

int sqlite_put_snapshot(struct store *base, int system, const struct entity *e, struct err *err)
{
    struct sqlite_statement *s = sqlite_store_of(base)->statements[PUT_SNAPSHOT];
    bind_object(sqlite_store_of(base), s, system, e);
    return sqlite_store_run(s, err);
}

int sqlite_has_snapshot(struct store *base, int system, const struct entity *e, struct err *err)
{
    struct sqlite_statement *s = sqlite_store_of(base)->statements[HAS_SNAPSHOT];
    int64_t ignored;
    bind_object(sqlite_store_of(base), s, system, e);
    return find(s, &ignored, err);
}
