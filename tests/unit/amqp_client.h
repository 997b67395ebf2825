/* amqp_client: a client of the broker for tests of AMQP: its loop, what was delivered to it, and how often its
 * connection came up and went. What it publishes it publishes from a task, in a batch. A failure here is the test's. */
#ifndef TIDEGATE_TESTS_AMQP_CLIENT_H
#define TIDEGATE_TESTS_AMQP_CLIENT_H

#include "base/err.h"
#include "broker.h"
#include "edge/amqp.h"
#include "edge/topology.h"

#define SEEN_MAX 4096
#define WAIT_US (20 * MOMENT_SECOND)
#define LIMIT 3 /* deliveries */

struct seen {
    uint64_t tag, epoch;
    char id[32], queue[64];
    bool redelivered, too_large;
    size_t body_n;
    uint64_t body_size;
    unsigned sum; /* of the body's bytes */
    int64_t offset;
};

struct client {
    const struct broker *broker;
    struct loop *loop;
    struct amqp *amqp;
    struct seen seen[SEEN_MAX];
    size_t count;
    int ups, downs;
    bool ack_at_once;
    struct err why;
};

/* s.uri NULL: the broker's. */
struct client *client_new(const struct broker *b, struct amqp_settings s);
void client_free(struct client *c);
void client_turn(struct client *c);
void client_idle(struct client *c, int64_t ms); /* turns the loop for so long */
uint32_t client_depth(struct client *c, const char *queue);
void declare_system(const struct broker *b, const char *system); /* its queue is tidegate.to.SYSTEM */

/* Turns the loop until the condition holds; the test fails after WAIT_US. */
#define UNTIL(c, condition)                                                                                            \
    do {                                                                                                               \
        int64_t start_ = loop_uptime_us((c)->loop);                                                                    \
        while (!(condition)) {                                                                                         \
            client_turn(c);                                                                                            \
            if (loop_uptime_us((c)->loop) - start_ > WAIT_US)                                                          \
                fail_msg("not within %lld s: %s", (long long)(WAIT_US / MOMENT_SECOND), #condition);                   \
        }                                                                                                              \
    } while (0)

/* Messages "m0", "m1" and so on, from a task. */
struct sending {
    struct client *client;
    const char *key; /* to tidegate.commands */
    int count, first;
    size_t size; /* of each body; 0: the id */
    struct amqp_batch batch;
    int rc, refused;
    bool over;
    struct err err;
};

void sending_start(struct sending *s); /* s lives until it is over */
void client_send(struct client *c, const char *key, int first, int count, size_t size); /* until all are confirmed */
unsigned sum_of(struct text t);
unsigned sum_of_filled(size_t n); /* of a body of n bytes as they are sent */

#endif
