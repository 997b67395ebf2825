/* mapping: an object of an API as canonical fields, and canonical fields as an object of an API. See mapping_entry.h
 * for how a mapping is compiled. */
#include "mapping_entry.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include "base/moment.h"

#define ARENA_MAX (8u << 20)

int mapping_load(struct mapping **out, const char *path, const struct schema *schema, struct err *err)
{
    struct mapping *m = calloc(1, sizeof *m);
    if (m == NULL)
        return err_set(err, ERR_NOMEM, "%s: out of memory", path);
    arena_init(&m->arena, ARENA_MAX);
    int rc = config_load(&m->config, path, err);
    if (rc == 0)
        rc = mapping_parse(m, schema, err);
    if (rc == 0)
        rc = mapping_compile(m, err);
    if (rc != 0) {
        mapping_free(m);
        return rc;
    }
    *out = m;
    return 0;
}

void mapping_free(struct mapping *m)
{
    if (m == NULL)
        return;
    jq_free(m->jq);
    config_free(m->config);
    arena_release(&m->arena);
    free(m);
}

/* ---- questions ---- */

const struct mapping_entity *mapping_find(const struct mapping *m, const char *entity)
{
    for (uint32_t i = 0; i < m->entity_count; i++)
        if (text_is(m->entities[i].entity->name, entity))
            return &m->entities[i];
    return NULL;
}

bool mapping_has(const struct mapping *m, const char *entity)
{
    return mapping_find(m, entity) != NULL;
}

const char *mapping_object(const struct mapping *m, const char *entity)
{
    const struct mapping_entity *e = mapping_find(m, entity);
    return e != NULL ? e->object : NULL;
}

const char *mapping_select(const struct mapping *m, const char *entity)
{
    const struct mapping_entity *e = mapping_find(m, entity);
    return e != NULL ? e->select : NULL;
}

static bool any_field(const struct mapping *m, const char *entity, struct text field, bool write)
{
    const struct mapping_entity *e = mapping_find(m, entity);
    for (uint32_t i = 0; e != NULL && i < e->field_count; i++)
        if (text_eq(e->fields[i].field->name, field) && (write ? e->fields[i].writes : e->fields[i].reads))
            return true;
    return false;
}

bool mapping_writes(const struct mapping *m, const char *entity, struct text field)
{
    return any_field(m, entity, field, true);
}

bool mapping_reads(const struct mapping *m, const char *entity, struct text field)
{
    return any_field(m, entity, field, false);
}
