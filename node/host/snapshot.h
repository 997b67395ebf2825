/* snapshot: tells the router when the first read of an entity is through.
 *
 * Two systems that have worked for years both have most of their customers when Tidegate first starts. The router finds
 * them to be the same by their match fields, but only once it has heard of both; so it makes no object in a system before
 * it knows all that was there. A feed has been read when a poll from the beginning went through to its end; an entity,
 * when all feeds that may show it have. What a system does not show at all is told at once. Told once: a mark is kept. */
#ifndef TIDEGATE_HOST_SNAPSHOT_H
#define TIDEGATE_HOST_SNAPSHOT_H

#include "base/err.h"

struct feed_state;
/* After a poll that went well (waits for the broker where there is news). ERR_STOPPING, or trouble with the memory. */
int snapshot_feed_read(struct feed_state *f, struct err *err);
/* A task: tells of the entities that no feed shows. arg: the host. */
void snapshot_unread(void *arg);

#endif
