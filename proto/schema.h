/* schema: what entities there are and what their fields are, read from entity files (proto/entities/<entity>.cfg and a
 * merchant's own folder). Data, not code: a new entity is a file.
 *
 *   order: {
 *     help = "…";
 *     fields: (
 *       { name = "number"; type = "text"; max = 64; },
 *       { name = "account"; type = "ref"; entity = "account"; },
 *       { name = "email"; type = "text"; personal = true; },
 *       { name = "barcode"; type = "text"; code = true; },            # not taken for a card number
 *       { name = "lifecycle"; type = "enum"; values = ["draft", "placed", …]; },
 *       { name = "total"; type = "decimal"; },
 *       { name = "billing_address"; type = "map"; fields: ( … ); },
 *       { name = "lines"; type = "list"; key = "key"; fields: ( … ); },      # list of maps, keyed
 *       { name = "tags"; type = "list"; of = "text"; },                      # list of plain values
 *     );
 *   };
 *
 * Types: text (max characters, default 1,024), decimal, int, bool, moment (RFC 3339 text, canonical as base/moment.h writes
 * it), date (YYYY-MM-DD), enum, ref (the native id of another entity's object, as text; within the router a record
 * key), map, list. Any field may be null. A field name is [a-z][a-z0-9_]{0,63}. */
#ifndef TIDEGATE_PROTO_SCHEMA_H
#define TIDEGATE_PROTO_SCHEMA_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/nearest.h"
#include "base/value.h"

enum field_type {
    FIELD_TEXT,
    FIELD_DECIMAL,
    FIELD_INT,
    FIELD_BOOL,
    FIELD_MOMENT,
    FIELD_DATE,
    FIELD_ENUM,
    FIELD_REF,
    FIELD_MAP,
    FIELD_LIST
};

#define SCHEMA_FIELDS_MAX 128 /* of one entity, one map or one list element */
#define SCHEMA_ENTITIES_MAX 256
#define SCHEMA_NAME_MAX 64       /* bytes of an entity's or a field's name */
#define SCHEMA_TEXT_DEFAULT 1024 /* characters of a text field without `max`, and of a text in a list */
#define SCHEMA_LIST_DEFAULT 1000
#define SCHEMA_REF_MAX 400 /* bytes: a native id or a record key */

struct field {
    struct text name;
    enum field_type type;
    uint32_t index;            /* place in its entity or parent field: 0, 1, … */
    uint32_t max;              /* FIELD_TEXT: characters; FIELD_LIST: elements (default 1,000) */
    bool code;                 /* FIELD_TEXT: a bar code: up to 14 digits alone are no card number */
    bool personal;             /* masked in logs and tail; holds for everything below */
    struct text ref_entity;    /* FIELD_REF */
    const struct text *values; /* FIELD_ENUM */
    uint32_t value_count;
    const struct field *fields; /* FIELD_MAP, FIELD_LIST of maps: by index */
    uint32_t field_count;
    struct text key;    /* FIELD_LIST of maps: the member that names an element; empty: the list is one value */
    bool is_key;        /* this is that member */
    enum field_type of; /* FIELD_LIST: the type of its elements; FIELD_MAP for maps */
    struct text help;   /* a sentence for people, or empty */
    const char *file;
    int line;
};

struct entity {
    struct text name;
    uint32_t index; /* place in the schema */
    const struct field *fields;
    uint32_t field_count;
    bool has_refs; /* some field at some depth is a FIELD_REF */
    struct text help;
    const char *file;
    int line;
    void *lookup; /* name -> field, the schema's own */
};

struct schema;
/* Reads every *.cfg in each folder, in order; an entity defined again in a later folder replaces the earlier one. */
int schema_load(struct schema **out, const char *const *folders, size_t folder_count, struct err *err);
void schema_free(struct schema *s);
uint32_t schema_count(const struct schema *s);
const struct entity *schema_at(const struct schema *s, uint32_t index);
const struct entity *schema_find(const struct schema *s, struct text name);
const struct field *entity_field(const struct entity *e, struct text name); /* NULL when unknown */
/* "; is it \"x\"?" of the nearest entity or field, or nothing; in out. */
const char *schema_hint(const struct schema *s, struct text name, char out[NEAREST_HINT_MAX]);
const char *entity_field_hint(const struct entity *e, struct text name, char out[NEAREST_HINT_MAX]);
const char *field_type_word(enum field_type t);                             /* "text", "decimal", … */

/* Checks fields (a VALUE_MAP) against the entity, and brings values to their canonical form in place (decimals and
 * moments; texts and ints read as decimals where the type asks; an int for a text field is refused). ERR_INVALID names
 * the path, what was found and what is allowed: "order.lines[2].quantity: text \"ten\" is no decimal". A payment card
 * number in a text field is ERR_DENIED and names the path only (refs and the keys of lists are ids and not looked at).
 * Unknown fields are ERR_INVALID with the nearest known name. The members of every map come into the schema's order. */
int schema_check(const struct entity *e, struct value *fields, struct arena *a, struct err *err);

/* Equality by meaning for checked values: decimals by value, members in any order, elements of a keyed list by key.
 * field_hash is equal exactly when the values mean the same (64-bit SipHash of the canonical form). */
uint64_t field_hash(const struct field *f, const struct value *v);

/* Calls fn for each FIELD_REF value (text) at any depth of one field's value; fn may replace it. Stops at the first
 * non-zero result and returns it. */
typedef int ref_fn(void *ctx, const struct field *ref, struct value *v, struct text path);
int field_each_ref(const struct field *f, struct value *v, ref_fn *fn, void *ctx);

/* JSON of fields for people and logs, personal data masked as "‹personal›" (kept as null when null). */
void schema_write_masked(struct buf *out, const struct entity *e, const struct value *fields);
/* Appends words, such as a system's refusal, with the personal values among fields put as "‹personal›". */
void schema_hide_personal(struct buf *out, const struct entity *e, const struct value *fields, struct text words);

#endif
