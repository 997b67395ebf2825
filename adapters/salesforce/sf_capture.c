/* Capture: polling by SystemModstamp, which moves on every change, also on those that the system makes by itself
 * (LastModifiedDate does not). The window overlaps, since a transaction that commits late shows an earlier stamp. */
#include "sf.h"

#include <stdlib.h>

static const char *window(struct session *s, struct arena *a, struct text cursor)
{
    const struct sf_settings *set = s->settings;
    char text[MOMENT_TEXT_MAX];
    moment_us at;
    if (!cursor.n || !moment_parse(cursor, &at))
        return "";
    moment_format(at - set->overlap_s * MOMENT_SECOND, text);
    /* SOQL: milliseconds and Z, no quotes */
    return arena_printf(a, " WHERE SystemModstamp >= %.23sZ", text).p;
}

static int emit_records(struct session *s, const char *entity, const struct value *page, struct sink *sink,
                        struct text *cursor)
{
    const struct value *records = value_get(page, "records");
    for (uint32_t i = 0; records && records->kind == VALUE_LIST && i < records->count; i++) {
        const struct value *record = &records->items[i];
        struct err err = {0};
        *cursor = value_text_at(record, "SystemModstamp");
        sink_emit(sink, entity, value_text_at(record, "Id"), record, &err); /* the host keeps what cannot be mapped */
    }
    (void)s;
    return 0;
}

/* Follows nextRecordsUrl as given; each page is kept before the next is asked for. */
static int read_pages(struct session *s, const char *entity, struct value page, struct sink *sink, struct err *err)
{
    struct arena a;
    int rc = 0;
    arena_init(&a, 64u << 20);
    while (rc == 0) {
        struct text cursor = {0}, next = value_text_at(&page, "nextRecordsUrl");
        emit_records(s, entity, &page, sink, &cursor);
        if (cursor.n)
            rc = sink_page(sink, cursor, err);
        if (rc < 0 || !next.n)
            break;
        const char *path = strdup(arena_string(&a, next));
        arena_clear(&a);
        struct sf_reply reply;
        rc = path ? sf_call(s, CALL_CAPTURE, "GET", path, NULL, &a, &reply, err) : err_set(err, ERR_NOMEM, "no memory");
        free((void *)path);
        if (rc == 0 && reply.status != 200)
            rc = err_set(err, ERR_UNAVAILABLE, "Salesforce refuses the next page (HTTP %d)", reply.status);
        page = reply.body;
    }
    arena_release(&a);
    return rc;
}

int sf_poll(struct session *s, const struct feed *feed, struct text cursor, struct sink *sink, struct err *err)
{
    const char *entity = feed->entities[0];
    struct arena a;
    struct value page;
    arena_init(&a, 64u << 20);
    const char *soql =
        arena_printf(&a, "SELECT %s FROM %s%s ORDER BY SystemModstamp, Id", mapping_select(s->mapping, entity),
                     mapping_object(s->mapping, entity), window(s, &a, cursor))
            .p;
    int rc = sf_query(s, CALL_CAPTURE, soql, &a, &page, err);
    if (rc == 0)
        rc = read_pages(s, entity, page, sink, err);
    arena_release(&a);
    return rc;
}

int sf_refresh(struct session *s, const char *entity, struct text id, struct sink *sink, struct err *err)
{
    struct arena a;
    struct value page;
    struct text cursor;
    arena_init(&a, 8u << 20);
    const char *soql = arena_printf(&a, "SELECT %s FROM %s WHERE Id = %s", mapping_select(s->mapping, entity),
                                    mapping_object(s->mapping, entity), sf_quote(&a, id))
                           .p;
    int rc = sf_query(s, CALL_CAPTURE, soql, &a, &page, err);
    if (rc == 0 && !value_at(&page, "records.0"))
        rc = sink_emit_deleted(sink, entity, id, err);
    else if (rc == 0)
        rc = emit_records(s, entity, &page, sink, &cursor);
    arena_release(&a);
    return rc;
}
