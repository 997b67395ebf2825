/* rules_load: rules.cfg into flat tables.
 *
 * Words first: every word of the file is known, of the right type, and names a system, entity or field that exists; all
 * complaints are collected, so that a person repairs the file once. Then the tables: per field who may set it and who
 * gets it, the entity's rule where the field has none. What the rules then mean together is rules_check's. */
#include "rules_parts.h"

#include <stdlib.h>

/* The policies are words; any other word is the system that is preferred. */
static void read_conflict(struct rules_loading *l, const struct config_node *group, struct field_rule *rule, bool shared)
{
    const struct config_node *n = config_get(group, "conflict");
    const char *word = n ? rules_text(l, n) : NULL;
    rule->conflict = shared ? CONFLICT_LATEST : CONFLICT_NONE;
    if (n && !shared) {
        complain(&l->complaints, rules_place(n), "conflict is for shared things; this one has an owner");
        return;
    }
    if (!n && shared)
        complain(&l->complaints, rules_place(group),
                 "what is shared says what happens in a conflict: conflict = \"latest\", \"hold\" or the system that holds");
    if (!word || text_is(text_of(word), "latest"))
        return;
    if (text_is(text_of(word), "hold")) {
        rule->conflict = CONFLICT_HOLD;
        return;
    }
    rule->conflict = CONFLICT_PREFER;
    rule->preferred = rules_system(l->rules, text_of(word));
    if (rule->preferred < 0 || !(rule->set & system_bit(rule->preferred)))
        complain(&l->complaints, rules_place(n), "conflict = \"%s\" is neither \"latest\" nor \"hold\" nor one of those who share it",
                 word);
}

/* owner and shared exclude each other. Returns whether one of them was given. */
static bool read_setters(struct rules_loading *l, const struct config_node *group, struct field_rule *rule)
{
    const struct config_node *owner = config_get(group, "owner"), *sharers = config_get(group, "shared");
    if (owner && sharers)
        complain(&l->complaints, rules_place(sharers), "a thing has an owner or is shared, not both");
    if (sharers)
        rule->set = rules_read_systems(l, sharers);
    else if (owner)
        rule->set = rules_read_system(l, owner);
    if (owner || sharers)
        read_conflict(l, group, rule, sharers != NULL);
    return owner || sharers;
}

static void to_sharers_too(struct field_rule *rule)
{
    if (rule->conflict == CONFLICT_NONE)
        return;
    rule->to_new |= rule->set;
    rule->to_known |= rule->set;
}

static void read_match(struct rules_loading *l, const struct config_node *group, struct entity_rule *rule)
{
    const struct config_node *n = config_get(group, "match");
    if (!n || !rules_is_list(l, n))
        return;
    for (size_t i = 0; i < n->count; i++) {
        const struct config_node *item = &n->children[i];
        const char *name = rules_text(l, item);
        const struct field *f = name ? rules_read_field(l, rule->entity, item, name) : NULL;
        if (!f)
            continue;
        if (f->type != FIELD_TEXT)
            complain(&l->complaints, rules_place(item), "match wants text fields; \"%s\" is none", name);
        else if (rule->match_count == RULES_MATCH_MAX)
            complain(&l->complaints, rules_place(item), "match takes at most %d fields", RULES_MATCH_MAX);
        else
            rule->match[rule->match_count++] = f->index;
    }
}

static void read_seed(struct rules_loading *l, const struct config_node *n, struct field_rule *field)
{
    field->seed = rules_read_system(l, n);
    if (field->seed & field->set)
        complain(&l->complaints, rules_place(n), "seed names a system that may set the field anyway");
}

static void read_field_words(struct rules_loading *l, const struct config_node *n, struct field_rule *field)
{
    const struct config_node *to = config_get(n, "to"), *seed = config_get(n, "seed");
    system_mask before = field->set;
    field->own = true;
    field->own_to = to != NULL;
    field->place = rules_place(n);
    bool setters = read_setters(l, n, field);
    if (!setters && config_get(n, "conflict"))
        read_conflict(l, n, field, before & (before - 1));
    if (to)
        rules_read_to(l, to, field, NULL);
    else if (setters && field->conflict == CONFLICT_NONE) {
        field->to_new &= ~field->set;
        field->to_known &= ~field->set;
    }
    to_sharers_too(field);
    if (seed)
        read_seed(l, seed, field);
}

static void read_field_rule(struct rules_loading *l, const struct config_node *n, struct entity_rule *rule)
{
    static const char *const words[] = {"owner", "shared", "conflict", "to", "seed", NULL};
    const struct field *f = rules_read_field(l, rule->entity, n, n->name);
    if (n->kind != CONFIG_GROUP) {
        complain(&l->complaints, rules_place(n), "a field's rule is a group: %s = { owner = \"…\"; to = […]; }", n->name);
        return;
    }
    if (config_get(n, "fields")) {
        complain(&l->complaints, rules_place(config_get(n, "fields")),
                 "a rule for a member of a list or map is not possible yet; name the whole field \"%s\"", n->name);
        return;
    }
    rules_only_words(l, n, words);
    if (f)
        read_field_words(l, n, &rule->fields[f->index]);
}

static void read_entity_words(struct rules_loading *l, const struct config_node *n, struct entity_rule *rule)
{
    struct field_rule *all = &rule->all;
    all->place = rule->place;
    if (!read_setters(l, n, all))
        complain(&l->complaints, rule->place, "%s has neither owner nor shared", n->name);
    if (config_get(n, "to"))
        rules_read_to(l, config_get(n, "to"), all, rule);
    to_sharers_too(all);
    rule->create = all->set;
    for (uint32_t i = 0; i < rule->entity->field_count; i++)
        rule->fields[i] = *all;
    read_match(l, n, rule);
    const struct config_node *fields = config_get(n, "fields");
    for (size_t i = 0; fields && i < fields->count; i++)
        read_field_rule(l, &fields->children[i], rule);
}

static void read_entity(struct rules_loading *l, const struct config_node *n)
{
    static const char *const words[] = {"owner", "shared", "conflict", "to", "match", "fields", NULL};
    const struct entity *e = schema_find(l->rules->schema, text_of(n->name));
    if (n->kind != CONFIG_GROUP) {
        complain(&l->complaints, rules_place(n), "an entity's rule is a group: %s: { owner = \"…\"; to = […]; }", n->name);
        return;
    }
    rules_only_words(l, n, words);
    if (!e) {
        char hint[NEAREST_HINT_MAX];
        complain(&l->complaints, rules_place(n), "unknown entity \"%s\"%s", n->name,
                 schema_hint(l->rules->schema, text_of(n->name), hint));
        return;
    }
    struct entity_rule *rule = &l->rules->entities[e->index];
    rule->ruled = true;
    rule->place = rules_place(n);
    read_entity_words(l, n, rule);
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
static void compile_field(struct rules *r, struct entity_rule *rule, uint32_t f)
{
    const struct field_rule *field = &rule->fields[f];
    if (field_has_ref(&rule->entity->fields[f]))
        field_mask_add(&rule->refs, f);
    rule->targets |= field_rule_to(field) | (field->seed ? field->set : 0);
    for (size_t s = 0; s < r->system_count; s++) {
        system_mask bit = system_bit((int)s);
        if (field->to_new & bit || (field->seed && field->set & bit))
            field_mask_add(&rule->flow_new[s], f);
        if (field->to_known & bit)
            field_mask_add(&rule->flow_known[s], f);
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
        rule->flow_new = arena_alloc(&r->arena, (r->system_count + 1) * sizeof *rule->flow_new);
        rule->flow_known = arena_alloc(&r->arena, (r->system_count + 1) * sizeof *rule->flow_known);
        rule->only = arena_alloc(&r->arena, (r->system_count + 1) * sizeof *rule->only);
    }
    return arena_failed(&r->arena) ? ERR_NOMEM : 0;
}

static int compile_all(struct rules *r, struct buf *lines, struct err *err)
{
    struct rules_loading l = {.rules = r, .complaints = {.lines = lines, .first = err}};
    const struct config_node *root = config_root(r->config);
    if (make_tables(r))
        return err_set(err, ERR_NOMEM, "no memory for the rules");
    for (size_t i = 0; i < root->count; i++)
        read_entity(&l, &root->children[i]);
    for (uint32_t i = 0; i < schema_count(r->schema); i++)
        for (uint32_t f = 0; f < r->entities[i].entity->field_count; f++)
            compile_field(r, &r->entities[i], f);
    if (arena_failed(&r->arena))
        return err_set(err, ERR_NOMEM, "no memory for the rules");
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
