/* Taxes of order lines. Odoo gives a new line the taxes of its product, and what the customer paid may have had others,
 * or none: then the order's total would be wrong. So each line whose tax differs from what the shop took gets the sales
 * tax that makes that amount: a percentage on top of the price, or one that the price includes. Where Odoo has none
 * that does, the line keeps its own and the log says so. */
#include "od.h"

#include <stdio.h>

int od_find_taxes(struct session *s, struct arena *a, struct err *err)
{
    struct od_state *st = s->state;
    struct value rows, fields = od_list(a, 2, value_string("amount"), value_string("price_include"));
    struct value domain = od_list(a, 2, od_term(a, "type_tax_use", "=", value_string("sale")),
                                  od_term(a, "amount_type", "=", value_string("percent")));
    int rc = od_ask(s, CALL_ORDER, "account.tax", "search_read", od_list(a, 2, domain, fields), NULL, a, &rows, err);
    st->tax_count = 0;
    for (uint32_t i = 0; rc == 0 && rows.kind == VALUE_LIST && i < rows.count && st->tax_count < OD_TAXES_MAX; i++) {
        struct od_tax *t = &st->taxes[st->tax_count];
        const struct value *included = value_get(&rows.items[i], "price_include");
        t->id = od_many2one(value_get(&rows.items[i], "id"));
        t->included = included && included->kind == VALUE_BOOL && included->boolean;
        st->tax_count += od_decimal(value_get(&rows.items[i], "amount"), t->percent);
    }
    return rc;
}

/* |x - y * z| */
static bool distance(const char *x, const char *y, const char *z, char out[DECIMAL_MAX])
{
    char product[DECIMAL_MAX], minus[DECIMAL_MAX];
    if (!decimal_mul(text_of(y), text_of(z), product) || !decimal_mul(text_of(product), text_of("-1"), minus) ||
        !decimal_add(text_of(x), text_of(minus), out))
        return false;
    if (out[0] == '-')
        memmove(out, out + 1, strlen(out));
    return true;
}

/* How far the tax is from being `tax` on `base`, in hundredths of the currency: base·p against tax·100, or tax·(100+p)
 * where the base includes it. */
static bool misses(const struct od_tax *t, const char *base, const char *tax, char out[DECIMAL_MAX])
{
    char whole[DECIMAL_MAX] = "100", part[DECIMAL_MAX];
    if (t->included && !decimal_add(text_of("100"), text_of(t->percent), whole))
        return false;
    return decimal_mul(text_of(base), text_of(t->percent), part) && distance(part, tax, whole, out);
}

static const struct od_tax *find_tax(const struct od_state *st, const char *base, const char *tax)
{
    const struct od_tax *found = NULL;
    char least[DECIMAL_MAX] = "1.5", miss[DECIMAL_MAX]; /* a cent, and the rounding of a price that includes it */
    for (size_t i = 0; i < st->tax_count; i++)
        if (misses(&st->taxes[i], base, tax, miss) && decimal_compare(text_of(miss), text_of(least)) < 0) {
            found = &st->taxes[i];
            memcpy(least, miss, sizeof least);
        }
    return found;
}

/* quantity · unit price − discount */
static bool line_base(const struct value *line, char out[DECIMAL_MAX])
{
    char quantity[DECIMAL_MAX], price[DECIMAL_MAX], off[DECIMAL_MAX], whole[DECIMAL_MAX], minus[DECIMAL_MAX];
    if (!od_decimal(value_get(line, "_off"), off))
        snprintf(off, sizeof off, "0");
    return od_decimal(value_get(line, "product_uom_qty"), quantity) &&
           od_decimal(value_get(line, "price_unit"), price) && decimal_mul(text_of(quantity), text_of(price), whole) &&
           decimal_mul(text_of(off), text_of("-1"), minus) && decimal_add(text_of(whole), text_of(minus), out);
}

/* Odoo's own amount is right: to two cents, since its discount is a rounded percentage. */
static bool is_right(const struct value *existing, const char *tax)
{
    char now[DECIMAL_MAX], miss[DECIMAL_MAX];
    return od_decimal(value_get(existing, "price_tax"), now) && distance(now, tax, "1", miss) &&
           decimal_compare(text_of(miss), text_of("0.02")) <= 0;
}

bool od_line_taxes(struct session *s, const struct value *line, const struct value *existing, struct arena *a,
                   struct value *vals)
{
    const struct od_state *st = s->state;
    char tax[DECIMAL_MAX], base[DECIMAL_MAX];
    struct value ids = value_list(a, 0);
    if (!od_decimal(value_get(line, "_tax"), tax) || !line_base(line, base) || is_right(existing, tax))
        return false;
    if (decimal_compare(text_of(tax), text_of("0")) != 0) {
        const struct od_tax *t = find_tax(st, base, tax);
        if (!t) {
            log_line(s->log, LOG_LEVEL_WARN, "no-such-tax", "tax", tax, "on", base, "msg",
                     "Odoo has no sales tax that makes this amount: the line of the order keeps its product's", NULL);
            return false;
        }
        value_append(a, &ids, value_int(t->id));
    }
    *vals = value_map(a, 0);
    value_set(a, vals, text_of(st->major >= 19 ? "tax_ids" : "tax_id"),
              od_list(a, 1, od_list(a, 3, value_int(6), value_int(0), ids)));
    return true;
}

/* What is left of the order's tax when each line has its own. */
static bool shipping_tax(const struct value *lines, const struct value *total, char out[DECIMAL_MAX])
{
    char tax[DECIMAL_MAX], minus[DECIMAL_MAX], rest[DECIMAL_MAX];
    if (!od_decimal(total, out))
        return false;
    for (uint32_t i = 0; i < lines->count; i++) {
        if (text_is(value_text_at(&lines->items[i], "key"), "shipping"))
            continue;
        if (!od_decimal(value_get(&lines->items[i], "_tax"), tax) || !decimal_mul(text_of(tax), text_of("-1"), minus) ||
            !decimal_add(text_of(out), text_of(minus), rest))
            return false;
        memcpy(out, rest, DECIMAL_MAX);
    }
    return true;
}

void od_tax_shipping(struct value *lines, const struct value *total, struct arena *a)
{
    char tax[DECIMAL_MAX];
    for (uint32_t i = 0; i < lines->count; i++)
        if (text_is(value_text_at(&lines->items[i], "key"), "shipping") && shipping_tax(lines, total, tax))
            value_set(a, &lines->items[i], text_of("_tax"), value_text(arena_text(a, text_of(tax))));
}
