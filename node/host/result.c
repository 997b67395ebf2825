/* result: how an adapter says what became of a command, and what it should have said. */
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include "host.h"

enum delivery delivery_done(struct delivery_result *r, struct text native, struct value stored)
{
    *r = (struct delivery_result){.kind = DELIVERY_DONE, .native = native, .stored = stored};
    return r->kind;
}

static void say(struct delivery_result *r, const char *format, va_list args)
{
    vsnprintf(r->words, sizeof r->words, format, args);
}

enum delivery delivery_refused(struct delivery_result *r, enum refusal why, const char *format, ...)
{
    va_list args;
    assert(why != REFUSAL_NONE);
    *r = (struct delivery_result){.kind = DELIVERY_REFUSED, .refusal = why};
    va_start(args, format);
    say(r, format, args);
    va_end(args);
    return r->kind;
}

enum delivery delivery_retry(struct delivery_result *r, int64_t after_ms, bool unknown_effect, const char *format, ...)
{
    va_list args;
    *r = (struct delivery_result){.kind = DELIVERY_RETRY, .retry_after_ms = after_ms, .unknown_effect = unknown_effect};
    va_start(args, format);
    say(r, format, args);
    va_end(args);
    return r->kind;
}

enum delivery delivery_outage(struct delivery_result *r, int64_t after_ms, const char *format, ...)
{
    va_list args;
    *r = (struct delivery_result){.kind = DELIVERY_OUTAGE, .retry_after_ms = after_ms};
    va_start(args, format);
    say(r, format, args);
    va_end(args);
    return r->kind;
}

enum delivery delivery_from_err(struct delivery_result *r, const struct err *err)
{
    switch (err->code) {
    case ERR_DENIED: /* credentials: nothing else would pass either */
        return delivery_outage(r, 0, "%s", err->text);
    case ERR_UNAVAILABLE: /* this one call; whether the whole system is out, the host hears from all calls */
        return delivery_retry(r, 0, false, "%s", err->text);
    default: /* time-out, torn connection, an answer that nobody can read: it may have been written */
        return delivery_retry(r, 0, true, "%s", err->text);
    }
}

void host_reason(struct err *err, int rc)
{
    if (err->code == 0)
        err->code = rc;
    if (err->text[0] == '\0')
        err_set(err, err->code, "the adapter gave no reason (%s)", err_word(err->code));
}
