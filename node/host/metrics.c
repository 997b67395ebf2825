#include "metrics.h"

#include <inttypes.h>

static const double bounds[LATENCY_BUCKETS] = {0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300};
static const char *const webhook_words[] = {"accepted", "duplicate", "ignored",    "denied",
                                            "invalid",  "refused",   "unavailable"};
static const char *const delivery_words[] = {"done", "retry", "refused", "outage", "stale", "repeated", "broken"};
static const char *const call_words[] = {"2xx", "3xx", "4xx", "429", "5xx", "failed"};

const char *webhook_result_word(enum webhook_result r)
{
    return webhook_words[r];
}

void metrics_call(struct metrics *m, int status)
{
    enum call_class c = CALL_FAILED;
    if (status == 429)
        c = CALL_429;
    else if (status >= 200 && status < 600)
        c = status < 300 ? CALL_2XX : status < 400 ? CALL_3XX : status < 500 ? CALL_4XX : CALL_5XX;
    m->calls[c]++;
}

void metrics_latency(struct metrics *m, int64_t us)
{
    double s = us > 0 ? (double)us / 1e6 : 0;
    int i = 0;
    while (i < LATENCY_BUCKETS && s > bounds[i])
        i++;
    m->latency[i]++;
    m->latency_count++;
    m->latency_sum_s += s;
}

void metrics_head(struct buf *out, const char *name, const char *type, const char *help)
{
    buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void counter(struct buf *out, const char *name, const char *system, const char *help, uint64_t n)
{
    metrics_head(out, name, "counter", help);
    buf_printf(out, "%s{system=\"%s\"} %" PRIu64 "\n", name, system, n);
}

static void counters(struct buf *out, const char *name, const char *system, const char *help, const char *label,
                     const char *const *words, const uint64_t *n, size_t count)
{
    metrics_head(out, name, "counter", help);
    for (size_t i = 0; i < count; i++)
        buf_printf(out, "%s{system=\"%s\",%s=\"%s\"} %" PRIu64 "\n", name, system, label, words[i], n[i]);
}

static void histogram(struct buf *out, const struct metrics *m, const char *system)
{
    static const char name[] = "tidegate_delivery_seconds";
    uint64_t below = 0;
    metrics_head(out, name, "histogram", "From the command's time to the object written.");
    for (int i = 0; i < LATENCY_BUCKETS; i++) {
        below += m->latency[i];
        buf_printf(out, "%s_bucket{system=\"%s\",le=\"%g\"} %" PRIu64 "\n", name, system, bounds[i], below);
    }
    buf_printf(out, "%s_bucket{system=\"%s\",le=\"+Inf\"} %" PRIu64 "\n", name, system, m->latency_count);
    buf_printf(out, "%s_sum{system=\"%s\"} %.6f\n", name, system, m->latency_sum_s);
    buf_printf(out, "%s_count{system=\"%s\"} %" PRIu64 "\n", name, system, m->latency_count);
}

void metrics_write(struct buf *out, const struct metrics *m, const char *system)
{
    counter(out, "tidegate_changes_published_total", system, "Changes published and confirmed.", m->published);
    counter(out, "tidegate_changes_duplicate_total", system, "Objects read that had not changed.", m->duplicates);
    counter(out, "tidegate_changes_deferred_total", system, "Reads that overlapped a write of ours, read again later.",
            m->deferred);
    counter(out, "tidegate_changes_refused_total", system, "Objects read that the mapping could not take.", m->refused);
    counter(out, "tidegate_changes_denied_total", system, "Objects read that held a payment card number.", m->denied);
    counters(out, "tidegate_webhooks_total", system, "Pushes by what became of them.", "result", webhook_words,
             m->webhooks, WEBHOOK_RESULTS);
    counters(out, "tidegate_deliveries_total", system, "Commands by verdict.", "verdict", delivery_words, m->deliveries,
             DELIVERY_COUNTS);
    counters(out, "tidegate_api_calls_total", system, "API calls by class of the answer.", "class", call_words,
             m->calls, CALL_CLASSES);
    histogram(out, m, system);
}
