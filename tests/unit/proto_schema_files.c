/* Entity files: those that are shipped, a merchant's own, and every fault that one can have. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "edge/os.h"
#include "proto_support.h"

static void test_the_shipped_entities(void **state)
{
    (void)state;
    static const char *const names[] = {"account", "contact", "inventory", "order", "price", "product"};
    struct schema *s = shipped_schema();
    assert_int_equal(schema_count(s), ROWS(names));
    for (size_t i = 0; i < ROWS(names); i++) {
        const struct entity *e = schema_find(s, text_of(names[i]));
        assert_non_null(e);
        assert_ptr_equal(schema_at(s, e->index), e);
        for (uint32_t k = 0; k < e->field_count; k++) {
            assert_int_equal(e->fields[k].index, k);
            assert_ptr_equal(entity_field(e, e->fields[k].name), &e->fields[k]);
        }
    }
    assert_null(schema_find(s, text_of("orders")));
    assert_null(schema_at(s, schema_count(s)));
    schema_free(s);
}

static void test_what_a_field_knows(void **state)
{
    (void)state;
    struct schema *s = shipped_schema();
    const struct entity *order = schema_find(s, text_of("order"));
    const struct field *lines = entity_field(order, text_of("lines"));
    const struct field *address = entity_field(order, text_of("billing_address"));
    const struct field *account = entity_field(order, text_of("account"));
    const struct field *lifecycle = entity_field(order, text_of("lifecycle"));
    assert_true(order->has_refs);
    assert_false(schema_find(s, text_of("account"))->has_refs);
    assert_int_equal(lines->type, FIELD_LIST);
    assert_int_equal(lines->of, FIELD_MAP);
    assert_true(text_is(lines->key, "key"));
    assert_int_equal(lines->max, 1000);
    assert_true(address->personal && address->fields[0].personal); /* holds for everything below */
    assert_true(text_is(account->ref_entity, "account"));
    assert_int_equal(lifecycle->value_count, 6);
    assert_true(text_is(lifecycle->values[0], "draft"));
    assert_int_equal(entity_field(order, text_of("number"))->max, 64);
    assert_null(entity_field(order, text_of("numbers")));
    assert_null(entity_field(order, text_of("")));
    assert_non_null(strstr(lines->file, "order.cfg"));
    assert_true(lines->line > order->line);
    schema_free(s);
}

#define FIELD(f) "thing: { fields: (\n" f "\n); };"

static void test_faults(void **state)
{
    (void)state;
    static const struct {
        const char *file, *says;
    } rows[] = {
        {FIELD("{ name = \"a\"; type = \"string\"; }"), "0.cfg:2: type is string; it is one of text, decimal"},
        {FIELD("{ name = \"a\"; }"), "type is missing"},
        {FIELD("{ name = \"a\"; tpye = \"text\"; }"), "0.cfg:2: unknown setting \"tpye\"; is it \"type\"?"},
        {FIELD("{ nmae = \"a\"; type = \"text\"; }"), "0.cfg:2: unknown setting \"nmae\"; is it \"name\"?"},
        {FIELD("{ name = \"a\"; type = \"enum\";\nvaluse = [\"x\"]; }"), "0.cfg:3: unknown setting \"valuse\"; is it \"values\"?"},
        {FIELD("{ name = \"a\"; type = \"\"; }"), "0.cfg:2: type is empty; it is one of"},
        {FIELD("{ type = \"text\"; }"), "a field needs a name"},
        {FIELD("{ name = \"Sku\"; type = \"text\"; }"), "a field needs a name of small letters"},
        {FIELD("{ name = \"a\"; type = \"text\"; maxx = 3; }"), "maxx"},
        {FIELD("{ name = \"a\"; type = \"text\"; max = 0; }"), "max is 0; it is 1 to 1048576 characters"},
        {FIELD("{ name = \"a\"; type = \"text\"; values = [\"x\"]; }"), "values"},
        {FIELD("{ name = \"a\"; type = \"decimal\"; max = 3; }"), "max"},
        {FIELD("{ name = \"a\"; type = \"enum\"; }"), "an enum needs values"},
        {FIELD("{ name = \"a\"; type = \"enum\"; values = [1]; }"), "a value of an enum is a text"},
        {FIELD("{ name = \"a\"; type = \"enum\"; values = [\"x\",\n\"y\", \"x\"]; }"), "0.cfg:3: the value \"x\" is there twice"},
        {FIELD("{ name = \"a\"; type = \"ref\"; }"), "a ref needs the entity"},
        {FIELD("{ name = \"a\"; type = \"ref\"; entity = \"things\"; }"), "which is not defined; is it \"thing\"?"},
        {FIELD("{ name = \"a\"; type = \"map\"; }"), "a map needs fields"},
        {FIELD("{ name = \"a\"; type = \"list\"; }"), "a list needs either fields"},
        {FIELD("{ name = \"a\"; type = \"list\"; of = \"map\"; }"), "a list of maps has fields"},
        {FIELD("{ name = \"a\"; type = \"list\"; of = \"ref\"; }"), "a ref needs the entity"},
        {FIELD("{ name = \"a\"; type = \"list\"; of = \"text\"; key = \"b\"; }"), "key is \"b\""},
        {FIELD("{ name = \"a\"; type = \"list\"; key = \"b\"; fields = ( { name = \"b\"; type = \"decimal\"; } ); }"),
         "key is \"b\"; it is one of the list's fields, of type text"},
        {FIELD("{ name = \"a\"; type = \"text\"; },\n{ name = \"a\"; type = \"int\"; }"),
         "0.cfg:3: the field \"a\" is there twice"},
        {FIELD("\"a\""), "a field is a group"},
        {"thing: { fields: ( ); };", "fields is a list of 1 to 128 groups"},
        {"thing: { field: ( { name = \"a\"; type = \"text\"; } ); };", "unknown setting \"field\"; is it \"fields\"?"},
        {"thing: { help = \"no fields\"; };", "\"thing\" is no entity"},
        {"Thing: { fields: ( { name = \"a\"; type = \"text\"; } ); };", "\"Thing\" is no entity"},
        {"thing: { fields: ( { name = \"a\"; type = \"text\"; } ); helps = \"x\"; };", "helps"},
        {"thing = 3;", "\"thing\" is no entity"},
        {"thing: {", "0.cfg"},
    };
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct schema *s;
        struct err err = {0};
        int rc = try_schema(&s, &rows[i].file, 1, &err);
        if (rc >= 0 || !strstr(err.text, rows[i].says) || !strstr(err.text, "0.cfg"))
            fail_msg("row %zu: %d \"%s\" does not say \"%s\" with its file", i, rc, err.text, rows[i].says);
        assert_null(s);
    }
}

static void test_fields_nest_only_so_deep(void **state)
{
    (void)state;
    struct schema *s;
    struct err err = {0};
    struct buf b;
    buf_init(&b, 100000);
    buf_string(&b, "thing: { fields: (");
    for (int i = 0; i < 9; i++)
        buf_string(&b, "{ name = \"a\"; type = \"map\"; fields: (");
    buf_string(&b, "{ name = \"a\"; type = \"int\"; }");
    for (int i = 0; i < 9; i++)
        buf_string(&b, "); }");
    buf_string(&b, "); };");
    const char *file = buf_cstr(&b);
    assert_int_equal(try_schema(&s, &file, 1, &err), ERR_INVALID);
    assert_non_null(strstr(err.text, "nested more than 8 deep"));
    buf_release(&b);
}

static void test_an_entity_twice_in_one_folder(void **state)
{
    (void)state;
    static const char *const files[] = {FIELD("{ name = \"a\"; type = \"text\"; }"),
                                        FIELD("{ name = \"b\"; type = \"text\"; }")};
    struct schema *s;
    struct err err = {0};
    assert_int_equal(try_schema(&s, files, 2, &err), ERR_INVALID);
    assert_non_null(strstr(err.text, "1.cfg:1: the entity \"thing\" is defined in "));
    assert_non_null(strstr(err.text, "0.cfg:1 already"));
}

static void test_a_later_folder_replaces_and_adds(void **state)
{
    (void)state;
    char own[] = "/tmp/tidegate-entities-XXXXXX", path[100];
    const char *const folders[] = {"proto/entities", own};
    struct schema *s = NULL;
    struct err err = {0};
    assert_non_null(mkdtemp(own));
    snprintf(path, sizeof path, "%s/own.cfg", own);
    assert_int_equal(
        os_write_file(
            path,
            text_of("price: { fields: ( { name = \"amount\"; type = \"decimal\"; } ); };\n"
                    "lead: { help = \"h\"; fields: ( { name = \"account\"; type = \"ref\"; entity = \"account\"; },\n"
                    "  { name = \"tags\"; type = \"list\"; of = \"text\"; max = 5; } ); };"),
            0600, &err),
        0);
    int rc = schema_load(&s, folders, 2, &err);
    unlink(path);
    rmdir(own);
    assert_string_equal(rc ? err.text : "", "");
    assert_int_equal(schema_count(s), 7);
    const struct entity *price = schema_find(s, text_of("price")), *lead = schema_find(s, text_of("lead"));
    assert_int_equal(price->field_count, 1);
    assert_non_null(strstr(price->file, "own.cfg"));
    assert_true(text_is(lead->help, "h") && lead->has_refs);
    assert_int_equal(lead->fields[1].max, 5);
    schema_free(s);
}

static void test_a_folder_that_is_not_there(void **state)
{
    (void)state;
    static const char *const folders[] = {"/nowhere/at/all"};
    struct schema *s;
    struct err err = {0};
    assert_int_equal(schema_load(&s, folders, 1, &err), ERR_NOT_FOUND);
    assert_non_null(strstr(err.text, "/nowhere/at/all"));
}

/* As many names as there may be, alike in their first and last bytes. */
static void test_every_name_is_found(void **state)
{
    (void)state;
    struct buf b;
    char name[65];
    buf_init(&b, 100000);
    buf_string(&b, "thing: { fields: (");
    for (int i = 0; i < SCHEMA_FIELDS_MAX; i++)
        buf_printf(&b, "%s{ name = \"aaaaaaaa_%03d_zzzzzzzz\"; type = \"int\"; }", i ? "," : "", i);
    buf_string(&b, "); };");
    const char *file = buf_cstr(&b);
    struct schema *s = schema_of(&file, 1);
    const struct entity *e = schema_at(s, 0);
    for (int i = 0; i < SCHEMA_FIELDS_MAX; i++) {
        snprintf(name, sizeof name, "aaaaaaaa_%03d_zzzzzzzz", i);
        assert_ptr_equal(entity_field(e, text_of(name)), &e->fields[i]);
    }
    assert_null(entity_field(e, text_of("aaaaaaaa_128_zzzzzzzz")));
    schema_free(s);
    buf_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_shipped_entities),
        cmocka_unit_test(test_what_a_field_knows),
        cmocka_unit_test(test_faults),
        cmocka_unit_test(test_fields_nest_only_so_deep),
        cmocka_unit_test(test_an_entity_twice_in_one_folder),
        cmocka_unit_test(test_a_later_folder_replaces_and_adds),
        cmocka_unit_test(test_a_folder_that_is_not_there),
        cmocka_unit_test(test_every_name_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
