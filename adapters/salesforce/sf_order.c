/* Delivery of an order.
 *
 * Salesforce takes lines only while an order is a draft, and a line only with an entry of the order's price book. So a
 * new order is made as Draft, gets its lines, and is activated, all in one composite request that is done whole or not
 * at all. An activated order whose lines or account change goes back to Draft, is changed, and is activated again, in
 * one request as well. Lines are told apart by Tidegate_Line__c. (object reference: Order, OrderItem) */
#include "sf.h"

#include "base/buf.h"

#define LINES_A_REQUEST 200 /* records in one collection */
#define PRODUCTS_A_QUERY 100
#define SUBREQUESTS_MAX 25

struct order {
    struct session *s;
    const struct command *c;
    struct delivery_result *r;
    struct value header; /* what the mapping gives, without the lines */
    const struct value
        *lines; /* wanted: [{Tidegate_Line__c, Product2Id, …}], NULL: the command says nothing about them */
    const struct value *current; /* the order as it is: {Id, StatusCode, OrderItems}, NULL: there is none */
    struct value entries;        /* map Product2Id -> PricebookEntryId */
    struct sf_composite composite;
    int references;
};

static struct text text_of_member(const struct value *v, const char *name)
{
    const struct value *m = value_get(v, name);
    return m && m->kind == VALUE_TEXT ? m->text : (struct text){0};
}

/* ---- what there is ---- */

/* Always looked up: an order that is there already, made before a crash or before our state was lost, would get its
 * lines a second time. */
static int load_current(struct order *o, struct err *err)
{
    struct arena *a = o->c->arena;
    const char *where = o->c->native.n ? "Id" : SF_KEY_FIELD;
    const char *soql =
        arena_printf(a,
                     "SELECT Id, StatusCode, (SELECT Id, Tidegate_Line__c, Product2Id FROM OrderItems) FROM Order "
                     "WHERE %s = %s",
                     where, sf_quote(a, o->c->native.n ? o->c->native : o->c->key))
            .p;
    struct value page;
    int rc = sf_query(o->s, CALL_ORDER, soql, a, &page, err);
    if (rc == 0)
        o->current = value_at(&page, "records.0");
    return rc;
}

static const struct value *current_items(const struct order *o)
{
    const struct value *items = o->current ? value_at(o->current, "OrderItems.records") : NULL;
    return items && items->kind == VALUE_LIST ? items : NULL;
}

static const struct value *current_line(const struct order *o, struct text line)
{
    const struct value *items = current_items(o);
    for (uint32_t i = 0; items && i < items->count; i++)
        if (text_eq(text_of_member(&items->items[i], "Tidegate_Line__c"), line))
            return &items->items[i];
    return NULL;
}

static bool wanted_line(const struct order *o, struct text line)
{
    for (uint32_t i = 0; i < o->lines->count; i++)
        if (text_eq(text_of_member(&o->lines->items[i], "Tidegate_Line__c"), line))
            return true;
    return false;
}

static int load_entries(struct order *o, uint32_t from, struct err *err)
{
    struct arena *a = o->c->arena;
    const struct sf_state *st = o->s->state;
    struct buf soql;
    buf_init(&soql, 65536);
    buf_printf(
        &soql,
        "SELECT Id, Product2Id FROM PricebookEntry WHERE Pricebook2Id = '%s' AND IsActive = true AND Product2Id IN (",
        st->standard_pricebook);
    for (uint32_t i = from; i < o->lines->count && i < from + PRODUCTS_A_QUERY; i++)
        buf_printf(&soql, "%s%s", i == from ? "" : ",", sf_quote(a, text_of_member(&o->lines->items[i], "Product2Id")));
    buf_char(&soql, ')');
    struct value page;
    int rc = sf_query(o->s, CALL_ORDER, buf_cstr(&soql), a, &page, err);
    buf_release(&soql);
    const struct value *records = rc == 0 ? value_get(&page, "records") : NULL;
    for (uint32_t i = 0; records && i < records->count; i++)
        value_set(a, &o->entries, text_of_member(&records->items[i], "Product2Id"),
                  value_text(text_of_member(&records->items[i], "Id")));
    return rc;
}

/* ---- what is sent ---- */

static const char *next_reference(struct order *o)
{
    return arena_printf(o->c->arena, "r%d", o->references++).p;
}

static const char *order_id(struct order *o)
{
    return o->current ? arena_string(o->c->arena, text_of_member(o->current, "Id")) : "@{order.id}";
}

static void add_status(struct order *o, const char *status)
{
    struct arena *a = o->c->arena;
    struct value body = value_map(a, 0);
    value_set(a, &body, text_of("Status"), value_string(status));
    sf_composite_add(o->s, &o->composite, next_reference(o), "PATCH",
                     arena_printf(a, "/sobjects/Order/%s", order_id(o)).p, &body);
}

static void add_header(struct order *o)
{
    const struct sf_settings *set = o->s->settings;
    const struct sf_state *st = o->s->state;
    struct arena *a = o->c->arena;
    if (!o->current) {
        value_set(a, &o->header, text_of("Status"), value_string(set->draft_status));
        value_set(a, &o->header, text_of("Pricebook2Id"), value_string(st->standard_pricebook));
    }
    if (!o->header.count)
        return;
    const char *path = o->current ? arena_printf(a, "/sobjects/Order/%s", order_id(o)).p : sf_object_path(o->s, o->c);
    sf_composite_add(o->s, &o->composite, "order", "PATCH", path, &o->header);
}

/* A line as an OrderItem: a new one names its order and price book entry, a changed one its Id. */
static bool line_record(struct order *o, const struct value *line, const struct value *existing, struct value *record)
{
    struct arena *a = o->c->arena;
    struct value type = value_map(a, 0);
    value_set(a, &type, text_of("type"), value_string("OrderItem"));
    *record = value_map(a, 0);
    value_set(a, record, text_of("attributes"), type);
    for (uint32_t i = 0; i < line->count; i++)
        if (!text_is(line->members[i].name, "Product2Id"))
            value_set(a, record, line->members[i].name, line->members[i].value);
    if (existing) {
        value_set(a, record, text_of("Id"), value_text(text_of_member(existing, "Id")));
        return true;
    }
    const struct value *entry = value_get_text(&o->entries, text_of_member(line, "Product2Id"));
    value_set(a, record, text_of("OrderId"), value_string(order_id(o)));
    if (entry)
        value_set(a, record, text_of("PricebookEntryId"), *entry);
    return entry != NULL;
}

static void add_collection(struct order *o, const char *method, const struct value *records)
{
    struct arena *a = o->c->arena;
    for (uint32_t from = 0; from < records->count; from += LINES_A_REQUEST) {
        struct value part = *records, body = value_map(a, 0);
        part.items += from;
        part.count = records->count - from < LINES_A_REQUEST ? records->count - from : LINES_A_REQUEST;
        value_set(a, &body, text_of("allOrNone"), value_bool(true));
        value_set(a, &body, text_of("records"), part);
        sf_composite_add(o->s, &o->composite, next_reference(o), method, "/composite/sobjects", &body);
    }
}

/* A line whose product is another now is a new line in Salesforce: its price book entry cannot be changed. */
static const struct value *same_line(const struct order *o, const struct value *line)
{
    const struct value *existing = current_line(o, text_of_member(line, "Tidegate_Line__c"));
    if (existing && !text_eq(text_of_member(existing, "Product2Id"), text_of_member(line, "Product2Id")))
        return NULL;
    return existing;
}

static void add_removals(struct order *o)
{
    struct arena *a = o->c->arena;
    const struct value *items = current_items(o);
    struct buf ids;
    buf_init(&ids, 65536);
    for (uint32_t i = 0; items && i < items->count; i++) {
        const struct value *item = &items->items[i];
        struct text line = text_of_member(item, "Tidegate_Line__c");
        bool stays = false;
        for (uint32_t k = 0; k < o->lines->count && !stays; k++)
            stays = same_line(o, &o->lines->items[k]) == item;
        if (!stays || !wanted_line(o, line))
            buf_printf(&ids, "%s%.*s", ids.n ? "," : "", TEXT_ARG(text_of_member(item, "Id")));
    }
    if (ids.n)
        sf_composite_add(o->s, &o->composite, next_reference(o), "DELETE",
                         arena_printf(a, "/composite/sobjects?ids=%s&allOrNone=true", buf_cstr(&ids)).p, NULL);
    buf_release(&ids);
}

static enum delivery add_lines(struct order *o)
{
    struct arena *a = o->c->arena;
    struct value created = value_list(a, 0), changed = value_list(a, 0), record;
    add_removals(o);
    for (uint32_t i = 0; i < o->lines->count; i++) {
        const struct value *line = &o->lines->items[i], *existing = same_line(o, line);
        if (!line_record(o, line, existing, &record))
            return delivery_refused(
                o->r, REFUSAL_MISSING, "line %.*s: product %.*s has no active entry in the standard price book",
                TEXT_ARG(text_of_member(line, "Tidegate_Line__c")), TEXT_ARG(text_of_member(line, "Product2Id")));
        value_append(a, existing ? &changed : &created, record);
    }
    add_collection(o, "PATCH", &changed);
    add_collection(o, "POST", &created);
    return DELIVERY_DONE;
}

/* ---- the whole ---- */

static bool reopens(const struct order *o)
{
    return o->current && text_is(text_of_member(o->current, "StatusCode"), "Activated") &&
           (o->lines || value_get(&o->header, "AccountId"));
}

/* An order without lines cannot be activated and stays a draft, as does one that is a draft in its own system. */
static bool activates(const struct order *o)
{
    const struct value *items = current_items(o);
    if (o->lines && !o->lines->count)
        return false;
    if (!o->current)
        return o->lines && !text_is(value_text_at(o->c->fields, "lifecycle"), "draft");
    return reopens(o) || o->lines ||
           (items && items->count && !text_is(text_of_member(o->current, "StatusCode"), "Activated"));
}

static enum delivery send_order(struct order *o)
{
    const struct sf_settings *set = o->s->settings;
    if (reopens(o))
        add_status(o, set->draft_status);
    add_header(o);
    if (o->lines && add_lines(o) != DELIVERY_DONE)
        return o->r->kind;
    if (activates(o))
        add_status(o, set->activated_status);
    sf_composite_read_back(o->s, &o->composite, "order", order_id(o));
    if (o->composite.requests.count > SUBREQUESTS_MAX)
        return delivery_refused(o->r, REFUSAL_TOO_LARGE, "an order of %u lines needs more than one composite request",
                                o->lines->count);
    return sf_composite_send(o->s, &o->composite, CALL_ORDER, o->r);
}

static void split_lines(struct order *o, const struct value *native)
{
    struct arena *a = o->c->arena;
    o->header = value_map(a, 0);
    for (uint32_t i = 0; i < native->count; i++) {
        if (text_is(native->members[i].name, "OrderItems"))
            o->lines = native->members[i].value.kind == VALUE_LIST ? &native->members[i].value : NULL;
        else
            value_set(a, &o->header, native->members[i].name, native->members[i].value);
    }
}

enum delivery sf_deliver_order(struct session *s, const struct command *c, struct delivery_result *r)
{
    struct order o = {.s = s, .c = c, .r = r, .entries = value_map(c->arena, 0)};
    struct err err = {0};
    struct value native;
    if (mapping_out(s->mapping, "order", c->fields, !c->native.n, c->arena, &native, &err) < 0)
        return delivery_refused(r, REFUSAL_VALUE, "%s", err.text);
    split_lines(&o, &native);
    sf_composite_init(&o.composite, c->arena);
    int rc = load_current(&o, &err);
    for (uint32_t i = 0; rc == 0 && o.lines && i < o.lines->count; i += PRODUCTS_A_QUERY)
        rc = load_entries(&o, i, &err);
    return rc < 0 ? sf_call_failed(r, &err) : send_order(&o);
}
