/* tidegate-erp: the adapter for Odoo 16 and later (partners, products, price list items, stock, sale orders).
 *
 * od_rpc.c, od_values.c, od_load.c say what the API is like; od_read.c and od_capture.c read, od_deliver.c, od_order.c,
 * od_stock.c write; config/systems/odoo.cfg says how the fields map. This file is the glue. */
#include "od.h"

#include <stddef.h>
#include <stdio.h>

#define OLDEST 16

static const struct setting settings[] = {
    {"url", SETTING_SYSTEM_URL, NULL, offsetof(struct od_settings, url), "https://erp.example.com"},
    {"database", SETTING_TEXT, NULL, offsetof(struct od_settings, database), "Odoo database"},
    {"username", SETTING_TEXT, NULL, offsetof(struct od_settings, username),
     "login of the integration's own user, with an e-mail address and these rights: Sales/Administrator, "
     "Inventory/User, "
     "Contact Creation, and from Odoo 18 on Product Creation"},
    {"api_key", SETTING_SECRET, NULL, offsetof(struct od_settings, api_key), "API key of that user; \"@file:PATH\""},
    {"price_list", SETTING_TEXT, "", offsetof(struct od_settings, price_list),
     "name of the price list that is \"standard\"; empty: the first one, made with the first price if there is none"},
    {"shipping_product", SETTING_TEXT, "", offsetof(struct od_settings, shipping_product),
     "internal reference of the product that stands for shipping on an order; empty: shipping is not written"},
    {"overlap_s", SETTING_INT, "300", offsetof(struct od_settings, overlap_s),
     "how far back changes are read again: longer than the longest transaction"},
    {"deep_every_s", SETTING_INT, "60", offsetof(struct od_settings, deep_every_s),
     "how often the whole overlap is read again"},
    {0},
};

static const char *const config_names[] = {"locations", NULL};
static const char *const inventory_read_only[] = {"reserved", "available", NULL};

static const struct adapter_entity entities[] = {
    {"account", true, true, NULL},
    {"contact", true, true, NULL},
    {"product", true, true, NULL},
    {"price", true, true, NULL},
    {"inventory", true, true, inventory_read_only},
    {"order", true, true, NULL},
    {0},
};

/* What od_read.c adds. */
static const struct mapping_given given[] = {
    {.entity = "account", .adds = "_key country_code"},
    {.entity = "contact", .adds = "_key country_code"},
    {.entity = "product", .adds = "_key"},
    {.entity = "price", .adds = "_key list"},
    {.entity = "inventory", .adds = "location available"},
    {.entity = "order", .adds = "_key lines { _key " OD_LINE_FIELDS " } shipping_lines { _key " OD_LINE_FIELDS " }"},
    {0},
};

#define FEED(name_, ...)                                                                                               \
    {                                                                                                                  \
        name_, (const char *const[]){__VA_ARGS__, NULL}, 2000                                                          \
    }
static const struct feed feeds[] = {
    FEED("orders", "order"),     FEED("stock", "inventory"), FEED("partners", "account", "contact"),
    FEED("products", "product"), FEED("prices", "price"),    {0},
};
_Static_assert(sizeof feeds / sizeof *feeds <= OD_FEEDS_MAX, "od_state keeps one time a feed");

/* locations = ( ("main", "WH/Stock"), … ) */
static int od_init(struct session *s, struct err *err)
{
    const struct od_settings *set = s->settings;
    struct od_state *st = s->state;
    struct config_pair pairs[OD_LOCATIONS_MAX];
    int rc = config_range(s->config, "overlap_s", set->overlap_s, 1, OD_DAY_S, err);
    if (rc == 0)
        rc = config_range(s->config, "deep_every_s", set->deep_every_s, 1, OD_DAY_S, err);
    if (rc == 0)
        rc = config_pairs(s->config, "locations", "(\"canonical name\", \"Odoo's complete name\")", pairs,
                          OD_LOCATIONS_MAX, &st->location_count, err);
    for (size_t i = 0; rc == 0 && i < st->location_count; i++) {
        if (!pairs[i].second[0])
            return config_complain(pairs[i].at, err, "location \"%s\" has no complete name, such as \"WH/Stock\"",
                                   pairs[i].first);
        st->locations[i] = (struct od_location){pairs[i].first, pairs[i].second, 0};
    }
    return rc;
}

/* "17.0", "saas~17.4", "18.0+e" -> 17, 17, 18 */
static int major_version(struct text version)
{
    int major = 0;
    size_t i = 0;
    while (i < version.n && (version.p[i] < '0' || version.p[i] > '9'))
        i++;
    for (; i < version.n && version.p[i] >= '0' && version.p[i] <= '9' && major < 1000; i++)
        major = major * 10 + version.p[i] - '0';
    return major;
}

static int log_in(struct session *s, struct arena *a, struct err *err)
{
    const struct od_settings *set = s->settings;
    struct od_state *st = s->state;
    struct od_reply reply;
    int rc = od_service(s, "common", "version", value_list(a, 0), a, &reply, err);
    if (rc == 0)
        st->major = major_version(value_text_at(&reply.result, "server_version"));
    if (rc == 0 && st->major < OLDEST)
        return err_set(err, ERR_DENIED, "Odoo %d is too old: sale.order has delivery_status from %d on", st->major,
                       OLDEST);
    if (rc == 0)
        rc = od_service(s, "common", "authenticate",
                        od_list(a, 4, value_string(set->database), value_string(set->username),
                                value_string(set->api_key), value_map(a, 0)),
                        a, &reply, err);
    if (rc < 0)
        return rc;
    if (reply.fault != OD_FAULT_NONE)
        return err_set(err, ERR_DENIED, "Odoo refuses the login to database \"%s\": %s", set->database, reply.words);
    if (reply.result.kind != VALUE_INT)
        return err_set(err, ERR_DENIED, "Odoo does not know user \"%s\" with this api_key in database \"%s\"",
                       set->username, set->database);
    st->uid = reply.result.integer;
    return 0;
}

/* The user's company. A user without an e-mail address can do everything but change lines of confirmed orders. */
static int find_user(struct session *s, struct arena *a, struct err *err)
{
    struct od_state *st = s->state;
    struct value users, fields = od_list(a, 2, value_string("company_id"), value_string("email"));
    int rc =
        od_ask(s, CALL_ORDER, "res.users", "read", od_list(a, 2, od_ids(a, st->uid), fields), NULL, a, &users, err);
    if (rc < 0 || users.kind != VALUE_LIST || !users.count)
        return rc;
    st->company = od_many2one(value_get(&users.items[0], "company_id"));
    if (!value_text_at(&users.items[0], "email").n)
        log_line(s->log, LOG_LEVEL_WARN, "user-without-email", "msg",
                 "Odoo notes changes of confirmed orders in the user's name, and refuses them when the user has no "
                 "e-mail address: give it one in Odoo",
                 NULL);
    return 0;
}

/* search_read(domain, fields, limit). */
static int find(struct session *s, struct arena *a, const char *model, struct value domain, struct value fields,
                int limit, struct value *rows, struct err *err)
{
    struct value kwargs = value_map(a, 0);
    if (limit)
        value_set(a, &kwargs, text_of("limit"), value_int(limit));
    int rc = od_ask(s, CALL_ORDER, model, "search_read", od_list(a, 2, domain, fields), &kwargs, a, rows, err);
    if (rc == 0 && rows->kind != VALUE_LIST)
        rc = err_set(err, ERR_IO, "Odoo's search_read gave no list");
    return rc;
}

static int find_locations(struct session *s, struct arena *a, struct err *err)
{
    struct od_state *st = s->state;
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < st->location_count; i++) {
        struct value rows;
        rc = find(s, a, "stock.location",
                  od_list(a, 1, od_term(a, "complete_name", "=", value_string(st->locations[i].odoo))),
                  od_list(a, 1, value_string("complete_name")), 2, &rows, err);
        if (rc == 0 && rows.count != 1)
            rc = err_set(err, ERR_DENIED, "there is not exactly one stock location \"%s\" in Odoo: check locations",
                         st->locations[i].odoo);
        if (rc == 0)
            st->locations[i].id = od_many2one(value_get(&rows.items[0], "id"));
    }
    return rc;
}

static int find_countries(struct session *s, struct arena *a, struct err *err)
{
    struct od_state *st = s->state;
    struct value rows;
    int rc = find(s, a, "res.country", value_list(a, 0), od_list(a, 1, value_string("code")), 0, &rows, err);
    st->country_count = 0;
    for (uint32_t i = 0; rc == 0 && i < rows.count && st->country_count < OD_COUNTRIES_MAX; i++) {
        struct od_country *c = &st->countries[st->country_count];
        snprintf(c->code, sizeof c->code, "%.*s", TEXT_ARG(value_text_at(&rows.items[i], "code")));
        c->id = od_many2one(value_get(&rows.items[i], "id"));
        st->country_count += c->code[0] != '\0';
    }
    return rc;
}

static int find_shipping_product(struct session *s, struct arena *a, struct err *err)
{
    const struct od_settings *set = s->settings;
    struct od_state *st = s->state;
    struct value rows;
    if (!set->shipping_product[0])
        return 0;
    int rc = find(s, a, "product.product",
                  od_list(a, 1, od_term(a, "default_code", "=", value_string(set->shipping_product))),
                  od_list(a, 1, value_string("default_code")), 2, &rows, err);
    if (rc == 0 && rows.count != 1)
        return err_set(err, ERR_DENIED, "there is not exactly one product \"%s\" in Odoo: check shipping_product",
                       set->shipping_product);
    if (rc == 0)
        st->shipping_product = od_many2one(value_get(&rows.items[0], "id"));
    return rc;
}

static int od_open(struct session *s, struct err *err)
{
    struct arena a;
    arena_init(&a, 8u << 20);
    int rc = log_in(s, &a, err);
    if (rc == 0)
        rc = find_user(s, &a, err);
    if (rc == 0)
        rc = find_locations(s, &a, err);
    if (rc == 0)
        rc = od_find_price_lists(s, &a, err);
    if (rc == 0)
        rc = od_find_taxes(s, &a, err);
    if (rc == 0)
        rc = find_countries(s, &a, err);
    if (rc == 0)
        rc = find_shipping_product(s, &a, err);
    arena_release(&a);
    return rc;
}

static const struct adapter erp = {
    .name = "erp",
    .program = "tidegate-erp",
    .mapping = "odoo.cfg",
    .settings_size = sizeof(struct od_settings),
    .state_size = sizeof(struct od_state),
    .settings = settings,
    .config_names = config_names,
    .entities = entities,
    .feeds = feeds,
    .given = given,
    .init = od_init,
    .open = od_open,
    .poll = od_poll,
    .refresh = od_refresh,
    .deliver = od_deliver,
};

int main(int argc, char **argv)
{
    return host_main(&erp, argc, argv);
}
