/* why: one record, told so that a person sees why each value is what it is: who set it, when, by which message and rule,
 * and how each system stands to it. Values are masked by their schema; nothing in here is personal. */
#ifndef TIDEGATE_ROUTER_WHY_H
#define TIDEGATE_ROUTER_WHY_H

#include "store.h"
#include "rules.h"

/* Appends one JSON object: key, entity, revision, systems {name: {native, version, in_flight, waits, rejected}}, fields
 * {name: value}, set_by {name: {system, time, message, rule, at: {system: sentence}}}, held [items about the record].
 * A system that a field has nothing to do with is not in its `at`. */
int why_write(struct buf *out, const struct record *r, const struct rules *rules, struct store *store, struct arena *a,
              struct err *err);

#define WHY_FOUND_MAX 10
/* The records that a person may mean: by the record's key, by "SYSTEM:NATIVE", by the native id in any system, or by a
 * match value. e: NULL when the entity is not said (then by key alone). Returns how many places, or negative. */
int why_find(struct store *store, const struct rules *rules, const struct entity *e, struct text name,
             int64_t places[WHY_FOUND_MAX], struct err *err);

#endif
