/* sp: what the files of this adapter share: settings, state, and talking to Shopify's GraphQL Admin API.
 *
 * API: POST {url}/admin/api/{version}/graphql.json with X-Shopify-Access-Token (shopify.dev/docs/api/admin-graphql).
 * Calls are paid for in points from a leaky bucket, whose state comes with every answer (extensions.cost) and feeds the
 * budget; a call that is throttled is answered without effect and sent again when there are points. What the shop's
 * rules refuse comes as userErrors with HTTP 200. */
#ifndef TIDEGATE_ADAPTERS_SP_H
#define TIDEGATE_ADAPTERS_SP_H

#include "host/adapter.h"
#include "sp_sightings.h"

#define SP_LOCATIONS_MAX 64
#define SP_FEEDS_MAX 4
#define SP_TOKEN_MAX 512
#define SP_DAY_S 86400
#define SP_WEBHOOK_PATH "/webhooks/shopify" /* below the host's prefix for pushes */

struct sp_settings {
    const char *url, *client_id, *token, *secret, *old_secret, *public_url, *api_version;
    int64_t overlap_s, deep_every_s;
};

struct sp_location {
    const char *name; /* canonical */
    char id[96];      /* gid://shopify/Location/… */
};

struct sp_state {
    char token[SP_TOKEN_MAX]; /* for the next call */
    int64_t token_until_us;   /* uptime from which it is fetched anew */
    char currency[4];         /* of the shop */
    struct sp_location locations[SP_LOCATIONS_MAX];
    size_t location_count;
    int64_t deep_us[SP_FEEDS_MAX];
    int64_t webhooks_checked_us;
    struct sp_sightings sightings;
};

/* Fetches the access token (at every open), or fetches it again when it is about to end (before every call); waits. */
int sp_token_fetch(struct session *s, struct err *err);
int sp_token_renew(struct session *s, struct err *err);

/* Runs a query or mutation; variables may be NULL. *data gets `data`. ERR_INVALID: the API does not accept the document
 * (its first message); ERR_UNAVAILABLE, ERR_TIMEOUT, ERR_IO, ERR_DENIED as http_send's and for HTTP status. Waits, also
 * while throttled. */
int sp_graphql(struct session *s, enum call_priority p, const char *document, const struct value *variables,
               struct arena *a, struct value *data, struct err *err);
/* What userErrors of a mutation mean; DELIVERY_DONE when there are none. */
enum delivery sp_user_errors(struct delivery_result *r, const struct value *payload);
bool sp_user_error_is(const struct value *payload, const char *code);
enum delivery sp_call_failed(struct delivery_result *r, const struct err *err);

/* {name: value, …} from pairs of name and struct value, for variables. */
struct value sp_map(struct arena *a, uint32_t n, ...); /* n times: const char *, struct value */
bool sp_is(struct text gid, const char *type);         /* "gid://shopify/<type>/…" */
/* The record key as a metafield: {namespace: "tidegate", key: "key", value}. */
struct value sp_key_identifier(struct arena *a, struct text key);
struct value sp_key_metafield(struct arena *a, struct text key);
/* The record key as a company's externalId, which is at most 64 letters, digits and some signs: other bytes as %XX. A key
 * that is too long then becomes "_:account:HASH": it is found again by that, and cannot be read back. */
struct text sp_external_id(struct arena *a, struct text key);
/* Puts the key that a company's externalId says in its place; what is no key, or too long for one, stays. */
void sp_external_key(struct arena *a, struct value *company);
/* A shop needs a definition before an object can be looked up by its key; made once. */
int sp_define_keys(struct session *s, struct arena *a, struct err *err);

int sp_poll(struct session *s, const struct feed *feed, struct text cursor, struct sink *sink, struct err *err);
int sp_refresh(struct session *s, const char *entity, struct text id, struct sink *sink, struct err *err);

int sp_webhook(struct session *s, const struct http_incoming *r, struct arena *a, struct hint hints[HINTS_MAX],
               size_t *count, struct err *err);
int sp_subscribe(struct session *s, struct err *err); /* makes the subscriptions that are missing; waits */

enum delivery sp_deliver_account(struct session *s, const struct command *c, const struct value *native,
                                 struct delivery_result *r);
enum delivery sp_deliver_contact(struct session *s, const struct command *c, const struct value *native,
                                 struct delivery_result *r);
enum delivery sp_deliver_product(struct session *s, const struct command *c, const struct value *native,
                                 struct delivery_result *r);
enum delivery sp_deliver_price(struct session *s, const struct command *c, const struct value *native,
                               struct delivery_result *r);
enum delivery sp_deliver_inventory(struct session *s, const struct command *c, const struct value *native,
                                   struct delivery_result *r);

#endif
