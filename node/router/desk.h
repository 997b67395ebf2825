/* desk: where messages are decided against the store: what one message leads to, and what that releases, until nothing
 * more follows. A batch is begun, takes messages, and is saved and committed, or dropped as if it had not been. The
 * commands of the batch gather in `out`, for whoever publishes them between save and commit.
 *
 *   message ─▶ read, check ─▶ find its record ─▶ older? deferred? ─▶ fields ─▶ claims (link, match value, new record)
 *                 │ invalid        │ unknown, conflict                              │
 *                 ▼                ▼                                                ▼ releases: waiting messages, looks
 *                held             held                                            targets ─▶ commands, waiting
 *
 * Whatever is released joins the end of the queue of work. What was waiting for a claim is decided before the claiming
 * record looks at its targets, so that an object that exists is found before another one is made.
 *
 * No I/O but the store's. One thread. */
#ifndef TIDEGATE_ROUTER_DESK_H
#define TIDEGATE_ROUTER_DESK_H

#include "base/log.h"
#include "decide.h"
#include "metrics.h"
#include "workset.h"

struct desk_settings {
    int64_t echo_wait_us;    /* how long a change waits for the outcome of a command to its system; 0: 60 s */
    bool users_are_systems;  /* each adapter has its own broker user */
    bool first_reads_done;   /* nothing waits for a system's first read: for what has no adapters (tests, benchmarks) */
    struct text shared_user; /* the broker user that all programs have in common */
};

#define TRACEPARENT_MAX 56

struct desk_command { /* to be published; the key is borrowed until desk_save */
    const char *routing_key;
    char id[UUID_TEXT], traceparent[TRACEPARENT_MAX];
    struct text key;
    size_t body_at, body_size; /* see desk_body */
    moment_us time;
};

struct desk_work; /* an item of the queue */
struct desk {
    const struct rules *rules;
    struct store *store;
    const struct log *log; /* may be NULL */
    struct metrics *metrics;
    struct desk_settings settings;
    moment_us now;
    struct workset records;
    struct arena arena; /* of one message and what it releases */
    struct buf scratch, bodies;
    struct desk_command *out;
    size_t out_count, out_cap;
    struct desk_work *work;
    size_t work_first, work_count, work_cap;
    struct decide decide;
    struct decide_lookup lookup;
    const char **routing_keys; /* of commands, by target × entity */
    size_t entity_count;
    struct arena names;        /* of routing_keys */
    /* of the message that is being decided */
    struct text traceparent;
    moment_us message_time;
};

struct desk_message {
    struct text body; /* borrowed for the call */
    struct text user; /* amqp user-id; may be empty */
    uint64_t too_large; /* size of a body that was not read; 0: it is there */
};

int desk_init(struct desk *d, const struct rules *rules, struct store *store, const struct log *log,
              struct metrics *metrics, const struct desk_settings *settings, struct err *err);
void desk_release(struct desk *d);

/* A negative code of any of these is the store's or the memory's trouble: drop the batch and try again later. A message
 * that is at fault itself is held, and is no error. */
int desk_begin(struct desk *d, moment_us now, struct err *err);
int desk_take(struct desk *d, const struct desk_message *m, struct err *err);
/* Holds a message that desk_take failed on for good, with the reason; in a batch of its own. */
int desk_set_aside(struct desk *d, const struct desk_message *m, const struct err *why, struct err *err);
int desk_overdue(struct desk *d, struct err *err); /* decides changes that have waited for an outcome long enough */
int desk_save(struct desk *d, struct err *err);    /* writes the records; d->out was complete before */
int desk_commit(struct desk *d, struct err *err);
void desk_drop(struct desk *d);
/* The message of d->out[index]; valid until the next desk_take or the batch's end. */
struct text desk_body(const struct desk *d, size_t index);

#endif
