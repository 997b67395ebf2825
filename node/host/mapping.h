/* mapping: canonical fields ↔ an API's own JSON, as data: config/systems/<platform>.cfg.
 *
 *   functions = "def cents: …;";               # jq definitions that every expression of the file may use; optional
 *
 *   product: {
 *     object = "ProductVariant";               # the API's name for it, for the adapter (mapping_object)
 *     select = "id sku price product{title}";  # what the adapter asks the API for, in the API's own words (mapping_select)
 *     id = ".id";                              # jq: the native id (text or integer)
 *     key = ".metafield.value";                # jq: the record key that the object carries; optional
 *     version = ".updatedAt";                  # jq: orderable; moments are brought to UTC text
 *     when = ".status != \"ARCHIVED\"";        # jq: objects for which this is false are skipped; optional
 *     fields: (
 *       { field = "sku";  path = ".sku"; },                            # both ways: path is a jq path expression
 *       { field = "name"; path = ".product.title"; direction = "in"; },
 *       { field = "amount"; path = ".price"; as = "number"; },         # out: as = number | text | bool (default: as is)
 *       { field = "active"; path = ".status"; values = ( ("ACTIVE", true), ("DRAFT", false) ); },
 *       { field = "lines"; in = "[.lineItems.nodes[] | {…}]"; },       # computed: in and/or out, jq expressions;
 *       { field = "email"; path = ".email"; out = "ascii_downcase"; }, # with path, out is applied to the value first
 *       { field = "placed_at"; out = "{date: .[0:10]}"; }, # out without path: an object that is merged into the native one
 *     );
 *     constants: ( { path = ".type"; value = "consu"; when = "create"; } );   # out only; when = create | always
 *   };
 *
 * In: a path that is absent in the native object leaves the field absent; null stays null. `empty_is_null = false`
 * (Odoo) turns JSON false into null for every field that is no bool. The result is checked against the schema.
 * Out: only the fields that the command carries are set in the native object; null sets null (or false for Odoo). An
 * unknown enum value is an error, never a guess. */
#ifndef TIDEGATE_HOST_MAPPING_H
#define TIDEGATE_HOST_MAPPING_H

#include "base/arena.h"
#include "base/err.h"
#include "proto/schema.h"

struct mapping;
/* jq programs of all entities are compiled together. Complaints carry file and line. */
int mapping_load(struct mapping **out, const char *path, const struct schema *schema, struct err *err);
/* What an adapter gives to the objects of an entity, besides what the mapping selects for it. */
struct mapping_given {
    const char *entity;
    const char *adds; /* in the form of a select; may be NULL */
    const char *takes; /* the members that it takes from what is written, with spaces between; NULL: any */
    const char *with; /* an entity whose select reads objects of this one, too; may be NULL */
};
/* Complains, with file and line, about what is read and nobody gives; about an entity that is not in the list (ended by a
 * NULL entity); and about one without object and select. */
int mapping_lint(const struct mapping *m, const struct mapping_given *given, struct err *err);
void mapping_free(struct mapping *m);
bool mapping_has(const struct mapping *m, const char *entity);
const char *mapping_object(const struct mapping *m, const char *entity); /* the API's name for it; NULL when unmapped */
const char *mapping_select(const struct mapping *m, const char *entity); /* NULL when there is none */
/* Whether the mapping can give this canonical field to the API, or take it from there. */
bool mapping_writes(const struct mapping *m, const char *entity, struct text field);
bool mapping_reads(const struct mapping *m, const char *entity, struct text field);

struct mapped { /* in the arena */
    bool skipped;        /* `when` was false */
    struct text native;  /* the native id */
    struct text key;     /* empty when none is carried */
    struct text version; /* empty when unknown */
    struct value fields; /* VALUE_MAP, checked */
};
int mapping_in(struct mapping *m, const char *entity, const struct value *native, struct arena *a, struct mapped *out,
               struct err *err);
/* The native object with what `fields` says; create: constants of creation are added. */
int mapping_out(struct mapping *m, const char *entity, const struct value *fields, bool create, struct arena *a,
                struct value *native, struct err *err);

#endif
