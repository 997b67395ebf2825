/* intake: how much is taken from the broker.
 *
 * A consumer has a window: the broker gives it at most `prefetch` commands that are not answered. What is parked stays
 * unanswered for as long as the system likes, and some hundred parked records would fill the window and hold up all
 * others. So, when the window is full and most of what we hold is parked, the consumer is cancelled and started anew:
 * the broker leaves us what the old one got, unanswered, and gives the new one a window of its own. Nothing has to be
 * stored, given back or put in order again, and a crash gives everything back to the broker as ever. It ends at
 * INTAKE_WINDOWS windows: then the queue waits. While the gate is closed, nothing is taken. */
#ifndef TIDEGATE_HOST_INTAKE_H
#define TIDEGATE_HOST_INTAKE_H

#include "base/err.h"

#define INTAKE_WINDOWS 10

struct host;
struct intake {
    bool begun, on;      /* amqp_consume was called; the consumer is not paused */
    uint64_t window;     /* counts consumers */
    uint64_t unanswered; /* commands of this window */
};

void intake_look(struct host *h); /* gate, lanes or process have changed: start, renew or stop the consumer */
uint64_t intake_taken(struct host *h); /* a command came; gives its window */
void intake_answered(struct host *h, uint64_t window);
void intake_connection_lost(struct host *h); /* what we held comes again */

#endif
