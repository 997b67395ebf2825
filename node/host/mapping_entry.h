/* mapping_entry: a mapping as it is compiled; shared by the mapping_*.c files alone.
 *
 * Most paths are plain (".product.title"). Those are walked in the value tree itself: no digit is lost and jq is not
 * asked. All that needs jq for reading one entity is a *slot*, and all slots of an entity are gathered in one run. */
#ifndef TIDEGATE_HOST_MAPPING_ENTRY_H
#define TIDEGATE_HOST_MAPPING_ENTRY_H

#include "edge/config.h"
#include "edge/json.h"
#include "mapping.h"

#define MAPPING_NONE (-1)

struct mapping_source { /* where a value is read from */
    const char *text;   /* as it stands in the file; NULL: there is none */
    struct text *steps; /* a plain path; NULL: by jq */
    uint32_t step_count;
    int slot; /* by jq: index in the gathered list, or MAPPING_NONE */
};

struct mapping_target { /* where a value is written to */
    struct text *steps; /* a plain path; NULL: by jq */
    uint32_t step_count;
    int function; /* that gives its place in an object: of the jq program, or MAPPING_NONE */
};

enum mapping_as { AS_IS, AS_NUMBER, AS_TEXT, AS_BOOL };

struct mapping_pair {
    struct value native, canonical;
};

struct mapping_field {
    const struct field *field;
    const struct config_node *at;
    struct mapping_source source; /* of the path, or of the `in` expression */
    struct mapping_target target; /* of the path */
    const char *path, *in, *out;  /* as in the file; each may be NULL */
    bool reads, writes;
    int out_function; /* of the jq program, or MAPPING_NONE */
    enum mapping_as as;
    struct mapping_pair *pairs;
    uint32_t pair_count;
};

struct mapping_constant {
    const struct config_node *at;
    const char *path;
    struct mapping_target target;
    struct value value;
    bool create_only;
};

struct mapping_entity {
    const struct entity *entity;
    const struct config_node *at;
    const char *object, *select;
    struct mapping_source id, key, version, when;
    struct mapping_field *fields;
    uint32_t field_count;
    struct mapping_constant *constants;
    uint32_t constant_count;
    uint32_t slot_count;
    int gather; /* the jq function that gives all slots, or MAPPING_NONE */
};

struct mapping {
    struct config *config;
    struct arena arena;
    struct mapping_entity *entities;
    uint32_t entity_count;
    struct jq *jq; /* NULL when no entity needs it */
    bool empty_is_null;
};

const struct mapping_entity *mapping_find(const struct mapping *m, const char *entity);

/* ---- mapping_path.c ---- */
/* Steps of a plain path (".a.b_c"); NULL when jq has to read it. In the arena. */
struct text *mapping_path_parse(struct arena *a, const char *path, uint32_t *count);
/* Walks down: 1 and *out, or 0 when it is absent. A null on the way gives null. ERR_INVALID: a step into no object. */
int mapping_path_get(const struct value *root, const struct mapping_source *s, const struct value **out, struct err *err);
/* Sets, and makes the objects on the way. */
void mapping_path_set(struct arena *a, struct value *root, const struct text *steps, uint32_t count, struct value v);
/* The same with what jq's [path(…)] gives: a list of one list of names and indexes. */
int mapping_path_set_at(struct arena *a, struct value *root, const struct value *paths, struct value v, struct err *err);
/* Adds the members of an object to another, object by object. */
void mapping_merge(struct arena *a, struct value *into, const struct value *from);

/* ---- mapping_value.c ---- */
/* A native value as the schema's check takes it: value table, integers as text, numbers as decimals. */
int mapping_value_in(const struct mapping *m, const struct mapping_field *f, struct value *v, struct arena *a,
                     struct err *err);
/* A canonical value through the value table. */
int mapping_value_pairs_out(const struct mapping_field *f, struct value *v, struct err *err);
int mapping_value_as(const struct mapping_field *f, struct value *v, struct arena *a, struct err *err);
/* "FILE:LINE: entity.field: …" */
int mapping_complain(const struct mapping_field *f, struct err *err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* ---- mapping_parse.c, mapping_field.c, mapping_compile.c ---- */
struct mapping_source mapping_source_of(struct mapping *m, struct mapping_entity *e, const char *text);
struct mapping_target mapping_target_of(struct mapping *m, const char *path);
/* Reads the named texts of a group (NULL-ended) into *values[i]; an empty one is refused. */
int mapping_read_texts(const struct config_node *group, const char *const *names, const char **const *values,
                       struct err *err);
/* The place of a word among words (NULL-ended); fallback when it is absent. */
int mapping_read_word(const struct config_node *group, const char *name, const char *const *words, int fallback,
                      int *out, struct err *err);
bool mapping_is_plain(const struct config_node *n); /* text, number or bool */
struct value mapping_plain_value(const struct config_node *n);
int mapping_parse_fields(struct mapping *m, struct mapping_entity *e, struct err *err);
int mapping_parse(struct mapping *m, const struct schema *schema, struct err *err);
int mapping_compile(struct mapping *m, struct err *err);

#endif
