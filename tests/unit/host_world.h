/* host_world: what an adapter process lives between, for tests of the host: a real broker, of which the test is the
 * router's side, and an API that the test plays and makes misbehave. One loop serves both. */
#ifndef TIDEGATE_TESTS_HOST_WORLD_H
#define TIDEGATE_TESTS_HOST_WORLD_H

#include <sys/types.h>
#include "broker.h"
#include "edge/amqp.h"
#include "edge/http_client.h"
#include "edge/http_server.h"
#include "proto/message.h"

#define OBJECTS_OF_API 512
#define MESSAGES_MAX 4096

struct api_object {
    char id[32], key[96], sku[64], name[64];
    int seq;          /* of its last change */
    int writes;       /* by the adapter */
    char order[4096]; /* names written, in order, one ';' behind each */
};

struct told { /* a message that the adapter published */
    char id[64], subject[96], sku[64], name[64], native[64], reason[300], command[64];
    int64_t revision;
    enum verdict verdict;
    enum refusal refusal;
    enum message_op op;
};

struct world {
    struct broker broker;
    struct loop *loop;
    struct amqp *amqp;
    struct http_server *api;
    struct http_client *client;
    const char *program;
    char folder[64];
    pid_t pid;
    /* the API */
    struct api_object objects[OBJECTS_OF_API];
    int object_count, seq;
    bool down;           /* 503 to everything */
    int glitch_every;    /* 503 to every so many calls but /open; 0: never */
    bool mute;           /* 418 to polls, of which the adapter makes a failure without words */
    int delay_ms;        /* of writes: half before, half after they are made */
    int read_delay_ms;   /* of reads, after the object was looked at */
    int used_up;         /* writes answered 420, for which the adapter asks for a pause of 6 s */
    int throttled;       /* writes answered 429 with Retry-After 1 */
    char refuse_sku[64]; /* 422 */
    char lock_sku[64];   /* 423 to the SKUs that begin so, which the adapter takes as a retry */
    char hang_sku[64];   /* written, but never answered in time */
    int writing, writing_peak, creates, reads, by_key, opens, calls, glitches;
    int pages; /* polls that found something */
    /* what the adapter said */
    struct told changes[MESSAGES_MAX], outcomes[MESSAGES_MAX], dead[16];
    int change_count, outcome_count, dead_count;
};

struct world *world_new(const struct broker *b, const char *program);
void world_free(struct world *w);
void world_start(struct world *w);                  /* the adapter; waits until it is ready */
void world_spawn(struct world *w);                  /* without waiting */
int world_stop(struct world *w, int signal_number); /* its exit status, or minus the signal */
void world_turn(struct world *w);
void world_turn_ms(struct world *w, int ms);
/* GET or POST to the adapter; returns the status, or a negative code. */
int world_http(struct world *w, const char *method, const char *path, const char *body, const char *secret,
               char *answer, size_t size);
int world_push(struct world *w, const char *body, const char *secret); /* a webhook; its status */
bool world_says(struct world *w, const char *path, const char *words); /* GET: 200, with these words */
/* Writes the adapter's mapping, of one entity, for its next start. fields: the list's entries. */
void world_mapping(const struct world *w, const char *entity, const char *fields);

/* The API (host_api.c). */
void api_open(struct world *w);
struct api_object *api_add(struct world *w, const char *id, const char *sku, const char *name);
void api_edit(struct world *w, const char *id, const char *name);
struct api_object *api_find(struct world *w, const char *id);
struct api_object *api_find_key(struct world *w, const char *key);

/* A command for record `key`, "SYSTEM:ENTITY:ID". native may be "". name NULL: only the SKU. */
void world_command(struct world *w, const char *key, int64_t revision, const char *native, const char *sku,
                   const char *name);
void world_publish(struct world *w, const char *routing_key, struct text body, const char *id);
int world_outcomes_of(const struct world *w, const char *key, const struct told **last);
int world_changes_of(const struct world *w, const char *id, const struct told **last);

#define WORLD_WAIT_US (30 * MOMENT_SECOND)
#define UNTIL(w, condition)                                                                                            \
    do {                                                                                                               \
        int64_t start_ = loop_uptime_us((w)->loop);                                                                    \
        while (!(condition)) {                                                                                         \
            world_turn(w);                                                                                             \
            if (loop_uptime_us((w)->loop) - start_ > WORLD_WAIT_US)                                                    \
                fail_msg("not within %lld s: %s", (long long)(WORLD_WAIT_US / MOMENT_SECOND), #condition);             \
        }                                                                                                              \
    } while (0)

#endif
