/* value: a tree of data as it stands in a message, a record or an API's JSON. Lives in an arena; borrowed.
 *
 * Absent, null and empty are three things: a member that is not in its map, VALUE_NULL, and an empty text, list or
 * map. There is no floating point. VALUE_NUMBER is the exact literal of a JSON number that is no int64; it stands in
 * API data only and never travels in a message (there a decimal is VALUE_TEXT). */
#ifndef TIDEGATE_BASE_VALUE_H
#define TIDEGATE_BASE_VALUE_H

#include "arena.h"

#define VALUE_DEPTH_MAX 32

enum value_kind { VALUE_NULL, VALUE_BOOL, VALUE_INT, VALUE_NUMBER, VALUE_TEXT, VALUE_LIST, VALUE_MAP };

struct member;
struct value {
    enum value_kind kind;
    uint32_t count; /* elements of a list, members of a map */
    union {
        bool boolean;
        int64_t integer;
        struct text text; /* VALUE_TEXT and VALUE_NUMBER */
        struct value *items;
        struct member *members;
    };
};
struct member {
    struct text name;
    struct value value;
};

const char *value_kind_word(enum value_kind kind);
struct value value_null(void);
struct value value_bool(bool b);
struct value value_int(int64_t i);
struct value value_text(struct text t);
struct value value_string(const char *s);
/* Lists and maps with room for `count` elements, all null / unnamed, to be filled in. Their count is 0 when the arena
 * failed: check before filling. */
struct value value_list(struct arena *a, uint32_t count);
struct value value_map(struct arena *a, uint32_t count);

const struct value *value_get(const struct value *map, const char *name);        /* NULL when absent or no map */
const struct value *value_get_text(const struct value *map, struct text name);
const struct value *value_at(const struct value *v, const char *dotted_path);    /* "data.order.id"; "lines.0.sku" */
struct text value_text_at(const struct value *v, const char *dotted_path);       /* empty when absent or no text */
/* Sets or adds a member; a new member array is taken from the arena when one is added, so that copies of the struct
 * never see it (to build a large map or list, make it with its count). Nothing happens when the arena fails. */
void value_set(struct arena *a, struct value *map, struct text name, struct value v);
void value_append(struct arena *a, struct value *list, struct value v);
struct value value_copy(struct arena *a, const struct value *v); /* deep */
bool value_equal(const struct value *a, const struct value *b);  /* exact; members in any order */

#endif
