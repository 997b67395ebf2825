/* sqlite: the door to SQLite (sqlite.c alone includes its header): prepared statements bound and read by position. */
#ifndef TIDEGATE_EDGE_SQLITE_H
#define TIDEGATE_EDGE_SQLITE_H

#include "base/err.h"
#include "base/text.h"

struct sqlite;
struct sqlite_statement;

enum sqlite_durability { SQLITE_SURVIVES_CRASH /* of the process */, SQLITE_SURVIVES_POWER_LOSS };
/* Opens or makes a database in WAL mode with one writer; takes an exclusive lock, so that two processes cannot share it
 * by mistake. cache_kib bounds the page cache. */
int sqlite_open(struct sqlite **out, const char *path, enum sqlite_durability d, int cache_kib, struct err *err);
void sqlite_close(struct sqlite *db);
int sqlite_exec(struct sqlite *db, const char *sql, struct err *err);
int sqlite_begin(struct sqlite *db, struct err *err);
int sqlite_commit(struct sqlite *db, struct err *err);
void sqlite_rollback(struct sqlite *db);

/* Prepared once for the life of the database; freed by sqlite_close. */
int sqlite_prepare(struct sqlite *db, struct sqlite_statement **out, const char *sql, struct err *err);
void sqlite_bind_text(struct sqlite_statement *s, int at, struct text t);  /* at from 1; borrowed until the reset */
void sqlite_bind_blob(struct sqlite_statement *s, int at, struct text t);
void sqlite_bind_int(struct sqlite_statement *s, int at, int64_t i);
void sqlite_bind_null(struct sqlite_statement *s, int at);
/* 1: a row is there; 0: done (and reset); negative: an error (and reset). A unique clash is ERR_CONFLICT. */
int sqlite_step(struct sqlite_statement *s, struct err *err);
struct text sqlite_column_text(struct sqlite_statement *s, int at); /* at from 0; borrowed until the next step */
struct text sqlite_column_blob(struct sqlite_statement *s, int at);
int64_t sqlite_column_int(struct sqlite_statement *s, int at);
bool sqlite_column_is_null(struct sqlite_statement *s, int at);
void sqlite_reset(struct sqlite_statement *s);
int64_t sqlite_changes(struct sqlite *db);
void sqlite_trim(struct sqlite *db); /* gives back its page cache, which fills again as it is needed */

#endif
