/* rehearsal: a desk that is driven by lines of text: what would the router do? For policy tests, and for tests of the router
 * itself. A line, and what it leads to:
 *
 *   shop contact c1 v=1 {"email": "a@x.de"}          a change of object c1; also key=K, t=SECONDS (its time), after=REVISION
 *                                                    (the command that the adapter had carried out when it read the object)
 *   shop contact c1 deleted                          the object is gone
 *   shop contact snapshot                            the first read of the entity is through
 *   sf done shop:contact:c1 #1 003 v=2 {"email": …}  an outcome: done, refused WORD, stale, retry; #revision, native id
 *   wait 61                                          so many seconds pass, and what is overdue is decided
 *
 * Answers, a line each: the results ("applied", "echo", …); what is told ("sf shop:contact:c1 #1 new {…}", or the native id
 * in the place of new); what is held now and was not ("+refused CAUSE FILE:LINE") and the reverse ("-waiting"). A second
 * passes with each line. */
#ifndef TIDEGATE_ROUTER_REHEARSAL_H
#define TIDEGATE_ROUTER_REHEARSAL_H

#include "desk.h"

struct rehearsal {
    const struct schema *schema;
    struct store *store;
    struct metrics metrics;
    struct desk desk;
    struct arena arena; /* of all that was said */
    moment_us now;
};

/* Rules and store are borrowed until rehearsal_end. */
int rehearsal_start(struct rehearsal *r, const struct rules *rules, struct store *store, struct err *err);
void rehearsal_end(struct rehearsal *r);
/* *answer: what the line leads to, in r->arena. commit: false leaves the store as it was. ERR_INVALID when the line says
 * nothing that a router could be told. */
int rehearsal_say(struct rehearsal *r, struct text line, bool commit, const char **answer, struct err *err);

#endif
