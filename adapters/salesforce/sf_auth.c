#include "sf.h"

#include <stdio.h>

#include "base/buf.h"
#include "base/json_text.h"
#include "edge/crypto.h"
#include "edge/json.h"

#define ASSERTION_LIFE_S 180 /* Salesforce takes 3 to 5 minutes; simple-salesforce uses 3 */

static struct text json_of(struct arena *a, const struct value *v)
{
    struct buf b;
    buf_init(&b, 65536);
    json_write(&b, v);
    struct text t = arena_text(a, buf_view(&b));
    buf_release(&b);
    return t;
}

/* aud is the login host without the path: login, test or My Domain. */
static struct text claims(struct session *s, struct arena *a)
{
    const struct sf_settings *set = s->settings;
    struct value v = value_map(a, 0);
    value_set(a, &v, text_of("iss"), value_string(set->client_id));
    value_set(a, &v, text_of("sub"), value_string(set->username));
    value_set(a, &v, text_of("aud"), value_string(set->login_url[0] ? set->login_url : set->url));
    value_set(a, &v, text_of("exp"), value_int(loop_now(s->loop) / MOMENT_SECOND + ASSERTION_LIFE_S));
    return json_of(a, &v);
}

static int assertion(struct session *s, struct arena *a, struct text *out, struct err *err)
{
    const struct sf_state *st = s->state;
    struct text head = crypto_base64url(a, text_of("{\"alg\":\"RS256\"}"));
    struct text body = crypto_base64url(a, claims(s, a)), signature;
    struct text signed_part = arena_printf(a, "%.*s.%.*s", TEXT_ARG(head), TEXT_ARG(body));
    int rc = crypto_rs256(a, text_of(st->private_key), signed_part, &signature, err);
    if (rc < 0)
        return err_prefix(err, "system \"%s\", setting private_key", s->system);
    struct text encoded = crypto_base64url(a, signature);
    *out = arena_printf(a, "%.*s.%.*s", TEXT_ARG(signed_part), TEXT_ARG(encoded));
    return 0;
}

static int refused(const struct session *s, const struct http_response *r, const struct value *v, struct err *err)
{
    const struct sf_settings *set = s->settings;
    struct text code = value_text_at(v, "error"), words = value_text_at(v, "error_description");
    if (r->status >= 500 || r->status == 429)
        return err_set(err, ERR_UNAVAILABLE, "Salesforce cannot log anybody in now (HTTP %d)", r->status);
    if (!code.n)
        return err_set(err, ERR_DENIED, "%s answers the login with HTTP %d, not as Salesforce does: check %s",
                       set->login_url[0] ? set->login_url : set->url, r->status,
                       set->login_url[0] ? "login_url" : "url");
    return err_set(err, ERR_DENIED,
                   "Salesforce refuses the login (HTTP %d %.*s: %.*s): check client_id, username, private_key, "
                   "that the app is pre-authorized for the user, and this machine's clock",
                   r->status, TEXT_ARG(code), TEXT_ARG(words));
}

static int keep(struct session *s, const struct value *v, struct err *err)
{
    struct sf_state *st = s->state;
    struct text token = value_text_at(v, "access_token"), instance = value_text_at(v, "instance_url");
    if (!token.n || token.n >= sizeof st->token || instance.n >= sizeof st->instance)
        return err_set(err, ERR_DENIED, "Salesforce's login answer has no usable access_token or instance_url");
    snprintf(st->token, sizeof st->token, "%.*s", TEXT_ARG(token));
    snprintf(st->instance, sizeof st->instance, "%.*s", TEXT_ARG(instance));
    return 0;
}

static int send_login(struct session *s, struct arena *a, struct err *err)
{
    static const struct http_header headers[] = {{"Content-Type", "application/x-www-form-urlencoded"}};
    const struct sf_settings *set = s->settings;
    struct text jwt;
    int rc = assertion(s, a, &jwt, err);
    if (rc < 0)
        return rc;
    struct http_request r = {.method = "POST", .headers = headers, .header_count = 1};
    r.url = arena_printf(a, "%s/services/oauth2/token", set->login_url[0] ? set->login_url : set->url).p;
    r.body = arena_printf(a, "grant_type=urn%%3Aietf%%3Aparams%%3Aoauth%%3Agrant-type%%3Ajwt-bearer&assertion=%.*s",
                          TEXT_ARG(jwt));
    struct http_response answer;
    rc = session_call(s, CALL_ORDER, 0, &r, a, &answer, err);
    if (rc < 0)
        return rc;
    struct value v = value_null();
    struct err ignored;
    if (json_parse(a, answer.body, &v, &ignored) < 0)
        v = value_null();
    return answer.status == 200 ? keep(s, &v, err) : refused(s, &answer, &v, err);
}

int sf_login(struct session *s, struct err *err)
{
    struct arena a;
    arena_init(&a, 1u << 20);
    int rc = send_login(s, &a, err);
    arena_release(&a);
    return rc;
}
