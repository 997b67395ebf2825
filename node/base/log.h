/* log: one line of logfmt an event: time, level, program, event, then pairs. The sink (stderr, a test's buffer) is
 * given by whoever makes the log. No personal data, no secrets: callers pass ids, counts and sentences, and values
 * only through the schema's mask (proto/schema.h). */
#ifndef TIDEGATE_BASE_LOG_H
#define TIDEGATE_BASE_LOG_H

#include "moment.h"

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARN, LOG_LEVEL_ERROR };

struct log {
    const char *program; /* "tidegate-router", or "tidegate-storefront/shop" */
    enum log_level level;
    moment_us (*now)(void *ctx);
    void (*sink)(void *ctx, struct text line); /* one whole line with its newline */
    void *ctx;
};

/* Pairs of C strings, ended by NULL: log_line(l, LOG_LEVEL_INFO, "connected", "broker", host, NULL). A NULL log is silent. */
void log_line(const struct log *log, enum log_level level, const char *event, ...) __attribute__((sentinel));
/* The same with one formatted pair "msg". */
void log_say(const struct log *log, enum log_level level, const char *event, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#endif
