/* wait_key: what a waiting entry waits for, as a text: the store's key for it. All texts come from the arena; a failed
 * arena gives an empty one. */
#ifndef TIDEGATE_ROUTER_WAIT_KEY_H
#define TIDEGATE_ROUTER_WAIT_KEY_H

#include "base/arena.h"

/* An object of a system becomes known as some record. */
struct text wait_key_link(struct arena *a, struct text system, struct text entity, struct text native);
/* A record has an object in a system. */
struct text wait_key_target(struct arena *a, struct text system, struct text record_key);
/* The system of such a key; false for any other. */
bool wait_key_is_target(struct text key, struct text *system);
/* A record has this (normalised) match value. */
struct text wait_key_match(struct arena *a, struct text entity, struct text field, struct text value);
/* The record exists. */
struct text wait_key_record(struct arena *a, struct text record_key);
/* No command to the system is under way for the record. */
struct text wait_key_outcome(struct arena *a, struct text system, struct text record_key);
/* The two parts of such a key; false for any other. */
bool wait_key_is_outcome(struct text key, struct text *system, struct text *record_key);
/* The first read of the entity in the system is through. */
struct text wait_key_snapshot(struct arena *a, struct text system, struct text entity);
/* No command that makes an object of the entity is under way to the system. */
struct text wait_key_creating(struct arena *a, struct text system, struct text entity);

#endif
