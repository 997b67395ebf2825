#include "held.h"

#include "base/json_text.h"

const char *held_word(enum held_reason r)
{
    static const char *const words[] = {"invalid", "delete", "conflict", "refused", "unknown", "waiting", "rejected"};
    return words[r];
}

struct text held_id(enum held_reason r, struct text one, struct text other, char out[UUID_TEXT])
{
    struct hash h;
    hash_init(&h, true);
    hash_text(&h, text_of(held_word(r)));
    hash_text(&h, one);
    hash_text(&h, other);
    return uuid_derive(0, hash_end128(&h), out);
}

static void add_pair(struct buf *out, const char *name, struct text value)
{
    if (!value.n)
        return;
    buf_printf(out, ",\"%s\":", name);
    json_write_string(out, value);
}

void held_json(struct buf *out, const struct held *h)
{
    char time[MOMENT_TEXT_MAX];
    buf_string(out, "{\"id\":");
    json_write_string(out, h->id);
    add_pair(out, "time", moment_format(h->time, time));
    add_pair(out, "reason", text_of(held_word(h->reason)));
    add_pair(out, "entity", h->entity);
    add_pair(out, "system", h->system);
    add_pair(out, "key", h->key);
    add_pair(out, "native", h->native);
    add_pair(out, "cause", h->cause);
    add_pair(out, "rule", h->rule);
    buf_char(out, '}');
}
