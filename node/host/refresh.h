/* refresh: the kept list of objects to be read again, since a read of them could not be trusted (objects.h), and those
 * that pushes hint at. Each is read when nothing of ours is under way to it, a few at once. */
#ifndef TIDEGATE_HOST_REFRESH_H
#define TIDEGATE_HOST_REFRESH_H

#include "base/table.h"
#include "base/err.h"

#define REFRESH_AT_ONCE 4
#define REFRESH_MAX 1000000

struct host;
struct refresh_item;
struct refresher {
    struct table table; /* "entity\nobject id" -> struct refresh_item */
    struct refresh_item *first, **last;
    unsigned running;
    size_t count;
    bool kicked; /* a round is due */
};

int refresh_load(struct host *h, struct err *err); /* the kept list, the open creates, and what was refused */
void refresh_release(struct refresher *r);
/* After memory_keep_refresh: into the list at hand. */
void refresh_add(struct host *h, const char *entity, struct text object_id, struct text native);
/* The epoch at which a listed object was first seen; 0: it is not listed. */
uint64_t refresh_first_seen(struct host *h, const char *entity, struct text object_id);
void refresh_kick(struct host *h); /* something ended: look whose turn it is */

#endif
