/* tidegate-storefront: the adapter for Shopify (companies, customers, products with variants, prices, stock, orders).
 *
 * sp_token.c, sp_graphql.c and sp_values.c say what the API is like; sp_capture.c and sp_webhook.c read, sp_customer.c,
 * sp_product.c and sp_inventory.c write; config/systems/shopify.cfg says how the fields map. This file is the glue. */
#include "sp.h"

#include <stddef.h>
#include <stdio.h>

#include "edge/node_config.h"

static const struct setting settings[] = {
    {"url", SETTING_SYSTEM_URL, NULL, offsetof(struct sp_settings, url), "https://SHOP.myshopify.com"},
    {"client_id", SETTING_TEXT, "", offsetof(struct sp_settings, client_id),
     "the app's client id: with secret it fetches the access tokens, each for a day"},
    {"secret", SETTING_SECRET, "", offsetof(struct sp_settings, secret), "the app's client secret, which signs pushes"},
    {"token", SETTING_SECRET, "", offsetof(struct sp_settings, token),
     "a lasting Admin API access token, of an app that has one, instead of client_id"},
    {"old_secret", SETTING_SECRET, "", offsetof(struct sp_settings, old_secret),
     "the secret before, while it is being changed"},
    {"public_url", SETTING_URL, "", offsetof(struct sp_settings, public_url),
     "where Shopify reaches our `http`; empty: no pushes, polling alone"},
    {"api_version", SETTING_TEXT, "2026-07", offsetof(struct sp_settings, api_version), "Admin API version"},
    {"overlap_s", SETTING_INT, "300", offsetof(struct sp_settings, overlap_s), "how far back changes are listed again"},
    {"deep_every_s", SETTING_INT, "60", offsetof(struct sp_settings, deep_every_s),
     "how often the whole overlap is listed again"},
    {0},
};

static const char *const price_read_only[] = {"list",     "currency", "min_quantity", "active", "valid_from",
                                              "valid_to", NULL};
static const char *const config_names[] = {"locations", NULL};
static const char *const inventory_read_only[] = {"on_hand", "reserved", NULL};

/* Stock is written only: every sale lowers it in the shop, which is no statement about what the warehouse holds. */
static const struct adapter_entity entities[] = {
    {"account", true, true, NULL},
    {"contact", true, true, NULL},
    {"product", true, true, NULL},
    {"price", true, true, price_read_only},
    {"inventory", false, true, inventory_read_only},
    {"order", true, false, NULL},
    {0},
};

/* A person who buys for himself is read as a contact, and a variant as a product. */
static const struct mapping_given given[] = {
    {.entity = "account", .takes = "company location", .with = "contact"},
    {.entity = "contact", .takes = "customer address contact"},
    {.entity = "product", .takes = "product variant"},
    {.entity = "price", .with = "product"},
    {.entity = "inventory", .takes = "available"},
    {.entity = "order"},
    {0},
};

/* A feed is named as the query that lists it. */
#define FEED(name_, ...)                                                                                               \
    {                                                                                                                  \
        name_, (const char *const[]){__VA_ARGS__, NULL}, 3000                                                          \
    }
static const struct feed feeds[] = {
    FEED("orders", "order"),
    FEED("customers", "contact", "account"),
    FEED("companies", "account"),
    FEED("products", "product", "price"),
    {0},
};
_Static_assert(sizeof feeds / sizeof *feeds <= SP_FEEDS_MAX + 1, "sp_state keeps one time a feed");

/* A stand-in gives them through the environment, when it runs. */
static int check_credentials(const struct session *s, struct err *err)
{
    const struct sp_settings *set = s->settings;
    bool standin = strcmp(set->url, NODE_URL_STANDIN) == 0;
    if (!standin && !set->token[0] && (!set->client_id[0] || !set->secret[0]))
        return config_complain(s->config, err,
                               "system %s: to log in it needs client_id and secret, of an app of the Dev Dashboard, or "
                               "token, of an app that has a lasting one",
                               s->system);
    if (set->public_url[0] && !set->secret[0])
        return config_complain(s->config, err,
                               "public_url is set, so secret must be set too: pushes are verified with it");
    return 0;
}

/* "2026-07", or "unstable": a part of every address that is called. */
static int check_version(const struct session *s, const char *version, struct err *err)
{
    static const char form[] = "dddd-dd";
    bool fits = strlen(version) == strlen(form);
    for (size_t i = 0; fits && form[i]; i++)
        fits = form[i] == 'd' ? version[i] >= '0' && version[i] <= '9' : version[i] == form[i];
    if (fits || strcmp(version, "unstable") == 0)
        return 0;
    return config_complain(config_get(s->config, "api_version"), err,
                           "api_version is \"%s\"; it looks like \"2026-07\"", version);
}

/* locations = ( ("main", "gid://shopify/Location/1"), … ); an empty id stands for the shop's only location. */
static int sp_init(struct session *s, struct err *err)
{
    const struct sp_settings *set = s->settings;
    struct sp_state *st = s->state;
    struct config_pair pairs[SP_LOCATIONS_MAX];
    int rc = check_credentials(s, err);
    if (rc == 0)
        rc = config_range(s->config, "overlap_s", set->overlap_s, 1, SP_DAY_S, err);
    if (rc == 0)
        rc = config_range(s->config, "deep_every_s", set->deep_every_s, 1, SP_DAY_S, err);
    if (rc == 0)
        rc = check_version(s, set->api_version, err);
    if (rc == 0)
        rc = config_pairs(s->config, "locations", "(\"canonical name\", \"gid://shopify/Location/…\")", pairs,
                          SP_LOCATIONS_MAX, &st->location_count, err);
    for (size_t i = 0; rc == 0 && i < st->location_count; i++) {
        struct sp_location *at = &st->locations[i];
        struct text id = text_of(pairs[i].second);
        if (id.n && (!sp_is(id, "Location") || id.n >= sizeof at->id))
            return config_complain(pairs[i].at, err, "location \"%s\": its id is no gid://shopify/Location/NUMBER",
                                   pairs[i].first);
        at->name = pairs[i].first;
        snprintf(at->id, sizeof at->id, "%s", pairs[i].second);
    }
    return rc;
}

/* A location without an id is the shop's only one. */
static int find_only_location(struct session *s, const struct value *data, struct err *err)
{
    struct sp_state *st = s->state;
    const struct value *nodes = value_at(data, "locations.nodes");
    for (size_t i = 0; i < st->location_count; i++) {
        if (st->locations[i].id[0])
            continue;
        if (!nodes || nodes->count != 1)
            return err_set(err, ERR_DENIED,
                           "the shop has not exactly one location: name the id of location \"%s\" in locations",
                           st->locations[i].name);
        snprintf(st->locations[i].id, sizeof st->locations[i].id, "%.*s", TEXT_ARG(value_text_at(nodes, "0.id")));
    }
    return 0;
}

static int sp_open(struct session *s, struct err *err)
{
    struct sp_state *st = s->state;
    struct arena a;
    struct value data;
    arena_init(&a, 4u << 20);
    int rc = sp_token_fetch(s, err);
    if (rc == 0)
        rc = sp_graphql(s, CALL_ORDER, "{ shop { currencyCode } locations(first: 2) { nodes { id } } }", NULL, &a,
                        &data, err);
    if (rc == 0) {
        snprintf(st->currency, sizeof st->currency, "%.*s", TEXT_ARG(value_text_at(&data, "shop.currencyCode")));
        rc = find_only_location(s, &data, err);
    }
    if (rc == 0)
        rc = sp_define_keys(s, &a, err);
    st->webhooks_checked_us = 0;
    arena_release(&a);
    if (rc == ERR_INVALID)
        err->code = rc = ERR_DENIED;
    return rc;
}

static enum delivery sp_deliver(struct session *s, const struct command *c, struct delivery_result *r)
{
    static const struct {
        const char *entity;
        enum delivery (*deliver)(struct session *s, const struct command *c, const struct value *native,
                                 struct delivery_result *r);
    } deliverers[] = {{"account", sp_deliver_account},
                      {"contact", sp_deliver_contact},
                      {"product", sp_deliver_product},
                      {"price", sp_deliver_price},
                      {"inventory", sp_deliver_inventory}};
    struct err err = {0};
    struct value native;
    if (c->message->op == OP_DELETE)
        return delivery_refused(r, REFUSAL_UNSUPPORTED, "objects are not deleted in the shop; set them inactive");
    if (mapping_out(s->mapping, c->entity, c->fields, !c->native.n, c->arena, &native, &err) < 0)
        return delivery_refused(r, REFUSAL_VALUE, "%s", err.text);
    for (size_t i = 0; i < sizeof deliverers / sizeof *deliverers; i++)
        if (strcmp(c->entity, deliverers[i].entity) == 0)
            return deliverers[i].deliver(s, c, &native, r);
    return delivery_refused(r, REFUSAL_UNSUPPORTED, "this adapter does not write %s", c->entity);
}

static const struct adapter storefront = {
    .name = "storefront",
    .program = "tidegate-storefront",
    .mapping = "shopify.cfg",
    .settings_size = sizeof(struct sp_settings),
    .state_size = sizeof(struct sp_state),
    .settings = settings,
    .config_names = config_names,
    .entities = entities,
    .feeds = feeds,
    .given = given,
    .init = sp_init,
    .open = sp_open,
    .poll = sp_poll,
    .refresh = sp_refresh,
    .webhook = sp_webhook,
    .deliver = sp_deliver,
};

int main(int argc, char **argv)
{
    return host_main(&storefront, argc, argv);
}
