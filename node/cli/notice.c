#include "notice.h"

#include "base/hash.h"

#define WAIT_FIRST_US (60 * MOMENT_SECOND)
#define WAIT_GROWTH 5
#define WAIT_MAX_US (3600 * MOMENT_SECOND)

/* ---- how often ---- */

static bool digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Two sentences that differ in numbers alone (attempts, seconds, ids), or in what they say in brackets at their end,
 * are alike. */
static uint64_t likeness(struct text t)
{
    struct hash h;
    const char *bracket = t.n && t.p[t.n - 1] == ')' ? memrchr(t.p, '(', t.n) : NULL;
    if (bracket && bracket > t.p)
        t.n = (size_t)(bracket - t.p);
    while (t.n && t.p[t.n - 1] == ' ')
        t.n--;
    hash_init(&h, false);
    for (size_t i = 0; i < t.n; i++)
        if (!digit(t.p[i]))
            hash_add(&h, t.p + i, 1);
    uint64_t like = hash_end64(&h);
    return like ? like : 1;
}

static struct notice_seen *seen_before(struct notices *n, uint64_t like)
{
    for (size_t i = 0; i < NOTICES_MAX; i++)
        if (n->seen[i].like == like)
            return &n->seen[i];
    return NULL;
}

static struct notice_seen *remember(struct notices *n, uint64_t like)
{
    struct notice_seen *s = &n->seen[n->next++ % NOTICES_MAX];
    *s = (struct notice_seen){.like = like, .wait_us = WAIT_FIRST_US};
    return s;
}

/* True when it is time to show what is like this; *unshown says how many were not since the last time. */
static bool due(struct notices *n, uint64_t like, int64_t now_us, unsigned *unshown)
{
    struct notice_seen *s = seen_before(n, like);
    if (s && now_us < s->next_us) {
        s->unshown++;
        return false;
    }
    if (!s)
        s = remember(n, like);
    *unshown = s->unshown;
    s->unshown = 0;
    s->next_us = now_us + s->wait_us;
    s->wait_us = s->wait_us * WAIT_GROWTH < WAIT_MAX_US ? s->wait_us * WAIT_GROWTH : WAIT_MAX_US;
    return true;
}

/* before: a word for the reader that makes no difference, such as the event: polling and delivering may fail alike. */
static bool show(struct notices *n, struct text before, struct text sentence, int64_t now_us, struct buf *out)
{
    unsigned unshown;
    if (!due(n, likeness(sentence), now_us, &unshown))
        return false;
    buf_text(out, before);
    buf_text(out, sentence);
    if (unshown)
        buf_printf(out, "  (and %u more like it since the last time)", unshown);
    return true;
}

bool notice_sentence(struct notices *n, struct text sentence, int64_t now_us, struct buf *out)
{
    return show(n, (struct text){0}, sentence, now_us, out);
}

/* ---- what is in a line ---- */

static void add_unquoted(struct buf *out, struct text t)
{
    for (size_t i = 0; i < t.n && t.p[i] != '"'; i++) {
        bool escaped = t.p[i] == '\\' && i + 1 < t.n;
        i += escaped;
        buf_char(out, escaped && strchr("nrt", t.p[i]) ? ' ' : t.p[i]);
    }
}

/* Appends the value that follows `key` (" msg="); false when the line has none, or an empty one. */
static bool add_value(struct buf *out, struct text line, const char *key)
{
    size_t before = out->n;
    const char *at = memmem(line.p, line.n, key, strlen(key));
    if (!at)
        return false;
    at += strlen(key);
    struct text rest = {at, line.n - (size_t)(at - line.p)}, word = rest;
    if (rest.n && rest.p[0] == '"') {
        add_unquoted(out, (struct text){rest.p + 1, rest.n - 1});
        return out->n > before;
    }
    text_split(rest, ' ', &word, &rest);
    buf_text(out, word);
    return out->n > before;
}

static bool has(struct text line, const char *words)
{
    return memmem(line.p, line.n, words, strlen(words)) != NULL;
}

/* The sentence of a line; where there is none, its pairs. */
static void add_sentence(struct buf *out, struct text line)
{
    const char *event = memmem(line.p, line.n, " event=", 7);
    if (add_value(out, line, " msg=") || add_value(out, line, " cause=") || add_value(out, line, " reason=") || !event)
        return;
    struct text word, rest = {event + 1, line.n - (size_t)(event + 1 - line.p)};
    if (text_split(rest, ' ', &word, &rest))
        buf_text(out, rest);
}

/* The line that says: connected again. */
static bool ends_trouble(struct text line)
{
    return has(line, " event=open") || has(line, " event=broker-up") || has(line, " event=broker-unblocked");
}

static bool show_complaint(struct notices *n, struct text line, int64_t now_us, struct buf *out)
{
    struct buf event, sentence;
    buf_init(&event, 256);
    buf_init(&sentence, 8192);
    if (add_value(&event, line, " event="))
        buf_string(&event, ": ");
    add_sentence(&sentence, line);
    bool shown = show(n, buf_view(&event), buf_view(&sentence), now_us, out);
    buf_release(&event);
    buf_release(&sentence);
    return shown;
}

bool notice_line(struct notices *n, struct text line, int64_t now_us, struct buf *out)
{
    if (!text_starts(line, "time="))
        return line.n && notice_sentence(n, line, now_us, out);
    if (n->troubled && has(line, " level=info ") && ends_trouble(line)) {
        n->troubled = false;
        buf_string(out, "connected again");
        return true;
    }
    if (!has(line, " level=warn ") && !has(line, " level=error "))
        return false;
    bool shown = show_complaint(n, line, now_us, out);
    n->troubled = n->troubled || shown;
    return shown;
}
