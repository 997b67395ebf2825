/* host: one adapter process put together. Private to node/host: adapters see adapter.h alone.
 *
 *   feed ─┐                                        ┌─ deliver ◀─ lanes ◀─ AMQP
 *   webhook ─┼─▶ sink ─▶ publisher ─▶ AMQP         └─▶ publisher ─▶ AMQP
 *   refresh ─┘   (mapping, objects, memory)            (objects, memory)
 *
 * The gate is open while the system can be talked to: feeds, refreshes and lanes wait for it. */
#ifndef TIDEGATE_HOST_HOST_H
#define TIDEGATE_HOST_HOST_H

#include "adapter.h"
#include "budget.h"
#include "edge/amqp.h"
#include "edge/http_client.h"
#include "edge/http_server.h"
#include "edge/node_config.h"
#include "feed.h"
#include "gate.h"
#include "host_settings.h"
#include "intake.h"
#include "lane.h"
#include "memory.h"
#include "metrics.h"
#include "objects.h"
#include "publisher.h"
#include "refresh.h"
#include "skew.h"

#define HOST_STOP_MS 10000 /* for deliveries under way, after SIGTERM */

struct host {
    struct session session; /* what the adapter sees */
    struct arena arena;
    struct node_config config;
    struct host_settings settings;
    struct log log;
    struct loop *loop;
    struct schema *schema;
    struct memory *memory;
    struct amqp *amqp;
    struct http_client *client;
    struct http_server *server;
    struct publisher publisher;
    struct budget budget;
    struct skew skew;
    struct metrics metrics;
    struct objects objects;
    struct gate gate;
    struct feeds feeds;
    struct refresher refresher;
    struct lanes lanes;
    struct intake intake;
    char queue[128]; /* of our commands */
    unsigned pushes; /* being handled */
    bool stopping;
    int64_t stop_by_us; /* uptime */
    unsigned rested;    /* looks at the process at rest, in a row */
};

/* 250 ms doubling to max_ms, by attempt (0, 1, …), a fifth up or down by chance. */
int64_t host_backoff_ms(struct host *h, unsigned attempt, int64_t max_ms);
/* Code and words of what a slot of the adapter gave back: rc where it wrote none. */
void host_reason(struct err *err, int rc);
void host_stop(struct host *h);
/* Lets a task wait ms, or shorter when the host stops: then false. */
bool host_sleep(struct host *h, int64_t ms);
const struct adapter_entity *host_entity(const struct host *h, struct text name); /* NULL when the adapter lacks it */

#endif
