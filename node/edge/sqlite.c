/* sqlite: one database file, one process, one writer.
 *
 * WAL with locking_mode EXCLUSIVE: set before the first access, the lock is taken once, kept until the file is closed,
 * and no shared-memory file is needed. A second process is told so when it opens the file, not in the middle of its
 * work. synchronous: NORMAL loses no commit when the process dies, but the last ones when the machine does; FULL waits
 * for the disk at each commit.
 *
 * A new file is made readable by its owner alone (SQLite gives -wal and -journal the same mode): business data is in
 * it.
 *
 * Invariants: after sqlite_step has returned 0 or an error the statement is reset and its bindings are gone, so nothing
 * borrowed is kept; every statement belongs to the database's list and dies with it. */
#include "sqlite.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define BUSY_WAIT_MS 1000         /* for a predecessor that is just ending */
#define PAGE_BYTES 4096           /* SQLite's default */
#define WAL_KEPT_BYTES (16 << 20) /* and then moved into the file: a page that changed often is moved once */

struct sqlite_statement {
    struct sqlite *db;
    sqlite3_stmt *stmt;
    int unbound; /* why a value could not be bound: the step must not go on without it */
    struct sqlite_statement *next;
};

struct sqlite {
    sqlite3 *handle;
    char *path;
    struct sqlite_statement *statements;
};

/* ---- complaints ---- */

static int code_of(int rc)
{
    switch (rc & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return ERR_UNAVAILABLE;
    case SQLITE_CONSTRAINT:
        return rc == SQLITE_CONSTRAINT_UNIQUE || rc == SQLITE_CONSTRAINT_PRIMARYKEY || rc == SQLITE_CONSTRAINT_ROWID
                   ? ERR_CONFLICT
                   : ERR_INVALID;
    case SQLITE_TOOBIG:
        return ERR_TOO_LARGE;
    case SQLITE_NOMEM:
        return ERR_NOMEM;
    case SQLITE_PERM:
    case SQLITE_READONLY:
    case SQLITE_AUTH:
        return ERR_DENIED;
    case SQLITE_ERROR:
    case SQLITE_MISMATCH:
    case SQLITE_RANGE:
        return ERR_INVALID;
    }
    return ERR_IO;
}

/* What a person can do about it; "" where the words of SQLite say enough. */
static const char *remedy(int rc)
{
    switch (rc & 0xff) {
    case SQLITE_BUSY:
        return ": another process holds this file; stop it, or give this one a data folder of its own";
    case SQLITE_NOTADB:
        return ": move the file away, or name another one";
    case SQLITE_CORRUPT:
        return ": the file is damaged; keep a copy of it, and restore it or let it be made anew";
    case SQLITE_FULL:
        return ": free space on its disk";
    case SQLITE_CANTOPEN:
        return ": does its folder exist, and may this user write there?";
    case SQLITE_READONLY:
    case SQLITE_PERM:
        return ": this user may not write it";
    }
    return "";
}

static int complain(const struct sqlite *db, int rc, struct err *err)
{
    const char *words = db->handle ? sqlite3_errmsg(db->handle) : sqlite3_errstr(rc);
    return err_set(err, code_of(rc), "%s: %s%s", db->path, words, remedy(rc));
}

/* ---- the database ---- */

static int make_private(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd >= 0)
        close(fd); /* only of a file that nobody else can have open: closing drops POSIX locks */
    return fd >= 0 || errno == EEXIST ? 0 : -1;
}

static int configure(struct sqlite *db, enum sqlite_durability d, int cache_kib, struct err *err)
{
    char sql[512];
    snprintf(sql, sizeof sql,
             "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = %s;"
             "PRAGMA cache_size = -%d; PRAGMA journal_size_limit = %d; PRAGMA wal_autocheckpoint = %d;"
             "PRAGMA temp_store = MEMORY; PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF; "
             "PRAGMA cell_size_check = ON;"
             "BEGIN EXCLUSIVE; COMMIT;" /* takes the lock, and keeps it */
             "SELECT count(*) FROM sqlite_schema;",
             d == SQLITE_SURVIVES_POWER_LOSS ? "FULL" : "NORMAL", cache_kib, WAL_KEPT_BYTES,
             WAL_KEPT_BYTES / PAGE_BYTES);
    return sqlite_exec(db, sql, err);
}

int sqlite_open(struct sqlite **out, const char *path, enum sqlite_durability d, int cache_kib, struct err *err)
{
    *out = NULL;
    struct sqlite *db = calloc(1, sizeof *db);
    if (!db || !(db->path = strdup(path))) {
        free(db);
        return err_set(err, ERR_NOMEM, "%s: out of memory", path);
    }
    int rc = 0;
    if (make_private(path))
        rc = err_set(err, errno == EACCES ? ERR_DENIED : ERR_IO, "%s: cannot be made: %s", path, strerror(errno));
    int opened = rc ? 0 : sqlite3_open_v2(path, &db->handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    if (!rc && opened)
        rc = complain(db, opened, err);
    if (!rc) {
        sqlite3_extended_result_codes(db->handle, 1);
        sqlite3_busy_timeout(db->handle, BUSY_WAIT_MS);
        rc = configure(db, d, cache_kib, err);
    }
    if (rc) {
        sqlite_close(db);
        return rc;
    }
    *out = db;
    return 0;
}

void sqlite_close(struct sqlite *db)
{
    if (!db)
        return;
    for (struct sqlite_statement *s = db->statements, *next; s; s = next) {
        next = s->next;
        sqlite3_finalize(s->stmt);
        free(s);
    }
    sqlite3_close(db->handle);
    free(db->path);
    free(db);
}

int sqlite_exec(struct sqlite *db, const char *sql, struct err *err)
{
    int rc = sqlite3_exec(db->handle, sql, NULL, NULL, NULL);
    return rc ? complain(db, rc, err) : 0;
}

int sqlite_begin(struct sqlite *db, struct err *err)
{
    return sqlite_exec(db, "BEGIN IMMEDIATE", err);
}

int sqlite_commit(struct sqlite *db, struct err *err)
{
    return sqlite_exec(db, "COMMIT", err);
}

void sqlite_rollback(struct sqlite *db)
{
    if (!sqlite3_get_autocommit(db->handle)) /* some errors have rolled back already */
        sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL);
}

int64_t sqlite_changes(struct sqlite *db)
{
    return sqlite3_changes64(db->handle);
}

void sqlite_trim(struct sqlite *db)
{
    sqlite3_db_release_memory(db->handle);
}

/* ---- statements ---- */

int sqlite_prepare(struct sqlite *db, struct sqlite_statement **out, const char *sql, struct err *err)
{
    *out = NULL;
    struct sqlite_statement *s = calloc(1, sizeof *s);
    if (!s)
        return err_set(err, ERR_NOMEM, "%s: out of memory", db->path);
    int rc = sqlite3_prepare_v3(db->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &s->stmt, NULL);
    if (rc) {
        free(s);
        complain(db, rc, err);
        return err ? err_prefix(err, "\"%.100s\"", sql) : code_of(rc);
    }
    s->db = db;
    s->next = db->statements;
    db->statements = s;
    *out = s;
    return 0;
}

void sqlite_reset(struct sqlite_statement *s)
{
    sqlite3_reset(s->stmt);
    sqlite3_clear_bindings(s->stmt);
    s->unbound = 0;
}

int sqlite_step(struct sqlite_statement *s, struct err *err)
{
    int rc = s->unbound ? s->unbound : sqlite3_step(s->stmt);
    if (rc == SQLITE_ROW)
        return 1;
    int code = rc == SQLITE_DONE ? 0 : complain(s->db, rc, err);
    sqlite_reset(s);
    return code;
}

static void bound(struct sqlite_statement *s, int rc)
{
    assert(rc != SQLITE_RANGE && "no such parameter");
    assert(rc != SQLITE_MISUSE && "bound before the reset");
    if (rc)
        s->unbound = rc;
}

/* A text of no bytes may have no address, which SQLite would take for NULL. */
void sqlite_bind_text(struct sqlite_statement *s, int at, struct text t)
{
    bound(s, sqlite3_bind_text64(s->stmt, at, t.n ? t.p : "", t.n, SQLITE_STATIC, SQLITE_UTF8));
}

void sqlite_bind_blob(struct sqlite_statement *s, int at, struct text t)
{
    bound(s, sqlite3_bind_blob64(s->stmt, at, t.n ? t.p : "", t.n, SQLITE_STATIC));
}

void sqlite_bind_int(struct sqlite_statement *s, int at, int64_t i)
{
    bound(s, sqlite3_bind_int64(s->stmt, at, i));
}

void sqlite_bind_null(struct sqlite_statement *s, int at)
{
    bound(s, sqlite3_bind_null(s->stmt, at));
}

struct text sqlite_column_text(struct sqlite_statement *s, int at)
{
    const unsigned char *p = sqlite3_column_text(s->stmt, at);
    return (struct text){(const char *)p, p ? (size_t)sqlite3_column_bytes(s->stmt, at) : 0};
}

struct text sqlite_column_blob(struct sqlite_statement *s, int at)
{
    const void *p = sqlite3_column_blob(s->stmt, at);
    return (struct text){p, p ? (size_t)sqlite3_column_bytes(s->stmt, at) : 0};
}

int64_t sqlite_column_int(struct sqlite_statement *s, int at)
{
    return sqlite3_column_int64(s->stmt, at);
}

bool sqlite_column_is_null(struct sqlite_statement *s, int at)
{
    return sqlite3_column_type(s->stmt, at) == SQLITE_NULL;
}
