/* od: what the files of this adapter share: settings, state, and talking to Odoo's external API.
 *
 * API: JSON-RPC, POST /jsonrpc, service "object", method "execute_kw" (odoo.com/documentation external_api); errors
 * come with HTTP 200 in `error`. Every call is a transaction of its own. Each object that we make carries an external
 * id (ir.model.data, module "tidegate") made of the record's key, and is made with load(), which creates or updates by
 * that id in one transaction: so a repeated create finds what an earlier one left, whatever happened to its answer. */
#ifndef TIDEGATE_ADAPTERS_OD_H
#define TIDEGATE_ADAPTERS_OD_H

#include "base/decimal.h"
#include "host/adapter.h"

#define OD_MODULE "tidegate" /* of our external ids */
#define OD_LOCATIONS_MAX 64
#define OD_COUNTRIES_MAX 400
#define OD_LISTS_MAX 64
#define OD_TAXES_MAX 256
#define OD_FEEDS_MAX 8
#define OD_DAY_S 86400
/* Read of every line of an order. */
#define OD_LINE_FIELDS                                                                                                 \
    "id order_id product_id name product_uom_qty price_unit discount qty_delivered price_subtotal price_tax sequence"

struct od_settings {
    const char *url, *database, *username, *api_key, *price_list, *shipping_product;
    int64_t overlap_s, deep_every_s;
};

struct od_location {
    const char *name; /* canonical */
    const char *odoo; /* complete name, "WH/Stock" */
    int64_t id;
};

struct od_country {
    char code[4];
    int64_t id;
};

struct od_price_list {
    int64_t id;
    char currency[4];
};

struct od_tax {
    int64_t id;
    char percent[DECIMAL_MAX];
    bool included; /* in the price */
};

struct od_state {
    int64_t uid, company;
    int major; /* 17 */
    struct od_location locations[OD_LOCATIONS_MAX];
    size_t location_count;
    struct od_country countries[OD_COUNTRIES_MAX];
    size_t country_count;
    struct od_price_list price_list; /* the one that is "standard"; id 0: none yet */
    struct od_price_list price_lists[OD_LISTS_MAX];
    size_t price_list_count;
    char currency[4]; /* the company's */
    struct od_tax taxes[OD_TAXES_MAX];
    size_t tax_count;
    int64_t shipping_product;      /* 0: shipping is not written */
    int64_t deep_us[OD_FEEDS_MAX]; /* per feed: when the whole overlap was read last */
};

/* What a failed call was: the server's own exception, or 0 when it was none (then err says). */
enum od_fault { OD_FAULT_NONE, OD_FAULT_REFUSED, OD_FAULT_RETRY };

struct od_reply {
    struct value result;
    enum od_fault fault;
    enum refusal refusal;
    char words[384]; /* exception class and message */
};

/* model.method(*args, **kwargs). args: VALUE_LIST; kwargs: VALUE_MAP, may be NULL. 0: reply is filled, look at its
 * fault. Negative: no usable answer (ERR_UNAVAILABLE, ERR_TIMEOUT, ERR_IO, ERR_DENIED). Waits. */
int od_call(struct session *s, enum call_priority p, const char *model, const char *method, struct value args,
            const struct value *kwargs, struct arena *a, struct od_reply *out, struct err *err);
/* The same where the server's exceptions are errors too (reading). */
int od_ask(struct session *s, enum call_priority p, const char *model, const char *method, struct value args,
           const struct value *kwargs, struct arena *a, struct value *result, struct err *err);
/* service.method(args…) outside of models: common.version, common.authenticate. */
int od_service(struct session *s, const char *service, const char *method, struct value args, struct arena *a,
               struct od_reply *out, struct err *err);
enum delivery od_failed(struct delivery_result *r, const struct od_reply *reply);
enum delivery od_call_failed(struct delivery_result *r, const struct err *err);

/* ---- small builders ---- */
struct value od_list(struct arena *a, uint32_t n, ...);                                         /* n struct values */
struct value od_term(struct arena *a, const char *field, const char *operator, struct value v); /* a domain's leaf */
struct value od_ids(struct arena *a, int64_t id);                                               /* [id] */
int64_t od_many2one(const struct value *v); /* [id, name] -> id; 0 for false */
struct text od_many2one_name(const struct value *v);
bool od_id(struct text native, int64_t *id);
bool od_decimal(const struct value *v, char out[DECIMAL_MAX]); /* false when it is no number */

/* ---- external ids ---- */
/* A key as a name of ir.model.data: letters, digits and '_' stand for themselves, all else is -hh. part: a line's key
 * within its order (behind "--"), may be empty. */
struct text od_name(struct arena *a, struct text key, struct text part);
/* The reverse. False when the name is none of ours. */
bool od_name_parse(struct arena *a, struct text name, struct text *key, struct text *part);

/* ---- reading, in the shape that the mapping reads ---- */
/* Reads objects by id, as the mapping of `entity` selects, and adds what Odoo keeps elsewhere: `_key` (external id),
 * `country_code`, `list`, `location`, `lines`, `shipping_lines`. objects: VALUE_LIST. */
int od_read(struct session *s, enum call_priority p, const char *entity, const struct value *ids, struct arena *a,
            struct value *objects, struct err *err);
/* Stock of products at a location, summed over quants, 0 where there is none: VALUE_LIST of {id, product_id, location,
 * quantity, …}. */
int od_read_stock(struct session *s, enum call_priority p, const struct value *product_ids,
                  const struct od_location *at, struct arena *a, struct value *objects, struct err *err);
int od_poll(struct session *s, const struct feed *feed, struct text cursor, struct sink *sink, struct err *err);
int od_refresh(struct session *s, const char *entity, struct text id, struct sink *sink, struct err *err);

/* ---- price lists ---- */
int od_find_price_lists(struct session *s, struct arena *a, struct err *err);
/* The list that is "standard", made when Odoo has none. ERR_INVALID when its currency is another (empty: not known). */
int od_standard_list(struct session *s, const struct command *c, struct text currency, int64_t *id, struct err *err);
/* A list in that currency; 0 where Odoo has no list at all, and it is the company's. Else ERR_INVALID. */
int od_list_in(const struct od_state *st, struct text currency, int64_t *id, struct err *err);

/* ---- taxes ---- */
int od_find_taxes(struct session *s, struct arena *a, struct err *err);
/* Gives the line "shipping" its `_tax`: the order's total without the other lines'. */
void od_tax_shipping(struct value *lines, const struct value *total, struct arena *a);
/* True: vals are what an existing line needs for its tax to be the line's `_tax` (on quantity · price − `_off`). */
bool od_line_taxes(struct session *s, const struct value *line, const struct value *existing, struct arena *a,
                   struct value *vals);

/* ---- writing ---- */
/* Resolves country_code and region to ids, pricelist and the like: native vals as Odoo's write() takes them. */
int od_vals(struct session *s, const struct command *c, struct value *vals, struct err *err);
/* load(): vals as one row (and one row a line), external id from key. lines: VALUE_LIST of vals with "key", or NULL.
 * Members that begin with '_' are the adapter's own and stay here. */
int od_load(struct session *s, enum call_priority p, const char *model, struct text key, const struct value *vals,
            const struct value *lines, struct arena *a, struct od_reply *out, int64_t *id, struct err *err);
/* The same for an object below another of that model, as one of its `field`. */
struct od_parent {
    int64_t id;
    const char *field;
};
int od_load_child(struct session *s, enum call_priority p, const char *model, const struct od_parent *parent,
                  struct text key, const struct value *vals, struct arena *a, struct od_reply *out, int64_t *id,
                  struct err *err);
/* The id of what load() made for a key earlier; 0: nothing. */
int od_find_loaded(struct session *s, enum call_priority p, struct text key, struct arena *a, int64_t *id, struct err *err);
enum delivery od_read_back(struct session *s, const struct command *c, int64_t id, struct delivery_result *r);
enum delivery od_deliver(struct session *s, const struct command *c, struct delivery_result *r);
enum delivery od_deliver_order(struct session *s, const struct command *c, struct delivery_result *r);
enum delivery od_deliver_stock(struct session *s, const struct command *c, struct delivery_result *r);

#endif
