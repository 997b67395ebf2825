#include "od.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/json_text.h"
#include "edge/json.h"

#define REQUEST_MAX (8u << 20)
#define CALL_TIMEOUT_MS 120000 /* Odoo's own limit for a request */

static const struct {
    const char *name;
    enum refusal refusal;
} classes[] = {
    {"odoo.exceptions.AccessError", REFUSAL_PERMISSION},    {"odoo.exceptions.AccessDenied", REFUSAL_PERMISSION},
    {"odoo.exceptions.MissingError", REFUSAL_CONFLICT},     {"odoo.exceptions.ValidationError", REFUSAL_VALUE},
    {"odoo.exceptions.UserError", REFUSAL_VALUE},           {"psycopg2.errors.NotNullViolation", REFUSAL_MISSING},
    {"psycopg2.errors.UniqueViolation", REFUSAL_DUPLICATE}, {"psycopg2.IntegrityError", REFUSAL_DUPLICATE},
};

/* Two transactions met, or the worker was ended: nothing was written, trying again is right. */
static bool passes(struct text name, struct text message)
{
    static const char *const signs[] = {"could not serialize access", "could not obtain lock", "deadlock detected",
                                        "concurrent update"};
    if (text_starts(name, "psycopg2.errors.SerializationFailure") || text_starts(name, "psycopg2.OperationalError") ||
        text_starts(name, "psycopg2.extensions.TransactionRollbackError") ||
        text_starts(name, "psycopg2.errors.LockNotAvailable"))
        return true;
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
        if (message.n && memmem(message.p, message.n, signs[i], strlen(signs[i])))
            return true;
    return false;
}

static void read_fault(const struct value *error, struct od_reply *out)
{
    struct text name = value_text_at(error, "data.name"), message = value_text_at(error, "data.message");
    if (!message.n)
        message = value_text_at(error, "message");
    out->fault = passes(name, message) ? OD_FAULT_RETRY : OD_FAULT_REFUSED;
    out->refusal = REFUSAL_VALUE;
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++)
        if (text_is(name, classes[i].name))
            out->refusal = classes[i].refusal;
    snprintf(out->words, sizeof out->words, "%.*s: %.*s", TEXT_ARG(name), TEXT_ARG(message));
}

static int read_answer(const struct http_response *answer, struct arena *a, struct od_reply *out, struct err *err)
{
    struct value v;
    if (answer->status == 429 || answer->status == 502 || answer->status == 503 || answer->status == 504)
        return err_set(err, ERR_UNAVAILABLE, "Odoo is not available (HTTP %d)", answer->status);
    if (answer->status == 404)
        return err_set(err, ERR_DENIED, "there is no /jsonrpc at this url (HTTP 404): check the system's url");
    if (answer->status != 200)
        return err_set(err, ERR_IO, "Odoo failed (HTTP %d)", answer->status);
    if (json_parse(a, answer->body, &v, err) < 0)
        return err_set(err, ERR_IO, "Odoo's answer is no JSON-RPC");
    *out = (struct od_reply){.result = value_null()};
    const struct value *error = value_get(&v, "error"), *result = value_get(&v, "result");
    if (error && error->kind == VALUE_MAP)
        read_fault(error, out);
    else if (result)
        out->result = *result;
    return 0;
}

static int write_request(struct arena *a, const struct value *params, struct text *body, struct err *err)
{
    struct value v = value_map(a, 0);
    struct buf b;
    value_set(a, &v, text_of("jsonrpc"), value_string("2.0"));
    value_set(a, &v, text_of("method"), value_string("call"));
    value_set(a, &v, text_of("params"), *params);
    value_set(a, &v, text_of("id"), value_int(1));
    buf_init(&b, REQUEST_MAX);
    json_write(&b, &v);
    bool ok = !buf_failed(&b);
    if (ok)
        *body = arena_text(a, buf_view(&b));
    buf_release(&b);
    return ok ? 0 : err_set(err, ERR_TOO_LARGE, "a request to Odoo would have more than %u bytes", REQUEST_MAX);
}

static int post(struct session *s, enum call_priority p, const char *service, const char *method, struct value args,
                struct arena *a, struct od_reply *out, struct err *err)
{
    static const struct http_header headers[] = {{"Content-Type", "application/json"}};
    const struct od_settings *set = s->settings;
    struct value params = value_map(a, 0);
    value_set(a, &params, text_of("service"), value_string(service));
    value_set(a, &params, text_of("method"), value_string(method));
    value_set(a, &params, text_of("args"), args);
    struct http_request r = {.method = "POST", .headers = headers, .header_count = 1, .timeout_ms = CALL_TIMEOUT_MS};
    struct http_response answer;
    r.url = arena_printf(a, "%s/jsonrpc", set->url).p;
    int rc = write_request(a, &params, &r.body, err);
    if (rc == 0)
        rc = session_call(s, p, 1, &r, a, &answer, err);
    return rc < 0 ? rc : read_answer(&answer, a, out, err);
}

int od_service(struct session *s, const char *service, const char *method, struct value args, struct arena *a,
               struct od_reply *out, struct err *err)
{
    return post(s, CALL_ORDER, service, method, args, a, out, err);
}

int od_call(struct session *s, enum call_priority p, const char *model, const char *method, struct value args,
            const struct value *kwargs, struct arena *a, struct od_reply *out, struct err *err)
{
    const struct od_settings *set = s->settings;
    const struct od_state *st = s->state;
    struct value all = od_list(a, 7, value_string(set->database), value_int(st->uid), value_string(set->api_key),
                               value_string(model), value_string(method), args, kwargs ? *kwargs : value_map(a, 0));
    int rc = post(s, p, "object", "execute_kw", all, a, out, err);
    if (rc == 0 && out->fault == OD_FAULT_REFUSED && text_starts(text_of(out->words), "odoo.exceptions.AccessDenied"))
        return err_set(err, ERR_DENIED, "Odoo does not accept the credentials any more: check username and api_key");
    return rc;
}

int od_ask(struct session *s, enum call_priority p, const char *model, const char *method, struct value args,
           const struct value *kwargs, struct arena *a, struct value *result, struct err *err)
{
    struct od_reply reply;
    int rc = od_call(s, p, model, method, args, kwargs, a, &reply, err);
    if (rc < 0)
        return rc;
    if (reply.fault != OD_FAULT_NONE)
        return err_set(err, reply.fault == OD_FAULT_RETRY ? ERR_UNAVAILABLE : ERR_INVALID, "Odoo, %s.%s: %s", model,
                       method, reply.words);
    *result = reply.result;
    return 0;
}

enum delivery od_failed(struct delivery_result *r, const struct od_reply *reply)
{
    if (reply->fault == OD_FAULT_RETRY)
        return delivery_retry(r, 0, false, "%s", reply->words);
    return delivery_refused(r, reply->refusal, "%s", reply->words);
}

enum delivery od_call_failed(struct delivery_result *r, const struct err *err)
{
    if (err->code == ERR_INVALID)
        return delivery_refused(r, REFUSAL_VALUE, "%s", err->text);
    if (err->code == ERR_DENIED)
        return delivery_outage(r, 0, "%s", err->text);
    return delivery_from_err(r, err);
}
