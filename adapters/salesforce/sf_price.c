/* Delivery of a price: an entry of a price book. A product can have an entry in another book only when it has one in
 * the standard book (STANDARD_PRICE_NOT_DEFINED otherwise), so that one is made first, with the same price, where it is
 * missing; one that is there is never changed on behalf of another book. */
#include "sf.h"

struct price {
    struct session *s;
    const struct command *c;
    struct text product, list;
    struct value amount; /* the mapped UnitPrice */
    char book[24];       /* Pricebook2 Id */
};

static int find_book(struct price *p, struct err *err)
{
    const struct sf_state *st = p->s->state;
    struct arena *a = p->c->arena;
    struct value page;
    if (!p->list.n || text_is(p->list, "standard")) {
        memcpy(p->book, st->standard_pricebook, sizeof p->book);
        return 0;
    }
    int rc = sf_query(
        p->s, CALL_PRICE,
        arena_printf(a, "SELECT Id FROM Pricebook2 WHERE Name = %s AND IsActive = true LIMIT 2", sf_quote(a, p->list))
            .p,
        a, &page, err);
    struct text id = rc == 0 ? value_text_at(&page, "records.0.Id") : (struct text){0};
    if (rc == 0 && (!id.n || id.n >= sizeof p->book || value_at(&page, "records.1")))
        return err_set(err, ERR_NOT_FOUND, "there is not exactly one active price book named \"%.*s\"",
                       TEXT_ARG(p->list));
    if (rc == 0)
        memcpy(p->book, id.p, id.n);
    return rc;
}

static int find_entry(struct price *p, const char *book, struct text *id, struct err *err)
{
    struct arena *a = p->c->arena;
    struct value page;
    int rc =
        sf_query(p->s, CALL_PRICE,
                 arena_printf(a, "SELECT Id FROM PricebookEntry WHERE Pricebook2Id = '%s' AND Product2Id = %s LIMIT 1",
                              book, sf_quote(a, p->product))
                     .p,
                 a, &page, err);
    if (rc == 0)
        *id = value_text_at(&page, "records.0.Id");
    return rc;
}

static void add_entry(struct price *p, struct sf_composite *composite, const char *reference, const char *book,
                      struct value body)
{
    struct arena *a = p->c->arena;
    value_set(a, &body, text_of("Pricebook2Id"), value_string(book));
    value_set(a, &body, text_of("Product2Id"), value_text(p->product));
    if (!value_get(&body, "IsActive"))
        value_set(a, &body, text_of("IsActive"), value_bool(true));
    sf_composite_add(p->s, composite, reference, "POST", "/sobjects/PricebookEntry", &body);
}

static int build(struct price *p, const struct value *body, struct sf_composite *composite, struct err *err)
{
    const struct sf_state *st = p->s->state;
    struct text standard = text_of("-"), entry = p->c->native;
    bool other_book = strcmp(p->book, st->standard_pricebook) != 0;
    int rc = entry.n ? 0 : find_entry(p, p->book, &entry, err);
    if (rc == 0 && !entry.n && other_book)
        rc = find_entry(p, st->standard_pricebook, &standard, err);
    if (rc < 0)
        return rc;
    struct value first = value_map(p->c->arena, 0);
    value_set(p->c->arena, &first, text_of("UnitPrice"), p->amount);
    if (!standard.n)
        add_entry(p, composite, "standard", st->standard_pricebook, first);
    if (entry.n)
        sf_composite_add(p->s, composite, "written", "PATCH",
                         arena_printf(p->c->arena, "/sobjects/PricebookEntry/%.*s", TEXT_ARG(entry)).p, body);
    else
        add_entry(p, composite, "written", p->book, value_copy(p->c->arena, body));
    sf_composite_read_back(p->s, composite, "price", entry.n ? arena_string(p->c->arena, entry) : "@{written.id}");
    return 0;
}

enum delivery sf_deliver_price(struct session *s, const struct command *c, struct delivery_result *r)
{
    struct price p = {
        .s = s, .c = c, .product = value_text_at(c->fields, "product"), .list = value_text_at(c->fields, "list")};
    struct err err = {0};
    struct value body;
    struct sf_composite composite;
    if (mapping_out(s->mapping, "price", c->fields, !c->native.n, c->arena, &body, &err) < 0)
        return delivery_refused(r, REFUSAL_VALUE, "%s", err.text);
    const struct value *amount = value_get(&body, "UnitPrice");
    if (!c->native.n && (!p.product.n || !amount))
        return delivery_refused(r, REFUSAL_MISSING, "a new price needs product and amount");
    p.amount = amount ? *amount : value_null();
    sf_composite_init(&composite, c->arena);
    int rc = c->native.n ? 0 : find_book(&p, &err);
    if (rc == 0)
        rc = build(&p, &body, &composite, &err);
    if (rc == ERR_NOT_FOUND)
        return delivery_refused(r, REFUSAL_MISSING, "%s", err.text);
    return rc < 0 ? sf_call_failed(r, &err) : sf_composite_send(s, &composite, CALL_PRICE, r);
}
