/* Pushes: signed with HMAC-SHA256 over the raw body in base64, in headers of either spelling (X-Shopify-… or without
 * the prefix). What a push says is as of its trigger and may be old; it only names the object to read again.
 * (shopify.dev/docs/apps/build/webhooks) */
#include "sp.h"

#include <stdio.h>

#include "edge/crypto.h"
#include "edge/json.h"

#define CHECK_EVERY_US (600 * MOMENT_SECOND)

static const struct topic {
    const char *header;   /* as the push names it */
    const char *enumeral; /* as subscriptions name it */
    const char *entity;
} topics[] = {
    {"orders/create", "ORDERS_CREATE", "order"},         {"orders/updated", "ORDERS_UPDATED", "order"},
    {"orders/cancelled", "ORDERS_CANCELLED", "order"},   {"products/create", "PRODUCTS_CREATE", "product"},
    {"products/update", "PRODUCTS_UPDATE", "product"},   {"customers/create", "CUSTOMERS_CREATE", "contact"},
    {"customers/update", "CUSTOMERS_UPDATE", "contact"}, {"companies/create", "COMPANIES_CREATE", "account"},
    {"companies/update", "COMPANIES_UPDATE", "account"},
};
#define TOPICS (sizeof topics / sizeof *topics)

static const char *header(const struct http_incoming *r, const char *name)
{
    char prefixed[64];
    snprintf(prefixed, sizeof prefixed, "x-shopify-%s", name);
    const char *value = http_incoming_header(r, prefixed);
    return value ? value : http_incoming_header(r, prefixed + 2);
}

static bool signed_with(const char *secret, struct text body, struct text signature, struct arena *a)
{
    unsigned char mac[CRYPTO_SHA256];
    if (!secret[0] || crypto_hmac_sha256(text_of(secret), body, mac) < 0)
        return false;
    return text_eq_constant_time(crypto_base64(a, (struct text){(const char *)mac, sizeof mac}), signature);
}

static int verify(struct session *s, const struct http_incoming *r, struct arena *a, struct err *err)
{
    const struct sp_settings *set = s->settings;
    const char *signature = header(r, "hmac-sha256");
    if (!signature)
        return err_set(err, ERR_DENIED, "the push has no X-Shopify-Hmac-Sha256 header");
    /* while a secret is being changed, pushes come signed with either */
    if (signed_with(set->secret, r->body, text_of(signature), a) ||
        signed_with(set->old_secret, r->body, text_of(signature), a))
        return 0;
    return err_set(err, ERR_DENIED, "the push's signature does not fit its body: is `secret` the app's client secret?");
}

static const struct topic *find_topic(const char *name)
{
    for (size_t i = 0; i < TOPICS; i++)
        if (strcmp(name, topics[i].header) == 0)
            return &topics[i];
    return NULL;
}

static bool is_object_id(struct text id)
{
    struct text rest = id, type;
    int64_t number;
    if (id.n > 128 || !text_starts(id, "gid://shopify/"))
        return false;
    rest = (struct text){id.p + 14, id.n - 14};
    return text_split(rest, '/', &type, &rest) && type.n && text_to_i64(rest, &number) && number > 0;
}

int sp_webhook(struct session *s, const struct http_incoming *r, struct arena *a, struct hint hints[HINTS_MAX],
               size_t *count, struct err *err)
{
    const char *name = header(r, "topic"), *event = header(r, "event-id");
    struct value body;
    *count = 0;
    int rc = verify(s, r, a, err);
    if (rc < 0)
        return rc;
    if (!name || !header(r, "shop-domain"))
        return err_set(err, ERR_INVALID, "the push has no topic or no shop domain in its headers");
    const struct topic *topic = find_topic(name);
    if (!topic)
        return 0;
    rc = json_parse(a, r->body, &body, err);
    if (rc < 0)
        return rc;
    struct text id = value_text_at(&body, "admin_graphql_api_id");
    if (!is_object_id(id))
        return err_set(err, ERR_INVALID, "the push has no admin_graphql_api_id of the form gid://shopify/TYPE/NUMBER");
    hints[0] = (struct hint){.entity = text_of(topic->entity), .object_id = id};
    hints[0].event_id = event ? arena_text(a, text_of(event)) : (struct text){0};
    *count = 1;
    return 0;
}

/* ---- subscriptions: Shopify removes one whose pushes have failed eight times ---- */

static bool subscribed(const struct value *nodes, const char *topic, struct text uri)
{
    for (uint32_t i = 0; nodes && nodes->kind == VALUE_LIST && i < nodes->count; i++)
        if (text_is(value_text_at(&nodes->items[i], "topic"), topic) &&
            text_eq(value_text_at(&nodes->items[i], "uri"), uri))
            return true;
    return false;
}

static int subscribe(struct session *s, const char *topic, struct text uri, struct arena *a, struct err *err)
{
    static const char *const mutation = "mutation($topic: WebhookSubscriptionTopic!, $to: WebhookSubscriptionInput!) { "
                                        "webhookSubscriptionCreate(topic: $topic, webhookSubscription: $to) { "
                                        "webhookSubscription { id } userErrors { field message } } }";
    struct value to = sp_map(a, 2, "uri", value_text(uri), "format", value_string("JSON")), data;
    struct value variables = sp_map(a, 2, "topic", value_string(topic), "to", to);
    struct delivery_result r = {0};
    int rc = sp_graphql(s, CALL_CAPTURE, mutation, &variables, a, &data, err);
    if (rc < 0)
        return rc;
    const struct value *payload = value_get(&data, "webhookSubscriptionCreate");
    if (sp_user_error_is(payload, "TAKEN") || sp_user_errors(&r, payload) == DELIVERY_DONE)
        return 0;
    log_say(s->log, LOG_LEVEL_WARN, "webhook-not-subscribed", "%s: %s; polling goes on", topic, r.words);
    return 0;
}

static int subscribe_missing(struct session *s, struct arena *a, struct err *err)
{
    const struct sp_settings *set = s->settings;
    struct text uri = arena_printf(a, "%s%s", set->public_url, SP_WEBHOOK_PATH);
    struct value data;
    int rc = sp_graphql(s, CALL_CAPTURE, "{ webhookSubscriptions(first: 100) { nodes { id topic uri } } }", NULL, a,
                        &data, err);
    const struct value *nodes = rc == 0 ? value_at(&data, "webhookSubscriptions.nodes") : NULL;
    for (size_t i = 0; rc == 0 && i < TOPICS; i++)
        if (!subscribed(nodes, topics[i].enumeral, uri))
            rc = subscribe(s, topics[i].enumeral, uri, a, err);
    return rc;
}

int sp_subscribe(struct session *s, struct err *err)
{
    const struct sp_settings *set = s->settings;
    struct sp_state *st = s->state;
    struct arena a;
    int64_t now = loop_uptime_us(s->loop);
    if (!set->public_url[0] || (st->webhooks_checked_us && now - st->webhooks_checked_us < CHECK_EVERY_US))
        return 0;
    st->webhooks_checked_us = now;
    arena_init(&a, 4u << 20);
    int rc = subscribe_missing(s, &a, err);
    arena_release(&a);
    if (rc < 0)
        st->webhooks_checked_us = 0;
    return rc;
}
