/* What the files of schema share. The module's own. */
#ifndef TIDEGATE_PROTO_SCHEMA_PARTS_H
#define TIDEGATE_PROTO_SCHEMA_PARTS_H

#include "names.h"
#include "path.h"
#include "schema.h"

struct schema {
    struct arena arena; /* everything below */
    struct entity *entities[SCHEMA_ENTITIES_MAX];
    uint32_t count;
    struct names *names;
};

struct text field_name_at(const void *fields, uint32_t i); /* a name_fn over struct field[] */

/* The field of that name among `count`, tried first at *next, which then stands behind it: senders mostly keep the
 * schema's order. NULL when there is none. */
static inline const struct field *field_among(const struct field *fields, uint32_t count, uint32_t *next,
                                              struct text name)
{
    for (uint32_t tried = 0, i = *next; tried < count; tried++, i++) {
        if (i >= count)
            i = 0;
        if (text_eq(fields[i].name, name)) {
            *next = i + 1;
            return &fields[i];
        }
    }
    return NULL;
}

/* [a-z][a-z0-9_]*, at most max bytes. */
static inline bool is_name(struct text t, size_t max)
{
    if (t.n == 0 || t.n > max || t.p[0] < 'a' || t.p[0] > 'z')
        return false;
    for (size_t i = 1; i < t.n; i++)
        if (!((t.p[i] >= 'a' && t.p[i] <= 'z') || (t.p[i] >= '0' && t.p[i] <= '9') || t.p[i] == '_'))
            return false;
    return true;
}

#endif
