#include "describe.h"

#include <stdio.h>

static bool read_only(const struct adapter_entity *e, struct text field)
{
    for (const char *const *name = e->read_only; name != NULL && *name != NULL; name++)
        if (text_is(field, *name))
            return true;
    return false;
}

static void print_fields(const struct session *s, const struct adapter_entity *e, const struct entity *entity)
{
    for (uint32_t i = 0; i < entity->field_count; i++) {
        struct text field = entity->fields[i].name;
        if (e->captured && mapping_reads(s->mapping, e->name, field))
            printf("reads %s %.*s\n", e->name, TEXT_ARG(field));
        if (e->delivered && mapping_writes(s->mapping, e->name, field) && !read_only(e, field))
            printf("writes %s %.*s\n", e->name, TEXT_ARG(field));
    }
}

void describe_print(const struct session *s, const struct schema *schema)
{
    for (const struct adapter_entity *e = s->adapter->entities; e->name != NULL; e++) {
        const struct entity *entity = schema_find(schema, text_of(e->name));
        if (entity == NULL || !mapping_has(s->mapping, e->name))
            continue;
        printf("entity %s%s%s\n", e->name, e->captured ? " captured" : "", e->delivered ? " delivered" : "");
        print_fields(s, e, entity);
    }
}
