/* rules_words: the words of rules.cfg, one by one: known, of the right type, naming what exists; else a complaint. */
#include "rules_parts.h"

#include "base/nearest.h"

struct rule_place rules_place(const struct config_node *n)
{
    return (struct rule_place){n->file, n->line};
}

void rules_only_words(struct rules_loading *l, const struct config_node *group, const char *const *words)
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
        complain(&l->complaints, rules_place(n), "unknown word \"%s\"%s", n->name, nearest_hint(&meant, hint));
    }
}

const char *rules_text(struct rules_loading *l, const struct config_node *n)
{
    if (n->kind == CONFIG_TEXT)
        return n->text;
    complain(&l->complaints, rules_place(n), "%s wants a text in quotes", n->name ? n->name : "this list");
    return NULL;
}

int rules_read_name(struct rules_loading *l, const struct config_node *at, const char *name)
{
    int system = rules_system(l->rules, text_of(name));
    if (system >= 0)
        return system;
    char hint[NEAREST_HINT_MAX];
    struct nearest meant = nearest_to(text_of(name));
    for (size_t i = 0; i < l->rules->system_count; i++)
        nearest_look(&meant, text_of(l->rules->systems[i]));
    complain(&l->complaints, rules_place(at), "unknown system \"%s\"%s (systems are named in tidegate.cfg)", name,
             nearest_hint(&meant, hint));
    return -1;
}

system_mask rules_read_system(struct rules_loading *l, const struct config_node *n)
{
    const char *name = rules_text(l, n);
    int system = name ? rules_read_name(l, n, name) : -1;
    return system < 0 ? 0 : system_bit(system);
}

bool rules_is_list(struct rules_loading *l, const struct config_node *n)
{
    if (n->kind == CONFIG_LIST)
        return true;
    complain(&l->complaints, rules_place(n), "%s wants a list such as [\"a\", \"b\"]", n->name);
    return false;
}

system_mask rules_read_systems(struct rules_loading *l, const struct config_node *n)
{
    system_mask mask = 0;
    if (!rules_is_list(l, n))
        return 0;
    for (size_t i = 0; i < n->count; i++) {
        system_mask one = rules_read_system(l, &n->children[i]);
        if (mask & one)
            complain(&l->complaints, rules_place(&n->children[i]), "%s names \"%s\" twice", n->name, n->children[i].text);
        mask |= one;
    }
    return mask;
}

const struct field *rules_read_field(struct rules_loading *l, const struct entity *e, const struct config_node *at,
                                      const char *name)
{
    const struct field *f = entity_field(e, text_of(name));
    if (f)
        return f;
    if (strchr(name, '.')) {
        complain(&l->complaints, rules_place(at),
                 "\"%s\": a rule for a member of a list or map is not possible yet; name the whole "
                 "field \"%.*s\"",
                 name, (int)strcspn(name, "."), name);
        return NULL;
    }
    char hint[NEAREST_HINT_MAX];
    complain(&l->complaints, rules_place(at), "entity %.*s has no field \"%s\"%s", TEXT_ARG(e->name), name,
             entity_field_hint(e, text_of(name), hint));
    return NULL;
}
