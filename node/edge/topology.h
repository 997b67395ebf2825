/* topology: every exchange, queue and binding of Tidegate, declared in this one place, idempotently.
 *
 *   tidegate.changes  ─#─▶ tidegate.router, tidegate.journal (stream)
 *   tidegate.commands ─<system>.*.*─▶ tidegate.to.<system>   (bulk.<system>.*.* ─▶ tidegate.to.<system>.bulk)
 *   tidegate.outcomes ─#─▶ tidegate.router.outcomes
 *   dead letters      ─▶ tidegate.dead (exchange, fanout) ─▶ tidegate.dead (queue)
 *
 * Queues are quorum queues with a delivery limit and dead letters. Adapters and the router declare nothing: this is
 * called by `tidegate up` and by `tidegate-router --declare`. */
#ifndef TIDEGATE_EDGE_TOPOLOGY_H
#define TIDEGATE_EDGE_TOPOLOGY_H

#include "amqp.h"

#define TOPOLOGY_CHANGES "tidegate.changes"
#define TOPOLOGY_COMMANDS "tidegate.commands"
#define TOPOLOGY_OUTCOMES "tidegate.outcomes"
#define TOPOLOGY_DEAD "tidegate.dead"
#define TOPOLOGY_ROUTER_QUEUE "tidegate.router"
#define TOPOLOGY_OUTCOME_QUEUE "tidegate.router.outcomes"
#define TOPOLOGY_JOURNAL "tidegate.journal"

struct topology_settings {
    const char *const *systems;
    size_t system_count;
    int delivery_limit;       /* redeliveries before a message is dead-lettered */
    int64_t journal_max_bytes; /* retention of the journal */
    int journal_max_age_days;
};

/* Connects with a connection of its own, declares, disconnects. Blocking; for start-up. A queue that exists with other
 * arguments is a clear error that names it. */
int topology_declare(const struct amqp_settings *broker, const struct topology_settings *t, struct err *err);
/* A queue (name: TOPOLOGY_TAP and something of the caller's own) that gets a copy of every message from now on, for looking
 * on. It holds the newest 10,000 and goes away a minute after nobody consumes it any more. Blocking. */
#define TOPOLOGY_TAP "tidegate.tap."
int topology_tap(const struct amqp_settings *broker, const char *queue, struct err *err);
/* "tidegate.to.<system>" */
void topology_target_queue(char *out, size_t size, const char *system);

#endif
