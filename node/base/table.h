/* table: text key -> pointer, open addressing, grows to a maximum. Keys are copied; values are the caller's. */
#ifndef TIDEGATE_BASE_TABLE_H
#define TIDEGATE_BASE_TABLE_H

#include "text.h"

struct table_slot;
struct table {
    struct table_slot *slots;
    size_t slot_count, count, max;
};

void table_init(struct table *t, size_t max_entries);
void table_release(struct table *t); /* frees keys, not values */
void *table_get(const struct table *t, struct text key);
/* Sets or replaces. Returns 0, or ERR_TOO_LARGE past the maximum, or ERR_NOMEM. value must not be NULL. */
int table_put(struct table *t, struct text key, void *value);
void *table_remove(struct table *t, struct text key); /* the value that was there, or NULL */
/* Walks in no order: start with *cursor = 0; false at the end. The table may not change meanwhile. */
bool table_next(const struct table *t, size_t *cursor, struct text *key, void **value);

#endif
