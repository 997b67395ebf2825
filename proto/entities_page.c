/* docs/entities.md, from the entity files.
 *
 * usage: entities_page FOLDER                prints the page
 *        entities_page FOLDER --check PAGE   says whether PAGE is that page */
#include <stdio.h>

#include "edge/os.h"
#include "proto/schema.h"

enum { page_max = 4 << 20 };

static const char head[] =
    "# Entities\n\n"
    "The kinds of business objects that Tidegate carries, and their fields. This page is printed from\n"
    "`proto/entities/*.cfg` by `entities_page`; a file of your own in a folder of your own (`entities` in\n"
    "`config/tidegate.cfg`) adds an entity, or replaces one of these by the same name. What the types mean stands in\n"
    "[messages.md](messages.md#fields). Any field may be null; one that is absent was not read.\n\n"
    "*personal*: shown as `‹personal›` in logs and by `tidegate tail`. A path like `lines[].sku` is a field of each "
    "element.\n";

static void print_type(struct buf *out, const struct field *f, enum field_type type)
{
    switch (type) {
    case FIELD_TEXT:
        buf_printf(out, "text, %u characters", f->type == FIELD_TEXT ? f->max : SCHEMA_TEXT_DEFAULT);
        break;
    case FIELD_REF:
        buf_printf(out, "ref to [%.*s](#%.*s)", TEXT_ARG(f->ref_entity), TEXT_ARG(f->ref_entity));
        break;
    case FIELD_LIST:
        buf_printf(out, "list, %u elements", f->max);
        break;
    default:
        buf_string(out, field_type_word(type));
    }
}

/* What a reader has to know beyond the type. */
static void print_notes(struct buf *out, const struct field *f)
{
    if (f->personal)
        buf_string(out, "*personal* ");
    if (f->type == FIELD_LIST && f->of != FIELD_MAP) {
        buf_string(out, "of ");
        print_type(out, f, f->of);
        buf_string(out, ". ");
    }
    if (f->key.n)
        buf_printf(out, "keyed by `%.*s`. ", TEXT_ARG(f->key));
    for (uint32_t i = 0; i < f->value_count; i++)
        buf_printf(out, "`%.*s`%s", TEXT_ARG(f->values[i]), i + 1 < f->value_count ? ", " : ". ");
    buf_text(out, f->help);
}

static void print_fields(struct buf *out, const struct field *fields, uint32_t count, const char *path)
{
    for (uint32_t i = 0; i < count; i++) {
        const struct field *f = &fields[i];
        char below[600];
        buf_printf(out, "| `%s%.*s` | ", path, TEXT_ARG(f->name));
        print_type(out, f, f->type);
        buf_string(out, " | ");
        print_notes(out, f);
        while (out->n && out->p[out->n - 1] == ' ')
            out->n--;
        buf_string(out, " |\n");
        snprintf(below, sizeof below, "%s%.*s%s.", path, TEXT_ARG(f->name), f->type == FIELD_LIST ? "[]" : "");
        print_fields(out, f->fields, f->field_count, below);
    }
}

static void print_page(struct buf *out, const struct schema *s)
{
    buf_string(out, head);
    for (uint32_t i = 0; i < schema_count(s); i++) {
        const struct entity *e = schema_at(s, i);
        buf_printf(out, "\n## %.*s\n\n%.*s\n\n", TEXT_ARG(e->name), TEXT_ARG(e->help));
        buf_string(out, "| field | type | |\n|---|---|---|\n");
        print_fields(out, e->fields, e->field_count, "");
    }
}

static int check_page(const struct buf *page, const char *path, struct err *err)
{
    struct arena a;
    struct text there;
    arena_init(&a, 2 * page_max);
    int rc = os_read_file(&a, path, page_max, &there, err);
    if (!rc && !text_eq(there, buf_view(page)))
        rc = err_set(err, ERR_INVALID,
                     "%s does not say what the entity files say; renew it with: entities_page FOLDER > %s", path, path);
    arena_release(&a);
    return rc;
}

int main(int argc, char **argv)
{
    struct schema *s;
    struct buf page;
    struct err err = {0};
    if (argc != 2 && !(argc == 4 && strcmp(argv[2], "--check") == 0)) {
        fprintf(stderr, "usage: entities_page FOLDER [--check PAGE]\n");
        return 2;
    }
    const char *folders[] = {argv[1]};
    buf_init(&page, page_max);
    int rc = schema_load(&s, folders, 1, &err);
    if (!rc) {
        print_page(&page, s);
        if (argc == 4)
            rc = check_page(&page, argv[3], &err);
        else
            fwrite(page.p, 1, page.n, stdout);
        schema_free(s);
    }
    if (rc)
        fprintf(stderr, "%s\n", err.text);
    buf_release(&page);
    return rc ? 1 : 0;
}
