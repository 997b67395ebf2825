/* Reading entity files. A fault of a file is told with its place, and nothing of the schema is kept then: a schema is
 * whole, with every reference leading to an entity that is there, or it is not there. */
#include "schema_load.h"

#include <stdlib.h>
#include "edge/os.h"

enum { bytes_max = 16 << 20 }; /* of a whole schema */

int loader_no_memory(struct err *err)
{
    return err_set(err, ERR_NOMEM, "the entity files need more than %d MiB", bytes_max >> 20);
}

static struct text entity_name_at(const void *schema, uint32_t i)
{
    return ((const struct schema *)schema)->entities[i]->name;
}

static int32_t place_of(const struct schema *s, struct text name)
{
    for (uint32_t i = 0; i < s->count; i++)
        if (text_eq(s->entities[i]->name, name))
            return (int32_t)i;
    return -1;
}

/* Puts e where its name stands, or behind the others. */
static int add_entity(struct loader *l, const struct config_node *at, struct entity *e)
{
    struct schema *s = l->schema;
    int32_t place = place_of(s, e->name);
    if (place >= 0 && l->folder_of[place] == l->folder)
        return config_complain(at, l->err, "the entity \"%s\" is defined in %s:%d already", e->name.p,
                               s->entities[place]->file, s->entities[place]->line);
    if (place < 0 && s->count == SCHEMA_ENTITIES_MAX)
        return config_complain(at, l->err, "more than %d entities", SCHEMA_ENTITIES_MAX);
    if (place < 0)
        place = (int32_t)s->count++;
    e->index = (uint32_t)place;
    s->entities[place] = e;
    l->folder_of[place] = l->folder;
    return 0;
}

static int read_entity(struct loader *l, const struct config_node *at)
{
    static const char *const known[] = {"help", "fields", NULL};
    struct arena *a = &l->schema->arena;
    const struct config_node *fields = config_get(at, "fields");
    struct entity *e = arena_alloc(a, sizeof *e);
    struct field all = {.name = {0}};
    int rc = e ? config_only(at, known, l->err) : loader_no_memory(l->err);
    if (!rc && (at->kind != CONFIG_GROUP || !is_name(text_of(at->name), SCHEMA_NAME_MAX) || !fields))
        rc = config_complain(at, l->err, "\"%s\" is no entity: name: { fields: ( … ); }", at->name);
    if (!rc)
        rc = loader_help(l, at, &e->help);
    if (!rc)
        rc = loader_fields(l, fields, 0, &all);
    if (rc)
        return rc;
    e->name = arena_text(a, text_of(at->name));
    e->file = arena_string(a, text_of(at->file));
    e->line = at->line;
    e->fields = all.fields;
    e->field_count = all.field_count;
    e->lookup = names_new(a, field_name_at, e->fields, e->field_count);
    return e->lookup ? add_entity(l, at, e) : loader_no_memory(l->err);
}

static int read_file(struct loader *l, const char *path)
{
    struct config *c = NULL;
    int rc = config_load(&c, path, l->err);
    const struct config_node *root = rc ? NULL : config_root(c);
    for (size_t i = 0; !rc && i < root->count; i++)
        rc = read_entity(l, &root->children[i]);
    config_free(c);
    return rc;
}

static int read_folder(struct loader *l, const char *folder)
{
    struct arena a;
    const char **names = NULL;
    size_t count = 0;
    arena_init(&a, 1 << 20);
    int rc = os_list(&a, folder, ".cfg", &names, &count, l->err);
    for (size_t i = 0; !rc && i < count; i++) {
        struct text path = arena_printf(&a, "%s/%s", folder, names[i]);
        rc = path.n ? read_file(l, path.p) : loader_no_memory(l->err);
    }
    arena_release(&a);
    return rc;
}

/* Every reference leads somewhere; *found tells whether there is one. */
static int check_refs(const struct schema *s, const struct field *fields, uint32_t count, bool *found, struct err *err)
{
    char hint[NEAREST_HINT_MAX];
    for (uint32_t i = 0; i < count; i++) {
        const struct field *f = &fields[i];
        bool ref = f->type == FIELD_REF || (f->type == FIELD_LIST && f->of == FIELD_REF);
        if (ref && place_of(s, f->ref_entity) < 0)
            return err_set(err, ERR_INVALID, "%s:%d: %s points to the entity \"%s\", which is not defined%s", f->file,
                           f->line, f->name.p, f->ref_entity.p, schema_hint(s, f->ref_entity, hint));
        *found |= ref;
        int rc = check_refs(s, f->fields, f->field_count, found, err);
        if (rc)
            return rc;
    }
    return 0;
}

static int finish(struct schema *s, struct err *err)
{
    for (uint32_t i = 0; i < s->count; i++) {
        struct entity *e = s->entities[i];
        int rc = check_refs(s, e->fields, e->field_count, &e->has_refs, err);
        if (rc)
            return rc;
    }
    s->names = names_new(&s->arena, entity_name_at, s, s->count);
    return s->names && !arena_failed(&s->arena) ? 0 : loader_no_memory(err);
}

int schema_load(struct schema **out, const char *const *folders, size_t folder_count, struct err *err)
{
    struct schema *s = calloc(1, sizeof *s);
    *out = NULL;
    if (!s)
        return err_set(err, ERR_NOMEM, "no memory for a schema");
    arena_init(&s->arena, bytes_max);
    struct loader l = {.schema = s, .err = err};
    int rc = 0;
    for (; !rc && l.folder < folder_count; l.folder++)
        rc = read_folder(&l, folders[l.folder]);
    if (!rc)
        rc = finish(s, err);
    if (rc) {
        schema_free(s);
        return rc;
    }
    *out = s;
    return 0;
}
