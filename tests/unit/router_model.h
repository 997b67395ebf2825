/* router_model: three systems as random histories need them (router_histories.c): objects that people edit, changes
 * that an adapter captures, commands that it carries out, now and then refuses or gets twice. It knows nothing of the
 * router: what goes between them are lines of a rehearsal (router/rehearsal.h), in queues. All that happens by chance
 * comes from the model's dice, so that the same dice give the same history. */
#ifndef TIDEGATE_TESTS_ROUTER_MODEL_H
#define TIDEGATE_TESTS_ROUTER_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SYSTEMS 3
#define OBJECTS_MAX 24
#define FIELDS 4
#define QUEUE_MAX 4096
#define LINE_MAX_BYTES 512

enum { ACCOUNT, PRODUCT, CONTACT, ENTITIES };
extern const char *const model_systems[SYSTEMS];
extern const char *const model_entities[ENTITIES];
extern const char *const model_fields[ENTITIES][FIELDS];

struct object {
    int entity;
    char native[16], key[48]; /* key: of its record, when a command brought it */
    long applied;             /* the last command's revision */
    long version;
    char values[FIELDS][8]; /* empty: null */
    bool dirty;             /* not captured since it changed */
};

struct queue { /* of lines, first in first out */
    char *lines[QUEUE_MAX];
    size_t first, end;
};

struct system {
    struct object objects[OBJECTS_MAX];
    size_t count;
    struct queue changes, commands, outcomes;
};

struct model {
    uint64_t dice;
    long clock;
    bool may_make[ENTITIES][SYSTEMS]; /* whether people make objects there */
    struct system systems[SYSTEMS];
    char trouble[2048]; /* the first thing that is wrong; empty: none */
};

uint64_t model_roll(struct model *m, uint64_t sides); /* 0 to sides - 1 */
void model_wrong(struct model *m, const char *what, const char *detail);
void model_push(struct model *m, struct queue *q, const char *line); /* copies the line */
bool queue_is_empty(const struct queue *q);

void model_edit(struct model *m);                  /* somebody makes or edits an object somewhere */
void model_capture(struct model *m, int system);   /* one object's change goes to the system's changes */
void model_carry_out(struct model *m, int system); /* its first command; the answer goes to its outcomes */
bool model_is_quiet(const struct model *m);        /* nothing to capture, and nothing in a queue */
void model_release(struct model *m);               /* the lines */

#endif
