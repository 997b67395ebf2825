/* The fields of an entity file. Everything that a check relies on later is made sure of here: every type has what it
 * needs and nothing else, and a list's key is one of its texts. */
#include "schema_load.h"

enum {
    depth_max = 8, /* of fields within fields */
    text_max = 1 << 20,
    elements_max = 10000,
    values_max = 256,
    value_bytes_max = 255,
};

static int read_type(struct loader *l, const struct config_node *at, const char *setting, enum field_type *out)
{
    const char *word = NULL;
    int rc = config_text(at, setting, &word, l->err);
    if (rc)
        return rc;
    for (int t = FIELD_TEXT; word && t <= FIELD_LIST; t++)
        if (strcmp(word, field_type_word((enum field_type)t)) == 0) {
            *out = (enum field_type)t;
            return 0;
        }
    const struct config_node *given = config_get(at, setting);
    return config_complain(given ? given : at, l->err,
                           "%s is %s; it is one of text, decimal, int, bool, moment, date, enum, ref, map, list",
                           setting, !word ? "missing" : word[0] ? word : "empty");
}

static int read_name(struct loader *l, const struct config_node *at, struct text *out)
{
    const char *name = NULL;
    int rc = config_text(at, "name", &name, l->err);
    if (rc)
        return rc;
    if (!name || !is_name(text_of(name), SCHEMA_NAME_MAX))
        return config_complain(at, l->err, "a field needs a name of small letters, digits and _, at most %d bytes",
                               SCHEMA_NAME_MAX);
    *out = arena_text(&l->schema->arena, text_of(name));
    return 0;
}

int loader_help(struct loader *l, const struct config_node *at, struct text *out)
{
    const char *help = "";
    int rc = config_text(at, "help", &help, l->err);
    *out = arena_text(&l->schema->arena, text_of(help));
    return rc;
}

static int read_max(struct loader *l, const struct config_node *at, struct field *f)
{
    bool list = f->type == FIELD_LIST;
    int64_t max = list ? SCHEMA_LIST_DEFAULT : SCHEMA_TEXT_DEFAULT, limit = list ? elements_max : text_max;
    int rc = config_int(at, "max", &max, l->err);
    if (!rc && (max < 1 || max > limit))
        rc = config_complain(at, l->err, "max is %lld; it is 1 to %lld %s", (long long)max, (long long)limit,
                             list ? "elements" : "characters");
    f->max = (uint32_t)max;
    return rc;
}

static int read_values(struct loader *l, const struct config_node *at, struct field *f)
{
    const struct config_node *list = config_get(at, "values");
    if (!list || list->kind != CONFIG_LIST || list->count == 0 || list->count > values_max)
        return config_complain(at, l->err, "an enum needs values, a list of 1 to %d texts", values_max);
    struct text *values = arena_alloc(&l->schema->arena, list->count * sizeof *values);
    for (size_t i = 0; values && i < list->count; i++) {
        const struct config_node *v = &list->children[i];
        if (v->kind != CONFIG_TEXT || v->text[0] == '\0' || strlen(v->text) > value_bytes_max)
            return config_complain(v, l->err, "a value of an enum is a text of 1 to %d bytes", value_bytes_max);
        values[i] = arena_text(&l->schema->arena, text_of(v->text));
        for (size_t k = 0; k < i; k++)
            if (text_eq(values[k], values[i]))
                return config_complain(v, l->err, "the value \"%s\" is there twice", v->text);
    }
    f->values = values;
    f->value_count = (uint32_t)list->count;
    return values ? 0 : loader_no_memory(l->err);
}

static int read_entity_name(struct loader *l, const struct config_node *at, struct field *f)
{
    const char *entity = NULL;
    int rc = config_text(at, "entity", &entity, l->err);
    if (!rc && !entity)
        rc = config_complain(at, l->err, "a ref needs the entity that it points to: entity = \"…\"");
    f->ref_entity = arena_text(&l->schema->arena, text_of(entity));
    return rc;
}

static int read_key(struct loader *l, const struct config_node *at, struct field *f)
{
    const char *key = NULL;
    uint32_t next = 0;
    int rc = config_text(at, "key", &key, l->err);
    if (rc || !key)
        return rc;
    const struct field *named = field_among(f->fields, f->field_count, &next, text_of(key));
    if (!named || (named->type != FIELD_TEXT && named->type != FIELD_REF && named->type != FIELD_ENUM)) {
        char hint[NEAREST_HINT_MAX];
        const struct entity element = {.fields = f->fields, .field_count = f->field_count};
        return config_complain(config_get(at, "key"), l->err,
                               "key is \"%s\"; it is one of the list's fields, of type text, ref or enum%s", key,
                               entity_field_hint(&element, text_of(key), hint));
    }
    f->key = named->name;
    ((struct field *)named)->is_key = true; /* ours: made in loader_fields just now */
    return 0;
}

static int read_list(struct loader *l, const struct config_node *at, int depth, struct field *f)
{
    const struct config_node *of = config_get(at, "of"), *fields = config_get(at, "fields");
    if (!of == !fields)
        return config_complain(at, l->err, "a list needs either fields, or the type of its values: of = \"text\"");
    f->of = FIELD_MAP;
    int rc = read_max(l, at, f);
    if (!rc && fields)
        rc = loader_fields(l, fields, depth + 1, f);
    if (!rc && of)
        rc = read_type(l, at, "of", &f->of);
    if (!rc && of && (f->of == FIELD_MAP || f->of == FIELD_LIST))
        rc = config_complain(at, l->err, "a list of maps has fields, and a list of lists cannot be");
    if (!rc && f->of == FIELD_ENUM)
        rc = read_values(l, at, f);
    if (!rc && f->of == FIELD_REF)
        rc = read_entity_name(l, at, f);
    return rc ? rc : read_key(l, at, f);
}

static int read_map(struct loader *l, const struct config_node *at, int depth, struct field *f)
{
    const struct config_node *fields = config_get(at, "fields");
    if (!fields)
        return config_complain(at, l->err, "a map needs fields");
    return loader_fields(l, fields, depth + 1, f);
}

/* The settings of all types. A misspelt one is told before what is missing for it. */
static int known_settings(struct loader *l, const struct config_node *at)
{
    static const char *const all[] = {"name", "type", "help",   "personal", "max",    "code",
                                      "key",  "of",   "values", "entity",   "fields", NULL};
    return config_only(at, all, l->err);
}

/* The settings that a type has besides name, type, help and personal. */
static int only_settings(struct loader *l, const struct config_node *at, const struct field *f)
{
#define ALWAYS "name", "type", "help", "personal"
    static const char *const text[] = {ALWAYS, "max", "code", NULL}, *const enumeration[] = {ALWAYS, "values", NULL};
    static const char *const ref[] = {ALWAYS, "entity", NULL}, *const map[] = {ALWAYS, "fields", NULL};
    static const char *const maps[] = {ALWAYS, "max", "key", "fields", NULL}, *const plain[] = {ALWAYS, NULL};
    static const char *const list[] = {ALWAYS, "max", "of", "values", "entity", NULL};
#undef ALWAYS
    static const char *const *const of_type[] = {
        [FIELD_TEXT] = text,    [FIELD_DECIMAL] = plain, [FIELD_INT] = plain,        [FIELD_BOOL] = plain,
        [FIELD_MOMENT] = plain, [FIELD_DATE] = plain,    [FIELD_ENUM] = enumeration, [FIELD_REF] = ref,
        [FIELD_MAP] = map,      [FIELD_LIST] = list};
    return config_only(at, f->type == FIELD_LIST && f->fields ? maps : of_type[f->type], l->err);
}

static int read_by_type(struct loader *l, const struct config_node *at, int depth, struct field *f)
{
    switch (f->type) {
    case FIELD_TEXT:
        return read_max(l, at, f);
    case FIELD_ENUM:
        return read_values(l, at, f);
    case FIELD_REF:
        return read_entity_name(l, at, f);
    case FIELD_MAP:
        return read_map(l, at, depth, f);
    case FIELD_LIST:
        return read_list(l, at, depth, f);
    default:
        return 0;
    }
}

static int read_field(struct loader *l, const struct config_node *at, int depth, bool personal, struct field *f)
{
    if (at->kind != CONFIG_GROUP)
        return config_complain(at, l->err, "a field is a group: { name = \"…\"; type = \"…\"; }");
    f->file = arena_string(&l->schema->arena, text_of(at->file));
    f->line = at->line;
    f->personal = personal;
    int rc = known_settings(l, at);
    if (!rc)
        rc = read_name(l, at, &f->name);
    if (!rc)
        rc = read_type(l, at, "type", &f->type);
    if (!rc)
        rc = loader_help(l, at, &f->help);
    if (!rc)
        rc = config_bool(at, "personal", &f->personal, l->err);
    if (!rc)
        rc = config_bool(at, "code", &f->code, l->err);
    f->personal |= personal;
    if (!rc)
        rc = read_by_type(l, at, depth, f);
    return rc ? rc : only_settings(l, at, f);
}

/* Fills parent's fields. */
int loader_fields(struct loader *l, const struct config_node *list, int depth, struct field *parent)
{
    if (list->kind != CONFIG_LIST || list->count == 0 || list->count > SCHEMA_FIELDS_MAX)
        return config_complain(list, l->err, "fields is a list of 1 to %d groups: ( { … }, { … } )", SCHEMA_FIELDS_MAX);
    if (depth == depth_max)
        return config_complain(list, l->err, "fields are nested more than %d deep", depth_max);
    struct field *fields = arena_alloc(&l->schema->arena, list->count * sizeof *fields);
    if (!fields)
        return loader_no_memory(l->err);
    parent->fields = fields;
    for (uint32_t i = 0; i < list->count; i++) {
        uint32_t next = 0;
        fields[i].index = i;
        int rc = read_field(l, &list->children[i], depth, parent->personal, &fields[i]);
        if (rc)
            return rc;
        if (field_among(fields, i, &next, fields[i].name))
            return config_complain(&list->children[i], l->err, "the field \"%s\" is there twice", fields[i].name.p);
        parent->field_count = i + 1;
    }
    return 0;
}
