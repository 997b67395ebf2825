/* lane: commands in the order of their record, records beside one another.
 *
 *   (new) ─▶ READY ──a worker is free──▶ RUNNING ──done, more──▶ READY
 *              ▲                            │ └─────done, empty─▶ (gone)
 *              └──────timer────── PARKED ◀──┴─retry
 *
 * A parked lane holds no worker. Its commands stay unacked; what that means for the others is intake.h's. After a lost
 * connection the broker sends every unacked command again: lanes forget those that wait, a running one finishes, and its
 * twin comes behind it. */
#ifndef TIDEGATE_HOST_LANE_H
#define TIDEGATE_HOST_LANE_H

#include "base/table.h"
#include "edge/amqp.h"
#include "proto/message.h"

#define LANES_MAX 100000

struct host;
struct job { /* one command */
    struct job *next;
    struct arena arena;
    struct message message;
    uint64_t epoch, tag;
    uint64_t generation; /* of the connection, as the lanes count them */
    uint64_t window;     /* of the intake */
    bool redelivered;
    struct err fault; /* set: it is answered as refused */
};

struct lane;
struct lanes {
    struct table table; /* record key -> struct lane */
    struct lane *ready, **ready_end;
    unsigned running, parked;
    size_t queued, parked_jobs; /* commands of all lanes, and of parked ones */
    uint64_t generation;
};

void lanes_init(struct lanes *l);
void lanes_release(struct lanes *l);
void lanes_delivery(struct host *h, const struct amqp_delivery *d); /* of the broker's handler */
void lanes_connection_lost(struct host *h);
void lanes_kick(struct host *h); /* a worker or the gate may be free */
/* Calls fn for each parked lane: key, why, when it goes on (uptime). */
typedef void lane_fn(void *ctx, struct text key, const char *words, unsigned attempts, int64_t until_us);
void lanes_each_parked(const struct lanes *l, lane_fn *fn, void *ctx);

#endif
