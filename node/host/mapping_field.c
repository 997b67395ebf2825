/* mapping_field: the entries of `fields` in a mapping file: paths, expressions, directions and value tables, checked
 * against the schema. */
#include "mapping_entry.h"

/* ---- value tables ---- */

struct value mapping_plain_value(const struct config_node *n)
{
    if (n->kind == CONFIG_INT)
        return value_int(n->integer);
    if (n->kind == CONFIG_BOOL)
        return value_bool(n->boolean);
    return value_string(n->text);
}

bool mapping_is_plain(const struct config_node *n)
{
    return n->kind == CONFIG_TEXT || n->kind == CONFIG_INT || n->kind == CONFIG_BOOL;
}

static bool enum_has(const struct field *f, const char *word)
{
    for (uint32_t i = 0; i < f->value_count; i++)
        if (text_is(f->values[i], word))
            return true;
    return false;
}

static int check_canonical(const struct field *f, const struct config_node *n, struct err *err)
{
    static const enum config_kind kinds[] = {
        [FIELD_TEXT] = CONFIG_TEXT,  [FIELD_DECIMAL] = CONFIG_TEXT, [FIELD_INT] = CONFIG_INT,
        [FIELD_BOOL] = CONFIG_BOOL,  [FIELD_MOMENT] = CONFIG_TEXT,  [FIELD_DATE] = CONFIG_TEXT,
        [FIELD_ENUM] = CONFIG_TEXT,  [FIELD_REF] = CONFIG_TEXT,     [FIELD_MAP] = CONFIG_GROUP,
        [FIELD_LIST] = CONFIG_GROUP,
    };
    if (n->kind != kinds[f->type])
        return config_complain(n, err, "field %.*s: a canonical value of the table has the wrong type",
                               TEXT_ARG(f->name));
    if (f->type == FIELD_ENUM && !enum_has(f, n->text))
        return config_complain(n, err, "field %.*s: \"%s\" is no value that the schema allows (%s:%d)",
                               TEXT_ARG(f->name), n->text, f->file, f->line);
    return 0;
}

static int parse_pairs(struct mapping *m, struct mapping_field *f, const struct config_node *list, struct err *err)
{
    int rc = 0;
    if (list == NULL)
        return 0;
    if (list->kind != CONFIG_LIST || list->count == 0)
        return config_complain(list, err, "values must be a list of pairs: ( (\"THEIRS\", \"ours\"), … )");
    f->pairs = arena_alloc(&m->arena, list->count * sizeof *f->pairs);
    if (f->pairs == NULL)
        return err_set(err, ERR_NOMEM, "%s:%d: the mapping is too large", list->file, list->line);
    for (size_t i = 0; i < list->count && rc == 0; i++) {
        const struct config_node *pair = &list->children[i];
        if (pair->kind != CONFIG_LIST || pair->count != 2 || !mapping_is_plain(&pair->children[0]))
            return config_complain(pair, err, "a pair is (native, canonical), both text, number or bool");
        rc = check_canonical(f->field, &pair->children[1], err);
        for (uint32_t k = 0; rc == 0 && k < f->pair_count; k++) {
            struct value native = mapping_plain_value(&pair->children[0]);
            if (value_equal(&f->pairs[k].native, &native))
                rc = config_complain(pair, err, "values has a pair for this native value already");
        }
        if (rc == 0)
            f->pairs[f->pair_count++] =
                (struct mapping_pair){mapping_plain_value(&pair->children[0]), mapping_plain_value(&pair->children[1])};
    }
    return rc;
}

/* ---- fields ---- */

static int find_field(struct mapping_field *f, const struct entity *e, struct err *err)
{
    const char *name = NULL;
    char hint[NEAREST_HINT_MAX];
    int rc = config_text(f->at, "field", &name, err);
    if (rc != 0)
        return rc;
    if (name == NULL)
        return config_complain(f->at, err, "\"field\" is missing: the canonical field that is mapped");
    f->field = entity_field(e, text_of(name));
    if (f->field == NULL)
        return config_complain(config_get(f->at, "field"), err, "%.*s has no field \"%s\"%s (%s:%d)", TEXT_ARG(e->name),
                               name, entity_field_hint(e, text_of(name), hint), e->file, e->line);
    return 0;
}

static int parse_directions(struct mapping_field *f, struct err *err)
{
    enum { BOTH, IN, OUT };
    static const char *const words[] = {"both", "in", "out", NULL};
    int direction;
    int rc = mapping_read_word(f->at, "direction", words, BOTH, &direction, err);
    if (rc != 0)
        return rc;
    if (direction == OUT && f->in != NULL)
        return config_complain(config_get(f->at, "in"), err, "in is for reading, but direction is \"out\"");
    if (direction == IN && f->out != NULL)
        return config_complain(config_get(f->at, "out"), err, "out is for writing, but direction is \"in\"");
    f->reads = direction != OUT && (f->path != NULL || f->in != NULL);
    f->writes = direction != IN && (f->path != NULL || f->out != NULL);
    if (!f->reads && !f->writes)
        return config_complain(f->at, err, "field %.*s: give a path, or an expression as `in` or `out`",
                               TEXT_ARG(f->field->name));
    if (config_get(f->at, "as") != NULL && !(f->writes && f->path != NULL))
        return config_complain(config_get(f->at, "as"), err, "as is for what is written to a path, and here is none");
    return 0;
}

static int parse_field(struct mapping *m, struct mapping_entity *e, struct mapping_field *f, struct err *err)
{
    static const char *const words[] = {"field", "path", "direction", "as", "values", "in", "out", NULL};
    static const char *const as_words[] = {"is", "number", "text", "bool", NULL};
    static const char *const texts[] = {"path", "in", "out", NULL};
    const char **const values[] = {&f->path, &f->in, &f->out};
    int as = AS_IS;
    int rc = f->at->kind == CONFIG_GROUP ? config_only(f->at, words, err)
                                         : config_complain(f->at, err, "a field is a group: { field = \"…\"; … }");
    if (rc != 0 || (rc = find_field(f, e->entity, err)) != 0 ||
        (rc = mapping_read_texts(f->at, texts, values, err)) != 0 || (rc = parse_directions(f, err)) != 0 ||
        (rc = mapping_read_word(f->at, "as", as_words, AS_IS, &as, err)) != 0)
        return rc;
    f->as = (enum mapping_as)as;
    f->out_function = MAPPING_NONE;
    f->source = mapping_source_of(m, e, f->reads && f->in == NULL ? f->path : NULL);
    if (f->reads && f->in != NULL) {
        f->source.text = f->in;
        f->source.slot = (int)e->slot_count++;
    }
    f->target = mapping_target_of(m, f->path);
    return parse_pairs(m, f, config_get(f->at, "values"), err);
}

static int check_once(const struct mapping_entity *e, const struct mapping_field *f, struct err *err)
{
    for (const struct mapping_field *o = e->fields; o < f; o++) {
        if (o->writes && f->writes && o->path != NULL && f->path != NULL && strcmp(o->path, f->path) == 0)
            return config_complain(f->at, err, "%s is written already in line %d", f->path, o->at->line);
        if (o->field == f->field && ((o->reads && f->reads) || (o->writes && f->writes)))
            return config_complain(f->at, err, "field %.*s is mapped already in line %d", TEXT_ARG(f->field->name),
                                   o->at->line);
    }
    return 0;
}

int mapping_parse_fields(struct mapping *m, struct mapping_entity *e, struct err *err)
{
    const struct config_node *list = config_get(e->at, "fields");
    int rc = 0;
    if (list == NULL || list->kind != CONFIG_LIST)
        return config_complain(list ? list : e->at, err, "%s: \"fields\" must be a list: fields: ( { … }, … );",
                               e->at->name);
    e->fields = arena_alloc(&m->arena, list->count * sizeof *e->fields);
    if (e->fields == NULL)
        return err_set(err, ERR_NOMEM, "%s:%d: the mapping is too large", list->file, list->line);
    for (size_t i = 0; i < list->count && rc == 0; i++) {
        struct mapping_field *f = &e->fields[e->field_count++];
        f->at = &list->children[i];
        rc = parse_field(m, e, f, err);
        if (rc == 0)
            rc = check_once(e, f, err);
    }
    return rc;
}
