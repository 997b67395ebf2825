/* sp_sightings: which objects a poll has read as of which updatedAt.
 *
 * updatedAt counts whole seconds: an object may change again within the second in which we read it. So a sighting (id,
 * updatedAt) settles, and is not read again, only after it was read once more some seconds after we first saw it.
 *
 * 24 bytes an object, for the newest 50,000: the texts are kept as 64-bit hashes. That two of 50,000 ids are taken for
 * one happens once in ten thousand million such sets, and is mended by the object's next change. Part of the adapter's
 * state: zeroed is empty, nothing is to be released, and pages of it that are not used cost no memory. */
#ifndef TIDEGATE_ADAPTERS_SP_SIGHTINGS_H
#define TIDEGATE_ADAPTERS_SP_SIGHTINGS_H

#include "base/moment.h"

#define SP_SIGHTING_SLOTS 65536

struct sp_sighting {
    uint64_t id, updated; /* id 0: a free slot; updated 0: forgotten */
    uint32_t first_s;     /* uptime when this updatedAt was first seen */
    bool settled;
};
struct sp_sightings {
    size_t count;
    struct sp_sighting slots[SP_SIGHTING_SLOTS];
};

/* Whether this object has to be read now; remembers that it is about to be. */
bool sp_sighting_read(struct sp_sightings *all, struct text id, struct text updated, int64_t now_us);
/* It was not read after all. */
void sp_sighting_forget(struct sp_sightings *all, struct text id);

#endif
