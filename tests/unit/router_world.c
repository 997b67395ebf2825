#include "router_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/json_text.h"
#include "edge/json.h"

static const char *const systems[] = {"sf", "shop", "erp"};
#define BEGIN 1800000000

static void must(int rc, const struct err *err)
{
    if (rc)
        fail_msg("%s", err->text);
}

void world_start(struct world *w, const char *rules, bool sqlite)
{
    static const char *const folders[] = {"proto/entities"};
    struct err err = {0};
    *w = (struct world){.now = BEGIN * MOMENT_SECOND};
    arena_init(&w->arena, 64u << 20);
    must(schema_load(&w->schema, folders, 1, &err), &err);
    must(rules_parse(&w->rules, "rules.cfg", text_of(rules), w->schema, systems, 3, NULL, &err), &err);
    if (sqlite) {
        snprintf(w->file, sizeof w->file, "/tmp/tidegate-world-%d.db", (int)getpid());
        unlink(w->file);
        must(store_sqlite_open(&w->store, w->file, w->schema, systems, 3, &err), &err);
    } else {
        must(store_memory_open(&w->store, systems, 3, &err), &err);
    }
    must(metrics_init(&w->metrics, schema_count(w->schema), &err), &err);
    must(desk_init(&w->desk, w->rules, w->store, NULL, &w->metrics, &(struct desk_settings){.first_reads_done = true}, &err), &err);
}

void world_stop(struct world *w)
{
    char name[80];
    desk_release(&w->desk);
    metrics_release(&w->metrics);
    w->store->ops->close(w->store);
    rules_free(w->rules);
    schema_free(w->schema);
    arena_release(&w->arena);
    if (!w->file[0])
        return;
    unlink(w->file);
    snprintf(name, sizeof name, "%s-wal", w->file);
    unlink(name);
}

/* ---- lines to messages ---- */

static struct text word(struct text *rest)
{
    struct text head;
    if (!text_split(*rest, ' ', &head, rest)) {
        head = *rest;
        *rest = (struct text){NULL, 0};
    }
    return head;
}

/* "v=3" -> "3" when the word is named so. */
static bool named(struct text w, const char *name, struct text *value)
{
    if (!text_starts(w, name))
        return false;
    *value = (struct text){w.p + strlen(name), w.n - strlen(name)};
    return true;
}

static void read_options(struct world *w, struct text *rest, struct message *m)
{
    struct text value;
    struct err err;
    int64_t number;
    m->fields = value_map(&w->arena, 0);
    while (rest->n && rest->p[0] != '{') {
        struct text one = word(rest);
        if (named(one, "v=", &value))
            m->version = value;
        else if (named(one, "key=", &value))
            m->key = value;
        else if (named(one, "t=", &value) && text_to_i64(value, &number))
            m->time = (BEGIN + number) * MOMENT_SECOND;
        else if (named(one, "#", &value) && text_to_i64(value, &number))
            m->revision = number;
        else if (named(one, "after=", &value) && text_to_i64(value, &number)) {
            m->revision = number;
            m->stamped = true;
        }
        else if (m->verdict == VERDICT_REFUSED && m->type == MESSAGE_OUTCOME)
            m->reason = one;
        else
            m->native = one;
    }
    if (rest->n)
        must(json_parse(&w->arena, *rest, &m->fields, &err), &err);
}

static void read_change(struct world *w, struct text *rest, struct message *m)
{
    m->type = MESSAGE_CHANGE;
    m->subject_id = word(rest);
    read_options(w, rest, m);
    if (text_is(m->native, "deleted"))
        m->op = OP_DELETE;
    if (text_is(m->subject_id, "snapshot"))
        m->op = OP_SNAPSHOT;
}

static bool read_verdict(struct text t, enum verdict *v)
{
    for (*v = VERDICT_DONE; *v <= VERDICT_STALE; ++*v)
        if (text_is(t, verdict_word(*v)))
            return true;
    return false;
}

/* "<system>:<entity>:<native>" -> the entity. */
static struct text entity_of(struct text key)
{
    struct text head, tail, entity = {0};
    assert_true(text_split(key, ':', &head, &tail) && text_split(tail, ':', &entity, &tail));
    return entity;
}

static struct text to_message(struct world *w, struct text line)
{
    struct buf out;
    char id[UUID_TEXT];
    struct message m = {.time = w->now, .source = word(&line)};
    m.entity = word(&line);
    if (read_verdict(m.entity, &m.verdict)) {
        m.type = MESSAGE_OUTCOME;
        m.key = m.subject_id = word(&line);
        m.entity = entity_of(m.key);
        m.refusal = m.verdict == VERDICT_REFUSED ? REFUSAL_VALUE : REFUSAL_NONE;
        read_options(w, &line, &m);
        m.command = text_of("0192f0c0-0000-7000-8000-000000000000");
    } else {
        read_change(w, &line, &m);
    }
    m.id = message_change_id(&m, id);
    if (m.type == MESSAGE_OUTCOME) /* what an outcome says beside its fields makes it another one, too */
        m.id = uuid_derive(m.time, (struct hash128){hash64(m.subject_id), (uint64_t)m.revision + m.verdict}, id);
    buf_init(&out, 1u << 20);
    message_write(&out, &m);
    struct text bytes = arena_text(&w->arena, buf_view(&out));
    buf_release(&out);
    return bytes;
}

/* ---- what happened ---- */

struct seen_held {
    struct world *w;
    struct text ids[64], lines[64];
    size_t count;
};

static int see_held(void *ctx, const struct held *h)
{
    struct seen_held *s = ctx;
    assert_true(s->count < 64);
    s->ids[s->count] = arena_text(&s->w->arena, h->id);
    s->lines[s->count++] = arena_printf(&s->w->arena, "%s %.*s%s%.*s", held_word(h->reason), TEXT_ARG(h->cause),
                                        h->rule.n ? " " : "", TEXT_ARG(h->rule));
    return 0;
}

static void look_at_held(struct world *w, struct seen_held *s)
{
    struct err err;
    *s = (struct seen_held){.w = w};
    must(w->store->ops->each_held(w->store, 64, see_held, s, &err), &err);
}

static bool has(const struct seen_held *s, struct text id)
{
    for (size_t i = 0; i < s->count; i++)
        if (text_eq(s->ids[i], id))
            return true;
    return false;
}

static void add_difference(struct buf *out, char sign, const struct seen_held *these, const struct seen_held *others)
{
    for (size_t i = these->count; i-- > 0;)
        if (!has(others, these->ids[i]))
            buf_printf(out, "%c%.*s\n", sign,
                       sign == '+' ? (int)these->lines[i].n : (int)strcspn(these->lines[i].p, " "),
                       these->lines[i].p);
}

static void add_results(struct world *w, struct buf *out, const uint64_t *before)
{
    for (uint32_t e = 0; e < schema_count(w->schema); e++)
        for (int r = 0; r < CHANGE_RESULTS; r++)
            for (uint64_t n = before[e * CHANGE_RESULTS + r]; n < w->metrics.changes[e][r]; n++)
                if (r != CHANGE_HELD) /* the held item says so */
                    buf_printf(out, "%s\n", change_result_word((enum change_result)r));
}

static void add_commands(struct world *w, struct buf *out)
{
    for (size_t i = 0; i < w->desk.out_count; i++) {
        struct message m;
        struct err err;
        must(message_read(w->schema, desk_body(&w->desk, i), &w->arena, &m, NULL, &err), &err);
        assert_true(text_is(m.id, w->desk.out[i].id));
        buf_printf(out, "%.*s %.*s #%lld %.*s ", TEXT_ARG(m.target), TEXT_ARG(m.key), (long long)m.revision,
                   m.native.n ? (int)m.native.n : 3, m.native.n ? m.native.p : "new");
        json_write(out, &m.fields);
        buf_char(out, '\n');
    }
}

static void act(struct world *w, struct text line, struct err *err)
{
    int64_t seconds;
    must(desk_begin(&w->desk, w->now, err), err);
    if (text_is(line, "first reads are to come")) {
        w->desk.settings.first_reads_done = false;
        return;
    }
    if (named(line, "wait ", &line) && text_to_i64(line, &seconds)) {
        w->desk.now = w->now += seconds * MOMENT_SECOND;
        assert_true(desk_overdue(&w->desk, err) >= 0);
        return;
    }
    must(desk_take(&w->desk, &(struct desk_message){.body = to_message(w, line)}, err), err);
}

static const char *say_once(struct world *w, struct text line, bool commit)
{
    struct seen_held before, after;
    struct err err;
    struct buf out;
    size_t size = schema_count(w->schema) * sizeof w->metrics.changes[0];
    uint64_t *counts = arena_alloc(&w->arena, size);
    memcpy(counts, w->metrics.changes, size);
    buf_init(&out, 1u << 20);
    look_at_held(w, &before);
    act(w, line, &err);
    add_results(w, &out, counts);
    add_commands(w, &out);
    look_at_held(w, &after);
    add_difference(&out, '+', &after, &before);
    add_difference(&out, '-', &before, &after);
    if (commit) {
        must(desk_save(&w->desk, &err), &err);
        must(desk_commit(&w->desk, &err), &err);
    } else {
        desk_drop(&w->desk);
    }
    const char *said = arena_string(&w->arena, buf_view(&out));
    buf_release(&out);
    return said;
}

const char *world_say(struct world *w, const char *line)
{
    struct text t = text_of(line);
    w->now += MOMENT_SECOND;
    if (!named(t, "crash ", &t))
        return say_once(w, t, true);
    const char *first = say_once(w, t, false);
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
