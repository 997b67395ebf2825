/* rules_to: the targets of a rule, and the words that each may have. */
#include "rules_parts.h"

/* "create", "update" or "always": when a target is told. */
static void read_when(struct rules_loading *l, const struct config_node *target, system_mask bit, struct field_rule *rule)
{
    const struct config_node *n = config_get(target, "when");
    const char *word = n ? rules_text(l, n) : "always";
    bool create = word && text_is(text_of(word), "create"), update = word && text_is(text_of(word), "update");
    if (word && !create && !update && !text_is(text_of(word), "always"))
        complain(&l->complaints, rules_place(n), "when = \"%s\" is none of \"always\", \"create\", \"update\"", word);
    if (!update)
        rule->to_new |= bit;
    if (!create)
        rule->to_known |= bit;
}

static uint64_t read_value(struct rules_loading *l, const struct entity *e, const struct field *f, const struct config_node *n)
{
    struct value v = n->kind == CONFIG_TEXT ? value_text(text_of(n->text))
                     : n->kind == CONFIG_INT ? value_int(n->integer)
                     : n->kind == CONFIG_BOOL ? value_bool(n->boolean) : value_null();
    struct member member = {f->name, v};
    struct value fields = {.kind = VALUE_MAP, .count = 1, .members = &member};
    struct err err = {0};
    if (schema_check(e, &fields, &l->rules->arena, &err))
        complain(&l->complaints, rules_place(n), "only: %s", err.text);
    return field_hash(f, &fields.members[0].value);
}

static void read_condition(struct rules_loading *l, const struct config_node *n, const struct entity *e,
                           struct rule_condition *out)
{
    const struct field *f = rules_read_field(l, e, n, n->name);
    if (!f || !rules_is_list(l, n))
        return;
    if (!n->count)
        complain(&l->complaints, rules_place(n), "only: %s has no value, so nothing would ever go there", n->name);
    uint64_t *hashes = arena_alloc(&l->rules->arena, n->count * sizeof *hashes);
    for (size_t i = 0; hashes && i < n->count; i++)
        hashes[i] = read_value(l, e, f, &n->children[i]);
    *out = (struct rule_condition){f->index, hashes ? (uint32_t)n->count : 0, hashes};
}

static void read_only(struct rules_loading *l, const struct config_node *n, struct entity_rule *rule, int system)
{
    if (n->kind != CONFIG_GROUP) {
        complain(&l->complaints, rules_place(n), "only wants a group: only = { field = [\"value\", …]; }");
        return;
    }
    struct rule_condition *only = arena_alloc(&l->rules->arena, (n->count + 1) * sizeof *only);
    for (size_t i = 0; only && i < n->count; i++)
        read_condition(l, &n->children[i], rule->entity, &only[i]);
    rule->only[system] = only;
}

/* A target with words of its own. entity: NULL in a field's rule, which has fewer of them. */
static void read_target(struct rules_loading *l, const struct config_node *n, struct field_rule *rule,
                        struct entity_rule *entity)
{
    static const char *const words[] = {"when", "only", NULL}, *const field_words[] = {"when", NULL};
    int system = rules_read_name(l, n, n->name);
    if (n->kind != CONFIG_GROUP) {
        complain(&l->complaints, rules_place(n), "a target's words are a group: %s = { when = \"create\"; }", n->name);
        return;
    }
    rules_only_words(l, n, entity ? words : field_words);
    if (system < 0)
        return;
    read_when(l, n, system_bit(system), rule);
    if (entity && config_get(n, "only"))
        read_only(l, config_get(n, "only"), entity, system);
}

/* to = ["a", "b"], or to = { a = { … }; b = { … }; }. */
void rules_read_to(struct rules_loading *l, const struct config_node *n, struct field_rule *rule, struct entity_rule *entity)
{
    rule->to_new = rule->to_known = 0;
    if (n->kind != CONFIG_GROUP)
        rule->to_new = rule->to_known = rules_read_systems(l, n);
    for (size_t i = 0; n->kind == CONFIG_GROUP && i < n->count; i++)
        read_target(l, &n->children[i], rule, entity);
}
