#include "identity.h"

#define CANDIDATES_MAX 32

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

struct text identity_normal(struct text value, char out[IDENTITY_VALUE_MAX])
{
    while (value.n && is_space(value.p[0]))
        value = (struct text){value.p + 1, value.n - 1};
    while (value.n && is_space(value.p[value.n - 1]))
        value.n--;
    if (value.n > IDENTITY_VALUE_MAX)
        return (struct text){NULL, 0};
    for (size_t i = 0; i < value.n; i++)
        out[i] = value.p[i] >= 'A' && value.p[i] <= 'Z' ? (char)(value.p[i] + 'a' - 'A') : value.p[i];
    return (struct text){out, value.n};
}

bool identity_sender_ok(struct text user, struct text shared, struct text source, bool users_are_systems)
{
    if (!user.n)
        return !users_are_systems;
    if (!users_are_systems && text_eq(user, shared))
        return true;
    if (text_eq(user, source))
        return true;
    /* "tidegate-shop", "acme.shop": the source as the last word of the user */
    return user.n > source.n && source.n && memcmp(user.p + user.n - source.n, source.p, source.n) == 0 &&
           strchr("-._/", user.p[user.n - source.n - 1]);
}

/* "<system>:<entity>:<native>" of another system of ours and the same entity: a record that may still come. */
static bool may_still_come(const struct rules *rules, const struct entity *e, int system, struct text key)
{
    struct text from, entity, native;
    if (!text_split(key, ':', &from, &entity) || !text_split(entity, ':', &entity, &native))
        return false;
    int maker = rules_system(rules, from);
    return maker >= 0 && maker != system && text_eq(entity, e->name) && native.n;
}

static int find_by_key(struct workset *w, const struct rules *rules, const struct entity_rule *rule, int system,
                       struct text key, struct record **out, struct err *err)
{
    int rc = workset_by_key(w, key, out, err);
    if (rc < 0)
        return rc;
    if (rc == 0)
        return may_still_come(rules, rule->entity, system, key) ? IDENTITY_AWAITED : IDENTITY_NONE;
    bool fits = (*out)->entity == rule->entity && !(*out)->views[system].native.n;
    return fits ? IDENTITY_FOUND : IDENTITY_NONE;
}

/* Those of the records with the value that have no object in the system. */
static int find_by_value(struct workset *w, const struct entity *e, uint32_t field, struct text value, int system,
                         struct record **out, struct err *err)
{
    int64_t places[CANDIDATES_MAX];
    int found = IDENTITY_NONE;
    int count = w->store->ops->find_match(w->store, e, field, value, places, CANDIDATES_MAX, err);
    for (int i = 0; i < count; i++) {
        struct record *r;
        int rc = workset_get(w, places[i], &r, err);
        if (rc)
            return rc;
        if (r->views[system].native.n)
            continue;
        if (found == IDENTITY_FOUND)
            return IDENTITY_AMBIGUOUS;
        found = IDENTITY_FOUND;
        *out = r;
    }
    return count < 0 ? count : found;
}

static int find_by_match(struct workset *w, const struct entity_rule *rule, int system, const struct message *m,
                         struct record **out, struct err *err)
{
    char normal[IDENTITY_VALUE_MAX];
    bool ambiguous = false;
    for (uint32_t i = 0; i < rule->match_count; i++) {
        const struct value *v = value_get_text(&m->fields, rule->entity->fields[rule->match[i]].name);
        struct text value = v && v->kind == VALUE_TEXT ? identity_normal(v->text, normal) : (struct text){NULL, 0};
        if (!value.n)
            continue;
        int rc = find_by_value(w, rule->entity, rule->match[i], value, system, out, err);
        if (rc < 0 || rc == IDENTITY_FOUND)
            return rc;
        ambiguous |= rc == IDENTITY_AMBIGUOUS;
    }
    return ambiguous ? IDENTITY_AMBIGUOUS : IDENTITY_NONE;
}

int identity_find(struct workset *w, const struct rules *rules, const struct entity_rule *rule, int system,
                  const struct message *m, struct record **out, struct err *err)
{
    int rc = workset_by_link(w, system, rule->entity, m->subject_id, out, err);
    if (rc)
        return rc < 0 ? rc : IDENTITY_LINKED;
    rc = m->key.n ? find_by_key(w, rules, rule, system, m->key, out, err) : IDENTITY_NONE;
    if (rc != IDENTITY_NONE)
        return rc;
    return find_by_match(w, rule, system, m, out, err);
}
