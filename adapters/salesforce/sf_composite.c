#include "sf.h"

#include "base/buf.h"

void sf_composite_init(struct sf_composite *c, struct arena *a)
{
    *c = (struct sf_composite){a, value_list(a, 0)};
}

static struct value no_assignment(struct arena *a)
{
    struct value headers = value_map(a, 0);
    value_set(a, &headers, text_of("Sforce-Auto-Assign"), value_string("FALSE"));
    return headers;
}

void sf_composite_add(struct session *s, struct sf_composite *c, const char *reference, const char *method,
                      const char *path, const struct value *body)
{
    const struct sf_settings *set = s->settings;
    struct arena *a = c->arena;
    struct value v = value_map(a, 0);
    value_set(a, &v, text_of("method"), value_string(method));
    value_set(a, &v, text_of("url"), value_text(arena_printf(a, "/services/data/v%s%s", set->api_version, path)));
    value_set(a, &v, text_of("referenceId"), value_string(reference));
    if (body)
        value_set(a, &v, text_of("body"), *body);
    if (body) /* a subrequest does not inherit the request's headers */
        value_set(a, &v, text_of("httpHeaders"), no_assignment(a));
    value_append(a, &c->requests, v);
}

void sf_composite_read_back(struct session *s, struct sf_composite *c, const char *entity, const char *id)
{
    const char *soql = arena_printf(c->arena, "SELECT %s FROM %s WHERE Id = '%s'", mapping_select(s->mapping, entity),
                                    mapping_object(s->mapping, entity), id)
                           .p;
    /* @{…} stands in the URL as it is: Salesforce replaces it before it decodes */
    struct text escaped = http_escape(c->arena, text_of(soql));
    struct buf b;
    buf_init(&b, 65536);
    for (size_t i = 0; i < escaped.n; i++) {
        if (escaped.n - i >= 6 && memcmp(escaped.p + i, "%40%7B", 6) == 0) {
            buf_string(&b, "@{");
            i += 5;
        } else if (escaped.n - i >= 3 && memcmp(escaped.p + i, "%7D", 3) == 0) {
            buf_char(&b, '}');
            i += 2;
        } else {
            buf_char(&b, escaped.p[i]);
        }
    }
    sf_composite_add(s, c, "stored", "GET", arena_printf(c->arena, "/query?q=%s", buf_cstr(&b)).p, NULL);
    buf_release(&b);
}

static bool halted(const struct value *answer)
{
    return text_is(value_text_at(answer, "body.0.errorCode"), "PROCESSING_HALTED");
}

/* A collection (composite/sobjects) answers 200 and says per record what failed. */
static const struct value *failed_record(const struct value *body)
{
    for (uint32_t i = 0; body && body->kind == VALUE_LIST && i < body->count; i++) {
        const struct value *ok = value_get(&body->items[i], "success");
        const struct value *errors = value_get(&body->items[i], "errors");
        bool failed = ok && ok->kind == VALUE_BOOL && !ok->boolean && errors && errors->count;
        if (failed && !text_is(value_text_at(errors, "0.statusCode"), "ALL_OR_NONE_OPERATION_ROLLED_BACK"))
            return errors;
    }
    return NULL;
}

/* In a collection's answer the code is called statusCode. */
static enum delivery record_failed(struct arena *a, struct delivery_result *r, const struct value *errors)
{
    struct value list = value_copy(a, errors);
    value_set(a, &list.items[0], text_of("errorCode"), value_text(value_text_at(errors, "0.statusCode")));
    return sf_failed(r, 400, &list);
}

/* The first answer that says why, or NULL when all went well. */
static enum delivery find_failure(struct arena *a, const struct value *answers, struct delivery_result *r)
{
    for (uint32_t i = 0; i < answers->count; i++) {
        const struct value *answer = &answers->items[i], *status = value_get(answer, "httpStatusCode");
        const struct value *body = value_get(answer, "body"), *errors = failed_record(body);
        if (errors)
            return record_failed(a, r, errors);
        if (status && status->kind == VALUE_INT && status->integer >= 300 && !halted(answer))
            return sf_failed(r, (int)status->integer, body);
    }
    return DELIVERY_DONE;
}

static enum delivery read_answers(struct arena *a, const struct value *answers, struct delivery_result *r)
{
    if (!answers || answers->kind != VALUE_LIST || !answers->count)
        return delivery_retry(r, 0, true, "Salesforce's composite answer has no compositeResponse");
    if (find_failure(a, answers, r) != DELIVERY_DONE)
        return r->kind;
    const struct value *stored = value_at(&answers->items[answers->count - 1], "body.records.0");
    if (!stored)
        return delivery_retry(r, 0, true, "the record is not there when it is read back");
    return delivery_done(r, value_text_at(stored, "Id"), *stored);
}

enum delivery sf_composite_send(struct session *s, struct sf_composite *c, enum call_priority p,
                                struct delivery_result *r)
{
    struct arena *a = c->arena;
    struct value body = value_map(a, 0);
    value_set(a, &body, text_of("allOrNone"), value_bool(true));
    value_set(a, &body, text_of("collateSubrequests"), value_bool(false)); /* the order given is the order done */
    value_set(a, &body, text_of("compositeRequest"), c->requests);
    struct sf_reply reply;
    struct err err = {0};
    if (sf_call(s, p, "POST", "/composite", &body, a, &reply, &err) < 0)
        return sf_call_failed(r, &err);
    if (reply.status != 200)
        return sf_failed(r, reply.status, &reply.body);
    return read_answers(a, value_get(&reply.body, "compositeResponse"), r);
}
