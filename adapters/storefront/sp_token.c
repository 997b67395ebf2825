/* The access token of every call: the lasting one of an app that was made in the shop's admin, or, for an app of the
 * Dev Dashboard, one that is fetched with the app's client id and secret and lives for a day
 * (shopify.dev/docs/apps/build/authentication-authorization/access-tokens/client-credentials-grant).
 *
 * A fetched token is fetched anew before it ends. One that the shop takes back earlier makes a call fail with 401,
 * which closes the system; opening it again fetches another. */
#include "sp.h"

#include <stdio.h>

#include "edge/json.h"

#define LIFE_S 86399     /* when the answer does not say */
#define BEFORE_END_S 300 /* a token is not used up to its last second */
#define LIFE_LEAST_S 30  /* or we would ask all the time */

static struct text form(struct session *s, struct arena *a)
{
    const struct sp_settings *set = s->settings;
    struct text id = http_escape(a, text_of(set->client_id)), secret = http_escape(a, text_of(set->secret));
    return arena_printf(a, "grant_type=client_credentials&client_id=%.*s&client_secret=%.*s", TEXT_ARG(id),
                        TEXT_ARG(secret));
}

static int refused(const struct http_response *r, const struct value *v, struct err *err)
{
    struct text code = value_text_at(v, "error"), words = value_text_at(v, "error_description");
    if (r->status >= 500 || r->status == 429)
        return err_set(err, ERR_UNAVAILABLE, "Shopify gives nobody an access token now (HTTP %d)", r->status);
    return err_set(
        err, ERR_DENIED,
        "Shopify gives no access token (HTTP %d %.*s: %.*s): check url, client_id and secret, and that the app is "
        "installed on this shop and of the same organisation",
        r->status, TEXT_ARG(code), TEXT_ARG(words));
}

static int keep(struct session *s, const struct value *v, struct err *err)
{
    struct sp_state *st = s->state;
    struct text token = value_text_at(v, "access_token");
    const struct value *life = value_get(v, "expires_in");
    int64_t seconds = life && life->kind == VALUE_INT ? life->integer : LIFE_S;
    if (!token.n || token.n >= sizeof st->token)
        return err_set(err, ERR_DENIED, "Shopify's answer has no usable access_token");
    seconds = seconds > 2 * BEFORE_END_S ? seconds - BEFORE_END_S : seconds / 2;
    snprintf(st->token, sizeof st->token, "%.*s", TEXT_ARG(token));
    st->token_until_us = loop_uptime_us(s->loop) + (seconds > LIFE_LEAST_S ? seconds : LIFE_LEAST_S) * MOMENT_SECOND;
    return 0;
}

static int fetch(struct session *s, struct arena *a, struct err *err)
{
    static const struct http_header headers[] = {{"Content-Type", "application/x-www-form-urlencoded"},
                                                 {"Accept", "application/json"}};
    const struct sp_settings *set = s->settings;
    struct http_request r = {.method = "POST", .headers = headers, .header_count = 2, .body = form(s, a)};
    struct http_response answer;
    struct value v;
    struct err ignored;
    r.url = arena_printf(a, "%s/admin/oauth/access_token", set->url).p;
    int rc = session_call(s, CALL_ORDER, 0, &r, a, &answer, err);
    if (rc < 0)
        return rc;
    if (json_parse(a, answer.body, &v, &ignored) < 0)
        v = value_null();
    return answer.status == 200 ? keep(s, &v, err) : refused(&answer, &v, err);
}

int sp_token_fetch(struct session *s, struct err *err)
{
    const struct sp_settings *set = s->settings;
    struct sp_state *st = s->state;
    struct arena a;
    if (set->token[0]) {
        snprintf(st->token, sizeof st->token, "%s", set->token);
        st->token_until_us = INT64_MAX;
        return 0;
    }
    arena_init(&a, 1u << 16);
    int rc = fetch(s, &a, err);
    arena_release(&a);
    return rc;
}

int sp_token_renew(struct session *s, struct err *err)
{
    const struct sp_state *st = s->state;
    return loop_uptime_us(s->loop) < st->token_until_us ? 0 : sp_token_fetch(s, err);
}
