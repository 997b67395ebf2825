/* tidegate-router as a process, against a RabbitMQ of its own: changes go in, this test plays the three systems, and
 * the router is killed (-9) again and again meanwhile. In the end each system holds each record once, with the last
 * value.
 *
 *   router_process_test PATH-OF-tidegate-router */
#include "broker.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/table.h"
#include "edge/amqp.h"
#include "edge/http_client.h"
#include "edge/topology.h"
#include "proto/message.h"
/* last, as its header wants the ones above */
#include <cmocka.h>

#define PRODUCTS 150
#define ACCOUNTS 20
#define ORDERS 60
#define KILLS 15
#define ROUNDS (KILLS + 1) /* of edits of every product: one before each kill */
#define PATIENCE_US (90 * MOMENT_SECOND)

static const char *program;

struct object { /* in a played system */
    int64_t revision;
    char name[64];
    unsigned applied;
};

struct played {
    struct broker broker;
    char folder[64], config[96];
    pid_t router;
    struct loop *loop;
    struct amqp *amqp;
    struct amqp_batch confirms;
    struct table objects; /* "<system> <record key>" -> object */
    struct arena arena;
    unsigned stale;
};

/* ---- the router's process ---- */

static void write_config(struct played *p)
{
    char data[80];
    snprintf(p->folder, sizeof p->folder, "/tmp/tidegate-router-XXXXXX");
    assert_non_null(mkdtemp(p->folder));
    snprintf(p->config, sizeof p->config, "%s/tidegate.cfg", p->folder);
    snprintf(data, sizeof data, "%s/var", p->folder);
    char here[512];
    assert_non_null(getcwd(here, sizeof here));
    FILE *f = fopen(p->config, "w");
    assert_non_null(f);
    fprintf(f,
            "data = \"%s\"; broker: { uri = \"%s\"; };\n"
            "router: { rules = \"%s/config/rules.cfg\"; entities = [\"%s/proto/entities\"]; };\n"
            "systems: { salesforce: { adapter = \"a\"; }; shop: { adapter = \"b\"; }; erp: { adapter = \"c\"; }; };\n",
            data, p->broker.uri, here, here);
    fclose(f);
}

static void start_router(struct played *p)
{
    p->router = fork();
    assert_true(p->router >= 0);
    if (p->router == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        execl(program, program, "--config", p->config, "--declare", NULL);
        _exit(127);
    }
}

static int end_router(struct played *p, int signal_number)
{
    int status;
    kill(p->router, signal_number);
    assert_int_equal(waitpid(p->router, &status, 0), p->router);
    return status;
}

static void wait_for_port(struct played *p)
{
    char path[128];
    snprintf(path, sizeof path, "%s/var/ports/router", p->folder);
    for (int i = 0; i < 300 && access(path, R_OK); i++)
        usleep(100000);
    assert_int_equal(access(path, R_OK), 0);
}

/* ---- messages ---- */

static void publish(struct played *p, const struct message *m)
{
    struct buf out;
    struct err err = {0};
    char key[256], id[UUID_TEXT];
    buf_init(&out, 1u << 20);
    message_write(&out, m);
    assert_false(buf_failed(&out));
    message_routing_key(key, sizeof key, m);
    snprintf(id, sizeof id, "%.*s", TEXT_ARG(m->id));
    int rc = amqp_publish(
        p->amqp, &p->confirms,
        &(struct amqp_publication){.exchange = m->type == MESSAGE_CHANGE ? TOPOLOGY_CHANGES : TOPOLOGY_OUTCOMES,
                                   .routing_key = key,
                                   .body = buf_view(&out),
                                   .message_id = id,
                                   .type = message_type_name(m->type),
                                   .content_type = MESSAGE_CONTENT_TYPE,
                                   .time = m->time},
        &err);
    if (rc)
        fail_msg("%s", err.text);
    buf_release(&out);
}

static void change(struct played *p, const char *system, const char *entity, const char *native, int round,
                   struct member *members, uint32_t count)
{
    char id[UUID_TEXT], version[32];
    snprintf(version, sizeof version, "%06d", round);
    struct message m = {.type = MESSAGE_CHANGE,
                        .source = text_of(system),
                        .entity = text_of(entity),
                        .subject_id = text_of(native),
                        .version = text_of(version),
                        .time = (1800000000 + round) * MOMENT_SECOND,
                        .fields = {.kind = VALUE_MAP, .count = count, .members = members}};
    m.id = message_change_id(&m, id);
    publish(p, &m);
}

static void product(struct played *p, int i, int round)
{
    char native[32], sku[32], name[64];
    snprintf(native, sizeof native, "p%d", i);
    snprintf(sku, sizeof sku, "SKU-%d", i);
    snprintf(name, sizeof name, "product %d round %d", i, round);
    struct member f[] = {{text_of("sku"), value_string(sku)}, {text_of("name"), value_string(name)}};
    change(p, "salesforce", "product", native, round, f, 2);
}

static void account(struct played *p, int i)
{
    char native[32], name[64];
    snprintf(native, sizeof native, "a%d", i);
    snprintf(name, sizeof name, "account %d", i);
    struct member f[] = {{text_of("name"), value_string(name)}};
    change(p, "shop", "account", native, 1, f, 1);
}

/* Refers to an account, and to a product by the id that the played shop gives it. */
static void order(struct played *p, int i)
{
    char native[32], number[64], buyer[32], item[64];
    snprintf(native, sizeof native, "o%d", i);
    snprintf(number, sizeof number, "order %d", i);
    snprintf(buyer, sizeof buyer, "a%d", i % ACCOUNTS);
    snprintf(item, sizeof item, "shop/salesforce:product:p%d", i % PRODUCTS);
    struct member line[] = {{text_of("key"), value_string("1")}, {text_of("product"), value_string(item)}};
    struct value lines = {.kind = VALUE_MAP, .count = 2, .members = line};
    struct member f[] = {{text_of("number"), value_string(number)},
                         {text_of("account"), value_string(buyer)},
                         {text_of("lines"), {.kind = VALUE_LIST, .count = 1, .items = &lines}}};
    change(p, "shop", "order", native, 1, f, 3);
}

/* ---- the played systems ---- */

static struct object *object_of(struct played *p, struct text system, struct text key)
{
    struct text name = arena_printf(&p->arena, "%.*s %.*s", TEXT_ARG(system), TEXT_ARG(key));
    struct object *o = table_get(&p->objects, name);
    if (!o) {
        o = arena_alloc(&p->arena, sizeof *o);
        assert_int_equal(table_put(&p->objects, name, o), 0);
    }
    return o;
}

static void check_references(const struct message *c)
{
    struct text account_id = value_text_at(&c->fields, "account"), item = value_text_at(&c->fields, "lines.0.product");
    char wanted[64];
    snprintf(wanted, sizeof wanted, "%.*s/shop:account:", TEXT_ARG(c->target));
    assert_true(!account_id.n || text_starts(account_id, wanted) || text_is(c->target, "shop"));
    snprintf(wanted, sizeof wanted, "%.*s/salesforce:product:", TEXT_ARG(c->target));
    assert_true(!item.n || text_starts(item, wanted) || text_starts(item, "p"));
}

static void apply(struct played *p, const struct message *c)
{
    struct object *o = object_of(p, c->target, c->key);
    char id[UUID_TEXT], native[512];
    struct message out = {.type = MESSAGE_OUTCOME,
                          .source = c->target,
                          .entity = c->entity,
                          .subject_id = c->key,
                          .key = c->key,
                          .command = c->id,
                          .time = c->time,
                          .revision = c->revision,
                          .verdict = VERDICT_DONE};
    snprintf(native, sizeof native, "%.*s/%.*s", TEXT_ARG(c->target), TEXT_ARG(c->key));
    if (c->revision < o->revision) {
        out.verdict = VERDICT_STALE;
        out.revision = o->revision;
        p->stale++;
    } else {
        struct text name = value_text_at(&c->fields, "name"), number = value_text_at(&c->fields, "number");
        struct text shown = name.n ? name : number;
        o->revision = c->revision;
        o->applied++;
        if (shown.n)
            snprintf(o->name, sizeof o->name, "%.*s", TEXT_ARG(shown));
        out.native = text_of(native);
        out.fields = c->fields;
        check_references(c);
    }
    out.id = uuid_derive(c->time, (struct hash128){hash64(c->id), (uint64_t)out.verdict}, id);
    publish(p, &out);
}

static void on_delivery(void *ctx, const struct amqp_delivery *d)
{
    struct played *p = ctx;
    struct message m;
    struct err err;
    struct arena a;
    arena_init(&a, 1u << 20);
    if (message_read(NULL, d->body, &a, &m, NULL, &err))
        fail_msg("%s", err.text);
    assert_int_equal(m.type, MESSAGE_COMMAND);
    apply(p, &m);
    amqp_ack(p->amqp, d->epoch, d->tag);
    arena_release(&a);
}

static void on_up(void *ctx)
{
    (void)ctx;
}

static void on_down(void *ctx, const struct err *why)
{
    (void)ctx;
    fail_msg("the test's own connection: %s", why->text);
}

static void rounds(struct played *p, int64_t us)
{
    int64_t until = loop_uptime_us(p->loop) + us;
    struct err err;
    while (loop_uptime_us(p->loop) < until)
        if (loop_run_once(p->loop, 10, &err))
            fail_msg("%s", err.text);
}

static void connect_systems(struct played *p)
{
    static const char *const systems[] = {"salesforce", "shop", "erp"};
    struct amqp_settings s = {.uri = p->broker.uri, .name = "played"};
    struct amqp_handler h = {on_up, on_down, on_delivery, p};
    struct err err;
    assert_int_equal(loop_new(&p->loop, &err), 0);
    if (amqp_new(&p->amqp, p->loop, NULL, &s, &h, &err))
        fail_msg("%s", err.text);
    for (int i = 0; i < 3; i++) {
        char queue[128];
        topology_target_queue(queue, sizeof queue, systems[i]);
        assert_int_equal(amqp_consume(p->amqp, queue, 0, NULL, &err), 0);
    }
    for (int i = 0; i < 100 && !amqp_is_up(p->amqp); i++)
        rounds(p, 100000);
    assert_true(amqp_is_up(p->amqp));
}

/* ---- what must be so in the end ---- */

static bool holds(struct played *p, const char *system, const char *key, const char *name)
{
    const struct object *o = object_of(p, text_of(system), text_of(key));
    return strcmp(o->name, name) == 0;
}

static unsigned missing(struct played *p)
{
    char key[64], name[64];
    unsigned n = 0;
    for (int i = 0; i < PRODUCTS; i++) {
        snprintf(key, sizeof key, "salesforce:product:p%d", i);
        snprintf(name, sizeof name, "product %d round %d", i, ROUNDS);
        n += !holds(p, "shop", key, name) + !holds(p, "erp", key, name);
    }
    for (int i = 0; i < ORDERS; i++) {
        snprintf(key, sizeof key, "shop:order:o%d", i);
        snprintf(name, sizeof name, "order %d", i);
        n += !holds(p, "salesforce", key, name) + !holds(p, "erp", key, name);
    }
    return n;
}

struct asking {
    struct played *p;
    const char *path;
    struct arena *arena;
    struct http_response response;
    bool done;
    int rc;
};

static void ask_task(void *arg)
{
    struct asking *a = arg;
    struct http_client *client;
    struct err err;
    char path[128], url[256], address[64] = "";
    snprintf(path, sizeof path, "%s/var/ports/router", a->p->folder);
    FILE *f = fopen(path, "r");
    assert_true(f && fscanf(f, "%63s", address) == 1);
    fclose(f);
    snprintf(url, sizeof url, "http://%s%s", address, a->path);
    assert_int_equal(http_client_new(&client, a->p->loop, &(struct http_client_settings){0}, &err), 0);
    a->rc = http_send(client, &(struct http_request){.method = "GET", .url = url}, a->arena, &a->response, &err);
    http_client_free(client);
    a->done = true;
}

static const char *ask(struct played *p, const char *path)
{
    static struct asking a;
    struct err err;
    a = (struct asking){.p = p, .path = path, .arena = &p->arena};
    assert_int_equal(task_start(p->loop, ask_task, &a, &err), 0);
    for (int i = 0; i < 100 && !a.done; i++)
        rounds(p, 50000);
    assert_true(a.done);
    assert_int_equal(a.rc, 0);
    return arena_string(&p->arena, a.response.body);
}

/* What adapters tell once: nothing was there before. */
static void first_reads(struct played *p)
{
    static const char *const systems[] = {"salesforce", "shop", "erp"}, *const entities[] = {"product", "account"};
    for (int i = 0; i < 6; i++) {
        char id[UUID_TEXT];
        struct message m = {.type = MESSAGE_CHANGE, .op = OP_SNAPSHOT, .source = text_of(systems[i / 2])};
        m.entity = text_of(entities[i % 2]);
        m.subject_id = text_of("snapshot");
        m.fields = (struct value){.kind = VALUE_MAP};
        m.time = loop_now(p->loop);
        m.id = message_change_id(&m, id);
        publish(p, &m);
    }
}

/* Edits of all products, and some new orders and accounts, the orders before what they refer to. */
static void publish_round(struct played *p, int round)
{
    for (int i = round - 1; i < ORDERS; i += ROUNDS)
        order(p, i);
    for (int i = 0; i < PRODUCTS; i++)
        product(p, i, round);
    for (int i = round - 1; i < ACCOUNTS; i += ROUNDS)
        account(p, i);
}

static void nothing_is_lost_or_doubled_by_kills(void **state)
{
    static struct played p;
    (void)state;
    table_init(&p.objects, 100000);
    arena_init(&p.arena, 256u << 20);
    assert_true(broker_start(&p.broker));
    write_config(&p);
    start_router(&p);
    wait_for_port(&p);
    connect_systems(&p);
    first_reads(&p);
    srandom(7);
    for (int i = 0; i < KILLS; i++) {
        publish_round(&p, 1 + i);
        rounds(&p, random() % 400000); /* in the middle of the round */
        end_router(&p, SIGKILL);
        start_router(&p);
        rounds(&p, random() % 1000000);
    }
    publish_round(&p, ROUNDS);
    int64_t until = loop_uptime_us(p.loop) + PATIENCE_US;
    while (missing(&p) && loop_uptime_us(p.loop) < until)
        rounds(&p, 200000);
    assert_int_equal(missing(&p), 0);
    rounds(&p, 2 * MOMENT_SECOND);
    const char *status = ask(&p, "/status");
    assert_non_null(strstr(status, "\"pending\":0,\"records\":230,"));
    assert_non_null(strstr(status, "\"waiting\":0,\"rejected\":0}"));
    assert_non_null(strstr(ask(&p, "/readyz"), "ready"));
    assert_non_null(strstr(ask(&p, "/record?key=shop:order:o1"), "\"number\":\"order 1\""));
    assert_non_null(strstr(ask(&p, "/record?entity=ordr&key=o1"), "is it \"order\"?"));
    assert_non_null(strstr(ask(&p, "/record?entity=order&key=nobody"), "no record has this key"));
    assert_non_null(strstr(ask(&p, "/held?limit=5"), "{\"held\":["));
    assert_non_null(strstr(ask(&p, "/metrics"), "tidegate_router_records 230"));
    int ended = end_router(&p, SIGTERM);
    assert_true(WIFEXITED(ended) && WEXITSTATUS(ended) == 0);
    printf("killed %d times; %u commands came late\n", KILLS, p.stale);
    amqp_free(p.amqp);
    loop_free(p.loop);
    table_release(&p.objects);
    arena_release(&p.arena);
    broker_remove(&p.broker);
    char line[128];
    snprintf(line, sizeof line, "rm -rf '%s'", p.folder);
    assert_int_equal(system(line), 0);
}

static void a_private_broker_is_tidegate_ups(void **state)
{
    (void)state;
    struct played p = {.broker = {.uri = "private"}};
    char line[512], said[1024] = "";
    write_config(&p);
    snprintf(line, sizeof line, "%s --config %s 2>&1", program, p.config);
    FILE *f = popen(line, "r");
    assert_non_null(f);
    assert_true(fread(said, 1, sizeof said - 1, f) > 0);
    assert_int_not_equal(pclose(f), 0);
    assert_non_null(strstr(said, "tidegate up"));
    snprintf(line, sizeof line, "rm -rf '%s'", p.folder);
    assert_int_equal(system(line), 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_private_broker_is_tidegate_ups),
        cmocka_unit_test(nothing_is_lost_or_doubled_by_kills),
    };
    assert_true(argc == 2);
    program = argv[1];
    if (!broker_installed())
        return 77;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
