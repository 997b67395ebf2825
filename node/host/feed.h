/* feed: polls each of the adapter's feeds from its kept cursor, a task a feed, while the gate is open. */
#ifndef TIDEGATE_HOST_FEED_H
#define TIDEGATE_HOST_FEED_H

#include "base/err.h"
#include "base/moment.h"

#define FEEDS_MAX 32
#define FEED_CURSOR_MAX 1024

struct host;
struct feed;
struct feed_state {
    struct host *h;
    const struct feed *feed;
    bool polling;
    unsigned failures; /* in a row */
    bool read;         /* it was once read from the beginning to the end, or a kept mark says so */
    int64_t ok_us;     /* uptime of the last poll that went well; 0: none yet */
    struct err err;    /* the last failure; code 0: the last poll went well */
};
struct feeds {
    struct feed_state states[FEEDS_MAX];
    size_t count;
};

int feeds_start(struct host *h, struct err *err);

#endif
