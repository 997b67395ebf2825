#include "sf.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/json_text.h"
#include "edge/json.h"

#define REQUEST_MAX (6u << 20)
#define LIMIT_PAUSE_MS 60000
#define CALL_TIMEOUT_MS 60000

/* "api-usage=10018/100000; per-app-api-usage=17/250(appName=…)": the first pair is the organisation's day. */
static void read_limits(struct session *s, const struct http_response *r)
{
    const char *info = http_response_header(r, "sforce-limit-info");
    long used, max;
    if (info && sscanf(info, "api-usage=%ld/%ld", &used, &max) == 2 && max > 0)
        session_budget(s, (double)(max - used), (double)max, (double)max / 86400);
}

static int write_body(const struct value *body, struct arena *a, struct text *out, struct err *err)
{
    struct buf b;
    *out = (struct text){0};
    if (!body)
        return 0;
    buf_init(&b, REQUEST_MAX);
    json_write(&b, body);
    bool ok = !buf_failed(&b);
    if (ok)
        *out = arena_text(a, buf_view(&b));
    buf_release(&b);
    return ok ? 0 : err_set(err, ERR_TOO_LARGE, "a request to Salesforce would have more than %u bytes", REQUEST_MAX);
}

static const char *full_url(struct session *s, struct arena *a, const char *path)
{
    const struct sf_settings *set = s->settings;
    const struct sf_state *st = s->state;
    if (text_starts(text_of(path), "/services/"))
        return arena_printf(a, "%s%s", st->instance, path).p;
    return arena_printf(a, "%s/services/data/v%s%s", st->instance, set->api_version, path).p;
}

static int send_once(struct session *s, enum call_priority p, const char *method, const char *path, struct text body,
                     struct arena *a, struct sf_reply *out, struct err *err)
{
    const struct sf_state *st = s->state;
    const struct http_header headers[] = {
        {"Authorization", arena_printf(a, "Bearer %s", st->token).p},
        {"Content-Type", "application/json; charset=UTF-8"},
        {"Accept", "application/json"},
        {"Sforce-Auto-Assign", "FALSE"},
        {"Sforce-Call-Options", "client=tidegate"},
        {"Sforce-Query-Options", "batchSize=500"}, /* a page of orders with their lines stays in bounds */
    };
    struct http_request r = {.method = method,
                             .url = full_url(s, a, path),
                             .headers = headers,
                             .header_count = sizeof headers / sizeof *headers,
                             .body = body,
                             .timeout_ms = CALL_TIMEOUT_MS};
    struct http_response answer;
    int rc = session_call(s, p, 1, &r, a, &answer, err);
    if (rc < 0)
        return rc;
    read_limits(s, &answer);
    struct err ignored;
    out->status = answer.status;
    if (!answer.body.n || json_parse(a, answer.body, &out->body, &ignored) < 0)
        out->body = value_null();
    return 0;
}

static struct text first_code(const struct value *body)
{
    return value_text_at(body, "0.errorCode");
}

/* Answers that are about the session or the service, not about the request. */
static int service_state(struct session *s, const struct sf_reply *reply, struct err *err)
{
    struct text code = first_code(&reply->body);
    if (reply->status == 401)
        return err_set(err, ERR_DENIED, "Salesforce does not accept the session: %.*s", TEXT_ARG(code));
    if (text_is(code, "REQUEST_LIMIT_EXCEEDED")) {
        session_budget_pause(s, LIMIT_PAUSE_MS);
        return err_set(err, ERR_UNAVAILABLE, "Salesforce's API request limit is used up");
    }
    if (reply->status == 503 || text_is(code, "SERVER_UNAVAILABLE"))
        return err_set(err, ERR_UNAVAILABLE, "Salesforce is not available (HTTP %d)", reply->status);
    if (reply->status >= 500)
        return err_set(err, ERR_IO, "Salesforce failed (HTTP %d %.*s)", reply->status, TEXT_ARG(code));
    return 0;
}

/* A session that another task has replaced meanwhile is not replaced again. */
static int renew(struct session *s, const char *old_token, struct err *err)
{
    struct sf_state *st = s->state;
    return strcmp(st->token, old_token) == 0 ? sf_login(s, err) : 0;
}

int sf_call(struct session *s, enum call_priority p, const char *method, const char *path, const struct value *body,
            struct arena *a, struct sf_reply *out, struct err *err)
{
    struct sf_state *st = s->state;
    struct text bytes;
    int rc = write_body(body, a, &bytes, err);
    if (rc == 0 && !st->token[0])
        rc = sf_login(s, err);
    if (rc < 0)
        return rc;
    const char *token = arena_string(a, text_of(st->token));
    rc = send_once(s, p, method, path, bytes, a, out, err);
    if (rc == 0 && out->status == 401 && text_is(first_code(&out->body), "INVALID_SESSION_ID")) {
        rc = renew(s, token, err);
        if (rc == 0)
            rc = send_once(s, p, method, path, bytes, a, out, err);
    }
    return rc < 0 ? rc : service_state(s, out, err);
}

int sf_query(struct session *s, enum call_priority p, const char *soql, struct arena *a, struct value *page,
             struct err *err)
{
    struct text q = http_escape(a, text_of(soql));
    struct sf_reply reply;
    int rc = sf_call(s, p, "GET", arena_printf(a, "/query?q=%.*s", TEXT_ARG(q)).p, NULL, a, &reply, err);
    if (rc < 0)
        return rc;
    if (reply.status != 200)
        return err_set(err, ERR_INVALID, "Salesforce refuses a query (%.*s: %.*s)", TEXT_ARG(first_code(&reply.body)),
                       TEXT_ARG(value_text_at(&reply.body, "0.message")));
    *page = reply.body;
    return 0;
}

const char *sf_quote(struct arena *a, struct text t)
{
    struct buf b;
    buf_init(&b, 4096);
    buf_char(&b, '\'');
    for (size_t i = 0; i < t.n; i++) {
        if (t.p[i] == '\'' || t.p[i] == '\\')
            buf_char(&b, '\\');
        buf_char(&b, t.p[i]);
    }
    buf_char(&b, '\'');
    const char *quoted = arena_string(a, buf_view(&b));
    buf_release(&b);
    return quoted;
}
