/* sink_item: what a page holds; shared by sink.c and sink_page.c alone. */
#ifndef TIDEGATE_HOST_SINK_ITEM_H
#define TIDEGATE_HOST_SINK_ITEM_H

#include "host.h"
#include "sink.h"
#include "state.h"

enum item_fate { ITEM_OPEN, ITEM_DUPLICATE, ITEM_DEFERRED, ITEM_REFUSED, ITEM_PUBLISHED };

struct sink_item { /* in the page's arena */
    struct sink_item *next;
    const struct entity *entity;
    struct text object_id, native, key, version, state;
    struct value fields;
    bool deleted;
    bool known; /* the router has been told of this object */
    enum item_fate fate;
    int64_t revision; /* of our last write to the object, before it was read */
    uint64_t at; /* ITEM_PUBLISHED: epoch */
};

struct sink_refusal {
    struct sink_refusal *next;
    const struct entity *entity;
    struct text object_id, reason;
    bool denied;
};

/* Notes that the object could not be taken. Returns ERR_INVALID with the reason, or ERR_TOO_LARGE. */
int sink_refuse(struct sink *s, const struct entity *e, struct text object_id, const struct err *why, struct err *err);

#endif
