#include "workset.h"

#include <stdlib.h>

#define SLOTS_FIRST 1024

void workset_init(struct workset *w, struct store *store)
{
    *w = (struct workset){.store = store};
}

void workset_release(struct workset *w)
{
    workset_drop(w);
    free(w->slots);
}

static size_t slot_of(const struct workset *w, int64_t place)
{
    size_t mask = w->slot_count - 1;
    size_t i = ((uint64_t)place * 0x9E3779B97F4A7C15u) >> 32 & mask;
    while (w->slots[i] && w->slots[i]->place != place)
        i = (i + 1) & mask;
    return i;
}

static int grow(struct workset *w, struct err *err)
{
    struct workset larger = {w->store, NULL, w->slot_count ? 2 * w->slot_count : SLOTS_FIRST, w->count};
    larger.slots = calloc(larger.slot_count, sizeof(struct record *));
    if (!larger.slots)
        return err_set(err, ERR_NOMEM, "no memory for a batch");
    for (size_t i = 0; i < w->slot_count; i++)
        if (w->slots[i])
            larger.slots[slot_of(&larger, w->slots[i]->place)] = w->slots[i];
    free(w->slots);
    *w = larger;
    return 0;
}

static int room(struct workset *w, struct err *err)
{
    return 2 * w->count < w->slot_count ? 0 : grow(w, err);
}

int workset_get(struct workset *w, int64_t place, struct record **out, struct err *err)
{
    int rc = room(w, err);
    if (rc)
        return rc;
    size_t slot = slot_of(w, place);
    if (!w->slots[slot]) {
        rc = w->store->ops->load(w->store, place, out, err);
        if (rc)
            return rc;
        w->slots[slot] = *out;
        w->count++;
    }
    *out = w->slots[slot];
    return 0;
}

int workset_by_key(struct workset *w, struct text key, struct record **out, struct err *err)
{
    int64_t place;
    int rc = w->store->ops->find_key(w->store, key, &place, err);
    if (rc <= 0)
        return rc;
    rc = workset_get(w, place, out, err);
    return rc ? rc : 1;
}

int workset_by_link(struct workset *w, int system, const struct entity *e, struct text native, struct record **out,
                    struct err *err)
{
    int64_t place;
    int rc = w->store->ops->find_link(w->store, system, e, native, &place, err);
    if (rc <= 0)
        return rc;
    rc = workset_get(w, place, out, err);
    return rc ? rc : 1;
}

int workset_add(struct workset *w, const struct entity *e, struct text key, struct record **out, struct err *err)
{
    int64_t place = 0;
    int rc = room(w, err);
    if (!rc)
        rc = w->store->ops->add(w->store, key, &place, err);
    if (rc)
        return rc;
    *out = record_new(e, (uint32_t)w->store->system_count, key);
    if (!*out)
        return err_set(err, ERR_NOMEM, "no memory for record %.*s", TEXT_ARG(key));
    (*out)->place = place;
    w->slots[slot_of(w, place)] = *out;
    w->count++;
    return 0;
}

int workset_save(struct workset *w, struct err *err)
{
    int rc = 0;
    for (size_t i = 0; i < w->slot_count && w->count; i++) {
        struct record *r = w->slots[i];
        if (!r)
            continue;
        w->slots[i] = NULL;
        w->count--;
        if (rc || !r->dirty)
            record_free(r);
        else
            rc = w->store->ops->save(w->store, r, err);
    }
    return rc;
}

void workset_drop(struct workset *w)
{
    for (size_t i = 0; i < w->slot_count && w->count; i++) {
        if (!w->slots[i])
            continue;
        record_free(w->slots[i]);
        w->slots[i] = NULL;
        w->count--;
    }
}
