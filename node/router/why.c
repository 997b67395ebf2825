#include "why.h"

#include "base/json_text.h"
#include "decide.h"
#include "identity.h"

#define HELD_LOOKED_AT 10000

static void write_pair(struct buf *out, const char *name, struct text value)
{
    buf_printf(out, "\"%s\":", name);
    json_write_string(out, value);
}

static void write_systems(struct buf *out, const struct record *r, const struct store *store)
{
    buf_string(out, ",\"systems\":{");
    for (uint32_t s = 0; s < r->system_count; s++) {
        const struct view *v = &r->views[s];
        buf_printf(out, "%s\"%s\":{", s ? "," : "", store->systems[s]);
        write_pair(out, "native", record_text(r, v->native));
        buf_char(out, ',');
        write_pair(out, "version", record_text(r, v->version));
        buf_printf(out, ",\"in_flight\":%lld,\"waits\":%s,\"rejected\":%s}", (long long)v->flight,
                   v->waits ? "true" : "false", v->rejected ? "true" : "false");
    }
    buf_char(out, '}');
}

/* ---- one field in one system ---- */

static const char *not_told(const struct record *r, const struct entity_rule *e, int system)
{
    const struct view *v = &r->views[system];
    if (v->rejected)
        return "refused the last command";
    if (v->waits)
        return "waits";
    return decide_admits(e, system, r) ? "is not told yet" : "is not to have it";
}

/* NULL: the field has nothing to do with the system. */
static const char *standing(const struct record *r, const struct entity_rule *e, int system, uint32_t f)
{
    const struct view *v = &r->views[system];
    const struct stance *s = record_stance(r, system, f);
    const struct field_mask *flow = v->native.n ? e->flow_known : e->flow_new;
    bool plain = !field_mask_has(&e->refs, f);
    if (s->told_revision)
        return "is told, and has not answered yet";
    if (record_origin(r, &r->cells[f]).system == system)
        return "said it";
    if (field_mask_has(&v->settled, f) || (plain && field_mask_has(&v->has_seen, f) && s->seen == r->cells[f].hash))
        return "has it";
    if (field_mask_has(&v->refused, f))
        return "shows another value, which is refused";
    if (field_mask_has(&flow[system], f))
        return not_told(r, e, system);
    return field_mask_has(&v->has_seen, f) ? "shows another value" : NULL;
}

static void write_standings(struct buf *out, const struct record *r, const struct rules *rules, uint32_t f)
{
    const char *comma = "";
    buf_string(out, ",\"at\":{");
    for (size_t s = 0; s < rules_system_count(rules) && s < r->system_count; s++) {
        const char *words = standing(r, rules_of(rules, r->entity), (int)s, f);
        if (!words)
            continue;
        buf_printf(out, "%s\"%s\":\"%s\"", comma, rules_system_name(rules, (int)s), words);
        comma = ",";
    }
    buf_char(out, '}');
}

static void write_setter(struct buf *out, const struct record *r, const struct rules *rules, const struct store *store,
                         uint32_t f)
{
    char time[MOMENT_TEXT_MAX];
    struct origin o = record_origin(r, &r->cells[f]);
    const struct entity_rule *e = rules_of(rules, r->entity);
    buf_printf(out, "\"%.*s\":{\"system\":\"%s\",", TEXT_ARG(r->entity->fields[f].name),
               (size_t)o.system < store->system_count ? store->systems[o.system] : "");
    write_pair(out, "time", moment_format(o.at, time));
    buf_char(out, ',');
    write_pair(out, "message", o.message);
    if (e->ruled)
        buf_printf(out, ",\"rule\":\"%s:%d\"", e->fields[f].place.file, e->fields[f].place.line);
    write_standings(out, r, rules, f);
    buf_char(out, '}');
}

static int write_fields(struct buf *out, const struct record *r, const struct rules *rules, const struct store *store,
                        struct arena *a, struct err *err)
{
    struct value values = value_map(a, 0);
    const char *comma = "";
    for (int f = field_mask_next(&r->present, 0); f >= 0; f = field_mask_next(&r->present, f + 1)) {
        struct value v;
        int rc = record_value(r, (uint32_t)f, a, &v, err);
        if (rc)
            return rc;
        value_set(a, &values, r->entity->fields[f].name, v);
    }
    buf_string(out, ",\"fields\":");
    schema_write_masked(out, r->entity, &values);
    buf_string(out, ",\"set_by\":{");
    for (int f = field_mask_next(&r->present, 0); f >= 0; f = field_mask_next(&r->present, f + 1), comma = ",") {
        buf_string(out, comma);
        write_setter(out, r, rules, store, (uint32_t)f);
    }
    buf_char(out, '}');
    return 0;
}

struct about { /* held items about one record */
    struct buf *out;
    struct text key;
    const char *comma;
};

static int write_held(void *ctx, const struct held *h)
{
    struct about *about = ctx;
    if (!text_eq(h->key, about->key))
        return 0;
    buf_string(about->out, about->comma);
    about->comma = ",";
    held_json(about->out, h);
    return 0;
}

int why_write(struct buf *out, const struct record *r, const struct rules *rules, struct store *store, struct arena *a,
              struct err *err)
{
    struct about about = {out, r->key, ""};
    buf_char(out, '{');
    write_pair(out, "key", r->key);
    buf_printf(out, ",\"entity\":\"%.*s\",\"revision\":%lld", TEXT_ARG(r->entity->name), (long long)r->revision);
    write_systems(out, r, store);
    int rc = write_fields(out, r, rules, store, a, err);
    if (rc)
        return rc;
    buf_string(out, ",\"held\":[");
    rc = store->ops->each_held(store, HELD_LOOKED_AT, write_held, &about, err);
    buf_string(out, "]}\n");
    return rc;
}

/* ---- which record ---- */

static void add_place(int64_t places[WHY_FOUND_MAX], int *count, int64_t place)
{
    for (int i = 0; i < *count; i++)
        if (places[i] == place)
            return;
    if (*count < WHY_FOUND_MAX)
        places[(*count)++] = place;
}

static int find_native(struct store *store, const struct entity *e, struct text name, int64_t places[WHY_FOUND_MAX],
                       int *count, struct err *err)
{
    struct text head, tail;
    bool split = text_split(name, ':', &head, &tail);
    for (size_t s = 0; s < store->system_count; s++) {
        int64_t place;
        int rc = store->ops->find_link(store, (int)s, e, name, &place, err);
        if (rc == 0 && split && text_is(head, store->systems[s]))
            rc = store->ops->find_link(store, (int)s, e, tail, &place, err);
        if (rc < 0)
            return rc;
        if (rc > 0)
            add_place(places, count, place);
    }
    return 0;
}

static int find_value(struct store *store, const struct entity_rule *rule, struct text name, int64_t places[WHY_FOUND_MAX],
                      int *count, struct err *err)
{
    char normal[IDENTITY_VALUE_MAX];
    struct text value = identity_normal(name, normal);
    for (uint32_t i = 0; value.n && i < rule->match_count; i++) {
        int64_t found[WHY_FOUND_MAX];
        int n = store->ops->find_match(store, rule->entity, rule->match[i], value, found, WHY_FOUND_MAX, err);
        if (n < 0)
            return n;
        for (int k = 0; k < n; k++)
            add_place(places, count, found[k]);
    }
    return 0;
}

int why_find(struct store *store, const struct rules *rules, const struct entity *e, struct text name,
             int64_t places[WHY_FOUND_MAX], struct err *err)
{
    int count = 0, rc = store->ops->find_key(store, name, &places[0], err);
    if (rc || !e)
        return rc;
    rc = find_native(store, e, name, places, &count, err);
    if (!rc && !count)
        rc = find_value(store, rules_of(rules, e), name, places, &count, err);
    return rc < 0 ? rc : count;
}
