/* memory: what an adapter process must still know after a crash, in <data>/<system>.db. One process opens it.
 *
 * Everything here is either a duplicate of what a system or the broker could say again (cursors, published states,
 * applied revisions) or a reminder (intents, refresh list). Losing the last moments of it to a power cut costs repeated
 * work, never a change: redelivered commands count as "may exist" by themselves. So it survives a crash of the process
 * without waiting for the disk.
 *
 * Functions return 0 (or 1 where they say "found"), or a negative code. None waits. */
#ifndef TIDEGATE_HOST_MEMORY_H
#define TIDEGATE_HOST_MEMORY_H

#include "base/arena.h"
#include "base/err.h"
#include "base/moment.h"

#define MEMORY_EVENTS_MAX 100000  /* ids of pushes that are remembered */
#define MEMORY_OUTCOMES_MAX 4096  /* outcomes kept for redelivered commands: far more than any prefetch */

struct memory;
int memory_open(struct memory **out, const char *path, struct err *err);
void memory_close(struct memory *m);
void memory_trim(struct memory *m); /* gives back what is only there to be quick */
/* Groups what follows; not nested, and nothing may wait in between. */
int memory_begin(struct memory *m, struct err *err);
int memory_commit(struct memory *m, struct err *err);
void memory_rollback(struct memory *m);

int memory_cursor(struct memory *m, const char *feed, struct arena *a, struct text *out, struct err *err);
int memory_keep_cursor(struct memory *m, const char *feed, struct text cursor, struct err *err);

/* The state (state.h) of an object as the router knows it. 1: found. */
int memory_published(struct memory *m, const char *entity, struct text native, struct arena *a, struct text *state,
                     struct err *err);
int memory_keep_published(struct memory *m, const char *entity, struct text native, struct text state, struct err *err);

int memory_event_known(struct memory *m, struct text id, struct err *err); /* 1: yes */
int memory_keep_event(struct memory *m, struct text id, struct err *err);

struct applied {
    int64_t revision;
    struct text native;
};
int memory_applied(struct memory *m, struct text key, struct arena *a, struct applied *out, struct err *err); /* 1: found */
int memory_keep_applied(struct memory *m, struct text key, int64_t revision, struct text native, struct err *err);

/* The revision that was written last to an object; 0: none. Kept before the outcome is told. */
int memory_written(struct memory *m, const char *entity, struct text native, int64_t *revision, struct err *err);
int memory_keep_written(struct memory *m, const char *entity, struct text native, int64_t revision, struct err *err);

/* The encoded outcome of one command. 1: found. */
int memory_outcome(struct memory *m, struct text command, struct arena *a, struct text *body, struct err *err);
int memory_keep_outcome(struct memory *m, struct text command, struct text body, struct err *err);

/* Intent: an object is about to be created for this record. */
int memory_has_intent(struct memory *m, struct text key, struct err *err); /* 1: yes */
int memory_keep_intent(struct memory *m, struct text key, const char *entity, moment_us at, struct err *err);
int memory_drop_intent(struct memory *m, struct text key, struct err *err);

/* Objects to be read again. */
int memory_keep_refresh(struct memory *m, const char *entity, struct text object_id, struct text native, struct err *err);
int memory_drop_refresh(struct memory *m, const char *entity, struct text object_id, struct err *err);

/* Objects that could not be published, until a later good read. */
struct refused {
    struct text entity, object_id, reason;
    bool denied; /* a payment card number */
    moment_us at;
};
int memory_keep_refused(struct memory *m, const struct refused *r, struct err *err);
int memory_drop_refused(struct memory *m, const char *entity, struct text object_id, struct err *err);
int64_t memory_refused_count(const struct memory *m);

/* Calls fn for each row (borrowed for the call); fn may not change the memory. */
typedef void memory_pair_fn(void *ctx, struct text entity, struct text id, struct text native);
int memory_each_refresh(struct memory *m, memory_pair_fn *fn, void *ctx, struct err *err); /* (entity, object id, native) */
int memory_each_intent(struct memory *m, memory_pair_fn *fn, void *ctx, struct err *err);  /* (entity, record key, "") */
typedef void memory_refused_fn(void *ctx, const struct refused *r);
int memory_each_refused(struct memory *m, int64_t limit, memory_refused_fn *fn, void *ctx, struct err *err); /* newest first */

#endif
