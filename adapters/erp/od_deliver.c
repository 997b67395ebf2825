/* Delivery: a new object by load(), so that its external id comes with it; one that we know by write(). */
#include "od.h"

#include <stdio.h>

/* ---- what a mapping says in words and Odoo wants as an id ---- */

static bool take(struct value *vals, const char *name, struct value *out)
{
    for (uint32_t i = 0; i < vals->count; i++) {
        if (!text_is(vals->members[i].name, name))
            continue;
        *out = vals->members[i].value;
        memmove(&vals->members[i], &vals->members[i + 1], (vals->count - i - 1) * sizeof *vals->members);
        vals->count--;
        return true;
    }
    return false;
}

static int64_t country_id(struct session *s, struct text code)
{
    const struct od_state *st = s->state;
    for (size_t i = 0; i < st->country_count; i++)
        if (text_is(code, st->countries[i].code))
            return st->countries[i].id;
    return 0;
}

/* A region by its code or name within the country; one that Odoo does not know is left out. */
static int state_id(struct session *s, const struct command *c, int64_t country, struct text region, int64_t *id,
                    struct err *err)
{
    struct arena *a = c->arena;
    struct value rows, kwargs = value_map(a, 0);
    struct value domain =
        od_list(a, 4, od_term(a, "country_id", "=", value_int(country)), value_string("|"),
                od_term(a, "code", "=", value_text(region)), od_term(a, "name", "=ilike", value_text(region)));
    value_set(a, &kwargs, text_of("limit"), value_int(1));
    *id = 0;
    if (!country || !region.n)
        return 0;
    int rc = od_ask(s, call_priority_of(c->entity), "res.country.state", "search", od_list(a, 1, domain), &kwargs, a,
                    &rows, err);
    if (rc == 0 && rows.kind == VALUE_LIST && rows.count)
        *id = od_many2one(&rows.items[0]);
    return rc;
}

static struct value id_or_null(int64_t id)
{
    return id ? value_int(id) : value_null();
}

static int resolve_country(struct session *s, const struct command *c, struct value *vals, struct err *err)
{
    struct value code, region = value_null();
    int64_t state = 0;
    bool has_region = take(vals, "region", &region);
    if (!take(vals, "country_code", &code))
        return 0;
    int64_t country = code.kind == VALUE_TEXT ? country_id(s, code.text) : 0;
    int rc = has_region && region.kind == VALUE_TEXT ? state_id(s, c, country, region.text, &state, err) : 0;
    value_set(c->arena, vals, text_of("country_id"), id_or_null(country));
    if (has_region)
        value_set(c->arena, vals, text_of("state_id"), id_or_null(state));
    return rc;
}

static int resolve_list(struct session *s, const struct command *c, struct value *vals, struct err *err)
{
    struct value list, currency = value_null();
    int64_t id;
    take(vals, "currency", &currency);
    if (!take(vals, "list", &list))
        return 0;
    if (list.kind != VALUE_TEXT || !text_is(list.text, "standard"))
        return err_set(err, ERR_INVALID, "price list \"%.*s\" is not mapped to a price list of Odoo",
                       TEXT_ARG(value_text_at(c->fields, "list")));
    int rc = od_standard_list(s, c, currency.kind == VALUE_TEXT ? currency.text : (struct text){0}, &id, err);
    if (rc == 0)
        value_set(c->arena, vals, text_of("pricelist_id"), value_int(id));
    return rc;
}

/* A new order gets a price list in its currency. */
static int resolve_currency(struct session *s, const struct command *c, struct value *vals, struct err *err)
{
    struct value currency;
    int64_t id;
    if (!take(vals, "currency", &currency) || currency.kind != VALUE_TEXT || c->native.n)
        return 0;
    int rc = od_list_in(s->state, currency.text, &id, err);
    if (rc == 0 && id)
        value_set(c->arena, vals, text_of("pricelist_id"), value_int(id));
    return rc;
}

/* A product that is kept in stock: said differently from version to version (stock: product.py). */
static void add_storable(struct session *s, const struct command *c, struct value *vals)
{
    const struct od_state *st = s->state;
    if (st->major >= 18) {
        value_set(c->arena, vals, text_of("type"), value_string("consu"));
        value_set(c->arena, vals, text_of("is_storable"), value_bool(true));
    } else {
        value_set(c->arena, vals, text_of(st->major >= 15 ? "detailed_type" : "type"), value_string("product"));
    }
}

/* A reference to another object is a number in Odoo. */
static void number_references(struct value *vals)
{
    for (uint32_t i = 0; i < vals->count; i++) {
        struct member *m = &vals->members[i];
        int64_t id;
        bool relation = m->name.n > 3 && memcmp(m->name.p + m->name.n - 3, "_id", 3) == 0;
        if (relation && m->value.kind == VALUE_TEXT && od_id(m->value.text, &id))
            m->value = value_int(id);
    }
}

/* write() wants false where there is nothing (load() an empty cell). */
static struct value for_write(struct arena *a, const struct value *vals)
{
    struct value out = value_copy(a, vals);
    for (uint32_t i = 0; i < out.count; i++)
        if (out.members[i].value.kind == VALUE_NULL)
            out.members[i].value = value_bool(false);
    return out;
}

int od_vals(struct session *s, const struct command *c, struct value *vals, struct err *err)
{
    int rc = mapping_out(s->mapping, c->entity, c->fields, !c->native.n, c->arena, vals, err);
    if (rc == 0)
        rc = resolve_country(s, c, vals, err);
    if (rc == 0 && strcmp(c->entity, "price") == 0)
        rc = resolve_list(s, c, vals, err);
    if (rc == 0 && strcmp(c->entity, "order") == 0)
        rc = resolve_currency(s, c, vals, err);
    if (rc == 0 && strcmp(c->entity, "product") == 0 && !c->native.n)
        add_storable(s, c, vals);
    if (rc == 0)
        number_references(vals);
    return rc;
}

/* ---- writing and reading back ---- */

enum delivery od_read_back(struct session *s, const struct command *c, int64_t id, struct delivery_result *r)
{
    struct err err = {0};
    struct value objects, ids = od_ids(c->arena, id);
    if (od_read(s, call_priority_of(c->entity), c->entity, &ids, c->arena, &objects, &err) < 0)
        return delivery_retry(r, 0, true, "written, but not read back: %s", err.text);
    if (!objects.count)
        return delivery_refused(r, REFUSAL_CONFLICT, "the object was deleted in Odoo");
    return delivery_done(r, arena_printf(c->arena, "%lld", (long long)id), objects.items[0]);
}

/* A partner below another is loaded as a child of that one: where it is loaded by itself with its parent, Odoo 18 and
 * 19 copy the parent's credit limit as the user, who may not read it without rights in accounting (res_partner.py,
 * _load_records_create). */
static int create_object(struct session *s, const struct command *c, const struct value *vals, struct od_reply *reply,
                         int64_t *id, struct err *err)
{
    const char *model = mapping_object(s->mapping, c->entity);
    enum call_priority p = call_priority_of(c->entity);
    struct value rest = value_copy(c->arena, vals), parent_id;
    if (take(&rest, "parent_id", &parent_id) && parent_id.kind == VALUE_INT) {
        struct od_parent parent = {parent_id.integer, "child_ids"};
        return od_load_child(s, p, model, &parent, c->key, &rest, c->arena, reply, id, err);
    }
    return od_load(s, p, model, c->key, &rest, NULL, c->arena, reply, id, err);
}

static int write_object(struct session *s, const struct command *c, const struct value *vals, struct od_reply *reply,
                        int64_t *id, struct err *err)
{
    const char *model = mapping_object(s->mapping, c->entity);
    struct arena *a = c->arena;
    if (!c->native.n)
        return create_object(s, c, vals, reply, id, err);
    if (!od_id(c->native, id))
        return err_set(err, ERR_INVALID, "\"%.*s\" is no Odoo id", TEXT_ARG(c->native));
    *reply = (struct od_reply){0};
    if (!vals->count)
        return 0;
    return od_call(s, call_priority_of(c->entity), model, "write", od_list(a, 2, od_ids(a, *id), for_write(a, vals)),
                   NULL, a, reply, err);
}

static enum delivery deliver_object(struct session *s, const struct command *c, struct delivery_result *r)
{
    struct err err = {0};
    struct value vals;
    struct od_reply reply;
    int64_t id = 0;
    int rc = od_vals(s, c, &vals, &err);
    if (rc == 0)
        rc = write_object(s, c, &vals, &reply, &id, &err);
    if (rc < 0)
        return od_call_failed(r, &err);
    return reply.fault != OD_FAULT_NONE ? od_failed(r, &reply) : od_read_back(s, c, id, r);
}

enum delivery od_deliver(struct session *s, const struct command *c, struct delivery_result *r)
{
    if (c->message->op == OP_DELETE)
        return delivery_refused(r, REFUSAL_UNSUPPORTED, "objects are not deleted in Odoo; archive them");
    if (strcmp(c->entity, "order") == 0)
        return od_deliver_order(s, c, r);
    if (strcmp(c->entity, "inventory") == 0)
        return od_deliver_stock(s, c, r);
    return deliver_object(s, c, r);
}
