/* workset: the records that a batch works on. Each is loaded once, changed in place, and written once when the batch is
 * saved; dropped, nothing has happened. Pointers stay valid until then. */
#ifndef TIDEGATE_ROUTER_WORKSET_H
#define TIDEGATE_ROUTER_WORKSET_H

#include "store.h"

struct workset {
    struct store *store;
    struct record **slots; /* open addressing by place */
    size_t slot_count, count;
};

void workset_init(struct workset *w, struct store *store);
void workset_release(struct workset *w);
int workset_get(struct workset *w, int64_t place, struct record **out, struct err *err);
/* 1 and the record with this key; 0. */
int workset_by_key(struct workset *w, struct text key, struct record **out, struct err *err);
int workset_by_link(struct workset *w, int system, const struct entity *e, struct text native, struct record **out,
                    struct err *err);
int workset_add(struct workset *w, const struct entity *e, struct text key, struct record **out, struct err *err);
int workset_save(struct workset *w, struct err *err); /* writes what is dirty, forgets all */
void workset_drop(struct workset *w);

#endif
