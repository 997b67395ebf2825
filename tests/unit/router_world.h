/* router_world: a rehearsal (router/rehearsal.h tells its lines) with three systems, sf, shop and erp, for tests whose rows
 * carry their meaning. One line more: "crash LINE" is the line, not committed, and again: both must say the same. */
#ifndef TIDEGATE_TESTS_ROUTER_WORLD_H
#define TIDEGATE_TESTS_ROUTER_WORLD_H

#include "router/rehearsal.h"

struct world {
    struct schema *schema;
    struct rules *rules;
    struct store *store;
    struct rehearsal at;
    char file[64]; /* of the SQLite store; empty: in memory */
};

struct row {
    const char *line, *answer, *why;
};

void world_start(struct world *w, const char *rules, bool sqlite);
/* The store (of SQLite) is opened again, with other rules. Returns how many records had to be read for them. */
int64_t world_restart(struct world *w, const char *rules);
void world_stop(struct world *w);
/* What the line leads to; it lives as long as the world. */
const char *world_say(struct world *w, const char *line);
/* Runs rows until a NULL line, in a world on each kind of store; fails with the row that differs. */
void world_rows(const char *rules, const struct row *rows);

#endif
