/* desk_parts: what the files of `desk` share, and nobody else. */
#ifndef TIDEGATE_ROUTER_DESK_PARTS_H
#define TIDEGATE_ROUTER_DESK_PARTS_H

#include "desk.h"
#include "identity.h"
#include "wait_key.h"

struct desk_work {
    bool look;           /* look at a record's targets; else decide a message */
    int64_t place;       /* look: the record */
    system_mask targets; /* look */
    bool references;     /* look: complete its references first */
    struct text bytes;   /* message */
    moment_us since;     /* message: when it first came, for how long it may still wait */
    bool released;       /* message: has waited */
};

int desk_push(struct desk *d, const struct desk_work *w, struct err *err);
int desk_message_work(struct desk *d, const struct desk_work *w, struct err *err);
int desk_change(struct desk *d, const struct desk_work *w, const struct message *m, const struct entity *e, int system,
                struct err *err);
int desk_outcome(struct desk *d, const struct desk_work *w, const struct message *m, const struct entity *e, int system,
                 struct err *err);

/* d->decide is about this record from now on. */
void desk_decide(struct desk *d, struct record *r, int system, const struct message *m);
/* Releases what waits for a key into the queue of work. Returns how many messages (not looks), or negative. */
int desk_release_key(struct desk *d, struct text key, struct err *err);
/* Looks at the targets now: commands into `out`, lacks into waiting. d->decide is about the record. */
int desk_look(struct desk *d, system_mask targets, struct err *err);
int desk_look_work(struct desk *d, const struct desk_work *w, struct err *err);
/* Entries for what the record's own references lack. */
int desk_wait_for_references(struct desk *d, struct err *err);
/* The object becomes the record's; it is known that no other record has it. Returns the messages that were released, or
 * negative. */
int desk_claim(struct desk *d, struct record *r, int system, struct text native, struct err *err);
/* The record has no longer an object under way in the system. */
int desk_created(struct desk *d, struct record *r, int system, struct err *err);

/* Holds a message; texts are completed from m (may be NULL). other: what makes it one of its kind beside its id. A change
 * that is a conflict or a delete is held once an object, the newest. */
int desk_hold(struct desk *d, enum held_reason reason, const struct message *m, struct text bytes, struct text other,
              struct text cause, struct text rule, struct err *err);
/* Holds, or replaces, the one item about a record and a target. */
int desk_hold_target(struct desk *d, enum held_reason reason, const struct record *r, int target, struct text cause,
                     struct text message, struct err *err);
int desk_drop_target(struct desk *d, enum held_reason reason, const struct record *r, int target, struct err *err);
/* Holds, or replaces, the one item about a field in a system: what it said there did not become the record's. */
int desk_hold_field(struct desk *d, enum held_reason reason, const struct record *r, int system, uint32_t field,
                    struct text cause, struct text rule, struct text message, struct err *err);
/* Drops the refusals of fields that stand there as in the record again: undone, written over, or taken up by the owner. */
int desk_drop_agreed(struct desk *d, struct record *r, struct err *err);
void desk_count(struct desk *d, const struct entity *e, enum change_result r);
struct text desk_system(const struct desk *d, int system);

#endif
