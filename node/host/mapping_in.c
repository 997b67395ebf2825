/* mapping_in: an API's object → canonical fields. */
#include "mapping_entry.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include "base/moment.h"

struct reading { /* one object that is being read */
    const struct mapping *m;
    const struct mapping_entity *e;
    const struct value *native;
    struct value slots; /* what jq gathered */
    struct arena *a;
};

static int gather(struct reading *r, struct err *err)
{
    if (r->e->gather == MAPPING_NONE)
        return 0;
    int rc = jq_run(r->m->jq, (size_t)r->e->gather, r->native, r->a, &r->slots, err);
    if (rc != 0)
        return err_prefix(err, "%s:%d: %s", r->e->at->file, r->e->at->line, r->e->at->name);
    assert(r->slots.kind == VALUE_LIST && r->slots.count == r->e->slot_count);
    return 0;
}

/* 1 and *out, 0 when absent, ERR_INVALID with the bare reason. */
static int read_source(const struct reading *r, const struct mapping_source *s, struct value *out, struct err *err)
{
    const struct value *found;
    if (s->text == NULL)
        return 0;
    if (s->slot == MAPPING_NONE) {
        int rc = mapping_path_get(r->native, s, &found, err);
        if (rc == 1)
            *out = *found;
        return rc;
    }
    const struct value *slot = &r->slots.items[s->slot];
    if (slot->kind == VALUE_MAP)
        return err_set(err, ERR_INVALID, "%.*s", TEXT_ARG(value_text_at(slot, "e")));
    if (slot->count > 1)
        return err_set(err, ERR_INVALID, "%s gives %u values, one is wanted", s->text, slot->count);
    if (slot->count == 1)
        *out = slot->items[0];
    return (int)slot->count;
}

/* ---- id, key, version, when ---- */

static int complain(const struct reading *r, const char *word, struct err *err)
{
    const struct config_node *at = config_get(r->e->at, word);
    err_prefix(err, "%s:%d: %s %s", at->file, at->line, r->e->at->name, word);
    err->code = ERR_INVALID;
    return ERR_INVALID;
}

/* A text or an integer as text; null, absent (and false, where that means empty) as empty text. */
static int read_word(const struct reading *r, const char *word, const struct mapping_source *s, struct text *out,
                     struct err *err)
{
    struct value v = value_null();
    struct err why = {0};
    *out = (struct text){"", 0};
    if (read_source(r, s, &v, &why) >= 0 && (v.kind == VALUE_TEXT || v.kind == VALUE_NUMBER)) {
        *out = v.text;
        return 0;
    }
    if (why.code == 0 && v.kind == VALUE_INT) {
        *out = arena_printf(r->a, "%" PRId64, v.integer);
        return 0;
    }
    if (why.code == 0 && (v.kind == VALUE_NULL || (r->m->empty_is_null && v.kind == VALUE_BOOL && !v.boolean)))
        return 0;
    if (why.code == 0)
        err_set(&why, ERR_INVALID, "a %s is no text and no integer", value_kind_word(v.kind));
    err_set(err, ERR_INVALID, "%s", why.text);
    return complain(r, word, err);
}

static int read_id(const struct reading *r, struct text *out, struct err *err)
{
    int rc = read_word(r, "id", &r->e->id, out, err);
    if (rc == 0 && out->n == 0) {
        err_set(err, ERR_INVALID, "the object has none (%s)", r->e->id.text);
        return complain(r, "id", err);
    }
    return rc;
}

/* Moments as UTC text of one length and counters padded, so that versions order as texts do. */
static int read_version(const struct reading *r, struct text *out, struct err *err)
{
    char text[MOMENT_TEXT_MAX];
    moment_us at;
    int64_t counter;
    int rc = read_word(r, "version", &r->e->version, out, err);
    if (rc != 0 || out->n == 0)
        return rc;
    if (text_to_i64(*out, &counter) && counter >= 0)
        *out = arena_printf(r->a, "%019" PRId64, counter);
    else if (moment_parse(*out, &at))
        *out = arena_text(r->a, moment_format(at, text));
    return 0;
}

static int read_when(const struct reading *r, bool *skipped, struct err *err)
{
    struct value v = value_null();
    if (r->e->when.text == NULL)
        return 0;
    if (read_source(r, &r->e->when, &v, err) < 0)
        return complain(r, "when", err);
    *skipped = v.kind == VALUE_NULL || (v.kind == VALUE_BOOL && !v.boolean);
    return 0;
}

/* ---- fields ---- */

static int read_field(const struct reading *r, const struct mapping_field *f, struct value *fields, struct err *err)
{
    struct value v = value_null();
    struct err why = {0};
    int rc = read_source(r, &f->source, &v, &why);
    if (rc < 0)
        return mapping_complain(f, err, "%s",
                                f->field->personal && f->source.slot != MAPPING_NONE
                                    ? "the expression failed (its words are not shown: personal data)"
                                    : why.text);
    if (rc == 0)
        return 0;
    rc = mapping_value_in(r->m, f, &v, r->a, err);
    if (rc == 0)
        value_set(r->a, fields, f->field->name, v);
    return rc;
}

/* The schema complains of "entity.field…": says which line of the mapping gave that. */
static int check(const struct reading *r, struct value *fields, struct err *err)
{
    char prefix[160];
    int rc = schema_check(r->e->entity, fields, r->a, err);
    for (uint32_t i = 0; rc != 0 && i < r->e->field_count; i++) {
        const struct mapping_field *f = &r->e->fields[i];
        int n = snprintf(prefix, sizeof prefix, "%.*s.%.*s", TEXT_ARG(r->e->entity->name), TEXT_ARG(f->field->name));
        if (f->reads && strncmp(err->text, prefix, (size_t)n) == 0 && strchr(":.[ ", err->text[n]) != NULL)
            return err_prefix(err, "%s:%d", f->at->file, f->at->line);
    }
    return rc;
}

static int read_fields(const struct reading *r, struct value *fields, struct err *err)
{
    int rc = 0;
    *fields = value_map(r->a, 0);
    for (uint32_t i = 0; i < r->e->field_count && rc == 0; i++)
        if (r->e->fields[i].reads)
            rc = read_field(r, &r->e->fields[i], fields, err);
    if (rc == 0 && arena_failed(r->a))
        rc = err_set(err, ERR_TOO_LARGE, "%s: the object is too large", r->e->at->name);
    return rc != 0 ? rc : check(r, fields, err);
}

int mapping_in(struct mapping *m, const char *entity, const struct value *native, struct arena *a, struct mapped *out,
               struct err *err)
{
    struct reading r = {.m = m, .e = mapping_find(m, entity), .native = native, .a = a};
    *out = (struct mapped){0};
    if (r.e == NULL)
        return err_set(err, ERR_INVALID, "%s: there is no mapping for %s", config_root(m->config)->file, entity);
    int rc = gather(&r, err);
    if (rc == 0)
        rc = read_when(&r, &out->skipped, err);
    if (rc != 0 || (rc = read_id(&r, &out->native, err)) != 0 || out->skipped ||
        (rc = read_word(&r, "key", &r.e->key, &out->key, err)) != 0 || (rc = read_version(&r, &out->version, err)) != 0)
        return rc;
    return read_fields(&r, &out->fields, err);
}
