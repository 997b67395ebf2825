/* References. In a record they are record keys; one whose record is not known yet is "?system:native", which no record
 * key can be, since a system's name begins with a letter. Everywhere else they are native ids. */
#include "decide.h"
#include "wait_key.h"

#define UNRESOLVED '?'

struct translating {
    struct decide *d;
    int system;   /* whose native ids: from (to_record), to (to_target) */
    int lacking;
    struct err *err;
};

static struct text name_of(const struct decide *d, int system)
{
    return text_of(rules_system_name(d->rules, system));
}

static void add_lack(struct decide *d, int target, struct text wait, struct text cause)
{
    for (size_t i = 0; i < d->lack_count; i++)
        if (d->lacks[i].target == target && text_eq(d->lacks[i].wait, wait))
            return;
    if (d->lack_count < DECIDE_LACKS_MAX) /* with so many, one that is left out is added when the others are there */
        d->lacks[d->lack_count++] = (struct lack){target, wait, cause};
}

static void lack_link(struct decide *d, int target, int system, struct text entity, struct text native)
{
    struct text name = name_of(d, system);
    add_lack(d, target, wait_key_link(d->arena, name, entity, native),
             arena_printf(d->arena, "%.*s %.*s of %.*s is not known yet", TEXT_ARG(entity), TEXT_ARG(native),
                          TEXT_ARG(name)));
}

static void lack_target(struct decide *d, int target, struct text entity, struct text key)
{
    struct text name = name_of(d, target);
    add_lack(d, target, wait_key_target(d->arena, name, key),
             arena_printf(d->arena, "%.*s %.*s is not in %.*s yet", TEXT_ARG(entity), TEXT_ARG(key), TEXT_ARG(name)));
}

int decide_first_read(struct decide *d, int target, struct err *err)
{
    struct text name = name_of(d, target), entity = d->record->entity->name;
    if (!d->rule->match_count)
        return 0;
    int rc = d->lookup->first_read(d->lookup->ctx, target, d->record->entity, err);
    if (rc)
        return rc < 0 ? rc : 0;
    add_lack(d, target, wait_key_snapshot(d->arena, name, entity),
             arena_printf(d->arena, "the first read of %.*s in %.*s is not through yet", TEXT_ARG(entity), TEXT_ARG(name)));
    return 1;
}

static bool is_reference(const struct value *v)
{
    return v->kind == VALUE_TEXT && v->text.n > 0;
}

static int to_record(void *ctx, const struct field *ref, struct value *v, struct text path)
{
    struct translating *t = ctx;
    struct text key;
    (void)path;
    if (!is_reference(v))
        return 0;
    int rc = t->d->lookup->key_of(t->d->lookup->ctx, t->system, ref->ref_entity, v->text, &key, t->err);
    if (rc < 0)
        return rc;
    if (rc == 0) {
        t->lacking++;
        lack_link(t->d, -1, t->system, ref->ref_entity, v->text);
        key = arena_printf(t->d->arena, "%c%s:%.*s", UNRESOLVED, rules_system_name(t->d->rules, t->system),
                           TEXT_ARG(v->text));
    }
    *v = value_text(key);
    return 0;
}

/* "?system:native" -> the system and the native id. False for a record key, or when the system is in no config. */
static bool split_unresolved(const struct decide *d, struct text t, int *system, struct text *native)
{
    struct text name;
    if (t.p[0] != UNRESOLVED || !text_split((struct text){t.p + 1, t.n - 1}, ':', &name, native))
        return false;
    *system = rules_system(d->rules, name);
    return *system >= 0;
}

/* The record key behind a reference of either form. 1 found; 0 lacking (noted); negative. */
static int key_behind(struct translating *t, int target, const struct field *ref, struct text form, struct text *key)
{
    int system;
    struct text native;
    *key = form;
    if (form.p[0] != UNRESOLVED)
        return 1;
    if (!split_unresolved(t->d, form, &system, &native))
        return 0;
    int rc = t->d->lookup->key_of(t->d->lookup->ctx, system, ref->ref_entity, native, key, t->err);
    if (rc == 0)
        lack_link(t->d, target, system, ref->ref_entity, native);
    return rc;
}

static int to_target(void *ctx, const struct field *ref, struct value *v, struct text path)
{
    struct translating *t = ctx;
    struct text key, native;
    int system;
    (void)path;
    if (!is_reference(v))
        return 0;
    if (split_unresolved(t->d, v->text, &system, &native) && system == t->system) {
        *v = value_text(native);
        return 0;
    }
    int rc = key_behind(t, t->system, ref, v->text, &key);
    if (rc < 0)
        return rc;
    if (rc > 0) {
        rc = t->d->lookup->native_of(t->d->lookup->ctx, key, t->system, &native, t->err);
        if (rc < 0)
            return rc;
        if (rc == 0)
            lack_target(t->d, t->system, ref->ref_entity, key);
    }
    if (rc == 0)
        t->lacking++;
    else
        *v = value_text(arena_text(t->d->arena, native));
    return 0;
}

static int complete(void *ctx, const struct field *ref, struct value *v, struct text path)
{
    struct translating *t = ctx;
    struct text key;
    (void)path;
    if (!is_reference(v) || v->text.p[0] != UNRESOLVED)
        return 0;
    int rc = key_behind(t, -1, ref, v->text, &key);
    if (rc < 0)
        return rc;
    if (rc == 0)
        t->lacking++;
    else
        *v = value_text(arena_text(t->d->arena, key));
    return 0;
}

int decide_ref_to_record(struct decide *d, const struct field *f, const struct value *v, int system, struct value *out,
                         bool *unresolved, struct err *err)
{
    struct translating t = {d, system, 0, err};
    *out = value_copy(d->arena, v);
    int rc = field_each_ref(f, out, to_record, &t);
    *unresolved = t.lacking > 0;
    return rc;
}

int decide_ref_to_target(struct decide *d, const struct field *f, const struct value *v, int target, struct value *out,
                         struct err *err)
{
    struct translating t = {d, target, 0, err};
    *out = value_copy(d->arena, v);
    int rc = field_each_ref(f, out, to_target, &t);
    return rc ? rc : t.lacking;
}

int decide_ref_complete(struct decide *d, const struct field *f, struct value *v, struct err *err)
{
    struct translating t = {d, -1, 0, err};
    int rc = field_each_ref(f, v, complete, &t);
    return rc ? rc : t.lacking;
}
