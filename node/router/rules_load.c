/* rules_load: rules.cfg into flat tables.
 *
 * Words first: every word of the file is known, of the right type, and names a system, entity or field that exists; all
 * complaints are collected, so that a person repairs the file once. Then the tables: per field who may set it and who
 * gets it, the entity's rule where the field has none. What the rules then mean together is rules_check's. */
#include "rules_parts.h"

#include <stdlib.h>

#include "base/nearest.h"

struct loading {
    struct rules *rules;
    struct complaints complaints;
};

static struct rule_place place_of(const struct config_node *n)
{
    return (struct rule_place){n->file, n->line};
}

static void only_words(struct loading *l, const struct config_node *group, const char *const *words)
{
    char hint[NEAREST_HINT_MAX];
    for (size_t i = 0; i < group->count; i++) {
        const struct config_node *n = &group->children[i];
        const char *const *w = words;
        while (*w && !text_is(text_of(n->name), *w))
            w++;
        if (*w)
            continue;
        struct nearest meant = nearest_to(text_of(n->name));
        nearest_look_all(&meant, words);
        complain(&l->complaints, place_of(n), "unknown word \"%s\"%s", n->name, nearest_hint(&meant, hint));
    }
}

static const char *text_word(struct loading *l, const struct config_node *n)
{
    if (n->kind == CONFIG_TEXT)
        return n->text;
    complain(&l->complaints, place_of(n), "%s wants a text in quotes", n->name ? n->name : "this list");
    return NULL;
}

static system_mask read_system(struct loading *l, const struct config_node *n)
{
    const char *name = text_word(l, n);
    if (!name)
        return 0;
    int system = rules_system(l->rules, text_of(name));
    if (system >= 0)
        return system_bit(system);
    char hint[NEAREST_HINT_MAX];
    struct nearest meant = nearest_to(text_of(name));
    for (size_t i = 0; i < l->rules->system_count; i++)
        nearest_look(&meant, text_of(l->rules->systems[i]));
    complain(&l->complaints, place_of(n), "unknown system \"%s\"%s (systems are named in tidegate.cfg)", name,
             nearest_hint(&meant, hint));
    return 0;
}

static bool is_list(struct loading *l, const struct config_node *n)
{
    if (n->kind == CONFIG_LIST)
        return true;
    complain(&l->complaints, place_of(n), "%s wants a list such as [\"a\", \"b\"]", n->name);
    return false;
}

static system_mask read_systems(struct loading *l, const struct config_node *n)
{
    system_mask mask = 0;
    if (!is_list(l, n))
        return 0;
    for (size_t i = 0; i < n->count; i++) {
        system_mask one = read_system(l, &n->children[i]);
        if (mask & one)
            complain(&l->complaints, place_of(&n->children[i]), "%s names \"%s\" twice", n->name, n->children[i].text);
        mask |= one;
    }
    return mask;
}

static const struct field *read_field(struct loading *l, const struct entity *e, const struct config_node *at,
                                      const char *name)
{
    const struct field *f = entity_field(e, text_of(name));
    if (f)
        return f;
    if (strchr(name, '.')) {
        complain(&l->complaints, place_of(at),
                 "\"%s\": a rule for a member of a list or map is not possible yet; name the whole "
                 "field \"%.*s\"",
                 name, (int)strcspn(name, "."), name);
        return NULL;
    }
    char hint[NEAREST_HINT_MAX];
    complain(&l->complaints, place_of(at), "entity %.*s has no field \"%s\"%s", TEXT_ARG(e->name), name,
             entity_field_hint(e, text_of(name), hint));
    return NULL;
}

/* owner and shared exclude each other. Returns whether one of them was given. */
static bool read_setters(struct loading *l, const struct config_node *group, system_mask *set, bool *shared)
{
    const struct config_node *owner = config_get(group, "owner"), *sharers = config_get(group, "shared");
    if (owner && sharers)
        complain(&l->complaints, place_of(sharers), "a thing has an owner or is shared, not both");
    *shared = sharers != NULL;
    if (sharers)
        *set = read_systems(l, sharers);
    else if (owner)
        *set = read_system(l, owner);
    return owner || sharers;
}

static void read_conflict(struct loading *l, const struct config_node *group, struct entity_rule *rule, bool shared)
{
    const struct config_node *n = config_get(group, "conflict");
    const char *word = n ? text_word(l, n) : NULL;
    rule->conflict = shared ? CONFLICT_LATEST : CONFLICT_NONE;
    if (word && !text_is(text_of(word), "latest"))
        complain(&l->complaints, place_of(n), "conflict = \"%s\" is unknown: \"latest\" is the one there is", word);
    if (n && !shared)
        complain(&l->complaints, place_of(n), "conflict is for shared things; this one has an owner");
    if (!n && shared)
        complain(&l->complaints, place_of(group),
                 "what is shared says what happens in a conflict: conflict = \"latest\"");
}

static void read_match(struct loading *l, const struct config_node *group, struct entity_rule *rule)
{
    const struct config_node *n = config_get(group, "match");
    if (!n || !is_list(l, n))
        return;
    for (size_t i = 0; i < n->count; i++) {
        const struct config_node *item = &n->children[i];
        const char *name = text_word(l, item);
        const struct field *f = name ? read_field(l, rule->entity, item, name) : NULL;
        if (!f)
            continue;
        if (f->type != FIELD_TEXT)
            complain(&l->complaints, place_of(item), "match wants text fields; \"%s\" is none", name);
        else if (rule->match_count == RULES_MATCH_MAX)
            complain(&l->complaints, place_of(item), "match takes at most %d fields", RULES_MATCH_MAX);
        else
            rule->match[rule->match_count++] = f->index;
    }
}

static void read_field_rule(struct loading *l, const struct config_node *n, struct entity_rule *rule)
{
    static const char *const words[] = {"owner", "to", NULL};
    const struct field *f = read_field(l, rule->entity, n, n->name);
    if (n->kind != CONFIG_GROUP) {
        complain(&l->complaints, place_of(n), "a field's rule is a group: %s = { owner = \"…\"; to = […]; }", n->name);
        return;
    }
    if (config_get(n, "fields")) {
        complain(&l->complaints, place_of(config_get(n, "fields")),
                 "a rule for a member of a list or map is not possible yet; name the whole field \"%s\"", n->name);
        return;
    }
    only_words(l, n, words);
    if (!f)
        return;
    struct field_rule *field = &rule->fields[f->index];
    const struct config_node *owner = config_get(n, "owner"), *to = config_get(n, "to");
    field->own = true;
    field->place = place_of(n);
    if (owner)
        field->set = read_system(l, owner);
    if (to)
        field->to = read_systems(l, to);
    else
        field->to &= ~(owner ? field->set : 0);
    field->own_to = to != NULL;
}

/* What a field without a rule of its own has: its entity's. */
static void spread(struct entity_rule *rule, system_mask set, system_mask to)
{
    for (uint32_t i = 0; i < rule->entity->field_count; i++)
        rule->fields[i] = (struct field_rule){.set = set, .to = to, .place = rule->place};
}

static void read_entity(struct loading *l, const struct config_node *n)
{
    static const char *const words[] = {"owner", "shared", "conflict", "to", "match", "fields", NULL};
    const struct entity *e = schema_find(l->rules->schema, text_of(n->name));
    if (n->kind != CONFIG_GROUP) {
        complain(&l->complaints, place_of(n), "an entity's rule is a group: %s: { owner = \"…\"; to = […]; }", n->name);
        return;
    }
    only_words(l, n, words);
    if (!e) {
        char hint[NEAREST_HINT_MAX];
        complain(&l->complaints, place_of(n), "unknown entity \"%s\"%s", n->name,
                 schema_hint(l->rules->schema, text_of(n->name), hint));
        return;
    }
    struct entity_rule *rule = &l->rules->entities[e->index];
    rule->ruled = true;
    rule->place = place_of(n);
    system_mask set = 0, to = 0;
    bool shared;
    if (!read_setters(l, n, &set, &shared))
        complain(&l->complaints, rule->place, "%s has neither owner nor shared", n->name);
    read_conflict(l, n, rule, shared);
    if (config_get(n, "to"))
        to = read_systems(l, config_get(n, "to"));
    rule->create = set;
    spread(rule, set, shared ? to | set : to);
    read_match(l, n, rule);
    const struct config_node *fields = config_get(n, "fields");
    for (size_t i = 0; fields && i < fields->count; i++)
        read_field_rule(l, &fields->children[i], rule);
}

static bool field_has_ref(const struct field *f)
{
    if (f->type == FIELD_REF)
        return true;
    for (uint32_t i = 0; i < f->field_count; i++)
        if (field_has_ref(&f->fields[i]))
            return true;
    return f->type == FIELD_LIST && f->of == FIELD_REF;
}

/* From fields to masks by system. */
static void compile(struct rules *r, struct entity_rule *rule)
{
    for (uint32_t i = 0; i < rule->entity->field_count; i++) {
        if (field_has_ref(&rule->entity->fields[i]))
            field_mask_add(&rule->refs, i);
        rule->targets |= rule->fields[i].to;
        for (size_t s = 0; s < r->system_count; s++)
            if (rule->fields[i].to & system_bit((int)s))
                field_mask_add(&rule->flow[s], i);
    }
}

static int make_tables(struct rules *r)
{
    uint32_t count = schema_count(r->schema);
    r->entities = arena_alloc(&r->arena, count * sizeof *r->entities);
    for (uint32_t i = 0; r->entities && i < count; i++) {
        struct entity_rule *rule = &r->entities[i];
        rule->entity = schema_at(r->schema, i);
        rule->fields = arena_alloc(&r->arena, rule->entity->field_count * sizeof *rule->fields);
        rule->flow = arena_alloc(&r->arena, (r->system_count + 1) * sizeof *rule->flow);
    }
    return arena_failed(&r->arena) ? ERR_NOMEM : 0;
}

static int compile_all(struct rules *r, struct buf *lines, struct err *err)
{
    struct loading l = {.rules = r, .complaints = {.lines = lines, .first = err}};
    const struct config_node *root = config_root(r->config);
    if (make_tables(r))
        return err_set(err, ERR_NOMEM, "no memory for the rules");
    for (size_t i = 0; i < root->count; i++)
        read_entity(&l, &root->children[i]);
    for (uint32_t i = 0; i < schema_count(r->schema); i++)
        compile(r, &r->entities[i]);
    return l.complaints.count ? ERR_INVALID : 0;
}

static int rules_new(struct rules **out, const struct schema *schema, const char *const *systems, size_t count,
                     struct err *err)
{
    if (count > RULES_SYSTEMS_MAX)
        return err_set(err, ERR_TOO_LARGE, "%zu systems; at most %d are possible", count, RULES_SYSTEMS_MAX);
    struct rules *r = calloc(1, sizeof *r);
    if (!r)
        return err_set(err, ERR_NOMEM, "no memory for the rules");
    arena_init(&r->arena, 16u << 20);
    r->schema = schema;
    for (size_t i = 0; i < count; i++)
        r->systems[i] = arena_string(&r->arena, text_of(systems[i]));
    r->system_count = count;
    *out = r;
    return 0;
}

static int finish(struct rules **out, int rc, struct rules *r, struct buf *lines, struct err *err)
{
    if (rc && lines)
        buf_printf(lines, "%s\n", err ? err->text : "the rules could not be read");
    if (!rc)
        rc = compile_all(r, lines, err);
    if (rc) {
        rules_free(r);
        r = NULL;
    }
    *out = r;
    return rc;
}

int rules_load(struct rules **out, const char *path, const struct schema *schema, const char *const *systems,
               size_t system_count, struct buf *complaints, struct err *err)
{
    struct rules *r = NULL;
    *out = NULL;
    int rc = rules_new(&r, schema, systems, system_count, err);
    if (!rc)
        rc = config_load(&r->config, path, err);
    return finish(out, rc, r, complaints, err);
}

int rules_parse(struct rules **out, const char *name, struct text source, const struct schema *schema,
                const char *const *systems, size_t system_count, struct buf *complaints, struct err *err)
{
    struct rules *r = NULL;
    *out = NULL;
    int rc = rules_new(&r, schema, systems, system_count, err);
    if (!rc)
        rc = config_parse(&r->config, name, source, err);
    return finish(out, rc, r, complaints, err);
}
