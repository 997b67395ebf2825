/* Reading objects, and adding to them what Odoo keeps in other models, so that a mapping finds everything in one place.
 */
#include "od.h"

#include <stdio.h>
#include <stdlib.h>

static struct value field_list(struct arena *a, const char *names)
{
    struct value list = value_list(a, 0);
    struct text rest = text_of(names), name;
    while (text_split(rest, ' ', &name, &rest))
        if (name.n)
            value_append(a, &list, value_text(name));
    value_append(a, &list, value_text(rest));
    return list;
}

static int64_t object_id(const struct value *object)
{
    return od_many2one(value_get(object, "id"));
}

static struct value *find_object(const struct value *objects, int64_t id)
{
    for (uint32_t i = 0; i < objects->count; i++)
        if (object_id(&objects->items[i]) == id)
            return &objects->items[i];
    return NULL;
}

/* ---- external ids ---- */

/* {"7": "tidegate.shop-3aorder-3a1", "8": ""}: the oldest external id of each, which on what we made is ours. Asked of
 * the model, because ir.model.data itself may be read by administrators alone. */
static int ask_names(struct session *s, enum call_priority p, const char *model, const struct value *ids,
                     struct arena *a, struct value *names, struct err *err)
{
    return od_ask(s, p, model, "get_external_id", od_list(a, 1, *ids), NULL, a, names, err);
}

/* Sets member on each object that has an external id of ours: the key, or for a line its key within the order. */
static int add_keys(struct session *s, enum call_priority p, const char *model, const struct value *ids,
                    const struct value *objects, const char *member, bool part_only, struct arena *a, struct err *err)
{
    struct value names;
    int rc = ask_names(s, p, model, ids, a, &names, err);
    for (uint32_t i = 0; rc == 0 && names.kind == VALUE_MAP && i < names.count; i++) {
        const struct member *m = &names.members[i];
        struct text module, name, key, part;
        int64_t id;
        if (m->value.kind != VALUE_TEXT || !od_id(m->name, &id) || !text_split(m->value.text, '.', &module, &name) ||
            !text_is(module, OD_MODULE) || !od_name_parse(a, name, &key, &part))
            continue;
        struct value *object = find_object(objects, id);
        if (object)
            value_set(a, object, text_of(member), value_text(part_only ? part : key));
    }
    return rc;
}

/* ---- partners ---- */

static void add_country(struct session *s, struct value *object, struct arena *a)
{
    const struct od_state *st = s->state;
    int64_t id = od_many2one(value_get(object, "country_id"));
    for (size_t i = 0; i < st->country_count; i++)
        if (st->countries[i].id == id)
            value_set(a, object, text_of("country_code"), value_string(st->countries[i].code));
}

/* ---- price list items ---- */

static void add_list(struct session *s, struct value *object, struct arena *a)
{
    const struct od_state *st = s->state;
    const struct value *list = value_get(object, "pricelist_id");
    bool standard = od_many2one(list) == st->price_list.id;
    value_set(a, object, text_of("list"), standard ? value_string("standard") : value_text(od_many2one_name(list)));
}

/* ---- orders ---- */

static void put_line(struct arena *a, struct value *order, const struct value *line)
{
    bool shipping = text_is(value_text_at(line, "_key"), "shipping");
    struct value *list = (struct value *)value_get(order, shipping ? "shipping_lines" : "lines");
    if (list)
        value_append(a, list, *line);
}

static int add_lines(struct session *s, enum call_priority p, const struct value *order_ids, const struct value *orders,
                     struct arena *a, struct err *err)
{
    struct value lines, kwargs = value_map(a, 0), ids = value_list(a, 0);
    struct value domain =
        od_list(a, 2, od_term(a, "order_id", "in", *order_ids), od_term(a, "display_type", "=", value_bool(false)));
    value_set(a, &kwargs, text_of("order"), value_string("order_id, sequence, id"));
    int rc = od_ask(s, p, "sale.order.line", "search_read", od_list(a, 2, domain, field_list(a, OD_LINE_FIELDS)),
                    &kwargs, a, &lines, err);
    if (rc < 0 || lines.kind != VALUE_LIST)
        return rc;
    for (uint32_t i = 0; i < lines.count; i++)
        value_append(a, &ids, value_int(object_id(&lines.items[i])));
    if (ids.count)
        rc = add_keys(s, p, "sale.order.line", &ids, &lines, "_key", true, a, err);
    for (uint32_t i = 0; i < orders->count; i++) {
        value_set(a, &orders->items[i], text_of("lines"), value_list(a, 0));
        value_set(a, &orders->items[i], text_of("shipping_lines"), value_list(a, 0));
    }
    for (uint32_t i = 0; rc == 0 && i < lines.count; i++) {
        struct value *order = find_object(orders, od_many2one(value_get(&lines.items[i], "order_id")));
        if (order)
            put_line(a, order, &lines.items[i]);
    }
    return rc;
}

/* ---- all ---- */

static int enrich(struct session *s, enum call_priority p, const char *entity, const struct value *ids,
                  struct value *objects, struct arena *a, struct err *err)
{
    int rc = add_keys(s, p, mapping_object(s->mapping, entity), ids, objects, "_key", false, a, err);
    for (uint32_t i = 0; i < objects->count; i++) {
        add_country(s, &objects->items[i], a);
        if (strcmp(entity, "price") == 0)
            add_list(s, &objects->items[i], a);
    }
    if (rc == 0 && strcmp(entity, "order") == 0)
        rc = add_lines(s, p, ids, objects, a, err);
    return rc;
}

int od_read(struct session *s, enum call_priority p, const char *entity, const struct value *ids, struct arena *a,
            struct value *objects, struct err *err)
{
    struct value context = value_map(a, 0), kwargs = value_map(a, 0);
    struct value domain = od_list(a, 1, od_term(a, "id", "in", *ids));
    value_set(a, &context, text_of("active_test"), value_bool(false));
    value_set(a, &kwargs, text_of("context"), context);
    value_set(a, &kwargs, text_of("order"), value_string("write_date, id"));
    /* search_read by id, not read: an object that is gone meanwhile is left out instead of failing all */
    int rc = od_ask(s, p, mapping_object(s->mapping, entity), "search_read",
                    od_list(a, 2, domain, field_list(a, mapping_select(s->mapping, entity))), &kwargs, a, objects, err);
    if (rc == 0 && objects->kind != VALUE_LIST)
        rc = err_set(err, ERR_IO, "Odoo's search_read gave no list");
    return rc < 0 || !objects->count ? rc : enrich(s, p, entity, ids, objects, a, err);
}

/* ---- stock ---- */

static struct value add_numbers(struct arena *a, const struct value *x, const struct value *y)
{
    char left[DECIMAL_MAX], right[DECIMAL_MAX], sum[DECIMAL_MAX];
    if (!od_decimal(x, left))
        snprintf(left, sizeof left, "0");
    if (!od_decimal(y, right))
        snprintf(right, sizeof right, "0");
    if (!decimal_add(text_of(left), text_of(right), sum))
        return x ? *x : value_int(0);
    return value_text(arena_text(a, text_of(sum)));
}

static struct value *stock_of(struct arena *a, struct value *objects, const struct value *product_id,
                              const struct od_location *at)
{
    struct text id = arena_printf(a, "%lld@%lld", (long long)od_many2one(product_id), (long long)at->id);
    for (uint32_t i = 0; i < objects->count; i++)
        if (text_eq(value_text_at(&objects->items[i], "id"), id))
            return &objects->items[i];
    struct value v = value_map(a, 0);
    value_set(a, &v, text_of("id"), value_text(id));
    value_set(a, &v, text_of("product_id"), *product_id);
    value_set(a, &v, text_of("location"), value_string(at->name));
    value_set(a, &v, text_of("quantity"), value_int(0));
    value_set(a, &v, text_of("reserved_quantity"), value_int(0));
    value_append(a, objects, v);
    return &objects->items[objects->count - 1];
}

static void add_quant(struct arena *a, struct value *objects, const struct value *quant, const struct od_location *at)
{
    struct value *stock = stock_of(a, objects, value_get(quant, "product_id"), at);
    static const char *const sums[] = {"quantity", "reserved_quantity"};
    for (int i = 0; i < 2; i++)
        value_set(a, stock, text_of(sums[i]), add_numbers(a, value_get(stock, sums[i]), value_get(quant, sums[i])));
    struct text newest = value_text_at(stock, "write_date"), date = value_text_at(quant, "write_date");
    if (text_compare(date, newest) > 0)
        value_set(a, stock, text_of("write_date"), value_text(date));
}

int od_read_stock(struct session *s, enum call_priority p, const struct value *product_ids,
                  const struct od_location *at, struct arena *a, struct value *objects, struct err *err)
{
    struct value quants;
    struct value domain =
        od_list(a, 2, od_term(a, "product_id", "in", *product_ids), od_term(a, "location_id", "=", value_int(at->id)));
    *objects = value_list(a, 0);
    int rc =
        od_ask(s, p, "stock.quant", "search_read",
               od_list(a, 2, domain, field_list(a, mapping_select(s->mapping, "inventory"))), NULL, a, &quants, err);
    for (uint32_t i = 0; rc == 0 && quants.kind == VALUE_LIST && i < quants.count; i++)
        add_quant(a, objects, &quants.items[i], at);
    for (uint32_t i = 0; rc == 0 && i < product_ids->count; i++) { /* where no quant is left, there is nothing */
        struct value product_id = od_ids(a, od_many2one(&product_ids->items[i]));
        stock_of(a, objects, &product_id, at);
    }
    for (uint32_t i = 0; i < objects->count; i++) {
        struct value *o = &objects->items[i], minus = value_int(0);
        char text[DECIMAL_MAX + 1];
        const struct value *reserved = value_get(o, "reserved_quantity");
        if (reserved->kind == VALUE_TEXT) {
            bool negative = text_starts(reserved->text, "-");
            snprintf(text, sizeof text, "%s%.*s", negative ? "" : "-", (int)(reserved->text.n - negative),
                     reserved->text.p + negative);
            minus = value_text(arena_text(a, text_of(text)));
        }
        value_set(a, o, text_of("available"), add_numbers(a, value_get(o, "quantity"), &minus));
    }
    return rc;
}
