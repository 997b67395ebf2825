/* mapping_compile: the jq side of a mapping: one jq program (60 compiled apart take a second).
 *
 * What is read becomes definitions (_slot0, _slot1, …) and one function an entity that gathers its slots, so that an
 * object is read in one run. A slot gives a list with its value, an empty list when the field is absent, or {e: jq's
 * words}. What is written becomes a function each. When the whole does not compile, each slot is compiled alone, to
 * name the line at fault. */
#include "mapping_entry.h"

#include "base/buf.h"

#define SOURCE_MAX (1u << 20)

/* _at(path): the value there; nothing when a step is missing; null when a step stands on null or behind a list's end.
 */
static const char base_definitions[] = "def _step($k): if length == 0 then . else .[0] as $v"
                                       " | if $v == null then . elif ($k | type) != \"string\" then [$v[$k]]"
                                       " elif ($v | has($k)) then [$v[$k]] else [] end end;\n"
                                       "def _at(p): . as $root | [path(p)] as $ps"
                                       " | if ($ps | length) == 0 then empty"
                                       " elif ($ps | length) > 1 then error(\"the path gives \\($ps | length) values\")"
                                       " else (reduce $ps[0][] as $k ([$root]; _step($k))) | .[] end;\n";

struct functions { /* grows while sources are collected; the lists have room for all */
    struct jq_function *list, *slots;
    size_t count, slot_count;
    struct arena *a;
    struct buf definitions; /* base definitions, the file's own, the slots */
};

static struct jq_function function_of(struct functions *f, const struct config_node *at, const char *entity,
                                      struct text word, struct text source)
{
    return (struct jq_function){
        .name = word.n > 0 ? arena_printf(f->a, "%s.%.*s", entity, TEXT_ARG(word)).p : entity,
        .source = source.p,
        .origin = arena_printf(f->a, "%s:%d", at->file, at->line).p,
    };
}

static int add(struct functions *f, struct jq_function function)
{
    f->list[f->count] = function;
    return (int)f->count++;
}

/* ---- reading ---- */

static struct text slot_source(const struct mapping *m, struct arena *a, const struct mapping_field *f)
{
    if (f->in == NULL)
        return arena_printf(a, "_at(%s\n)", f->path);
    if (f->path == NULL)
        return arena_printf(a, "(%s\n)", f->in);
    bool skip_false = m->empty_is_null && f->field->type != FIELD_BOOL;
    return arena_printf(a, "_at(%s\n) | if . == null%s then null else (%s\n) end", f->path,
                        skip_false ? " or . == false" : "", f->in);
}

static void add_slot(struct functions *f, struct buf *gather, struct jq_function slot)
{
    size_t n = f->slot_count++;
    f->slots[n] = slot;
    buf_printf(&f->definitions, "def _slot%zu: (\n", n);
    buf_string(&f->definitions, slot.source);
    buf_string(&f->definitions, "\n);\n"); /* a comment may end the source */
    buf_printf(gather, "%s(try [_slot%zu] catch {e: tostring})", gather->n > 1 ? ", " : "", n);
}

static void add_source(struct functions *f, struct buf *gather, const struct mapping_entity *e, const char *word,
                       const struct mapping_source *s)
{
    if (s->slot != MAPPING_NONE)
        add_slot(f, gather, function_of(f, config_get(e->at, word), e->at->name, text_of(word), text_of(s->text)));
}

/* In the order in which mapping_parse numbered the slots. */
static void add_reading(const struct mapping *m, struct mapping_entity *e, struct functions *f)
{
    struct buf gather;
    if (e->slot_count == 0)
        return;
    buf_init(&gather, SOURCE_MAX);
    buf_char(&gather, '[');
    add_source(f, &gather, e, "id", &e->id);
    add_source(f, &gather, e, "key", &e->key);
    add_source(f, &gather, e, "version", &e->version);
    add_source(f, &gather, e, "when", &e->when);
    for (uint32_t i = 0; i < e->field_count; i++) {
        const struct mapping_field *field = &e->fields[i];
        if (field->source.slot != MAPPING_NONE)
            add_slot(f, &gather,
                     function_of(f, field->at, e->at->name, field->field->name, slot_source(m, f->a, field)));
    }
    buf_char(&gather, ']');
    e->gather = add(f, function_of(f, e->at, e->at->name, (struct text){0}, arena_text(f->a, buf_view(&gather))));
    buf_release(&gather);
}

/* ---- writing ---- */

static struct text setter(struct arena *a, const char *path)
{
    return arena_printf(a, "[path(%s\n)]", path);
}

static void add_writing(struct mapping_entity *e, struct functions *f)
{
    const char *name = e->at->name;
    for (uint32_t i = 0; i < e->field_count; i++) {
        struct mapping_field *field = &e->fields[i];
        struct text word = field->field->name;
        if (field->writes && field->out != NULL)
            field->out_function =
                add(f, function_of(f, field->at, name, word,
                                   arena_printf(f->a, ".fields as $fields | .create as $create | .value | (%s\n)",
                                                field->out)));
        if (field->writes && field->path != NULL && field->target.steps == NULL)
            field->target.function = add(f, function_of(f, field->at, name, word, setter(f->a, field->path)));
    }
    for (uint32_t i = 0; i < e->constant_count; i++) {
        struct mapping_constant *c = &e->constants[i];
        if (c->target.steps == NULL)
            c->target.function = add(f, function_of(f, c->at, name, text_of("constants"), setter(f->a, c->path)));
    }
}

/* ---- lint: a path that is written must be one that jq can set, also in an object that is still empty ---- */

static int lint_setter(struct mapping *m, int function, const struct config_node *at, struct err *err)
{
    struct arena a;
    struct err why = {0};
    struct value paths, root;
    if (function == MAPPING_NONE)
        return 0;
    arena_init(&a, 1u << 20);
    root = value_map(&a, 0);
    int rc = jq_run(m->jq, (size_t)function, &root, &a, &paths, &why);
    if (rc == 0)
        rc = mapping_path_set_at(&a, &root, &paths, value_bool(true), &why);
    if (rc != 0)
        rc = config_complain(at, err,
                             "the path cannot be written into an empty object: %s: say direction = \"in\", or give "
                             "`out` alone",
                             why.text);
    arena_release(&a);
    return rc;
}

static int lint(struct mapping *m, struct err *err)
{
    int rc = 0;
    for (uint32_t i = 0; i < m->entity_count && rc == 0; i++) {
        const struct mapping_entity *e = &m->entities[i];
        for (uint32_t j = 0; j < e->field_count && rc == 0; j++)
            rc = lint_setter(m, e->fields[j].target.function, e->fields[j].at, err);
        for (uint32_t j = 0; j < e->constant_count && rc == 0; j++)
            rc = lint_setter(m, e->constants[j].target.function, e->constants[j].at, err);
    }
    return rc;
}

/* ---- compiling ---- */

static int blame(const struct functions *f, const char *shared, struct err *err)
{
    struct jq *alone;
    struct err why = {0};
    for (size_t i = 0; i < f->slot_count; i++) {
        int rc = jq_new(&alone, shared, &f->slots[i], 1, &why);
        if (rc != 0)
            return err_set(err, rc, "%s", why.text);
        jq_free(alone);
    }
    return err->code;
}

static int compile(struct mapping *m, struct functions *f, const char *shared, struct err *err)
{
    const struct config_node *own = config_get(config_root(m->config), "functions");
    buf_string(&f->definitions, shared);
    for (uint32_t i = 0; i < m->entity_count; i++) {
        add_reading(m, &m->entities[i], f);
        add_writing(&m->entities[i], f);
    }
    if (arena_failed(&m->arena) || buf_failed(&f->definitions))
        return err_set(err, ERR_TOO_LARGE, "%s: the mapping is too large", config_root(m->config)->file);
    if (f->count == 0)
        return 0;
    if (jq_new(&m->jq, buf_cstr(&f->definitions), f->list, f->count, err) == 0)
        return 0;
    struct jq_function nothing = {"functions", ".", "mapping"};
    struct jq *probe = NULL;
    if (own != NULL && jq_new(&probe, shared, &nothing, 1, err) != 0)
        return err_prefix(err, "%s:%d: functions", own->file, own->line);
    jq_free(probe);
    return blame(f, shared, err);
}

static int collect(struct mapping *m, struct functions *f, struct err *err)
{
    size_t slots = 0, functions = 0;
    const char *own = "";
    for (uint32_t i = 0; i < m->entity_count; i++) {
        slots += m->entities[i].slot_count;
        functions += 1 + 2 * m->entities[i].field_count + m->entities[i].constant_count;
    }
    int rc = config_text(config_root(m->config), "functions", &own, err);
    if (rc != 0)
        return rc;
    f->slots = arena_alloc(&m->arena, slots * sizeof *f->slots);
    f->list = arena_alloc(&m->arena, functions * sizeof *f->list);
    struct text shared = arena_printf(&m->arena, "%s%s\n", base_definitions, own);
    if (f->slots == NULL || f->list == NULL || shared.p == NULL)
        return err_set(err, ERR_TOO_LARGE, "%s: the mapping is too large", config_root(m->config)->file);
    return compile(m, f, shared.p, err);
}

int mapping_compile(struct mapping *m, struct err *err)
{
    struct functions f = {.a = &m->arena};
    buf_init(&f.definitions, SOURCE_MAX);
    int rc = collect(m, &f, err);
    buf_release(&f.definitions);
    return rc != 0 ? rc : lint(m, err);
}
