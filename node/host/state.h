/* state: what the router knows of an object in this system, as hashes: one of the record key that the object carries and
 * one a field. Two reads that mean the same give the same state, so the second is no news.
 *
 * A delivery changes the fields that it wrote and no others: state_merge says so field by field, so that a person's
 * edit to another field, made just before our write, is still news when it is read. */
#ifndef TIDEGATE_HOST_STATE_H
#define TIDEGATE_HOST_STATE_H

#include "proto/schema.h"

/* Bytes in the arena; equal exactly when key and fields mean the same. Fields are checked (schema_check). */
struct text state_of(struct arena *a, const struct entity *e, struct text key, const struct value *fields);
struct text state_deleted(void);
struct text state_in_doubt(void); /* equal to none that is read */
/* `old` (empty: unknown) after a write of `fields`; key: what the object carries now, empty: as before. */
struct text state_merge(struct arena *a, struct text old, const struct entity *e, struct text key,
                        const struct value *fields);

#endif
