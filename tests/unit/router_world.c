#include "router_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

static const char *const systems[] = {"sf", "shop", "erp"};

static void must(int rc, const struct err *err)
{
    if (rc)
        fail_msg("%s", err->text);
}

void world_start(struct world *w, const char *rules, bool sqlite)
{
    static const char *const folders[] = {"proto/entities"};
    struct err err = {0};
    memset(w, 0, sizeof *w);
    must(schema_load(&w->schema, folders, 1, &err), &err);
    must(rules_parse(&w->rules, "rules.cfg", text_of(rules), w->schema, systems, 3, NULL, &err), &err);
    if (sqlite) {
        snprintf(w->file, sizeof w->file, "/tmp/tidegate-world-%d.db", (int)getpid());
        unlink(w->file);
        must(store_sqlite_open(&w->store, w->file, w->schema, systems, 3, &err), &err);
    } else {
        must(store_memory_open(&w->store, systems, 3, &err), &err);
    }
    must(rehearsal_start(&w->at, w->rules, w->store, &err), &err);
}

int64_t world_restart(struct world *w, const char *rules)
{
    struct err err = {0};
    struct field_mask matched[SCHEMA_ENTITIES_MAX];
    int64_t records;
    rehearsal_end(&w->at);
    w->store->ops->close(w->store);
    rules_free(w->rules);
    must(rules_parse(&w->rules, "rules.cfg", text_of(rules), w->schema, systems, 3, NULL, &err), &err);
    must(store_sqlite_open(&w->store, w->file, w->schema, systems, 3, &err), &err);
    for (uint32_t i = 0; i < schema_count(w->schema); i++)
        matched[i] = rules_matched(w->rules, schema_at(w->schema, i));
    must(store_sqlite_match(w->store, matched, &records, &err), &err);
    must(rehearsal_start(&w->at, w->rules, w->store, &err), &err);
    return records;
}

void world_stop(struct world *w)
{
    char name[80];
    rehearsal_end(&w->at);
    w->store->ops->close(w->store);
    rules_free(w->rules);
    schema_free(w->schema);
    if (!w->file[0])
        return;
    unlink(w->file);
    snprintf(name, sizeof name, "%s-wal", w->file);
    unlink(name);
}

static const char *say_once(struct world *w, struct text line, bool commit)
{
    struct err err = {0};
    const char *answer;
    must(rehearsal_say(&w->at, line, commit, &answer, &err), &err);
    return answer;
}

const char *world_say(struct world *w, const char *line)
{
    struct text t = text_of(line);
    if (!text_starts(t, "crash "))
        return say_once(w, t, true);
    t = (struct text){t.p + 6, t.n - 6};
    const char *first = say_once(w, t, false);
    w->at.now -= MOMENT_SECOND;
    const char *second = say_once(w, t, true);
    assert_string_equal(first, second);
    return second;
}

void world_rows(const char *rules, const struct row *rows)
{
    for (int sqlite = 0; sqlite < 2; sqlite++) {
        struct world w;
        world_start(&w, rules, sqlite);
        for (const struct row *r = rows; r->line; r++) {
            const char *answer = world_say(&w, r->line);
            if (strcmp(answer, r->answer))
                fail_msg("row %zd (%s), %s\n%s\n--- is:\n%s--- should be:\n%s", r - rows, sqlite ? "SQLite" : "memory",
                         r->why ? r->why : "", r->line, answer, r->answer);
        }
        world_stop(&w);
    }
}
