/* workload: the messages of a business at work, made as fast as they can be sent; for the benchmarks through the
 * broker.
 *
 *   known    each record's first change, followed by the outcomes that give it an object in every target
 *   changes  whole objects, as adapters publish them, of records that are known, in which one or two fields are new:
 *            55 % stock, 30 % price, 10 % product, 5 % order (three lines)
 *
 *   commands products that a system is to make, as the router tells it
 *
 * The same numbers give the same messages. Of `records`, 45 % are stock levels, 30 % prices, 20 % products, 5 % orders.
 */
#ifndef TIDEGATE_BENCH_WORKLOAD_H
#define TIDEGATE_BENCH_WORKLOAD_H

#include "proto/message.h"

#define WORKLOAD_TARGETS_MAX 2

struct workload_object { /* room for one object's fields */
    struct member members[16], lines[3][8];
    struct value items[3];
    char texts[32][48];
    uint32_t count, used;
};

struct workload_outcome {
    struct message message;
    char native[48], command[UUID_TEXT], id[UUID_TEXT];
};

struct workload {
    unsigned products, prices, stocks, orders;
    bool known;
    const char *target; /* of commands */
    unsigned at;        /* the next message; of known: the next record */
    unsigned count;     /* of changes: how many */
    unsigned round;     /* of changes: grows from one feed to the next, so that each is news */
    uint64_t random;
    struct workload_object object;
    struct message message;
    struct workload_outcome outcomes[WORKLOAD_TARGETS_MAX]; /* of known: still to be given */
    unsigned outcome_count;
    char native[48], key[80];
    char id[UUID_TEXT], version[MOMENT_TEXT_MAX];
};

void workload_known(struct workload *w, unsigned records);
void workload_changes(struct workload *w, unsigned records, unsigned count, unsigned round);
void workload_commands(struct workload *w, const char *target, unsigned count);
/* The next message, borrowed until the next call; NULL at the end. */
const struct message *workload_next(struct workload *w);

#endif
