/* rules_check: what must hold of the rules as a whole before anything runs, and the table that a person reads.
 *
 * Proved for every entity with a rule: every field is set by one owner or by at least two who share it; nobody who
 * alone owns a thing is told it; a target can apply the entity, and the fields that a rule names for it; who sets
 * publishes the entity; and every reference that goes to a target, or comes from a system, is to an entity that exists
 * there. Since a field goes only from those who set it to those in its `to`, and a router's record is the only thing in
 * between, a system that is told a field and may not set it cannot pass it on: no cycle can carry a field around. */
#include "rules_parts.h"

struct checking {
    const struct rules *rules;
    const struct rules_capabilities *cap;
    struct complaints complaints;
    const struct entity_rule *entity;
    const char *name; /* of the entity */
};

static const char *system_name(const struct checking *c, size_t system)
{
    return c->rules->systems[system];
}

static bool can_deliver(const struct checking *c, size_t s)
{
    return !c->cap || !c->cap->delivers || c->cap->delivers(c->cap->ctx, system_name(c, s), c->name);
}

static bool can_capture(const struct checking *c, size_t s)
{
    return !c->cap || !c->cap->captures || c->cap->captures(c->cap->ctx, system_name(c, s), c->name);
}

static bool can_write(const struct checking *c, size_t s, struct text field)
{
    return !c->cap || !c->cap->writes || c->cap->writes(c->cap->ctx, system_name(c, s), c->name, field);
}

static bool can_read(const struct checking *c, size_t s, struct text field)
{
    return !c->cap || !c->cap->reads || c->cap->reads(c->cap->ctx, system_name(c, s), c->name, field);
}

static void check_entity_systems(struct checking *c)
{
    const struct entity_rule *e = c->entity;
    for (size_t s = 0; s < c->rules->system_count; s++) {
        if (e->targets & system_bit((int)s) && !can_deliver(c, s))
            complain(&c->complaints, e->place, "%s goes to %s, whose adapter cannot write it", c->name,
                     system_name(c, s));
        if (e->targets & ~e->create & system_bit((int)s) && field_mask_empty(&e->flow_new[s]) && !e->match_count)
            complain(&c->complaints, e->place, "%s goes to %s only where it is there, and nothing finds it there: match is empty",
                     c->name, system_name(c, s));
        if (e->create & system_bit((int)s) && !can_capture(c, s))
            complain(&c->complaints, e->place, "%s is set by %s, whose adapter does not read it", c->name,
                     system_name(c, s));
    }
}

static void check_owner(struct checking *c, const struct field *f, const struct field_rule *r)
{
    bool once = r->own || f->index == 0; /* the entity's own rule is told of once */
    if (r->conflict != CONFLICT_NONE) {
        if (once && !(r->set & (r->set - 1)))
            complain(&c->complaints, r->place, "%s: shared names fewer than two systems; one alone is its owner", c->name);
        return;
    }
    if (!r->set)
        complain(&c->complaints, r->place, "%s.%.*s: nobody may set it", c->name, TEXT_ARG(f->name));
    else if (r->set & field_rule_to(r) && once)
        complain(&c->complaints, r->place, "%s%s%.*s: the owner %s is named in `to`, and would be told what it says",
                 c->name, r->own ? "." : "", r->own ? (int)f->name.n : 0, f->name.p,
                 system_name(c, (size_t)__builtin_ctzll(r->set)));
}

/* What a rule names must be possible; what a field gets by its entity's rule goes where a mapping takes it. */
static void check_named_field(struct checking *c, const struct field *f, const struct field_rule *r)
{
    for (size_t s = 0; s < c->rules->system_count; s++) {
        if (r->own_to && field_rule_to(r) & system_bit((int)s) && can_deliver(c, s) && !can_write(c, s, f->name))
            complain(&c->complaints, r->place, "%s.%.*s goes to %s, whose mapping cannot write it", c->name,
                     TEXT_ARG(f->name), system_name(c, s));
        if (r->seed & system_bit((int)s) && !can_read(c, s, f->name))
            complain(&c->complaints, r->place, "%s.%.*s is begun by %s, whose mapping does not read it", c->name,
                     TEXT_ARG(f->name), system_name(c, s));
        if (r->own && r->set & system_bit((int)s) && !can_read(c, s, f->name))
            complain(&c->complaints, r->place, "%s.%.*s is owned by %s, whose mapping does not read it", c->name,
                     TEXT_ARG(f->name), system_name(c, s));
    }
}

static void check_ref(struct checking *c, const struct field *top, const struct field *ref, const struct field_rule *r)
{
    const struct entity *to = schema_find(c->rules->schema, ref->ref_entity);
    const struct entity_rule *rule = to ? rules_of(c->rules, to) : NULL;
    for (size_t s = 0; s < c->rules->system_count; s++) {
        system_mask bit = system_bit((int)s);
        bool there = rule && rule->ruled && (rule->create | rule->targets) & bit;
        if (there)
            continue;
        if (field_rule_to(r) & bit && can_write(c, s, top->name))
            complain(&c->complaints, r->place,
                     "%s.%.*s goes to %s and refers to %.*s, which does not: it would wait for "
                     "ever",
                     c->name, TEXT_ARG(top->name), system_name(c, s), TEXT_ARG(ref->ref_entity));
        else if (r->set & bit && can_read(c, s, top->name))
            complain(&c->complaints, r->place,
                     "%s.%.*s is set by %s and refers to %.*s, which no rule takes from or to %s", c->name,
                     TEXT_ARG(top->name), system_name(c, s), TEXT_ARG(ref->ref_entity), system_name(c, s));
    }
}

static void check_refs_below(struct checking *c, const struct field *top, const struct field *f,
                             const struct field_rule *r)
{
    if (f->type == FIELD_REF)
        check_ref(c, top, f, r);
    for (uint32_t i = 0; i < f->field_count; i++)
        check_refs_below(c, top, &f->fields[i], r);
}

static void check_entity(struct checking *c)
{
    const struct entity *e = c->entity->entity;
    check_entity_systems(c);
    for (uint32_t i = 0; i < e->field_count; i++) {
        const struct field_rule *r = &c->entity->fields[i];
        check_owner(c, &e->fields[i], r);
        check_named_field(c, &e->fields[i], r);
        check_refs_below(c, &e->fields[i], &e->fields[i], r);
    }
}

int rules_check(const struct rules *r, const struct rules_capabilities *cap, struct buf *complaints, struct err *err)
{
    struct checking c = {.rules = r, .cap = cap, .complaints = {.lines = complaints, .first = err}};
    struct arena a;
    arena_init(&a, 1u << 20);
    for (uint32_t i = 0; i < schema_count(r->schema); i++) {
        c.entity = &r->entities[i];
        c.name = arena_string(&a, c.entity->entity->name);
        if (c.entity->ruled)
            check_entity(&c);
    }
    arena_release(&a);
    return c.complaints.count ? ERR_INVALID : 0;
}

/* ---- the table ---- */

static void add_systems(struct buf *out, const struct rules *r, system_mask mask)
{
    const char *comma = "";
    for (size_t s = 0; s < r->system_count; s++) {
        if (!(mask & system_bit((int)s)))
            continue;
        buf_printf(out, "%s%s", comma, r->systems[s]);
        comma = ", ";
    }
    if (!mask)
        buf_string(out, "nobody");
}

/* A sharer gets what the other sharers say. */
static void add_targets(struct buf *out, const struct rules *r, const struct entity_rule *e, const struct field_rule *f)
{
    system_mask to = field_rule_to(f);
    const char *comma = "";
    for (; to; to &= to - 1) {
        int s = __builtin_ctzll(to);
        system_mask bit = system_bit(s);
        const char *when = !(f->to_known & bit) ? " (create)" : !(f->to_new & bit) ? " (update)" : "";
        buf_printf(out, "%s%s%s%s", comma, r->systems[s], when, e->only[s] ? " (some)" : "");
        comma = ", ";
    }
    if (!field_rule_to(f))
        buf_string(out, "nobody");
}

static void add_row(struct buf *out, bool markdown, const struct rules *r, const struct entity_rule *e,
                    const struct field_rule *f, struct text field)
{
    struct buf who;
    struct text name = e->entity->name;
    buf_init(&who, 16u << 10);
    add_systems(&who, r, f->set);
    if (f->seed) {
        buf_string(&who, " after ");
        add_systems(&who, r, f->seed);
    }
    int width = (int)(name.n + (field.n ? field.n + 1 : 0));
    buf_printf(out, markdown ? "| %.*s%s%.*s%*s | %s | " : "%.*s%s%.*s%*s %-24s → ", TEXT_ARG(name), field.n ? "." : "",
               TEXT_ARG(field), !markdown && width < 24 ? 24 - width : 0, "", buf_cstr(&who));
    add_targets(out, r, e, f);
    buf_string(out, markdown ? " |\n" : "\n");
    buf_release(&who);
}

void rules_table(const struct rules *r, bool markdown, struct buf *out)
{
    if (markdown)
        buf_string(out, "| what | set by | goes to |\n|---|---|---|\n");
    else
        buf_printf(out, "%-24s %-24s   %s\n", "what", "set by", "goes to");
    for (uint32_t i = 0; i < schema_count(r->schema); i++) {
        const struct entity_rule *e = &r->entities[i];
        if (!e->ruled)
            continue;
        add_row(out, markdown, r, e, &e->all, (struct text){NULL, 0});
        for (uint32_t f = 0; f < e->entity->field_count; f++)
            if (e->fields[f].own)
                add_row(out, markdown, r, e, &e->fields[f], e->entity->fields[f].name);
    }
}
