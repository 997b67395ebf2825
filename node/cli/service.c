#include "service.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

#define LINE_MAX_BYTES (64u << 10)
#define LAST_MAX_BYTES 4096u
#define BACKOFF_FIRST_MS 200
#define BACKOFF_MAX_MS 10000
#define SETTLED_US (30 * MOMENT_SECOND) /* a process that ran this long has not failed at starting */

/* "  shop: sentence" where the line, or the supervisor's own sentence, is worth a person's time. */
static void show(struct service *s, struct text line, bool own)
{
    struct buf words;
    buf_init(&words, LINE_MAX_BYTES);
    int64_t now_us = loop_uptime_us(s->loop);
    if (own ? notice_sentence(&s->notices, line, now_us, &words) : notice_line(&s->notices, line, now_us, &words))
        printf("  %s: %.*s\n", s->name, TEXT_ARG(buf_view(&words)));
    fflush(stdout);
    buf_release(&words);
}

static void keep_last(struct service *s, struct text line)
{
    if (s->last.n + line.n + 1 > LAST_MAX_BYTES)
        buf_reset(&s->last);
    buf_text(&s->last, line);
    buf_char(&s->last, '\n');
}

void service_show_last(struct service *s)
{
    struct text rest = buf_view(&s->last), line;
    while (text_split(rest, '\n', &line, &rest))
        printf("    | %.*s\n", TEXT_ARG(line));
    fflush(stdout);
    buf_reset(&s->last);
}

static void show_line(struct service *s, struct text line)
{
    if (s->log)
        fprintf(s->log, "%-12s %.*s\n", s->name, TEXT_ARG(line));
    if (s->lines == LINES_NOTICES) {
        show(s, line, false);
    } else if (s->lines == LINES_LAST) {
        keep_last(s, line);
    } else {
        printf("%.*s\n", TEXT_ARG(line));
        fflush(stdout);
    }
}

static void take_lines(struct service *s)
{
    struct text rest = buf_view(&s->partial), line;
    while (text_split(rest, '\n', &line, &rest))
        show_line(s, line);
    size_t left = rest.n;
    memmove(s->partial.p, rest.p ? rest.p : s->partial.p, left);
    s->partial.n = left;
    if (left == LINE_MAX_BYTES) { /* no end in sight: a line of its own */
        show_line(s, buf_view(&s->partial));
        s->partial.n = 0;
    }
    if (s->log)
        fflush(s->log);
}

static void on_output(void *ctx, int events)
{
    struct service *s = ctx;
    char bytes[16384];
    (void)events;
    size_t room = LINE_MAX_BYTES - s->partial.n;
    ssize_t n = read(s->child.output, bytes, room < sizeof bytes ? room : sizeof bytes);
    if (n > 0) {
        buf_add(&s->partial, bytes, (size_t)n);
        take_lines(s);
        return;
    }
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    loop_watch(s->loop, s->child.output, 0, NULL, NULL);
    close(s->child.output);
    s->child.output = -1;
}

void service_init(struct service *s, struct loop *l, FILE *log)
{
    s->loop = l;
    s->log = log;
    s->child = (struct child){.output = -1};
    buf_init(&s->partial, LINE_MAX_BYTES);
    buf_init(&s->last, LAST_MAX_BYTES);
}

static void close_output(struct service *s)
{
    if (s->child.output < 0)
        return;
    on_output(s, LOOP_READ); /* its last words */
    if (s->child.output < 0)
        return;
    loop_watch(s->loop, s->child.output, 0, NULL, NULL);
    close(s->child.output);
    s->child.output = -1;
}

int service_start(struct service *s, struct err *err)
{
    s->wanted = true;
    s->timer = 0;
    int rc = child_start(&s->child, s->argv, err);
    if (rc < 0)
        return rc;
    s->started_us = loop_uptime_us(s->loop);
    return loop_watch(s->loop, s->child.output, LOOP_READ, on_output, s);
}

bool service_running(const struct service *s)
{
    return s->child.pid > 0;
}

static void start_again(void *ctx)
{
    struct service *s = ctx;
    struct err err = {0};
    if (s->wanted && service_start(s, &err) < 0)
        printf("  %s: %s\n", s->name, err.text);
}

static int64_t backoff_ms(const struct service *s)
{
    int64_t ms = BACKOFF_FIRST_MS;
    for (int i = 1; i < s->failures && ms < BACKOFF_MAX_MS; i++)
        ms *= 2;
    return ms < BACKOFF_MAX_MS ? ms : BACKOFF_MAX_MS;
}

static void say_ended(struct service *s, const char *how)
{
    char words[160];
    snprintf(words, sizeof words, "ended (%s); it is started again in %.1f s", how, (double)backoff_ms(s) / 1000);
    show(s, text_of(words), true);
    if (s->failures == 1)
        service_show_last(s);
}

void service_reap(struct service *s)
{
    char how[64];
    if (!child_ended(&s->child, how, sizeof how, &s->ended_cleanly))
        return;
    close_output(s);
    if (!s->wanted || !s->restarts) {
        s->wanted = false;
        return;
    }
    s->failures = loop_uptime_us(s->loop) - s->started_us > SETTLED_US ? 1 : s->failures + 1;
    say_ended(s, how);
    s->timer = loop_after(s->loop, backoff_ms(s), start_again, s);
}

void service_stop(struct service *s)
{
    s->wanted = false;
    if (s->timer)
        loop_cancel(s->loop, s->timer);
    s->timer = 0;
    child_signal(&s->child, SIGTERM);
}

void service_kill(struct service *s)
{
    child_signal(&s->child, SIGKILL);
}

void service_release(struct service *s)
{
    close_output(s);
    buf_release(&s->partial);
    buf_release(&s->last);
}
