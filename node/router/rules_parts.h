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

#endif
