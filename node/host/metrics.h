/* metrics: what a process counts, and its Prometheus text (exposition format 0.0.4). */
#ifndef TIDEGATE_HOST_METRICS_H
#define TIDEGATE_HOST_METRICS_H

#include "base/buf.h"

enum webhook_result { WEBHOOK_ACCEPTED, WEBHOOK_DUPLICATE, WEBHOOK_IGNORED, WEBHOOK_DENIED, WEBHOOK_INVALID, WEBHOOK_REFUSED,
                      WEBHOOK_UNAVAILABLE, WEBHOOK_RESULTS };
enum delivery_count { COUNT_DONE, COUNT_RETRY, COUNT_REFUSED, COUNT_OUTAGE, COUNT_STALE, COUNT_REPEATED, COUNT_BROKEN,
                      DELIVERY_COUNTS };
enum call_class { CALL_2XX, CALL_3XX, CALL_4XX, CALL_429, CALL_5XX, CALL_FAILED, CALL_CLASSES };
#define LATENCY_BUCKETS 14

struct metrics {
    uint64_t published, duplicates, deferred, refused, denied;
    uint64_t webhooks[WEBHOOK_RESULTS];
    uint64_t deliveries[DELIVERY_COUNTS];
    uint64_t calls[CALL_CLASSES];
    uint64_t latency[LATENCY_BUCKETS + 1]; /* the last: over all bounds */
    uint64_t latency_count;
    double latency_sum_s;
};

void metrics_call(struct metrics *m, int status); /* status 0: no answer came */
void metrics_latency(struct metrics *m, int64_t us);
/* The counters; gauges are status.c's. */
void metrics_write(struct buf *out, const struct metrics *m, const char *system);
void metrics_head(struct buf *out, const char *name, const char *type, const char *help);
const char *webhook_result_word(enum webhook_result r);

#endif
