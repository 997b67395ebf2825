/* desk_change: one change, from finding its record to its commands. */
#include "desk_parts.h"

#include <stdio.h>

struct change {
    const struct desk_work *work;
    const struct message *m;
    const struct entity_rule *rule;
    int system;
    struct record *record;
    bool claimed; /* the object has become the record's just now */
    bool made;    /* the record is new */
    int released; /* messages that were released and are decided before targets are looked at */
};

static bool may_make(const struct change *c)
{
    return c->rule->create & system_bit(c->system);
}

static int hold(struct desk *d, const struct change *c, enum held_reason reason, struct text cause, struct err *err)
{
    char at[512];
    int n = c->rule->ruled ? snprintf(at, sizeof at, "%s:%d", c->rule->place.file, c->rule->place.line) : 0;
    desk_count(d, c->rule->entity, CHANGE_HELD);
    return desk_hold(d, reason, c->m, c->work->bytes, (struct text){NULL, 0}, cause,
                     (struct text){at, n > 0 && (size_t)n < sizeof at ? (size_t)n : 0}, err);
}

/* ---- no record ---- */

/* An entry for each thing that could make the record known. */
static int wait_as_unknown(struct desk *d, const struct change *c, struct err *err)
{
    char id[UUID_TEXT], normal[IDENTITY_VALUE_MAX];
    struct waiting w = {.kind = WAITING_HELD, .since = d->now};
    w.subject = held_id(HELD_UNKNOWN, c->m->id, (struct text){NULL, 0}, id);
    struct text keys[RULES_MATCH_MAX + 2];
    size_t count = 0;
    keys[count++] = wait_key_link(&d->arena, c->m->source, c->m->entity, c->m->subject_id);
    if (c->m->key.n)
        keys[count++] = wait_key_record(&d->arena, c->m->key);
    for (uint32_t i = 0; i < c->rule->match_count; i++) {
        struct text field = c->rule->entity->fields[c->rule->match[i]].name;
        const struct value *v = value_get_text(&c->m->fields, field);
        struct text value = v && v->kind == VALUE_TEXT ? identity_normal(v->text, normal) : (struct text){NULL, 0};
        if (value.n)
            keys[count++] = wait_key_match(&d->arena, c->m->entity, field, value);
    }
    int rc = 0;
    for (size_t i = 0; !rc && i < count; i++)
        rc = d->store->ops->put_waiting(d->store, keys[i], &w, err);
    return rc;
}

static int hold_unknown(struct desk *d, const struct change *c, struct text cause, struct err *err)
{
    int rc = hold(d, c, HELD_UNKNOWN, cause, err);
    return rc ? rc : wait_as_unknown(d, c, err);
}

/* An object that is not known, while a command of ours is making one: it may be that one. It waits in the line of its
 * object, which is released by the link, or when nothing is being made any more, or when it has waited long enough. */
static int wait_for_creating(struct desk *d, const struct change *c, struct err *err)
{
    struct text line = wait_key_link(&d->arena, c->m->source, c->m->entity, c->m->subject_id);
    struct waiting message = {WAITING_MESSAGE, c->m->id, c->work->bytes, c->work->since};
    struct waiting pointer = {.kind = WAITING_KEY, .subject = line, .since = d->now};
    desk_count(d, c->rule->entity, CHANGE_DEFERRED);
    int rc = d->store->ops->put_waiting(d->store, line, &message, err);
    return rc ? rc
              : d->store->ops->put_waiting(d->store, wait_key_creating(&d->arena, c->m->source, c->m->entity), &pointer,
                                           err);
}

static bool overdue(const struct desk *d, const struct desk_work *w)
{
    return d->now - w->since >= d->settings.echo_wait_us;
}

static int make_record(struct desk *d, struct change *c, struct err *err)
{
    struct text key = message_record_key(&d->arena, c->m->source, c->m->entity, c->m->subject_id);
    int rc = workset_by_key(&d->records, key, &c->record, err);
    if (rc == 0) {
        c->made = true;
        return workset_add(&d->records, c->rule->entity, key, &c->record, err);
    }
    return rc < 0 ? rc : 0; /* it was made by this object before, which another object has taken over since */
}

/* Whether the record may be made at once. What waits for its key, an outcome or an object that carries it, says that it
 * was made before and lost in a crash; nothing else does, while something like it is being made in the system. */
static int may_make_now(struct desk *d, struct change *c, struct err *err)
{
    struct text key = message_record_key(&d->arena, c->m->source, c->m->entity, c->m->subject_id);
    int rc = desk_release_key(d, wait_key_record(&d->arena, key), err);
    if (rc)
        return rc < 0 ? rc : (c->released += rc, 1);
    if (overdue(d, c->work))
        return 1;
    rc = d->store->ops->any_creating(d->store, c->system, c->rule->entity, d->now - d->settings.echo_wait_us, err);
    return rc < 0 ? rc : !rc;
}

/* 1: the change has its record; 0: it was held or waits; negative. */
static int no_record(struct desk *d, struct change *c, int identity, struct err *err)
{
    int rc;
    if (identity == IDENTITY_AMBIGUOUS)
        rc = hold(d, c, HELD_CONFLICT,
                  text_of("several records have the same match value, and none of them has an "
                          "object in this system: which one is it?"),
                  err);
    else if (identity == IDENTITY_AWAITED)
        rc = hold_unknown(
            d, c,
            arena_printf(&d->arena, "it carries the key %.*s, and there is no such record yet", TEXT_ARG(c->m->key)),
            err);
    else if (!may_make(c))
        rc = hold_unknown(d, c,
                          arena_printf(&d->arena, "no %.*s is known for it, and %.*s may not make one",
                                       TEXT_ARG(c->m->entity), TEXT_ARG(c->m->source)),
                          err);
    else
        rc = may_make_now(d, c, err);
    if (rc == 0 && identity == IDENTITY_NONE && may_make(c))
        rc = wait_for_creating(d, c, err);
    if (rc <= 0)
        return rc;
    rc = make_record(d, c, err);
    return rc ? rc : 1;
}

/* ---- with its record ---- */

static int defer(struct desk *d, const struct change *c, struct err *err)
{
    struct waiting w = {WAITING_MESSAGE, c->m->id, c->work->bytes, c->work->since};
    desk_count(d, c->rule->entity, CHANGE_DEFERRED);
    c->record->views[c->system].deferred = true;
    c->record->dirty = true;
    return d->store->ops->put_waiting(d->store, wait_key_outcome(&d->arena, c->m->source, c->record->key), &w, err);
}

static bool has_to_wait(const struct desk *d, const struct change *c)
{
    const struct view *v = &c->record->views[c->system];
    if (overdue(d, c->work))
        return false;
    return v->deferred || (decide_in_flight(v, d->now, d->settings.echo_wait_us) && decide_says_news(&d->decide));
}

/* A message that waited in the line of the object is decided before this one. 1: this one was put behind them. */
static int claim(struct desk *d, struct change *c, struct err *err)
{
    int rc = desk_claim(d, c->record, c->system, c->m->subject_id, err);
    if (rc <= 0 || c->work->released)
        return rc < 0 ? rc : 0;
    struct desk_work again = *c->work;
    again.released = true;
    rc = desk_push(d, &again, err);
    return rc ? rc : 1;
}

/* "a and b", in the desk's arena. */
static struct text names_of(struct desk *d, system_mask mask)
{
    struct text names = {NULL, 0};
    for (; mask; mask &= mask - 1) {
        const char *name = rules_system_name(d->rules, __builtin_ctzll(mask));
        names = arena_printf(&d->arena, "%.*s%s%s", TEXT_ARG(names), names.n ? " and " : "", name);
    }
    return names;
}

static int hold_field(struct desk *d, const struct change *c, enum held_reason reason, uint32_t f, struct text cause,
                      struct err *err)
{
    const struct rule_place *place = &c->rule->fields[f].place;
    struct text at = arena_printf(&d->arena, "%s:%d", place->file, place->line);
    return desk_hold_field(d, reason, c->record, c->system, f, cause, at, c->work->bytes, err);
}

static int hold_refused(struct desk *d, const struct change *c, uint32_t f, struct err *err)
{
    struct text field = c->rule->entity->fields[f].name, who = names_of(d, c->rule->fields[f].set);
    field_mask_add(&c->record->views[c->system].refused, f);
    c->record->dirty = true;
    return hold_field(d, c, HELD_REFUSED, f,
                      arena_printf(&d->arena, "%.*s may not set %.*s.%.*s: that is for %.*s", TEXT_ARG(c->m->source),
                                   TEXT_ARG(c->m->entity), TEXT_ARG(field), TEXT_ARG(who)),
                      err);
}

static int hold_contested(struct desk *d, const struct change *c, uint32_t f, struct err *err)
{
    struct text field = c->rule->entity->fields[f].name;
    struct origin first = record_origin(c->record, &c->record->cells[f]);
    return hold_field(d, c, HELD_CONFLICT, f,
                      arena_printf(&d->arena, "%.*s and %s have both changed %.*s.%.*s; what %s said was there first, and stands",
                                   TEXT_ARG(c->m->source), rules_system_name(d->rules, first.system), TEXT_ARG(c->m->entity),
                                   TEXT_ARG(field), rules_system_name(d->rules, first.system)),
                      err);
}

static int hold_bounced(struct desk *d, const struct change *c, uint32_t f, struct err *err)
{
    struct text field = c->rule->entity->fields[f].name;
    struct origin other = record_origin(c->record, &c->record->cells[f]);
    return hold_field(d, c, HELD_CONFLICT, f,
                      arena_printf(&d->arena, "%.*s and others, last %s, have changed this record in turn more than %d times within "
                                   "%lld minutes; %.*s.%.*s stays what %s said, until they rest",
                                   TEXT_ARG(c->m->source), rules_system_name(d->rules, other.system), DECIDE_TURNS_MAX,
                                   (long long)(DECIDE_TURNS_US / MOMENT_SECOND / 60), TEXT_ARG(c->m->entity), TEXT_ARG(field),
                                   rules_system_name(d->rules, other.system)),
                      err);
}

static int hold_fields(struct desk *d, const struct change *c, struct err *err)
{
    int rc = 0;
    struct field_mask refused = d->decide.refused, contested = d->decide.contested, bounced = d->decide.bounced;
    for (int f = field_mask_next(&refused, 0); !rc && f >= 0; f = field_mask_next(&refused, f + 1))
        rc = hold_refused(d, c, (uint32_t)f, err);
    for (int f = field_mask_next(&contested, 0); !rc && f >= 0; f = field_mask_next(&contested, f + 1))
        rc = hold_contested(d, c, (uint32_t)f, err);
    for (int f = field_mask_next(&bounced, 0); !rc && f >= 0; f = field_mask_next(&bounced, f + 1))
        rc = hold_bounced(d, c, (uint32_t)f, err);
    return rc;
}

static int move_match(struct desk *d, struct change *c, const struct match_move *move, struct err *err)
{
    char old_text[IDENTITY_VALUE_MAX], new_text[IDENTITY_VALUE_MAX];
    const struct entity *e = c->rule->entity;
    struct text before = identity_normal(move->before, old_text), after = identity_normal(move->after, new_text);
    int rc = 0;
    if (text_eq(before, after))
        return 0;
    if (before.n)
        rc = d->store->ops->drop_match(d->store, e, move->field, before, c->record->place, err);
    if (!rc && after.n)
        rc = d->store->ops->put_match(d->store, e, move->field, after, c->record->place, err);
    if (rc || !after.n)
        return rc;
    rc = desk_release_key(d, wait_key_match(&d->arena, e->name, e->fields[move->field].name, after), err);
    c->released += rc > 0 ? rc : 0;
    return rc < 0 ? rc : 0;
}

/* What others may wait for: the match values, and the record itself. */
static int announce(struct desk *d, struct change *c, struct err *err)
{
    int rc = 0;
    for (size_t i = 0; !rc && i < d->decide.move_count; i++)
        rc = move_match(d, c, &d->decide.moves[i], err);
    if (rc || !c->made)
        return rc;
    rc = desk_release_key(d, wait_key_record(&d->arena, c->record->key), err);
    c->released += rc > 0 ? rc : 0;
    return rc < 0 ? rc : 0;
}

static enum change_result result_of(const struct desk *d)
{
    const struct decide *c = &d->decide;
    if (!field_mask_empty(&c->refused))
        return CHANGE_REFUSED;
    if (c->changed)
        return CHANGE_APPLIED;
    if (c->ours)
        return CHANGE_ECHO;
    if (c->passed_over && !c->differed)
        return CHANGE_OLDER;
    return c->differed || c->look ? CHANGE_NOTED : CHANGE_DUPLICATE;
}

static int look_now_or_later(struct desk *d, struct change *c, struct err *err)
{
    if (!d->decide.changed && !d->decide.look && !c->claimed)
        return 0;
    if (!c->released && !c->work->released) /* else others, released as well, may still claim an object for it */
        return desk_look(d, ~(system_mask)0, err);
    return desk_push(d, &(struct desk_work){.look = true, .place = c->record->place, .targets = ~(system_mask)0}, err);
}

static int decide_change(struct desk *d, struct change *c, struct err *err)
{
    desk_decide(d, c->record, c->system, c->m);
    if (decide_older(&d->decide)) {
        desk_count(d, c->rule->entity, CHANGE_OLDER);
        return 0;
    }
    if (has_to_wait(d, c))
        return defer(d, c, err);
    int rc = decide_fields(&d->decide, err);
    if (rc)
        return rc;
    desk_count(d, c->rule->entity, result_of(d));
    rc = hold_fields(d, c, err);
    if (!rc)
        rc = desk_drop_agreed(d, c->record, err);
    if (!rc)
        rc = desk_wait_for_references(d, err);
    if (!rc)
        rc = announce(d, c, err);
    return rc ? rc : look_now_or_later(d, c, err);
}

/* What was waiting to be made in the system is looked at again: by now, an object that is there has been found. */
static int first_read_done(struct desk *d, const struct message *m, const struct entity *e, int system, struct err *err)
{
    int rc = d->store->ops->put_snapshot(d->store, system, e, err);
    if (!rc)
        rc = desk_release_key(d, wait_key_snapshot(&d->arena, m->source, e->name), err);
    return rc < 0 ? rc : 0;
}

int desk_change(struct desk *d, const struct desk_work *w, const struct message *m, const struct entity *e, int system,
                struct err *err)
{
    struct change c = {.work = w, .m = m, .rule = rules_of(d->rules, e), .system = system};
    if (!c.rule->ruled)
        return hold(d, &c, HELD_INVALID, arena_printf(&d->arena, "no rule is about %.*s", TEXT_ARG(m->entity)), err);
    if (m->op == OP_SNAPSHOT)
        return first_read_done(d, m, e, system, err);
    if (m->op == OP_DELETE)
        return hold(d, &c, HELD_DELETE, text_of("the rules do not say yet what a delete means"), err);
    int identity = identity_find(&d->records, d->rules, c.rule, system, m, &c.record, err);
    if (identity < 0)
        return identity;
    int rc = identity == IDENTITY_LINKED || identity == IDENTITY_FOUND ? 1 : no_record(d, &c, identity, err);
    if (rc <= 0)
        return rc;
    if (identity != IDENTITY_LINKED) {
        c.claimed = true;
        rc = claim(d, &c, err);
        if (rc)
            return rc < 0 ? rc : 0;
    }
    return decide_change(d, &c, err);
}
