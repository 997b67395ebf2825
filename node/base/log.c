/* A line is built on the stack and handed over whole, so that lines of several writers never mix. What does not fit
 * is cut, and the cut is marked. No value can begin a new line or forge a pair: control bytes, and everything in a
 * value that is not UTF-8, are escaped. */
#include "log.h"

#include <stdarg.h>
#include <stdio.h>

enum { line_max = 4096, tail = 5 /* for "…", a quote and the newline */ };

struct line {
    size_t n;
    bool cut, in_quotes;
    char p[line_max];
};

static void add(struct line *l, const char *p, size_t n)
{
    if (l->cut || n > line_max - tail - l->n) {
        l->cut = true;
        return;
    }
    memcpy(l->p + l->n, p, n);
    l->n += n;
}

static void add_string(struct line *l, const char *s)
{
    add(l, s, strlen(s));
}

static void add_byte(struct line *l, unsigned char c, bool valid_utf8)
{
    char escape[5] = {'\\', (char)c};
    if (c == '"' || c == '\\') {
        add(l, escape, 2);
    } else if (c == '\n' || c == '\r' || c == '\t') {
        escape[1] = c == '\n' ? 'n' : c == '\r' ? 'r' : 't';
        add(l, escape, 2);
    } else if (c < 0x20 || c == 0x7F || (c >= 0x80 && !valid_utf8)) {
        snprintf(escape, sizeof escape, "\\x%02x", c);
        add(l, escape, 4);
    } else {
        add(l, (const char *)&c, 1);
    }
}

static bool plain(struct text value)
{
    for (size_t i = 0; i < value.n; i++) {
        unsigned char c = (unsigned char)value.p[i];
        if (c <= ' ' || c == '"' || c == '=' || c == '\\' || c >= 0x7F)
            return false;
    }
    return value.n > 0;
}

static void add_pair(struct line *l, const char *key, const char *value)
{
    struct text t = text_of(value);
    if (l->n)
        add_string(l, " ");
    add_string(l, key);
    add_string(l, "=");
    if (plain(t)) {
        add(l, t.p, t.n);
        return;
    }
    bool valid_utf8 = text_utf8_fault(t) < 0;
    add_string(l, "\"");
    l->in_quotes = !l->cut;
    for (size_t i = 0; i < t.n; i++)
        add_byte(l, (unsigned char)t.p[i], valid_utf8);
    add_string(l, "\"");
    if (!l->cut)
        l->in_quotes = false;
}

static void line_begin(struct line *l, const struct log *log, enum log_level level, const char *event)
{
    static const char *const words[] = {"debug", "info", "warn", "error"};
    char time[MOMENT_TEXT_MAX];
    l->n = 0;
    l->cut = l->in_quotes = false;
    add_pair(l, "time", moment_format(log->now ? log->now(log->ctx) : 0, time).p);
    add_pair(l, "level", words[level]);
    add_pair(l, "program", log->program);
    add_pair(l, "event", event);
}

static void line_end(struct line *l, const struct log *log)
{
    if (l->cut) {
        while (l->n > 0 && ((unsigned char)l->p[l->n - 1] & 0xC0) == 0x80) /* a character cut in its middle */
            l->n--;
        if (l->n > 0 && (unsigned char)l->p[l->n - 1] >= 0xC0)
            l->n--;
        memcpy(l->p + l->n, "…", 3);
        l->n += 3;
        if (l->in_quotes)
            l->p[l->n++] = '"';
    }
    l->p[l->n++] = '\n';
    log->sink(log->ctx, (struct text){l->p, l->n});
}

static bool silent(const struct log *log, enum log_level level)
{
    return !log || !log->sink || level < log->level;
}

void log_line(const struct log *log, enum log_level level, const char *event, ...)
{
    if (silent(log, level))
        return;
    struct line l;
    line_begin(&l, log, level, event);
    va_list pairs;
    va_start(pairs, event);
    for (const char *key; (key = va_arg(pairs, const char *));) {
        const char *value = va_arg(pairs, const char *);
        add_pair(&l, key, value);
    }
    va_end(pairs);
    line_end(&l, log);
}

void log_say(const struct log *log, enum log_level level, const char *event, const char *format, ...)
{
    if (silent(log, level))
        return;
    struct line l;
    char msg[1024];
    va_list args;
    va_start(args, format);
    if (vsnprintf(msg, sizeof msg, format, args) < 0)
        msg[0] = '\0';
    va_end(args);
    line_begin(&l, log, level, event);
    add_pair(&l, "msg", msg);
    line_end(&l, log);
}
