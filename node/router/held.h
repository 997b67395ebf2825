/* held: what was set aside, with its reason, cause and whole message; never lost.
 *
 *   invalid    broken message, unknown entity, field or system, sender not who it says     a person looks
 *   delete     the rules do not say yet what a delete means                                 a person looks
 *   conflict   more than one record claims the object                                       a person looks
 *   refused    a system changed a field that it may not set                                 vanishes when they agree
 *   unknown    an object of a system that may not make records, and no record is it (yet)   vanishes when found
 *   waiting    a target lacks an object that the record refers to                           vanishes when it is there
 *   rejected   a target refused a command, in its own words                                 vanishes when it takes one
 *
 * The id of a held item is derived from what it is about, so that a redelivered message does not add a second one. */
#ifndef TIDEGATE_ROUTER_HELD_H
#define TIDEGATE_ROUTER_HELD_H

#include "base/hash.h"
#include "base/buf.h"

enum held_reason {
    HELD_INVALID,
    HELD_DELETE,
    HELD_CONFLICT,
    HELD_REFUSED,
    HELD_UNKNOWN,
    HELD_WAITING,
    HELD_REJECTED,
    HELD_REASONS
};

struct held { /* texts are borrowed; each may be empty */
    struct text id;
    moment_us time;
    enum held_reason reason;
    struct text entity, system, key, native;
    struct text cause;   /* a sentence */
    struct text rule;    /* "rules.cfg:31" */
    struct text message; /* the whole message, as it came; empty for waiting */
};

const char *held_word(enum held_reason r);
/* From the reason and what makes the item one of its kind: a message's id, "system:entity:native" of an object, or a record's key and a target, or a record's
 * key and "system.field". */
struct text held_id(enum held_reason r, struct text one, struct text other, char out[UUID_TEXT]);
/* One JSON object, without the message (which may hold personal data). */
void held_json(struct buf *out, const struct held *h);

#endif
