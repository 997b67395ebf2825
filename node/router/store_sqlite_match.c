/* The match values of records that are there, when the rules match by other fields than before: else an object of a known
 * record would not be found by the new field, and a second record be made of it. */
#include "store_sqlite.h"

#include "identity.h"

struct indexing {
    struct sqlite_store *s;
    struct sqlite_statement *add_field, *drop_field, *drop_values;
    struct field_mask *missing; /* by entity: to be read from the records */
    struct arena arena;         /* of one record */
    int64_t records;
};

static int one_field(struct sqlite_statement *st, int64_t field, struct err *err)
{
    sqlite_bind_int(st, 1, field);
    return sqlite_store_run(st, err);
}

static int is_kept(struct sqlite_statement *st, int64_t field, struct err *err)
{
    sqlite_bind_int(st, 1, field);
    int rc = sqlite_step(st, err);
    if (rc > 0)
        sqlite_reset(st);
    return rc;
}

/* The values of what is matched no more are forgotten, since nobody keeps them up to date. */
static int compare(struct indexing *x, const struct field_mask *matched, bool *any, struct err *err)
{
    struct sqlite_statement *find;
    int rc = sqlite_prepare(x->s->db, &find, "SELECT 1 FROM matched WHERE field = ?", err);
    for (uint32_t i = 0; !rc && i < schema_count(x->s->schema); i++) {
        const struct entity *e = schema_at(x->s->schema, i);
        for (uint32_t f = 0; !rc && f < e->field_count; f++) {
            int64_t id = x->s->field_ids[i][f];
            int kept = is_kept(find, id, err);
            bool wanted = field_mask_has(&matched[i], f);
            if (kept < 0)
                return kept;
            if (wanted == kept)
                continue;
            if (wanted)
                field_mask_add(&x->missing[i], f);
            *any |= wanted;
            rc = one_field(x->drop_values, id, err);
            rc = rc ? rc : one_field(wanted ? x->add_field : x->drop_field, id, err);
        }
    }
    return rc;
}

static int add_values(struct indexing *x, const struct record *r, struct err *err)
{
    char normal[IDENTITY_VALUE_MAX];
    struct field_mask fields = field_mask_and(x->missing[r->entity->index], r->present);
    int rc = 0;
    for (int f = field_mask_next(&fields, 0); !rc && f >= 0; f = field_mask_next(&fields, f + 1)) {
        struct value v;
        rc = record_value(r, (uint32_t)f, &x->arena, &v, err);
        struct text value = !rc && v.kind == VALUE_TEXT ? identity_normal(v.text, normal) : (struct text){NULL, 0};
        if (value.n)
            rc = sqlite_put_match(&x->s->base, r->entity, (uint32_t)f, value, r->place, err);
    }
    return rc;
}

static int index_record(struct indexing *x, int64_t place, int64_t layout, struct err *err)
{
    bool known = layout >= 1 && (size_t)layout <= x->s->layout_count;
    const struct entity *e = known ? x->s->layouts[layout - 1].entity : NULL;
    struct record *r;
    if (!e || field_mask_empty(&x->missing[e->index])) /* or of an entity that has no file any more */
        return 0;
    int rc = sqlite_load(&x->s->base, place, &r, err);
    if (rc)
        return rc;
    rc = add_values(x, r, err);
    record_free(r);
    arena_clear(&x->arena);
    x->records++;
    return rc;
}

static int index_records(struct indexing *x, struct err *err)
{
    struct sqlite_statement *list;
    int more = 0, rc = sqlite_prepare(x->s->db, &list, "SELECT place, layout FROM record", err);
    while (!rc && (more = sqlite_step(list, err)) > 0)
        rc = index_record(x, sqlite_column_int(list, 0), sqlite_column_int(list, 1), err);
    if (rc && more > 0)
        sqlite_reset(list);
    return rc ? rc : more;
}

static int run(struct indexing *x, const struct field_mask *matched, struct err *err)
{
    bool any = false;
    int rc = sqlite_prepare(x->s->db, &x->add_field, "INSERT INTO matched(field) VALUES (?)", err);
    if (!rc)
        rc = sqlite_prepare(x->s->db, &x->drop_field, "DELETE FROM matched WHERE field = ?", err);
    if (!rc)
        rc = sqlite_prepare(x->s->db, &x->drop_values, "DELETE FROM match WHERE field = ?", err);
    if (!rc)
        rc = compare(x, matched, &any, err);
    return rc || !any ? rc : index_records(x, err);
}

int store_sqlite_match(struct store *base, const struct field_mask *matched, int64_t *records, struct err *err)
{
    struct indexing x = {.s = sqlite_store_of(base)};
    x.missing = arena_alloc(&x.s->arena, (schema_count(x.s->schema) + 1) * sizeof *x.missing);
    if (!x.missing)
        return err_set(err, ERR_NOMEM, "no memory for the store");
    arena_init(&x.arena, 80u << 20);
    int rc = base->ops->begin(base, err);
    if (!rc && !(rc = run(&x, matched, err)))
        rc = base->ops->commit(base, err);
    else if (rc)
        base->ops->rollback(base);
    arena_release(&x.arena);
    *records = x.records;
    return rc;
}
