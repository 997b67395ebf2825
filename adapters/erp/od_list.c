/* Price lists and currencies. In Odoo a list has one currency, and an order has the currency of its list, or the
 * company's where it has none; amounts are never converted by writing them. So an order names a list in its currency,
 * a price goes only to a list in its currency, and what has none is refused: an amount under a wrong currency is worse
 * than none.
 *
 * From Odoo 17 on, a database has no price list until somebody switches that feature on (Sales, Settings, Pricelists):
 * then the first price makes the list that is "standard". */
#include "od.h"

#include <stdio.h>

static int lists(struct session *s, struct arena *a, struct value *rows, struct err *err)
{
    struct value fields = od_list(a, 2, value_string("name"), value_string("currency_id"));
    int rc = od_ask(s, CALL_ORDER, "product.pricelist", "search_read", od_list(a, 2, value_list(a, 0), fields), NULL, a,
                    rows, err);
    if (rc == 0 && rows->kind != VALUE_LIST)
        rc = err_set(err, ERR_IO, "Odoo's search_read gave no list");
    return rc;
}

static void keep_list(struct od_price_list *l, const struct value *row)
{
    l->id = od_many2one(value_get(row, "id"));
    snprintf(l->currency, sizeof l->currency, "%.*s", TEXT_ARG(od_many2one_name(value_get(row, "currency_id"))));
}

static int company_currency(struct session *s, struct arena *a, struct err *err)
{
    struct od_state *st = s->state;
    struct value companies;
    int rc = od_ask(s, CALL_ORDER, "res.company", "read",
                    od_list(a, 2, od_ids(a, st->company), od_list(a, 1, value_string("currency_id"))), NULL, a,
                    &companies, err);
    if (rc == 0 && companies.kind == VALUE_LIST && companies.count)
        snprintf(st->currency, sizeof st->currency, "%.*s",
                 TEXT_ARG(od_many2one_name(value_get(&companies.items[0], "currency_id"))));
    return rc;
}

int od_find_price_lists(struct session *s, struct arena *a, struct err *err)
{
    const struct od_settings *set = s->settings;
    struct od_state *st = s->state;
    struct value rows;
    int rc = company_currency(s, a, err);
    if (rc == 0)
        rc = lists(s, a, &rows, err);
    st->price_list = (struct od_price_list){0};
    st->price_list_count = 0;
    for (uint32_t i = 0; rc == 0 && i < rows.count; i++) {
        bool named = text_is(value_text_at(&rows.items[i], "name"), set->price_list);
        if (!st->price_list.id && (named || !set->price_list[0]))
            keep_list(&st->price_list, &rows.items[i]);
        if (st->price_list_count < OD_LISTS_MAX)
            keep_list(&st->price_lists[st->price_list_count++], &rows.items[i]);
    }
    if (rc == 0 && set->price_list[0] && !st->price_list.id)
        return err_set(err, ERR_DENIED, "there is no price list \"%s\" in Odoo: check price_list", set->price_list);
    return rc;
}

/* {name, currency_id} of a list in the price's currency, or the company's. */
static int new_list(struct session *s, const struct command *c, struct text currency, struct value *vals,
                    struct err *err)
{
    struct arena *a = c->arena;
    struct value rows, domain = od_list(a, 1, od_term(a, "name", "=", value_text(currency)));
    *vals = value_map(a, 0);
    value_set(a, vals, text_of("name"), value_string("Standard"));
    if (!currency.n)
        return 0;
    int rc =
        od_ask(s, call_priority_of(c->entity), "res.currency", "search", od_list(a, 1, domain), NULL, a, &rows, err);
    if (rc == 0 && (rows.kind != VALUE_LIST || !rows.count))
        return err_set(err, ERR_INVALID, "the currency %.*s is not switched on in Odoo", TEXT_ARG(currency));
    if (rc == 0)
        value_set(a, vals, text_of("currency_id"), rows.items[0]);
    return rc;
}

static int make_list(struct session *s, const struct command *c, struct text currency, struct err *err)
{
    struct od_reply reply = {0};
    struct value vals;
    int64_t id = 0;
    int rc = new_list(s, c, currency, &vals, err);
    if (rc == 0)
        rc = od_load(s, call_priority_of(c->entity), "product.pricelist", text_of("price_list:standard"), &vals, NULL,
                     c->arena, &reply, &id, err);
    if (rc == 0 && reply.fault != OD_FAULT_NONE)
        return err_set(err, reply.fault == OD_FAULT_RETRY ? ERR_UNAVAILABLE : ERR_INVALID,
                       "Odoo has no price list, and none can be made: %s", reply.words);
    return rc < 0 ? rc : od_find_price_lists(s, c->arena, err);
}

int od_standard_list(struct session *s, const struct command *c, struct text currency, int64_t *id, struct err *err)
{
    const struct od_state *st = s->state;
    int rc = st->price_list.id ? 0 : make_list(s, c, currency, err);
    if (rc < 0)
        return rc;
    if (currency.n && !text_is(currency, st->price_list.currency))
        return err_set(err, ERR_INVALID, "the price is in %.*s, the price list of Odoo that is \"standard\" in %s",
                       TEXT_ARG(currency), st->price_list.currency);
    *id = st->price_list.id;
    return 0;
}

int od_list_in(const struct od_state *st, struct text currency, int64_t *id, struct err *err)
{
    *id = 0;
    if (text_is(currency, st->price_list.currency))
        *id = st->price_list.id;
    for (size_t i = 0; !*id && i < st->price_list_count; i++)
        if (text_is(currency, st->price_lists[i].currency))
            *id = st->price_lists[i].id;
    if (*id || (!st->price_list_count && text_is(currency, st->currency)))
        return 0;
    return err_set(err, ERR_INVALID, "an order in %.*s needs a price list in %.*s in Odoo", TEXT_ARG(currency),
                   TEXT_ARG(currency));
}
