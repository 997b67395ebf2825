/* sf: what the files of this adapter share: settings, state, and talking to the Salesforce REST API.
 *
 * API: developer.salesforce.com, REST API Developer Guide. Every call carries `Sforce-Auto-Assign: FALSE` (absent means
 * TRUE, which silently gives records to new owners: api_rest headers_autoassign) and `Sforce-Call-Options` with our
 * client name; every answer's Sforce-Limit-Info feeds the budget (headers_api_usage). */
#ifndef TIDEGATE_ADAPTERS_SF_H
#define TIDEGATE_ADAPTERS_SF_H

#include "host/adapter.h"

#define SF_KEY_FIELD "Tidegate_Key__c" /* External ID, unique, text(255), on every object that we write */

#define SF_KEY_MAX 8192
#define SF_DAY_S 86400

struct sf_settings {
    const char *url, *login_url, *client_id, *username, *private_key, *private_key_file, *api_version;
    const char *draft_status, *activated_status;
    int64_t overlap_s;
};

struct sf_state {
    char private_key[SF_KEY_MAX]; /* PEM */
    char token[2048];             /* empty: not logged in */
    char instance[256];           /* https://….my.salesforce.com, no slash at the end */
    char standard_pricebook[24];
};

struct sf_reply {
    int status;
    struct value body; /* VALUE_NULL when the answer was empty or no JSON */
};

int sf_login(struct session *s, struct err *err); /* JWT bearer flow (help: remoteaccess_oauth_jwt_flow); waits */

/* One call below /services/data/vXX.0 (path "/sobjects/…"), or at the instance's root when the path begins with
 * "/services/". Logs in where needed, and once more when the session has expired. 0 for every answer below 500 that is
 * no limit or lock-out; body may be NULL. Waits. */
int sf_call(struct session *s, enum call_priority p, const char *method, const char *path, const struct value *body,
            struct arena *a, struct sf_reply *out, struct err *err);
/* Runs SOQL; the first page's answer ({records, done, nextRecordsUrl}). ERR_INVALID with Salesforce's words. */
int sf_query(struct session *s, enum call_priority p, const char *soql, struct arena *a, struct value *page,
             struct err *err);
/* 'text' with what SOQL wants escaped, quotes included. */
const char *sf_quote(struct arena *a, struct text t);

/* What an error answer ([{errorCode, message, fields}]) means for a delivery. */
enum delivery sf_failed(struct delivery_result *r, int status, const struct value *body);
/* From a failed call: credentials and outages stop the system, the rest is tried again. */
enum delivery sf_call_failed(struct delivery_result *r, const struct err *err);

/* A composite request (requests_composite): all or nothing, one API call, answered in order. */
struct sf_composite {
    struct arena *arena;
    struct value requests; /* VALUE_LIST */
};
void sf_composite_init(struct sf_composite *c, struct arena *a);
/* path below the version; body may be NULL; reference: later paths and bodies may say @{reference.id}. */
void sf_composite_add(struct session *s, struct sf_composite *c, const char *reference, const char *method,
                      const char *path, const struct value *body);
/* Adds the query that reads an object back, in the shape that the mapping reads; must be the last. */
void sf_composite_read_back(struct session *s, struct sf_composite *c, const char *entity, const char *id);
/* Sends and fills the result: DONE with the object that was read back, else what went wrong. Waits. */
enum delivery sf_composite_send(struct session *s, struct sf_composite *c, enum call_priority p,
                                struct delivery_result *r);

int sf_poll(struct session *s, const struct feed *feed, struct text cursor, struct sink *sink, struct err *err);
int sf_refresh(struct session *s, const char *entity, struct text id, struct sink *sink, struct err *err);

enum delivery sf_deliver(struct session *s, const struct command *c, struct delivery_result *r);
enum delivery sf_deliver_order(struct session *s, const struct command *c, struct delivery_result *r);
enum delivery sf_deliver_price(struct session *s, const struct command *c, struct delivery_result *r);
/* "/sobjects/Account/Tidegate_Key__c/shop%3Aaccount%3A1", or by Id where the native id is known. */
const char *sf_object_path(struct session *s, const struct command *c);

#endif
