/* What Salesforce's error codes mean for a delivery (api_rest errorcodes). */
#include "sf.h"

#include <stdio.h>

static const struct {
    const char *code;
    enum refusal refusal;
} classes[] = {
    {"REQUIRED_FIELD_MISSING", REFUSAL_MISSING},
    {"DUPLICATES_DETECTED", REFUSAL_DUPLICATE},
    {"DUPLICATE_VALUE", REFUSAL_DUPLICATE},
    {"DUPLICATE_EXTERNAL_ID", REFUSAL_DUPLICATE},
    {"STRING_TOO_LONG", REFUSAL_TOO_LARGE},
    {"INSUFFICIENT_ACCESS_OR_READONLY", REFUSAL_PERMISSION},
    {"INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY", REFUSAL_PERMISSION},
    {"INVALID_CROSS_REFERENCE_KEY", REFUSAL_CONFLICT},
    {"ENTITY_IS_DELETED", REFUSAL_CONFLICT},
    {"NOT_FOUND", REFUSAL_CONFLICT},
    {"FIELD_INTEGRITY_EXCEPTION", REFUSAL_CONFLICT},
};

/* Nothing was written, and trying again helps. */
static bool passes(struct text code)
{
    static const char *const codes[] = {"UNABLE_TO_LOCK_ROW", "SERVER_UNAVAILABLE",
                                        "QUERY_TIMEOUT",      "REQUEST_LIMIT_EXCEEDED",
                                        "UNKNOWN_EXCEPTION",  "CONCURRENT_REQUESTS_LIMIT_EXCEEDED"};
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (text_is(code, codes[i]))
            return true;
    return false;
}

static enum refusal classify(struct text code, int status)
{
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++)
        if (text_is(code, classes[i].code))
            return classes[i].refusal;
    return status == 403 ? REFUSAL_PERMISSION : REFUSAL_VALUE;
}

enum delivery sf_failed(struct delivery_result *r, int status, const struct value *body)
{
    if (status == 300)
        return delivery_refused(r, REFUSAL_DUPLICATE, "several records have this " SF_KEY_FIELD);
    struct text code = value_text_at(body, "0.errorCode"), message = value_text_at(body, "0.message");
    if (passes(code))
        return delivery_retry(r, 0, false, "%.*s", TEXT_ARG(code));
    if (text_is(code, "INVALID_EMAIL_ADDRESS")) /* its message quotes the address */
        message = text_of("the e-mail address is not valid");
    return delivery_refused(r, classify(code, status), "%.*s: %.*s", TEXT_ARG(code), TEXT_ARG(message));
}

enum delivery sf_call_failed(struct delivery_result *r, const struct err *err)
{
    if (err->code == ERR_DENIED)
        return delivery_outage(r, 0, "%s", err->text);
    return delivery_from_err(r, err);
}
