/* objects: which reads may have seen an object before or after our own write, told without any clock.
 *
 * The adapter process is the only way in and out of its system. So it is enough to number what happens here (epochs):
 * when a read begins, when a delivery begins and ends, when a change is published. A read is trusted for an object when
 *   - no delivery to the object is under way, and none ended after the read began;
 *   - no other read of it was published after this one began (which of the two saw more is not known);
 *   - the object is known, or no create is under way that could have made it: one that began before it was first seen.
 * What is not trusted is read again later (refresh.h).
 *
 * An object's epochs are kept only while a read is under way that began before them. No function waits. */
#ifndef TIDEGATE_HOST_OBJECTS_H
#define TIDEGATE_HOST_OBJECTS_H

#include "base/table.h"
#include "edge/loop.h"

#define OBJECTS_MAX 1000000
#define OBJECTS_CREATE_MAX_MS (15 * 60 * 1000) /* a create that is not tried again for this long is given up */

struct object_read { /* one page, or one object, being read; the caller's storage */
    uint64_t begin;  /* epoch */
    struct object_read *next, *previous;
};

struct object;
struct create;
struct objects {
    struct loop *loop;
    uint64_t epoch;
    struct table table; /* "entity\0native" -> struct object */
    struct object *oldest, *newest;
    struct object_read *reads;
    struct create *creates;
};

void objects_init(struct objects *o, struct loop *l);
void objects_release(struct objects *o);

void objects_read_begin(struct objects *o, struct object_read *r);
void objects_read_renew(struct objects *o, struct object_read *r); /* what is read from now on */
void objects_read_end(struct objects *o, struct object_read *r);

/* known: the router has been told of this object. first_seen: the epoch when it was first seen unknown, 0: now. */
bool objects_trusted(struct objects *o, const struct object_read *r, const char *entity, struct text native, bool known,
                     uint64_t first_seen);
enum pending { PENDING_NONE /* what is kept counts */, PENDING_OURS, PENDING_OTHER };
/* Whether something was published that may not be confirmed and kept yet: by this read since the epoch `since` (then
 * *state is that), or by another or earlier try, of which it is not known whether it arrived. */
enum pending objects_pending(const struct objects *o, const struct object_read *r, uint64_t since, const char *entity,
                             struct text native, uint64_t *state);
/* A change is being published. *at: for objects_latest. ERR_TOO_LARGE, ERR_NOMEM. */
int objects_publish(struct objects *o, const struct object_read *r, const char *entity, struct text native,
                    uint64_t state, uint64_t *at);
/* Whether nothing was published or delivered since. */
bool objects_latest(const struct objects *o, const char *entity, struct text native, uint64_t at);
void objects_kept(struct objects *o, const char *entity, struct text native); /* confirmed, and the state is kept */

/* A delivery to an object whose native id is known. */
int objects_write_begin(struct objects *o, const char *entity, struct text native);
void objects_write_end(struct objects *o, const char *entity, struct text native);
/* A delivery that may create an object for the record `key`; again for each try. Ends with the native id, or with an
 * empty one when nothing was made. Not ended while it is not known whether something was made. */
int objects_create_begin(struct objects *o, const char *entity, struct text key);
void objects_create_end(struct objects *o, const char *entity, struct text key, struct text native);

/* Whether a read that begins now can be trusted for this object. */
bool objects_ready(struct objects *o, const char *entity, struct text native, bool known, uint64_t first_seen);

#endif
