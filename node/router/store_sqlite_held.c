/* Waiting entries and held items in SQLite. */
#include "store_sqlite.h"

int sqlite_put_waiting(struct store *base, struct text key, const struct waiting *w, struct err *err)
{
    struct sqlite_statement *s = sqlite_store_of(base)->statements[PUT_WAITING];
    sqlite_bind_text(s, 1, key);
    sqlite_bind_int(s, 2, w->kind);
    sqlite_bind_text(s, 3, w->subject);
    sqlite_bind_int(s, 4, w->since);
    sqlite_bind_blob(s, 5, w->message);
    return sqlite_store_run(s, err);
}

static int list_waiting(struct sqlite_statement *s, struct arena *a, struct waiting **out, size_t *count,
                        struct err *err)
{
    size_t cap = 0;
    int rc;
    while ((rc = sqlite_step(s, err)) > 0) {
        if (*count == cap) {
            struct waiting *more = arena_alloc(a, (cap ? 2 * cap : 8) * sizeof *more);
            if (!more) {
                sqlite_reset(s);
                return err_set(err, ERR_NOMEM, "no memory for what is released");
            }
            if (cap)
                memcpy(more, *out, cap * sizeof *more);
            *out = more;
            cap = cap ? 2 * cap : 8;
        }
        (*out)[(*count)++] =
            (struct waiting){(enum waiting_kind)sqlite_column_int(s, 0), arena_text(a, sqlite_column_text(s, 1)),
                             arena_text(a, sqlite_column_blob(s, 3)), sqlite_column_int(s, 2)};
    }
    return rc;
}

int sqlite_take_waiting(struct store *base, struct text key, struct arena *a, struct waiting **out, size_t *count,
                        struct err *err)
{
    struct sqlite_store *store = sqlite_store_of(base);
    *count = 0;
    sqlite_bind_text(store->statements[LIST_WAITING], 1, key);
    int rc = list_waiting(store->statements[LIST_WAITING], a, out, count, err);
    if (rc || !*count)
        return rc;
    sqlite_bind_text(store->statements[DROP_WAITING], 1, key);
    return sqlite_store_run(store->statements[DROP_WAITING], err);
}

int sqlite_find_overdue(struct store *base, moment_us before, size_t max, struct arena *a, struct text *keys,
                        struct err *err)
{
    struct sqlite_statement *s = sqlite_store_of(base)->statements[OVERDUE];
    int rc, count = 0;
    sqlite_bind_int(s, 1, before);
    sqlite_bind_int(s, 2, (int64_t)max);
    while ((rc = sqlite_step(s, err)) > 0)
        keys[count++] = arena_text(a, sqlite_column_text(s, 0));
    return rc < 0 ? rc : count;
}

/* ---- held ---- */

int sqlite_put_held(struct store *base, const struct held *h, bool replace, struct err *err)
{
    struct sqlite_store *store = sqlite_store_of(base);
    struct sqlite_statement *s = store->statements[replace ? REPLACE_HELD : PUT_HELD];
    const struct text texts[] = {h->entity, h->system, h->key, h->native, h->cause, h->rule};
    bool known = false;
    if (replace) { /* an upsert counts as a change either way */
        struct sqlite_statement *get = store->statements[GET_HELD];
        sqlite_bind_text(get, 1, h->id);
        int there = sqlite_step(get, err);
        if (there < 0)
            return there;
        known = there > 0;
        sqlite_reset(get);
    }
    sqlite_bind_text(s, 1, h->id);
    sqlite_bind_int(s, 2, h->time);
    sqlite_bind_text(s, 3, text_of(held_word(h->reason)));
    for (int i = 0; i < 6; i++)
        sqlite_bind_text(s, 4 + i, texts[i]);
    sqlite_bind_blob(s, 10, h->message);
    int rc = sqlite_store_run(s, err);
    if (rc)
        return rc;
    return replace ? !known : sqlite_changes(store->db) > 0;
}

int sqlite_drop_held(struct store *base, struct text id, struct err *err)
{
    struct sqlite_store *store = sqlite_store_of(base);
    sqlite_bind_text(store->statements[DROP_HELD], 1, id);
    int rc = sqlite_store_run(store->statements[DROP_HELD], err);
    return rc ? rc : sqlite_changes(store->db) > 0;
}

static enum held_reason reason_of(struct text word)
{
    for (int r = 0; r < HELD_REASONS; r++)
        if (text_is(word, held_word((enum held_reason)r)))
            return (enum held_reason)r;
    return HELD_INVALID;
}

static struct held row(struct sqlite_statement *s)
{
    return (struct held){.id = sqlite_column_text(s, 0),
                         .time = sqlite_column_int(s, 1),
                         .reason = reason_of(sqlite_column_text(s, 2)),
                         .entity = sqlite_column_text(s, 3),
                         .system = sqlite_column_text(s, 4),
                         .key = sqlite_column_text(s, 5),
                         .native = sqlite_column_text(s, 6),
                         .cause = sqlite_column_text(s, 7),
                         .rule = sqlite_column_text(s, 8),
                         .message = sqlite_column_blob(s, 9)};
}

int sqlite_get_held(struct store *base, struct text id, struct arena *a, struct held *out, struct err *err)
{
    struct sqlite_statement *s = sqlite_store_of(base)->statements[GET_HELD];
    sqlite_bind_text(s, 1, id);
    int rc = sqlite_step(s, err);
    if (rc <= 0)
        return rc;
    *out = row(s);
    struct text *texts[] = {&out->id,     &out->entity, &out->system, &out->key,
                            &out->native, &out->cause,  &out->rule,   &out->message};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        *texts[i] = arena_text(a, *texts[i]);
    sqlite_reset(s);
    return 1;
}

int sqlite_each_held(struct store *base, size_t max, store_held_fn *fn, void *ctx, struct err *err)
{
    struct sqlite_statement *s = sqlite_store_of(base)->statements[EACH_HELD];
    int rc;
    sqlite_bind_int(s, 1, (int64_t)max);
    while ((rc = sqlite_step(s, err)) > 0) {
        struct held h = row(s);
        if (fn(ctx, &h)) {
            sqlite_reset(s);
            return 0;
        }
    }
    return rc;
}

static int count(struct sqlite_statement *s, int64_t *out, struct err *err)
{
    int rc = sqlite_step(s, err);
    if (rc <= 0)
        return rc;
    *out = sqlite_column_int(s, 0);
    sqlite_reset(s);
    return 0;
}

int sqlite_counts(struct store *base, struct store_counts *out, struct err *err)
{
    struct sqlite_store *store = sqlite_store_of(base);
    *out =
        (struct store_counts){.records = store->records + store->new_records, .links = store->links + store->new_links};
    int rc = count(store->statements[COUNT_WAITING], &out->waiting, err);
    while (!rc && (rc = sqlite_step(store->statements[COUNT_HELD], err)) > 0) {
        out->held[reason_of(sqlite_column_text(store->statements[COUNT_HELD], 0))] =
            sqlite_column_int(store->statements[COUNT_HELD], 1);
        rc = 0;
    }
    return rc;
}
