/* topology: the arguments of every queue, written out in full. RabbitMQ 3.10 and 4.0 differ in what they take for
 * granted (4.0 gives a quorum queue a delivery limit of 20, 3.10 none), and a queue's arguments never change after it
 * was made; so nothing that we rely on is left to a default, and both versions accept the same arguments.
 *
 * A queue with dead letters uses the at-least-once strategy, which needs overflow=reject-publish: a message that is
 * dead-lettered leaves its queue only when the dead-letter queue has confirmed it
 * (https://www.rabbitmq.com/docs/quorum-queues#activating-at-least-once-dead-lettering). */
#include "topology.h"
#include "amqp_declare.h"

#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <time.h>

#define RPC_MS 15000
#define RECOVERY_MS 30000
#define RECOVERY_PAUSE_MS 250
#define DELIVERY_LIMIT 100 /* a kill -9 counts for every message that the process had in its hands */
#define JOURNAL_BYTES (10LL * 1000 * 1000 * 1000)
#define JOURNAL_DAYS 30
#define SEGMENT_LEAST (1 * 1000 * 1000)
#define SEGMENT_MOST (500 * 1000 * 1000) /* RabbitMQ's default */
#define NAME_MAX_BYTES 100

void topology_target_queue(char *out, size_t size, const char *system)
{
    snprintf(out, size, "tidegate.to.%s", system);
}

static int declare_queue(struct amqp_wire *w, const char *name, const struct amqp_argument *arguments, size_t count,
                         struct err *err)
{
    struct err why;
    int rc = amqp_declare_queue(w, name, arguments, count, &why);
    if (rc == ERR_CONFLICT)
        return err_set(err, rc,
                       "queue %s exists with other arguments (%s): put the setting back, or empty and delete it", name,
                       why.text);
    if (rc && err)
        *err = why;
    return rc;
}

static int declare_work_queue(struct amqp_wire *w, const char *name, int delivery_limit, struct err *err)
{
    const struct amqp_argument arguments[] = {
        {"x-queue-type", "quorum", 0},
        {"x-delivery-limit", NULL, delivery_limit > 0 ? delivery_limit : DELIVERY_LIMIT},
        {"x-dead-letter-exchange", TOPOLOGY_DEAD, 0},
        {"x-dead-letter-strategy", "at-least-once", 0},
        {"x-overflow", "reject-publish", 0},
    };
    return declare_queue(w, name, arguments, sizeof arguments / sizeof *arguments, err);
}

/* Nothing comes after the dead letters: a limit would throw them away. "No limit" is written differently in 3.10 and
 * 4.0, but both take a number that is never reached. */
static int declare_dead(struct amqp_wire *w, struct err *err)
{
    const struct amqp_argument arguments[] = {
        {"x-queue-type", "quorum", 0},
        {"x-delivery-limit", NULL, INT_MAX},
        {"x-overflow", "reject-publish", 0},
    };
    int rc = amqp_declare_exchange(w, TOPOLOGY_DEAD, "fanout", err);
    if (rc == 0)
        rc = declare_queue(w, TOPOLOGY_DEAD, arguments, sizeof arguments / sizeof *arguments, err);
    return rc ? rc : amqp_declare_binding(w, TOPOLOGY_DEAD, TOPOLOGY_DEAD, "", err);
}

/* Retention drops whole segments, so a small journal needs small ones. */
static int64_t segment_bytes(int64_t journal_bytes)
{
    int64_t bytes = journal_bytes / 20;
    return bytes < SEGMENT_LEAST ? SEGMENT_LEAST : bytes > SEGMENT_MOST ? SEGMENT_MOST : bytes;
}

static int declare_journal(struct amqp_wire *w, const struct topology_settings *t, struct err *err)
{
    char age[24];
    int64_t bytes = t->journal_max_bytes > 0 ? t->journal_max_bytes : JOURNAL_BYTES;
    snprintf(age, sizeof age, "%dD", t->journal_max_age_days > 0 ? t->journal_max_age_days : JOURNAL_DAYS);
    const struct amqp_argument arguments[] = {
        {"x-queue-type", "stream", 0},
        {"x-max-length-bytes", NULL, bytes},
        {"x-max-age", age, 0},
        {"x-stream-max-segment-size-bytes", NULL, segment_bytes(bytes)},
    };
    int rc = declare_queue(w, TOPOLOGY_JOURNAL, arguments, sizeof arguments / sizeof *arguments, err);
    return rc ? rc : amqp_declare_binding(w, TOPOLOGY_JOURNAL, TOPOLOGY_CHANGES, "#", err);
}

static int declare_router(struct amqp_wire *w, int delivery_limit, struct err *err)
{
    static const struct {
        const char *queue, *exchange;
    } queues[] = {{TOPOLOGY_ROUTER_QUEUE, TOPOLOGY_CHANGES}, {TOPOLOGY_OUTCOME_QUEUE, TOPOLOGY_OUTCOMES}};
    for (size_t i = 0; i < sizeof queues / sizeof *queues; i++) {
        int rc = declare_work_queue(w, queues[i].queue, delivery_limit, err);
        if (rc == 0)
            rc = amqp_declare_binding(w, queues[i].queue, queues[i].exchange, "#", err);
        if (rc)
            return rc;
    }
    return 0;
}

/* A name is one word of a routing key, so no dot and no wildcard. */
static int check_system(const char *system, struct err *err)
{
    size_t n = strlen(system);
    for (size_t i = 0; i < n; i++)
        if (!isalnum((unsigned char)system[i]) && !strchr("_-", system[i]))
            return err_set(err, ERR_INVALID, "system name \"%s\": only letters, digits, _ and -", system);
    if (n == 0 || n > NAME_MAX_BYTES)
        return err_set(err, ERR_INVALID, "system name \"%.100s\": between 1 and %d letters", system, NAME_MAX_BYTES);
    return 0;
}

static int declare_target(struct amqp_wire *w, const char *system, int delivery_limit, bool bulk, struct err *err)
{
    char queue[NAME_MAX_BYTES + 32], key[NAME_MAX_BYTES + 32];
    topology_target_queue(queue, sizeof queue - 8, system);
    if (bulk)
        strncat(queue, ".bulk", 6);
    snprintf(key, sizeof key, "%s%s.*.*", bulk ? "bulk." : "", system);
    int rc = declare_work_queue(w, queue, delivery_limit, err);
    return rc ? rc : amqp_declare_binding(w, queue, TOPOLOGY_COMMANDS, key, err);
}

static int declare_targets(struct amqp_wire *w, const struct topology_settings *t, struct err *err)
{
    for (size_t i = 0; i < t->system_count; i++) {
        int rc = check_system(t->systems[i], err);
        if (rc == 0)
            rc = declare_target(w, t->systems[i], t->delivery_limit, false, err);
        if (rc == 0)
            rc = declare_target(w, t->systems[i], t->delivery_limit, true, err);
        if (rc)
            return rc;
    }
    return 0;
}

static const char *const topics[] = {TOPOLOGY_CHANGES, TOPOLOGY_COMMANDS, TOPOLOGY_OUTCOMES};

static int declare_exchanges(struct amqp_wire *w, struct err *err)
{
    for (size_t i = 0; i < sizeof topics / sizeof *topics; i++) {
        int rc = amqp_declare_exchange(w, topics[i], "topic", err);
        if (rc)
            return rc;
    }
    return 0;
}

static int declare_all(const struct amqp_settings *broker, const struct topology_settings *t, struct err *err)
{
    struct amqp_wire *w;
    int rc = amqp_wire_open(&w, broker, RPC_MS, err);
    if (rc)
        return rc;
    rc = declare_exchanges(w, err);
    if (rc == 0)
        rc = declare_dead(w, err);
    if (rc == 0)
        rc = declare_router(w, t->delivery_limit, err);
    if (rc == 0)
        rc = declare_journal(w, t, err);
    if (rc == 0)
        rc = declare_targets(w, t, err);
    amqp_wire_close(w, rc == 0);
    return rc;
}

/* For some seconds after a crash the broker takes connections while its queues still recover; declaring one of those is
 * then answered with not-found ("home node … is down or inaccessible"). */
int topology_declare(const struct amqp_settings *broker, const struct topology_settings *t, struct err *err)
{
    const struct timespec pause = {.tv_nsec = RECOVERY_PAUSE_MS * 1000000L};
    int rc = declare_all(broker, t, err);
    for (int waited = 0; rc == ERR_NOT_FOUND && waited < RECOVERY_MS; waited += RECOVERY_PAUSE_MS) {
        nanosleep(&pause, NULL);
        rc = declare_all(broker, t, err);
    }
    return rc;
}

int topology_tap(const struct amqp_settings *broker, const char *queue, struct err *err)
{
    static const struct amqp_argument arguments[] = {
        {"x-expires", NULL, 60000},
        {"x-max-length", NULL, 10000},
        {"x-overflow", "drop-head", 0},
    };
    struct amqp_wire *w;
    int rc = amqp_wire_open(&w, broker, RPC_MS, err);
    if (rc)
        return rc;
    rc = declare_queue(w, queue, arguments, sizeof arguments / sizeof *arguments, err);
    for (size_t i = 0; rc == 0 && i < sizeof topics / sizeof *topics; i++)
        rc = amqp_declare_binding(w, queue, topics[i], "#", err);
    amqp_wire_close(w, rc == 0);
    return rc;
}
