/* Capture: polling by updated_at, and reading one object again after a push.
 *
 * A poll lists ids with their updatedAt, oldest change first, and reads each object by itself, as a push does; what has
 * not changed since it was read (sp_sightings.h) is left out. The search index lags behind by seconds, so each poll looks
 * back a little, and every deep_every_s by the whole overlap. */
#include "sp.h"

#include <stdio.h>

#define SHORT_OVERLAP_S 15
#define VARIANTS_A_PAGE "50"

/* ---- one object ---- */

/* What cannot be mapped is kept by the host, and is no reason to stop reading. */
static int emit(struct sink *sink, const char *entity, const struct value *native)
{
    struct err err = {0};
    int rc = sink_emit(sink, entity, value_text_at(native, "id"), native, &err);
    return rc == ERR_INVALID ? 0 : rc;
}

static int ask_one(struct session *s, const char *document, struct text id, struct arena *a, struct value *data,
                   struct err *err)
{
    struct value variables = sp_map(a, 1, "id", value_text(id));
    return sp_graphql(s, CALL_CAPTURE, document, &variables, a, data, err);
}

/* A missing object: an id that answers null. */
static const struct value *answered(const struct value *data, const char *name)
{
    const struct value *v = value_get(data, name);
    return v && v->kind == VALUE_MAP ? v : NULL;
}

/* The mapping's selection says `lineItems(first: …, after: $after)`: an order is read again for each page of its lines.
 */
static int read_order_page(struct session *s, struct text id, struct value after, struct arena *a, struct value *data,
                           struct err *err)
{
    const char *document = arena_printf(a, "query($id: ID!, $after: String) { order(id: $id) { %s } }",
                                        mapping_select(s->mapping, "order"))
                               .p;
    struct value variables = sp_map(a, 2, "id", value_text(id), "after", after);
    return sp_graphql(s, CALL_CAPTURE, document, &variables, a, data, err);
}

static bool more_lines(const struct value *order)
{
    const struct value *more = order ? value_at(order, "lineItems.pageInfo.hasNextPage") : NULL;
    return more && more->kind == VALUE_BOOL && more->boolean;
}

static int add_lines(struct session *s, struct value *order, struct text id, struct arena *a, struct err *err)
{
    struct value *nodes = (struct value *)value_at(order, "lineItems.nodes"), data;
    const struct value *page = order;
    while (nodes && more_lines(page)) {
        struct value after = value_text(value_text_at(page, "lineItems.pageInfo.endCursor"));
        int rc = read_order_page(s, id, after, a, &data, err);
        page = rc == 0 ? answered(&data, "order") : NULL;
        const struct value *found = page ? value_at(page, "lineItems.nodes") : NULL;
        for (uint32_t i = 0; found && i < found->count; i++)
            value_append(a, nodes, found->items[i]);
        if (rc < 0)
            return rc;
    }
    return 0;
}

static int read_order(struct session *s, struct text id, struct sink *sink, struct arena *a, struct err *err)
{
    struct value data;
    int rc = read_order_page(s, id, value_null(), a, &data, err);
    const struct value *order = rc == 0 ? answered(&data, "order") : NULL;
    if (rc == 0 && !order)
        return sink_emit_deleted(sink, "order", id, err);
    if (rc == 0)
        rc = add_lines(s, (struct value *)order, id, a, err);
    return rc < 0 ? rc : emit(sink, "order", order);
}

static int read_company(struct session *s, struct text id, struct sink *sink, struct arena *a, struct err *err)
{
    struct value data;
    const char *document =
        arena_printf(a, "query($id: ID!) { company(id: $id) { %s } }", mapping_select(s->mapping, "account")).p;
    int rc = ask_one(s, document, id, a, &data, err);
    const struct value *company = rc == 0 ? answered(&data, "company") : NULL;
    if (rc == 0 && !company)
        return sink_emit_deleted(sink, "account", id, err);
    if (rc < 0)
        return rc;
    sp_external_key(a, (struct value *)company);
    return emit(sink, "account", company);
}

/* A customer is a contact, and where he acts for no company an account as well. */
static int read_customer(struct session *s, struct text id, struct sink *sink, struct arena *a, struct err *err)
{
    struct value data;
    const char *document =
        arena_printf(a, "query($id: ID!) { customer(id: $id) { %s } }", mapping_select(s->mapping, "contact")).p;
    int rc = ask_one(s, document, id, a, &data, err);
    const struct value *customer = rc == 0 ? answered(&data, "customer") : NULL;
    if (rc == 0 && !customer)
        return sink_emit_deleted(sink, "contact", id, err);
    if (rc < 0)
        return rc;
    const struct value *profiles = value_get(customer, "companyContactProfiles");
    if (!profiles || profiles->kind != VALUE_LIST || !profiles->count)
        emit(sink, "account", customer);
    return emit(sink, "contact", customer);
}

static int emit_variant(struct sink *sink, const struct value *variant)
{
    int rc = emit(sink, "product", variant);
    return rc < 0 ? rc : emit(sink, "price", variant);
}

static int read_variant(struct session *s, struct text id, struct sink *sink, struct arena *a, struct err *err)
{
    struct value data;
    const char *document =
        arena_printf(a, "query($id: ID!) { productVariant(id: $id) { %s } }", mapping_select(s->mapping, "product")).p;
    int rc = ask_one(s, document, id, a, &data, err);
    if (rc == 0 && !answered(&data, "productVariant"))
        return sink_emit_deleted(sink, "product", id, err);
    if (rc == 0)
        emit_variant(sink, answered(&data, "productVariant"));
    return rc;
}

static int read_product(struct session *s, struct text id, struct sink *sink, struct arena *a, struct err *err)
{
    const char *document =
        arena_printf(a,
                     "query($id: ID!, $after: String) { product(id: $id) { variants(first: " VARIANTS_A_PAGE
                     ", after: $after) { nodes { %s } pageInfo { hasNextPage endCursor } } } }",
                     mapping_select(s->mapping, "product"))
            .p;
    struct value after = value_null(), data;
    for (;;) {
        struct value variables = sp_map(a, 2, "id", value_text(id), "after", after);
        int rc = sp_graphql(s, CALL_CAPTURE, document, &variables, a, &data, err);
        if (rc < 0)
            return rc;
        const struct value *nodes = value_at(&data, "product.variants.nodes");
        const struct value *more = value_at(&data, "product.variants.pageInfo.hasNextPage");
        for (uint32_t i = 0; nodes && i < nodes->count; i++)
            emit_variant(sink, &nodes->items[i]);
        if (!more || more->kind != VALUE_BOOL || !more->boolean)
            return 0;
        after = value_text(value_text_at(&data, "product.variants.pageInfo.endCursor"));
    }
}

static int read_object(struct session *s, struct text id, struct sink *sink, struct err *err)
{
    static const struct {
        const char *type;
        int (*read)(struct session *s, struct text id, struct sink *sink, struct arena *a, struct err *err);
    } readers[] = {{"Order", read_order},
                   {"Company", read_company},
                   {"Customer", read_customer},
                   {"Product", read_product},
                   {"ProductVariant", read_variant}};
    for (size_t i = 0; i < sizeof readers / sizeof *readers; i++) {
        struct arena a;
        if (!sp_is(id, readers[i].type))
            continue;
        arena_init(&a, 32u << 20);
        int rc = readers[i].read(s, id, sink, &a, err);
        arena_release(&a);
        return rc;
    }
    return err_set(err, ERR_INVALID, "\"%.*s\" is no id of an order, company, customer, product or variant",
                   TEXT_ARG(id));
}

int sp_refresh(struct session *s, const char *entity, struct text id, struct sink *sink, struct err *err)
{
    (void)entity; /* the id says its type */
    return read_object(s, id, sink, err);
}

/* ---- polling ---- */

static const char *search(struct session *s, size_t feed, struct arena *a, struct text cursor)
{
    const struct sp_settings *set = s->settings;
    struct sp_state *st = s->state;
    char text[MOMENT_TEXT_MAX];
    moment_us at;
    if (!cursor.n || !moment_parse(cursor, &at))
        return "";
    int64_t now = loop_uptime_us(s->loop), overlap = SHORT_OVERLAP_S;
    if (!st->deep_us[feed] || now - st->deep_us[feed] > set->deep_every_s * MOMENT_SECOND) {
        st->deep_us[feed] = now;
        overlap = set->overlap_s;
    }
    moment_format(at - overlap * MOMENT_SECOND, text);
    return arena_printf(a, "updated_at:>='%.19sZ'", text).p;
}

static int read_nodes(struct session *s, const struct value *nodes, struct sink *sink, struct err *err)
{
    struct sp_state *st = s->state;
    for (uint32_t i = 0; nodes && nodes->kind == VALUE_LIST && i < nodes->count; i++) {
        struct text id = value_text_at(&nodes->items[i], "id");
        struct text updated = value_text_at(&nodes->items[i], "updatedAt");
        if (!sp_sighting_read(&st->sightings, id, updated, loop_uptime_us(s->loop)))
            continue;
        int rc = read_object(s, id, sink, err);
        if (rc < 0) {
            sp_sighting_forget(&st->sightings, id);
            return rc;
        }
    }
    return 0;
}

/* What was read for a page that was not kept has to be read again. */
static void forget_nodes(struct session *s, const struct value *nodes)
{
    struct sp_state *st = s->state;
    for (uint32_t i = 0; nodes && nodes->kind == VALUE_LIST && i < nodes->count; i++)
        sp_sighting_forget(&st->sightings, value_text_at(&nodes->items[i], "id"));
}

struct paging { /* from page to page */
    const char *query;
    char after[512]; /* empty: the first page */
    char newest[64]; /* updatedAt */
    bool more;
};

static void note_newest(struct paging *p, const struct value *nodes)
{
    for (uint32_t i = 0; nodes && nodes->kind == VALUE_LIST && i < nodes->count; i++) {
        struct text updated = value_text_at(&nodes->items[i], "updatedAt");
        if (text_compare(updated, text_of(p->newest)) > 0)
            snprintf(p->newest, sizeof p->newest, "%.*s", TEXT_ARG(updated));
    }
}

static void note_position(struct paging *p, const struct value *page)
{
    const struct value *more = value_at(page, "pageInfo.hasNextPage");
    p->more = more && more->kind == VALUE_BOOL && more->boolean;
    snprintf(p->after, sizeof p->after, "%.*s", TEXT_ARG(value_text_at(page, "pageInfo.endCursor")));
}

/* A page that cannot be read to its end is kept as far as it was read, without moving the cursor. */
static int take_page(struct session *s, const struct value *page, struct paging *p, struct sink *sink, struct err *err)
{
    const struct value *nodes = value_get(page, "nodes");
    struct err trouble = {0};
    int rc = read_nodes(s, nodes, sink, err);
    if (rc == 0)
        note_newest(p, nodes);
    int kept = sink_page(sink, text_of(p->newest), rc == 0 ? err : &trouble);
    if (kept < 0)
        forget_nodes(s, nodes);
    note_position(p, page);
    return rc < 0 ? rc : kept;
}

static int poll_page(struct session *s, const struct feed *feed, struct paging *p, struct sink *sink, struct err *err)
{
    struct arena a;
    struct value data;
    arena_init(&a, 16u << 20);
    const char *document =
        arena_printf(&a,
                     "query($after: String, $query: String) { %s(first: 100, after: $after, sortKey: UPDATED_AT, "
                     "query: $query) { nodes { id updatedAt } pageInfo { hasNextPage endCursor } } }",
                     feed->name)
            .p;
    struct value variables =
        sp_map(&a, 2, "after", p->after[0] ? value_string(p->after) : value_null(), "query", value_string(p->query));
    int rc = sp_graphql(s, CALL_CAPTURE, document, &variables, &a, &data, err);
    const struct value *page = rc == 0 ? value_get(&data, feed->name) : NULL;
    p->more = false;
    if (page)
        rc = take_page(s, page, p, sink, err);
    arena_release(&a);
    return rc;
}

int sp_poll(struct session *s, const struct feed *feed, struct text cursor, struct sink *sink, struct err *err)
{
    struct arena a;
    struct paging p = {.more = true};
    arena_init(&a, 4096);
    int rc = sp_subscribe(s, err);
    p.query = search(s, (size_t)(feed - s->adapter->feeds), &a, cursor);
    snprintf(p.newest, sizeof p.newest, "%.*s", TEXT_ARG(cursor));
    while (rc == 0 && p.more)
        rc = poll_page(s, feed, &p, sink, err);
    arena_release(&a);
    return rc;
}
