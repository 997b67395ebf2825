/* decide_targets: what each target must be told now (docs/architecture.md, "The router", step 5). */
#include "decide.h"

struct target {
    int system;
    struct view *view;
    struct field_mask need; /* what it lacks, then what it is told */
    struct value values[SCHEMA_FIELDS_MAX]; /* by field, in its native ids */
    uint64_t hashes[SCHEMA_FIELDS_MAX];
};

/* The record's value of a field, decoded once a decision. */
static const struct value *value_of(struct decide *d, uint32_t f, struct err *err)
{
    if (d->fresh[f])
        return d->fresh[f];
    struct value *v = arena_alloc(d->arena, sizeof *v);
    if (!v || record_value(d->record, f, d->arena, v, err))
        return NULL;
    return d->fresh[f] = v;
}

/* The value in the target's native ids. 0, 1 when a reference is lacking, or negative. */
static int translate(struct decide *d, struct target *t, uint32_t f, struct err *err)
{
    const struct field *field = &d->record->entity->fields[f];
    const struct value *v = value_of(d, f, err);
    if (!v)
        return err && err->code ? err->code : err_set(err, ERR_TOO_LARGE, "record %.*s is too large",
                                                      TEXT_ARG(d->record->key));
    if (!field_mask_has(&d->rule->refs, f)) {
        t->values[f] = *v;
        t->hashes[f] = d->record->cells[f].hash;
        return 0;
    }
    int lacking = decide_ref_to_target(d, field, v, t->system, &t->values[f], err);
    if (lacking == 0)
        t->hashes[f] = field_hash(field, &t->values[f]);
    return lacking > 0 ? 1 : lacking;
}

/* Whether the target has the value, or will when it answers what is under way. */
static bool has_it(const struct decide *d, const struct target *t, uint32_t f)
{
    const struct stance *s = record_stance(d->record, t->system, f);
    bool told = field_mask_has(&t->view->has_told, f) && s->told == t->hashes[f];
    if (s->told_revision)
        return told;
    return told || (field_mask_has(&t->view->has_seen, f) && s->seen == t->hashes[f]);
}

/* Nothing has to be said of a field that is null here and was never anything there. */
static bool is_nothing(const struct target *t, uint32_t f)
{
    return t->values[f].kind == VALUE_NULL && !field_mask_has(&t->view->has_seen, f) &&
           !field_mask_has(&t->view->has_told, f);
}

/* Fills t->need with what the target has not got. Returns how many references lack, or negative. */
static int find_need(struct decide *d, struct target *t, struct field_mask from, struct err *err)
{
    int lacking = 0;
    for (int f = field_mask_next(&from, 0); f >= 0; f = field_mask_next(&from, f + 1)) {
        int rc = translate(d, t, (uint32_t)f, err);
        if (rc < 0)
            return rc;
        lacking += rc;
        if (rc == 0 && (is_nothing(t, (uint32_t)f) || has_it(d, t, (uint32_t)f))) {
            field_mask_add(&t->view->settled, (uint32_t)f);
            d->record->dirty = true;
        } else {
            field_mask_add(&t->need, (uint32_t)f);
        }
    }
    return lacking;
}

/* A target that has no object yet gets all that there is. */
static int need_all(struct decide *d, struct target *t, struct field_mask flow, struct err *err)
{
    struct field_mask rest = field_mask_without(flow, t->need);
    int lacking = 0;
    for (int f = field_mask_next(&rest, 0); f >= 0; f = field_mask_next(&rest, f + 1)) {
        int rc = translate(d, t, (uint32_t)f, err);
        if (rc < 0)
            return rc;
        lacking += rc;
        if (rc || t->values[f].kind != VALUE_NULL)
            field_mask_add(&t->need, (uint32_t)f);
    }
    return lacking;
}

static int tell(struct decide *d, struct target *t, struct err *err)
{
    struct telling *out = &d->tellings[d->telling_count];
    uint32_t count = (uint32_t)(__builtin_popcountll(t->need.w[0]) + __builtin_popcountll(t->need.w[1])), i = 0;
    *out = (struct telling){t->system, record_text(d->record, t->view->native), value_map(d->arena, count)};
    if (out->fields.count != count)
        return err_set(err, ERR_TOO_LARGE, "a command of %.*s is too large", TEXT_ARG(d->record->key));
    for (int f = field_mask_next(&t->need, 0); f >= 0; f = field_mask_next(&t->need, f + 1)) {
        struct stance *s = record_stance(d->record, t->system, (uint32_t)f);
        out->fields.members[i++] = (struct member){d->record->entity->fields[f].name, t->values[f]};
        s->told = t->hashes[f];
        s->told_revision = d->record->revision;
        field_mask_add(&t->view->has_told, (uint32_t)f);
        field_mask_add(&t->view->settled, (uint32_t)f);
    }
    t->view->flight = d->record->revision;
    t->view->flight_since = d->now;
    d->record->dirty = true;
    d->telling_count++;
    return 0;
}

bool decide_admits(const struct entity_rule *rule, int target, const struct record *r)
{
    const struct rule_condition *c = rule->only[target];
    if (r->views[target].native.n || r->views[target].creating)
        return true;
    for (; c && c->count; c++) {
        uint32_t i = 0;
        while (i < c->count && c->hashes[i] != r->cells[c->field].hash)
            i++;
        if (i == c->count || !field_mask_has(&r->present, c->field))
            return false;
    }
    return true;
}

static int decide_target(struct decide *d, struct target *t, struct err *err)
{
    const struct field_mask *flows = t->view->native.n ? d->rule->flow_known : d->rule->flow_new;
    struct field_mask flow = field_mask_and(flows[t->system], d->record->present);
    int lacking = find_need(d, t, field_mask_without(flow, t->view->settled), err);
    if (lacking < 0 || field_mask_empty(&t->need))
        return lacking;
    if (!t->view->native.n) {
        int more = need_all(d, t, flow, err);
        if (more < 0)
            return more;
        lacking += more;
        more = decide_first_read(d, t->system, err);
        if (more < 0)
            return more;
        lacking += more;
    }
    if (lacking)
        return 0; /* the lacks say what for */
    if (!d->changed) { /* nothing was sent under this revision's name before, so that its commands' ids stay unique */
        d->record->revision++;
        d->changed = true;
    }
    return tell(d, t, err);
}

int decide_targets(struct decide *d, system_mask targets, struct err *err)
{
    struct target t;
    for (system_mask rest = targets & d->rule->targets; rest; rest &= rest - 1) {
        t.system = __builtin_ctzll(rest);
        t.view = &d->record->views[t.system];
        t.need = (struct field_mask){{0}};
        if (!decide_admits(d->rule, t.system, d->record))
            continue;
        int rc = decide_target(d, &t, err);
        if (rc < 0)
            return rc;
    }
    return 0;
}
