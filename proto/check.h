/* check: what checking fields shares between plain values (check_plain.c) and maps and lists (schema_check.c). The
 * module's own. */
#ifndef TIDEGATE_PROTO_CHECK_H
#define TIDEGATE_PROTO_CHECK_H

#include "schema_parts.h"

struct check {
    struct arena *arena;
    struct err *err;
};

/* Complaints: they return their code. The found value is quoted unless the field is personal.
 * "order.lines[2].quantity: text "ten" is no decimal": the path, what was found, what is allowed. */
int check_mismatch(const struct check *c, const struct field *f, const struct path *path, const struct value *v,
                   const char *is);
int check_too_large(const struct check *c, const struct path *path, size_t found, size_t max, const char *unit);
int check_no_memory(const struct check *c, const struct path *path);

/* A value that is neither null nor of type map or list: brings it to its canonical form. */
int check_plain(const struct check *c, const struct field *f, enum field_type type, struct value *v,
                const struct path *path);

#endif
