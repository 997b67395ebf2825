/* Benchmark a: how many changes a second one core decides: decode, decide, encode, without a broker.
 *
 * 100,000 records are made known to a desk (with their objects in every target), then changes arrive whose every
 * message holds the whole object, as adapters publish it, and in which one or two fields are new: 55 % stock, 30 %
 * price, 10 % product, 5 % order (three lines). Each is decoded, checked, decided, and its commands encoded; batches of
 * 256 are committed. Nothing is measured but that; the messages are made before.
 *
 *   decide [--changes N] [--sqlite FILE] [--at-least N]     --at-least: fails below so many changes a second */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "router/desk.h"

#define PRODUCTS 20000
#define PRICES 30000
#define STOCKS 45000
#define ORDERS 5000
#define BATCH 256

static const char *const systems[] = {"salesforce", "shop", "erp"};

struct bench {
    struct schema *schema;
    struct rules *rules;
    struct store *store;
    struct metrics metrics;
    struct desk desk;
    struct buf bytes; /* messages, back to back */
    size_t *ends;     /* of each message in bytes */
    size_t count, cap;
    uint64_t random;
    uint64_t commands, command_bytes;
};

static void must(int rc, const struct err *err)
{
    if (rc) {
        fprintf(stderr, "decide: %s\n", err->text);
        exit(1);
    }
}

static uint32_t draw(struct bench *b, uint32_t below)
{
    b->random ^= b->random << 13;
    b->random ^= b->random >> 7;
    b->random ^= b->random << 17;
    return (uint32_t)(b->random >> 33) % below;
}

/* ---- messages ---- */

static void add_message(struct bench *b, struct message *m)
{
    char id[UUID_TEXT];
    m->id = message_change_id(m, id);
    message_write(&b->bytes, m);
    if (buf_failed(&b->bytes) || b->count == b->cap) {
        fprintf(stderr, "decide: too many messages\n");
        exit(1);
    }
    b->ends[b->count++] = b->bytes.n;
}

struct object { /* room for one object's fields */
    struct member members[16], lines[3][8];
    struct value items[3];
    char texts[32][48];
    uint32_t count, used;
};

static struct value text(struct object *o, const char *format, unsigned n)
{
    char *t = o->texts[o->used++];
    snprintf(t, sizeof o->texts[0], format, n);
    return value_string(t);
}

static void set(struct object *o, const char *name, struct value v)
{
    o->members[o->count++] = (struct member){text_of(name), v};
}

static void change(struct bench *b, const char *system, const char *entity, const char *native, struct object *o,
                   unsigned round)
{
    struct message m = {.type = MESSAGE_CHANGE,
                        .source = text_of(system),
                        .entity = text_of(entity),
                        .subject_id = text_of(native),
                        .traceparent = text_of("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
                        .time = (1800000000 + (moment_us)round) * MOMENT_SECOND};
    char version[MOMENT_TEXT_MAX];
    m.version = moment_format(m.time, version);
    m.fields = (struct value){.kind = VALUE_MAP, .count = o->count, .members = o->members};
    add_message(b, &m);
}

static void product(struct bench *b, unsigned i, unsigned round)
{
    struct object o = {.count = 0};
    char native[48];
    snprintf(native, sizeof native, "01t%012u", i);
    set(&o, "sku", text(&o, "SKU-%u", i));
    set(&o, "name", text(&o, "Product number %u", i + round * 7));
    set(&o, "description",
        value_string("A longer text that says what this is good for, where it comes from, and how it "
                     "is best kept: cool, dry and away from the sun."));
    set(&o, "active", value_bool(true));
    set(&o, "barcode", text(&o, "AB%08u", i));
    set(&o, "category", value_string("Beverages"));
    set(&o, "unit", value_string("24 - 12 oz bottles"));
    set(&o, "weight", text(&o, "%u.25", i % 40));
    change(b, "salesforce", "product", native, &o, round);
}

static void price(struct bench *b, unsigned i, unsigned round)
{
    struct object o = {.count = 0};
    char native[48];
    snprintf(native, sizeof native, "01u%012u", i);
    set(&o, "product", text(&o, "01t%012u", i % PRODUCTS));
    set(&o, "list", value_string("standard"));
    set(&o, "currency", value_string("EUR"));
    set(&o, "min_quantity", value_string("1"));
    set(&o, "amount", text(&o, "%u.95", 1 + i % 90 + round));
    set(&o, "active", value_bool(true));
    change(b, "salesforce", "price", native, &o, round);
}

static void stock(struct bench *b, unsigned i, unsigned round)
{
    struct object o = {.count = 0};
    char native[48];
    snprintf(native, sizeof native, "%u:WH/Stock/%u", i % PRODUCTS, i / PRODUCTS);
    set(&o, "product", text(&o, "%u", i % PRODUCTS));
    set(&o, "location", value_string("main"));
    set(&o, "on_hand", text(&o, "%u", 100 + i % 900 + round));
    set(&o, "reserved", value_string("3"));
    set(&o, "available", text(&o, "%u", 97 + i % 900 + round));
    change(b, "erp", "inventory", native, &o, round);
}

static void order(struct bench *b, unsigned i, unsigned round)
{
    struct object o = {.count = 0};
    char native[48];
    snprintf(native, sizeof native, "%u", 5000000 + i);
    set(&o, "number", text(&o, "#%u", i));
    set(&o, "placed_at", value_string("2026-11-21T10:00:00.000000Z"));
    set(&o, "currency", value_string("EUR"));
    set(&o, "lifecycle", value_string("placed"));
    set(&o, "payment", value_string("paid"));
    set(&o, "note", text(&o, "Please ring %u times", round + 1));
    for (unsigned l = 0; l < 3; l++) {
        struct member *line = o.lines[l];
        line[0] = (struct member){text_of("key"), text(&o, "%u", l)};
        line[1] = (struct member){text_of("product"), text(&o, "gid-%u", (i + l) % PRODUCTS)};
        line[2] = (struct member){text_of("sku"), text(&o, "SKU-%u", (i + l) % PRODUCTS)};
        line[3] = (struct member){text_of("name"), value_string("Chai")};
        line[4] = (struct member){text_of("quantity"), value_string("2")};
        line[5] = (struct member){text_of("unit_price"), value_string("18.5")};
        line[6] = (struct member){text_of("total"), value_string("37")};
        o.items[l] = (struct value){.kind = VALUE_MAP, .count = 7, .members = line};
    }
    set(&o, "lines", (struct value){.kind = VALUE_LIST, .count = 3, .items = o.items});
    set(&o, "total", value_string("111"));
    change(b, "shop", "order", native, &o, round);
}

/* The objects that the record has in its targets. */
static void done(struct bench *b, const char *system, const char *entity, const char *key, const char *native)
{
    struct message m = {.type = MESSAGE_OUTCOME,
                        .source = text_of(system),
                        .entity = text_of(entity),
                        .subject_id = text_of(key),
                        .key = text_of(key),
                        .time = 1800000000 * MOMENT_SECOND,
                        .verdict = VERDICT_DONE,
                        .native = text_of(native),
                        .command = text_of("0192f0c0-0000-7000-8000-000000000000"),
                        .revision = 1};
    m.fields = (struct value){.kind = VALUE_MAP};
    add_message(b, &m);
}

static void known_product(struct bench *b, unsigned i)
{
    char key[64], native[48];
    product(b, i, 0);
    snprintf(key, sizeof key, "salesforce:product:01t%012u", i);
    snprintf(native, sizeof native, "gid-%u", i);
    done(b, "shop", "product", key, native);
    snprintf(native, sizeof native, "%u", i);
    done(b, "erp", "product", key, native);
}

static void known_price(struct bench *b, unsigned i)
{
    char key[64], native[48];
    price(b, i, 0);
    snprintf(key, sizeof key, "salesforce:price:01u%012u", i);
    snprintf(native, sizeof native, "v%u", i);
    done(b, "shop", "price", key, native);
    done(b, "erp", "price", key, native);
}

static void known_stock(struct bench *b, unsigned i)
{
    char key[64], native[48];
    stock(b, i, 0);
    snprintf(key, sizeof key, "erp:inventory:%u:WH/Stock/%u", i % PRODUCTS, i / PRODUCTS);
    snprintf(native, sizeof native, "gid-%u:main:%u", i % PRODUCTS, i / PRODUCTS);
    done(b, "shop", "inventory", key, native);
}

static void known_order(struct bench *b, unsigned i)
{
    char key[64], native[48];
    order(b, i, 0);
    snprintf(key, sizeof key, "shop:order:%u", 5000000 + i);
    snprintf(native, sizeof native, "801%09u", i);
    done(b, "salesforce", "order", key, native);
    snprintf(native, sizeof native, "S%05u", i);
    done(b, "erp", "order", key, native);
}

static void mixed_change(struct bench *b, unsigned round)
{
    uint32_t hundred = draw(b, 100);
    if (hundred < 55)
        stock(b, draw(b, STOCKS), round);
    else if (hundred < 85)
        price(b, draw(b, PRICES), round);
    else if (hundred < 95)
        product(b, draw(b, PRODUCTS), round);
    else
        order(b, draw(b, ORDERS), round);
}

/* ---- running ---- */

struct times {
    double cpu, wall; /* cpu: of this process, whatever else the machine does */
};

static double seconds(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static struct times now(void)
{
    return (struct times){seconds(CLOCK_PROCESS_CPUTIME_ID), seconds(CLOCK_MONOTONIC)};
}

static void decide_all(struct bench *b)
{
    struct err err = {0};
    for (size_t i = 0; i < b->count;) {
        must(desk_begin(&b->desk, 1800000000 * MOMENT_SECOND, &err), &err);
        for (size_t n = 0; n < BATCH && i < b->count; n++, i++) {
            size_t from = i ? b->ends[i - 1] : 0;
            struct desk_message m = {.body = {b->bytes.p + from, b->ends[i] - from}};
            must(desk_take(&b->desk, &m, &err), &err);
        }
        b->commands += b->desk.out_count;
        b->command_bytes += b->desk.bodies.n;
        must(desk_save(&b->desk, &err), &err);
        must(desk_commit(&b->desk, &err), &err);
    }
}

/* Apart, so that callgrind can count it alone: valgrind --tool=callgrind --toggle-collect=measured. */
__attribute__((noinline)) static struct times measured(struct bench *b)
{
    struct times began = now();
    decide_all(b);
    struct times ended = now();
    return (struct times){ended.cpu - began.cpu, ended.wall - began.wall};
}

static void forget_messages(struct bench *b)
{
    b->count = 0;
    buf_reset(&b->bytes);
    b->commands = b->command_bytes = 0;
}

static void make_known(struct bench *b)
{
    for (unsigned i = 0; i < PRODUCTS; i++)
        known_product(b, i);
    for (unsigned i = 0; i < PRICES; i++)
        known_price(b, i);
    for (unsigned i = 0; i < STOCKS; i++)
        known_stock(b, i);
    for (unsigned i = 0; i < ORDERS; i++)
        known_order(b, i);
    decide_all(b);
    forget_messages(b);
}

static long resident_kib(void)
{
    long pages = 0, resident = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    if (f && fscanf(f, "%ld %ld", &pages, &resident) != 2)
        resident = 0;
    if (f)
        fclose(f);
    return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

static void start(struct bench *b, const char *sqlite)
{
    static const char *const folders[] = {"proto/entities"};
    struct err err = {0};
    must(schema_load(&b->schema, folders, 1, &err), &err);
    must(rules_load(&b->rules, "config/rules.cfg", b->schema, systems, 3, NULL, &err), &err);
    if (sqlite)
        must(store_sqlite_open(&b->store, sqlite, b->schema, systems, 3, &err), &err);
    else
        must(store_memory_open(&b->store, systems, 3, &err), &err);
    must(metrics_init(&b->metrics, schema_count(b->schema), &err), &err);
    must(desk_init(&b->desk, b->rules, b->store, NULL, &b->metrics, &(struct desk_settings){.first_reads_done = true},
                   &err),
         &err);
}

static int report(const struct bench *b, const char *sqlite, size_t changes, struct times took, double at_least)
{
    uint64_t applied = 0;
    for (uint32_t e = 0; e < schema_count(b->schema); e++)
        applied += b->metrics.changes[e][CHANGE_APPLIED];
    double rate = (double)changes / took.cpu;
    printf("decide: %zu changes, %s, %d records: %.0f changes/s of one core, %.2f us each (%.2f us by the clock)\n",
           changes, sqlite ? "SQLite" : "in memory", PRODUCTS + PRICES + STOCKS + ORDERS, rate,
           1e6 * took.cpu / (double)changes, 1e6 * took.wall / (double)changes);
    printf("  mix: 55 %% stock, 30 %% price, 10 %% product, 5 %% order with 3 lines; whole objects of %zu bytes on "
           "average\n",
           b->bytes.n / changes);
    printf("  %llu commands of %llu bytes on average; %llu changes applied since the start; batches of %d\n",
           (unsigned long long)b->commands, (unsigned long long)(b->commands ? b->command_bytes / b->commands : 0),
           (unsigned long long)applied, BATCH);
    return rate < at_least;
}

int main(int argc, char **argv)
{
    static struct bench b;
    const char *sqlite = NULL;
    size_t changes = 300000;
    double at_least = 0;
    for (int i = 1; i + 1 < argc; i += 2) {
        if (!strcmp(argv[i], "--changes"))
            changes = (size_t)strtoull(argv[i + 1], NULL, 10);
        else if (!strcmp(argv[i], "--sqlite"))
            sqlite = argv[i + 1];
        else if (!strcmp(argv[i], "--at-least"))
            at_least = strtod(argv[i + 1], NULL);
    }
    b.cap = changes > 400000 ? changes : 400000;
    b.ends = calloc(b.cap, sizeof *b.ends);
    b.random = 88172645463325252u;
    buf_init(&b.bytes, (size_t)2 << 30);
    start(&b, sqlite);
    make_known(&b);
    if (sqlite) {
        buf_release(&b.bytes);
        printf("decide: %ld KiB resident after %d records through SQLite\n", resident_kib(),
               PRODUCTS + PRICES + STOCKS + ORDERS);
        buf_init(&b.bytes, (size_t)2 << 30);
    }
    for (size_t i = 0; i < changes; i++)
        mixed_change(&b, (unsigned)(1 + i / 1000));
    int rc = report(&b, sqlite, changes, measured(&b), at_least);
    desk_release(&b.desk);
    metrics_release(&b.metrics);
    b.store->ops->close(b.store);
    rules_free(b.rules);
    schema_free(b.schema);
    buf_release(&b.bytes);
    free(b.ends);
    return rc;
}
