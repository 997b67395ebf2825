/* way: benchmark c. How long from the POST of a webhook until a target's API is asked to write what it told.
 *
 *   way --secret S --shop URL --salesforce URL --erp URL --rate N --seconds N --lap-rate N --grace-ms N < orders
 *
 * It stands between the adapters and the stand-ins (memo.h) and prints where: "shop PORT", "salesforce PORT", "erp
 * PORT". Then it waits for its standard input: the address of the shop adapter's door for pushes on a line, then an
 * order's gid a line. Two laps over all orders at lap-rate are not counted: what the stand-ins say is learnt then. Then
 * come rate pushes a second for so many seconds, at fixed times whether or not the ones before have arrived: a push
 * that had to wait counts from when it was due. Each is signed as Shopify signs and names an order whose note has
 * changed since.
 *
 * One process sends and receives, so that there is one clock. It prints "go" when it begins to count, and at the end a
 * line per push: its milliseconds from due to sent, re-read, answered, and to the first write in each target; -1 where
 * that did not happen. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "edge/crypto.h"
#include "edge/os.h"
#include "memo.h"

#define ORDERS_MAX 10000
#define PUSHES_MAX 1000000
#define LAPS 2

enum place { SHOP, SALESFORCE, ERP, PLACES };
enum step { SENT, READ, ANSWERED, IN_SALESFORCE, IN_ERP, STEPS };

struct push {
    int64_t due_us, at_us[STEPS]; /* 0: not yet */
    int status;
};

struct way {
    struct loop *loop;
    struct http_client *client;
    struct log log;
    struct memo memos[PLACES];
    const char *secret;
    double rate, seconds, lap_rate;
    long grace_ms; /* for what is under way */
    struct buf input;
    char *door;
    char *orders[ORDERS_MAX];
    uint32_t order_count, first; /* first push that counts */
    uint32_t newest[ORDERS_MAX]; /* mark by order */
    struct push *pushes;
    uint32_t push_count, under_way;
    struct err err;
};

/* ---- what the memos ask and tell ---- */

static uint32_t newest(void *ctx, uint32_t mark)
{
    struct way *w = ctx;
    return w->newest[mark % w->order_count];
}

static void step(struct way *w, uint32_t mark, enum step s)
{
    if (mark < w->push_count && w->pushes[mark].due_us && !w->pushes[mark].at_us[s])
        w->pushes[mark].at_us[s] = loop_uptime_us(w->loop);
}

static void seen(void *ctx, struct memo *m, uint32_t mark, bool writes)
{
    struct way *w = ctx;
    if (m == &w->memos[SHOP])
        step(w, mark, READ);
    else if (writes)
        step(w, mark, m == &w->memos[ERP] ? IN_ERP : IN_SALESFORCE);
}

/* ---- a push ---- */

struct errand {
    struct way *w;
    uint32_t mark;
};

static int post(struct way *w, uint32_t mark, struct arena *a, struct err *err)
{
    const char *gid = w->orders[mark % w->order_count], *number = strrchr(gid, '/');
    unsigned char mac[CRYPTO_SHA256];
    struct text body = arena_printf(a, "{\"id\":%s,\"admin_graphql_api_id\":\"%s\",\"note\":\"%s\"}",
                                    number ? number + 1 : "0", gid, "as it was when it happened");
    struct http_response answer = {0};
    int rc = crypto_hmac_sha256(text_of(w->secret), body, mac);
    struct http_header headers[] = {
        {"Content-Type", "application/json"},
        {"X-Shopify-Topic", "orders/updated"},
        {"X-Shopify-Shop-Domain", "standin.myshopify.com"},
        {"X-Shopify-Event-Id", arena_printf(a, "00000000-0000-4000-8000-%012u", mark).p},
        {"X-Shopify-Hmac-Sha256", crypto_base64(a, (struct text){(char *)mac, sizeof mac}).p},
    };
    struct http_request r = {.method = "POST", .url = w->door, .headers = headers, .header_count = 5, .body = body};
    rc = rc ? rc : http_send(w->client, &r, a, &answer, err);
    w->pushes[mark].status = answer.status;
    return rc;
}

static void push(void *arg)
{
    struct errand *e = arg;
    struct way *w = e->w;
    struct arena a;
    struct err err = {0};
    arena_init(&a, 1u << 20);
    w->newest[e->mark % w->order_count] = e->mark;
    step(w, e->mark, SENT);
    if (post(w, e->mark, &a, &err) == 0)
        step(w, e->mark, ANSWERED);
    else
        log_say(&w->log, LOG_LEVEL_WARN, "push", "%s", err.text);
    arena_release(&a);
    w->under_way--;
    free(e);
}

static void begin(struct way *w, uint32_t mark, int64_t due_us)
{
    struct errand *e = malloc(sizeof *e);
    struct err err;
    if (!e)
        abort();
    *e = (struct errand){w, mark};
    w->pushes[mark].due_us = due_us;
    w->under_way++;
    if (task_start(w->loop, push, e, &err) != 0)
        abort();
}

/* ---- the whole ---- */

static void send_at(struct way *w, uint32_t from, uint32_t to, double rate)
{
    int64_t began = loop_uptime_us(w->loop);
    for (uint32_t mark = from; mark < to; mark++) {
        int64_t due = began + (int64_t)((mark - from) * 1e6 / rate), left = due - loop_uptime_us(w->loop);
        if (left > 0)
            task_sleep(w->loop, (left + 999) / 1000);
        begin(w, mark, due);
    }
}

static double ms(const struct push *p, enum step s)
{
    return p->at_us[s] ? (double)(p->at_us[s] - p->due_us) / 1000 : -1;
}

static void print(const struct way *w)
{
    for (uint32_t i = w->first; i < w->push_count; i++) {
        const struct push *p = &w->pushes[i];
        printf("%d %.3f %.3f %.3f %.3f %.3f\n", p->status, ms(p, SENT), ms(p, READ), ms(p, ANSWERED),
               ms(p, IN_SALESFORCE), ms(p, IN_ERP));
    }
    for (int i = 0; i < PLACES; i++) {
        const struct memo *m = &w->memos[i];
        printf("# %s answered %lu asked %lu busy_us %.1f\n", m->name, m->answered, m->asked,
               m->answered ? (double)m->busy_us / (double)m->answered : 0);
    }
}

static void walk(void *ctx)
{
    struct way *w = ctx;
    uint32_t n = w->order_count;
    w->first = (1 + LAPS) * n; /* the orders were placed with the marks below n */
    w->push_count = w->first + (uint32_t)(w->rate * w->seconds);
    w->pushes = calloc(w->push_count, sizeof *w->pushes);
    if (!w->pushes || w->push_count > PUSHES_MAX)
        abort();
    for (int i = 0; i < PLACES; i++)
        w->memos[i].learning = true;
    for (uint32_t lap = 1; lap <= LAPS; lap++) {
        send_at(w, lap * n, (lap + 1) * n, w->lap_rate);
        task_sleep(w->loop, w->grace_ms);
    }
    for (int i = 0; i < PLACES; i++)
        w->memos[i].answered = w->memos[i].asked = (unsigned long)(w->memos[i].busy_us = 0);
    printf("go\n"); /* for whoever reads the processes' times */
    fflush(stdout);
    send_at(w, w->first, w->push_count, w->rate);
    int64_t until = loop_uptime_us(w->loop) + 2 * w->grace_ms * 1000LL;
    while (w->under_way && loop_uptime_us(w->loop) < until)
        task_sleep(w->loop, 50);
    printf("done\n");
    fflush(stdout);
    task_sleep(w->loop, w->grace_ms);
    print(w);
    loop_stop(w->loop);
}

/* ---- standard input ---- */

static void read_orders(struct way *w)
{
    struct text rest = buf_view(&w->input), line;
    while (text_split(rest, '\n', &line, &rest)) {
        char *copy = strndup(line.p, line.n);
        if (!w->door)
            w->door = copy;
        else if (w->order_count < ORDERS_MAX)
            w->orders[w->order_count++] = copy;
    }
}

static void on_input(void *ctx, int events)
{
    struct way *w = ctx;
    char bytes[4096];
    ssize_t n = read(STDIN_FILENO, bytes, sizeof bytes);
    (void)events;
    if (n > 0) {
        buf_add(&w->input, bytes, (size_t)n);
        return;
    }
    loop_watch(w->loop, STDIN_FILENO, 0, NULL, NULL);
    read_orders(w);
    if (!w->order_count || task_start(w->loop, walk, w, &w->err) != 0)
        loop_stop(w->loop);
}

/* ---- */

static const char *option(int argc, char **argv, const char *name)
{
    for (int i = 1; i + 1 < argc; i++)
        if (strcmp(argv[i], name) == 0)
            return argv[i + 1];
    fprintf(stderr, "way: %s is missing\n", name);
    exit(2);
}

static int start(struct way *w, int argc, char **argv, struct err *err)
{
    static const char *const names[PLACES] = {"shop", "salesforce", "erp"};
    struct http_client_settings settings = {.connections_max = 64, .user_agent = "Shopify-Captain-Hook"};
    w->secret = option(argc, argv, "--secret");
    w->rate = strtod(option(argc, argv, "--rate"), NULL);
    w->lap_rate = strtod(option(argc, argv, "--lap-rate"), NULL);
    w->grace_ms = strtol(option(argc, argv, "--grace-ms"), NULL, 10);
    w->seconds = strtod(option(argc, argv, "--seconds"), NULL);
    const char *upstream[] = {option(argc, argv, "--shop"), option(argc, argv, "--salesforce"),
                              option(argc, argv, "--erp")};
    int rc = loop_new(&w->loop, err);
    if (rc == 0)
        rc = http_client_new(&w->client, w->loop, &settings, err);
    for (int i = 0; rc == 0 && i < PLACES; i++) {
        w->memos[i] = (struct memo){.name = names[i], .upstream = upstream[i], .loop = w->loop, .client = w->client};
        w->memos[i].log = &w->log;
        w->memos[i].newest = newest;
        w->memos[i].seen = seen;
        w->memos[i].ctx = w;
        rc = memo_start(&w->memos[i], err);
        if (rc == 0)
            printf("%s %d\n", names[i], http_server_port(w->memos[i].server));
    }
    fflush(stdout);
    fcntl(STDIN_FILENO, F_SETFL, O_NONBLOCK);
    loop_watch(w->loop, STDIN_FILENO, LOOP_READ, on_input, w);
    return rc;
}

int main(int argc, char **argv)
{
    static struct way w;
    struct err err = {0};
    w.log = os_log("bench-way", LOG_LEVEL_WARN);
    buf_init(&w.input, 1u << 20);
    int rc = start(&w, argc, argv, &err);
    if (rc == 0)
        rc = loop_run(w.loop, &err);
    if (rc != 0 || w.err.code != 0)
        fprintf(stderr, "way: %s\n", rc ? err.text : w.err.text);
    for (int i = 0; i < PLACES; i++)
        memo_stop(&w.memos[i]);
    http_client_free(w.client);
    loop_free(w.loop);
    buf_release(&w.input);
    for (uint32_t i = 0; i < w.order_count; i++)
        free(w.orders[i]);
    free(w.door);
    free(w.pushes);
    return rc != 0 || w.err.code != 0;
}
