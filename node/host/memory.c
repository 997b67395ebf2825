/* memory: the statements. The table of their texts is the schema's other half: read it beside `schema`. */
#include "memory.h"

#include <stdlib.h>
#include "edge/sqlite.h"

#define CACHE_KIB 1024

static const char schema[] =
    "CREATE TABLE IF NOT EXISTS cursor (feed TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS published (entity TEXT, native TEXT, state BLOB NOT NULL,"
    " PRIMARY KEY (entity, native)) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS event (seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE);"
    "CREATE TABLE IF NOT EXISTS applied (key TEXT PRIMARY KEY, revision INTEGER NOT NULL, native TEXT NOT NULL)"
    " WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS written (entity TEXT, native TEXT, revision INTEGER NOT NULL,"
    " PRIMARY KEY (entity, native)) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS outcome (seq INTEGER PRIMARY KEY, command TEXT NOT NULL UNIQUE, body BLOB NOT NULL);"
    "CREATE TABLE IF NOT EXISTS intent (key TEXT PRIMARY KEY, entity TEXT NOT NULL, at INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS refresh (entity TEXT, object TEXT, native TEXT NOT NULL,"
    " PRIMARY KEY (entity, object)) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS refused (entity TEXT, object TEXT, reason TEXT NOT NULL, denied INTEGER NOT NULL,"
    " at INTEGER NOT NULL, PRIMARY KEY (entity, object)) WITHOUT ROWID;"
    "PRAGMA user_version = 1;";

enum statement {
    CURSOR_GET,
    CURSOR_PUT,
    PUBLISHED_GET,
    PUBLISHED_PUT,
    EVENT_GET,
    EVENT_PUT,
    EVENT_TRIM,
    APPLIED_GET,
    APPLIED_PUT,
    WRITTEN_GET,
    WRITTEN_PUT,
    OUTCOME_GET,
    OUTCOME_PUT,
    OUTCOME_TRIM,
    INTENT_GET,
    INTENT_PUT,
    INTENT_DROP,
    INTENT_EACH,
    REFRESH_PUT,
    REFRESH_DROP,
    REFRESH_EACH,
    REFUSED_PUT,
    REFUSED_DROP,
    REFUSED_EACH,
    REFUSED_COUNT,
    STATEMENTS
};

static const char *const statements[STATEMENTS] = {
    [CURSOR_GET] = "SELECT value FROM cursor WHERE feed = ?1",
    [CURSOR_PUT] = "INSERT OR REPLACE INTO cursor VALUES (?1, ?2)",
    [PUBLISHED_GET] = "SELECT state FROM published WHERE entity = ?1 AND native = ?2",
    [PUBLISHED_PUT] = "INSERT OR REPLACE INTO published VALUES (?1, ?2, ?3)",
    [EVENT_GET] = "SELECT 1 FROM event WHERE id = ?1",
    [EVENT_PUT] = "INSERT OR IGNORE INTO event (id) VALUES (?1)",
    [EVENT_TRIM] = "DELETE FROM event WHERE seq <= (SELECT max(seq) FROM event) - ?1",
    [APPLIED_GET] = "SELECT revision, native FROM applied WHERE key = ?1",
    [APPLIED_PUT] = "INSERT OR REPLACE INTO applied VALUES (?1, ?2, ?3)",
    [WRITTEN_GET] = "SELECT revision FROM written WHERE entity = ?1 AND native = ?2",
    [WRITTEN_PUT] = "INSERT OR REPLACE INTO written VALUES (?1, ?2, ?3)",
    [OUTCOME_GET] = "SELECT body FROM outcome WHERE command = ?1",
    [OUTCOME_PUT] = "INSERT OR REPLACE INTO outcome (command, body) VALUES (?1, ?2)",
    [OUTCOME_TRIM] = "DELETE FROM outcome WHERE seq <= (SELECT max(seq) FROM outcome) - ?1",
    [INTENT_GET] = "SELECT 1 FROM intent WHERE key = ?1",
    [INTENT_PUT] = "INSERT OR REPLACE INTO intent VALUES (?1, ?2, ?3)",
    [INTENT_DROP] = "DELETE FROM intent WHERE key = ?1",
    [INTENT_EACH] = "SELECT entity, key, '' FROM intent",
    [REFRESH_PUT] = "INSERT OR REPLACE INTO refresh VALUES (?1, ?2, ?3)",
    [REFRESH_DROP] = "DELETE FROM refresh WHERE entity = ?1 AND object = ?2",
    [REFRESH_EACH] = "SELECT entity, object, native FROM refresh",
    [REFUSED_PUT] = "INSERT OR REPLACE INTO refused VALUES (?1, ?2, ?3, ?4, ?5)",
    [REFUSED_DROP] = "DELETE FROM refused WHERE entity = ?1 AND object = ?2",
    [REFUSED_EACH] = "SELECT entity, object, reason, denied, at FROM refused ORDER BY at DESC LIMIT ?1",
    [REFUSED_COUNT] = "SELECT count(*) FROM refused",
};

struct memory {
    struct sqlite *db;
    struct sqlite_statement *s[STATEMENTS];
    int64_t refused; /* rows of that table: asked for with every page */
};

static int prepare(struct memory *m, struct err *err)
{
    int rc = sqlite_exec(m->db, schema, err);
    for (int i = 0; i < STATEMENTS && rc == 0; i++)
        rc = sqlite_prepare(m->db, &m->s[i], statements[i], err);
    return rc;
}

static int count_refused(struct memory *m, struct err *err)
{
    int rc = sqlite_step(m->s[REFUSED_COUNT], err);
    if (rc == 1)
        m->refused = sqlite_column_int(m->s[REFUSED_COUNT], 0);
    sqlite_reset(m->s[REFUSED_COUNT]);
    return rc < 0 ? rc : 0;
}

int memory_open(struct memory **out, const char *path, struct err *err)
{
    struct memory *m = calloc(1, sizeof *m);
    if (m == NULL)
        return err_set(err, ERR_NOMEM, "%s: out of memory", path);
    int rc = sqlite_open(&m->db, path, SQLITE_SURVIVES_CRASH, CACHE_KIB, err);
    if (rc == 0)
        rc = prepare(m, err);
    if (rc == 0)
        rc = count_refused(m, err);
    if (rc != 0) {
        memory_close(m);
        return rc;
    }
    *out = m;
    return 0;
}

void memory_close(struct memory *m)
{
    if (m == NULL)
        return;
    if (m->db != NULL)
        sqlite_close(m->db);
    free(m);
}

void memory_trim(struct memory *m)
{
    sqlite_trim(m->db);
}

int memory_begin(struct memory *m, struct err *err)
{
    return sqlite_begin(m->db, err);
}

int memory_commit(struct memory *m, struct err *err)
{
    return sqlite_commit(m->db, err);
}

void memory_rollback(struct memory *m)
{
    sqlite_rollback(m->db);
    count_refused(m, NULL);
}

/* ---- running a statement ---- */

/* Binds up to two texts; an empty one is "" and not null. */
static struct sqlite_statement *bind(struct memory *m, enum statement which, struct text first, struct text second)
{
    struct sqlite_statement *s = m->s[which];
    sqlite_bind_text(s, 1, first.p ? first : (struct text){"", 0});
    if (second.p != NULL)
        sqlite_bind_text(s, 2, second);
    return s;
}

static const struct text none = {NULL, 0};

static int run(struct sqlite_statement *s, struct err *err)
{
    int rc = sqlite_step(s, err);
    sqlite_reset(s);
    return rc < 0 ? rc : 0;
}

/* 1 and a copy of the first column, or 0. */
static int get(struct sqlite_statement *s, struct arena *a, struct text *out, struct err *err)
{
    int rc = sqlite_step(s, err);
    if (rc == 1 && a != NULL)
        *out = arena_text(a, sqlite_column_blob(s, 0));
    sqlite_reset(s);
    return rc;
}

static struct text full(struct text t) /* never a NULL pointer, which would mean "not bound" */
{
    return t.p ? t : (struct text){"", 0};
}

static int trim(struct memory *m, enum statement which, int64_t keep, struct err *err)
{
    sqlite_bind_int(m->s[which], 1, keep);
    return run(m->s[which], err);
}

/* ---- cursors and published states ---- */

int memory_cursor(struct memory *m, const char *feed, struct arena *a, struct text *out, struct err *err)
{
    *out = (struct text){"", 0};
    int rc = get(bind(m, CURSOR_GET, text_of(feed), none), a, out, err);
    return rc < 0 ? rc : 0;
}

int memory_keep_cursor(struct memory *m, const char *feed, struct text cursor, struct err *err)
{
    return run(bind(m, CURSOR_PUT, text_of(feed), full(cursor)), err);
}

int memory_published(struct memory *m, const char *entity, struct text native, struct arena *a, struct text *state,
                     struct err *err)
{
    return get(bind(m, PUBLISHED_GET, text_of(entity), full(native)), a, state, err);
}

int memory_keep_published(struct memory *m, const char *entity, struct text native, struct text state, struct err *err)
{
    struct sqlite_statement *s = bind(m, PUBLISHED_PUT, text_of(entity), full(native));
    sqlite_bind_blob(s, 3, state);
    return run(s, err);
}

/* ---- pushes ---- */

int memory_event_known(struct memory *m, struct text id, struct err *err)
{
    return get(bind(m, EVENT_GET, id, none), NULL, NULL, err);
}

int memory_keep_event(struct memory *m, struct text id, struct err *err)
{
    int rc = run(bind(m, EVENT_PUT, id, none), err);
    return rc != 0 ? rc : trim(m, EVENT_TRIM, MEMORY_EVENTS_MAX, err);
}

/* ---- deliveries ---- */

int memory_applied(struct memory *m, struct text key, struct arena *a, struct applied *out, struct err *err)
{
    struct sqlite_statement *s = bind(m, APPLIED_GET, key, none);
    int rc = sqlite_step(s, err);
    if (rc == 1) {
        out->revision = sqlite_column_int(s, 0);
        out->native = arena_text(a, sqlite_column_text(s, 1));
    }
    sqlite_reset(s);
    return rc;
}

int memory_keep_applied(struct memory *m, struct text key, int64_t revision, struct text native, struct err *err)
{
    struct sqlite_statement *s = bind(m, APPLIED_PUT, key, none);
    sqlite_bind_int(s, 2, revision);
    sqlite_bind_text(s, 3, full(native));
    return run(s, err);
}

int memory_written(struct memory *m, const char *entity, struct text native, int64_t *revision, struct err *err)
{
    struct sqlite_statement *s = bind(m, WRITTEN_GET, text_of(entity), native);
    int rc = sqlite_step(s, err);
    *revision = rc == 1 ? sqlite_column_int(s, 0) : 0;
    sqlite_reset(s);
    return rc < 0 ? rc : 0;
}

int memory_keep_written(struct memory *m, const char *entity, struct text native, int64_t revision, struct err *err)
{
    struct sqlite_statement *s = bind(m, WRITTEN_PUT, text_of(entity), native);
    sqlite_bind_int(s, 3, revision);
    return run(s, err);
}

int memory_outcome(struct memory *m, struct text command, struct arena *a, struct text *body, struct err *err)
{
    return get(bind(m, OUTCOME_GET, command, none), a, body, err);
}

int memory_keep_outcome(struct memory *m, struct text command, struct text body, struct err *err)
{
    struct sqlite_statement *s = bind(m, OUTCOME_PUT, command, none);
    sqlite_bind_blob(s, 2, body);
    int rc = run(s, err);
    return rc != 0 ? rc : trim(m, OUTCOME_TRIM, MEMORY_OUTCOMES_MAX, err);
}

int memory_has_intent(struct memory *m, struct text key, struct err *err)
{
    return get(bind(m, INTENT_GET, key, none), NULL, NULL, err);
}

int memory_keep_intent(struct memory *m, struct text key, const char *entity, moment_us at, struct err *err)
{
    struct sqlite_statement *s = bind(m, INTENT_PUT, key, text_of(entity));
    sqlite_bind_int(s, 3, at);
    return run(s, err);
}

int memory_drop_intent(struct memory *m, struct text key, struct err *err)
{
    return run(bind(m, INTENT_DROP, key, none), err);
}

/* ---- objects to read again, and objects refused ---- */

int memory_keep_refresh(struct memory *m, const char *entity, struct text object_id, struct text native,
                        struct err *err)
{
    struct sqlite_statement *s = bind(m, REFRESH_PUT, text_of(entity), full(object_id));
    sqlite_bind_text(s, 3, full(native));
    return run(s, err);
}

int memory_drop_refresh(struct memory *m, const char *entity, struct text object_id, struct err *err)
{
    return run(bind(m, REFRESH_DROP, text_of(entity), full(object_id)), err);
}

int memory_keep_refused(struct memory *m, const struct refused *r, struct err *err)
{
    struct sqlite_statement *s = bind(m, REFUSED_PUT, r->entity, full(r->object_id));
    sqlite_bind_text(s, 3, full(r->reason));
    sqlite_bind_int(s, 4, r->denied);
    sqlite_bind_int(s, 5, r->at);
    int rc = run(s, err);
    return rc != 0 ? rc : count_refused(m, err);
}

int memory_drop_refused(struct memory *m, const char *entity, struct text object_id, struct err *err)
{
    if (m->refused == 0)
        return 0;
    int rc = run(bind(m, REFUSED_DROP, text_of(entity), full(object_id)), err);
    if (rc == 0)
        m->refused -= sqlite_changes(m->db);
    return rc;
}

int64_t memory_refused_count(const struct memory *m)
{
    return m->refused;
}

/* ---- walks ---- */

static int each(struct sqlite_statement *s, memory_pair_fn *fn, void *ctx, struct err *err)
{
    int rc;
    while ((rc = sqlite_step(s, err)) == 1)
        fn(ctx, sqlite_column_text(s, 0), sqlite_column_text(s, 1), sqlite_column_text(s, 2));
    return rc;
}

int memory_each_refresh(struct memory *m, memory_pair_fn *fn, void *ctx, struct err *err)
{
    return each(m->s[REFRESH_EACH], fn, ctx, err);
}

int memory_each_intent(struct memory *m, memory_pair_fn *fn, void *ctx, struct err *err)
{
    return each(m->s[INTENT_EACH], fn, ctx, err);
}

int memory_each_refused(struct memory *m, int64_t limit, memory_refused_fn *fn, void *ctx, struct err *err)
{
    struct sqlite_statement *s = m->s[REFUSED_EACH];
    int rc;
    sqlite_bind_int(s, 1, limit);
    while ((rc = sqlite_step(s, err)) == 1) {
        struct refused r = {sqlite_column_text(s, 0), sqlite_column_text(s, 1), sqlite_column_text(s, 2),
                            sqlite_column_int(s, 3) != 0, sqlite_column_int(s, 4)};
        fn(ctx, &r);
    }
    return rc;
}
