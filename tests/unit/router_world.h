/* router_world: a desk with a store and three systems (sf, shop, erp), driven by lines of text, for tests whose rows
 * carry their meaning. A line and what it leads to:
 *
 *   shop contact c1 v=1 {"email":"a@x.de"}          a change of object c1; also key=K t=SECONDS (of the change)
 *   sf done shop:contact:c1 #1 003 v=2 {"email":…}  an outcome: done, refused, stale, retry; #revision, native id
 *   crash LINE                                       the line, not committed, and again: both must say the same
 *   wait 61                                          so many seconds pass, and what is overdue is decided
 *
 * Answers, a line each: the results ("applied", "echo", …); what is told ("sf shop:contact:c1 #1 new {…}", or the native
 * id in the place of new); what is held now and was not ("+refused …cause") and the reverse ("-waiting"). */
#ifndef TIDEGATE_TESTS_ROUTER_WORLD_H
#define TIDEGATE_TESTS_ROUTER_WORLD_H

#include "router/desk.h"

struct world {
    struct schema *schema;
    struct rules *rules;
    struct store *store;
    struct metrics metrics;
    struct desk desk;
    struct arena arena;
    moment_us now;
    char file[64]; /* of the SQLite store; empty: in memory */
};

struct row {
    const char *line, *answer, *why;
};

void world_start(struct world *w, const char *rules, bool sqlite);
void world_stop(struct world *w);
/* What the line leads to; in the world's arena. */
const char *world_say(struct world *w, const char *line);
/* Runs rows until a NULL line, in a world on each kind of store; fails with the row that differs. */
void world_rows(const char *rules, const struct row *rows);

#endif
