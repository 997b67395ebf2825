#include "host.h"

#include <stdio.h>
#include <stdlib.h>
#include "deliver.h"

#define JOB_BYTES_MAX (32u << 20)
#define PARK_MAX_MS (5 * 60 * 1000)

enum lane_state { LANE_READY, LANE_RUNNING, LANE_PARKED };

struct lane {
    struct host *h;
    struct lane *next; /* among the ready */
    enum lane_state state;
    struct job *head, **tail;
    size_t jobs;
    unsigned attempts;
    uint64_t timer;
    int64_t until_us;
    char words[512];
    size_t key_size;
    char key[];
};

void lanes_init(struct lanes *l)
{
    *l = (struct lanes){.ready_end = &l->ready};
    table_init(&l->table, LANES_MAX);
}

static void job_free(struct job *j)
{
    arena_release(&j->arena);
    free(j);
}

static struct text key_of(const struct lane *l)
{
    return (struct text){l->key, l->key_size};
}

static void lane_free(struct lane *l)
{
    while (l->head != NULL) {
        struct job *next = l->head->next;
        job_free(l->head);
        l->head = next;
    }
    free(l);
}

void lanes_release(struct lanes *l)
{
    size_t cursor = 0;
    struct text key;
    void *lane;
    while (table_next(&l->table, &cursor, &key, &lane))
        lane_free(lane);
    table_release(&l->table);
}

/* ---- the way through the states ---- */

static void count_job(struct lane *l, int by)
{
    l->jobs += (size_t)by;
    l->h->lanes.queued += (size_t)by;
    if (l->state == LANE_PARKED)
        l->h->lanes.parked_jobs += (size_t)by;
}

static void make_ready(struct lane *l)
{
    struct lanes *all = &l->h->lanes;
    l->state = LANE_READY;
    l->next = NULL;
    *all->ready_end = l;
    all->ready_end = &l->next;
}

static void remove_lane(struct lane *l)
{
    table_remove(&l->h->lanes.table, key_of(l));
    lane_free(l);
}

static void unpark(void *ctx)
{
    struct lane *l = ctx;
    struct host *h = l->h;
    h->lanes.parked--;
    h->lanes.parked_jobs -= l->jobs;
    l->timer = 0;
    if (l->head == NULL) {
        remove_lane(l);
        return;
    }
    make_ready(l);
    lanes_kick(h);
}

static void park(struct lane *l, int64_t after_ms, const char *words)
{
    struct host *h = l->h;
    int64_t ms = after_ms > 0 ? after_ms : host_backoff_ms(h, l->attempts, PARK_MAX_MS);
    l->attempts++;
    l->state = LANE_PARKED;
    l->until_us = loop_uptime_us(h->loop) + ms * 1000;
    snprintf(l->words, sizeof l->words, "%s", words);
    l->timer = loop_after(h->loop, ms, unpark, l);
    h->lanes.parked++;
    h->lanes.parked_jobs += l->jobs;
    log_say(&h->log, LOG_LEVEL_WARN, "delivery-retry", "%.*s: %s (attempt %u, again in %.1f s)", TEXT_ARG(key_of(l)),
            words, l->attempts, (double)ms / 1000);
}

static void pop(struct lane *l)
{
    struct job *j = l->head;
    l->head = j->next;
    if (l->head == NULL)
        l->tail = &l->head;
    count_job(l, -1);
    job_free(j);
}

/* The head is over, or (of a lost connection) comes again by itself. */
static void end_head(struct lane *l)
{
    pop(l);
    l->attempts = 0;
}

static void after_run(struct lane *l, enum deliver_verdict v, int64_t after_ms, const char *words)
{
    struct host *h = l->h;
    struct job *j = l->head;
    bool lost = j->generation != h->lanes.generation;
    if (v == DELIVER_ENDED) {
        amqp_ack(h->amqp, j->epoch, j->tag);
        intake_answered(h, j->window);
        end_head(l);
    } else if (lost) {
        pop(l);
    }
    if (v == DELIVER_RETRY)
        park(l, after_ms, words);
    else if (l->head != NULL)
        make_ready(l);
    else
        remove_lane(l);
}

static void lane_task(void *arg)
{
    struct lane *l = arg;
    struct host *h = l->h;
    int64_t after_ms = 0;
    char words[512] = "";
    enum deliver_verdict v = deliver(h, l->head, &after_ms, words);
    h->lanes.running--;
    after_run(l, v, after_ms, words);
    intake_look(h);
    lanes_kick(h);
}

void lanes_kick(struct host *h)
{
    struct lanes *all = &h->lanes;
    struct err err = {0};
    while (all->ready != NULL && all->running < h->settings.lanes && h->gate.open && !h->stopping) {
        struct lane *l = all->ready;
        if (task_start(h->loop, lane_task, l, &err) != 0) {
            log_say(&h->log, LOG_LEVEL_ERROR, "lane", "%s", err.text);
            return; /* the next one that ends tries again */
        }
        all->ready = l->next;
        if (all->ready == NULL)
            all->ready_end = &all->ready;
        l->state = LANE_RUNNING;
        all->running++;
    }
}

/* ---- what the broker brings ---- */

static struct lane *find_or_add(struct host *h, struct text key)
{
    struct lane *l = table_get(&h->lanes.table, key);
    if (l != NULL)
        return l;
    l = calloc(1, sizeof *l + key.n);
    if (l == NULL)
        return NULL;
    l->h = h;
    l->tail = &l->head;
    memcpy(l->key, key.p, key.n);
    l->key_size = key.n;
    if (table_put(&h->lanes.table, key, l) != 0) {
        free(l);
        return NULL;
    }
    make_ready(l);
    return l;
}

static bool add_job(struct host *h, struct job *j)
{
    struct lane *l = find_or_add(h, j->message.key);
    if (l == NULL)
        return false;
    *l->tail = j;
    l->tail = &j->next;
    j->window = intake_taken(h);
    count_job(l, 1);
    intake_look(h);
    lanes_kick(h);
    return true;
}

/* A command that can be answered, if only by a refusal: it has a key and an id, and is for us. */
static bool can_be_answered(const struct host *h, const struct message *m)
{
    return m->type == MESSAGE_COMMAND && m->key.n > 0 && m->id.n > 0 && text_is(m->target, h->session.system);
}

static int read_job(struct host *h, struct job *j, const struct amqp_delivery *d, struct err *err)
{
    if (d->too_large)
        return err_set(err, ERR_TOO_LARGE, "%llu bytes", (unsigned long long)d->body_size);
    struct text body = arena_text(&j->arena, d->body);
    if (message_read(h->schema, body, &j->arena, &j->message, NULL, &j->fault) == 0)
        return can_be_answered(h, &j->message) ? 0
                                               : err_set(err, ERR_INVALID, "not a command for %s", h->session.system);
    struct err ignored = {0};
    if (message_read(NULL, body, &j->arena, &j->message, NULL, &ignored) == 0 && can_be_answered(h, &j->message))
        return 0;
    return err_set(err, j->fault.code, "%s", j->fault.text);
}

static void reject(struct host *h, const struct amqp_delivery *d, const struct err *why)
{
    char id[64];
    snprintf(id, sizeof id, "%.*s", TEXT_ARG(d->message_id));
    log_line(&h->log, LOG_LEVEL_ERROR, "command-broken", "id", id, "reason", why->text, "to", "tidegate.dead", NULL);
    h->metrics.deliveries[COUNT_BROKEN]++;
    amqp_reject(h->amqp, d->epoch, d->tag, false);
}

void lanes_delivery(struct host *h, const struct amqp_delivery *d)
{
    struct err err = {0};
    struct job *j = calloc(1, sizeof *j);
    if (j == NULL) {
        amqp_reject(h->amqp, d->epoch, d->tag, true);
        return;
    }
    arena_init(&j->arena, JOB_BYTES_MAX);
    j->epoch = d->epoch;
    j->tag = d->tag;
    j->redelivered = d->redelivered;
    j->generation = h->lanes.generation;
    if (read_job(h, j, d, &err) != 0) {
        reject(h, d, &err);
        job_free(j);
    } else if (!add_job(h, j)) {
        amqp_reject(h->amqp, d->epoch, d->tag, true);
        job_free(j);
    }
}

/* ---- a lost connection ---- */

static void drop_waiting(struct lane *l)
{
    struct job **from = l->state == LANE_RUNNING ? &l->head->next : &l->head;
    while (*from != NULL) {
        struct job *j = *from;
        *from = j->next;
        count_job(l, -1);
        job_free(j);
    }
    l->tail = from;
}

/* Lanes that are ready and empty now. */
static void remove_empty(struct host *h)
{
    struct lanes *all = &h->lanes;
    struct lane *l = all->ready;
    all->ready = NULL;
    all->ready_end = &all->ready;
    while (l != NULL) {
        struct lane *next = l->next;
        remove_lane(l);
        l = next;
    }
}

void lanes_connection_lost(struct host *h)
{
    size_t cursor = 0;
    struct text key;
    void *lane;
    h->lanes.generation++;
    while (table_next(&h->lanes.table, &cursor, &key, &lane))
        drop_waiting(lane);
    remove_empty(h);
    intake_connection_lost(h);
}

void lanes_each_parked(const struct lanes *all, lane_fn *fn, void *ctx)
{
    size_t cursor = 0;
    struct text key;
    void *lane;
    while (table_next(&all->table, &cursor, &key, &lane)) {
        const struct lane *l = lane;
        if (l->state == LANE_PARKED)
            fn(ctx, key, l->words, l->attempts, l->until_us);
    }
}
