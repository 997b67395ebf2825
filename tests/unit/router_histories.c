/* Random histories: people edit objects in three systems while commands, changes and outcomes are late, doubled and in
 * any order between systems, and the router is killed between publishing and committing. When all is quiet, every
 * system must hold what the rules say, each record one object a system, and nothing may be waiting. A history is its
 * seed: router_histories SEED repeats it with every line; router_histories FROM COUNT runs many. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_text.h"
#include "router/rehearsal.h"

#define SYSTEMS 3
#define OBJECTS_MAX 24
#define FIELDS 4
#define QUEUE_MAX 4096
#define LINE_MAX_BYTES 512
#define STEPS 70
#define ROUNDS_MAX 4000
#define VALUE_MAX 64

static const char *const systems[SYSTEMS] = {"sf", "shop", "erp"};
enum { ACCOUNT, PRODUCT, CONTACT, ENTITIES };
static const char *const entities[ENTITIES] = {"account", "product", "contact"};
static const char *const fields[ENTITIES][FIELDS] = {{"name", "phone", "website", "tax_id"},
                                                     {"name", "unit", "category", "barcode"},
                                                     {"account", "first_name", "phone", "title"}}; /* the first refers to an account */
static const char *const rules_texts[] = {
    "account: { shared = [\"sf\", \"shop\"]; conflict = \"latest\"; to = [\"erp\"]; };\n"
    "product: { owner = \"sf\"; to = [\"shop\", \"erp\"]; };\n"
    "contact: { owner = \"sf\"; to = [\"shop\", \"erp\"]; };\n",
    "account: { shared = [\"sf\", \"shop\"]; conflict = \"shop\"; to = [\"erp\"];\n"
    "  fields: { website: { owner = \"erp\"; to = [\"sf\", \"shop\"]; }; tax_id: { owner = \"sf\"; to = [\"erp\"]; }; }; };\n"
    "product: { owner = \"sf\"; to = [\"shop\", \"erp\"];\n"
    "  fields: { category: { owner = \"shop\"; to = [\"sf\"]; }; unit: { shared = [\"sf\", \"erp\"]; conflict = \"hold\"; to = [\"shop\"]; }; }; };\n"
    "contact: { shared = [\"sf\", \"erp\"]; conflict = \"erp\"; to = [\"shop\"]; };\n",
    "account: { shared = [\"sf\", \"shop\", \"erp\"]; conflict = \"latest\"; };\n"
    "product: { owner = \"sf\"; to: { shop: { }; erp: { when = \"create\"; }; };\n"
    "  fields: { barcode: { to: { shop: { when = \"update\"; }; }; }; category: { owner = \"shop\"; seed = \"sf\"; to = [\"erp\"]; }; }; };\n"
    "contact: { shared = [\"sf\", \"shop\"]; conflict = \"latest\"; to = [\"erp\"]; };\n",
};
#define RULES (sizeof rules_texts / sizeof *rules_texts)

struct object {
    int entity;
    char native[16], key[48]; /* key: of its record, when a command brought it */
    long applied;             /* the last command's revision */
    long version;
    char values[FIELDS][8]; /* empty: null */
    bool dirty;             /* not captured since it changed */
};

struct queue { /* of lines, first in first out */
    char *lines[QUEUE_MAX];
    size_t first, end;
};

struct system {
    struct object objects[OBJECTS_MAX];
    size_t count;
    struct queue changes, commands, outcomes;
};

struct history {
    uint64_t dice;
    bool loud;
    struct rules *rules;
    struct store *store;
    struct rehearsal at;
    struct system systems[SYSTEMS];
    long clock;
    char trouble[2048]; /* the first thing that is wrong; empty: none */
};

/* ---- dice, queues ---- */

static uint64_t roll(struct history *h, uint64_t sides)
{
    uint64_t z = h->dice += 0x9E3779B97F4A7C15u; /* splitmix64 */
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return (z ^ (z >> 31)) % sides;
}

static void wrong(struct history *h, const char *what, const char *detail)
{
    if (!h->trouble[0])
        snprintf(h->trouble, sizeof h->trouble, "%s: %s", what, detail);
}

static void push(struct history *h, struct queue *q, const char *line)
{
    if (q->end == QUEUE_MAX)
        wrong(h, "it never becomes quiet", line);
    else
        q->lines[q->end++] = strdup(line);
}

static bool empty(const struct queue *q)
{
    return q->first == q->end;
}

static void clear(struct queue *q)
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

static struct object *add(struct history *h, int system, int entity)
{
    struct system *s = &h->systems[system];
    if (s->count == OBJECTS_MAX) {
        wrong(h, "objects without end", systems[system]);
        return NULL;
    }
    struct object *o = &s->objects[s->count++];
    *o = (struct object){.entity = entity};
    snprintf(o->native, sizeof o->native, "%c%zu", systems[system][0], s->count);
    return o;
}

static void touch(struct history *h, struct object *o)
{
    o->version = h->clock / 2; /* clocks count in steps that hide what is near */
    o->dirty = true;
}

/* A reference is to an account that is there, or to none. */
static void set_value(struct history *h, struct system *s, struct object *o, size_t f)
{
    const struct object *account = s->count ? &s->objects[roll(h, s->count)] : NULL;
    o->values[f][0] = 0;
    if (!roll(h, 6) && !(o->entity == ACCOUNT && f == 0)) /* an account has a name, so that there is something to make */
        return;
    if (o->entity != CONTACT || f)
        snprintf(o->values[f], sizeof o->values[f], "v%d", (int)roll(h, 4));
    else if (account && account->entity == ACCOUNT)
        snprintf(o->values[f], sizeof o->values[f], "%.7s", account->native);
}

static void edit(struct history *h)
{
    int system = (int)roll(h, SYSTEMS);
    struct system *s = &h->systems[system];
    struct object *o = s->count && roll(h, 4) ? &s->objects[roll(h, s->count)] : NULL;
    if (!o) {
        int entity = (int)roll(h, ENTITIES);
        const struct entity_rule *rule = rules_of(h->rules, schema_find(h->at.schema, text_of(entities[entity])));
        if (!(rule->create & system_bit(system)) || s->count > 4)
            return;
        o = add(h, system, entity);
        if (o)
            set_value(h, s, o, 0);
    }
    if (!o)
        return;
    set_value(h, s, o, roll(h, FIELDS));
    touch(h, o);
}

static void capture(struct history *h, int system)
{
    struct system *s = &h->systems[system];
    for (size_t i = 0; i < s->count; i++) {
        struct object *o = &s->objects[i];
        char line[LINE_MAX_BYTES];
        if (!o->dirty)
            continue;
        o->dirty = false;
        int n = snprintf(line, sizeof line, "%s %s %s v=%06ld t=%ld%s%s", systems[system], entities[o->entity], o->native,
                         o->version, h->clock, o->key[0] ? " key=" : "", o->key);
        if (o->applied)
            n += snprintf(line + n, sizeof line - (size_t)n, " after=%ld", o->applied);
        for (size_t f = 0; f < FIELDS; f++)
            n += snprintf(line + n, sizeof line - (size_t)n, o->values[f][0] ? "%s\"%s\":\"%s\"" : "%s\"%s\":null",
                          f ? "," : " {", fields[o->entity][f], o->values[f]);
        snprintf(line + n, sizeof line - (size_t)n, "}");
        push(h, &s->changes, line);
        return;
    }
}

static void take_fields(struct object *o, const char *json)
{
    for (size_t f = 0; f < FIELDS; f++) {
        char name[32];
        int n = snprintf(name, sizeof name, "\"%s\":", fields[o->entity][f]);
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
static void apply(struct history *h, int system, const char *line)
{
    char key[48], native[16], answer[LINE_MAX_BYTES];
    long revision;
    if (sscanf(line, "%47s #%ld %15s", key, &revision, native) != 3) {
        wrong(h, "a command that nobody understands", line);
        return;
    }
    struct system *s = &h->systems[system];
    int entity = strstr(key, ":product:") ? PRODUCT : strstr(key, ":contact:") ? CONTACT : ACCOUNT;
    struct object *o = find(s, entity, NULL, key);
    if (!o && strcmp(native, "new"))
        o = find(s, entity, native, NULL);
    if ((!o || revision > o->applied) && !roll(h, 15)) {
        snprintf(answer, sizeof answer, "%s refused %s #%ld NO", systems[system], key, revision);
        push(h, &s->outcomes, answer);
        return;
    }
    if (!o)
        o = add(h, system, entity);
    if (!o)
        return;
    if (revision < o->applied) {
        snprintf(answer, sizeof answer, "%s stale %s #%ld", systems[system], key, o->applied);
        push(h, &s->outcomes, answer);
        return;
    }
    if (revision > o->applied) {
        take_fields(o, strchr(line, '{'));
        touch(h, o);
    }
    o->applied = revision;
    snprintf(o->key, sizeof o->key, "%s", key);
    snprintf(answer, sizeof answer, "%s done %s #%ld %s v=%06ld %s", systems[system], key, revision, o->native, o->version,
             strchr(line, '{'));
    push(h, &s->outcomes, answer);
}

static void carry_out(struct history *h, int system)
{
    struct queue *q = &h->systems[system].commands;
    if (empty(q))
        return;
    apply(h, system, q->lines[q->first]);
    q->first += roll(h, 10) ? 1 : 0; /* or it comes again */
}

/* ---- the router ---- */

/* Commands among the answer's lines go to their systems: "sf KEY #REVISION NATIVE {…}". */
static void publish(struct history *h, const char *answer)
{
    while (*answer) {
        char line[LINE_MAX_BYTES];
        size_t n = strcspn(answer, "\n");
        snprintf(line, sizeof line, "%.*s", (int)n, answer);
        answer += n + (answer[n] == '\n');
        for (int s = 0; s < SYSTEMS; s++) {
            size_t head = strlen(systems[s]);
            if (strncmp(line, systems[s], head) == 0 && line[head] == ' ')
                push(h, &h->systems[s].commands, line + head + 1);
        }
    }
}

static void say(struct history *h, const char *line, bool commit)
{
    const char *answer;
    struct err err = {0};
    if (rehearsal_say(&h->at, text_of(line), commit, &answer, &err)) {
        wrong(h, line, err.text);
        return;
    }
    if (h->loud)
        printf("%s%s\n%s", line, commit ? "" : "   (killed before it commits)", answer);
    publish(h, answer);
}

static void tell_router(struct history *h, struct queue *q)
{
    if (empty(q))
        return;
    if (!roll(h, 10))
        say(h, q->lines[q->first], false);
    say(h, q->lines[q->first], true);
    q->first += roll(h, 12) ? 1 : 0;
}

/* ---- a history ---- */

static void step(struct history *h)
{
    int system = (int)roll(h, SYSTEMS);
    char line[32];
    h->clock++;
    switch (roll(h, 12)) {
    case 0:
    case 1:
        edit(h);
        break;
    case 2:
    case 3:
        capture(h, system);
        break;
    case 4:
    case 5:
        tell_router(h, &h->systems[system].changes);
        break;
    case 6:
    case 7:
        carry_out(h, system);
        break;
    case 8:
    case 9:
    case 10:
        tell_router(h, &h->systems[system].outcomes);
        break;
    default:
        snprintf(line, sizeof line, "wait %d", roll(h, 3) ? 1 : 70);
        if (!roll(h, 4))
            say(h, line, true);
    }
}

static bool quiet(const struct history *h)
{
    for (int s = 0; s < SYSTEMS; s++) {
        const struct system *it = &h->systems[s];
        for (size_t i = 0; i < it->count; i++)
            if (it->objects[i].dirty)
                return false;
        if (!empty(&it->changes) || !empty(&it->commands) || !empty(&it->outcomes))
            return false;
    }
    return true;
}

static void settle(struct history *h)
{
    for (int round = 0; round < ROUNDS_MAX && !quiet(h) && !h->trouble[0]; round++) {
        int system = (int)roll(h, SYSTEMS);
        h->clock++;
        capture(h, system);
        tell_router(h, &h->systems[system].changes);
        carry_out(h, system);
        tell_router(h, &h->systems[system].outcomes);
    }
    if (!quiet(h))
        wrong(h, "it never becomes quiet", "");
}

/* ---- what must hold in the end ---- */

static const char *value_of(struct history *h, const struct record *r, uint32_t field, char out[VALUE_MAX])
{
    struct value value;
    struct err err;
    out[0] = 0;
    if (field_mask_has(&r->present, field) && !record_value(r, field, &h->at.arena, &value, &err) && value.kind == VALUE_TEXT)
        snprintf(out, VALUE_MAX, "%.*s", TEXT_ARG(value.text));
    return out;
}

/* A reference as the record's key. */
static void in_records_form(struct history *h, int system, const struct object *o, size_t f, char out[VALUE_MAX])
{
    int64_t place;
    struct record *r;
    struct err err;
    const struct entity *account = schema_find(h->at.schema, text_of("account"));
    snprintf(out, VALUE_MAX, "%s", o->values[f]);
    if (o->entity != CONTACT || f || !out[0])
        return;
    if (h->store->ops->find_link(h->store, system, account, text_of(o->values[f]), &place, &err) != 1 ||
        h->store->ops->load(h->store, place, &r, &err)) {
        snprintf(out, VALUE_MAX, "?%s", o->values[f]);
        return;
    }
    snprintf(out, VALUE_MAX, "%.*s", TEXT_ARG(r->key));
    record_free(r);
}

static void check_field(struct history *h, const struct record *r, int system, const struct object *o, size_t f)
{
    const struct entity_rule *rule = rules_of(h->rules, r->entity);
    const struct field *field = entity_field(r->entity, text_of(fields[o->entity][f]));
    const struct view *v = &r->views[system];
    bool sets = rule->fields[field->index].set & system_bit(system);
    char detail[512], has[VALUE_MAX], shown[VALUE_MAX];
    value_of(h, r, field->index, has);
    if (!sets && !field_mask_has(&r->present, field->index))
        return; /* its owner has not said anything yet */
    if (!sets && (!field_mask_has(&rule->flow_known[system], field->index) || field_mask_has(&v->refused, field->index)))
        return;
    if (v->rejected || v->waits)
        return; /* it would not take it, or what it refers to */
    in_records_form(h, system, o, f, shown);
    snprintf(detail, sizeof detail, "%s %s.%s is \"%s\", the record %.*s has \"%s\"", systems[system], o->native,
             fields[o->entity][f], shown, TEXT_ARG(r->key), has);
    if (strcmp(has, shown))
        wrong(h, "a difference", detail);
}

/* Whether there is something to tell a system that has no object of the record. */
static bool something_for(struct history *h, const struct record *r, int system)
{
    struct field_mask flow = rules_of(h->rules, r->entity)->flow_new[system];
    char value[VALUE_MAX];
    for (int f = field_mask_next(&flow, 0); f >= 0; f = field_mask_next(&flow, f + 1))
        if (value_of(h, r, (uint32_t)f, value)[0])
            return true;
    return false;
}

static void check_object(struct history *h, int system, const struct object *o)
{
    const struct entity *e = schema_find(h->at.schema, text_of(entities[o->entity]));
    struct record *r;
    struct err err;
    int64_t place;
    if (h->store->ops->find_link(h->store, system, e, text_of(o->native), &place, &err) != 1) {
        wrong(h, "an object that is no record", o->native);
        return;
    }
    if (h->store->ops->load(h->store, place, &r, &err)) {
        wrong(h, "a record that cannot be read", err.text);
        return;
    }
    const struct view *v = &r->views[system];
    if (!text_is(record_text(r, v->native), o->native))
        wrong(h, "a second object of one record", o->native);
    if (v->flight || v->deferred || v->creating)
        wrong(h, "something is still under way", o->native);
    for (size_t f = 0; f < FIELDS; f++)
        check_field(h, r, system, o, f);
    for (int s = 0; s < SYSTEMS; s++)
        if (!r->views[s].native.n && !r->views[s].rejected && !r->views[s].waits && something_for(h, r, s))
            wrong(h, "a record that a target has not got", o->native);
    record_free(r);
}

static void check(struct history *h)
{
    struct store_counts counts;
    struct err err;
    for (int s = 0; s < SYSTEMS; s++)
        for (size_t i = 0; i < h->systems[s].count; i++)
            check_object(h, s, &h->systems[s].objects[i]);
    if (h->store->ops->counts(h->store, &counts, &err))
        wrong(h, "the store", err.text);
    else if (!counts.held[HELD_REJECTED] && (counts.waiting || counts.held[HELD_UNKNOWN] || counts.held[HELD_WAITING]))
        wrong(h, "something is still waiting", ""); /* and nothing that was refused is to blame */
}

static void must(int rc, const struct err *err)
{
    if (!rc)
        return;
    fprintf(stderr, "%s\n", err->text);
    exit(2);
}

/* Whether the history ended as it must. */
static bool run(const struct schema *schema, uint64_t seed, bool loud)
{
    struct history *h = calloc(1, sizeof *h);
    struct err err = {0};
    if (!h)
        exit(2);
    h->dice = seed;
    h->loud = loud;
    must(rules_parse(&h->rules, "rules.cfg", text_of(rules_texts[seed % RULES]), schema, systems, SYSTEMS, NULL, &err), &err);
    must(store_memory_open(&h->store, systems, SYSTEMS, &err), &err);
    must(rehearsal_start(&h->at, h->rules, h->store, &err), &err);
    for (int i = 0; i < STEPS && !h->trouble[0]; i++)
        step(h);
    settle(h);
    for (int i = 0; i < 3 && !h->trouble[0]; i++) {
        say(h, "wait 100", true);
        settle(h);
    }
    if (!h->trouble[0])
        check(h);
    bool well = !h->trouble[0];
    if (!well)
        printf("seed %llu: %s\n", (unsigned long long)seed, h->trouble);
    for (int s = 0; s < SYSTEMS; s++) {
        clear(&h->systems[s].changes);
        clear(&h->systems[s].commands);
        clear(&h->systems[s].outcomes);
    }
    rehearsal_end(&h->at);
    h->store->ops->close(h->store);
    rules_free(h->rules);
    free(h);
    return well;
}

int main(int argc, char **argv)
{
    static const char *const folders[] = {"proto/entities"};
    uint64_t from = argc > 1 ? strtoull(argv[1], NULL, 10) : 1, count = argc > 2 ? strtoull(argv[2], NULL, 10) : 1, failed = 0;
    struct schema *schema;
    struct err err = {0};
    must(schema_load(&schema, folders, 1, &err), &err);
    for (uint64_t seed = from; seed < from + count && failed < 5; seed++)
        failed += !run(schema, seed, argc == 2);
    schema_free(schema);
    printf("%llu histories from seed %llu, %llu failed\n", (unsigned long long)count, (unsigned long long)from,
           (unsigned long long)failed);
    return failed ? 1 : 0;
}
