/* test: policy tests. A file of steps, each a line of router/rehearsal.h, with what must follow indented below it. */
#include "commands.h"

#include <stdio.h>

#include "base/json_text.h"
#include "edge/json.h"
#include "edge/node_config.h"
#include "edge/os.h"
#include "router/rehearsal.h"

#define FILES_MAX 100
#define FILE_BYTES (4u << 20)
#define ARENA_BYTES (256u << 20)

struct test {
    const char *config_path, *rules_path;
    bool write;
    struct node_config config;
    struct schema *schema;
    struct rules *rules;
    const char *names[RULES_SYSTEMS_MAX];
    struct arena arena;
    /* of the file */
    const char *path;
    struct buf written; /* the file as it would be with what is */
    /* of the case */
    struct text title;
    struct store *store; /* NULL: no case has begun */
    struct rehearsal rehearsal;
    bool failed;
    int cases, failures;
};

/* ---- cases ---- */

static void end_case(struct test *t)
{
    if (!t->store)
        return;
    rehearsal_end(&t->rehearsal);
    t->store->ops->close(t->store);
    t->store = NULL;
    t->failures += t->failed;
}

static int begin_case(struct test *t, struct text title, struct err *err)
{
    end_case(t);
    t->title = title;
    t->failed = false;
    t->cases++;
    int rc = store_memory_open(&t->store, t->names, t->config.system_count, err);
    return rc ? rc : rehearsal_start(&t->rehearsal, t->rules, t->store, err);
}

/* ---- what is against what should be ---- */

/* The line with its JSON written anew, so that white space does not count. */
static struct text plain(struct test *t, struct text line)
{
    struct value v;
    struct buf out;
    struct err err;
    size_t at = 0;
    while (at < line.n && line.p[at] != '{')
        at++;
    if (at == line.n || json_parse(&t->arena, (struct text){line.p + at, line.n - at}, &v, &err))
        return line;
    buf_init(&out, FILE_BYTES);
    buf_add(&out, line.p, at);
    json_write(&out, &v);
    struct text written = arena_text(&t->arena, buf_view(&out));
    buf_release(&out);
    return written;
}

/* What is held may be named without its rule's place at the end. */
static bool same(struct test *t, struct text is, struct text should)
{
    struct text a = plain(t, is), b = plain(t, should);
    if (text_eq(a, b))
        return true;
    return a.n && a.p[0] == '+' && text_starts(a, arena_string(&t->arena, b)) && a.n > b.n && a.p[b.n] == ' ' &&
           !memchr(a.p + b.n + 1, ' ', a.n - b.n - 1);
}

static bool next_line(struct text *rest, struct text *line)
{
    if (!rest->n)
        return false;
    if (!text_split(*rest, '\n', line, rest)) {
        *line = *rest;
        *rest = (struct text){NULL, 0};
    }
    return true;
}

static bool agrees(struct test *t, struct text is, struct text should)
{
    struct text one, other;
    while (next_line(&should, &other)) {
        if (text_is(other, "..."))
            return true;
        if (!next_line(&is, &one) || !same(t, one, other))
            return false;
    }
    return !is.n;
}

static void print_lines(const char *mark, struct text lines)
{
    struct text line;
    while (next_line(&lines, &line))
        printf("    %s %.*s\n", mark, TEXT_ARG(line));
}

static void tell_difference(struct test *t, int line, struct text step, struct text is, struct text should)
{
    if (!t->failed)
        printf("%s:%d: %.*s\n", t->path, line, TEXT_ARG(t->title));
    t->failed = true;
    printf("  line %d: %.*s\n", line, TEXT_ARG(step));
    print_lines("-", should);
    print_lines("+", is);
}

/* ---- files ---- */

struct step {
    struct text line, should; /* should: lines, without their indentation; each ends with a newline */
    int number;
    bool open; /* there is one */
};

static void write_answer(struct test *t, struct text is)
{
    struct text line;
    while (next_line(&is, &line))
        buf_printf(&t->written, "    %.*s\n", TEXT_ARG(line));
}

static int run_step(struct test *t, struct step *s, struct err *err)
{
    const char *answer;
    struct err why = {0};
    if (!s->open)
        return 0;
    s->open = false;
    if (!t->store)
        return err_set(err, ERR_INVALID, "%s:%d: a test begins with a line \"test WHAT IT SHOWS\"", t->path, s->number);
    if (rehearsal_say(&t->rehearsal, s->line, true, &answer, &why))
        return err_set(err, ERR_INVALID, "%s:%d: %s", t->path, s->number, why.text);
    bool any = s->should.n >= 3 && text_starts(s->should, "...");
    write_answer(t, any ? s->should : text_of(answer));
    if (!agrees(t, text_of(answer), s->should))
        tell_difference(t, s->number, s->line, text_of(answer), s->should);
    return 0;
}

static struct text trimmed(struct text t)
{
    while (t.n && (t.p[0] == ' ' || t.p[0] == '\t'))
        t = (struct text){t.p + 1, t.n - 1};
    while (t.n && strchr(" \t\r", t.p[t.n - 1]))
        t.n--;
    return t;
}

static int read_line(struct test *t, struct step *s, struct text line, int number, struct err *err)
{
    struct text words = trimmed(line);
    if (words.n && words.p != line.p && words.p[0] != '#') { /* indented: what must follow */
        if (!s->open)
            return err_set(err, ERR_INVALID, "%s:%d: nothing stands above that could lead to this", t->path, number);
        s->should = arena_printf(&t->arena, "%.*s%.*s\n", TEXT_ARG(s->should), TEXT_ARG(words));
        return 0;
    }
    int rc = run_step(t, s, err);
    buf_text(&t->written, line);
    buf_char(&t->written, '\n');
    if (rc || !words.n || words.p[0] == '#')
        return rc;
    if (text_starts(words, "test "))
        return begin_case(t, (struct text){words.p + 5, words.n - 5}, err);
    *s = (struct step){.line = words, .number = number, .open = true};
    return 0;
}

static int run_file(struct test *t, const char *path, struct err *err)
{
    struct text rest, line;
    struct step s = {.open = false};
    int number = 0, rc = os_read_file(&t->arena, path, FILE_BYTES, &rest, err);
    if (rc)
        return rc;
    t->path = path;
    buf_init(&t->written, FILE_BYTES);
    while (!rc && next_line(&rest, &line))
        rc = read_line(t, &s, line, ++number, err);
    if (!rc)
        rc = run_step(t, &s, err);
    end_case(t);
    if (!rc && t->write && buf_failed(&t->written))
        rc = err_set(err, ERR_TOO_LARGE, "%s: with what is written into it, it would be over %u MiB; nothing is written", path,
                     FILE_BYTES >> 20);
    if (!rc && t->write)
        rc = os_write_file(path, buf_view(&t->written), 0644, err);
    buf_release(&t->written);
    return rc;
}

static int load(struct test *t, struct err *err)
{
    int rc = node_config_load(&t->config, t->config_path, err);
    if (rc)
        return rc;
    for (size_t i = 0; i < t->config.system_count && i < RULES_SYSTEMS_MAX; i++)
        t->names[i] = t->config.systems[i].name;
    rc = schema_load(&t->schema, t->config.entity_folders, t->config.entity_folder_count, err);
    return rc ? rc : rules_load(&t->rules, t->rules_path ? t->rules_path : t->config.rules, t->schema, t->names,
                                t->config.system_count, NULL, err);
}

static const char *const test_help =
    "usage: tidegate test FILE… [--config FILE] [--rules FILE] [--write]\n"
    "\n"
    "Runs policy tests (docs/rules.md, \"Tests\"): given these changes in this order, with what the systems answer, what must\n"
    "be told, refused and held. Shows where it differs (- should be, + is). --rules tries other rules than the\n"
    "configuration's. --write puts what is into the files. Nothing else is read, and nothing is sent anywhere.\n"
    "Exit code 1 when a test fails.\n";

static void run_files(struct test *t, const char **files, int count, struct err *err, int *rc)
{
    *rc = load(t, err);
    for (int i = 0; !*rc && i < count; i++)
        *rc = run_file(t, files[i], err);
    if (!*rc)
        printf("%d test%s, %d failed\n", t->cases, t->cases == 1 ? "" : "s", t->failures);
}

int command_test(int argc, char **argv)
{
    struct test t = {.config_path = COMMAND_CONFIG};
    const char *files[FILES_MAX];
    const struct command_option options[] = {
        {"--config", &t.config_path, NULL}, {"--rules", &t.rules_path, NULL}, {"--write", NULL, &t.write}, {0}};
    struct err err = {0};
    int count = command_words(&argc, argv, options, files, FILES_MAX, &err);
    int rc = count < 0 ? count : command_options(argc, argv, options, test_help, &err);
    if (rc == 0 && !count)
        rc = err_set(&err, ERR_INVALID, "which file? tidegate test FILE…");
    if (rc)
        return command_end(rc, "test", &err);
    arena_init(&t.arena, ARENA_BYTES);
    run_files(&t, files, count, &err, &rc);
    rules_free(t.rules);
    schema_free(t.schema);
    node_config_release(&t.config);
    arena_release(&t.arena);
    return rc ? command_end(rc, "test", &err) : t.failures && !t.write ? 1 : 0;
}
