/* record_codec: a record as bytes at rest.
 *
 * Fields and systems are numbers in the bytes. What the numbers mean is said once, in a *layout*: a line of text that
 * the store keeps beside the records ("order|number,placed_at,…|salesforce,shop,erp"). So a schema may gain, lose or
 * reorder fields, and the config systems, without touching what is stored: a layout of old is mapped while reading. */
#ifndef TIDEGATE_ROUTER_RECORD_CODEC_H
#define TIDEGATE_ROUTER_RECORD_CODEC_H

#include "record.h"

#define LAYOUT_SYSTEMS_MAX 64
#define LAYOUT_TEXT_MAX 16384

struct layout {
    const struct entity *entity; /* NULL: no such entity any more */
    uint32_t field_count, system_count;
    int16_t field[SCHEMA_FIELDS_MAX];   /* number in the bytes -> field index now, or -1 */
    int16_t system[LAYOUT_SYSTEMS_MAX]; /* number in the bytes -> system index now, or -1 */
    bool same;                          /* the numbers are today's indexes */
};

/* The line for records as record_encode writes them now. */
void layout_write(struct buf *out, const struct entity *e, const char *const *systems, size_t system_count);
/* A line of old, against the schema and the systems of now. ERR_INVALID: no layout. */
int layout_read(struct layout *out, struct text line, const struct schema *schema, const char *const *systems,
                size_t system_count, struct err *err);

void record_encode(struct buf *out, const struct record *r); /* sticky */
/* ERR_INVALID: the bytes are damaged. system_count: of now. */
int record_decode(struct record **out, const struct layout *l, uint32_t system_count, struct text key,
                  struct text bytes, struct err *err);

#endif
