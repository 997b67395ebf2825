#include "host_world.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "edge/os.h"
#include "edge/topology.h"

/* ---- the router's side ---- */

static void copy(char *out, size_t size, struct text t)
{
    snprintf(out, size, "%.*s", TEXT_ARG(t));
}

static void note(struct told *t, const struct amqp_delivery *d)
{
    struct arena a;
    struct message m;
    struct err err = {0};
    arena_init(&a, 8u << 20);
    *t = (struct told){0};
    copy(t->id, sizeof t->id, d->message_id);
    if (message_read(NULL, d->body, &a, &m, NULL, &err) == 0) {
        copy(t->subject, sizeof t->subject, m.subject_id);
        copy(t->sku, sizeof t->sku, value_text_at(&m.fields, "sku"));
        copy(t->name, sizeof t->name, value_text_at(&m.fields, "name"));
        copy(t->native, sizeof t->native, m.native);
        copy(t->reason, sizeof t->reason, m.reason);
        copy(t->command, sizeof t->command, m.command);
        t->revision = m.revision;
        t->verdict = m.verdict;
        t->refusal = m.refusal;
        t->op = m.op;
    }
    arena_release(&a);
}

static bool tells_of_an_object(struct text routing_key) /* and not of a whole entity */
{
    struct text head, op = routing_key;
    while (text_split(op, '.', &head, &op))
        ;
    return text_is(op, "upsert") || text_is(op, "delete");
}

static void on_delivery(void *ctx, const struct amqp_delivery *d)
{
    struct world *w = ctx;
    bool change = strcmp(d->queue, TOPOLOGY_ROUTER_QUEUE) == 0;
    if (change && !tells_of_an_object(d->routing_key)) {
        amqp_ack(w->amqp, d->epoch, d->tag);
        return;
    }
    if (change && w->change_count < MESSAGES_MAX)
        note(&w->changes[w->change_count++], d);
    else if (strcmp(d->queue, TOPOLOGY_OUTCOME_QUEUE) == 0 && w->outcome_count < MESSAGES_MAX)
        note(&w->outcomes[w->outcome_count++], d);
    else if (w->dead_count < 16)
        note(&w->dead[w->dead_count++], d);
    amqp_ack(w->amqp, d->epoch, d->tag);
}

static void on_up(void *ctx)
{
    (void)ctx;
}

static void on_down(void *ctx, const struct err *why)
{
    (void)ctx, (void)why;
}

void world_publish(struct world *w, const char *routing_key, struct text body, const char *id)
{
    struct amqp_publication p = {
        .exchange = TOPOLOGY_COMMANDS, .routing_key = routing_key, .body = body, .message_id = id};
    struct amqp_batch b = {0};
    struct err err = {0};
    UNTIL(w, amqp_is_up(w->amqp));
    if (amqp_publish(w->amqp, &b, &p, &err) != 0)
        fail_msg("%s", err.text);
    UNTIL(w, b.waiting == 0);
    assert_int_equal(b.failed, 0);
}

void world_command(struct world *w, const char *key, int64_t revision, const char *native, const char *sku,
                   const char *name)
{
    struct arena a;
    struct buf body;
    char id[UUID_TEXT], routing_key[128];
    struct text system, entity, native_id;
    arena_init(&a, 1u << 20);
    buf_init(&body, 1u << 20);
    assert_true(text_split(text_of(key), ':', &system, &entity) && text_split(entity, ':', &entity, &native_id));
    struct message m = {
        .type = MESSAGE_COMMAND,
        .source = text_of("router"),
        .entity = entity,
        .subject_id = text_of(key),
        .key = text_of(key),
        .target = text_of("sys"),
        .native = text_of(native),
        .revision = revision,
        .time = loop_now(w->loop),
        .fields = value_map(&a, 0),
    };
    value_set(&a, &m.fields, text_of("sku"), value_string(sku));
    if (name != NULL)
        value_set(&a, &m.fields, text_of("name"), value_string(name));
    m.id = message_command_id(m.key, m.target, revision, 0, id);
    message_write(&body, &m);
    message_routing_key(routing_key, sizeof routing_key, &m);
    world_publish(w, routing_key, buf_view(&body), id);
    buf_release(&body);
    arena_release(&a);
}

static int count_of(const struct told *list, int n, const char *subject, const struct told **last)
{
    int found = 0;
    for (int i = 0; i < n; i++)
        if (strcmp(list[i].subject, subject) == 0) {
            found++;
            if (last != NULL)
                *last = &list[i];
        }
    return found;
}

int world_outcomes_of(const struct world *w, const char *key, const struct told **last)
{
    return count_of(w->outcomes, w->outcome_count, key, last);
}

int world_changes_of(const struct world *w, const char *id, const struct told **last)
{
    return count_of(w->changes, w->change_count, id, last);
}

/* ---- the whole ---- */

static void write_file(const struct world *w, const char *name, const char *content)
{
    char path[128];
    struct err err;
    snprintf(path, sizeof path, "%s/%s", w->folder, name);
    assert_int_equal(os_write_file(path, text_of(content), 0600, &err), 0);
}

void world_mapping(const struct world *w, const char *entity, const char *fields)
{
    char text[512];
    snprintf(text, sizeof text, "%s: { id = \".id\"; key = \".key\"; version = \".at\"; fields: (\n%s\n); };", entity,
             fields);
    write_file(w, "fake.cfg", text);
}

static void write_config(const struct world *w)
{
    char text[2048], here[512];
    assert_non_null(getcwd(here, sizeof here));
    snprintf(text, sizeof text,
             "data = \"data\"; broker: { uri = \"%s\"; };\n"
             "router: { entities = [\"%s/proto/entities\"]; };\n"
             "systems: { sys: { adapter = \"fake\"; mapping = \"fake.cfg\"; url = \"http://127.0.0.1:%d\";"
             " secret = \"s3cret\"; lanes = 6; prefetch = 100; }; };\n",
             w->broker.uri, here, http_server_port(w->api));
    write_file(w, "tidegate.cfg", text);
    write_file(w, "fake.cfg",
               "product: { id = \".id\"; key = \".key\"; version = \".at\"; fields: (\n"
               " { field = \"sku\"; path = \".sku\"; }, { field = \"name\"; path = \".name\"; } ); };\n");
}

static void open_broker(struct world *w)
{
    static const char *const systems[] = {"sys"};
    struct topology_settings t = {systems, 1, 1000, 100 << 20, 7};
    struct amqp_settings s = {.uri = w->broker.uri, .name = "host_world"};
    struct amqp_handler h = {on_up, on_down, on_delivery, w};
    struct err err = {0};
    if (topology_declare(&s, &t, &err) != 0)
        fail_msg("%s", err.text);
    assert_int_equal(amqp_new(&w->amqp, w->loop, NULL, &s, &h, &err), 0);
    UNTIL(w, amqp_is_up(w->amqp));
    assert_int_equal(amqp_consume(w->amqp, TOPOLOGY_ROUTER_QUEUE, 0, NULL, &err), 0);
    assert_int_equal(amqp_consume(w->amqp, TOPOLOGY_OUTCOME_QUEUE, 0, NULL, &err), 0);
    assert_int_equal(amqp_consume(w->amqp, TOPOLOGY_DEAD, 0, NULL, &err), 0);
}

struct world *world_new(const struct broker *b, const char *program)
{
    struct world *w = calloc(1, sizeof *w);
    struct err err;
    struct http_client_settings s = {0};
    assert_non_null(w);
    w->broker = *b;
    w->program = program;
    snprintf(w->folder, sizeof w->folder, "/tmp/tidegate-host-XXXXXX");
    assert_non_null(mkdtemp(w->folder));
    assert_int_equal(loop_new(&w->loop, &err), 0);
    assert_int_equal(http_client_new(&w->client, w->loop, &s, &err), 0);
    api_open(w);
    open_broker(w);
    write_config(w);
    return w;
}

void world_free(struct world *w)
{
    char line[128];
    if (w->pid > 0)
        world_stop(w, SIGTERM); /* cleanly: what it has not acked would come to the next test */
    world_turn_ms(w, 100);      /* what is on its way must not be seen by the next test */
    http_server_free(w->api);
    http_client_free(w->client);
    amqp_free(w->amqp);
    loop_free(w->loop);
    snprintf(line, sizeof line, "rm -rf '%s'", w->folder);
    if (system(line) != 0)
        fprintf(stderr, "could not remove %s\n", w->folder);
    free(w);
}

void world_turn(struct world *w)
{
    struct err err;
    assert_int_equal(loop_run_once(w->loop, 10, &err), 0);
}

void world_turn_ms(struct world *w, int ms)
{
    int64_t end = loop_uptime_us(w->loop) + ms * 1000LL;
    while (loop_uptime_us(w->loop) < end)
        world_turn(w);
}

void world_spawn(struct world *w)
{
    char config[128], port[128];
    snprintf(config, sizeof config, "%s/tidegate.cfg", w->folder);
    snprintf(port, sizeof port, "%s/data/ports/sys", w->folder);
    unlink(port);
    w->pid = fork();
    assert_true(w->pid >= 0);
    if (w->pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getenv("HOST_TEST_LOG") == NULL && freopen("/dev/null", "w", stderr) == NULL)
            _exit(126);
        execl(w->program, w->program, "--config", config, "--system", "sys", (char *)NULL);
        _exit(127);
    }
}

static bool is_ready(struct world *w)
{
    return world_http(w, "GET", "/readyz", NULL, NULL, NULL, 0) == 200;
}

void world_start(struct world *w)
{
    world_spawn(w);
    UNTIL(w, is_ready(w));
}

int world_stop(struct world *w, int signal_number)
{
    int status;
    kill(w->pid, signal_number);
    UNTIL(w, waitpid(w->pid, &status, WNOHANG) == w->pid);
    w->pid = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

/* ---- HTTP to the adapter, from a task ---- */

struct asking {
    struct world *w;
    struct http_request request;
    char *answer;
    size_t size;
    int status;
    bool done;
};

static void ask_task(void *arg)
{
    struct asking *q = arg;
    struct arena a;
    struct http_response r;
    struct err err;
    arena_init(&a, 4u << 20);
    int rc = http_send(q->w->client, &q->request, &a, &r, &err);
    q->status = rc == 0 ? r.status : rc;
    if (rc == 0 && q->answer != NULL)
        snprintf(q->answer, q->size, "%.*s", TEXT_ARG(r.body));
    arena_release(&a);
    q->done = true;
}

static bool adapter_url(const struct world *w, const char *path, char *out, size_t size)
{
    char file[128], address[64];
    snprintf(file, sizeof file, "%s/data/ports/sys", w->folder);
    FILE *f = fopen(file, "r");
    bool known = f != NULL && fscanf(f, "%63s", address) == 1;
    if (f != NULL)
        fclose(f);
    if (known)
        snprintf(out, size, "http://%s%s", address, path);
    return known;
}

int world_http(struct world *w, const char *method, const char *path, const char *body, const char *secret,
               char *answer, size_t size)
{
    char url[256];
    struct err err;
    struct http_header header = {"X-Secret", secret};
    if (!adapter_url(w, path, url, sizeof url))
        return ERR_NOT_FOUND;
    struct asking q = {
        .w = w,
        .request =
            {.method = method, .url = url, .headers = &header, .header_count = secret != NULL, .body = text_of(body)},
        .answer = answer,
        .size = size,
    };
    assert_int_equal(task_start(w->loop, ask_task, &q, &err), 0);
    UNTIL(w, q.done);
    return q.status;
}

int world_push(struct world *w, const char *body, const char *secret)
{
    return world_http(w, "POST", "/webhooks/x", body, secret, NULL, 0);
}

bool world_says(struct world *w, const char *path, const char *words)
{
    static char answer[1 << 20];
    return world_http(w, "GET", path, NULL, NULL, answer, sizeof answer) == 200 && strstr(answer, words) != NULL;
}
