/* rules: who owns what and where it goes (config/rules.cfg, docs/rules.md), compiled into flat tables, so that a
 * decision is a few array look-ups.
 *
 * A system is its place in the list given to rules_load; a set of systems is a mask; a field is its index in the
 * entity; a set of fields is a struct field_mask. Nothing in here changes after rules_load, and nobody else is asked.
 */
#ifndef TIDEGATE_ROUTER_RULES_H
#define TIDEGATE_ROUTER_RULES_H

#include "base/buf.h"
#include "field_mask.h"
#include "proto/schema.h"

#define RULES_SYSTEMS_MAX 64
#define RULES_MATCH_MAX 8
#define RULES_COMPLAINTS_MAX (64u << 10) /* bytes of complaints that are kept */

typedef uint64_t system_mask;

static inline system_mask system_bit(int system)
{
    return (system_mask)1 << system;
}

struct rule_place { /* where a rule stands */
    const char *file;
    int line;
};

enum conflict_policy { /* two systems have changed a field, and neither knew of the other's change */
    CONFLICT_NONE,     /* it has an owner */
    CONFLICT_LATEST,   /* the later change holds */
    CONFLICT_PREFER,   /* that of one system holds; between others, the later */
    CONFLICT_HOLD      /* what the record has stands; the other is held */
};

struct field_rule {
    system_mask set;  /* may set the field: its owner, or those who share it */
    system_mask seed; /* may set it as long as none of those has an object of the record, and they are told it once */
    system_mask to_new, to_known; /* get the field: when an object is made there; when there is one. Those who share it
                                     get one another's */
    enum conflict_policy conflict;
    int preferred;    /* CONFLICT_PREFER: the system */
    bool own;         /* has a rule of its own, rather than its entity's */
    bool own_to;      /* ... which names targets */
    struct rule_place place;
};

static inline system_mask field_rule_to(const struct field_rule *r)
{
    return r->to_new | r->to_known;
}

struct rule_condition { /* a field has one of the values */
    uint32_t field;
    uint32_t count;
    const uint64_t *hashes; /* field_hash */
};

struct entity_rule {
    const struct entity *entity;
    bool ruled;          /* false: rules.cfg does not name the entity */
    system_mask create;  /* may make a new record: owner, or those who share */
    system_mask targets; /* of any field */
    struct field_rule all;           /* of the fields that have none of their own */
    struct field_rule *fields;       /* by field index */
    struct field_mask *flow_new;     /* by system: the fields that go there when an object is made */
    struct field_mask *flow_known;   /* by system: the fields that go there when there is one */
    struct rule_condition **only;    /* by system: what a record must be like for an object to be made there; ended by
                                        count 0; NULL: anything */
    struct field_mask refs;          /* fields with a reference at some depth */
    uint32_t match[RULES_MATCH_MAX]; /* field indexes, in the order of the file */
    uint32_t match_count;
    struct rule_place place;
};

struct rules;
/* Reads and compiles the rules. systems: names in the order of the config; at most RULES_SYSTEMS_MAX. Each complaint is
 * one line "FILE:LINE: …" in complaints (may be NULL); err holds the first. The schema must outlive the rules. */
int rules_load(struct rules **out, const char *path, const struct schema *schema, const char *const *systems,
               size_t system_count, struct buf *complaints, struct err *err);
/* The same from memory; name stands in complaints. */
int rules_parse(struct rules **out, const char *name, struct text source, const struct schema *schema,
                const char *const *systems, size_t system_count, struct buf *complaints, struct err *err);
void rules_free(struct rules *r);

const struct entity_rule *rules_of(const struct rules *r, const struct entity *e); /* never NULL; see `ruled` */
struct field_mask rules_matched(const struct rules *r, const struct entity *e); /* its match fields */
int rules_system(const struct rules *r, struct text name);                         /* -1 when unknown */
size_t rules_system_count(const struct rules *r);
const char *rules_system_name(const struct rules *r, int system);
const struct schema *rules_schema(const struct rules *r);

/* What adapters can do, asked by name so that the router sees no adapter. Each slot may be NULL: then it can. None
 * waits. */
struct rules_capabilities {
    bool (*delivers)(void *ctx, const char *system, const char *entity); /* commands for it are applied */
    bool (*captures)(void *ctx, const char *system, const char *entity); /* changes of it are published */
    bool (*writes)(void *ctx, const char *system, const char *entity, struct text field);
    bool (*reads)(void *ctx, const char *system, const char *entity, struct text field);
    void *ctx;
};

/* Proves the rules: see docs/rules.md, "What is proved". One line a complaint into complaints (may be NULL); returns
 * ERR_INVALID with the first in err, or 0. cap may be NULL. */
int rules_check(const struct rules *r, const struct rules_capabilities *cap, struct buf *complaints, struct err *err);
/* The entity × direction table for a person, as text or as Markdown. */
void rules_table(const struct rules *r, bool markdown, struct buf *out);

#endif
