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
        if (tried == count)
            stranger = stranger ? stranger : m;
        else if (says_something(&m->value))
            sorted[next] = &m->value;
    }
    return stranger;
}

static bool has_control(struct text t)
{
    for (size_t i = 0; i < t.n; i++)
        if ((unsigned char)t.p[i] < 0x20 || t.p[i] == 0x7F)
            return true;
    return false;
}

int reading_line(struct reading *r, const struct value *v, const char *path, size_t max, bool required,
                 struct text *out)
{
    if (!v)
        return required ? reading_fault(r, ERR_INVALID, path, "is missing") : 0;
    if (v->kind != VALUE_TEXT)
        return err_set(r->err, ERR_INVALID, "%s: %s; it is a text", path, value_kind_word(v->kind));
    if (v->text.n > max)
        return err_set(r->err, ERR_TOO_LARGE, "%s: %zu bytes, at most %zu", path, v->text.n, max);
    if (has_control(v->text))
        return reading_fault(r, ERR_INVALID, path, "holds a control character");
    *out = v->text;
    return 0;
}

int reading_not_one_of(struct reading *r, const char *path, struct text found, const char *allowed)
{
    char quoted[QUOTE_TEXT];
    return err_set(r->err, ERR_INVALID, "%s: %s is none of %s", path, text_quote(quoted, found), allowed);
}

bool reading_has_form(struct text t, const char *form)
{
    for (size_t i = 0; i < t.n; i++) {
        char c = t.p[i];
        if (form[i] == 'x' ? !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')) : c != form[i])
            return false;
    }
    return form[t.n] == '\0';
}

int reading_uuid(struct reading *r, const struct value *v, const char *path, struct text *out)
{
    struct text found = {0};
    int rc = reading_line(r, v, path, 64, true, &found);
    if (!rc && (found.n >= UUID_TEXT || !reading_has_form(found, "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx")))
        rc = reading_fault(r, ERR_INVALID, path, "is no UUID in small letters (\"0192d3a0-…\")");
    if (!rc)
        *out = found;
    return rc;
}

int reading_system(struct reading *r, const struct value *v, const char *path, struct text *out)
{
    struct text found = {0};
    int rc = reading_line(r, v, path, MESSAGE_SYSTEM_MAX, true, &found);
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
    int rc = reading_line(r, v, path, MOMENT_TEXT_MAX, required, &found);
    if (rc || !v)
        return rc;
    return moment_parse(found, out)
               ? 0
               : reading_fault(r, ERR_INVALID, path, "is no RFC 3339 time (\"2026-11-21T10:00:00.000000Z\")");
}
