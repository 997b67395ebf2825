/* sink: where reads go. Maps what an adapter emits, and publishes a page at a time what is news.
 *
 * A page: decide for each object (all at once, so nothing happens in between), publish, wait for the confirms, then keep
 * states, deferred and refused objects and the cursor in one transaction. When a publish failed, decide and publish
 * again: an object that a delivery has touched meanwhile is then deferred instead. A patient sink waits for the broker
 * as long as it takes; a push does not, since its sender can come again. */
#ifndef TIDEGATE_HOST_SINK_H
#define TIDEGATE_HOST_SINK_H

#include "adapter.h"
#include "objects.h"

struct sink_item;
struct sink_refusal;
struct sink {
    struct host *h;
    const struct feed *feed; /* NULL: a refresh */
    bool patient;
    struct object_read read;
    struct arena arena;   /* of the page */
    struct arena scratch; /* of the object that is being mapped */
    struct sink_item *items, **items_end;
    struct sink_refusal *refusals;
    size_t item_count;
    struct err failed; /* an object was not taken in for want of room: sink_page says so, whatever the adapter did */
    /* of the sink's life */
    size_t published, deferred, refused, denied;
    struct err refusal; /* the last */
};

void sink_begin(struct sink *s, struct host *h, const struct feed *feed, bool patient);
void sink_end(struct sink *s); /* what was not paged is forgotten */
bool sink_is_empty(const struct sink *s); /* nothing emitted since the last page */

#endif
