#include "sp_sightings.h"

#include "base/hash.h"

#define SETTLE_S 5
#define SIGHTINGS_MAX 50000

static uint64_t name_of(struct text t)
{
    uint64_t h = hash64(t);
    return h ? h : 1;
}

/* Its slot, or the free one where it belongs. */
static struct sp_sighting *slot_of(struct sp_sightings *all, uint64_t id)
{
    size_t i = id % SP_SIGHTING_SLOTS;
    while (all->slots[i].id && all->slots[i].id != id)
        i = (i + 1) % SP_SIGHTING_SLOTS;
    return &all->slots[i];
}

static struct sp_sighting *find_or_add(struct sp_sightings *all, uint64_t id)
{
    struct sp_sighting *g = slot_of(all, id);
    if (g->id)
        return g;
    if (all->count == SIGHTINGS_MAX) { /* forgetting all costs a second reading, nothing else */
        memset(all, 0, sizeof *all);
        g = slot_of(all, id);
    }
    all->count++;
    g->id = id;
    return g;
}

bool sp_sighting_read(struct sp_sightings *all, struct text id, struct text updated, int64_t now_us)
{
    struct sp_sighting *g = find_or_add(all, name_of(id));
    uint32_t now_s = (uint32_t)(now_us / MOMENT_SECOND);
    uint64_t is = name_of(updated);
    if (g->updated != is) {
        g->updated = is;
        g->first_s = now_s;
        g->settled = false;
        return true;
    }
    if (g->settled)
        return false;
    g->settled = now_s - g->first_s > SETTLE_S;
    return g->settled; /* the last reading; until then it waits */
}

void sp_sighting_forget(struct sp_sightings *all, struct text id)
{
    struct sp_sighting *g = slot_of(all, name_of(id));
    if (g->id)
        g->updated = 0;
}
