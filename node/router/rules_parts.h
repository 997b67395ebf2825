/* rules_parts: what the three files of `rules` share, and nobody else. */
#ifndef TIDEGATE_ROUTER_RULES_PARTS_H
#define TIDEGATE_ROUTER_RULES_PARTS_H

#include "edge/config.h"
#include "rules.h"

struct rules {
    const struct schema *schema;
    const char *systems[RULES_SYSTEMS_MAX];
    size_t system_count;
    struct entity_rule *entities; /* by the entity's index */
    struct config *config;        /* owns the names of files in places */
    struct arena arena;
};

/* Complaints: each a line, the first also in err. */
struct complaints {
    struct buf *lines; /* may be NULL */
    struct err *first;
    unsigned count;
};
void complain(struct complaints *c, struct rule_place at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));


/* ---- reading (rules_words.c): NULL or 0, and a complaint, where a word is not what it must be ---- */
struct rules_loading {
    struct rules *rules;
    struct complaints complaints;
};
struct rule_place rules_place(const struct config_node *n);
void rules_only_words(struct rules_loading *l, const struct config_node *group, const char *const *words);
const char *rules_text(struct rules_loading *l, const struct config_node *n);
int rules_read_name(struct rules_loading *l, const struct config_node *at, const char *name); /* a system, or -1 */
bool rules_is_list(struct rules_loading *l, const struct config_node *n);
system_mask rules_read_system(struct rules_loading *l, const struct config_node *n);
system_mask rules_read_systems(struct rules_loading *l, const struct config_node *n);
const struct field *rules_read_field(struct rules_loading *l, const struct entity *e, const struct config_node *at,
                                     const char *name);
/* to = ["a", "b"], or to = { a = { … }; b = { … }; } (rules_to.c). entity: NULL for a field's rule. */
void rules_read_to(struct rules_loading *l, const struct config_node *n, struct field_rule *rule,
                   struct entity_rule *entity);

#endif
