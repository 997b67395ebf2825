#include "proto_support.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "base/json_text.h"
#include "edge/json.h"
#include "edge/os.h"

static void must(bool fine, const char *what)
{
    if (fine)
        return;
    fprintf(stderr, "the test itself fails: %s\n", what);
    exit(2);
}

struct value json_value(struct arena *a, const char *json)
{
    struct err err;
    struct value v;
    must(json_parse(a, text_of(json), &v, &err) == 0, json);
    return v;
}

const char *json_of(struct arena *a, const struct value *v)
{
    struct buf b;
    buf_init(&b, 1 << 20);
    json_write(&b, v);
    const char *s = arena_string(a, buf_view(&b));
    buf_release(&b);
    return s;
}

struct schema *shipped_schema(void)
{
    static const char *const folders[] = {"proto/entities"};
    struct schema *s;
    struct err err = {0};
    must(schema_load(&s, folders, 1, &err) == 0, err.text);
    return s;
}

int try_schema(struct schema **out, const char *const *files, int count, struct err *err)
{
    char folder[] = "/tmp/tidegate-entities-XXXXXX", path[100];
    const char *const folders[] = {folder};
    struct err trouble = {0};
    must(mkdtemp(folder), "mkdtemp");
    for (int i = 0; i < count; i++) {
        snprintf(path, sizeof path, "%s/%d.cfg", folder, i);
        must(os_write_file(path, text_of(files[i]), 0600, &trouble) == 0, trouble.text);
    }
    int rc = schema_load(out, folders, 1, err);
    for (int i = 0; i < count; i++) {
        snprintf(path, sizeof path, "%s/%d.cfg", folder, i);
        unlink(path);
    }
    rmdir(folder);
    return rc;
}

struct schema *schema_of(const char *const *files, int count)
{
    struct schema *s;
    struct err err = {0};
    must(try_schema(&s, files, count, &err) == 0, err.text);
    return s;
}
