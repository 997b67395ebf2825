/* amqp_acks: which deliveries of a channel we have not yet answered for, and the fewest acks that tell the broker.
 *
 * A batch of some hundred acks is one "multiple" ack as soon as no older delivery is still under way: for a quorum
 * queue that is one entry in its log in place of hundreds. Acks are collected and told later by acks_next. */
#ifndef TIDEGATE_EDGE_AMQP_ACKS_H
#define TIDEGATE_EDGE_AMQP_ACKS_H

#include "base/text.h"

struct ack;
struct acks {
    struct ack *ring; /* of deliveries in their order, the oldest at `head`; cap is a power of two */
    size_t cap, head, count;
    size_t untold; /* acked, but not yet told */
    size_t scan;   /* no untold ack before this place */
};

void acks_init(struct acks *a);
void acks_release(struct acks *a);
void acks_clear(struct acks *a); /* the channel is gone */
/* A delivery came; tags only grow. False when over a million are unanswered or memory is out. */
bool acks_delivered(struct acks *a, uint64_t tag);
/* Acked, to be told by acks_next. False: not a delivery that is under way (a second ack). */
bool acks_acked(struct acks *a, uint64_t tag);
/* Rejected: the caller tells at once. False as above. */
bool acks_rejected(struct acks *a, uint64_t tag);
/* The next ack to tell the broker. False: none. */
bool acks_next(struct acks *a, uint64_t *tag, bool *multiple);

#endif
