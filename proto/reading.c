#include "reading.h"

int reading_fault(struct reading *r, int code, const char *path, const char *what)
{
    return err_set(r->err, code, "%s: %s", path, what);
}

static bool says_something(const struct value *v)
{
    return v->kind != VALUE_NULL && !(v->kind == VALUE_TEXT && v->text.n == 0);
}

const struct member *reading_sort(const struct value *map, const struct text *names, unsigned count,
                                  const struct value **sorted)
{
    const struct member *stranger = NULL;
    unsigned next = 0;
    for (uint32_t i = 0; i < map->count; i++) {
        const struct member *m = &map->members[i];
        unsigned tried = 0;
        for (; tried < count && !text_eq(names[next], m->name); tried++)
            next = next + 1 < count ? next + 1 : 0;
        if (tried == count) {
            stranger = stranger ? stranger : m;
            continue;
        }
        if (says_something(&m->value))
            sorted[next] = &m->value;
        next = next + 1 < count ? next + 1 : 0; /* they mostly come in the table's order */
    }
    return stranger;
}

int reading_text(struct reading *r, const struct value *v, const char *path, size_t max, bool required,
                 struct text *out)
{
    if (!v)
        return required ? reading_fault(r, ERR_INVALID, path, "is missing") : 0;
    if (v->kind != VALUE_TEXT)
        return err_set(r->err, ERR_INVALID, "%s: %s; it is a text", path, value_kind_word(v->kind));
    if (v->text.n > max)
        return err_set(r->err, ERR_TOO_LARGE, "%s: %zu bytes, at most %zu", path, v->text.n, max);
    *out = v->text;
    return 0;
}

int reading_line(struct reading *r, const struct value *v, const char *path, size_t max, bool required,
                 struct text *out)
{
    struct text found = {0};
    int rc = reading_text(r, v, path, max, required, &found);
    if (rc || !v)
        return rc;
    if (text_has_control(found))
        return reading_fault(r, ERR_INVALID, path, "holds a control character");
    *out = found;
    return 0;
}

int reading_not_one_of(struct reading *r, const char *path, struct text found, const char *allowed)
{
    char quoted[QUOTE_TEXT];
    return err_set(r->err, ERR_INVALID, "%s: %s is none of %s", path, text_quote(quoted, found), allowed);
}

bool reading_has_form(struct text t, const char *form)
{
    static const char place[256] = {['0' ... '9'] = 'x', ['a' ... 'f'] = 'x', ['-'] = '-'};
    int differs = t.n != strlen(form);
    for (size_t i = 0; !differs && i < t.n; i++)
        differs = place[(unsigned char)t.p[i]] != form[i];
    return !differs;
}

int reading_uuid(struct reading *r, const struct value *v, const char *path, struct text *out)
{
    struct text found = {0};
    int rc = reading_text(r, v, path, 64, true, &found);
    if (!rc && (!reading_has_form(found, "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx")))
        rc = reading_fault(r, ERR_INVALID, path, "is no UUID in small letters (\"0192d3a0-…\")");
    if (!rc)
        *out = found;
    return rc;
}

int reading_system(struct reading *r, const struct value *v, const char *path, struct text *out)
{
    struct text found = {0};
    int rc = reading_text(r, v, path, MESSAGE_SYSTEM_MAX, true, &found);
    if (!rc && !is_name(found, MESSAGE_SYSTEM_MAX))
        rc =
            reading_fault(r, ERR_INVALID, path, "is no name of a system (small letters, digits and _, a letter first)");
    if (!rc)
        *out = found;
    return rc;
}

int reading_moment(struct reading *r, const struct value *v, const char *path, bool required, moment_us *out)
{
    struct text found = {0};
    int rc = reading_text(r, v, path, MOMENT_TEXT_MAX, required, &found);
    if (rc || !v)
        return rc;
    return moment_parse(found, out)
               ? 0
               : reading_fault(r, ERR_INVALID, path, "is no RFC 3339 time (\"2026-11-21T10:00:00.000000Z\")");
}
