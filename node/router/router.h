/* router: the process around the desk: deliveries in, commands out, HTTP for people and monitors. */
#ifndef TIDEGATE_ROUTER_ROUTER_H
#define TIDEGATE_ROUTER_ROUTER_H

#include "desk.h"
#include "edge/amqp.h"
#include "edge/http_server.h"
#include "edge/loop.h"
#include "edge/node_config.h"

#define ROUTER_BATCH_MAX 2048 /* under load; the broker stands still while a batch is committed (docs/performance.md) */
#define ROUTER_BATCH_BYTES (8u << 20) /* a batch takes no further message past this */
#define ROUTER_PREFETCH 4096 /* the next batch is here when one is committed */
#define ROUTER_PAUSE_MS 500 /* before a batch that failed is decided again */

struct delivery { /* a copy of what the broker gave; body and user lie behind it */
    struct delivery *next;
    uint64_t tag, epoch, too_large;
    struct text body, user;
};
struct delivery_list {
    struct delivery *first, **end;
    size_t count;
};

struct router {
    struct node_config *config;
    const struct log *log;
    struct loop *loop;
    struct schema *schema;
    struct rules *rules;
    struct store *store;
    struct metrics metrics;
    struct desk desk;
    struct amqp *amqp;
    struct http_server *http;
    struct delivery_list outcomes, changes; /* arrived, not taken */
    uint64_t generation;                    /* grows when the connection is lost */
    struct task *idle;                      /* the batch task, while there is nothing to do */
    bool stopping, overdue;
    struct err trouble; /* why the last batch failed; code 0: it did not */
};

struct router_options {
    const char *config;
    bool declare;
};

/* Runs until SIGTERM or SIGINT. */
int router_run(const struct router_options *o, const struct log *log, struct err *err);

/* batch.c: the task that decides what has arrived, batch after batch, until r->stopping; then it stops the loop. */
void router_batches(void *router);
void router_wake(struct router *r);
void delivery_list_init(struct delivery_list *l);
/* Copies; false when memory is short (then the broker gives it again after a reconnect). */
bool delivery_list_add(struct delivery_list *l, const struct amqp_delivery *d);
void delivery_list_clear(struct delivery_list *l);

/* router_http.c */
int router_http_start(struct router *r, struct err *err);

#endif
