/* Reading a message: bytes to values (codec), values to a struct message, fields to their canonical form (schema).
 * The attributes around `data` follow CloudEvents, which lets anybody add some, so unknown ones are passed over. */
#include "codec.h"
#include "reading.h"

static int read_specversion(struct reading *r)
{
    struct text found = {0};
    int rc = reading_text(r, r->attribute[AT_SPECVERSION], "specversion", 16, true, &found);
    return rc || text_is(found, "1.0") ? rc : reading_not_one_of(r, "specversion", found, "\"1.0\"");
}

static int read_type(struct reading *r)
{
    struct text found = {0};
    int rc = reading_text(r, r->attribute[AT_TYPE], "type", 64, true, &found);
    if (rc)
        return rc;
    for (int t = MESSAGE_CHANGE; t <= MESSAGE_OUTCOME; t++)
        if (text_is(found, message_type_name((enum message_type)t))) {
            r->out->type = (enum message_type)t;
            return 0;
        }
    return reading_not_one_of(r, "type", found, "tidegate.change.v1, tidegate.command.v1, tidegate.outcome.v1");
}

/* "<entity>/<id>" */
static int read_subject(struct reading *r)
{
    size_t id_max = r->out->type == MESSAGE_CHANGE ? MESSAGE_NATIVE_ID_MAX : MESSAGE_KEY_MAX;
    struct text found = {0}, entity, id;
    int rc = reading_line(r, r->attribute[AT_SUBJECT], "subject", SCHEMA_NAME_MAX + 1 + MESSAGE_KEY_MAX, true, &found);
    if (rc)
        return rc;
    if (!text_split(found, '/', &entity, &id) || !is_name(entity, SCHEMA_NAME_MAX) || id.n == 0)
        return reading_fault(r, ERR_INVALID, "subject", "is not \"<entity>/<id>\"");
    if (id.n > id_max)
        return err_set(r->err, ERR_TOO_LARGE, "subject: an id of %zu bytes, at most %zu", id.n, id_max);
    r->out->entity = entity;
    r->out->subject_id = id;
    return 0;
}

/* W3C Trace Context, 4.3: who cannot read a traceparent starts a trace of his own; it is no reason to stop. */
static void read_traceparent(struct reading *r)
{
    static const char form[] = "xx-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx-xxxxxxxxxxxxxxxx-xx";
    const struct value *v = r->attribute[AT_TRACEPARENT];
    if (v && v->kind == VALUE_TEXT && reading_has_form(v->text, form))
        r->out->traceparent = v->text;
}

static int read_replayed(struct reading *r)
{
    const struct value *v = r->attribute[AT_REPLAYED];
    if (v && v->kind != VALUE_BOOL)
        return reading_fault(r, ERR_INVALID, "replayed", "is neither true nor false");
    r->out->replayed = v && v->boolean;
    return 0;
}

static int read_attributes(struct reading *r)
{
    int rc = read_specversion(r);
    if (!rc)
        rc = read_type(r);
    if (!rc)
        rc = reading_uuid(r, r->attribute[AT_ID], "id", &r->out->id);
    if (!rc)
        rc = reading_system(r, r->attribute[AT_SOURCE], "source", &r->out->source);
    if (!rc)
        rc = read_subject(r);
    if (!rc)
        rc = reading_moment(r, r->attribute[AT_TIME], "time", true, &r->out->time);
    if (!rc)
        rc = read_replayed(r);
    read_traceparent(r);
    return rc;
}

static int check_fields(const struct schema *schema, struct message *m, struct arena *a, const struct entity **entity,
                        struct err *err)
{
    const struct entity *e = schema_find(schema, m->entity);
    if (!e)
        return err_set(err, ERR_NOT_FOUND, "subject: there is no entity \"%.*s\"; entity files define them",
                       TEXT_ARG(m->entity));
    if (entity)
        *entity = e;
    return schema_check(e, &m->fields, a, err);
}

int message_read(const struct schema *schema, struct text bytes, struct arena *a, struct message *out,
                 const struct entity **entity, struct err *err)
{
    struct reading r = {.err = err, .out = out};
    struct value root;
    *out = (struct message){.fields = {.kind = VALUE_MAP}};
    if (entity)
        *entity = NULL;
    int rc = codec_read(a, bytes, &root, err);
    if (!rc && root.kind != VALUE_MAP)
        rc = err_set(err, ERR_INVALID, "message: %s; a message is a map", value_kind_word(root.kind));
    if (rc)
        return rc;
    reading_sort(&root, attribute_names, AT_COUNT, r.attribute);
    rc = read_attributes(&r);
    if (!rc)
        rc = reading_data(&r);
    return rc || !schema ? rc : check_fields(schema, out, a, entity, err);
}
