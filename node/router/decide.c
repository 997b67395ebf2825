/* decide: a change against a record, field by field (docs/architecture.md, "The router", steps 3 and 4). */
#include "decide.h"

#include "proto/codec.h"

/* The field of a name. Members mostly come in the schema's order, so the one after the last is tried first. */
static const struct field *find_field(const struct entity *e, struct text name, uint32_t next)
{
    if (next < e->field_count && text_eq(e->fields[next].name, name))
        return &e->fields[next];
    return entity_field(e, name);
}

void decide_begin(struct decide *d, struct record *r, int system, const struct message *m)
{
    d->record = r;
    d->system = system;
    d->message = m;
    d->changed = d->look = d->turn = d->ours = d->differed = d->passed_over = false;
    d->refused = d->contested = d->bounced = (struct field_mask){{0}};
    d->origin = UINT32_MAX;
    d->move_count = d->lack_count = d->telling_count = 0;
    memset(d->fresh, 0, r->entity->field_count * sizeof d->fresh[0]);
    for (uint32_t i = 0, next = 0; m && i < m->fields.count; i++) {
        d->fields[i] = find_field(r->entity, m->fields.members[i].name, next);
        d->hashes[i] = d->fields[i] ? field_hash(d->fields[i], &m->fields.members[i].value) : 0;
        next = d->fields[i] ? d->fields[i]->index + 1 : next;
    }
}

bool decide_says_news(const struct decide *d)
{
    const struct view *v = &d->record->views[d->system];
    for (uint32_t i = 0; i < d->message->fields.count; i++) {
        uint32_t f = d->fields[i]->index;
        const struct stance *s = record_stance(d->record, d->system, f);
        bool seen = field_mask_has(&v->has_seen, f) && s->seen == d->hashes[i];
        bool told = field_mask_has(&v->has_told, f) && s->told == d->hashes[i];
        if (!seen && !told)
            return true;
    }
    return false;
}

bool decide_in_flight(const struct view *v, moment_us now, int64_t wait_us)
{
    return v->flight && now - v->flight_since < wait_us;
}

static bool before(const struct decide *d, struct slice version)
{
    struct text known = record_text(d->record, version), its = d->message->version;
    return known.n && its.n && text_compare(its, known) < 0;
}

bool decide_older(const struct decide *d)
{
    return before(d, d->record->views[d->system].version);
}

/* Whether the object was read before the last write of ours that we know of. Adapters say which write they had seen; for
 * one that does not, versions tell, as finely as the system counts them. */
static bool before_last_write(const struct decide *d)
{
    const struct view *v = &d->record->views[d->system];
    return d->message->stamped ? d->message->revision < v->done : before(d, v->written);
}

static void note_move(struct decide *d, const struct field *f, const struct value *after, struct err *err)
{
    for (uint32_t i = 0; i < d->rule->match_count; i++) {
        struct value old = value_null();
        if (d->rule->match[i] != f->index || d->move_count == RULES_MATCH_MAX)
            continue;
        if (field_mask_has(&d->record->present, f->index))
            record_value(d->record, f->index, d->arena, &old, err);
        d->moves[d->move_count++] = (struct match_move){
            f->index, old.kind == VALUE_TEXT ? arena_text(d->arena, old.text) : (struct text){NULL, 0},
            after->kind == VALUE_TEXT ? after->text : (struct text){NULL, 0}};
    }
}

int decide_put(struct decide *d, const struct field *f, const struct value *v, uint64_t hash, uint32_t origin,
               struct err *err)
{
    note_move(d, f, v, err);
    buf_reset(d->scratch);
    codec_write(d->scratch, v);
    if (buf_failed(d->scratch))
        return err_set(err, ERR_TOO_LARGE, "field %.*s of %.*s is too large to keep", TEXT_ARG(f->name),
                       TEXT_ARG(d->record->key));
    if (record_set(d->record, f->index, buf_view(d->scratch), hash, origin))
        return err_set(err, ERR_TOO_LARGE, "record %.*s is too large to keep", TEXT_ARG(d->record->key));
    d->fresh[f->index] = v;
    return 0;
}

static int origin_of_change(struct decide *d, struct err *err)
{
    if (d->origin != UINT32_MAX)
        return 0;
    if (record_keep_origin(d->record, d->system, d->message->time, d->message->id, &d->origin))
        return err_set(err, ERR_TOO_LARGE, "record %.*s is too large to keep", TEXT_ARG(d->record->key));
    return 0;
}

struct shown { /* one field of the change, and how matters stood before it */
    const struct field *field;
    const struct value *value; /* as the system says it */
    uint64_t hash;
    bool first;   /* the system has never shown this field */
    bool current; /* it had what the record holds */
};

/* What the system shows is what it has, whatever the rules say. */
static void take_as_seen(struct decide *d, struct shown *s)
{
    struct view *v = &d->record->views[d->system];
    struct stance *st = record_stance(d->record, d->system, s->field->index);
    uint32_t f = s->field->index;
    s->first = !field_mask_has(&v->has_seen, f);
    s->current = field_mask_has(&v->settled, f) && !st->told_revision;
    st->seen = s->hash;
    field_mask_add(&v->has_seen, f);
    field_mask_drop(&v->settled, f);
    field_mask_drop(&v->by_us, f);
    if (!st->told_revision && field_mask_has(&v->has_told, f) && st->told != s->hash)
        field_mask_drop(&v->has_told, f); /* it differs by its own doing */
    d->record->dirty = true;
}

/* Both sides have changed the field, and neither on top of the other's. */
static bool loses(struct decide *d, const struct shown *s)
{
    const struct field_rule *rule = &d->rule->fields[s->field->index];
    if (s->current || !field_mask_has(&d->record->present, s->field->index))
        return false;
    struct origin o = record_origin(d->record, &d->record->cells[s->field->index]);
    if (o.system == d->system)
        return false;
    if (rule->conflict == CONFLICT_PREFER && (rule->preferred == d->system || rule->preferred == o.system))
        return rule->preferred == o.system;
    if (rule->conflict != CONFLICT_HOLD)
        return d->message->time < o.at;
    field_mask_add(&d->contested, s->field->index);
    return true;
}

/* Whether the system may set the field: always, or to begin with, until one of those who may has an object. */
static bool may_set(const struct decide *d, const struct field_rule *rule)
{
    if (rule->set & system_bit(d->system))
        return true;
    if (!(rule->seed & system_bit(d->system)))
        return false;
    for (system_mask rest = rule->set; rest; rest &= rest - 1) {
        const struct view *v = &d->record->views[__builtin_ctzll(rest)];
        if (v->native.n || v->creating)
            return false;
    }
    return true;
}

/* People do not change a record in turn so often; systems that correct each other do, and would for ever. */
static bool bounces(struct decide *d, const struct shown *s)
{
    struct record *r = d->record;
    if (!field_mask_has(&r->present, s->field->index) ||
        record_origin(r, &r->cells[s->field->index]).system == d->system)
        return false;
    if (d->now - r->turns_since > DECIDE_TURNS_US) {
        r->turns_since = d->now;
        r->turns = 0;
    }
    r->turns += !d->turn;
    d->turn = true;
    return r->turns > DECIDE_TURNS_MAX;
}

static int accept(struct decide *d, const struct shown *s, const struct value *form, uint64_t hash, bool unresolved,
                  struct err *err)
{
    bool nothing_against_something =
        s->first && form->kind == VALUE_NULL && field_mask_has(&d->record->present, s->field->index);
    if (nothing_against_something || loses(d, s)) {
        d->look = true; /* the system gets the record's value */
        return 0;
    }
    if (bounces(d, s)) {
        field_mask_add(&d->bounced, s->field->index); /* nobody is told anything, so that it ends */
        return 0;
    }
    int rc = origin_of_change(d, err);
    if (!rc)
        rc = decide_put(d, s->field, form, hash, d->origin, err);
    if (rc)
        return rc;
    if (unresolved)
        field_mask_add(&d->record->unresolved, s->field->index);
    else
        field_mask_drop(&d->record->unresolved, s->field->index);
    d->changed = true;
    return 0;
}

static int field_differs(struct decide *d, struct shown *s, struct err *err)
{
    const struct field_rule *rule = &d->rule->fields[s->field->index];
    const struct cell *cell = &d->record->cells[s->field->index];
    bool may = may_set(d, rule), unresolved = false;
    uint64_t hash = s->hash;
    const struct value *form = s->value;
    take_as_seen(d, s);
    if (field_mask_has(&d->rule->refs, s->field->index)) {
        struct value *copy = arena_alloc(d->arena, sizeof *copy);
        size_t lacks = d->lack_count;
        if (!copy)
            return err_set(err, ERR_TOO_LARGE, "a change of %.*s is too large", TEXT_ARG(d->record->key));
        int rc = decide_ref_to_record(d, s->field, s->value, d->system, copy, &unresolved, err);
        if (rc)
            return rc;
        if (!may)
            d->lack_count = lacks; /* nobody waits for what does not become the record's */
        form = copy;
        hash = field_hash(s->field, copy);
    }
    bool present = field_mask_has(&d->record->present, s->field->index);
    if (present && cell->hash == hash) {
        if (!record_stance(d->record, d->system, s->field->index)->told_revision)
            field_mask_add(&d->record->views[d->system].settled, s->field->index);
        return 0;
    }
    if (may)
        return accept(d, s, form, hash, unresolved, err);
    if (rule->seed & system_bit(d->system))
        return 0; /* it has said what it had to say */
    if (!s->first)
        field_mask_add(&d->refused, s->field->index);
    else if (present)
        d->look = true;
    return 0;
}

/* Whether a later command than those that the object shows is about to write over the field. */
static bool before_pending_write(const struct decide *d, uint32_t f)
{
    return d->message->stamped && d->message->revision < record_stance(d->record, d->system, f)->told_revision;
}

/* An object that was read after a command proves it carried out, though its outcome has not been heard yet: what the
 * object shows beside that is an edit. */
static void take_as_proof(struct decide *d, struct view *v)
{
    for (uint32_t f = 0; d->message->stamped && f < d->record->entity->field_count; f++) {
        struct stance *s = record_stance(d->record, d->system, f);
        if (!s->told_revision || s->told_revision > d->message->revision)
            continue;
        s->told_revision = 0;
        s->seen = s->told;
        field_mask_add(&v->has_seen, f);
        field_mask_add(&v->by_us, f);
        d->record->dirty = true;
    }
}

int decide_fields(struct decide *d, struct err *err)
{
    struct view *v = &d->record->views[d->system];
    bool before_write = before_last_write(d);
    take_as_proof(d, v);
    for (uint32_t i = 0; i < d->message->fields.count; i++) {
        uint32_t f = d->fields[i]->index;
        struct shown s = {.field = d->fields[i], .value = &d->message->fields.members[i].value, .hash = d->hashes[i]};
        if (before_write && field_mask_has(&v->by_us, f)) {
            d->passed_over = true; /* read before our write, which is known better */
            continue;
        }
        if (field_mask_has(&v->has_seen, f) && record_stance(d->record, d->system, f)->seen == s.hash) {
            d->ours |= field_mask_has(&v->by_us, f);
            field_mask_drop(&v->by_us, f);
            continue;
        }
        if (before_pending_write(d, f)) {
            take_as_seen(d, &s);
            d->passed_over = true;
            continue;
        }
        d->differed = true;
        d->ours |= field_mask_has(&v->has_told, f) && record_stance(d->record, d->system, f)->told == s.hash;
        int rc = field_differs(d, &s, err);
        if (rc)
            return rc;
    }
    struct text known = record_text(d->record, v->version);
    if (text_compare(d->message->version, known) > 0 && record_keep(d->record, &v->version, d->message->version))
        return err_set(err, ERR_TOO_LARGE, "record %.*s is too large to keep", TEXT_ARG(d->record->key));
    if (d->changed)
        d->record->revision++;
    return 0;
}

int decide_references(struct decide *d, struct err *err)
{
    struct field_mask open = d->record->unresolved;
    for (int f = field_mask_next(&open, 0); f >= 0; f = field_mask_next(&open, f + 1)) {
        const struct field *field = &d->record->entity->fields[f];
        struct value *v = arena_alloc(d->arena, sizeof *v);
        if (!v)
            return err_set(err, ERR_TOO_LARGE, "record %.*s is too large", TEXT_ARG(d->record->key));
        int left = record_value(d->record, (uint32_t)f, d->arena, v, err);
        if (left == 0)
            left = decide_ref_complete(d, field, v, err);
        if (left < 0)
            return left;
        uint64_t hash = field_hash(field, v);
        if (hash == d->record->cells[f].hash)
            continue;
        int rc = decide_put(d, field, v, hash, d->record->cells[f].origin, err);
        if (rc)
            return rc;
        if (!left)
            field_mask_drop(&d->record->unresolved, (uint32_t)f);
        d->changed = true;
    }
    if (d->changed)
        d->record->revision++;
    return 0;
}
