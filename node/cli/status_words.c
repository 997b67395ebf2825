#include "status_words.h"

#include <stdio.h>
#include <stdlib.h>

#define SHOWN_MAX 10

static int64_t integer(const struct value *v, const char *path)
{
    const struct value *n = value_at(v, path);
    return n && n->kind == VALUE_INT ? n->integer : 0;
}

static bool is_true(const struct value *v, const char *name)
{
    const struct value *b = value_get(v, name);
    return b && b->kind == VALUE_BOOL && b->boolean;
}

/* A number of seconds or units, rounded; -1 when there is none. */
static int64_t rounded(const struct value *v, const char *name)
{
    const struct value *n = value_get(v, name);
    char digits[32];
    if (!n || n->kind != VALUE_NUMBER || n->text.n >= sizeof digits)
        return n && n->kind == VALUE_INT ? n->integer : -1;
    snprintf(digits, sizeof digits, "%.*s", TEXT_ARG(n->text));
    return (int64_t)(strtod(digits, NULL) + 0.5);
}

static const struct value *list_at(const struct value *v, const char *name)
{
    static const struct value none = {.kind = VALUE_LIST};
    const struct value *list = value_get(v, name);
    return list && list->kind == VALUE_LIST ? list : &none;
}

/* One line "              label     1 word, 2 words" of the counts that are not zero. */
struct count_words {
    const char *path, *words;
};
static void counts(struct buf *out, const char *label, const struct value *v, const struct count_words *rows)
{
    int shown = 0;
    for (; rows->path; rows++) {
        int64_t n = integer(v, rows->path);
        if (n == 0)
            continue;
        if (shown++ == 0)
            buf_printf(out, "  %-10s", label);
        buf_printf(out, "%s%lld %s", shown > 1 ? ", " : " ", (long long)n, rows->words);
    }
    if (shown)
        buf_char(out, '\n');
}

/* ---- router ---- */

static void held_item(struct buf *out, const struct value *h)
{
    struct text rule = value_text_at(h, "rule"), key = value_text_at(h, "key"), native = value_text_at(h, "native");
    buf_printf(out, "    %.*s %.*s: %.*s %.*s: %.*s", TEXT_ARG(value_text_at(h, "time")),
               TEXT_ARG(value_text_at(h, "reason")), TEXT_ARG(value_text_at(h, "entity")),
               TEXT_ARG(key.n ? key : native), TEXT_ARG(value_text_at(h, "cause")));
    if (rule.n)
        buf_printf(out, " [%.*s]", TEXT_ARG(rule));
    buf_char(out, '\n');
}

void status_words_router(struct buf *out, const struct value *v, const struct value *held)
{
    static const struct count_words known[] = {
        {"records", "records"}, {"links", "objects linked"}, {"pending", "messages at hand"}, {NULL, NULL}};
    static const struct count_words reasons[] = {{"held.waiting", "waiting"},   {"held.unknown", "unknown"},
                                                 {"held.refused", "refused"},   {"held.rejected", "rejected"},
                                                 {"held.conflict", "conflict"}, {"held.delete", "delete"},
                                                 {"held.invalid", "invalid"},   {NULL, NULL}};
    bool up = text_is(value_text_at(v, "broker"), "up");
    struct text trouble = value_text_at(v, "trouble");
    buf_printf(out, "router: %s\n", !up ? "the broker cannot be reached" : trouble.n ? "in trouble" : "ready");
    if (trouble.n)
        buf_printf(out, "  %-10s %.*s\n", "trouble", TEXT_ARG(trouble));
    counts(out, "knows", v, known);
    counts(out, "held", v, reasons);
    const struct value *items = held ? list_at(held, "held") : NULL;
    for (uint32_t i = 0; items && i < items->count && i < SHOWN_MAX; i++)
        held_item(out, &items->items[i]);
}

/* ---- adapters ---- */

static void feeds(struct buf *out, const struct value *v)
{
    const struct value *list = list_at(v, "feeds");
    for (uint32_t i = 0; i < list->count; i++) {
        const struct value *feed = &list->items[i];
        int64_t age = rounded(feed, "age_s");
        buf_printf(out, i ? ", %.*s" : "  read       %.*s", TEXT_ARG(value_text_at(feed, "name")));
        if (age >= 0)
            buf_printf(out, " %lld s ago", (long long)age);
        else
            buf_string(out, " never yet");
    }
    if (list->count)
        buf_char(out, '\n');
    for (uint32_t i = 0; i < list->count; i++) {
        struct text error = value_text_at(&list->items[i], "error");
        if (error.n)
            buf_printf(out, "    %.*s fails: %.*s\n", TEXT_ARG(value_text_at(&list->items[i], "name")),
                       TEXT_ARG(error));
    }
}

static void parked(struct buf *out, const struct value *v)
{
    const struct value *list = list_at(v, "parked");
    for (uint32_t i = 0; i < list->count && i < SHOWN_MAX; i++) {
        const struct value *one = &list->items[i];
        buf_printf(out, "  tried again in %lld s: %.*s: %.*s\n", (long long)rounded(one, "again_in_s"),
                   TEXT_ARG(value_text_at(one, "key")), TEXT_ARG(value_text_at(one, "reason")));
    }
    if (list->count > SHOWN_MAX)
        buf_printf(out, "  and %u more\n", list->count - SHOWN_MAX);
}

static void refused(struct buf *out, const struct value *v)
{
    const struct value *list = list_at(v, "refused");
    for (uint32_t i = 0; i < list->count && i < SHOWN_MAX; i++) {
        const struct value *one = &list->items[i];
        buf_printf(out, "  not published: %.*s %.*s: %.*s\n", TEXT_ARG(value_text_at(one, "entity")),
                   TEXT_ARG(value_text_at(one, "object")), TEXT_ARG(value_text_at(one, "reason")));
    }
    if (list->count > SHOWN_MAX)
        buf_printf(out, "  and %u more\n", list->count - SHOWN_MAX);
}

void status_words_adapter(struct buf *out, const struct value *v)
{
    static const struct count_words captured[] = {{"counts.published", "changes published"},
                                                  {"counts.webhooks", "webhooks taken"},
                                                  {"refresh_pending", "objects to be read again"},
                                                  {NULL, NULL}};
    static const struct count_words delivered[] = {{"counts.done", "written"},
                                                   {"counts.retried", "tried again"},
                                                   {"counts.rejected", "refused by the system"},
                                                   {"commands_held", "at hand"},
                                                   {NULL, NULL}};
    int64_t left = rounded(v, "budget_left");
    struct text reason = value_text_at(v, "reason");
    buf_printf(out, "%.*s (%.*s): ", TEXT_ARG(value_text_at(v, "system")), TEXT_ARG(value_text_at(v, "adapter")));
    if (is_true(v, "ready"))
        buf_string(out, "ready\n");
    else
        buf_printf(out, "NOT READY: %.*s\n", TEXT_ARG(reason));
    feeds(out, v);
    counts(out, "captured", v, captured);
    counts(out, "delivered", v, delivered);
    if (left >= 0)
        buf_printf(out, "  %-10s %lld\n", "API budget", (long long)left);
    parked(out, v);
    refused(out, v);
}
