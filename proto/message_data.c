/* `data` of the three messages. It is Tidegate's own, so a member that does not belong there is a misunderstanding, and
 * told. What the broker or a log line repeats (ids, keys, systems) holds no control characters. */
#include "reading.h"

static int read_op(struct reading *r)
{
    struct text found = {0};
    int rc = reading_text(r, r->in[IN_OP], "data.op", 16, true, &found);
    if (rc)
        return rc;
    bool change = r->out->type == MESSAGE_CHANGE;
    enum message_op last = change ? OP_SNAPSHOT : OP_DELETE;
    for (r->out->op = OP_UPSERT; r->out->op < last && !text_is(found, op_word(r->out->op));)
        r->out->op++;
    if (text_is(found, op_word(r->out->op)))
        return 0;
    return reading_not_one_of(r, "data.op", found, change ? "upsert, delete, snapshot" : "upsert, delete");
}

static int read_fields(struct reading *r)
{
    const struct value *v = r->in[IN_FIELDS];
    r->out->fields = (struct value){.kind = VALUE_MAP};
    if (!v)
        return r->out->op == OP_UPSERT && r->out->type != MESSAGE_OUTCOME
                   ? reading_fault(r, ERR_INVALID, "data.fields", "is missing")
                   : 0;
    if (v->kind != VALUE_MAP)
        return err_set(r->err, ERR_INVALID, "data.fields: %s; it is a map", value_kind_word(v->kind));
    r->out->fields = *v;
    return 0;
}

static int read_revision(struct reading *r)
{
    const struct value *v = r->in[IN_REVISION];
    if (!v || v->kind != VALUE_INT || v->integer < 1)
        return reading_fault(r, ERR_INVALID, "data.revision", v ? "is no int of 1 or more" : "is missing");
    r->out->revision = v->integer;
    return 0;
}

static int read_stamp(struct reading *r)
{
    const struct value *v = r->in[IN_REVISION];
    if (!v)
        return 0;
    if (v->kind != VALUE_INT || v->integer < 0)
        return reading_fault(r, ERR_INVALID, "data.revision", "is no int of 0 or more");
    r->out->revision = v->integer;
    r->out->stamped = true;
    return 0;
}

/* Commands and outcomes name their record twice: for the broker's tools in the subject, for programs in `key`. */
static int read_record_key(struct reading *r)
{
    int rc = reading_line(r, r->in[IN_KEY], "data.key", MESSAGE_KEY_MAX, true, &r->out->key);
    return rc || text_eq(r->out->key, r->out->subject_id)
               ? rc
               : reading_fault(r, ERR_INVALID, "data.key", "is not the id in the subject");
}

static int read_change(struct reading *r)
{
    int rc = reading_line(r, r->in[IN_KEY], "data.key", MESSAGE_KEY_MAX, false, &r->out->key);
    if (!rc)
        rc = read_stamp(r);
    return rc ? rc : reading_line(r, r->in[IN_VERSION], "data.version", MESSAGE_VERSION_MAX, false, &r->out->version);
}

static int read_command(struct reading *r)
{
    int rc = read_record_key(r);
    if (!rc)
        rc = reading_system(r, r->in[IN_TARGET], "data.target", &r->out->target);
    if (!rc)
        rc = reading_line(r, r->in[IN_NATIVE], "data.native", MESSAGE_NATIVE_ID_MAX, false, &r->out->native);
    return rc ? rc : read_revision(r);
}

static int read_verdict(struct reading *r)
{
    struct text found = {0};
    int rc = reading_text(r, r->in[IN_VERDICT], "data.verdict", 16, true, &found);
    if (rc)
        return rc;
    for (int v = VERDICT_DONE; v <= VERDICT_STALE; v++)
        if (text_is(found, verdict_word((enum verdict)v))) {
            r->out->verdict = (enum verdict)v;
            return 0;
        }
    return reading_not_one_of(r, "data.verdict", found, "done, retry, refused, stale");
}

/* A class belongs to a refusal, and only to one. */
static int read_class(struct reading *r)
{
    struct text found = {0};
    bool refused = r->out->verdict == VERDICT_REFUSED;
    int rc = reading_text(r, r->in[IN_CLASS], "data.class", 16, refused, &found);
    if (rc || !found.n)
        return rc;
    if (!refused)
        return reading_fault(r, ERR_INVALID, "data.class", "belongs to the verdict refused only");
    for (int c = REFUSAL_VALUE; c <= REFUSAL_UNSUPPORTED; c++)
        if (text_is(found, refusal_word((enum refusal)c))) {
            r->out->refusal = (enum refusal)c;
            return 0;
        }
    return reading_not_one_of(r, "data.class", found,
                              "value, missing, duplicate, permission, too_large, conflict, unsupported");
}

/* The system's own words may run over lines. */
static int read_reason(struct reading *r)
{
    const struct value *v = r->in[IN_REASON];
    if (!v)
        return 0;
    if (v->kind != VALUE_TEXT)
        return err_set(r->err, ERR_INVALID, "data.reason: %s; it is a text", value_kind_word(v->kind));
    if (v->text.n > MESSAGE_REASON_MAX)
        return err_set(r->err, ERR_TOO_LARGE, "data.reason: %zu bytes, at most %d", v->text.n, MESSAGE_REASON_MAX);
    r->out->reason = v->text;
    return 0;
}

static int read_outcome(struct reading *r)
{
    int rc = read_record_key(r);
    if (!rc)
        rc = reading_uuid(r, r->in[IN_COMMAND], "data.command", &r->out->command);
    if (!rc)
        rc = read_revision(r);
    if (!rc)
        rc = read_verdict(r);
    bool holds = r->out->verdict == VERDICT_DONE && r->out->op == OP_UPSERT;
    if (!rc)
        rc = reading_line(r, r->in[IN_NATIVE], "data.native", MESSAGE_NATIVE_ID_MAX, holds, &r->out->native);
    if (!rc)
        rc = reading_line(r, r->in[IN_VERSION], "data.version", MESSAGE_VERSION_MAX, false, &r->out->version);
    if (!rc)
        rc = read_class(r);
    if (!rc)
        rc = read_reason(r);
    return rc ? rc : reading_moment(r, r->in[IN_RETRY_AT], "data.retry_at", false, &r->out->retry_at);
}

#define MEMBER(m) (1u << (m))
static const unsigned members_of[] = {
    [MESSAGE_CHANGE] = MEMBER(IN_OP) | MEMBER(IN_KEY) | MEMBER(IN_VERSION) | MEMBER(IN_REVISION) | MEMBER(IN_FIELDS),
    [MESSAGE_COMMAND] = MEMBER(IN_OP) | MEMBER(IN_KEY) | MEMBER(IN_TARGET) | MEMBER(IN_NATIVE) | MEMBER(IN_REVISION) |
                        MEMBER(IN_FIELDS),
    [MESSAGE_OUTCOME] = MEMBER(IN_OP) | MEMBER(IN_KEY) | MEMBER(IN_COMMAND) | MEMBER(IN_REVISION) | MEMBER(IN_VERDICT) |
                        MEMBER(IN_NATIVE) | MEMBER(IN_VERSION) | MEMBER(IN_CLASS) | MEMBER(IN_REASON) |
                        MEMBER(IN_RETRY_AT) | MEMBER(IN_FIELDS),
};

static int sort_data(struct reading *r)
{
    const struct value *data = r->attribute[AT_DATA];
    char quoted[QUOTE_TEXT];
    if (!data || data->kind != VALUE_MAP)
        return reading_fault(r, ERR_INVALID, "data", data ? "is no map" : "is missing");
    const struct member *stranger = reading_sort(data, data_names, IN_COUNT, r->in);
    if (stranger)
        return err_set(r->err, ERR_INVALID, "data: %s is no member of any message", text_quote(quoted, stranger->name));
    for (int i = 0; i < IN_COUNT; i++)
        if (r->in[i] && !(members_of[r->out->type] & MEMBER(i)))
            return err_set(r->err, ERR_INVALID, "data.%s: is no member of %s", data_names[i].p,
                           message_type_name(r->out->type));
    return 0;
}

int reading_data(struct reading *r)
{
    int rc = sort_data(r);
    if (!rc)
        rc = read_op(r);
    if (!rc)
        rc = read_fields(r);
    if (rc)
        return rc;
    switch (r->out->type) {
    case MESSAGE_CHANGE:
        return read_change(r);
    case MESSAGE_COMMAND:
        return read_command(r);
    case MESSAGE_OUTCOME:
        return read_outcome(r);
    }
    return 0;
}
