/* reading: a message on its way from values to a struct message. What its parts share: plain values with their
 * bounds, and complaints that name the path. The module's own.
 *
 * An optional member that is null or "" is as good as absent; only in `fields` are the three different. */
#ifndef TIDEGATE_PROTO_READING_H
#define TIDEGATE_PROTO_READING_H

#include "message_parts.h"
#include "schema_parts.h"

struct reading {
    struct err *err;
    struct message *out;
    const struct value *attribute[AT_COUNT], *in[IN_COUNT]; /* NULL: absent, null or "" */
};

/* Sorts map's members under the table's names. Returns the first that is not in the table, or NULL. */
const struct member *reading_sort(const struct value *map, const struct text *names, unsigned count,
                                  const struct value **sorted);

/* Complaints: they return their code. */
int reading_fault(struct reading *r, int code, const char *path, const char *what);
int reading_not_one_of(struct reading *r, const char *path, struct text found, const char *allowed);

/* v is what reading_sort found, or NULL. A text of 1 to max bytes; absent is fine unless required: then *out stays as
 * it is. A line has no control characters, and is for what is not compared with words or forms anyway. */
int reading_text(struct reading *r, const struct value *v, const char *path, size_t max, bool required,
                 struct text *out);
int reading_line(struct reading *r, const struct value *v, const char *path, size_t max, bool required,
                 struct text *out);
int reading_uuid(struct reading *r, const struct value *v, const char *path, struct text *out);
int reading_system(struct reading *r, const struct value *v, const char *path, struct text *out);
int reading_moment(struct reading *r, const struct value *v, const char *path, bool required, moment_us *out);

/* "xx-xxxx-…": small hex digits where the form has x, hyphens where it has hyphens. */
bool reading_has_form(struct text t, const char *form);

/* The whole of `data` (message_data.c), when the attributes have been read. */
int reading_data(struct reading *r);

#endif
