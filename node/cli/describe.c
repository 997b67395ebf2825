#include "describe.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "base/buf.h"
#include "edge/child.h"

#define ANSWER_MAX (1u << 20)
#define PATIENCE_MS 20000

/* Everything that the program prints, until it closes its output. */
static bool read_all(int fd, struct buf *out)
{
    char bytes[8192];
    struct pollfd p = {.fd = fd, .events = POLLIN};
    while (poll(&p, 1, PATIENCE_MS) > 0) {
        ssize_t n = read(fd, bytes, sizeof bytes);
        if (n <= 0)
            return n == 0;
        buf_add(out, bytes, (size_t)n);
    }
    return false;
}

static struct text last_line(struct text t)
{
    while (t.n && t.p[t.n - 1] == '\n')
        t.n--;
    const char *end = t.n ? memrchr(t.p, '\n', t.n) : NULL;
    return end ? (struct text){end + 1, t.n - (size_t)(end + 1 - t.p)} : t;
}

static bool await_end(struct child *c, char *how, size_t size, bool *clean)
{
    for (int i = 0; i < 200; i++) {
        if (child_ended(c, how, size, clean))
            return true;
        usleep(10000);
    }
    return false;
}

int describe_run(const char *program, const char *config, const char *system, struct arena *a, struct text *answer,
                 struct err *err)
{
    const char *argv[] = {program, "--config", config, "--system", system, "--describe", NULL};
    struct child c;
    struct buf out;
    char how[64] = "no end";
    bool clean = false;
    int rc = child_start(&c, argv, err);
    if (rc < 0)
        return rc;
    buf_init(&out, ANSWER_MAX);
    bool whole = read_all(c.output, &out);
    close(c.output);
    if (!whole)
        child_signal(&c, SIGKILL);
    await_end(&c, how, sizeof how, &clean);
    *answer = arena_text(a, buf_view(&out));
    if (!clean || !whole)
        rc = err_set(err, ERR_INVALID, "%.*s", TEXT_ARG(last_line(buf_view(&out))));
    buf_release(&out);
    return rc;
}

static struct text next_word(struct text *line)
{
    struct text word;
    if (!text_split(*line, ' ', &word, line)) {
        word = *line;
        line->n = 0;
    }
    return word;
}

static bool line_is(struct text line, const char *word1, const char *word2, struct text word3)
{
    if (!text_is(next_word(&line), word1) || !text_is(next_word(&line), word2))
        return false;
    while (line.n)
        if (text_eq(next_word(&line), word3))
            return true;
    return !word3.n;
}

bool describe_has(struct text answer, const char *word1, const char *word2, struct text word3)
{
    struct text line;
    while (text_split(answer, '\n', &line, &answer))
        if (line_is(line, word1, word2, word3))
            return true;
    return false;
}
