#include "metrics.h"

#include <stdlib.h>

static const double sizes[HISTOGRAM_BOUNDS] = {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048};
static const double micros[HISTOGRAM_BOUNDS] = {1, 2, 5, 10, 20, 30, 50, 100, 250, 1000, 10000, 100000};
static const double seconds[HISTOGRAM_BOUNDS] = {.005, .01, .025, .05, .1, .25, 1, 5, 15, 60, 600, 3600};

int metrics_init(struct metrics *m, size_t entity_count, struct err *err)
{
    *m = (struct metrics){.entity_count = entity_count,
                          .batch_size = {.bounds = sizes},
                          .decide_us = {.bounds = micros},
                          .change_to_command_s = {.bounds = seconds}};
    m->changes = calloc(entity_count + 1, sizeof *m->changes);
    return m->changes ? 0 : err_set(err, ERR_NOMEM, "no memory for metrics");
}

void metrics_release(struct metrics *m)
{
    free(m->changes);
}

void histogram_add(struct histogram *h, double x)
{
    int i = 0;
    while (i < HISTOGRAM_BOUNDS && x > h->bounds[i])
        i++;
    h->counts[i]++;
    h->sum += x;
}

const char *change_result_word(enum change_result r)
{
    static const char *const words[] = {"applied", "noted",    "echo",    "duplicate",
                                        "older",   "deferred", "refused", "held"};
    return words[r];
}

static void head(struct buf *out, const char *name, const char *type, const char *help)
{
    buf_printf(out, "# HELP tidegate_router_%s %s\n# TYPE tidegate_router_%s %s\n", name, help, name, type);
}

static void write_histogram(struct buf *out, const char *name, const char *help, const struct histogram *h)
{
    uint64_t sum = 0;
    head(out, name, "histogram", help);
    for (int i = 0; i < HISTOGRAM_BOUNDS; i++) {
        sum += h->counts[i];
        buf_printf(out, "tidegate_router_%s_bucket{le=\"%g\"} %llu\n", name, h->bounds[i], (unsigned long long)sum);
    }
    sum += h->counts[HISTOGRAM_BOUNDS];
    buf_printf(out,
               "tidegate_router_%s_bucket{le=\"+Inf\"} %llu\ntidegate_router_%s_sum %.6f\n"
               "tidegate_router_%s_count %llu\n",
               name, (unsigned long long)sum, name, h->sum, name, (unsigned long long)sum);
}

static void one(struct buf *out, const char *name, const char *type, const char *help, uint64_t n)
{
    head(out, name, type, help);
    buf_printf(out, "tidegate_router_%s %llu\n", name, (unsigned long long)n);
}

static void write_changes(struct buf *out, const struct metrics *m, const struct rules *rules)
{
    head(out, "changes_total", "counter", "Changes decided, by entity and result.");
    for (uint32_t e = 0; e < m->entity_count; e++)
        for (int r = 0; r < CHANGE_RESULTS; r++)
            if (m->changes[e][r])
                buf_printf(out, "tidegate_router_changes_total{entity=\"%.*s\",result=\"%s\"} %llu\n",
                           TEXT_ARG(schema_at(rules_schema(rules), e)->name), change_result_word(r),
                           (unsigned long long)m->changes[e][r]);
}

static void write_commands(struct buf *out, const struct metrics *m, const struct rules *rules)
{
    head(out, "commands_total", "counter", "Commands published, by target.");
    for (size_t s = 0; s < rules_system_count(rules); s++)
        buf_printf(out, "tidegate_router_commands_total{target=\"%s\"} %llu\n", rules_system_name(rules, (int)s),
                   (unsigned long long)m->commands[s]);
    head(out, "outcomes_total", "counter", "Outcomes, by verdict.");
    for (int v = 0; v <= VERDICT_STALE; v++)
        buf_printf(out, "tidegate_router_outcomes_total{verdict=\"%s\"} %llu\n", verdict_word(v),
                   (unsigned long long)m->outcomes[v]);
}

static void write_held(struct buf *out, const struct metrics *m, const struct store_counts *c)
{
    head(out, "held", "gauge", "Items held now, by reason.");
    for (int r = 0; r < HELD_REASONS; r++)
        buf_printf(out, "tidegate_router_held{reason=\"%s\"} %lld\n", held_word(r), (long long)c->held[r]);
    head(out, "held_total", "counter", "Items that came to be held, by reason.");
    for (int r = 0; r < HELD_REASONS; r++)
        buf_printf(out, "tidegate_router_held_total{reason=\"%s\"} %llu\n", held_word(r),
                   (unsigned long long)m->held[r]);
    one(out, "released_total", "counter", "Held items that resolved by themselves.", m->released);
}

void metrics_write(struct buf *out, const struct metrics *m, const struct rules *rules,
                   const struct store_counts *counts, bool up)
{
    one(out, "broker_up", "gauge", "1 when the broker is connected.", up);
    write_changes(out, m, rules);
    write_commands(out, m, rules);
    write_held(out, m, counts);
    one(out, "records", "gauge", "Records known.", (uint64_t)counts->records);
    one(out, "links", "gauge", "Objects of systems that are linked to a record.", (uint64_t)counts->links);
    one(out, "waiting", "gauge", "Entries that wait for a link, a record or an outcome.", (uint64_t)counts->waiting);
    one(out, "batches_total", "counter", "Batches committed.", m->batches);
    one(out, "batches_failed_total", "counter", "Batches rolled back, to be decided again.", m->batches_failed);
    write_histogram(out, "batch_size", "Messages in a batch.", &m->batch_size);
    write_histogram(out, "decide_microseconds", "Time to decide one message.", &m->decide_us);
    write_histogram(out, "change_to_command_seconds", "From the time of a change to its command.",
                    &m->change_to_command_s);
}
