/* identity: which record an object of a system is. */
#ifndef TIDEGATE_ROUTER_IDENTITY_H
#define TIDEGATE_ROUTER_IDENTITY_H

#include "proto/message.h"
#include "rules.h"
#include "workset.h"

enum identity {
    IDENTITY_LINKED,    /* the object has been known as this record */
    IDENTITY_FOUND,     /* by carried key or match value: its link is to be claimed */
    IDENTITY_NONE,      /* no record is it */
    IDENTITY_AMBIGUOUS, /* several records have its match value, and no object in the system */
    IDENTITY_AWAITED,   /* it carries the key of a record that does not exist yet */
};

#define IDENTITY_VALUE_MAX 512

/* Finds the record of a change, in the order link, carried key, match fields. Returns an enum identity or a negative
 * code. */
int identity_find(struct workset *w, const struct rules *rules, const struct entity_rule *rule, int system,
                  const struct message *m, struct record **out, struct err *err);
/* A match value as it is compared: without white space at its ends, ASCII letters small. Empty: matches nothing (null,
 * empty, or longer than IDENTITY_VALUE_MAX). */
struct text identity_normal(struct text value, char out[IDENTITY_VALUE_MAX]);
/* Whether a message from the broker user may speak for source. user: the amqp user-id, empty when the broker was told
 * none; shared: the user that all of the node's programs have in common. */
bool identity_sender_ok(struct text user, struct text shared, struct text source, bool users_are_systems);

#endif
