#include "workload.h"

#include <stdio.h>

#define BEGAN (1800000000LL * MOMENT_SECOND)

/* ---- an object's fields ---- */

static struct value text(struct workload_object *o, const char *format, unsigned n)
{
    char *t = o->texts[o->used++];
    snprintf(t, sizeof o->texts[0], format, n);
    return value_string(t);
}

static void set(struct workload_object *o, const char *name, struct value v)
{
    o->members[o->count++] = (struct member){text_of(name), v};
}

static void product(struct workload_object *o, unsigned i, unsigned news)
{
    set(o, "sku", text(o, "SKU-%u", i));
    set(o, "name", text(o, "Product number %u", i + news * 7));
    set(o, "description",
        value_string("A longer text that says what this is good for, where it comes from, and how it "
                     "is best kept: cool, dry and away from the sun."));
    set(o, "active", value_bool(true));
    set(o, "barcode", text(o, "AB%08u", i));
    set(o, "category", value_string("Beverages"));
    set(o, "unit", value_string("24 - 12 oz bottles"));
    set(o, "weight", text(o, "%u.25", i % 40));
}

static void price(struct workload_object *o, unsigned product, unsigned news)
{
    set(o, "product", text(o, "01t%012u", product));
    set(o, "list", value_string("standard"));
    set(o, "currency", value_string("EUR"));
    set(o, "min_quantity", value_string("1"));
    set(o, "amount", text(o, "%u.95", 1 + news));
    set(o, "active", value_bool(true));
}

static void stock(struct workload_object *o, unsigned product, unsigned news)
{
    set(o, "product", text(o, "%u", product));
    set(o, "location", value_string("main"));
    set(o, "on_hand", text(o, "%u", 103 + news));
    set(o, "reserved", value_string("3"));
    set(o, "available", text(o, "%u", 100 + news));
}

static void line(struct workload_object *o, unsigned l, unsigned product)
{
    struct member *m = o->lines[l];
    m[0] = (struct member){text_of("key"), text(o, "%u", l)};
    m[1] = (struct member){text_of("product"), text(o, "gid-%u", product)};
    m[2] = (struct member){text_of("sku"), text(o, "SKU-%u", product)};
    m[3] = (struct member){text_of("name"), value_string("Chai")};
    m[4] = (struct member){text_of("quantity"), value_string("2")};
    m[5] = (struct member){text_of("unit_price"), value_string("18.5")};
    m[6] = (struct member){text_of("total"), value_string("37")};
    o->items[l] = (struct value){.kind = VALUE_MAP, .count = 7, .members = m};
}

static void order(struct workload_object *o, unsigned i, unsigned products, unsigned news)
{
    set(o, "number", text(o, "#%u", i));
    set(o, "placed_at", value_string("2026-11-21T10:00:00.000000Z"));
    set(o, "currency", value_string("EUR"));
    set(o, "lifecycle", value_string("placed"));
    set(o, "payment", value_string("paid"));
    set(o, "note", text(o, "Please ring %u times", news));
    for (unsigned l = 0; l < 3; l++)
        line(o, l, (i + l) % products);
    set(o, "lines", (struct value){.kind = VALUE_LIST, .count = 3, .items = o->items});
    set(o, "total", value_string("111"));
}

/* ---- which record, and whose ---- */

enum kind { PRODUCT, PRICE, STOCK, ORDER };

static const struct {
    const char *source, *entity, *targets[WORKLOAD_TARGETS_MAX];
} kinds[] = {
    [PRODUCT] = {"salesforce", "product", {"shop", "erp"}},
    [PRICE] = {"salesforce", "price", {"shop", "erp"}},
    [STOCK] = {"erp", "inventory", {"shop"}},
    [ORDER] = {"shop", "order", {"salesforce", "erp"}},
};

/* Stock and prices come several to a product. */
static void name(const struct workload *w, enum kind k, unsigned i, char *native, size_t size)
{
    if (k == PRODUCT)
        snprintf(native, size, "01t%012u", i);
    else if (k == PRICE)
        snprintf(native, size, "01u%012u", i);
    else if (k == STOCK)
        snprintf(native, size, "%u:WH/Stock/%u", i % w->products, i / w->products);
    else
        snprintf(native, size, "%u", 5000000 + i);
}

/* The name of record i in a target; products are referred to by theirs. */
static void name_in_target(enum kind k, const char *target, unsigned i, char *native, size_t size)
{
    if (k == PRODUCT)
        snprintf(native, size, strcmp(target, "shop") == 0 ? "gid-%u" : "%u", i);
    else
        snprintf(native, size, "%c%u", "?vso"[k], i);
}

static void fill(struct workload *w, enum kind k, unsigned i, unsigned news)
{
    struct workload_object *o = &w->object;
    o->count = o->used = 0;
    if (k == PRODUCT)
        product(o, i, news);
    else if (k == PRICE)
        price(o, i % w->products, news);
    else if (k == STOCK)
        stock(o, i % w->products, news);
    else
        order(o, i, w->products, news);
}

static const struct message *change(struct workload *w, enum kind k, unsigned i, unsigned news, moment_us at)
{
    struct message *m = &w->message;
    fill(w, k, i, news);
    name(w, k, i, w->native, sizeof w->native);
    *m = (struct message){.type = MESSAGE_CHANGE,
                          .source = text_of(kinds[k].source),
                          .entity = text_of(kinds[k].entity),
                          .subject_id = text_of(w->native),
                          .traceparent = text_of("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
                          .time = at};
    m->version = moment_format(at, w->version);
    m->fields = (struct value){.kind = VALUE_MAP, .count = w->object.count, .members = w->object.members};
    m->id = message_change_id(m, w->id);
    return m;
}

/* ---- known ---- */

/* As an adapter answers: with ids of its own, which the router tells outcomes apart by. */
static void outcome(struct workload *w, enum kind k, unsigned i, unsigned t)
{
    const char *target = kinds[k].targets[t];
    struct workload_outcome *o = &w->outcomes[w->outcome_count++];
    name_in_target(k, target, i, o->native, sizeof o->native);
    struct text command = message_command_id(text_of(w->key), text_of(target), 1, BEGAN, o->command);
    struct text id = message_command_id(command, text_of(target), 1, BEGAN, o->id);
    o->message = (struct message){.type = MESSAGE_OUTCOME,
                                  .id = id,
                                  .source = text_of(target),
                                  .entity = text_of(kinds[k].entity),
                                  .subject_id = text_of(w->key),
                                  .key = text_of(w->key),
                                  .time = BEGAN,
                                  .verdict = VERDICT_DONE,
                                  .native = text_of(o->native),
                                  .command = command,
                                  .revision = 1,
                                  .fields = {.kind = VALUE_MAP}};
}

static void outcomes(struct workload *w, enum kind k, unsigned i)
{
    snprintf(w->key, sizeof w->key, "%s:%s:%s", kinds[k].source, kinds[k].entity, w->native);
    for (unsigned t = 0; t < WORKLOAD_TARGETS_MAX && kinds[k].targets[t]; t++)
        outcome(w, k, i, t);
}

static const struct message *next_known(struct workload *w)
{
    static const enum kind order_of[] = {PRODUCT, PRICE, STOCK, ORDER};
    const unsigned counts[] = {w->products, w->prices, w->stocks, w->orders};
    if (w->outcome_count)
        return &w->outcomes[--w->outcome_count].message;
    unsigned i = w->at++;
    for (int k = 0; k < 4; i -= counts[k++])
        if (i < counts[k]) {
            const struct message *m = change(w, order_of[k], i, 0, BEGAN);
            outcomes(w, order_of[k], i);
            return m;
        }
    return NULL;
}

/* ---- changes ---- */

static unsigned draw(struct workload *w, unsigned below)
{
    w->random ^= w->random << 13;
    w->random ^= w->random >> 7;
    w->random ^= w->random << 17;
    return (unsigned)(w->random >> 33) % below;
}

static const struct message *next_change(struct workload *w)
{
    if (w->at == w->count)
        return NULL;
    moment_us at = BEGAN + w->round * 86400 * MOMENT_SECOND + w->at * 1000LL;
    unsigned news = 1 + w->round * w->count + w->at++, hundred = draw(w, 100);
    if (hundred < 55)
        return change(w, STOCK, draw(w, w->stocks), news, at);
    if (hundred < 85)
        return change(w, PRICE, draw(w, w->prices), news, at);
    if (hundred < 95)
        return change(w, PRODUCT, draw(w, w->products), news, at);
    return change(w, ORDER, draw(w, w->orders), news, at);
}

/* ---- commands ---- */

static const struct message *next_command(struct workload *w)
{
    struct message *m = &w->message;
    unsigned i = w->at++;
    if (i == w->count)
        return NULL;
    fill(w, PRODUCT, i, 0);
    snprintf(w->key, sizeof w->key, "bench:product:%u", i);
    *m = (struct message){.type = MESSAGE_COMMAND,
                          .source = text_of("router"),
                          .entity = text_of("product"),
                          .subject_id = text_of(w->key),
                          .key = text_of(w->key),
                          .target = text_of(w->target),
                          .revision = 1,
                          .time = BEGAN};
    m->fields = (struct value){.kind = VALUE_MAP, .count = w->object.count, .members = w->object.members};
    m->id = message_command_id(m->key, m->target, 1, BEGAN, w->id);
    return m;
}

/* ---- */

static void init(struct workload *w, unsigned records)
{
    *w = (struct workload){.random = 88172645463325252u};
    w->products = records / 5 + 1;
    w->prices = records * 3 / 10 + 1;
    w->orders = records / 20 + 1;
    w->stocks = records > w->products + w->prices + w->orders ? records - w->products - w->prices - w->orders : 1;
}

void workload_known(struct workload *w, unsigned records)
{
    init(w, records);
    w->known = true;
}

void workload_changes(struct workload *w, unsigned records, unsigned count, unsigned round)
{
    init(w, records);
    w->count = count;
    w->round = round;
    w->random += round * 2654435761u;
}

void workload_commands(struct workload *w, const char *target, unsigned count)
{
    init(w, 0);
    w->target = target;
    w->count = count;
}

const struct message *workload_next(struct workload *w)
{
    if (w->target)
        return next_command(w);
    return w->known ? next_known(w) : next_change(w);
}
