/* What a value means, whatever it looks like: its hash, its references, and what of it people may see. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "proto_support.h"

struct fixture {
    struct schema *schema;
    struct arena arena;
    const struct entity *order;
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    f->schema = shipped_schema();
    arena_init(&f->arena, 1 << 20);
    f->order = schema_find(f->schema, text_of("order"));
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    arena_release(&f->arena);
    schema_free(f->schema);
    free(f);
    return 0;
}

/* The hash of one field of an order, checked first: value_json stands behind its name. */
static uint64_t hash_of(struct fixture *f, const char *field, const char *value_json)
{
    struct err err = {0};
    struct text json = arena_printf(&f->arena, "{\"%s\":%s}", field, value_json);
    struct value v = json_value(&f->arena, json.p);
    int rc = schema_check(f->order, &v, &f->arena, &err);
    assert_string_equal(rc ? err.text : "", "");
    return field_hash(entity_field(f->order, text_of(field)), &v.members[0].value);
}

static void test_same_meaning_same_hash(void **state)
{
    static const char *const rows[][3] = {
        {"total", "\"10\"", "\"10.00\""},
        {"total", "\"10\"", "10"},
        {"total", "\"0\"", "\"-0.0\""},
        {"placed_at", "\"2026-11-21T10:00:00Z\"", "\"2026-11-21T11:00:00.000+01:00\""},
        {"billing_address", "{\"city\":\"Ulm\",\"country\":\"DE\"}", "{\"country\":\"DE\",\"city\":\"Ulm\"}"},
        {"lines", "[{\"key\":\"1\",\"quantity\":\"2\"},{\"key\":\"2\",\"quantity\":\"3\"}]",
         "[{\"quantity\":\"3.0\",\"key\":\"2\"},{\"key\":\"1\",\"quantity\":2}]"},
    };
    for (size_t i = 0; i < ROWS(rows); i++)
        if (hash_of(*state, rows[i][0], rows[i][1]) != hash_of(*state, rows[i][0], rows[i][2]))
            fail_msg("%s: %s and %s mean the same", rows[i][0], rows[i][1], rows[i][2]);
}

static void test_other_meaning_other_hash(void **state)
{
    static const char *const rows[][3] = {
        {"total", "\"10\"", "\"1\""},
        {"number", "null", "\"\""},
        {"number", "\"a\"", "\"A\""},
        {"lines", "null", "[]"},
        {"lines", "[]", "[{\"key\":\"1\"}]"},
        {"lines", "[{\"key\":\"1\"}]", "[{\"key\":\"1\",\"sku\":null}]"},
        {"lines", "[{\"key\":\"1\",\"sku\":null}]", "[{\"key\":\"1\",\"sku\":\"\"}]"},
        {"lines", "[{\"key\":\"1\",\"sku\":\"a\"},{\"key\":\"2\",\"sku\":\"b\"}]",
         "[{\"key\":\"1\",\"sku\":\"b\"},{\"key\":\"2\",\"sku\":\"a\"}]"},
        {"taxes", "[{\"rate\":\"1\"},{\"rate\":\"2\"}]", "[{\"rate\":\"2\"},{\"rate\":\"1\"}]"},
        {"billing_address", "{}", "null"},
        {"billing_address", "{\"city\":null}", "{}"},
        {"billing_address", "{\"company\":\"x\"}", "{\"name\":\"x\"}"},
        {"billing_address", "{\"company\":\"ab\",\"name\":\"c\"}", "{\"company\":\"a\",\"name\":\"bc\"}"},
        {"prices_include_tax", "true", "false"},
        {"prices_include_tax", "false", "null"},
    };
    for (size_t i = 0; i < ROWS(rows); i++)
        if (hash_of(*state, rows[i][0], rows[i][1]) == hash_of(*state, rows[i][0], rows[i][2]))
            fail_msg("%s: %s and %s are not the same", rows[i][0], rows[i][1], rows[i][2]);
}

/* Values that somebody put together without a check keep their meaning too. */
static void test_hash_of_members_in_any_order(void **state)
{
    struct fixture *f = *state;
    const struct field *address = entity_field(f->order, text_of("billing_address"));
    struct value a = json_value(&f->arena, "{\"phone\":\"1\",\"city\":\"Ulm\",\"name\":\"x\"}");
    struct value b = json_value(&f->arena, "{\"name\":\"x\",\"phone\":\"1\",\"city\":\"Ulm\"}");
    assert_true(field_hash(address, &a) == field_hash(address, &b));
}

struct seen {
    struct buf list;
    const char *stop_at;
};

static int note(void *ctx, const struct field *ref, struct value *v, struct text path)
{
    struct seen *seen = ctx;
    buf_printf(&seen->list, "%.*s=%.*s:%.*s ", TEXT_ARG(path), TEXT_ARG(ref->ref_entity), TEXT_ARG(v->text));
    if (seen->stop_at && text_is(v->text, seen->stop_at))
        return 7;
    *v = value_string("changed");
    return 0;
}

static void test_references_at_any_depth(void **state)
{
    struct fixture *f = *state;
    struct seen seen = {0};
    buf_init(&seen.list, 1000);
    const struct field *lines = entity_field(f->order, text_of("lines")),
                       *account = entity_field(f->order, text_of("account"));
    struct value l = json_value(
        &f->arena,
        "[{\"key\":\"a\",\"product\":\"1\"},{\"key\":\"b\",\"product\":null},{\"product\":\"3\",\"key\":\"c\"}]");
    struct value r = value_string("A1");
    assert_int_equal(field_each_ref(lines, &l, note, &seen), 0);
    assert_int_equal(field_each_ref(account, &r, note, &seen), 0);
    assert_string_equal(buf_cstr(&seen.list),
                        "lines[0].product=product:1 lines[2].product=product:3 account=account:A1 ");
    assert_string_equal(json_of(&f->arena, &l),
                        "[{\"key\":\"a\",\"product\":\"changed\"},{\"key\":\"b\",\"product\":null},"
                        "{\"product\":\"changed\",\"key\":\"c\"}]");
    assert_true(text_is(r.text, "changed"));
    seen.stop_at = "changed";
    buf_reset(&seen.list);
    assert_int_equal(field_each_ref(lines, &l, note, &seen), 7);
    assert_string_equal(buf_cstr(&seen.list), "lines[0].product=product:changed ");
    buf_release(&seen.list);
}

static void test_references_in_plain_lists(void **state)
{
    struct fixture *f = *state;
    struct seen seen = {0};
    static const char *const file =
        "thing: { fields: ( { name = \"parts\"; type = \"list\"; of = \"ref\"; entity = \"thing\"; } ); };";
    struct schema *s = schema_of(&file, 1);
    struct value l = json_value(&f->arena, "[\"1\",\"2\"]");
    buf_init(&seen.list, 1000);
    assert_true(schema_at(s, 0)->has_refs);
    assert_int_equal(field_each_ref(&schema_at(s, 0)->fields[0], &l, note, &seen), 0);
    assert_string_equal(buf_cstr(&seen.list), "parts[0]=thing:1 parts[1]=thing:2 ");
    buf_release(&seen.list);
    schema_free(s);
}

static void test_what_people_see(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *fields, *shown;
    } rows[] = {
        {"{\"number\":\"#1\",\"email\":\"a@b.c\",\"phone\":null}",
         "{\"number\":\"#1\",\"email\":\"‹personal›\",\"phone\":null}"},
        {"{\"billing_address\":{\"city\":\"Ulm\"},\"lines\":[{\"key\":\"1\",\"sku\":\"x\"}]}",
         "{\"billing_address\":\"‹personal›\",\"lines\":[{\"key\":\"1\",\"sku\":\"x\"}]}"},
        {"{\"mail\":\"a@b.c\",\"number\":{\"a\":\"b\"},\"lines\":\"x\",\"account\":\"4111111111111111\"}",
         "{\"mail\":\"‹unknown›\",\"number\":\"‹unknown›\",\"lines\":\"‹unknown›\",\"account\":\"4111111111111111\"}"},
        {"{\"number\":\"4111111111111111\",\"raw_status\":4111111111111111}",
         "{\"number\":\"‹card number›\",\"raw_status\":\"‹unknown›\"}"},
        {"{}", "{}"},
        {"[]", "{}"},
    };
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct buf b;
        struct value v = json_value(&f->arena, rows[i].fields);
        buf_init(&b, 1000);
        schema_write_masked(&b, f->order, &v);
        assert_string_equal(buf_cstr(&b), rows[i].shown);
        buf_release(&b);
    }
}

static void test_what_a_system_says_of_people(void **state)
{
    struct fixture *f = *state;
    static const char *const fields = "{\"number\":\"#1001\",\"email\":\"ines@harbour.example\",\"note\":null,"
                                      "\"billing_address\":{\"city\":\"Ulm\",\"country\":\"DE\"}}";
    static const struct {
        const char *words, *shown;
    } rows[] = {
        {"invalid e-mail: INES@harbour.example", "invalid e-mail: ‹personal›"},
        {"Ulm? ines@harbour.exampleUlm", "‹personal›? ‹personal›‹personal›"},
        {"order #1001 in DE", "order #1001 in DE"}, /* not personal, and too short */
        {"ines@harbour.exampl", "ines@harbour.exampl"},
        {"", ""},
    };
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct buf b;
        struct value v = json_value(&f->arena, fields);
        buf_init(&b, 1000);
        schema_hide_personal(&b, f->order, &v, text_of(rows[i].words));
        assert_string_equal(buf_cstr(&b), rows[i].shown);
        buf_release(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_same_meaning_same_hash, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_other_meaning_other_hash, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_hash_of_members_in_any_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_references_at_any_depth, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_references_in_plain_lists, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_what_people_see, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_what_a_system_says_of_people, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
