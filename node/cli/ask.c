#include "ask.h"

#include "edge/http_client.h"
#include "edge/json.h"
#include "edge/loop.h"
#include "edge/os.h"

#define TIMEOUT_MS 10000

struct question {
    struct loop *loop;
    struct http_client *client;
    struct arena *arena;
    const char *url;
    struct http_response answer;
    int rc;
    struct err *err;
};

static void send_it(void *arg)
{
    struct question *q = arg;
    q->rc = http_send(q->client, &(struct http_request){.method = "GET", .url = q->url, .timeout_ms = TIMEOUT_MS}, q->arena,
                      &q->answer, q->err);
    loop_stop(q->loop);
}

static struct text without_newline(struct text t)
{
    while (t.n && t.p[t.n - 1] == '\n')
        t.n--;
    return t;
}

static int address_of(const struct node_config *c, const char *program, struct arena *a, struct text *out, struct err *err)
{
    const char *file = arena_printf(a, "%s/ports/%s", c->data, program).p;
    int rc = os_read_file(a, file, 256, out, err);
    if (rc < 0)
        return err_set(err, ERR_NOT_FOUND, "not started (there is no %s)", file);
    *out = without_newline(*out);
    return 0;
}

static int run(struct question *q)
{
    int rc = loop_new(&q->loop, q->err);
    if (rc == 0)
        rc = http_client_new(&q->client, q->loop, &(struct http_client_settings){.user_agent = "tidegate"}, q->err);
    if (rc == 0)
        rc = task_start(q->loop, send_it, q, q->err);
    if (rc == 0)
        rc = loop_run(q->loop, q->err);
    if (q->client)
        http_client_free(q->client);
    if (q->loop)
        loop_free(q->loop);
    return rc ? rc : q->rc;
}

int ask(const struct node_config *c, const char *program, const char *path, struct arena *a, struct value *out,
        struct err *err)
{
    struct text address;
    struct question q = {.arena = a, .err = err};
    int rc = address_of(c, program, a, &address, err);
    if (rc)
        return rc;
    q.url = arena_printf(a, "http://%.*s%s", TEXT_ARG(address), path).p;
    rc = run(&q);
    if (rc < 0)
        return rc;
    if (q.answer.status != 200)
        return err_set(err, q.answer.status == 404 ? ERR_NOT_FOUND : ERR_INVALID, "%.*s",
                       TEXT_ARG(without_newline(q.answer.body)));
    return json_parse(a, q.answer.body, out, err);
}
