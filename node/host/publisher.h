/* publisher: puts changes and outcomes on the broker, with the AMQP properties that repeat what they say. */
#ifndef TIDEGATE_HOST_PUBLISHER_H
#define TIDEGATE_HOST_PUBLISHER_H

#include "edge/amqp.h"
#include "proto/message.h"

struct host;
struct publisher {
    const char *user;  /* of the broker's URI; NULL: none is named there */
    char app[96];      /* "tidegate-storefront/shop" */
    struct buf body;   /* reused */
};

void publisher_init(struct publisher *p, struct host *h, const char *uri);
void publisher_release(struct publisher *p);
/* Completes m (id, source, time when 0, traceparent) and sends it within the batch. Does not wait. */
int publisher_change(struct host *h, struct amqp_batch *b, struct message *m, struct err *err);
/* An outcome's encoded bytes; m is what they say. Waits for the confirm, and goes on trying until there is one:
 * ERR_STOPPING when the process stops first. */
int publisher_outcome(struct host *h, const struct message *m, struct text body, struct err *err);
/* Encodes an outcome, with its id made of what it says. The bytes are in the arena. */
int publisher_encode_outcome(struct host *h, struct message *m, struct arena *a, struct text *body, struct err *err);

#endif
