#include "held_words.h"

static bool is(const struct value *item, const char *name, const char *wanted)
{
    return !wanted || text_is(value_text_at(item, name), wanted);
}

static bool wanted(const struct value *item, const struct held_filter *f)
{
    return is(item, "reason", f->reason) && is(item, "entity", f->entity) && is(item, "system", f->system);
}

static bool same(const struct value *a, const struct value *b, const char *name)
{
    return text_eq(value_text_at(a, name), value_text_at(b, name));
}

static bool same_group(const struct value *a, const struct value *b)
{
    return same(a, b, "reason") && same(a, b, "cause") && same(a, b, "rule");
}

static bool begins_group(const struct value *list, uint32_t at, const struct held_filter *f)
{
    for (uint32_t i = 0; i < at; i++)
        if (wanted(&list->items[i], f) && same_group(&list->items[i], &list->items[at]))
            return false;
    return true;
}

static void write_item(struct buf *out, const struct value *item)
{
    struct text key = value_text_at(item, "key"), native = value_text_at(item, "native");
    buf_printf(out, "    %.*s  %.*s %.*s", TEXT_ARG(value_text_at(item, "time")), TEXT_ARG(value_text_at(item, "entity")),
               TEXT_ARG(key.n ? key : native));
    if (key.n && native.n)
        buf_printf(out, "  (%.*s in %.*s)", TEXT_ARG(native), TEXT_ARG(value_text_at(item, "system")));
    buf_char(out, '\n');
}

static size_t write_group(struct buf *out, const struct value *list, uint32_t first, const struct held_filter *f, size_t shown)
{
    const struct value *head = &list->items[first];
    struct text rule = value_text_at(head, "rule");
    size_t count = 0;
    for (uint32_t i = first; i < list->count; i++)
        count += wanted(&list->items[i], f) && same_group(&list->items[i], head);
    buf_printf(out, "%zu %.*s: %.*s", count, TEXT_ARG(value_text_at(head, "reason")), TEXT_ARG(value_text_at(head, "cause")));
    if (rule.n)
        buf_printf(out, "  [%.*s]", TEXT_ARG(rule));
    buf_char(out, '\n');
    for (uint32_t i = first; shown && i < list->count; i++) {
        if (!wanted(&list->items[i], f) || !same_group(&list->items[i], head))
            continue;
        write_item(out, &list->items[i]);
        shown--;
    }
    return count;
}

size_t held_words(struct buf *out, const struct value *held, const struct held_filter *f, size_t shown)
{
    const struct value *list = value_get(held, "held");
    size_t count = 0;
    for (uint32_t i = 0; list && list->kind == VALUE_LIST && i < list->count; i++)
        if (wanted(&list->items[i], f) && begins_group(list, i, f))
            count += write_group(out, list, i, f, shown);
    return count;
}
