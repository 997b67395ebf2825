#include "sp.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/json_text.h"
#include "edge/json.h"

#define REQUEST_MAX (4u << 20)
#define THROTTLED_MAX 60 /* tries: a minute and more of a busy shop */
#define CALL_TIMEOUT_MS 30000
#define READ_TRIES 3
#define PAUSE_MAX_S 300
#define READ_PAUSE_MS 250

static double number(const struct value *v)
{
    if (v && v->kind == VALUE_INT)
        return (double)v->integer;
    char digits[64];
    if (!v || v->kind != VALUE_NUMBER)
        return 0;
    snprintf(digits, sizeof digits, "%.*s", TEXT_ARG(v->text));
    return strtod(digits, NULL); /* points of a rate limit, no money */
}

static void read_cost(struct session *s, const struct value *answer)
{
    const struct value *status = value_at(answer, "extensions.cost.throttleStatus");
    if (status)
        session_budget(s, number(value_get(status, "currentlyAvailable")),
                       number(value_get(status, "maximumAvailable")), number(value_get(status, "restoreRate")));
}

static bool throttled(const struct value *answer)
{
    return text_is(value_text_at(answer, "errors.0.extensions.code"), "THROTTLED");
}

/* Until the bucket holds what the query asked for. */
static int64_t throttle_ms(const struct value *answer)
{
    double asked = number(value_at(answer, "extensions.cost.requestedQueryCost"));
    double left = number(value_at(answer, "extensions.cost.throttleStatus.currentlyAvailable"));
    double rate = number(value_at(answer, "extensions.cost.throttleStatus.restoreRate"));
    return rate > 0 && asked > left ? (int64_t)((asked - left) / rate * 1000) + 50 : 1000;
}

static int write_body(struct arena *a, const char *document, const struct value *variables, struct text *out,
                      struct err *err)
{
    struct value v = value_map(a, 0);
    struct buf b;
    value_set(a, &v, text_of("query"), value_string(document));
    if (variables)
        value_set(a, &v, text_of("variables"), *variables);
    buf_init(&b, REQUEST_MAX);
    json_write(&b, &v);
    bool ok = !buf_failed(&b);
    if (ok)
        *out = arena_text(a, buf_view(&b));
    buf_release(&b);
    return ok ? 0 : err_set(err, ERR_TOO_LARGE, "a request to Shopify would have more than %u bytes", REQUEST_MAX);
}

/* Retry-After in seconds, which Shopify writes with a fraction. */
static int64_t pause_ms(const char *after)
{
    double seconds = after ? strtod(after, NULL) : 2;
    return seconds > 0 && seconds < PAUSE_MAX_S ? (int64_t)(seconds * 1000) : 2000;
}

static int http_state(struct session *s, const struct http_response *r, struct err *err)
{
    const char *after = http_response_header(r, "retry-after");
    if (r->status == 200)
        return 0;
    if (r->status == 429 || r->status == 430) {
        session_budget_pause(s, pause_ms(after));
        return err_set(err, ERR_UNAVAILABLE, "Shopify asks for a pause (HTTP %d)", r->status);
    }
    if (r->status == 401 || r->status == 402 || r->status == 403 || r->status == 404 || r->status == 423)
        return err_set(err, ERR_DENIED,
                       "Shopify does not let us in (HTTP %d): check url, the app's credentials and its scopes",
                       r->status);
    if (r->status == 502 || r->status == 503 || r->status == 504)
        return err_set(err, ERR_UNAVAILABLE, "Shopify is not available (HTTP %d)", r->status);
    return err_set(err, ERR_IO, "Shopify failed (HTTP %d)", r->status);
}

static int post(struct session *s, enum call_priority p, struct text body, struct arena *a, struct http_response *out,
                struct err *err)
{
    const struct sp_settings *set = s->settings;
    const struct sp_state *st = s->state;
    const struct http_header headers[] = {{"Content-Type", "application/json"}, {"X-Shopify-Access-Token", st->token}};
    struct http_request r = {
        .method = "POST", .headers = headers, .header_count = 2, .body = body, .timeout_ms = CALL_TIMEOUT_MS};
    r.url = arena_printf(a, "%s/admin/api/%s/graphql.json", set->url, set->api_version).p;
    return session_call(s, p, 1, &r, a, out, err);
}

/* With a token that is good as far as we know; one that the shop took back is fetched anew, once. */
static int post_authorized(struct session *s, enum call_priority p, struct text body, struct arena *a,
                           struct http_response *out, struct err *err)
{
    const struct sp_settings *set = s->settings;
    int rc = sp_token_renew(s, err);
    if (rc == 0)
        rc = post(s, p, body, a, out, err);
    if (rc < 0 || out->status != 401 || set->token[0])
        return rc;
    rc = sp_token_fetch(s, err);
    return rc < 0 ? rc : post(s, p, body, a, out, err);
}

static int send_once(struct session *s, enum call_priority p, struct text body, struct arena *a, struct value *answer,
                     struct err *err)
{
    struct http_response response;
    int rc = post_authorized(s, p, body, a, &response, err);
    if (rc < 0)
        return rc;
    struct err ignored;
    bool readable = json_parse(a, response.body, answer, &ignored) == 0;
    if (readable && throttled(answer)) /* with 200, or with 429 */
        return 0;
    rc = http_state(s, &response, err);
    return rc == 0 && !readable ? err_set(err, ERR_IO, "Shopify's answer is no JSON") : rc;
}

static int read_errors(const struct value *answer, struct err *err)
{
    const struct value *errors = value_get(answer, "errors");
    if (!errors || errors->kind == VALUE_NULL || (errors->kind == VALUE_LIST && !errors->count))
        return 0;
    struct text code = value_text_at(answer, "errors.0.extensions.code"),
                words = value_text_at(answer, "errors.0.message");
    if (text_is(code, "INTERNAL_SERVER_ERROR"))
        return err_set(err, ERR_IO, "Shopify failed: %.*s", TEXT_ARG(words));
    if (text_is(code, "ACCESS_DENIED"))
        return err_set(err, ERR_DENIED, "Shopify: %.*s", TEXT_ARG(words));
    return err_set(err, ERR_INVALID, "Shopify does not accept the query: %.*s", TEXT_ARG(words));
}

/* Until it is answered otherwise than "throttled", which has no effect. */
static int send_unthrottled(struct session *s, enum call_priority p, struct text body, struct arena *a,
                            struct value *answer, struct err *err)
{
    for (int i = 0; i < THROTTLED_MAX; i++) {
        int rc = send_once(s, p, body, a, answer, err);
        if (rc < 0)
            return rc;
        read_cost(s, answer);
        if (!throttled(answer))
            return read_errors(answer, err);
        task_sleep(s->loop, throttle_ms(answer));
    }
    return err_set(err, ERR_UNAVAILABLE, "Shopify has throttled the same call %d times", THROTTLED_MAX);
}

static bool passes(int rc)
{
    return rc == ERR_UNAVAILABLE || rc == ERR_IO || rc == ERR_TIMEOUT;
}

int sp_graphql(struct session *s, enum call_priority p, const char *document, const struct value *variables,
               struct arena *a, struct value *data, struct err *err)
{
    struct text body;
    struct value answer = value_null();
    int tries = text_starts(text_of(document), "mutation") ? 1 : READ_TRIES; /* reading may be repeated */
    int rc = write_body(a, document, variables, &body, err);
    if (rc < 0)
        return rc;
    for (int i = 0; i < tries; i++) {
        rc = send_unthrottled(s, p, body, a, &answer, err);
        if (!passes(rc))
            break;
        task_sleep(s->loop, i + 1 < tries ? READ_PAUSE_MS : 0);
    }
    if (rc < 0)
        return rc;
    const struct value *d = value_get(&answer, "data");
    *data = d ? *d : value_null();
    return 0;
}

/* ---- what the shop's rules refuse ---- */

static const struct {
    const char *code;
    enum refusal refusal;
} classes[] = {
    {"TAKEN", REFUSAL_DUPLICATE},
    {"BLANK", REFUSAL_MISSING},
    {"REQUIRED", REFUSAL_MISSING},
    {"TOO_LONG", REFUSAL_TOO_LARGE},
    {"RESOURCE_NOT_FOUND", REFUSAL_CONFLICT},
    {"NOT_FOUND", REFUSAL_CONFLICT},
    {"PRODUCT_DOES_NOT_EXIST", REFUSAL_CONFLICT},
    {"PRODUCT_VARIANT_DOES_NOT_EXIST", REFUSAL_CONFLICT},
    {"UNAUTHORIZED", REFUSAL_PERMISSION},
};

/* UserError of older mutations carries no code, only words. */
static enum refusal classify(struct text code, struct text message)
{
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++)
        if (text_is(code, classes[i].code))
            return classes[i].refusal;
    if (message.n && memmem(message.p, message.n, "already been taken", 18))
        return REFUSAL_DUPLICATE;
    if (message.n && memmem(message.p, message.n, "can't be blank", 14))
        return REFUSAL_MISSING;
    if (message.n && memmem(message.p, message.n, "too long", 8))
        return REFUSAL_TOO_LARGE;
    return REFUSAL_VALUE;
}

static const struct value *first_error(const struct value *payload)
{
    const struct value *errors = value_get(payload, "userErrors");
    return errors && errors->kind == VALUE_LIST && errors->count ? &errors->items[0] : NULL;
}

enum delivery sp_user_errors(struct delivery_result *r, const struct value *payload)
{
    const struct value *e = payload && payload->kind == VALUE_MAP ? first_error(payload) : NULL;
    if (!payload || payload->kind != VALUE_MAP)
        return delivery_retry(r, 0, true, "the mutation was answered without a payload");
    if (!e)
        return DELIVERY_DONE;
    struct text code = value_text_at(e, "code"), words = value_text_at(e, "message");
    struct buf field;
    buf_init(&field, 256);
    const struct value *path = value_get(e, "field");
    for (uint32_t i = 0; path && path->kind == VALUE_LIST && i < path->count; i++)
        if (path->items[i].kind == VALUE_TEXT)
            buf_printf(&field, "%s%.*s", i ? "." : "", TEXT_ARG(path->items[i].text));
    enum delivery kind = delivery_refused(r, classify(code, words), "%s: %.*s", buf_cstr(&field), TEXT_ARG(words));
    buf_release(&field);
    return kind;
}

bool sp_user_error_is(const struct value *payload, const char *code)
{
    const struct value *e = payload ? first_error(payload) : NULL;
    struct text words = e ? value_text_at(e, "message") : (struct text){0};
    if (!e)
        return false;
    return text_is(value_text_at(e, "code"), code) ||
           (strcmp(code, "TAKEN") == 0 && words.n && memmem(words.p, words.n, "already been taken", 18));
}

enum delivery sp_call_failed(struct delivery_result *r, const struct err *err)
{
    if (err->code == ERR_INVALID)
        return delivery_refused(r, REFUSAL_VALUE, "%s", err->text);
    if (err->code == ERR_DENIED)
        return delivery_outage(r, 0, "%s", err->text);
    return delivery_from_err(r, err);
}
