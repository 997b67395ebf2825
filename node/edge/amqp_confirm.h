/* amqp_confirm: which publishes of a channel the broker has not yet answered for, and whom each failure concerns.
 *
 * The broker numbers the publishes of a channel in confirm mode from 1 and confirms them one by one or "all up to", in
 * any order (https://www.rabbitmq.com/docs/confirms). A message that no queue takes is first returned, with its content
 * but without its number, and then confirmed like any other; so each publish is kept with a fingerprint. */
#ifndef TIDEGATE_EDGE_AMQP_CONFIRM_H
#define TIDEGATE_EDGE_AMQP_CONFIRM_H

#include "amqp.h"

struct confirm;
struct confirms {
    struct confirm *ring; /* of the numbers first … next - 1; cap is a power of two */
    size_t cap;
    uint64_t first, next;
};

void confirms_init(struct confirms *c);
void confirms_release(struct confirms *c);         /* batches are left alone: fail them first */
size_t confirms_waiting(const struct confirms *c); /* numbers from the oldest unanswered one on */
/* Call it before the publish: false when the ring is full (over a million unanswered) or memory is out. batch may be
 * NULL. It counts as waiting from now on. */
bool confirms_add(struct confirms *c, struct amqp_batch *batch, uint64_t fingerprint, int64_t now_us);
/* The publish of that fingerprint came back: it will fail, with this sentence, when its confirm comes. */
void confirms_returned(struct confirms *c, uint64_t fingerprint, const struct err *why);
/* A confirm (why NULL) or a refusal. Wakes the tasks whose batch is complete. */
void confirms_answer(struct confirms *c, uint64_t number, bool multiple, const struct err *why);
/* Fails all that is unanswered and starts again from number 1: the channel is gone. */
void confirms_fail(struct confirms *c, const struct err *why);
/* When the oldest unanswered publish was made. False when there is none. */
bool confirms_oldest(const struct confirms *c, int64_t *at_us);

#endif
