/* Trees of data: access by name and path, change without harm to copies, equality, and their JSON text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/json_text.h"
#include "base/value.h"

#define ROWS(table) (sizeof(table) / sizeof *(table))

static int set_up(void **state)
{
    struct arena *a = calloc(1, sizeof *a);
    if (!a)
        return -1;
    arena_init(a, 1 << 20);
    *state = a;
    return 0;
}

static int tear_down(void **state)
{
    arena_release(*state);
    free(*state);
    return 0;
}

/* {"id":1001,"note":null,"paid":true,"lines":[{"sku":"A-1"},{"sku":"Ü"}],"data":{"order":{"id":"x"}}} */
static struct value example(struct arena *a)
{
    struct value lines = value_list(a, 0), order = value_map(a, 0), data = value_map(a, 0), root = value_map(a, 0);
    for (int i = 0; i < 2; i++) {
        struct value line = value_map(a, 1);
        line.members[0] = (struct member){text_of("sku"), value_string(i ? "Ü" : "A-1")};
        value_append(a, &lines, line);
    }
    value_set(a, &order, text_of("id"), value_string("x"));
    value_set(a, &data, text_of("order"), order);
    value_set(a, &root, text_of("id"), value_int(1001));
    value_set(a, &root, text_of("note"), value_null());
    value_set(a, &root, text_of("paid"), value_bool(true));
    value_set(a, &root, text_of("lines"), lines);
    value_set(a, &root, text_of("data"), data);
    return root;
}

static const char *json(struct buf *b, const struct value *v)
{
    buf_reset(b);
    json_write(b, v);
    return buf_cstr(b);
}

static void test_paths(void **state)
{
    struct value root = example(*state);
    static const struct {
        const char *path, *json; /* NULL: absent */
    } rows[] = {
        {"id", "1001"},
        {"note", "null"},
        {"lines.0.sku", "\"A-1\""},
        {"lines.1", "{\"sku\":\"Ü\"}"},
        {"data.order.id", "\"x\""},
        {"lines.2", NULL},
        {"lines.-1", NULL},
        {"lines.x", NULL},
        {"lines.0.sku.more", NULL},
        {"data.order.", NULL},
        {"nothing", NULL},
        {"nothing.at.all", NULL},
        {"", NULL},
    };
    struct buf b;
    buf_init(&b, 1000);
    for (size_t i = 0; i < ROWS(rows); i++) {
        const struct value *at = value_at(&root, rows[i].path);
        if ((at != NULL) != (rows[i].json != NULL))
            fail_msg("\"%s\"", rows[i].path);
        if (at)
            assert_string_equal(json(&b, at), rows[i].json);
    }
    assert_true(text_is(value_text_at(&root, "lines.0.sku"), "A-1"));
    assert_int_equal(value_text_at(&root, "id").n, 0);
    assert_int_equal(value_text_at(&root, "nothing").n, 0);
    assert_null(value_get(NULL, "id"));
    assert_null(value_get(value_get(&root, "id"), "id"));
    buf_release(&b);
}

static void test_set_and_append_leave_copies_alone(void **state)
{
    struct arena *a = *state;
    struct value map = value_map(a, 0), list = value_list(a, 0);
    value_set(a, &map, text_of("a"), value_int(1));
    value_append(a, &list, value_int(1));
    struct value map_before = map, list_before = list;
    value_set(a, &map, text_of("b"), value_int(2));
    value_append(a, &list, value_int(2));
    assert_int_equal(map_before.count, 1);
    assert_int_equal(list_before.count, 1);
    assert_int_equal(map.count, 2);
    assert_int_equal(list.count, 2);
    value_set(a, &map, text_of("b"), value_int(3)); /* replaces */
    assert_int_equal(map.count, 2);
    assert_int_equal(value_get(&map, "b")->integer, 3);
    assert_null(value_get(&map_before, "b"));
}

static void test_two_copies_grow_apart(void **state)
{
    struct arena *a = *state;
    struct value one = value_list(a, 0);
    value_append(a, &one, value_int(1));
    struct value other = one;
    value_append(a, &one, value_int(2)); /* in its place */
    value_append(a, &other, value_int(3));
    value_append(a, &one, value_int(4));
    assert_int_equal(one.count, 3);
    assert_int_equal(other.count, 2);
    assert_int_equal(one.items[1].integer, 2);
    assert_int_equal(one.items[2].integer, 4);
    assert_int_equal(other.items[0].integer, 1);
    assert_int_equal(other.items[1].integer, 3);
}

static void test_a_long_list_costs_its_size(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a, 2u << 20); /* 20,000 lists of up to 20,000 would be gigabytes */
    struct value list = value_list(&a, 0);
    for (int i = 0; i < 20000; i++)
        value_append(&a, &list, value_int(i));
    assert_false(arena_failed(&a));
    assert_int_equal(list.count, 20000);
    for (int i = 0; i < 20000; i++)
        assert_int_equal(list.items[i].integer, i);
    arena_release(&a);
}

static void test_a_full_arena_makes_nothing_half(void **state)
{
    (void)state;
    struct arena tiny;
    arena_init(&tiny, 64);
    struct value map = value_map(&tiny, 1), wide = value_map(&tiny, 1000), list = value_list(&tiny, UINT32_MAX);
    assert_int_equal(map.count, 1);
    assert_int_equal(wide.count, 0);
    assert_int_equal(list.count, 0);
    value_set(&tiny, &map, text_of("new"), value_int(1));
    assert_int_equal(map.count, 1);
    assert_true(arena_failed(&tiny));
    arena_release(&tiny);
}

static void test_copy_is_deep_and_equal(void **state)
{
    struct value root = example(*state);
    struct arena other;
    arena_init(&other, 1 << 16);
    struct value copy = value_copy(&other, &root);
    assert_true(value_equal(&root, &copy));
    assert_ptr_not_equal(value_at(&copy, "lines.0.sku")->text.p, value_at(&root, "lines.0.sku")->text.p);
    copy.members[3].value.items[1].members[0].value = value_string("U");
    assert_false(value_equal(&root, &copy));
    assert_true(text_is(value_text_at(&root, "lines.1.sku"), "Ü"));
    arena_release(&other);
}

static void test_equality(void **state)
{
    struct arena *a = *state;
    struct value ab = value_map(a, 2), ba = value_map(a, 2);
    ab.members[0] = ba.members[1] = (struct member){text_of("a"), value_int(1)};
    ab.members[1] = ba.members[0] = (struct member){text_of("b"), value_null()};
    assert_true(value_equal(&ab, &ba));
    ba.members[0].value = value_string("");
    assert_false(value_equal(&ab, &ba)); /* null is not empty */
    ba.members[0] = (struct member){text_of("c"), value_null()};
    assert_false(value_equal(&ab, &ba)); /* null is not absent */
    struct value kinds[] = {value_null(),    value_bool(false), value_bool(true),  value_int(0),
                            value_int(1),    value_string(""),  value_string("0"), value_list(a, 0),
                            value_map(a, 0), value_list(a, 1),  value_map(a, 1)};
    for (size_t i = 0; i < ROWS(kinds); i++)
        for (size_t k = 0; k < ROWS(kinds); k++)
            assert_int_equal(value_equal(&kinds[i], &kinds[k]), i == k);
}

static void test_json_text(void **state)
{
    struct value root = example(*state);
    static const struct {
        const char *text, *json;
    } rows[] = {
        {"plain", "\"plain\""},
        {"", "\"\""},
        {"\"quoted\" \\ /", "\"\\\"quoted\\\" \\\\ /\""},
        {"\b\f\n\r\t", "\"\\b\\f\\n\\r\\t\""},
        {"\x01\x0b\x1f\x7f", "\"\\u0001\\u000b\\u001f\x7f\""},
        {"Grüße 日本 🛒", "\"Grüße 日本 🛒\""},
        {"bad \xFF byte \xE2\x82", "\"bad \uFFFD byte \uFFFD\uFFFD\""},
    };
    struct buf b;
    buf_init(&b, 1000);
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct value v = value_string(rows[i].text);
        assert_string_equal(json(&b, &v), rows[i].json);
    }
    assert_string_equal(json(&b, &root), "{\"id\":1001,\"note\":null,\"paid\":true,\"lines\":[{\"sku\":\"A-1\"},"
                                         "{\"sku\":\"Ü\"}],\"data\":{\"order\":{\"id\":\"x\"}}}");
    struct value least = value_int(INT64_MIN), zero = value_int(0);
    struct value number = {.kind = VALUE_NUMBER, .text = text_of("1.10e400")};
    assert_string_equal(json(&b, &least), "-9223372036854775808");
    assert_string_equal(json(&b, &zero), "0");
    assert_string_equal(json(&b, &number), "1.10e400");
    buf_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_paths, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_set_and_append_leave_copies_alone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_two_copies_grow_apart, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_long_list_costs_its_size, set_up, tear_down),
        cmocka_unit_test(test_a_full_arena_makes_nothing_half),
        cmocka_unit_test_setup_teardown(test_copy_is_deep_and_equal, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_equality, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_json_text, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("base_value", tests, NULL, NULL);
}
