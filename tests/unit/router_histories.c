/* Random histories: people edit objects in three systems while commands, changes and outcomes are late, doubled and in
 * any order between systems, and the router is killed between publishing and committing. When all is quiet, every
 * system must hold what the rules say, each record one object a system, and nothing may be waiting. A history is its
 * seed: router_histories SEED repeats it with every line; router_histories FROM COUNT runs many. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_text.h"
#include "router/rehearsal.h"
#include "router_model.h"

#define STEPS 70
#define ROUNDS_MAX 4000
#define VALUE_MAX 64

static const char *const rules_texts[] = {
    "account: { shared = [\"sf\", \"shop\"]; conflict = \"latest\"; to = [\"erp\"]; };\n"
    "product: { owner = \"sf\"; to = [\"shop\", \"erp\"]; };\n"
    "contact: { owner = \"sf\"; to = [\"shop\", \"erp\"]; };\n",
    "account: { shared = [\"sf\", \"shop\"]; conflict = \"shop\"; to = [\"erp\"];\n"
    "  fields: { website: { owner = \"erp\"; to = [\"sf\", \"shop\"]; };\n"
    "    tax_id: { owner = \"sf\"; to = [\"erp\"]; }; }; };\n"
    "product: { owner = \"sf\"; to = [\"shop\", \"erp\"];\n"
    "  fields: { category: { owner = \"shop\"; to = [\"sf\"]; };\n"
    "    unit: { shared = [\"sf\", \"erp\"]; conflict = \"hold\"; to = [\"shop\"]; }; }; };\n"
    "contact: { shared = [\"sf\", \"erp\"]; conflict = \"erp\"; to = [\"shop\"]; };\n",
    "account: { shared = [\"sf\", \"shop\", \"erp\"]; conflict = \"latest\"; };\n"
    "product: { owner = \"sf\"; to: { shop: { }; erp: { when = \"create\"; }; };\n"
    "  fields: { barcode: { to: { shop: { when = \"update\"; }; }; };\n"
    "    category: { owner = \"shop\"; seed = \"sf\"; to = [\"erp\"]; }; }; };\n"
    "contact: { shared = [\"sf\", \"shop\"]; conflict = \"latest\"; to = [\"erp\"]; };\n",
};
#define RULES (sizeof rules_texts / sizeof *rules_texts)

struct history {
    struct model model;
    bool loud;
    struct rules *rules;
    struct store *store;
    struct rehearsal at;
};

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
            size_t head = strlen(model_systems[s]);
            if (strncmp(line, model_systems[s], head) == 0 && line[head] == ' ')
                model_push(&h->model, &h->model.systems[s].commands, line + head + 1);
        }
    }
}

static void say(struct history *h, const char *line, bool commit)
{
    const char *answer;
    struct err err = {0};
    if (rehearsal_say(&h->at, text_of(line), commit, &answer, &err)) {
        model_wrong(&h->model, line, err.text);
        return;
    }
    if (h->loud)
        printf("%s%s\n%s", line, commit ? "" : "   (killed before it commits)", answer);
    publish(h, answer);
}

static void tell_router(struct history *h, struct queue *q)
{
    if (queue_is_empty(q))
        return;
    if (!model_roll(&h->model, 10))
        say(h, q->lines[q->first], false);
    say(h, q->lines[q->first], true);
    q->first += model_roll(&h->model, 12) ? 1 : 0;
}

/* ---- a history ---- */

static void step(struct history *h)
{
    int system = (int)model_roll(&h->model, SYSTEMS);
    char line[32];
    h->model.clock++;
    switch (model_roll(&h->model, 12)) {
    case 0:
    case 1:
        model_edit(&h->model);
        break;
    case 2:
    case 3:
        model_capture(&h->model, system);
        break;
    case 4:
    case 5:
        tell_router(h, &h->model.systems[system].changes);
        break;
    case 6:
    case 7:
        model_carry_out(&h->model, system);
        break;
    case 8:
    case 9:
    case 10:
        tell_router(h, &h->model.systems[system].outcomes);
        break;
    default:
        snprintf(line, sizeof line, "wait %d", model_roll(&h->model, 3) ? 1 : 70);
        if (!model_roll(&h->model, 4))
            say(h, line, true);
    }
}

static void settle(struct history *h)
{
    for (int round = 0; round < ROUNDS_MAX && !model_is_quiet(&h->model) && !h->model.trouble[0]; round++) {
        int system = (int)model_roll(&h->model, SYSTEMS);
        h->model.clock++;
        model_capture(&h->model, system);
        tell_router(h, &h->model.systems[system].changes);
        model_carry_out(&h->model, system);
        tell_router(h, &h->model.systems[system].outcomes);
    }
    if (!model_is_quiet(&h->model))
        model_wrong(&h->model, "it never becomes quiet", "");
}

/* ---- what must hold in the end ---- */

static const char *value_of(struct history *h, const struct record *r, uint32_t field, char out[VALUE_MAX])
{
    struct value value;
    struct err err;
    out[0] = 0;
    if (field_mask_has(&r->present, field) && !record_value(r, field, &h->at.arena, &value, &err) &&
        value.kind == VALUE_TEXT)
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
    const struct field *field = entity_field(r->entity, text_of(model_fields[o->entity][f]));
    const struct view *v = &r->views[system];
    bool sets = rule->fields[field->index].set & system_bit(system);
    char detail[512], has[VALUE_MAX], shown[VALUE_MAX];
    value_of(h, r, field->index, has);
    if (!sets && !field_mask_has(&r->present, field->index))
        return; /* its owner has not said anything yet */
    if (!sets &&
        (!field_mask_has(&rule->flow_known[system], field->index) || field_mask_has(&v->refused, field->index)))
        return;
    if (v->rejected || v->waits)
        return; /* it would not take it, or what it refers to */
    in_records_form(h, system, o, f, shown);
    snprintf(detail, sizeof detail, "%s %s.%s is \"%s\", the record %.*s has \"%s\"", model_systems[system], o->native,
             model_fields[o->entity][f], shown, TEXT_ARG(r->key), has);
    if (strcmp(has, shown))
        model_wrong(&h->model, "a difference", detail);
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
    const struct entity *e = schema_find(h->at.schema, text_of(model_entities[o->entity]));
    struct record *r;
    struct err err;
    int64_t place;
    if (h->store->ops->find_link(h->store, system, e, text_of(o->native), &place, &err) != 1) {
        model_wrong(&h->model, "an object that is no record", o->native);
        return;
    }
    if (h->store->ops->load(h->store, place, &r, &err)) {
        model_wrong(&h->model, "a record that cannot be read", err.text);
        return;
    }
    const struct view *v = &r->views[system];
    if (!text_is(record_text(r, v->native), o->native))
        model_wrong(&h->model, "a second object of one record", o->native);
    if (v->flight || v->deferred || v->creating)
        model_wrong(&h->model, "something is still under way", o->native);
    for (size_t f = 0; f < FIELDS; f++)
        check_field(h, r, system, o, f);
    for (int s = 0; s < SYSTEMS; s++)
        if (!r->views[s].native.n && !r->views[s].rejected && !r->views[s].waits && something_for(h, r, s))
            model_wrong(&h->model, "a record that a target has not got", o->native);
    record_free(r);
}

static void check(struct history *h)
{
    struct store_counts counts;
    struct err err;
    for (int s = 0; s < SYSTEMS; s++)
        for (size_t i = 0; i < h->model.systems[s].count; i++)
            check_object(h, s, &h->model.systems[s].objects[i]);
    if (h->store->ops->counts(h->store, &counts, &err))
        model_wrong(&h->model, "the store", err.text);
    else if (!counts.held[HELD_REJECTED] && (counts.waiting || counts.held[HELD_UNKNOWN] || counts.held[HELD_WAITING]))
        model_wrong(&h->model, "something is still waiting", ""); /* and nothing that was refused is to blame */
}

static void must(int rc, const struct err *err)
{
    if (!rc)
        return;
    fprintf(stderr, "%s\n", err->text);
    exit(2);
}

static void allow(struct history *h, const struct schema *schema)
{
    for (int e = 0; e < ENTITIES; e++) {
        const struct entity_rule *rule = rules_of(h->rules, schema_find(schema, text_of(model_entities[e])));
        for (int s = 0; s < SYSTEMS; s++)
            h->model.may_make[e][s] = rule->create & system_bit(s);
    }
}

/* Whether the history ended as it must. */
static bool run(const struct schema *schema, uint64_t seed, bool loud)
{
    struct history *h = calloc(1, sizeof *h);
    struct err err = {0};
    if (!h)
        exit(2);
    h->model.dice = seed;
    h->loud = loud;
    struct text rules = text_of(rules_texts[seed % RULES]);
    must(rules_parse(&h->rules, "rules.cfg", rules, schema, model_systems, SYSTEMS, NULL, &err), &err);
    allow(h, schema);
    must(store_memory_open(&h->store, model_systems, SYSTEMS, &err), &err);
    must(rehearsal_start(&h->at, h->rules, h->store, &err), &err);
    for (int i = 0; i < STEPS && !h->model.trouble[0]; i++)
        step(h);
    settle(h);
    for (int i = 0; i < 3 && !h->model.trouble[0]; i++) {
        say(h, "wait 100", true);
        settle(h);
    }
    if (!h->model.trouble[0])
        check(h);
    bool well = !h->model.trouble[0];
    if (!well)
        printf("seed %llu: %s\n", (unsigned long long)seed, h->model.trouble);
    model_release(&h->model);
    rehearsal_end(&h->at);
    h->store->ops->close(h->store);
    rules_free(h->rules);
    free(h);
    return well;
}

int main(int argc, char **argv)
{
    static const char *const folders[] = {"proto/entities"};
    uint64_t from = argc > 1 ? strtoull(argv[1], NULL, 10) : 1, count = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
    uint64_t failed = 0;
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
