/* amqp_consumers: what is consumed, over all connections: a reconnect starts each of these again. */
#ifndef TIDEGATE_EDGE_AMQP_CONSUMERS_H
#define TIDEGATE_EDGE_AMQP_CONSUMERS_H

#include "base/err.h"
#include "base/text.h"

#define CONSUMER_QUEUE_MAX 240 /* bytes of a queue's name: with the generation it makes a tag, a short string */

struct consumer {
    struct consumer *next;
    char queue[CONSUMER_QUEUE_MAX + 1];
    char tag[CONSUMER_QUEUE_MAX + 12]; /* "queue/generation" */
    unsigned generation;
    int prefetch;
    bool paused, stream;
    char from[24];       /* of a stream */
    int64_t last_offset; /* of a stream; -1: none came yet */
};

struct consumers {
    struct consumer *first;
};

void consumers_release(struct consumers *c);
/* ERR_CONFLICT (consumed already), ERR_TOO_LARGE, ERR_NOMEM. stream_from NULL: not a stream. */
int consumers_add(struct consumers *c, struct consumer **out, const char *queue, int prefetch, const char *stream_from,
                  struct err *err);
struct consumer *consumers_of_queue(const struct consumers *c, const char *queue);
struct consumer *consumers_of_tag(const struct consumers *c, struct text tag);
/* A fresh tag for a fresh start. To a quorum queue, a cancelled consumer with unacked messages lives on until they are
 * answered; starting it again under its old name mixes up the two. */
void consumer_rename(struct consumer *c);
/* Where to start: behind what came last; NULL unless it is a stream. */
const char *consumer_from(struct consumer *c);

#endif
