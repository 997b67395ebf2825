#include "rules_parts.h"

#include <stdlib.h>
#include <stdio.h>

void rules_free(struct rules *r)
{
    if (!r)
        return;
    config_free(r->config);
    arena_release(&r->arena);
    free(r);
}

const struct entity_rule *rules_of(const struct rules *r, const struct entity *e)
{
    return &r->entities[e->index];
}

struct field_mask rules_matched(const struct rules *r, const struct entity *e)
{
    const struct entity_rule *rule = rules_of(r, e);
    struct field_mask m = {{0}};
    for (uint32_t i = 0; i < rule->match_count; i++)
        field_mask_add(&m, rule->match[i]);
    return m;
}

int rules_system(const struct rules *r, struct text name)
{
    for (size_t i = 0; i < r->system_count; i++)
        if (text_is(name, r->systems[i]))
            return (int)i;
    return -1;
}

size_t rules_system_count(const struct rules *r)
{
    return r->system_count;
}

const char *rules_system_name(const struct rules *r, int system)
{
    return r->systems[system];
}

const struct schema *rules_schema(const struct rules *r)
{
    return r->schema;
}

void complain(struct complaints *c, struct rule_place at, const char *format, ...)
{
    char line[sizeof c->first->text];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    if (c->lines)
        buf_printf(c->lines, "%s:%d: %s\n", at.file, at.line, line);
    if (c->count++ == 0)
        err_set(c->first, ERR_INVALID, "%s:%d: %s", at.file, at.line, line);
}
