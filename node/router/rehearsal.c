#include "rehearsal.h"

#include "base/json_text.h"
#include "edge/json.h"

#define BEGIN 1800000000 /* seconds: t= counts from here */
#define HELD_MAX 256     /* items that one rehearsal may hold */
#define SECONDS_MAX 1000000000

int rehearsal_start(struct rehearsal *r, const struct rules *rules, struct store *store, struct err *err)
{
    *r = (struct rehearsal){.schema = rules_schema(rules), .store = store, .now = BEGIN * MOMENT_SECOND};
    arena_init(&r->arena, 64u << 20);
    int rc = metrics_init(&r->metrics, schema_count(r->schema), err);
    return rc ? rc : desk_init(&r->desk, rules, store, NULL, &r->metrics, &(struct desk_settings){.first_reads_done = true}, err);
}

void rehearsal_end(struct rehearsal *r)
{
    desk_release(&r->desk);
    metrics_release(&r->metrics);
    arena_release(&r->arena);
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

static bool is_number(struct text one, const char *name, int64_t most, int64_t *out)
{
    struct text value;
    return named(one, name, &value) && text_to_i64(value, out) && *out >= 0 && *out <= most;
}

/* Whether it is an option that the line may have. */
static bool read_option(struct text one, struct message *m)
{
    struct text value;
    int64_t number;
    if (named(one, "v=", &value))
        m->version = value;
    else if (named(one, "key=", &value))
        m->key = value;
    else if (is_number(one, "t=", SECONDS_MAX, &number))
        m->time = (BEGIN + number) * MOMENT_SECOND;
    else if (is_number(one, "#", INT64_MAX, &number))
        m->revision = number;
    else if (is_number(one, "after=", INT64_MAX, &number)) {
        m->revision = number;
        m->stamped = true;
    } else if (m->verdict == VERDICT_REFUSED && m->type == MESSAGE_OUTCOME)
        m->reason = one;
    else if (m->type == MESSAGE_OUTCOME)
        m->native = one;
    else if (text_is(one, "deleted"))
        m->op = OP_DELETE;
    else
        return false;
    return true;
}

static int read_rest(struct rehearsal *r, struct text rest, struct message *m, struct err *err)
{
    m->fields = value_map(&r->arena, 0);
    while (rest.n && rest.p[0] != '{') {
        struct text one = word(&rest);
        if (!read_option(one, m))
            return err_set(err, ERR_INVALID, "\"%.*s\" is none of v=, key=, t=, after=, deleted, {\"field\": …}", TEXT_ARG(one));
    }
    return rest.n ? json_parse(&r->arena, rest, &m->fields, err) : 0;
}

static bool read_verdict(struct text t, enum verdict *v)
{
    for (*v = VERDICT_DONE; *v <= VERDICT_STALE; ++*v)
        if (text_is(t, verdict_word(*v)))
            return true;
    return false;
}

/* "<system>:<entity>:<native>" -> the entity; empty when it is no key. */
static struct text entity_of(struct text key)
{
    struct text head, tail, entity;
    if (text_split(key, ':', &head, &tail) && text_split(tail, ':', &entity, &tail))
        return entity;
    return (struct text){NULL, 0};
}

static int read_outcome(struct rehearsal *r, struct text rest, struct message *m, struct err *err)
{
    m->type = MESSAGE_OUTCOME;
    m->key = m->subject_id = word(&rest);
    m->entity = entity_of(m->key);
    m->refusal = m->verdict == VERDICT_REFUSED ? REFUSAL_VALUE : REFUSAL_NONE;
    m->command = text_of("0192f0c0-0000-7000-8000-000000000000");
    if (!m->entity.n)
        return err_set(err, ERR_INVALID, "an outcome names the record, such as shop:order:1001, not \"%.*s\"", TEXT_ARG(m->key));
    return read_rest(r, rest, m, err);
}

static int read_change(struct rehearsal *r, struct text rest, struct message *m, struct err *err)
{
    m->type = MESSAGE_CHANGE;
    m->verdict = VERDICT_DONE;
    m->subject_id = word(&rest);
    if (!m->subject_id.n)
        return err_set(err, ERR_INVALID, "a line says SYSTEM ENTITY ID {\"field\": value, …}, or SYSTEM done KEY #REVISION ID");
    if (text_is(m->subject_id, "snapshot"))
        m->op = OP_SNAPSHOT;
    return read_rest(r, rest, m, err);
}

static int to_message(struct rehearsal *r, struct text line, struct text *bytes, struct err *err)
{
    struct buf out;
    char id[UUID_TEXT];
    struct message m = {.time = r->now, .source = word(&line)};
    m.entity = word(&line);
    int rc = read_verdict(m.entity, &m.verdict) ? read_outcome(r, line, &m, err) : read_change(r, line, &m, err);
    if (rc)
        return rc;
    m.id = message_change_id(&m, id);
    if (m.type == MESSAGE_OUTCOME) /* what an outcome says beside its fields makes it another one, too */
        m.id = uuid_derive(m.time, (struct hash128){hash64(m.subject_id), (uint64_t)m.revision + m.verdict}, id);
    buf_init(&out, 1u << 20);
    message_write(&out, &m);
    *bytes = arena_text(&r->arena, buf_view(&out));
    rc = buf_failed(&out) ? err_set(err, ERR_TOO_LARGE, "the line is too large for a message") : 0;
    buf_release(&out);
    return rc;
}

/* ---- what happened ---- */

struct seen_held {
    struct rehearsal *r;
    struct text ids[HELD_MAX], lines[HELD_MAX];
    size_t count;
};

/* The place of a rule without its folder, which is another one on each machine. */
static struct text short_place(struct text rule)
{
    for (size_t i = rule.n; i > 0; i--)
        if (rule.p[i - 1] == '/')
            return (struct text){rule.p + i, rule.n - i};
    return rule;
}

static int see_held(void *ctx, const struct held *h)
{
    struct seen_held *s = ctx;
    struct text rule = short_place(h->rule);
    if (s->count == HELD_MAX)
        return 1;
    s->ids[s->count] = arena_text(&s->r->arena, h->id);
    s->lines[s->count++] = arena_printf(&s->r->arena, "%s %.*s%s%.*s", held_word(h->reason), TEXT_ARG(h->cause),
                                        rule.n ? " " : "", TEXT_ARG(rule));
    return 0;
}

static int look_at_held(struct rehearsal *r, struct seen_held *s, struct err *err)
{
    s->r = r;
    s->count = 0;
    int rc = r->store->ops->each_held(r->store, HELD_MAX, see_held, s, err);
    return rc < 0 ? rc : 0;
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

static void add_results(struct rehearsal *r, struct buf *out, const uint64_t *before)
{
    for (uint32_t e = 0; e < schema_count(r->schema); e++)
        for (int c = 0; c < CHANGE_RESULTS; c++)
            for (uint64_t n = before[e * CHANGE_RESULTS + (uint32_t)c]; n < r->metrics.changes[e][c]; n++)
                if (c != CHANGE_HELD) /* the held item says so */
                    buf_printf(out, "%s\n", change_result_word((enum change_result)c));
}

static int add_commands(struct rehearsal *r, struct buf *out, struct err *err)
{
    for (size_t i = 0; i < r->desk.out_count; i++) {
        struct message m;
        int rc = message_read(r->schema, desk_body(&r->desk, i), &r->arena, &m, NULL, err);
        if (rc)
            return rc;
        buf_printf(out, "%.*s %.*s #%lld %.*s ", TEXT_ARG(m.target), TEXT_ARG(m.key), (long long)m.revision,
                   m.native.n ? (int)m.native.n : 3, m.native.n ? m.native.p : "new");
        json_write(out, &m.fields);
        buf_char(out, '\n');
    }
    return 0;
}

static int act(struct rehearsal *r, struct text line, struct err *err)
{
    int64_t seconds;
    struct text body, rest = line;
    int rc = desk_begin(&r->desk, r->now, err);
    if (rc)
        return rc;
    if (text_is(line, "first reads are to come")) {
        r->desk.settings.first_reads_done = false;
        return 0;
    }
    if (named(line, "wait ", &rest)) {
        if (!is_number(line, "wait ", SECONDS_MAX, &seconds))
            return err_set(err, ERR_INVALID, "wait how many seconds? %.*s is not from 0 to %d", TEXT_ARG(rest), SECONDS_MAX);
        r->desk.now = r->now += seconds * MOMENT_SECOND;
        rc = desk_overdue(&r->desk, err);
        return rc < 0 ? rc : 0;
    }
    rc = to_message(r, line, &body, err);
    return rc ? rc : desk_take(&r->desk, &(struct desk_message){.body = body}, err);
}

static int act_and_look(struct rehearsal *r, struct text line, struct buf *out, struct err *err)
{
    struct seen_held *held = arena_alloc(&r->arena, 2 * sizeof *held);
    size_t size = schema_count(r->schema) * sizeof r->metrics.changes[0];
    uint64_t *counts = arena_alloc(&r->arena, size);
    if (!held || !counts)
        return err_set(err, ERR_TOO_LARGE, "the rehearsal is too long");
    memcpy(counts, r->metrics.changes, size);
    int rc = look_at_held(r, &held[0], err);
    if (!rc)
        rc = act(r, line, err);
    if (rc)
        return rc;
    add_results(r, out, counts);
    rc = add_commands(r, out, err);
    if (!rc)
        rc = look_at_held(r, &held[1], err);
    if (rc)
        return rc;
    add_difference(out, '+', &held[1], &held[0]);
    add_difference(out, '-', &held[0], &held[1]);
    return 0;
}

int rehearsal_say(struct rehearsal *r, struct text line, bool commit, const char **answer, struct err *err)
{
    struct buf out;
    buf_init(&out, 1u << 20);
    r->now += MOMENT_SECOND;
    int rc = act_and_look(r, line, &out, err);
    *answer = arena_string(&r->arena, buf_view(&out));
    buf_release(&out);
    if (!rc && commit)
        rc = desk_save(&r->desk, err);
    if (!rc && commit)
        rc = desk_commit(&r->desk, err);
    if (rc || !commit)
        desk_drop(&r->desk);
    return rc;
}
