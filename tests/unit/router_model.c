#include "router_model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const model_systems[SYSTEMS] = {"sf", "shop", "erp"};
const char *const model_entities[ENTITIES] = {"account", "product", "contact"};
const char *const model_fields[ENTITIES][FIELDS] = {
    {"name", "phone", "website", "tax_id"},
    {"name", "unit", "category", "barcode"},
    {"account", "first_name", "phone", "title"}, /* the first refers to an account */
};

/* ---- dice, queues ---- */

uint64_t model_roll(struct model *m, uint64_t sides)
{
    uint64_t z = m->dice += 0x9E3779B97F4A7C15u; /* splitmix64 */
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return (z ^ (z >> 31)) % sides;
}

void model_wrong(struct model *m, const char *what, const char *detail)
{
    if (!m->trouble[0])
        snprintf(m->trouble, sizeof m->trouble, "%s: %s", what, detail);
}

void model_push(struct model *m, struct queue *q, const char *line)
{
    if (q->end == QUEUE_MAX)
        model_wrong(m, "it never becomes quiet", line);
    else
        q->lines[q->end++] = strdup(line);
}

bool queue_is_empty(const struct queue *q)
{
    return q->first == q->end;
}

static void queue_clear(struct queue *q)
{
    for (size_t i = 0; i < q->end; i++)
        free(q->lines[i]);
}

/* ---- systems ---- */

static struct object *find(struct system *s, int entity, const char *native, const char *key)
{
    for (size_t i = 0; i < s->count; i++) {
        struct object *o = &s->objects[i];
        if (o->entity == entity && ((native && !strcmp(o->native, native)) || (key && !strcmp(o->key, key))))
            return o;
    }
    return NULL;
}

static struct object *add(struct model *m, int system, int entity)
{
    struct system *s = &m->systems[system];
    if (s->count == OBJECTS_MAX) {
        model_wrong(m, "objects without end", model_systems[system]);
        return NULL;
    }
    struct object *o = &s->objects[s->count++];
    *o = (struct object){.entity = entity};
    snprintf(o->native, sizeof o->native, "%c%zu", model_systems[system][0], s->count);
    return o;
}

static void touch(struct model *m, struct object *o)
{
    o->version = m->clock / 2; /* clocks count in steps that hide what is near */
    o->dirty = true;
}

/* A reference is to an account that is there, or to none. */
static void set_value(struct model *m, struct system *s, struct object *o, size_t f)
{
    const struct object *account = s->count ? &s->objects[model_roll(m, s->count)] : NULL;
    o->values[f][0] = 0;
    if (!model_roll(m, 6) && !(o->entity == ACCOUNT && f == 0)) /* it has a name, so that there is something to make */
        return;
    if (o->entity != CONTACT || f)
        snprintf(o->values[f], sizeof o->values[f], "v%d", (int)model_roll(m, 4));
    else if (account && account->entity == ACCOUNT)
        snprintf(o->values[f], sizeof o->values[f], "%.7s", account->native);
}

void model_edit(struct model *m)
{
    int system = (int)model_roll(m, SYSTEMS);
    struct system *s = &m->systems[system];
    struct object *o = s->count && model_roll(m, 4) ? &s->objects[model_roll(m, s->count)] : NULL;
    if (!o) {
        int entity = (int)model_roll(m, ENTITIES);
        if (!m->may_make[entity][system] || s->count > 4)
            return;
        o = add(m, system, entity);
        if (o)
            set_value(m, s, o, 0);
    }
    if (!o)
        return;
    set_value(m, s, o, model_roll(m, FIELDS));
    touch(m, o);
}

void model_capture(struct model *m, int system)
{
    struct system *s = &m->systems[system];
    for (size_t i = 0; i < s->count; i++) {
        struct object *o = &s->objects[i];
        char line[LINE_MAX_BYTES];
        if (!o->dirty)
            continue;
        o->dirty = false;
        int n = snprintf(line, sizeof line, "%s %s %s v=%06ld t=%ld%s%s", model_systems[system],
                         model_entities[o->entity], o->native, o->version, m->clock, o->key[0] ? " key=" : "", o->key);
        if (o->applied)
            n += snprintf(line + n, sizeof line - (size_t)n, " after=%ld", o->applied);
        for (size_t f = 0; f < FIELDS; f++)
            n += snprintf(line + n, sizeof line - (size_t)n, o->values[f][0] ? "%s\"%s\":\"%s\"" : "%s\"%s\":null",
                          f ? "," : " {", model_fields[o->entity][f], o->values[f]);
        snprintf(line + n, sizeof line - (size_t)n, "}");
        model_push(m, &s->changes, line);
        return;
    }
}

static void take_fields(struct object *o, const char *json)
{
    for (size_t f = 0; f < FIELDS; f++) {
        char name[32];
        int n = snprintf(name, sizeof name, "\"%s\":", model_fields[o->entity][f]);
        const char *at = strstr(json, name);
        if (!at)
            continue;
        at += n;
        o->values[f][0] = 0;
        if (*at == '"')
            snprintf(o->values[f], sizeof o->values[f], "%.*s", (int)strcspn(at + 1, "\""), at + 1);
    }
}

/* "key #revision native {json}": applied as a host would, and answered. */
static void apply(struct model *m, int system, const char *line)
{
    char key[48], native[16], answer[LINE_MAX_BYTES];
    long revision;
    if (sscanf(line, "%47s #%ld %15s", key, &revision, native) != 3) {
        model_wrong(m, "a command that nobody understands", line);
        return;
    }
    struct system *s = &m->systems[system];
    int entity = strstr(key, ":product:") ? PRODUCT : strstr(key, ":contact:") ? CONTACT : ACCOUNT;
    struct object *o = find(s, entity, NULL, key);
    if (!o && strcmp(native, "new"))
        o = find(s, entity, native, NULL);
    if ((!o || revision > o->applied) && !model_roll(m, 15)) {
        snprintf(answer, sizeof answer, "%s refused %s #%ld NO", model_systems[system], key, revision);
        model_push(m, &s->outcomes, answer);
        return;
    }
    if (!o)
        o = add(m, system, entity);
    if (!o)
        return;
    if (revision < o->applied) {
        snprintf(answer, sizeof answer, "%s stale %s #%ld", model_systems[system], key, o->applied);
        model_push(m, &s->outcomes, answer);
        return;
    }
    if (revision > o->applied) {
        take_fields(o, strchr(line, '{'));
        touch(m, o);
    }
    o->applied = revision;
    snprintf(o->key, sizeof o->key, "%s", key);
    snprintf(answer, sizeof answer, "%s done %s #%ld %s v=%06ld %s", model_systems[system], key, revision, o->native,
             o->version, strchr(line, '{'));
    model_push(m, &s->outcomes, answer);
}

void model_carry_out(struct model *m, int system)
{
    struct queue *q = &m->systems[system].commands;
    if (queue_is_empty(q))
        return;
    apply(m, system, q->lines[q->first]);
    q->first += model_roll(m, 10) ? 1 : 0; /* or it comes again */
}

bool model_is_quiet(const struct model *m)
{
    for (int s = 0; s < SYSTEMS; s++) {
        const struct system *it = &m->systems[s];
        for (size_t i = 0; i < it->count; i++)
            if (it->objects[i].dirty)
                return false;
        if (!queue_is_empty(&it->changes) || !queue_is_empty(&it->commands) || !queue_is_empty(&it->outcomes))
            return false;
    }
    return true;
}

void model_release(struct model *m)
{
    for (int s = 0; s < SYSTEMS; s++) {
        queue_clear(&m->systems[s].changes);
        queue_clear(&m->systems[s].commands);
        queue_clear(&m->systems[s].outcomes);
    }
}
