/* mapping_lint: names that a mapping reads and that nobody gives. To jq such a name is null, so a misspelt one would read
 * null from every object, or write it to every object, and nobody would be told.
 *
 * In: a plain path must lie within what is selected. An expression's names (".name") must be selected, at whatever depth,
 * or be added by the adapter, or be made by an expression. Out: they must be fields below the one that is written. */
#include "mapping_lint.h"

struct lint {
    const struct mapping *m;
    const struct mapping_given *given;
    const char *functions; /* the file's own */
    struct err *err;
    const struct mapping_entity *e;
    const struct mapping_field *f; /* of an `out`; else NULL */
    const char *expression;
    const struct config_node *at; /* where it stands */
};

static const struct mapping_given *given_of(const struct lint *l, const struct mapping_entity *e)
{
    const struct mapping_given *g = l->given;
    while (g->entity != NULL && !text_is(e->entity->name, g->entity))
        g++;
    return g;
}

enum { SOURCES = 3 };

/* The selections that give an entity's objects their members. */
static void sources_of(const struct lint *l, const struct mapping_entity *e, struct text out[SOURCES])
{
    const struct mapping_given *g = given_of(l, e);
    out[0] = text_of(e->select);
    out[1] = text_of(g->adds);
    out[2] = text_of(g->with != NULL ? mapping_select(l->m, g->with) : NULL);
}

/* ---- looking for a name ---- */

struct look {
    struct text name;
    bool found;
    struct nearest meant;
};

static void look_at(void *ctx, struct text word)
{
    struct look *k = ctx;
    k->found |= text_eq(k->name, word);
    nearest_look(&k->meant, word);
}

static void look_made(void *ctx, const struct jq_word *w)
{
    struct look *k = ctx;
    k->found |= !w->read && text_eq(k->name, w->name);
}

static void look_read(void *ctx, const struct jq_word *w)
{
    struct look *k = ctx;
    k->found |= w->read && text_eq(k->name, w->name);
}

static void look_selected(const struct lint *l, const struct mapping_entity *e, struct look *k)
{
    struct text sources[SOURCES];
    sources_of(l, e, sources);
    for (int i = 0; i < SOURCES; i++)
        selection_words(sources[i], look_at, k);
}

static void look_fields(const struct field *fields, uint32_t count, struct look *k)
{
    for (uint32_t i = 0; i < count; i++) {
        look_at(k, fields[i].name);
        look_fields(fields[i].fields, fields[i].field_count, k);
    }
}

static void look_expressions(const struct mapping_entity *e, struct look *k)
{
    const char *own[] = {e->id.text, e->key.text, e->version.text, e->when.text};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        jq_words(own[i] != NULL ? own[i] : "", look_made, k);
    for (uint32_t i = 0; i < e->field_count; i++) {
        jq_words(e->fields[i].in != NULL ? e->fields[i].in : "", look_made, k);
        jq_words(e->fields[i].out != NULL ? e->fields[i].out : "", look_made, k);
    }
}

static void look_given(const struct lint *l, struct look *k)
{
    if (l->f != NULL && strstr(l->expression, "$fields") == NULL) {
        look_fields(l->f->field->fields, l->f->field->field_count, k);
    } else if (l->f != NULL) {
        look_fields(l->e->entity->fields, l->e->entity->field_count, k);
    } else if (l->e != NULL) {
        look_selected(l, l->e, k);
    } else
        for (uint32_t i = 0; i < l->m->entity_count; i++) {
            const struct mapping_entity *e = &l->m->entities[i];
            look_selected(l, e, k);
            look_fields(e->entity->fields, e->entity->field_count, k);
            look_expressions(e, k);
        }
}

/* What jq itself makes: to_entries, match. */
static void look_own(struct look *k)
{
    static const char *const own[] = {"key", "value", "name", "offset", "length", "string", "captures", NULL};
    for (size_t i = 0; own[i] != NULL; i++)
        k->found |= text_is(k->name, own[i]);
}

struct unknown {
    const struct lint *l;
    struct look first; /* the first name that nobody gives; no name: there is none */
};

static void on_read(void *ctx, const struct jq_word *w)
{
    struct unknown *u = ctx;
    struct look k = {.name = w->name, .meant = nearest_to(w->name)};
    if (!w->read || u->first.name.n > 0)
        return;
    jq_words(u->l->expression, look_made, &k);
    jq_words(u->l->functions, look_made, &k);
    look_own(&k);
    look_given(u->l, &k);
    if (!k.found)
        u->first = k;
}

/* Where a word of the expression stands; nearly always, since a line's end may also be written as "\n". */
static struct config_node place_of(const struct lint *l, struct text word)
{
    struct config_node at = *l->at;
    for (const char *p = l->expression; p < word.p; p++)
        at.line += *p == '\n';
    return at;
}

static int lint_words(const struct lint *l)
{
    struct unknown u = {.l = l};
    char hint[NEAREST_HINT_MAX];
    jq_words(l->expression, on_read, &u);
    if (u.first.name.n == 0)
        return 0;
    const char *why = l->f != NULL   ? "but it is given the field's value, which has no such member"
                      : l->e != NULL ? "which `select` does not ask for"
                                     : "which no `select` asks for and no field is called";
    struct config_node at = place_of(l, u.first.name);
    return config_complain(&at, l->err, "%s reads .%.*s, %s%s", at.name, TEXT_ARG(u.first.name), why,
                           nearest_hint(&u.first.meant, hint));
}

/* ---- paths ---- */

static bool path_given(const struct lint *l, const struct text *steps, uint32_t count, struct text *below)
{
    struct text sources[SOURCES];
    sources_of(l, l->e, sources);
    for (int i = 0; i < SOURCES; i++)
        if (selection_has(sources[i], steps, count, below))
            return true;
    return false;
}

static int lint_path(const struct lint *l, const struct text *steps, uint32_t count)
{
    struct text below;
    struct look k = {.found = true};
    char hint[NEAREST_HINT_MAX];
    if (path_given(l, steps, count, &below))
        return 0;
    for (uint32_t i = 0; i < count && k.found; i++) {
        k = (struct look){.name = steps[i], .meant = nearest_to(steps[i])};
        look_selected(l, l->e, &k);
    }
    return config_complain(l->at, l->err, "%s reads %s, which `select` does not ask for%s", l->at->name, l->expression,
                           k.found ? " there" : nearest_hint(&k.meant, hint));
}

/* With a path, `in` is given what stands there, and not the object. */
struct beside {
    struct lint *l;
    struct text below;
    struct text name; /* the first that `in` takes from the object */
};

static void on_beside(void *ctx, const struct jq_word *w)
{
    struct beside *b = ctx;
    struct look within = {.name = w->name}, object = {.name = w->name};
    if (!w->read || b->name.n > 0)
        return;
    selection_words(b->below, look_at, &within);
    jq_words(b->l->expression, look_made, &within);
    look_selected(b->l, b->l->e, &object);
    if (!within.found && object.found)
        b->name = w->name;
}

static int lint_beside(struct lint *l, const struct mapping_field *f)
{
    struct beside b = {.l = l};
    if (f->target.steps == NULL || !path_given(l, f->target.steps, f->target.step_count, &b.below))
        return 0;
    jq_words(l->expression, on_beside, &b);
    if (b.name.n == 0)
        return 0;
    struct config_node at = place_of(l, b.name);
    return config_complain(&at, l->err,
                           "in reads .%.*s, but beside a path it is given what stands at %s, not the object",
                           TEXT_ARG(b.name), f->path);
}

/* ---- members that `in` makes ---- */

static void on_key(void *ctx, const struct jq_word *w)
{
    struct unknown *u = ctx;
    struct look k = {.name = w->name, .meant = nearest_to(w->name)};
    if (!w->key || u->first.name.n > 0)
        return;
    jq_words(u->l->expression, look_read, &k); /* then it is a step on the way */
    jq_words(u->l->functions, look_read, &k);
    look_given(u->l, &k);
    if (!k.found)
        u->first = k;
}

/* Names that nobody reads are those of the result, unless they are looked up by what they are. */
static int lint_keys(struct lint *l, const struct mapping_field *f)
{
    static const char *const looked_up[] = {"}[", "} [", "as {", "entries", "keys", "paths", NULL};
    char hint[NEAREST_HINT_MAX];
    struct unknown u = {.l = l};
    for (size_t i = 0; looked_up[i] != NULL; i++)
        if (strstr(l->expression, looked_up[i]) != NULL)
            return 0;
    l->f = f;
    if (f->field->field_count > 0)
        jq_words(l->expression, on_key, &u);
    l->f = NULL;
    if (u.first.name.n == 0)
        return 0;
    struct config_node at = place_of(l, u.first.name);
    return config_complain(&at, l->err, "in makes %.*s, and %.*s.%.*s has no such field%s", TEXT_ARG(u.first.name),
                           TEXT_ARG(l->e->entity->name), TEXT_ARG(f->field->name), nearest_hint(&u.first.meant, hint));
}

/* ---- values that `in` gives to an enum ---- */

static void on_given(void *ctx, const struct jq_word *w)
{
    struct unknown *u = ctx;
    struct look k = {.name = w->name, .meant = nearest_to(w->name)};
    if (!w->given || u->first.name.n > 0)
        return;
    for (uint32_t i = 0; i < u->l->f->field->value_count; i++)
        look_at(&k, u->l->f->field->values[i]);
    if (!k.found)
        u->first = k;
}

/* Texts where the result stands, unless something is made of it. */
static int lint_values(struct lint *l, const struct mapping_field *f)
{
    char hint[NEAREST_HINT_MAX];
    struct unknown u = {.l = l};
    bool looked_up = strchr(l->expression, '{') == NULL || strstr(l->expression, "}[") != NULL;
    if (f->field->type != FIELD_ENUM || f->pair_count > 0 || !looked_up || strstr(l->expression, "end |") != NULL)
        return 0;
    l->f = f;
    jq_words(l->expression, on_given, &u);
    l->f = NULL;
    if (u.first.name.n == 0)
        return 0;
    struct config_node at = place_of(l, u.first.name);
    return config_complain(&at, l->err, "in gives \"%.*s\", which is no value of %.*s.%.*s%s (%s:%d)",
                           TEXT_ARG(u.first.name), TEXT_ARG(l->e->entity->name), TEXT_ARG(f->field->name),
                           nearest_hint(&u.first.meant, hint), f->field->file, f->field->line);
}

/* ---- members that are written ---- */

struct taking {
    const char *takes;
    struct look first; /* the first member that is not taken */
};

static void look_taken(struct taking *t, struct text name)
{
    struct look k = {.name = name, .meant = nearest_to(name)};
    selection_words(text_of(t->takes), look_at, &k);
    if (!k.found && t->first.name.n == 0)
        t->first = k;
}

static void on_taken(void *ctx, const struct jq_word *w)
{
    if (w->key && w->depth == 1)
        look_taken(ctx, w->name);
}

/* What the adapter does not take from the object would be lost. */
static int lint_taken(const struct lint *l, const struct mapping_field *f)
{
    struct taking t = {.takes = given_of(l, l->e)->takes};
    char hint[NEAREST_HINT_MAX];
    if (t.takes == NULL)
        return 0;
    if (f->target.steps != NULL)
        look_taken(&t, f->target.steps[0]);
    else if (f->path == NULL)
        jq_words(f->out, on_taken, &t);
    if (t.first.name.n == 0)
        return 0;
    return config_complain(f->at, l->err, "field %.*s: what is written as %.*s is not sent, the adapter takes: %s%s",
                           TEXT_ARG(f->field->name), TEXT_ARG(t.first.name), t.takes,
                           nearest_hint(&t.first.meant, hint));
}

/* ---- an entity, a file ---- */

/* An expression that reads an object: as a path where it is one. */
static int lint_source(struct lint *l, const char *word, const char *text, const struct text *steps, uint32_t count)
{
    l->at = config_get(l->e->at, word);
    l->expression = text;
    if (text == NULL)
        return 0;
    return steps != NULL ? lint_path(l, steps, count) : lint_words(l);
}

static int lint_reading(struct lint *l, const struct mapping_field *f)
{
    int rc = 0;
    if (f->path != NULL) {
        l->at = config_get(f->at, "path");
        l->expression = f->path;
        rc = f->target.steps != NULL ? lint_path(l, f->target.steps, f->target.step_count) : lint_words(l);
    }
    if (rc != 0 || f->in == NULL)
        return rc;
    l->at = config_get(f->at, "in");
    l->expression = f->in;
    if ((rc = lint_words(l)) == 0 && f->path != NULL)
        rc = lint_beside(l, f);
    if (rc == 0)
        rc = lint_keys(l, f);
    return rc != 0 ? rc : lint_values(l, f);
}

static int lint_writing(struct lint *l, const struct mapping_field *f)
{
    int rc = lint_taken(l, f);
    if (rc != 0 || f->out == NULL)
        return rc;
    l->at = config_get(f->at, "out");
    l->expression = f->out;
    l->f = f;
    rc = lint_words(l);
    l->f = NULL;
    return rc;
}

static int lint_entity(struct lint *l)
{
    const struct mapping_entity *e = l->e;
    const struct mapping_source *sources[] = {&e->id, &e->key, &e->version, &e->when};
    static const char *const words[] = {"id", "key", "version", "when"};
    int rc = 0;
    if (given_of(l, e)->entity == NULL)
        return config_complain(e->at, l->err, "the adapter neither reads nor writes %s", e->at->name);
    if (e->object == NULL || e->select == NULL)
        return config_complain(e->at, l->err, "%s: \"%s\" is missing: the adapter asks the API with it", e->at->name,
                               e->object == NULL ? "object" : "select");
    for (size_t i = 0; rc == 0 && i < sizeof words / sizeof *words; i++)
        rc = lint_source(l, words[i], sources[i]->text, sources[i]->steps, sources[i]->step_count);
    for (uint32_t i = 0; rc == 0 && i < e->field_count; i++) {
        const struct mapping_field *f = &e->fields[i];
        if (f->reads)
            rc = lint_reading(l, f);
        if (rc == 0 && f->writes)
            rc = lint_writing(l, f);
    }
    return rc;
}

int mapping_lint(const struct mapping *m, const struct mapping_given *given, struct err *err)
{
    const struct config_node *functions = config_get(config_root(m->config), "functions");
    struct lint l = {.m = m, .given = given, .functions = functions != NULL ? functions->text : "", .err = err};
    int rc = 0;
    for (uint32_t i = 0; rc == 0 && i < m->entity_count; i++) {
        l.e = &m->entities[i];
        rc = lint_entity(&l);
    }
    l.e = NULL;
    l.at = functions;
    l.expression = l.functions;
    return rc == 0 && functions != NULL ? lint_words(&l) : rc;
}
