/* What reading entity files shares between entities (schema_load.c) and fields (schema_fields.c). The module's own. */
#ifndef TIDEGATE_PROTO_SCHEMA_LOAD_H
#define TIDEGATE_PROTO_SCHEMA_LOAD_H

#include "edge/config.h"
#include "schema_parts.h"

struct loader {
    struct schema *schema;
    struct err *err;
    uint32_t folder_of[SCHEMA_ENTITIES_MAX]; /* where each entity comes from */
    uint32_t folder;                         /* the one that is being read */
};

int loader_no_memory(struct err *err);
int loader_help(struct loader *l, const struct config_node *at, struct text *out);
/* Fills parent's fields (and theirs) from a list of groups. depth: of the parent, 0 for an entity. */
int loader_fields(struct loader *l, const struct config_node *list, int depth, struct field *parent);

#endif
