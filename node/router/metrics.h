/* metrics: what the router has done since it started, counted, and written as Prometheus reads it (text exposition
 * format 0.0.4). Nothing here decides anything. */
#ifndef TIDEGATE_ROUTER_METRICS_H
#define TIDEGATE_ROUTER_METRICS_H

#include "base/buf.h"
#include "base/err.h"
#include "proto/message.h"
#include "rules.h"
#include "store.h"

enum change_result {
    CHANGE_APPLIED,   /* the record changed */
    CHANGE_NOTED,     /* where the system stands was learned; the record holds otherwise or the same */
    CHANGE_ECHO,      /* our own write, seen again */
    CHANGE_DUPLICATE, /* nothing new */
    CHANGE_OLDER,
    CHANGE_DEFERRED, /* waits for an outcome */
    CHANGE_REFUSED,  /* some field was not the system's to set */
    CHANGE_HELD,
    CHANGE_RESULTS
};

/* A histogram with fixed bounds: counts by bound, sum, count. */
#define HISTOGRAM_BOUNDS 12
struct histogram {
    const double *bounds; /* HISTOGRAM_BOUNDS, ascending */
    uint64_t counts[HISTOGRAM_BOUNDS + 1];
    double sum;
};

struct metrics {
    size_t entity_count;
    uint64_t (*changes)[CHANGE_RESULTS]; /* by entity */
    uint64_t commands[RULES_SYSTEMS_MAX], outcomes[VERDICT_STALE + 1], held[HELD_REASONS], released, invalid;
    uint64_t batches, batches_failed;
    struct histogram batch_size, decide_us, change_to_command_s;
};

int metrics_init(struct metrics *m, size_t entity_count, struct err *err);
void metrics_release(struct metrics *m);
void histogram_add(struct histogram *h, double x);
/* counts: of the store now; up: whether the broker is connected. */
void metrics_write(struct buf *out, const struct metrics *m, const struct rules *rules,
                   const struct store_counts *counts, bool up);
const char *change_result_word(enum change_result r);

#endif
