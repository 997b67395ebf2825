/* Mappings: what an entry makes of an API's object and of canonical fields, what it refuses, and what a mistake in the
 * file is told. Each row is one entry of `fields` in a mapping of its own, over the schema of proto/entities. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/buf.h"
#include "base/json_text.h"
#include "edge/json.h"
#include "edge/os.h"
#include "host/mapping.h"

static struct schema *load_schema(void)
{
    const char *folders[] = {"proto/entities"};
    struct schema *s = NULL;
    struct err err = {0};
    if (schema_load(&s, folders, 1, &err) != 0)
        fail_msg("%s", err.text);
    return s;
}

struct bench {
    struct schema *schema;
    struct mapping *mapping;
    struct arena arena;
    struct err err;
};

static int load(struct bench *b, const char *source)
{
    char path[] = "/tmp/mapping-test-XXXXXX";
    *b = (struct bench){.schema = load_schema()};
    arena_init(&b->arena, 16u << 20);
    close(mkstemp(path));
    assert_int_equal(os_write_file(path, text_of(source), 0600, NULL), 0);
    int rc = mapping_load(&b->mapping, path, b->schema, &b->err);
    unlink(path);
    return rc;
}

static void unload(struct bench *b)
{
    mapping_free(b->mapping);
    schema_free(b->schema);
    arena_release(&b->arena);
}

static const char *product(const char *entry, const char *top)
{
    static char source[8192];
    snprintf(source, sizeof source,
             "%s product: { object = \"Thing\"; id = \".id\"; version = \".at\"; key = \".key\";\n"
             "fields: (\n%s\n); };\n",
             top, entry);
    return source;
}

static struct value parse(struct bench *b, const char *json)
{
    struct value v;
    if (json_parse(&b->arena, text_of(json), &v, &b->err) != 0)
        fail_msg("%s: %s", json, b->err.text);
    return v;
}

static void expect_json(struct bench *b, const struct value *v, const char *expected, const char *row)
{
    struct value wanted = parse(b, expected);
    struct buf out;
    buf_init(&out, 65536);
    json_write(&out, v);
    if (!value_equal(v, &wanted))
        fail_msg("%s\n  gave   %s\n  wanted %s", row, buf_cstr(&out), expected);
    buf_release(&out);
}

static void expect_words(struct bench *b, int rc, const char *words, const char *row)
{
    if (rc == 0)
        fail_msg("%s\n  was taken, wanted: %s", row, words);
    if (strstr(b->err.text, words) == NULL)
        fail_msg("%s\n  said   %s\n  wanted %s", row, b->err.text, words);
}

struct row {
    const char *entry, *native, *fields, *complaint; /* in: native gives fields or the complaint */
    const char *top;
};

static void run_in(const struct row *r)
{
    struct bench b;
    struct mapped m;
    if (load(&b, product(r->entry, r->top ? r->top : "")) != 0)
        fail_msg("%s: %s", r->entry, b.err.text);
    struct value native = parse(&b, r->native);
    int rc = mapping_in(b.mapping, "product", &native, &b.arena, &m, &b.err);
    if (r->complaint != NULL)
        expect_words(&b, rc, r->complaint, r->entry);
    else if (rc != 0)
        fail_msg("%s: %s", r->entry, b.err.text);
    else
        expect_json(&b, &m.fields, r->fields, r->entry);
    unload(&b);
}

static void test_in(void **state)
{
    static const struct row rows[] = {
        /* absent, null and empty are three things */
        {"{ field = \"sku\"; path = \".sku\"; }", "{\"id\":1}", "{}", 0, 0},
        {"{ field = \"sku\"; path = \".sku\"; }", "{\"id\":1,\"sku\":null}", "{\"sku\":null}", 0, 0},
        {"{ field = \"sku\"; path = \".sku\"; }", "{\"id\":1,\"sku\":\"\"}", "{\"sku\":\"\"}", 0, 0},
        {"{ field = \"name\"; path = \".product.title\"; }", "{\"id\":1,\"product\":null}", "{\"name\":null}", 0, 0},
        {"{ field = \"name\"; path = \".product.title\"; }", "{\"id\":1,\"product\":{}}", "{}", 0, 0},
        {"{ field = \"name\"; path = \".product.title\"; }", "{\"id\":1,\"product\":\"x\"}", 0, "no object but a text",
         0},
        /* the same by jq */
        {"{ field = \"sku\"; path = \".list[0].sku\"; direction = \"in\"; }", "{\"id\":1}", "{}", 0, 0},
        {"{ field = \"sku\"; path = \".list[0].sku\"; direction = \"in\"; }", "{\"id\":1,\"list\":null}",
         "{\"sku\":null}", 0, 0},
        {"{ field = \"sku\"; path = \".list[0].sku\"; direction = \"in\"; }", "{\"id\":1,\"list\":[]}",
         "{\"sku\":null}", 0, 0},
        {"{ field = \"sku\"; path = \".list[0].sku\"; direction = \"in\"; }", "{\"id\":1,\"list\":[{\"sku\":\"a\"}]}",
         "{\"sku\":\"a\"}", 0, 0},
        {"{ field = \"sku\"; path = \".list[] | select(.main) | .sku\"; direction = \"in\"; }",
         "{\"id\":1,\"list\":[{\"sku\":\"a\"},{\"sku\":\"b\",\"main\":true}]}", "{\"sku\":\"b\"}", 0, 0},
        {"{ field = \"sku\"; path = \".list[] | select(.main) | .sku\"; direction = \"in\"; }",
         "{\"id\":1,\"list\":[]}", "{}", 0, 0},
        {"{ field = \"sku\"; path = \".list[].sku\"; direction = \"in\"; }",
         "{\"id\":1,\"list\":[{\"sku\":\"a\"},{\"sku\":\"b\"}]}", 0, "the path gives 2 values", 0},
        /* computed */
        {"{ field = \"name\"; in = \".a + \\\" \\\" + .b # note\"; }", "{\"id\":1,\"a\":\"x\",\"b\":\"y\"}",
         "{\"name\":\"x y\"}", 0, 0},
        {"{ field = \"name\"; in = \"empty\"; }", "{\"id\":1}", "{}", 0, 0},
        {"{ field = \"name\"; in = \".a, .b\"; }", "{\"id\":1,\"a\":\"x\",\"b\":\"y\"}", 0, "gives 2 values", 0},
        {"{ field = \"name\"; in = \".a.b\"; }", "{\"id\":1,\"a\":\"x\"}", 0, "field name: Cannot index string", 0},
        {"{ field = \"sku\"; path = \".sku\"; in = \"ascii_upcase\"; }", "{\"id\":1,\"sku\":\"a\"}", "{\"sku\":\"A\"}",
         0, 0},
        {"{ field = \"sku\"; path = \".sku\"; in = \"ascii_upcase\"; }", "{\"id\":1,\"sku\":null}", "{\"sku\":null}", 0,
         0},
        {"{ field = \"sku\"; path = \".sku\"; in = \"ascii_upcase\"; }", "{\"id\":1}", "{}", 0, 0},
        {"{ field = \"sku\"; in = \"twice(.sku)\"; }", "{\"id\":1,\"sku\":\"a\"}", "{\"sku\":\"aa\"}", 0,
         "functions = \"def twice(f): f + f;\";"},
        {"{ field = \"options\"; in = \"[.o[] | {name: .n, value: .v}]\"; }",
         "{\"id\":1,\"o\":[{\"n\":\"size\",\"v\":12}]}", "{\"options\":[{\"name\":\"size\",\"value\":\"12\"}]}", 0, 0},
        /* numbers: no digit is lost, by either way */
        {"{ field = \"sku\"; path = \".n\"; }", "{\"id\":1,\"n\":820982911946154508}",
         "{\"sku\":\"820982911946154508\"}", 0, 0},
        {"{ field = \"sku\"; in = \".n\"; }", "{\"id\":1,\"n\":820982911946154508}", "{\"sku\":\"820982911946154508\"}",
         0, 0},
        {"{ field = \"weight\"; path = \".w\"; }", "{\"id\":1,\"w\":0.10}", "{\"weight\":\"0.1\"}", 0, 0},
        {"{ field = \"weight\"; path = \".w\"; }", "{\"id\":1,\"w\":1.5e2}", "{\"weight\":\"150\"}", 0, 0},
        {"{ field = \"weight\"; in = \".w\"; }", "{\"id\":1,\"w\":12345678901234.05}",
         "{\"weight\":\"12345678901234.05\"}", 0, 0},
        {"{ field = \"weight\"; path = \".w\"; }", "{\"id\":1,\"w\":\"ten\"}", 0, "product.weight", 0},
        /* value tables */
        {"{ field = \"active\"; path = \".s\"; values = ( (\"ON\", true), (\"OFF\", false) ); }",
         "{\"id\":1,\"s\":\"OFF\"}", "{\"active\":false}", 0, 0},
        {"{ field = \"active\"; path = \".s\"; values = ( (\"ON\", true), (\"OFF\", false) ); }",
         "{\"id\":1,\"s\":null}", "{\"active\":null}", 0, 0},
        {"{ field = \"active\"; path = \".s\"; values = ( (\"ON\", true), (\"OFF\", false) ); }",
         "{\"id\":1,\"s\":\"HALF\"}", 0, "\"HALF\" is not among the native values", 0},
        {"{ field = \"category\"; path = \".c\"; values = ( (7, \"tools\") ); }", "{\"id\":1,\"c\":7}",
         "{\"category\":\"tools\"}", 0, 0},
        /* false is how Odoo says "empty" */
        {"{ field = \"name\"; path = \".n\"; }", "{\"id\":1,\"n\":false}", "{\"name\":null}", 0,
         "empty_is_null = false;"},
        {"{ field = \"active\"; path = \".n\"; }", "{\"id\":1,\"n\":false}", "{\"active\":false}", 0,
         "empty_is_null = false;"},
        {"{ field = \"name\"; path = \".n\"; in = \".[1]\"; }", "{\"id\":1,\"n\":false}", "{\"name\":null}", 0,
         "empty_is_null = false;"},
        {"{ field = \"name\"; path = \".n\"; in = \".[1]\"; }", "{\"id\":1,\"n\":[4,\"x\"]}", "{\"name\":\"x\"}", 0,
         "empty_is_null = false;"},
        {"{ field = \"name\"; path = \".n\"; }", "{\"id\":1,\"n\":false}", 0, "product.name", 0},
        /* the schema has the last word, with the line of the mapping */
        {"{ field = \"options\"; in = \"[{nme: 1}]\"; }", "{\"id\":1}", 0, ":3: product.options", 0},
        {"{ field = \"name\"; path = \".n\"; }", "{\"id\":1,\"n\":\"pay 4111 1111 1111 1111\"}", 0, "product.name", 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        run_in(&rows[i]);
}

static void run_out(const struct row *r)
{
    struct bench b;
    struct value native;
    if (load(&b, product(r->entry, r->top ? r->top : "")) != 0)
        fail_msg("%s: %s", r->entry, b.err.text);
    struct value fields = parse(&b, r->fields);
    int rc = mapping_out(b.mapping, "product", &fields, true, &b.arena, &native, &b.err);
    if (r->complaint != NULL)
        expect_words(&b, rc, r->complaint, r->entry);
    else if (rc != 0)
        fail_msg("%s: %s", r->entry, b.err.text);
    else
        expect_json(&b, &native, r->native, r->entry);
    unload(&b);
}

static void test_out(void **state)
{
    static const struct row rows[] = {
        /* only what is there; null sets null */
        {"{ field = \"sku\"; path = \".sku\"; }", "{}", "{}", 0, 0},
        {"{ field = \"sku\"; path = \".sku\"; }", "{\"sku\":null}", "{\"sku\":null}", 0, 0},
        {"{ field = \"sku\"; path = \".sku\"; }", "{\"sku\":false}", "{\"sku\":null}", 0, "empty_is_null = false;"},
        {"{ field = \"name\"; path = \".p.t\"; },{ field = \"sku\"; path = \".p.s\"; }",
         "{\"p\":{\"t\":\"x\",\"s\":\"y\"}}", "{\"name\":\"x\",\"sku\":\"y\"}", 0, 0},
        {"{ field = \"name\"; path = \".l[0].t\"; },{ field = \"sku\"; path = \".l[0].s\"; }",
         "{\"l\":[{\"t\":\"x\",\"s\":\"y\"}]}", "{\"name\":\"x\",\"sku\":\"y\"}", 0, 0},
        {"{ field = \"name\"; path = \".t\"; direction = \"in\"; }", "{}", "{\"name\":\"x\"}", 0, 0},
        /* as */
        {"{ field = \"weight\"; path = \".w\"; as = \"number\"; }", "{\"w\":12345678901234567.05}",
         "{\"weight\":\"12345678901234567.05\"}", 0, 0},
        {"{ field = \"weight\"; path = \".w\"; as = \"number\"; }", "{\"w\":3}", "{\"weight\":\"3.00\"}", 0, 0},
        {"{ field = \"weight\"; path = \".w\"; }", "{\"w\":\"3.1\"}", "{\"weight\":\"3.1\"}", 0, 0},
        {"{ field = \"weight\"; path = \".l[0]\"; as = \"number\"; }", "{\"l\":[0.1]}", "{\"weight\":\"0.1\"}", 0, 0},
        {"{ field = \"weight\"; path = \".w\"; as = \"number\"; },{ field = \"sku\"; path = \".l[0]\"; }",
         "{\"w\":1234567890123456789,\"l\":[\"a\"]}", "{\"weight\":\"1234567890123456789\",\"sku\":\"a\"}", 0, 0},
        {"{ field = \"active\"; path = \".a\"; as = \"text\"; }", "{\"a\":\"true\"}", "{\"active\":true}", 0, 0},
        {"{ field = \"sku\"; path = \".a\"; as = \"bool\"; }", "{\"a\":true}", "{\"sku\":\"true\"}", 0, 0},
        {"{ field = \"sku\"; path = \".a\"; as = \"bool\"; }", 0, "{\"sku\":\"yes\"}", "needs true, false", 0},
        {"{ field = \"sku\"; path = \".a\"; as = \"number\"; }", 0, "{\"sku\":\"yes\"}", "needs a decimal", 0},
        /* expressions */
        {"{ field = \"sku\"; path = \".s\"; out = \"ascii_upcase\"; }", "{\"s\":\"A\"}", "{\"sku\":\"a\"}", 0, 0},
        {"{ field = \"sku\"; path = \".s\"; out = \"ascii_upcase\"; }", "{\"s\":null}", "{\"sku\":null}", 0, 0},
        {"{ field = \"options\"; out = \"{o: {first: .[0].value}}\"; },{ field = \"sku\"; path = \".o.sku\"; }",
         "{\"o\":{\"first\":\"red\",\"sku\":\"s\"}}",
         "{\"options\":[{\"name\":\"c\",\"value\":\"red\"}],\"sku\":\"s\"}", 0, 0},
        {"{ field = \"sku\"; out = \"{both: (. + $fields.name), new: $create}\"; }", "{\"both\":\"ab\",\"new\":true}",
         "{\"sku\":\"a\",\"name\":\"b\"}", 0, 0},
        {"{ field = \"weight\"; out = \"{w: as_number}\"; }", "{\"w\":0.25}", "{\"weight\":\"0.25\"}", 0, 0},
        {"{ field = \"sku\"; out = \".\"; }", 0, "{\"sku\":\"a\"}", "must give an object, not a text", 0},
        {"{ field = \"sku\"; out = \"{a: .x}\"; }", 0, "{\"sku\":\"a\"}", "field sku: jq: Cannot index string", 0},
        /* value tables: never a guess; the first pair with that canonical value counts */
        {"{ field = \"active\"; path = \".s\"; values = ( (\"ON\", true), (\"YES\", true) ); }", "{\"s\":\"ON\"}",
         "{\"active\":true}", 0, 0},
        {"{ field = \"active\"; path = \".s\"; values = ( (\"ON\", true), (\"YES\", true) ); }", 0,
         "{\"active\":false}", "false is not among the canonical values", 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        run_out(&rows[i]);
}

static void test_mistakes(void **state)
{
    static const struct {
        const char *source, *complaint;
    } rows[] = {
        {"product: { fields: (); };", "\"id\" is missing"},
        {"product: { id = \".id\"; };", "\"fields\" must be a list"},
        {"prodct: { id = \".id\"; fields: (); };", ":1: there is no entity \"prodct\""},
        {"product: { id = \".id\"; feilds: (); };", "is it \"fields\""},
        {"product: { id = \".id\"; fields: (\n{ field = \"skuu\"; path = \".s\"; } ); };",
         ":2: product has no field \"skuu\"; is it \"sku\"? ("},
        {"product: { id = \".id\"; fields: (\n{ field = \"sku\"; pth = \".s\"; } ); };", ":2: unknown setting \"pth\""},
        {"product: { id = \".id\"; fields: (\n{ field = \"sku\"; } ); };", "give a path, or an expression"},
        {"product: { id = \".id\"; fields: (\n{ field = \"sku\"; in = \".s\"; direction = \"out\"; } ); };",
         ":2: in is for reading, but direction is \"out\""},
        {"product: { id = \".id\"; fields: (\n{ field = \"sku\"; path = \".s\"; out = \".\"; direction = \"in\"; } ); };",
         ":2: out is for writing, but direction is \"in\""},
        {"product: { id = \".id\"; fields: (\n{ field = \"sku\"; path = \".s\"; as = \"text\"; direction = \"in\"; } ); };",
         ":2: as is for what is written to a path, and here is none"},
        {"product: { id = \".id\"; fields: (\n{ field = \"sku\"; out = \"{s: .}\"; as = \"text\"; } ); };",
         ":2: as is for what is written to a path, and here is none"},
        {"product: { id = \".id\"; fields: (\n{ field = \"sku\"; path = \"\"; } ); };", ":2: \"path\" is empty: leave it away"},
        {"product: { id = \".id\";\nversion = \"\"; fields: (); };", ":2: \"version\" is empty: leave it away"},
        {"product: { id = \".id\"; fields: (\n{ field = \"sku\"; path = \".\"; } ); };", ":2: the path cannot be written"},
        {"product: { id = \".id\"; fields: (\n{ field = \"sku\"; path = \".s\"; },\n{ field = \"name\"; path = \".s\"; } ); };",
         ":3: .s is written already in line 2"},
        {"functoins = \"\"; product: { id = \".id\"; fields: (); };",
         ":1: there is no entity \"functoins\" in the entity folders; is it \"functions\"?"},
        {"product: { id = \".id\"; fields: (\n{ path = \".s\"; } ); };", "\"field\" is missing"},
        {"product: { id = \".id\"; fields: (\n{ field = \"sku\"; path = \".s\"; direction = \"up\"; } ); };",
         "direction = \"up\" is not known"},
        {"product: { id = \".id\"; fields: (\n{ field = \"sku\"; path = \".s\"; direction = \"uot\"; } ); };",
         "direction = \"uot\" is not known; is it \"out\"?"},
        {"product: { id = \".id\"; fields: (\n{ field = \"sku\"; path = \".s\"; as = \"money\"; } ); };",
         "as = \"money\" is not known"},
        {"product: { id = \".id\"; fields: (\n{ field = \"sku\"; path = \".s\"; },\n{ field = \"sku\"; path = \".t\"; "
         "} ); };",
         ":3: field sku is mapped already in line 2"},
        {"product: { id = \".id\"; fields: (\n{ field = \"sku\"; in = \".s |\"; } ); };", ":2: product.sku"},
        {"product: { id = \".id\"; fields: (\n{ field = \"sku\"; path = \".s[\"; } ); };", ":2: product.sku"},
        {"product: { id = \".id\"; fields: (\n{ field = \"sku\"; out = \".s }\"; } ); };", ":2: product.sku"},
        {"product: { id = \".id |\";\n fields: (\n{ field = \"sku\"; path = \".s\"; } ); };", ":1: product.id"},
        {"\nfunctions = \"def f: ;\"; product: { id = \".id\"; fields: (\n{ field = \"sku\"; in = \"f\"; } ); };",
         ":2: functions"},
        {"product: { id = \".id\"; fields: (\n{ field = \"sku\"; path = \".s + 1\"; } ); };",
         ":2: the path cannot be written"},
        {"product: { id = \".id\"; fields: (\n{ field = \"sku\"; path = \".l[].s\"; } ); };",
         ":2: the path cannot be written"},
        {"product: { id = \".id\"; fields: (\n{ field = \"sku\"; path = \".l[]?.s\"; } ); };",
         ":2: the path cannot be written"},
        {"product: { id = \".id\"; fields: (\n{ field = \"active\"; path = \".s\"; values = ( (\"A\", \"yes\") ); } ); "
         "};",
         "wrong type"},
        {"product: { id = \".id\"; fields: (\n{ field = \"active\"; path = \".s\"; values = ( (\"A\") ); } ); };",
         "a pair is (native, canonical)"},
        {"product: { id = \".id\"; fields: (\n{ field = \"active\"; path = \".s\"; values = ( (\"A\", true),\n(\"A\", false) ); } "
         "); };",
         ":3: values has a pair for this native value already"},
        {"order: { id = \".id\"; fields: (\n{ field = \"payment\"; path = \".s\"; values = ( (\"A\", \"payed\") ); } "
         "); };",
         ":2: field payment: \"payed\" is no value"},
        {"product: { id = \".id\"; fields: (); constants: ( { path = \".x\"; } ); };",
         "a constant needs a path and a value"},
        {"product: { id = \".id\"; fields: (); constants: ( { path = \".x\"; value = 1; when = \"never\"; } ); };",
         "when = \"never\""},
        {"empty_is_null = true; product: { id = \".id\"; fields: (); };", "only false is known"},
        {"product: { id = \".id; fields: (); };", ":1"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct bench b;
        expect_words(&b, load(&b, rows[i].source), rows[i].complaint, rows[i].source);
        b.mapping = NULL;
        unload(&b);
    }
}

static void expect_text(struct text found, const char *wanted)
{
    if (!text_is(found, wanted))
        fail_msg("\"%.*s\", wanted \"%s\"", TEXT_ARG(found), wanted);
}

static void test_envelope(void **state)
{
    static const struct {
        const char *native, *id, *key, *version, *complaint;
    } rows[] = {
        {"{\"id\":1}", "1", "", "", 0},
        {"{\"id\":\"gid://1\",\"key\":\"shop:product:1\",\"at\":\"2026-01-02T03:04:05+01:00\"}", "gid://1",
         "shop:product:1", "2026-01-02T02:04:05.000000Z", 0},
        {"{\"id\":820982911946154508,\"key\":null,\"at\":7}", "820982911946154508", "", "0000000000000000007", 0},
        {"{\"id\":1,\"at\":\"v8\"}", "1", "", "v8", 0},
        {"{\"id\":1,\"at\":\"2026-01-02 03:04:05\"}", "1", "", "2026-01-02T03:04:05.000000Z", 0},
        {"{\"id\":null}", 0, 0, 0, "product id: the object has none"},
        {"{\"key\":\"x\"}", 0, 0, 0, "product id: the object has none"},
        {"{\"id\":[1]}", 0, 0, 0, "product id: a list is no text"},
        {"[1]", 0, 0, 0, "product id"},
    };
    struct bench b;
    (void)state;
    assert_int_equal(load(&b, product("", "")), 0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct mapped m;
        struct value native = parse(&b, rows[i].native);
        int rc = mapping_in(b.mapping, "product", &native, &b.arena, &m, &b.err);
        if (rows[i].complaint) {
            expect_words(&b, rc, rows[i].complaint, rows[i].native);
            continue;
        }
        assert_int_equal(rc, 0);
        expect_text(m.native, rows[i].id);
        expect_text(m.key, rows[i].key);
        expect_text(m.version, rows[i].version);
    }
    unload(&b);
}

static void test_when_and_constants(void **state)
{
    struct bench b;
    struct mapped m;
    struct value native;
    (void)state;
    int rc = load(&b, "product: { id = \".id\"; when = \".status != \\\"ARCHIVED\\\"\"; select = \"id\"; fields: ("
                      " { field = \"sku\"; path = \".sku\"; }, { field = \"name\"; in = \".n\"; } );"
                      " constants: ( { path = \".type\"; value = \"consu\"; when = \"create\"; },"
                      " { path = \".flags[0]\"; value = true; } ); };");
    assert_int_equal(rc, 0);
    struct value kept = parse(&b, "{\"id\":1,\"status\":\"ACTIVE\"}"),
                 skipped = parse(&b, "{\"id\":1,\"status\":\"ARCHIVED\"}");
    struct value fields = parse(&b, "{\"sku\":\"a\",\"name\":\"b\"}");
    assert_int_equal(mapping_in(b.mapping, "product", &kept, &b.arena, &m, &b.err), 0);
    assert_false(m.skipped);
    assert_int_equal(mapping_in(b.mapping, "product", &skipped, &b.arena, &m, &b.err), 0);
    assert_true(m.skipped);
    assert_int_equal(mapping_out(b.mapping, "product", &fields, true, &b.arena, &native, &b.err), 0);
    expect_json(&b, &native, "{\"type\":\"consu\",\"flags\":[true],\"sku\":\"a\"}", "create");
    assert_int_equal(mapping_out(b.mapping, "product", &fields, false, &b.arena, &native, &b.err), 0);
    expect_json(&b, &native, "{\"flags\":[true],\"sku\":\"a\"}", "update");
    assert_true(mapping_has(b.mapping, "product") && !mapping_has(b.mapping, "order"));
    assert_true(mapping_writes(b.mapping, "product", text_of("sku")) &&
                mapping_reads(b.mapping, "product", text_of("sku")));
    assert_false(mapping_writes(b.mapping, "product", text_of("name")));
    assert_string_equal(mapping_select(b.mapping, "product"), "id");
    assert_null(mapping_object(b.mapping, "product"));
    unload(&b);
}

/* What a personal field holds stays out of complaints, which go to the log. */
static void test_personal_is_not_told(void **state)
{
    struct bench b;
    struct mapped m;
    (void)state;
    assert_int_equal(load(&b, "contact: { id = \".id\"; fields: ( { field = \"email\"; in = \".m | tonumber\"; },"
                              " { field = \"first_name\"; path = \".n\"; values = ( (\"a\", \"b\") ); } ); };"),
                     0);
    struct value first = parse(&b, "{\"id\":1,\"m\":\"ann@x\"}"),
                 second = parse(&b, "{\"id\":1,\"m\":null,\"n\":\"Ann\"}");
    assert_int_equal(mapping_in(b.mapping, "contact", &first, &b.arena, &m, &b.err), ERR_INVALID);
    assert_null(strstr(b.err.text, "ann"));
    assert_int_equal(mapping_in(b.mapping, "contact", &second, &b.arena, &m, &b.err), ERR_INVALID);
    assert_null(strstr(b.err.text, "Ann"));
    unload(&b);
}

static void test_card_number_is_denied(void **state)
{
    struct bench b;
    struct mapped m;
    (void)state;
    assert_int_equal(load(&b, product("{ field = \"name\"; path = \".n\"; }", "")), 0);
    struct value native = parse(&b, "{\"id\":1,\"n\":\"card 4111 1111 1111 1111\"}");
    assert_int_equal(mapping_in(b.mapping, "product", &native, &b.arena, &m, &b.err), ERR_DENIED);
    assert_null(strstr(b.err.text, "4111"));
    unload(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_in),
        cmocka_unit_test(test_out),
        cmocka_unit_test(test_mistakes),
        cmocka_unit_test(test_envelope),
        cmocka_unit_test(test_when_and_constants),
        cmocka_unit_test(test_personal_is_not_told),
        cmocka_unit_test(test_card_number_is_denied),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
