/* Delivery of stock: the counted quantity is written to the quant and then applied, as a person does in the inventory
 * screen (stock.quant: inventory_quantity, action_apply_inventory). The field `quantity` is never written. */
#include "od.h"

#include <stdio.h>

struct stock {
    struct session *s;
    const struct command *c;
    const struct od_location *at;
    int64_t product, quant;
};

static const struct od_location *location_named(const struct od_state *st, struct text name)
{
    for (size_t i = 0; i < st->location_count; i++)
        if (text_is(name, st->locations[i].name))
            return &st->locations[i];
    return NULL;
}

static struct value inventory_mode(struct arena *a)
{
    struct value context = value_map(a, 0), kwargs = value_map(a, 0);
    value_set(a, &context, text_of("inventory_mode"), value_bool(true));
    value_set(a, &kwargs, text_of("context"), context);
    return kwargs;
}

static int find_quant(struct stock *k, struct err *err)
{
    struct arena *a = k->c->arena;
    struct value rows;
    struct value domain =
        od_list(a, 4, od_term(a, "product_id", "=", value_int(k->product)),
                od_term(a, "location_id", "=", value_int(k->at->id)), od_term(a, "lot_id", "=", value_bool(false)),
                od_term(a, "package_id", "=", value_bool(false)));
    int rc = od_ask(k->s, CALL_STOCK, "stock.quant", "search", od_list(a, 1, domain), NULL, a, &rows, err);
    if (rc == 0 && rows.kind == VALUE_LIST && rows.count)
        k->quant = od_many2one(&rows.items[0]);
    return rc;
}

static int write_count(struct stock *k, const struct value *quantity, struct od_reply *reply, struct err *err)
{
    struct arena *a = k->c->arena;
    struct value vals = value_map(a, 0), kwargs = inventory_mode(a);
    value_set(a, &vals, text_of("inventory_quantity"), *quantity);
    if (k->quant)
        return od_call(k->s, CALL_STOCK, "stock.quant", "write", od_list(a, 2, od_ids(a, k->quant), vals), &kwargs, a,
                       reply, err);
    value_set(a, &vals, text_of("product_id"), value_int(k->product));
    value_set(a, &vals, text_of("location_id"), value_int(k->at->id));
    int rc = od_call(k->s, CALL_STOCK, "stock.quant", "create", od_list(a, 1, vals), &kwargs, a, reply, err);
    if (rc == 0 && reply->fault == OD_FAULT_NONE)
        k->quant = od_many2one(&reply->result);
    return rc;
}

/* Where the quantity has moved since it was counted, Odoo applies nothing and answers a wizard to ask a person. */
static int apply(struct stock *k, struct od_reply *reply, struct err *err)
{
    struct arena *a = k->c->arena;
    struct value kwargs = inventory_mode(a);
    int rc = od_call(k->s, CALL_STOCK, "stock.quant", "action_apply_inventory", od_list(a, 1, od_ids(a, k->quant)),
                     &kwargs, a, reply, err);
    if (rc == 0 && reply->fault == OD_FAULT_NONE && reply->result.kind == VALUE_MAP) {
        reply->fault = OD_FAULT_RETRY;
        snprintf(reply->words, sizeof reply->words, "the quantity moved while it was being set");
    }
    return rc;
}

static enum delivery read_back(struct stock *k, struct delivery_result *r)
{
    struct err err = {0};
    struct value objects, ids = od_ids(k->c->arena, k->product);
    struct text native = arena_printf(k->c->arena, "%lld@%lld", (long long)k->product, (long long)k->at->id);
    if (od_read_stock(k->s, CALL_STOCK, &ids, k->at, k->c->arena, &objects, &err) < 0 || !objects.count)
        return delivery_retry(r, 0, true, "written, but not read back: %s", err.text);
    return delivery_done(r, native, objects.items[0]);
}

/* The product and location, from the fields of a new record or from the native id of a known one. */
static bool identify(struct stock *k)
{
    struct od_state *st = k->s->state;
    struct text product, location;
    int64_t id;
    if (!k->c->native.n) {
        k->at = location_named(st, value_text_at(k->c->fields, "location"));
        return k->at && od_id(value_text_at(k->c->fields, "product"), &k->product);
    }
    if (!text_split(k->c->native, '@', &product, &location) || !od_id(product, &k->product) || !od_id(location, &id))
        return false;
    for (size_t i = 0; i < st->location_count; i++)
        if (st->locations[i].id == id)
            k->at = &st->locations[i];
    return k->at != NULL;
}

enum delivery od_deliver_stock(struct session *s, const struct command *c, struct delivery_result *r)
{
    struct stock k = {.s = s, .c = c};
    struct od_reply reply = {.result = value_null()};
    struct err err = {0};
    struct value vals;
    if (!identify(&k))
        return delivery_refused(r, REFUSAL_MISSING,
                                "stock needs a product and a location that the setting locations names");
    int rc = od_vals(s, c, &vals, &err);
    const struct value *quantity = rc == 0 ? value_get(&vals, "inventory_quantity") : NULL;
    if (rc == 0 && !quantity)
        return read_back(&k, r);
    if (rc == 0)
        rc = find_quant(&k, &err);
    if (rc == 0)
        rc = write_count(&k, quantity, &reply, &err);
    if (rc == 0 && reply.fault == OD_FAULT_NONE)
        rc = apply(&k, &reply, &err);
    if (rc < 0)
        return od_call_failed(r, &err);
    return reply.fault != OD_FAULT_NONE ? od_failed(r, &reply) : read_back(&k, r);
}
