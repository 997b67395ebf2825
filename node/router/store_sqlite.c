/* store_sqlite: the router's state in one SQLite file.
 *
 * A record is one row, its body one blob (record_codec), found by its place; keys and links lead to places through
 * tables of their own, so that a change of a record writes one row and no index. Statements are prepared once. A place
 * is given without writing the row: the row is written once, when the batch is saved. */
#include "store_sqlite.h"

#include <stdlib.h>

#define CACHE_KIB 8192
#define BODY_MAX (72u << 20)
#define NAMES_MAX (8u << 20)

static const char tables[] =
    "CREATE TABLE IF NOT EXISTS name(id INTEGER PRIMARY KEY, word TEXT NOT NULL UNIQUE);"
    "CREATE TABLE IF NOT EXISTS layout(id INTEGER PRIMARY KEY, line TEXT NOT NULL UNIQUE);"
    "CREATE TABLE IF NOT EXISTS record_key(key TEXT PRIMARY KEY, place INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS record(place INTEGER PRIMARY KEY, layout INTEGER NOT NULL, key TEXT NOT NULL,"
    "  body BLOB NOT NULL);"
    "CREATE TABLE IF NOT EXISTS link(system INTEGER, entity INTEGER, native TEXT, place INTEGER NOT NULL,"
    "  PRIMARY KEY(system, entity, native)) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS match(field INTEGER, value TEXT, place INTEGER, PRIMARY KEY(field, value, place))"
    "  WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS matched(field INTEGER PRIMARY KEY);" /* whose values are in match */
    "CREATE TABLE IF NOT EXISTS creating(system INTEGER, entity INTEGER, place INTEGER, since INTEGER NOT NULL,"
    "  PRIMARY KEY(system, entity, place)) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS snapshot(system INTEGER, entity INTEGER, PRIMARY KEY(system, entity)) WITHOUT ROWID;"
    /* kind: 0 record, 1 message, 2 held, 3 key */
    "CREATE TABLE IF NOT EXISTS waiting(seq INTEGER PRIMARY KEY, wait_key TEXT NOT NULL, kind INTEGER NOT NULL,"
    "  subject TEXT NOT NULL, since INTEGER NOT NULL, message BLOB, UNIQUE(wait_key, kind, subject));"
    "CREATE INDEX IF NOT EXISTS waiting_since ON waiting(since) WHERE kind = 1;"
    "CREATE TABLE IF NOT EXISTS held(seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, time INTEGER NOT NULL,"
    "  reason TEXT NOT NULL, entity TEXT, system TEXT, key TEXT, native TEXT, cause TEXT, rule TEXT, message BLOB);"
    "CREATE INDEX IF NOT EXISTS held_reason ON held(reason);";

static const char *const sql[STATEMENTS] = {
    [FIND_KEY] = "SELECT place FROM record_key WHERE key = ?",
    [FIND_LINK] = "SELECT place FROM link WHERE system = ? AND entity = ? AND native = ?",
    [FIND_MATCH] = "SELECT place FROM match WHERE field = ? AND value = ? LIMIT ?",
    [ADD_KEY] = "INSERT INTO record_key(key, place) VALUES (?, ?)",
    [LOAD] = "SELECT layout, key, body FROM record WHERE place = ?",
    [INSERT_RECORD] = "INSERT INTO record(place, layout, body, key) VALUES (?, ?, ?, ?)",
    [UPDATE_RECORD] = "UPDATE record SET layout = ?2, body = ?3 WHERE place = ?1",
    [PUT_LINK] = "INSERT OR REPLACE INTO link(system, entity, native, place) VALUES (?, ?, ?, ?)",
    [PUT_MATCH] = "INSERT OR IGNORE INTO match(field, value, place) VALUES (?, ?, ?)",
    [DROP_MATCH] = "DELETE FROM match WHERE field = ? AND value = ? AND place = ?",
    [PUT_WAITING] = "INSERT OR IGNORE INTO waiting(wait_key, kind, subject, since, message) VALUES (?, ?, ?, ?, ?)",
    [LIST_WAITING] = "SELECT kind, subject, since, message FROM waiting WHERE wait_key = ? ORDER BY seq",
    [DROP_WAITING] = "DELETE FROM waiting WHERE wait_key = ?",
    [OVERDUE] = "SELECT DISTINCT wait_key FROM waiting WHERE kind = 1 AND since < ? ORDER BY since LIMIT ?",
    [PUT_HELD] = "INSERT OR IGNORE INTO held(id, time, reason, entity, system, key, native, cause, rule, message)"
                 " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    [REPLACE_HELD] = "INSERT INTO held(id, time, reason, entity, system, key, native, cause, rule, message)"
                     " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT(id) DO UPDATE SET time = excluded.time,"
                     " native = excluded.native, cause = excluded.cause, rule = excluded.rule,"
                     " message = excluded.message",
    [DROP_HELD] = "DELETE FROM held WHERE id = ?",
    [GET_HELD] = "SELECT id, time, reason, entity, system, key, native, cause, rule, message FROM held WHERE id = ?",
    [EACH_HELD] = "SELECT id, time, reason, entity, system, key, native, cause, rule, message FROM held"
                  " ORDER BY seq DESC LIMIT ?",
    [COUNT_HELD] = "SELECT reason, count(*) FROM held GROUP BY reason",
    [PUT_CREATING] = "INSERT OR REPLACE INTO creating(system, entity, place, since) VALUES (?, ?, ?, ?)",
    [DROP_CREATING] = "DELETE FROM creating WHERE system = ? AND entity = ? AND place = ?",
    [ANY_CREATING] = "SELECT 1 FROM creating WHERE system = ? AND entity = ? AND since > ? LIMIT 1",
    [PUT_SNAPSHOT] = "INSERT OR IGNORE INTO snapshot(system, entity) VALUES (?, ?)",
    [HAS_SNAPSHOT] = "SELECT 1 FROM snapshot WHERE system = ? AND entity = ?",
    [COUNT_WAITING] = "SELECT count(*) FROM waiting",
};

int sqlite_store_run(struct sqlite_statement *s, struct err *err)
{
    int rc = sqlite_step(s, err);
    if (rc > 0)
        sqlite_reset(s);
    return rc < 0 ? rc : 0;
}

/* ---- names ---- */

static int one_int(struct sqlite_statement *s, int64_t *out, struct err *err)
{
    int rc = sqlite_step(s, err);
    if (rc <= 0)
        return rc;
    *out = sqlite_column_int(s, 0);
    sqlite_reset(s);
    return 1;
}

/* The id of a word in a table of (id, text), given one when it has none. */
static int word_id(struct sqlite_statement *find, struct sqlite_statement *add, struct text word, int64_t *id,
                   struct err *err)
{
    sqlite_bind_text(find, 1, word);
    int rc = one_int(find, id, err);
    if (rc)
        return rc < 0 ? rc : 0;
    sqlite_bind_text(add, 1, word);
    rc = sqlite_store_run(add, err);
    if (rc)
        return rc;
    sqlite_bind_text(find, 1, word);
    rc = one_int(find, id, err);
    return rc < 0 ? rc : rc == 1 ? 0 : err_set(err, ERR_IO, "the store lost a name that was just added");
}

static int name_systems(struct sqlite_store *s, struct sqlite_statement *find, struct sqlite_statement *add,
                        struct err *err)
{
    int rc = 0;
    for (size_t i = 0; !rc && i < s->base.system_count; i++)
        rc = word_id(find, add, arena_printf(&s->arena, "system %s", s->systems[i]), &s->system_ids[i], err);
    return rc;
}

static int name_entity(struct sqlite_store *s, const struct entity *e, struct sqlite_statement *find,
                       struct sqlite_statement *add, struct err *err)
{
    s->field_ids[e->index] = arena_alloc(&s->arena, (e->field_count + 1) * sizeof(int64_t));
    if (!s->field_ids[e->index])
        return err_set(err, ERR_NOMEM, "no memory for the store");
    int rc = word_id(find, add, arena_printf(&s->arena, "entity %.*s", TEXT_ARG(e->name)), &s->entity_ids[e->index],
                     err);
    for (uint32_t f = 0; !rc && f < e->field_count; f++)
        rc = word_id(find, add, arena_printf(&s->arena, "field %.*s.%.*s", TEXT_ARG(e->name),
                                             TEXT_ARG(e->fields[f].name)), &s->field_ids[e->index][f], err);
    return rc;
}

/* Systems that the store knows and the config has no more keep a place, so that their views stay. */
static int find_retired(struct sqlite_store *s, struct err *err)
{
    struct sqlite_statement *list;
    int rc = sqlite_prepare(s->db, &list, "SELECT substr(word, 8) FROM name WHERE word LIKE 'system %' ORDER BY id", err);
    if (rc)
        return rc;
    while ((rc = sqlite_step(list, err)) > 0) {
        struct text word = sqlite_column_text(list, 0);
        size_t i = 0;
        while (i < s->base.system_count && !text_is(word, s->systems[i]))
            i++;
        if (i < s->base.system_count)
            continue;
        if (i == LAYOUT_SYSTEMS_MAX) {
            sqlite_reset(list);
            return err_set(err, ERR_TOO_LARGE, "more than %d systems, those of the past included", LAYOUT_SYSTEMS_MAX);
        }
        s->systems[s->base.system_count++] = arena_string(&s->arena, word);
    }
    return rc;
}

static int read_layouts(struct sqlite_store *s, struct err *err)
{
    struct sqlite_statement *list;
    int64_t count = 0;
    int rc = sqlite_prepare(s->db, &list, "SELECT coalesce(max(id), 0) FROM layout", err);
    if (!rc)
        rc = one_int(list, &count, err) < 0 ? err->code : 0;
    if (!rc)
        rc = sqlite_prepare(s->db, &list, "SELECT id, line FROM layout", err);
    if (rc)
        return rc;
    s->layouts = arena_alloc(&s->arena, ((size_t)count + 1) * sizeof *s->layouts);
    if (!s->layouts)
        return err_set(err, ERR_NOMEM, "no memory for the store");
    s->layout_count = (size_t)count;
    while ((rc = sqlite_step(list, err)) > 0) {
        struct layout *l = &s->layouts[sqlite_column_int(list, 0) - 1];
        rc = layout_read(l, sqlite_column_text(list, 1), s->schema, s->systems, s->base.system_count, err);
        if (rc) {
            sqlite_reset(list);
            return rc;
        }
    }
    return rc;
}

/* The line that is written from now on, for each entity. */
static int add_layouts(struct sqlite_store *s, struct err *err)
{
    struct sqlite_statement *find, *add;
    struct buf line;
    int rc = sqlite_prepare(s->db, &find, "SELECT id FROM layout WHERE line = ?", err);
    if (!rc)
        rc = sqlite_prepare(s->db, &add, "INSERT INTO layout(line) VALUES (?)", err);
    buf_init(&line, LAYOUT_TEXT_MAX);
    for (uint32_t i = 0; !rc && i < schema_count(s->schema); i++) {
        buf_reset(&line);
        layout_write(&line, schema_at(s->schema, i), s->systems, s->base.system_count);
        rc = word_id(find, add, buf_view(&line), &s->layout_ids[i], err);
    }
    buf_release(&line);
    return rc ? rc : read_layouts(s, err);
}

static int name_all(struct sqlite_store *s, struct err *err)
{
    struct sqlite_statement *find, *add;
    uint32_t count = schema_count(s->schema);
    s->entity_ids = arena_alloc(&s->arena, (count + 1) * sizeof(int64_t));
    s->layout_ids = arena_alloc(&s->arena, (count + 1) * sizeof(int64_t));
    s->field_ids = arena_alloc(&s->arena, (count + 1) * sizeof(int64_t *));
    if (arena_failed(&s->arena))
        return err_set(err, ERR_NOMEM, "no memory for the store");
    int rc = sqlite_prepare(s->db, &find, "SELECT id FROM name WHERE word = ?", err);
    if (!rc)
        rc = sqlite_prepare(s->db, &add, "INSERT INTO name(word) VALUES (?)", err);
    if (!rc)
        rc = find_retired(s, err);
    if (!rc)
        rc = name_systems(s, find, add, err);
    for (uint32_t i = 0; !rc && i < count; i++)
        rc = name_entity(s, schema_at(s->schema, i), find, add, err);
    return rc ? rc : add_layouts(s, err);
}

static int ask(struct sqlite_store *s, const char *question, int64_t *answer, struct err *err)
{
    struct sqlite_statement *q;
    int rc = sqlite_prepare(s->db, &q, question, err);
    if (!rc)
        rc = one_int(q, answer, err);
    return rc < 0 ? rc : 0;
}

/* Counting takes a moment in a large store, so it is done once. */
static int take_stock(struct sqlite_store *s, struct err *err)
{
    int rc = ask(s, "SELECT coalesce(max(place), 0) + 1 FROM record", &s->next_place, err);
    if (!rc)
        rc = ask(s, "SELECT count(*) FROM record_key", &s->records, err);
    return rc ? rc : ask(s, "SELECT count(*) FROM link", &s->links, err);
}

/* ---- the interface ---- */

static int sqlite_store_begin(struct store *s, struct err *err)
{
    return sqlite_begin(sqlite_store_of(s)->db, err);
}

static int sqlite_store_commit(struct store *s, struct err *err)
{
    struct sqlite_store *store = sqlite_store_of(s);
    int rc = sqlite_commit(store->db, err);
    if (!rc) {
        store->records += store->new_records;
        store->links += store->new_links;
        store->new_records = store->new_links = 0;
    }
    return rc;
}

static void sqlite_store_rollback(struct store *s)
{
    for (int i = 0; i < STATEMENTS; i++)
        sqlite_reset(sqlite_store_of(s)->statements[i]);
    sqlite_rollback(sqlite_store_of(s)->db);
    sqlite_store_of(s)->new_records = sqlite_store_of(s)->new_links = 0;
}

static void sqlite_store_close(struct store *base)
{
    struct sqlite_store *s = sqlite_store_of(base);
    sqlite_close(s->db);
    arena_release(&s->arena);
    buf_release(&s->body);
    free(s);
}

static const struct store_ops sqlite_ops = {
    .close = sqlite_store_close,
    .begin = sqlite_store_begin,
    .commit = sqlite_store_commit,
    .rollback = sqlite_store_rollback,
    .find_key = sqlite_find_key,
    .find_link = sqlite_find_link,
    .find_match = sqlite_find_match,
    .add = sqlite_add,
    .load = sqlite_load,
    .save = sqlite_save,
    .put_link = sqlite_put_link,
    .put_match = sqlite_put_match,
    .drop_match = sqlite_drop_match,
    .put_waiting = sqlite_put_waiting,
    .take_waiting = sqlite_take_waiting,
    .find_overdue = sqlite_find_overdue,
    .put_held = sqlite_put_held,
    .drop_held = sqlite_drop_held,
    .get_held = sqlite_get_held,
    .each_held = sqlite_each_held,
    .put_creating = sqlite_put_creating,
    .drop_creating = sqlite_drop_creating,
    .any_creating = sqlite_any_creating,
    .put_snapshot = sqlite_put_snapshot,
    .has_snapshot = sqlite_has_snapshot,
    .counts = sqlite_counts,
};

static int prepare_all(struct sqlite_store *s, struct err *err)
{
    int rc = 0;
    for (int i = 0; !rc && i < STATEMENTS; i++)
        rc = sqlite_prepare(s->db, &s->statements[i], sql[i], err);
    return rc;
}

int store_sqlite_open(struct store **out, const char *path, const struct schema *schema, const char *const *systems,
                      size_t system_count, struct err *err)
{
    struct err local;
    struct sqlite_store *s = calloc(1, sizeof *s);
    err = err ? err : &local;
    if (!s)
        return err_set(err, ERR_NOMEM, "no memory for the store");
    arena_init(&s->arena, NAMES_MAX);
    buf_init(&s->body, BODY_MAX);
    s->schema = schema;
    s->base = (struct store){&sqlite_ops, s->systems, system_count};
    for (size_t i = 0; i < system_count; i++)
        s->systems[i] = arena_string(&s->arena, text_of(systems[i]));
    int rc = sqlite_open(&s->db, path, SQLITE_SURVIVES_POWER_LOSS, CACHE_KIB, err);
    if (!rc)
        rc = sqlite_begin(s->db, err);
    if (!rc)
        rc = sqlite_exec(s->db, tables, err);
    if (!rc)
        rc = name_all(s, err);
    if (!rc)
        rc = prepare_all(s, err);
    if (!rc)
        rc = take_stock(s, err);
    if (!rc)
        rc = sqlite_commit(s->db, err);
    *out = rc ? NULL : &s->base;
    if (rc)
        sqlite_store_close(&s->base);
    return rc;
}
