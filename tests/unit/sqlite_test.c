/* SQLite: what is bound comes back as it was, one process has the file for itself, and a file that cannot be used is
 * named together with what to do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "edge/sqlite.h"

static char folder[] = "/tmp/tidegate-sqlite-XXXXXX";

static const char *path_of(const char *name)
{
    static char path[100];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static struct sqlite *open_db(const char *name)
{
    struct sqlite *db;
    struct err err;
    if (sqlite_open(&db, path_of(name), SQLITE_SURVIVES_CRASH, 256, &err))
        fail_msg("%s", err.text);
    return db;
}

static struct sqlite_statement *prepare(struct sqlite *db, const char *sql)
{
    struct sqlite_statement *s;
    struct err err;
    if (sqlite_prepare(db, &s, sql, &err))
        fail_msg("%s", err.text);
    return s;
}

static int64_t ask_int(struct sqlite *db, const char *sql)
{
    struct sqlite_statement *s = prepare(db, sql);
    assert_int_equal(sqlite_step(s, NULL), 1);
    int64_t i = sqlite_column_int(s, 0);
    sqlite_reset(s);
    return i;
}

static void assert_text(struct sqlite *db, const char *sql, const char *wanted)
{
    struct sqlite_statement *s = prepare(db, sql);
    assert_int_equal(sqlite_step(s, NULL), 1);
    assert_true(text_is(sqlite_column_text(s, 0), wanted));
    sqlite_reset(s);
}

static void test_values_come_back_as_they_were(void **state)
{
    (void)state;
    struct sqlite *db = open_db("values.db");
    assert_int_equal(sqlite_exec(db, "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b BLOB, c INTEGER)", NULL), 0);
    struct sqlite_statement *put = prepare(db, "INSERT INTO t (a, b, c) VALUES (?, ?, ?)");
    sqlite_bind_text(put, 1, (struct text){"a\0b", 3});
    sqlite_bind_blob(put, 2, (struct text){"\xff\0", 2});
    sqlite_bind_int(put, 3, INT64_MIN);
    assert_int_equal(sqlite_step(put, NULL), 0);
    assert_int_equal(sqlite_changes(db), 1);
    sqlite_bind_text(put, 1, (struct text){NULL, 0}); /* empty is not NULL */
    sqlite_bind_blob(put, 2, (struct text){NULL, 0});
    sqlite_bind_null(put, 3);
    assert_int_equal(sqlite_step(put, NULL), 0);
    assert_int_equal(sqlite_step(put, NULL), 0); /* nothing of the last run is left in the parameters */

    struct sqlite_statement *get = prepare(db, "SELECT a, b, c FROM t ORDER BY id");
    assert_int_equal(sqlite_step(get, NULL), 1);
    assert_true(text_eq(sqlite_column_text(get, 0), (struct text){"a\0b", 3}));
    assert_true(text_eq(sqlite_column_blob(get, 1), (struct text){"\xff\0", 2}));
    assert_true(sqlite_column_int(get, 2) == INT64_MIN);
    assert_int_equal(sqlite_step(get, NULL), 1);
    assert_false(sqlite_column_is_null(get, 0));
    assert_int_equal(sqlite_column_text(get, 0).n, 0);
    assert_false(sqlite_column_is_null(get, 1));
    assert_true(sqlite_column_is_null(get, 2));
    assert_int_equal(sqlite_step(get, NULL), 1);
    assert_true(sqlite_column_is_null(get, 0));
    assert_int_equal(sqlite_step(get, NULL), 0);
    assert_int_equal(sqlite_step(get, NULL), 1); /* reset at its end: from the beginning again */
    sqlite_close(db);
}

static void test_it_is_set_up_as_promised(void **state)
{
    (void)state;
    struct sqlite *db = open_db("pragmas.db");
    assert_text(db, "PRAGMA journal_mode", "wal");
    assert_text(db, "PRAGMA locking_mode", "exclusive");
    assert_int_equal(ask_int(db, "PRAGMA synchronous"), 1);
    assert_int_equal(ask_int(db, "PRAGMA cache_size"), -256);
    sqlite_close(db);
    assert_int_equal(sqlite_open(&db, path_of("pragmas.db"), SQLITE_SURVIVES_POWER_LOSS, 256, NULL), 0);
    assert_int_equal(ask_int(db, "PRAGMA synchronous"), 2);
    sqlite_close(db);
    struct stat st;
    assert_int_equal(stat(path_of("pragmas.db"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
}

static void test_clashes_and_mistakes(void **state)
{
    (void)state;
    struct sqlite *db = open_db("clashes.db");
    struct sqlite_statement *s;
    struct err err;
    sqlite_exec(db, "CREATE TABLE t (k TEXT PRIMARY KEY, u TEXT UNIQUE, n INTEGER CHECK (n > 0)) WITHOUT ROWID", NULL);
    assert_int_equal(sqlite_exec(db, "INSERT INTO t VALUES ('a', 'x', 1)", NULL), 0);
    assert_int_equal(sqlite_exec(db, "INSERT INTO t VALUES ('a', 'y', 1)", &err), ERR_CONFLICT);
    assert_int_equal(sqlite_exec(db, "INSERT INTO t VALUES ('b', 'x', 1)", &err), ERR_CONFLICT);
    assert_non_null(strstr(err.text, "t.u"));
    assert_int_equal(sqlite_exec(db, "INSERT INTO t VALUES ('b', 'z', 0)", &err), ERR_INVALID);
    s = prepare(db, "INSERT INTO t (k) VALUES (?)");
    sqlite_bind_text(s, 1, text_of("a"));
    assert_int_equal(sqlite_step(s, &err), ERR_CONFLICT);
    sqlite_bind_text(s, 1, text_of("c")); /* reset by the error, so it can be used again */
    assert_int_equal(sqlite_step(s, &err), 0);
    assert_int_equal(sqlite_prepare(db, &s, "SELECT nothing FROM t", &err), ERR_INVALID);
    assert_non_null(strstr(err.text, "SELECT nothing"));
    assert_non_null(strstr(err.text, "clashes.db"));
    sqlite_close(db);
}

static void test_transactions(void **state)
{
    (void)state;
    struct sqlite *db = open_db("transactions.db");
    sqlite_exec(db, "CREATE TABLE t (n INTEGER)", NULL);
    assert_int_equal(sqlite_begin(db, NULL), 0);
    sqlite_exec(db, "INSERT INTO t VALUES (1)", NULL);
    sqlite_rollback(db);
    sqlite_rollback(db); /* none open: nothing happens */
    assert_int_equal(ask_int(db, "SELECT count(*) FROM t"), 0);
    assert_int_equal(sqlite_begin(db, NULL), 0);
    assert_int_equal(sqlite_begin(db, NULL), ERR_INVALID);
    sqlite_exec(db, "INSERT INTO t VALUES (2)", NULL);
    assert_int_equal(sqlite_commit(db, NULL), 0);
    assert_int_equal(ask_int(db, "SELECT count(*) FROM t"), 1);
    sqlite_close(db);
}

static void child_commits_and_dies(void)
{
    struct sqlite *db = open_db("killed.db");
    sqlite_exec(db, "CREATE TABLE t (n INTEGER); INSERT INTO t VALUES (1)", NULL);
    sqlite_begin(db, NULL);
    sqlite_exec(db, "INSERT INTO t VALUES (2)", NULL); /* never committed */
    raise(SIGKILL);
}

static void test_a_commit_survives_the_process(void **state)
{
    (void)state;
    pid_t child = fork();
    if (child == 0)
        child_commits_and_dies();
    waitpid(child, NULL, 0);
    struct sqlite *db = open_db("killed.db");
    assert_int_equal(ask_int(db, "SELECT count(*) FROM t"), 1);
    sqlite_close(db);
}

static void test_a_second_process_is_told_at_once(void **state)
{
    (void)state;
    struct sqlite *db = open_db("held.db");
    pid_t child = fork();
    if (child == 0) {
        struct sqlite *second;
        struct err err;
        int rc = sqlite_open(&second, path_of("held.db"), SQLITE_SURVIVES_CRASH, 256, &err);
        bool told = strstr(err.text, "held.db") && strstr(err.text, "another process holds this file");
        _exit(rc == ERR_UNAVAILABLE && told ? 0 : 1);
    }
    int status;
    waitpid(child, &status, 0);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert_int_equal(sqlite_exec(db, "CREATE TABLE t (n INTEGER)", NULL), 0); /* the owner goes on */
    sqlite_close(db);
    sqlite_close(open_db("held.db")); /* free again */
}

static void write_file(const char *name, const char *bytes, size_t n, long at)
{
    FILE *f = fopen(path_of(name), at ? "r+" : "w");
    assert_non_null(f);
    fseek(f, at, SEEK_SET);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    fclose(f);
}

static void assert_refused(const char *name, int code, const char *words)
{
    struct sqlite *db;
    struct err err;
    assert_int_equal(sqlite_open(&db, path_of(name), SQLITE_SURVIVES_CRASH, 256, &err), code);
    assert_null(db);
    if (!strstr(err.text, words) || !strstr(err.text, name))
        fail_msg("%s: %s", name, err.text);
}

static void test_files_that_cannot_be_used(void **state)
{
    (void)state;
    static const char junk[4096] = "no database, but a letter of four thousand bytes";
    write_file("letter.db", junk, sizeof junk, 0);
    assert_refused("letter.db", ERR_IO, "not a database: move the file away");
    assert_refused("no/such/folder.db", ERR_IO, "No such file or directory");
    mkdir(path_of("folder.db"), 0700);
    assert_refused("folder.db", ERR_IO, "unable to open database file");

    struct sqlite *db = open_db("damaged.db");
    sqlite_exec(db, "CREATE TABLE t (n INTEGER)", NULL);
    sqlite_close(db);
    write_file("damaged.db", junk, 1000, 100); /* the first page behind its header: the schema */
    assert_refused("damaged.db", ERR_IO, "the file is damaged");
}

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    char command[100];
    snprintf(command, sizeof command, "rm -r %s", folder);
    return system(command);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values_come_back_as_they_were), cmocka_unit_test(test_it_is_set_up_as_promised),
        cmocka_unit_test(test_clashes_and_mistakes),          cmocka_unit_test(test_transactions),
        cmocka_unit_test(test_a_commit_survives_the_process), cmocka_unit_test(test_a_second_process_is_told_at_once),
        cmocka_unit_test(test_files_that_cannot_be_used),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
