/* Delivery of an order: sale.order with its lines, then their taxes, then the step that its lifecycle asks for.
 *
 * Order and lines carry external ids and are written by one load(), which is one transaction; then action_confirm or
 * action_cancel. Each step looks at the state that the order is in, so that all may be repeated. A line that is gone
 * from the order is deleted while it is a quotation, and set to quantity 0 once it is confirmed (a confirmed line
 * cannot be deleted). Shipping is a line of the product that `shipping_product` names. */
#include "od.h"

#define PRIORITY CALL_ORDER

struct sale {
    struct session *s;
    const struct command *c;
    struct delivery_result *r;
    struct value vals;     /* of sale.order, without what stands below */
    struct value lines;    /* VALUE_LIST of vals with "key"; VALUE_NULL: the command says nothing about lines */
    struct value shipping; /* VALUE_LIST of {name, amount}; VALUE_NULL as above */
    struct value tax;      /* of the whole order; VALUE_NULL: not known */
    struct text lifecycle; /* empty: the command says nothing about it */
    int64_t id;            /* 0: not made yet */
    struct text state;     /* draft, sent, sale, done, cancel */
    struct value existing; /* the order as od_read gives it; VALUE_NULL when there is none */
};

static void split(struct sale *o, const struct value *vals)
{
    struct arena *a = o->c->arena;
    o->vals = value_map(a, 0);
    o->lines = o->shipping = o->tax = value_null();
    for (uint32_t i = 0; i < vals->count; i++) {
        const struct member *m = &vals->members[i];
        if (text_is(m->name, "lines"))
            o->lines = m->value;
        else if (text_is(m->name, "shipping_lines"))
            o->shipping = m->value;
        else if (text_is(m->name, "_tax"))
            o->tax = m->value;
        else if (text_is(m->name, "lifecycle"))
            o->lifecycle = m->value.kind == VALUE_TEXT ? m->value.text : (struct text){0};
        else
            value_set(a, &o->vals, m->name, m->value);
    }
}

static int load_existing(struct sale *o, struct err *err)
{
    struct value objects, ids = od_ids(o->c->arena, o->id);
    if (!o->id)
        return 0;
    int rc = od_read(o->s, PRIORITY, "order", &ids, o->c->arena, &objects, err);
    if (rc < 0)
        return rc;
    if (!objects.count)
        return err_set(err, ERR_INVALID, "the order was deleted in Odoo");
    o->existing = objects.items[0];
    o->state = value_text_at(&o->existing, "state");
    return 0;
}

/* ---- lines ---- */

static void add_shipping(struct sale *o, struct value *lines)
{
    const struct od_state *st = o->s->state;
    struct arena *a = o->c->arena;
    if (o->shipping.kind != VALUE_LIST || !st->shipping_product)
        return;
    for (uint32_t i = 0; i < o->shipping.count && i < 1;
         i++) { /* one method an order; more are summed by the mapping */
        struct value line = value_map(a, 0);
        value_set(a, &line, text_of("key"), value_string("shipping"));
        value_set(a, &line, text_of("product_id"), value_int(st->shipping_product));
        value_set(a, &line, text_of("name"), *value_get(&o->shipping.items[i], "name"));
        value_set(a, &line, text_of("product_uom_qty"), value_int(1));
        value_set(a, &line, text_of("price_unit"), *value_get(&o->shipping.items[i], "price_unit"));
        value_append(a, lines, line);
    }
}

static struct value all_lines(struct sale *o)
{
    struct arena *a = o->c->arena;
    struct value lines = value_list(a, 0);
    for (uint32_t i = 0; o->lines.kind == VALUE_LIST && i < o->lines.count; i++) {
        struct value line = value_copy(a, &o->lines.items[i]);
        const struct value *product = value_get(&line, "product_id");
        int64_t id;
        if (product && product->kind == VALUE_TEXT && od_id(product->text, &id))
            value_set(a, &line, text_of("product_id"), value_int(id));
        value_append(a, &lines, line);
    }
    add_shipping(o, &lines);
    od_tax_shipping(&lines, &o->tax, a);
    return lines;
}

static const struct value *find_line(const struct value *lines, struct text key)
{
    for (uint32_t i = 0; i < lines->count; i++)
        if (text_eq(value_text_at(&lines->items[i], "key"), key))
            return &lines->items[i];
    return NULL;
}

/* Commands on order_line: (2, id, 0) deletes, (1, id, vals) changes. */
static void change_line(struct sale *o, const struct value *line, struct value vals, struct value *commands)
{
    struct value id = value_int(od_many2one(value_get(line, "id")));
    value_append(o->c->arena, commands, od_list(o->c->arena, 3, value_int(1), id, vals));
}

/* For lines that are gone. */
static void add_removals(struct sale *o, const struct value *lines, struct value *commands)
{
    struct arena *a = o->c->arena;
    struct value zero = value_map(a, 0);
    const struct value *existing = value_get(&o->existing, "lines");
    bool quotation = text_is(o->state, "draft") || text_is(o->state, "sent");
    value_set(a, &zero, text_of("product_uom_qty"), value_int(0));
    for (uint32_t i = 0; existing && i < existing->count; i++) {
        const struct value *line = &existing->items[i];
        struct text key = value_text_at(line, "_key");
        if (!key.n || find_line(lines, key))
            continue;
        if (quotation)
            value_append(a, commands, od_list(a, 3, value_int(2), *value_get(line, "id"), value_int(0)));
        else
            change_line(o, line, zero, commands);
    }
}

static void add_taxes(struct sale *o, const char *member, const struct value *lines, struct value *commands)
{
    const struct value *existing = value_get(&o->existing, member);
    for (uint32_t i = 0; existing && i < existing->count; i++) {
        const struct value *line = find_line(lines, value_text_at(&existing->items[i], "_key"));
        struct value vals;
        if (line && od_line_taxes(o->s, line, &existing->items[i], o->c->arena, &vals))
            change_line(o, &existing->items[i], vals, commands);
    }
}

static int write_lines(struct sale *o, struct value commands, struct od_reply *reply, struct err *err)
{
    struct arena *a = o->c->arena;
    struct value vals = value_map(a, 0);
    if (!commands.count)
        return 0;
    value_set(a, &vals, text_of("order_line"), commands);
    return od_call(o->s, PRIORITY, "sale.order", "write", od_list(a, 2, od_ids(a, o->id), vals), NULL, a, reply, err);
}

/* What load() cannot do. Taxes first: Odoo may refuse to take away what is delivered already. */
static int finish_lines(struct sale *o, const struct value *lines, struct od_reply *reply, struct err *err)
{
    struct value taxes = value_list(o->c->arena, 0), removals = value_list(o->c->arena, 0);
    add_taxes(o, "lines", lines, &taxes);
    add_taxes(o, "shipping_lines", lines, &taxes);
    if (o->lines.kind == VALUE_LIST)
        add_removals(o, lines, &removals);
    int rc = write_lines(o, taxes, reply, err);
    return rc < 0 || reply->fault != OD_FAULT_NONE ? rc : write_lines(o, removals, reply, err);
}

/* ---- steps ---- */

static int call_step(struct sale *o, const char *method, struct od_reply *reply, struct err *err)
{
    struct arena *a = o->c->arena;
    struct value context = value_map(a, 0), kwargs = value_map(a, 0);
    value_set(a, &context, text_of("disable_cancel_warning"), value_bool(true)); /* else a wizard answers */
    value_set(a, &kwargs, text_of("context"), context);
    return od_call(o->s, PRIORITY, "sale.order", method, od_list(a, 1, od_ids(a, o->id)), &kwargs, a, reply, err);
}

/* Confirming sets the order's date to now: the customer's is written again. */
static int confirm(struct sale *o, struct od_reply *reply, struct err *err)
{
    struct arena *a = o->c->arena;
    const struct value *date = value_get(&o->vals, "date_order");
    struct value vals = value_map(a, 0);
    int rc = call_step(o, "action_confirm", reply, err);
    if (rc < 0 || reply->fault != OD_FAULT_NONE || !date)
        return rc;
    value_set(a, &vals, text_of("date_order"), *date);
    return od_call(o->s, PRIORITY, "sale.order", "write", od_list(a, 2, od_ids(a, o->id), vals), NULL, a, reply, err);
}

static int follow_lifecycle(struct sale *o, struct od_reply *reply, struct err *err)
{
    bool quotation = !o->state.n || text_is(o->state, "draft") || text_is(o->state, "sent");
    bool cancelled = text_is(o->state, "cancel");
    if (!o->lifecycle.n || text_is(o->lifecycle, "draft") || text_is(o->lifecycle, "on_hold"))
        return 0;
    if (text_is(o->lifecycle, "cancelled"))
        return cancelled ? 0 : call_step(o, "action_cancel", reply, err);
    int rc = cancelled ? call_step(o, "action_draft", reply, err) : 0;
    if (rc == 0 && reply->fault == OD_FAULT_NONE && (quotation || cancelled))
        rc = confirm(o, reply, err);
    return rc;
}

/* An earlier try may have made the order, and confirmed it: then its price list, the same, may not even be named. */
static int find_earlier(struct sale *o, struct err *err)
{
    struct value kept;
    if (o->id || !o->c->may_exist)
        return 0;
    int rc = od_find_loaded(o->s, PRIORITY, o->c->key, o->c->arena, &o->id, err);
    if (rc < 0 || !o->id)
        return rc;
    kept = o->vals;
    o->vals = value_map(o->c->arena, 0);
    for (uint32_t i = 0; i < kept.count; i++)
        if (!text_is(kept.members[i].name, "pricelist_id"))
            value_set(o->c->arena, &o->vals, kept.members[i].name, kept.members[i].value);
    return 0;
}

static int write_order(struct sale *o, struct od_reply *reply, struct err *err)
{
    struct value lines = all_lines(o);
    int rc = find_earlier(o, err);
    if (rc == 0)
        rc = load_existing(o, err);
    if (rc == 0 && (!o->id || o->vals.count || lines.count))
        rc = od_load(o->s, PRIORITY, "sale.order", o->c->key, &o->vals, lines.count ? &lines : NULL, o->c->arena, reply,
                     &o->id, err);
    if (rc == 0 && reply->fault == OD_FAULT_NONE && (o->lines.kind == VALUE_LIST || !o->existing.count))
        rc = load_existing(o, err); /* load() may have found one: its state says what is left to do */
    if (rc == 0 && reply->fault == OD_FAULT_NONE)
        rc = finish_lines(o, &lines, reply, err);
    if (rc == 0 && reply->fault == OD_FAULT_NONE)
        rc = follow_lifecycle(o, reply, err);
    return rc;
}

enum delivery od_deliver_order(struct session *s, const struct command *c, struct delivery_result *r)
{
    struct sale o = {.s = s, .c = c, .r = r, .existing = value_null()};
    struct od_reply reply = {.result = value_null()};
    struct err err = {0};
    struct value vals;
    int rc = od_vals(s, c, &vals, &err);
    if (rc == 0 && c->native.n && !od_id(c->native, &o.id))
        rc = err_set(&err, ERR_INVALID, "\"%.*s\" is no Odoo id", TEXT_ARG(c->native));
    if (rc == 0) {
        split(&o, &vals);
        rc = write_order(&o, &reply, &err);
    }
    if (rc < 0)
        return od_call_failed(r, &err);
    return reply.fault != OD_FAULT_NONE ? od_failed(r, &reply) : od_read_back(s, c, o.id, r);
}
