/* Benchmark a: how many changes a second one core decides: decode, decide, encode, without a broker.
 *
 * 100,000 records are made known to a desk (with their objects in every target), then the changes of workload.h come,
 * in batches as the router takes them: made and encoded first, as they would come from a socket; then each is decoded,
 * checked, decided, and its commands encoded, and the batch is committed. Only that is measured.
 *
 *   decide [--changes N] [--records N] [--sqlite FILE] */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "router/desk.h"
#include "workload.h"

#define BATCH 256
#define BATCH_BYTES_MAX (1u << 20)
#define NOW (1800000000 * MOMENT_SECOND)

static const char *const systems[] = {"salesforce", "shop", "erp"};

struct times {
    double cpu, wall; /* seconds; cpu: of this process, whatever else the machine does */
};

struct bench {
    struct schema *schema;
    struct rules *rules;
    struct store *store;
    struct metrics metrics;
    struct desk desk;
    struct workload workload;
    struct buf bytes;     /* a batch, message after message */
    size_t ends[BATCH];   /* of each message in bytes */
    size_t count;
    uint64_t changes, change_bytes, commands, command_bytes;
    struct times took;
};

static void must(int rc, const struct err *err)
{
    if (rc) {
        fprintf(stderr, "decide: %s\n", err->text);
        exit(1);
    }
}

/* The workload's next messages; false at its end. */
static bool fill(struct bench *b)
{
    const struct message *m;
    struct err err;
    buf_reset(&b->bytes);
    for (b->count = 0; b->count < BATCH && (m = workload_next(&b->workload)); b->count++) {
        message_write(&b->bytes, m);
        b->ends[b->count] = b->bytes.n;
    }
    if (buf_failed(&b->bytes))
        must(err_set(&err, ERR_TOO_LARGE, "the messages of a batch are too large"), &err);
    return b->count > 0;
}

static void decide_batch(struct bench *b)
{
    struct err err = {0};
    must(desk_begin(&b->desk, NOW, &err), &err);
    for (size_t i = 0, from = 0; i < b->count; from = b->ends[i++]) {
        struct desk_message m = {.body = {b->bytes.p + from, b->ends[i] - from}};
        must(desk_take(&b->desk, &m, &err), &err);
    }
    b->commands += b->desk.out_count;
    b->command_bytes += b->desk.bodies.n;
    must(desk_save(&b->desk, &err), &err);
    must(desk_commit(&b->desk, &err), &err);
}

static double seconds(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Apart, so that callgrind can count it alone (decide.py). */
__attribute__((noinline)) static void measured(struct bench *b)
{
    double cpu = seconds(CLOCK_PROCESS_CPUTIME_ID), wall = seconds(CLOCK_MONOTONIC);
    decide_batch(b);
    b->took.cpu += seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    b->took.wall += seconds(CLOCK_MONOTONIC) - wall;
}

static void start(struct bench *b, const char *sqlite)
{
    static const char *const folders[] = {"proto/entities"};
    struct desk_settings settings = {.first_reads_done = true};
    struct err err = {0};
    must(schema_load(&b->schema, folders, 1, &err), &err);
    must(rules_load(&b->rules, "config/rules.cfg", b->schema, systems, 3, NULL, &err), &err);
    must(sqlite ? store_sqlite_open(&b->store, sqlite, b->schema, systems, 3, &err)
                : store_memory_open(&b->store, systems, 3, &err),
         &err);
    must(metrics_init(&b->metrics, schema_count(b->schema), &err), &err);
    must(desk_init(&b->desk, b->rules, b->store, NULL, &b->metrics, &settings, &err), &err);
    buf_init(&b->bytes, BATCH_BYTES_MAX);
}

static void stop(struct bench *b)
{
    desk_release(&b->desk);
    metrics_release(&b->metrics);
    b->store->ops->close(b->store);
    rules_free(b->rules);
    schema_free(b->schema);
    buf_release(&b->bytes);
}

static void run(struct bench *b, unsigned records, unsigned changes)
{
    workload_known(&b->workload, records);
    while (fill(b))
        decide_batch(b);
    b->commands = b->command_bytes = 0;
    workload_changes(&b->workload, records, changes, 1);
    while (fill(b)) {
        b->changes += b->count;
        b->change_bytes += b->bytes.n;
        measured(b);
    }
}

static void report(const struct bench *b, unsigned records, const char *sqlite)
{
    double count = (double)b->changes;
    printf("decide: %llu changes, %s, %u records: %.0f changes/s of one core, %.2f us each (%.2f us by the clock)\n",
           (unsigned long long)b->changes, sqlite ? "SQLite" : "in memory", records, count / b->took.cpu,
           1e6 * b->took.cpu / count, 1e6 * b->took.wall / count);
    printf("  whole objects of %llu bytes on average; %llu commands of %llu bytes; batches of %d\n",
           (unsigned long long)(b->change_bytes / b->changes), (unsigned long long)b->commands,
           (unsigned long long)(b->commands ? b->command_bytes / b->commands : 0), BATCH);
}

int main(int argc, char **argv)
{
    static struct bench b;
    const char *sqlite = NULL;
    unsigned changes = 300000, records = 100000;
    for (int i = 1; i + 1 < argc; i += 2) {
        if (!strcmp(argv[i], "--changes"))
            changes = (unsigned)strtoul(argv[i + 1], NULL, 10);
        else if (!strcmp(argv[i], "--records"))
            records = (unsigned)strtoul(argv[i + 1], NULL, 10);
        else if (!strcmp(argv[i], "--sqlite"))
            sqlite = argv[i + 1];
    }
    if (!changes || !records)
        return 2;
    start(&b, sqlite);
    run(&b, records, changes);
    report(&b, records, sqlite);
    stop(&b);
    return 0;
}
