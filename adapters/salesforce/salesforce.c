/* tidegate-salesforce: the adapter for Salesforce's core platform (accounts, contacts, products, price books, orders).
 *
 * sf_auth.c, sf_api.c, sf_composite.c, sf_result.c say what the API is like; sf_capture.c and sf_deliver.c, sf_order.c,
 * sf_price.c what we do with it; config/systems/salesforce.cfg how its fields map. This file is the glue. */
#include "sf.h"

#include <stddef.h>
#include <stdio.h>

#include "edge/node_config.h"
#include "edge/os.h"

static const struct setting settings[] = {
    {"url", SETTING_SYSTEM_URL, NULL, offsetof(struct sf_settings, url), "https://MyDomain.my.salesforce.com"},
    {"login_url", SETTING_URL, "", offsetof(struct sf_settings, login_url),
     "where to log in; empty: url; https://test.salesforce.com for a sandbox"},
    {"client_id", SETTING_TEXT, NULL, offsetof(struct sf_settings, client_id),
     "consumer key of the external client app"},
    {"username", SETTING_TEXT, NULL, offsetof(struct sf_settings, username), "the integration user"},
    {"private_key", SETTING_SECRET, "", offsetof(struct sf_settings, private_key), "RSA key in PEM; \"@file:PATH\""},
    {"private_key_file", SETTING_FILE, "", offsetof(struct sf_settings, private_key_file),
     "the file that holds it, instead; for paths that come from the environment"},
    {"api_version", SETTING_TEXT, "62.0", offsetof(struct sf_settings, api_version), "REST API version"},
    {"draft_status", SETTING_TEXT, "Draft", offsetof(struct sf_settings, draft_status),
     "Order.Status label of a draft"},
    {"activated_status", SETTING_TEXT, "Activated", offsetof(struct sf_settings, activated_status),
     "Order.Status label of an activated order"},
    {"overlap_s", SETTING_INT, "60", offsetof(struct sf_settings, overlap_s), "seconds that each poll reads again"},
    {0},
};

static const char *const price_read_only[] = {"min_quantity", "valid_from", "valid_to", NULL};
static const char *const product_read_only[] = {"images", NULL};

static const struct adapter_entity entities[] = {
    {"account", true, true, NULL},          {"contact", true, true, NULL}, {"product", true, true, product_read_only},
    {"price", true, true, price_read_only}, {"order", true, true, NULL},   {0},
};

static const struct mapping_given given[] = {
    {.entity = "account"},
    {.entity = "contact"},
    {.entity = "product"},
    {.entity = "price"},
    {.entity = "order", .adds = "OrderItems { records }"}, /* a subquery's objects */
    {0},
};

/* Every poll is a call of the day's allowance: these intervals come to 26,000 a day. An org that has more to spare sets
 * poll_interval_ms. */
#define FEED(name_, entity_, seconds)                                                                                  \
    {                                                                                                                  \
        name_, (const char *const[]){entity_, NULL}, (seconds)*1000                                                    \
    }
static const struct feed feeds[] = {
    FEED("orders", "order", 10),     FEED("accounts", "account", 10), FEED("contacts", "contact", 30),
    FEED("products", "product", 30), FEED("prices", "price", 30),     {0},
};

static int sf_init(struct session *s, struct err *err)
{
    static const char digits[] = "0123456789";
    const struct sf_settings *set = s->settings;
    size_t whole = strspn(set->api_version, digits);
    const char *point = set->api_version + whole;
    if (!whole || strcmp(point, ".0") != 0)
        return config_complain(config_get(s->config, "api_version"), err,
                               "api_version is \"%s\"; it looks like \"62.0\"", set->api_version);
    if (strcmp(set->url, NODE_URL_STANDIN) != 0 && !set->private_key[0] && !set->private_key_file[0])
        return config_complain(s->config, err, "system %s: to log in it needs private_key or private_key_file",
                               s->system);
    return config_range(s->config, "overlap_s", set->overlap_s, 1, SF_DAY_S, err);
}

static int read_key(struct session *s, struct arena *a, struct text *pem, struct err *err)
{
    const struct sf_settings *set = s->settings;
    *pem = text_of(set->private_key);
    if (!pem->n && set->private_key_file[0])
        return os_read_file(a, set->private_key_file, SF_KEY_MAX, pem, err);
    return pem->n ? 0 : err_set(err, ERR_DENIED, "system \"%s\" has no private_key and no private_key_file", s->system);
}

/* The key is read anew at every open, so that it can be changed without a restart. */
static int keep_key(struct session *s, struct err *err)
{
    struct sf_state *st = s->state;
    struct arena a;
    struct text pem;
    arena_init(&a, 1u << 16);
    int rc = read_key(s, &a, &pem, err);
    if (rc == 0 && pem.n >= sizeof st->private_key)
        rc = err_set(err, ERR_DENIED, "system \"%s\": the private key is longer than %d bytes", s->system, SF_KEY_MAX);
    if (rc == 0)
        snprintf(st->private_key, sizeof st->private_key, "%.*s", TEXT_ARG(pem));
    arena_release(&a);
    return rc;
}

static int sf_open(struct session *s, struct err *err)
{
    struct sf_state *st = s->state;
    struct arena a;
    struct value page;
    arena_init(&a, 1u << 20);
    int rc = keep_key(s, err);
    if (rc == 0)
        rc = sf_login(s, err);
    if (rc == 0)
        rc = sf_query(s, CALL_ORDER, "SELECT Id FROM Pricebook2 WHERE IsStandard = true LIMIT 1", &a, &page, err);
    struct text id = rc == 0 ? value_text_at(&page, "records.0.Id") : (struct text){0};
    if (rc == 0 && (!id.n || id.n >= sizeof st->standard_pricebook))
        rc = err_set(err, ERR_DENIED, "the standard price book cannot be read: give the user access to Price Books");
    if (rc == 0)
        memcpy(st->standard_pricebook, id.p, id.n);
    arena_release(&a);
    return rc;
}

static const struct adapter salesforce = {
    .name = "salesforce",
    .program = "tidegate-salesforce",
    .mapping = "salesforce.cfg",
    .settings_size = sizeof(struct sf_settings),
    .state_size = sizeof(struct sf_state),
    .settings = settings,
    .entities = entities,
    .feeds = feeds,
    .given = given,
    .init = sf_init,
    .open = sf_open,
    .poll = sf_poll,
    .refresh = sf_refresh,
    .deliver = sf_deliver,
};

int main(int argc, char **argv)
{
    return host_main(&salesforce, argc, argv);
}
