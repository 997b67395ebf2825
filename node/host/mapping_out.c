/* mapping_out: canonical fields → an API's object. Only what the command carries is set; constants come first, so that
 * a field has the last word. A field that the mapping does not write is left out. */
#include "mapping_entry.h"

struct writing { /* one object that is being made */
    const struct mapping *m;
    const struct value *fields;
    bool create;
    struct arena *a;
    struct value *native;
};

static int complain(const struct config_node *at, const struct mapping_field *f, struct err *why, struct err *err)
{
    bool hidden = f != NULL && f->field->personal;
    const char *words = hidden ? "the expression failed (its words are not shown: personal data)" : why->text;
    return f != NULL ? mapping_complain(f, err, "%s", words) : config_complain(at, err, "%s", words);
}

static int set_target(const struct writing *w, const struct mapping_target *t, const struct config_node *at,
                      const struct mapping_field *f, struct value v, struct err *err)
{
    struct err why = {0};
    if (t->steps != NULL) {
        mapping_path_set(w->a, w->native, t->steps, t->step_count, v);
        return 0;
    }
    struct value paths = value_null();
    int rc = jq_run(w->m->jq, (size_t)t->function, w->native, w->a, &paths, &why);
    if (rc == 0)
        rc = mapping_path_set_at(w->a, w->native, &paths, v, &why);
    return rc != 0 ? complain(at, f, &why, err) : 0;
}

static int run_out(const struct writing *w, const struct mapping_field *f, struct value *v, struct err *err)
{
    struct err why = {0};
    struct value input = value_map(w->a, 3);
    if (f->out_function == MAPPING_NONE || input.count != 3 || (f->path != NULL && v->kind == VALUE_NULL))
        return 0;
    input.members[0] = (struct member){text_of("value"), *v};
    input.members[1] = (struct member){text_of("fields"), *w->fields};
    input.members[2] = (struct member){text_of("create"), value_bool(w->create)};
    if (jq_run(w->m->jq, (size_t)f->out_function, &input, w->a, v, &why) != 0)
        return complain(f->at, f, &why, err);
    return 0;
}

static int write_field(const struct writing *w, const struct mapping_field *f, struct value v, struct err *err)
{
    int rc = mapping_value_pairs_out(f, &v, err);
    if (rc != 0 || (rc = run_out(w, f, &v, err)) != 0)
        return rc;
    if (f->path == NULL) {
        if (v.kind != VALUE_MAP)
            return mapping_complain(f, err, "`out` without a path must give an object, not a %s",
                                    value_kind_word(v.kind));
        mapping_merge(w->a, w->native, &v);
        return 0;
    }
    if ((rc = mapping_value_as(f, &v, w->a, err)) != 0)
        return rc;
    if (v.kind == VALUE_NULL && w->m->empty_is_null)
        v = value_bool(false);
    return set_target(w, &f->target, f->at, f, v, err);
}

static int write_constants(const struct writing *w, const struct mapping_entity *e, struct err *err)
{
    int rc = 0;
    for (uint32_t i = 0; i < e->constant_count && rc == 0; i++)
        if (w->create || !e->constants[i].create_only)
            rc = set_target(w, &e->constants[i].target, e->constants[i].at, NULL, e->constants[i].value, err);
    return rc;
}

static int write_fields(const struct writing *w, const struct mapping_entity *e, struct err *err)
{
    int rc = 0;
    for (uint32_t i = 0; i < e->field_count && rc == 0; i++) {
        const struct mapping_field *f = &e->fields[i];
        const struct value *v = f->writes ? value_get_text(w->fields, f->field->name) : NULL;
        if (v != NULL)
            rc = write_field(w, f, *v, err);
    }
    return rc;
}

int mapping_out(struct mapping *m, const char *entity, const struct value *fields, bool create, struct arena *a,
                struct value *native, struct err *err)
{
    const struct mapping_entity *e = mapping_find(m, entity);
    struct writing w = {.m = m, .fields = fields, .create = create, .a = a, .native = native};
    if (e == NULL)
        return err_set(err, ERR_INVALID, "%s: there is no mapping for %s", config_root(m->config)->file, entity);
    *native = value_map(a, 0);
    int rc = write_constants(&w, e, err);
    if (rc == 0)
        rc = write_fields(&w, e, err);
    if (rc == 0 && arena_failed(a))
        rc = err_set(err, ERR_TOO_LARGE, "%s: the object is too large", entity);
    return rc;
}
