/* mapping_parse: reads a mapping file into the shape of mapping_entry.h: entities, their constants,
 * and the readers that mapping_field.c shares. Complains about all that can be seen without jq. */
#include "mapping_entry.h"

static const char *const top_words[] = {"empty_is_null", "functions", NULL};

/* ---- paths and expressions ---- */

struct mapping_source mapping_source_of(struct mapping *m, struct mapping_entity *e, const char *text)
{
    struct mapping_source s = {.text = text, .slot = MAPPING_NONE};
    if (text == NULL)
        return s;
    s.steps = mapping_path_parse(&m->arena, text, &s.step_count);
    if (s.steps == NULL)
        s.slot = (int)e->slot_count++;
    return s;
}

struct mapping_target mapping_target_of(struct mapping *m, const char *path)
{
    struct mapping_target t = {.function = MAPPING_NONE};
    if (path != NULL)
        t.steps = mapping_path_parse(&m->arena, path, &t.step_count);
    return t;
}

int mapping_read_texts(const struct config_node *group, const char *const *names, const char **const *values,
                       struct err *err)
{
    int rc = 0;
    for (size_t i = 0; names[i] != NULL && rc == 0; i++) {
        rc = config_text(group, names[i], values[i], err);
        if (rc == 0 && *values[i] != NULL && **values[i] == '\0')
            rc = config_complain(config_get(group, names[i]), err, "\"%s\" is empty: leave it away", names[i]);
    }
    return rc;
}

int mapping_read_word(const struct config_node *group, const char *name, const char *const *words, int fallback,
                      int *out, struct err *err)
{
    const char *word = NULL;
    int rc = config_text(group, name, &word, err);
    *out = fallback;
    if (rc != 0 || word == NULL)
        return rc;
    for (int i = 0; words[i] != NULL; i++)
        if (strcmp(words[i], word) == 0) {
            *out = i;
            return 0;
        }
    char hint[NEAREST_HINT_MAX];
    struct nearest meant = nearest_to(text_of(word));
    nearest_look_all(&meant, words);
    return config_complain(config_get(group, name), err, "%s = \"%s\" is not known%s", name, word,
                           nearest_hint(&meant, hint));
}

/* ---- constants ---- */

static int parse_constant(struct mapping *m, struct mapping_constant *c, struct err *err)
{
    static const char *const words[] = {"path", "value", "when", NULL};
    static const char *const whens[] = {"always", "create", NULL};
    int when;
    int rc = c->at->kind == CONFIG_GROUP
                 ? config_only(c->at, words, err)
                 : config_complain(c->at, err, "a constant is a group: { path = \"…\"; value = …; }");
    if (rc != 0 || (rc = config_text(c->at, "path", &c->path, err)) != 0 ||
        (rc = mapping_read_word(c->at, "when", whens, 0, &when, err)) != 0)
        return rc;
    const struct config_node *value = config_get(c->at, "value");
    if (c->path == NULL || c->path[0] == '\0' || value == NULL || !mapping_is_plain(value))
        return config_complain(c->at, err, "a constant needs a path and a value (text, number or bool)");
    c->value = mapping_plain_value(value);
    c->create_only = when == 1;
    c->target = mapping_target_of(m, c->path);
    return 0;
}

static int parse_constants(struct mapping *m, struct mapping_entity *e, struct err *err)
{
    const struct config_node *list = config_get(e->at, "constants");
    int rc = 0;
    if (list == NULL)
        return 0;
    if (list->kind != CONFIG_LIST)
        return config_complain(list, err, "\"constants\" must be a list: constants: ( { … }, … );");
    e->constants = arena_alloc(&m->arena, list->count * sizeof *e->constants);
    if (e->constants == NULL)
        return err_set(err, ERR_NOMEM, "%s:%d: the mapping is too large", list->file, list->line);
    for (size_t i = 0; i < list->count && rc == 0; i++) {
        struct mapping_constant *c = &e->constants[e->constant_count++];
        c->at = &list->children[i];
        rc = parse_constant(m, c, err);
    }
    return rc;
}

/* ---- entities ---- */

static int complain_unknown(const struct config_node *at, const struct schema *schema, struct err *err)
{
    char hint[NEAREST_HINT_MAX];
    struct nearest meant = nearest_to(text_of(at->name));
    nearest_look_all(&meant, top_words);
    for (uint32_t i = 0; i < schema_count(schema); i++)
        nearest_look(&meant, schema_at(schema, i)->name);
    return config_complain(at, err, "there is no entity \"%s\" in the entity folders%s", at->name,
                           nearest_hint(&meant, hint));
}

static int parse_entity(struct mapping *m, struct mapping_entity *e, const struct schema *schema, struct err *err)
{
    static const char *const words[] = {"object", "select", "id",        "key", "version",
                                        "when",   "fields", "constants", NULL};
    static const char *const texts[] = {"object", "select", "id", "key", "version", "when", NULL};
    const char *id = NULL, *key = NULL, *version = NULL, *when = NULL;
    const char **const values[] = {&e->object, &e->select, &id, &key, &version, &when};
    e->gather = MAPPING_NONE;
    e->entity = schema_find(schema, text_of(e->at->name));
    if (e->entity == NULL)
        return complain_unknown(e->at, schema, err);
    if (e->at->kind != CONFIG_GROUP)
        return config_complain(e->at, err, "\"%s\" must be a group: %s: { … };", e->at->name, e->at->name);
    int rc = config_only(e->at, words, err);
    if (rc != 0 || (rc = mapping_read_texts(e->at, texts, values, err)) != 0)
        return rc;
    if (id == NULL)
        return config_complain(e->at, err, "%s: \"id\" is missing: where the native id is read", e->at->name);
    e->id = mapping_source_of(m, e, id);
    e->key = mapping_source_of(m, e, key);
    e->version = mapping_source_of(m, e, version);
    e->when = mapping_source_of(m, e, when);
    rc = mapping_parse_fields(m, e, err);
    return rc != 0 ? rc : parse_constants(m, e, err);
}

static int parse_empty(struct mapping *m, const struct config_node *root, struct err *err)
{
    const struct config_node *n = config_get(root, "empty_is_null");
    if (n != NULL && (n->kind != CONFIG_BOOL || n->boolean))
        return config_complain(n, err,
                               "empty_is_null names the value that the API gives for \"empty\"; only false is known");
    m->empty_is_null = n != NULL;
    return 0;
}

static bool is_top_word(const char *name)
{
    for (size_t i = 0; top_words[i] != NULL; i++)
        if (strcmp(top_words[i], name) == 0)
            return true;
    return false;
}

int mapping_parse(struct mapping *m, const struct schema *schema, struct err *err)
{
    const struct config_node *root = config_root(m->config);
    int rc = parse_empty(m, root, err);
    m->entities = arena_alloc(&m->arena, (root->count + 1) * sizeof *m->entities);
    if (m->entities == NULL)
        return err_set(err, ERR_NOMEM, "%s: the mapping is too large", root->file);
    for (size_t i = 0; i < root->count && rc == 0; i++) {
        if (is_top_word(root->children[i].name))
            continue;
        struct mapping_entity *e = &m->entities[m->entity_count++];
        e->at = &root->children[i];
        rc = parse_entity(m, e, schema, err);
    }
    return rc;
}
