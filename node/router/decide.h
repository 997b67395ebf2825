/* decide: what a change or an outcome does to one record, and what each target must now be told. Pure: rules, record and
 * message in, changed record and lists out. No store, no clock, no I/O; references are translated by two functions
 * that the caller gives.
 *
 * A field's hash tells nearly everything. In a view,
 *   seen      is what the system shows, in its own native ids;
 *   told      is what it was last told;
 *   pending   (told_revision) says that the telling is not answered yet;
 *   settled   says that the system has, or has been told, what the record holds now.
 * So what a target needs is: the fields that flow there, and are present, and are not settled. */
#ifndef TIDEGATE_ROUTER_DECIDE_H
#define TIDEGATE_ROUTER_DECIDE_H

#include "proto/message.h"
#include "record.h"
#include "rules.h"

/* More turns than this within the time, and a record is taken to bounce between systems. */
#define DECIDE_TURNS_MAX 20
#define DECIDE_TURNS_US (600 * MOMENT_SECOND)

struct decide_lookup {
    /* 1 and *key (borrowed for this decision) when the object is linked to a record; 0; negative on trouble. */
    int (*key_of)(void *ctx, int system, struct text entity, struct text native, struct text *key, struct err *err);
    /* 1 and *native when the record has an object in the system; 0; negative on trouble. */
    int (*native_of)(void *ctx, struct text record_key, int system, struct text *native, struct err *err);
    /* 1 when all that the system had of the entity at its first read is known; 0; negative on trouble. */
    int (*first_read)(void *ctx, int system, const struct entity *e, struct err *err);
    void *ctx;
};

struct lack { /* what is waited for before a target can be told, or a reference be completed */
    int target;         /* -1: the record's own reference */
    struct text wait;   /* a wait_key */
    struct text cause;  /* a sentence */
};

struct telling { /* a command */
    int target;
    struct text native; /* empty: none yet */
    struct value fields; /* in the target's native ids */
};

struct match_move { /* a match value that changes; each may be empty */
    uint32_t field;
    struct text before, after; /* as they stand in the record, not normalised */
};

#define DECIDE_LACKS_MAX 256

struct decide {
    /* given */
    const struct rules *rules;
    const struct entity_rule *rule;
    const struct decide_lookup *lookup;
    struct record *record;
    struct arena *arena;
    struct buf *scratch;
    moment_us now;
    /* of a change */
    int system;
    const struct message *message;
    const struct field *fields[SCHEMA_FIELDS_MAX]; /* of each member of the message's fields */
    uint64_t hashes[SCHEMA_FIELDS_MAX];
    /* found */
    bool changed;      /* the record has new values: its revision grew */
    bool look;         /* targets may need something though no value changed */
    bool ours;         /* some field showed what we have written */
    bool differed;     /* some field was not as seen before */
    bool turn;         /* some value of another system's was to be changed; counted */
    bool passed_over;  /* some field was read before our last write */
    struct field_mask refused;
    struct field_mask contested; /* lost to what the record has, and the rules want a person to know */
    struct field_mask bounced;   /* not taken: systems change the record in turn, as if they answered each other */
    uint32_t origin;
    struct match_move moves[RULES_MATCH_MAX];
    size_t move_count;
    struct lack lacks[DECIDE_LACKS_MAX];
    size_t lack_count;
    struct telling tellings[RULES_SYSTEMS_MAX];
    size_t telling_count;
    const struct value *fresh[SCHEMA_FIELDS_MAX]; /* values that were set just now, in the record's form */
};

/* Begins a decision about a record. m: the change, or NULL; its fields are hashed. */
void decide_begin(struct decide *d, struct record *r, int system, const struct message *m);

/* Whether the change says anything that the system neither showed before nor was told: only such a change has to wait
 * for an outcome. */
bool decide_says_news(const struct decide *d);
/* Whether a command to the system is under way and not older than wait_us. */
bool decide_in_flight(const struct view *v, moment_us now, int64_t wait_us);
/* Whether the change is older than the last one from the system. */
bool decide_older(const struct decide *d);
/* Field by field: page docs/architecture.md, step 4. */
int decide_fields(struct decide *d, struct err *err);

/* Completes references that have become known. */
int decide_references(struct decide *d, struct err *err);
/* What each target in the mask must be told now: step 5. Updates told, settled, flight, and grows the revision. */
int decide_targets(struct decide *d, system_mask targets, struct err *err);
/* Whether an object of the record is, or may be made, in the target. One that is there is kept in step, whatever it is
 * like. */
bool decide_admits(const struct entity_rule *rule, int target, const struct record *r);

/* An outcome of a command to d->system. Returns whether the last flight to it ended. The native id is the caller's to
 * link before. */
int decide_outcome(struct decide *d, bool *flight_ended, struct err *err);

/* ---- references (decide_refs.c) ---- */
/* A copy of v with the system's native ids as record keys, or "?system:native" where no record is known (then
 * *unresolved is set and, once a reference, what it waits for is added to the lacks). */
int decide_ref_to_record(struct decide *d, const struct field *f, const struct value *v, int system, struct value *out,
                         bool *unresolved, struct err *err);
/* A copy of v with the target's native ids. Returns how many are lacking (added to the lacks), or negative. */
int decide_ref_to_target(struct decide *d, const struct field *f, const struct value *v, int target, struct value *out,
                         struct err *err);
/* Whether an object may be made in the target: not before all that it had at first is known, where an object that is
 * there may turn out to be the record's. 0, or 1 and the lack is added, or negative. */
int decide_first_read(struct decide *d, int target, struct err *err);
/* Tries to complete the unresolved references in v, in place. Returns how many are left. */
int decide_ref_complete(struct decide *d, const struct field *f, struct value *v, struct err *err);

/* Puts a value in the record's form into a cell. */
int decide_put(struct decide *d, const struct field *f, const struct value *v, uint64_t hash, uint32_t origin,
               struct err *err);

#endif
