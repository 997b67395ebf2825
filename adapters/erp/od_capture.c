/* Capture: polling by write_date.
 *
 * write_date is the start of the transaction that wrote, so a long one commits with a date that lies behind a cursor.
 * Each poll therefore reads again a short while behind the cursor, and every deep_every_s the whole overlap, which must
 * be longer than the longest transaction. What was published before is dropped by the host. The ids are searched first
 * and read in chunks: a page by offset would skip a row whenever another one moves. write_date does not move on an
 * order when only its lines change, so lines are searched too. */
#include "od.h"

#include <stdio.h>

#define CHUNK 200
#define SHORT_OVERLAP_S 15

static const char *window(struct session *s, const struct feed *feed, size_t feed_index, struct arena *a,
                          struct text cursor)
{
    const struct od_settings *set = s->settings;
    struct od_state *st = s->state;
    char text[MOMENT_TEXT_MAX];
    moment_us at;
    (void)feed;
    if (!cursor.n || !moment_parse(cursor, &at))
        return NULL;
    int64_t now = loop_uptime_us(s->loop), overlap = SHORT_OVERLAP_S;
    if (!st->deep_us[feed_index] || now - st->deep_us[feed_index] > set->deep_every_s * MOMENT_SECOND) {
        st->deep_us[feed_index] = now;
        overlap = set->overlap_s;
    }
    moment_format(at - overlap * MOMENT_SECOND, text);
    return arena_printf(a, "%.10s %.8s", text, text + 11).p;
}

static struct value since(struct arena *a, const char *from)
{
    return from ? od_list(a, 1, od_term(a, "write_date", ">=", value_string(from))) : value_list(a, 0);
}

/* id and one more field of what has changed, oldest first. */
static int search(struct session *s, const char *model, struct value domain, const char *field, struct arena *a,
                  struct value *rows, struct err *err)
{
    struct value context = value_map(a, 0), kwargs = value_map(a, 0);
    struct value fields = od_list(a, 2, value_string("write_date"), value_string(field));
    value_set(a, &context, text_of("active_test"), value_bool(false));
    value_set(a, &kwargs, text_of("context"), context);
    value_set(a, &kwargs, text_of("order"), value_string("write_date, id"));
    return od_ask(s, CALL_CAPTURE, model, "search_read", od_list(a, 2, domain, fields), &kwargs, a, rows, err);
}

static void keep_newest(const struct value *row, struct text *cursor)
{
    struct text date = value_text_at(row, "write_date");
    if (text_compare(date, *cursor) > 0)
        *cursor = date;
}

/* The kept cursor is ours: "YYYY-MM-DD HH:MM:SS", never behind an earlier one. */
static int page(struct sink *sink, struct text newest, struct text cursor, struct err *err)
{
    return sink_page(sink, text_compare(newest, cursor) > 0 ? newest : cursor, err);
}

static int emit_all(struct session *s, const struct feed *feed, const struct value *objects, struct sink *sink)
{
    (void)s;
    for (uint32_t i = 0; i < objects->count; i++)
        for (const char *const *entity = feed->entities; *entity; entity++) {
            struct err ignored; /* the host keeps what cannot be mapped */
            char id[24];
            int n = snprintf(id, sizeof id, "%lld", (long long)od_many2one(value_get(&objects->items[i], "id")));
            sink_emit(sink, *entity, (struct text){id, (size_t)n}, &objects->items[i], &ignored);
        }
    return 0;
}

static int read_chunk(struct session *s, const struct feed *feed, const struct value *ids, struct sink *sink,
                      struct err *err)
{
    struct arena a;
    struct value objects;
    arena_init(&a, 64u << 20);
    int rc = od_read(s, CALL_CAPTURE, feed->entities[0], ids, &a, &objects, err);
    if (rc == 0)
        rc = emit_all(s, feed, &objects, sink);
    arena_release(&a);
    return rc;
}

static int read_rows(struct session *s, const struct feed *feed, const struct value *rows, const char *id_field,
                     struct text cursor, struct sink *sink, struct arena *a, struct err *err)
{
    struct text newest = {0};
    int rc = 0;
    for (uint32_t from = 0; rc == 0 && rows->kind == VALUE_LIST && from < rows->count; from += CHUNK) {
        struct value ids = value_list(a, 0);
        for (uint32_t i = from; i < rows->count && i < from + CHUNK; i++) {
            value_append(a, &ids, value_int(od_many2one(value_get(&rows->items[i], id_field))));
            keep_newest(&rows->items[i], &newest);
        }
        rc = read_chunk(s, feed, &ids, sink, err);
        if (rc == 0)
            rc = page(sink, newest, cursor, err);
    }
    return rc;
}

/* Adds the products of the rows to ids. */
static void keep_products(const struct value *rows, struct value *ids, struct text *newest, struct arena *a)
{
    for (uint32_t i = 0; rows->kind == VALUE_LIST && i < rows->count; i++) {
        value_append(a, ids, value_int(od_many2one(value_get(&rows->items[i], "product_id"))));
        keep_newest(&rows->items[i], newest);
    }
}

/* The products whose stock at a location has changed. Odoo deletes a quant that is empty, so moves are looked at too.
 */
static int changed_stock(struct session *s, const char *from, const struct od_location *at, struct value *ids,
                         struct text *newest, struct arena *a, struct err *err)
{
    struct value rows, here = value_int(at->id), quants = since(a, from), moves = since(a, from);
    value_append(a, &quants, od_term(a, "location_id", "=", here));
    int rc = search(s, "stock.quant", quants, "product_id", a, &rows, err);
    if (rc == 0)
        keep_products(&rows, ids, newest, a);
    if (rc < 0 || !from)
        return rc;
    value_append(a, &moves, od_term(a, "state", "=", value_string("done")));
    value_append(a, &moves, value_string("|"));
    value_append(a, &moves, od_term(a, "location_id", "=", here));
    value_append(a, &moves, od_term(a, "location_dest_id", "=", here));
    rc = search(s, "stock.move.line", moves, "product_id", a, &rows, err);
    if (rc == 0)
        keep_products(&rows, ids, newest, a);
    return rc;
}

static int poll_stock(struct session *s, const char *from, struct text cursor, struct sink *sink, struct arena *a,
                      struct err *err)
{
    struct od_state *st = s->state;
    struct text newest = {0};
    int rc = 0;
    for (size_t k = 0; rc == 0 && k < st->location_count; k++) {
        struct value ids = value_list(a, 0), objects;
        rc = changed_stock(s, from, &st->locations[k], &ids, &newest, a, err);
        if (rc == 0 && ids.count)
            rc = od_read_stock(s, CALL_CAPTURE, &ids, &st->locations[k], a, &objects, err);
        for (uint32_t i = 0; rc == 0 && ids.count && i < objects.count; i++) {
            struct err ignored;
            sink_emit(sink, "inventory", value_text_at(&objects.items[i], "id"), &objects.items[i], &ignored);
        }
    }
    return rc < 0 || !newest.n ? rc : page(sink, newest, cursor, err);
}

static int poll_objects(struct session *s, const struct feed *feed, const char *from, struct text cursor,
                        struct sink *sink, struct arena *a, struct err *err)
{
    struct value rows;
    int rc = search(s, mapping_object(s->mapping, feed->entities[0]), since(a, from), "id", a, &rows, err);
    if (rc == 0)
        rc = read_rows(s, feed, &rows, "id", cursor, sink, a, err);
    if (rc < 0 || strcmp(feed->name, "orders") != 0 || !from)
        return rc;
    rc = search(s, "sale.order.line", since(a, from), "order_id", a, &rows, err);
    return rc < 0 ? rc : read_rows(s, feed, &rows, "order_id", cursor, sink, a, err);
}

int od_poll(struct session *s, const struct feed *feed, struct text cursor, struct sink *sink, struct err *err)
{
    struct arena a;
    arena_init(&a, 256u << 20);
    size_t index = (size_t)(feed - s->adapter->feeds);
    const char *from = window(s, feed, index, &a, cursor);
    int rc = strcmp(feed->name, "stock") == 0 ? poll_stock(s, from, cursor, sink, &a, err)
                                              : poll_objects(s, feed, from, cursor, sink, &a, err);
    arena_release(&a);
    return rc;
}

/* ---- refresh ---- */

static int refresh_stock(struct session *s, struct text id, struct sink *sink, struct arena *a, struct err *err)
{
    struct od_state *st = s->state;
    struct text product, location;
    struct value objects;
    int64_t product_id, location_id;
    if (!text_split(id, '@', &product, &location) || !od_id(product, &product_id) || !od_id(location, &location_id))
        return err_set(err, ERR_INVALID, "\"%.*s\" is no stock id (PRODUCT@LOCATION)", TEXT_ARG(id));
    for (size_t k = 0; k < st->location_count; k++) {
        if (st->locations[k].id != location_id)
            continue;
        struct value ids = od_ids(a, product_id);
        int rc = od_read_stock(s, CALL_CAPTURE, &ids, &st->locations[k], a, &objects, err);
        for (uint32_t i = 0; rc == 0 && i < objects.count; i++)
            sink_emit(sink, "inventory", id, &objects.items[i], err); /* the host keeps what cannot be mapped */
        return rc;
    }
    return 0;
}

static const struct feed *feed_of(struct session *s, const char *entity)
{
    for (const struct feed *f = s->adapter->feeds; f->name; f++)
        for (const char *const *e = f->entities; *e; e++)
            if (strcmp(*e, entity) == 0)
                return f;
    return NULL;
}

static int refresh_object(struct session *s, const char *entity, struct text id, struct sink *sink, struct arena *a,
                          struct err *err)
{
    struct value objects;
    int64_t number;
    if (!od_id(id, &number))
        return err_set(err, ERR_INVALID, "\"%.*s\" is no Odoo id", TEXT_ARG(id));
    struct value ids = od_ids(a, number);
    int rc = od_read(s, CALL_CAPTURE, entity, &ids, a, &objects, err);
    if (rc == 0 && !objects.count)
        return sink_emit_deleted(sink, entity, id, err);
    return rc < 0 ? rc : emit_all(s, feed_of(s, entity), &objects, sink);
}

int od_refresh(struct session *s, const char *entity, struct text id, struct sink *sink, struct err *err)
{
    struct arena a;
    arena_init(&a, 16u << 20);
    int rc = strcmp(entity, "inventory") == 0 ? refresh_stock(s, id, sink, &a, err)
                                              : refresh_object(s, entity, id, sink, &a, err);
    arena_release(&a);
    return rc;
}
