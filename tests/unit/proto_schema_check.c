/* Checking fields: what is brought to which form, and what is refused in which words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "proto_support.h"

static const char *const kinds_file =
    "thing: { fields: ("
    "{ name = \"name\"; type = \"text\"; max = 20; },"
    "{ name = \"free\"; type = \"text\"; },"
    "{ name = \"secret\"; type = \"text\"; max = 30; personal = true; },"
    "{ name = \"amount\"; type = \"decimal\"; },"
    "{ name = \"count\"; type = \"int\"; },"
    "{ name = \"open\"; type = \"bool\"; },"
    "{ name = \"at\"; type = \"moment\"; },"
    "{ name = \"day\"; type = \"date\"; },"
    "{ name = \"state\"; type = \"enum\"; values = [\"new\", \"old\"]; },"
    "{ name = \"parent\"; type = \"ref\"; entity = \"thing\"; },"
    "{ name = \"place\"; type = \"map\"; personal = true; fields: ("
    "    { name = \"city\"; type = \"text\"; max = 10; }, { name = \"height\"; type = \"decimal\"; } ); },"
    "{ name = \"lines\"; type = \"list\"; key = \"key\"; max = 40; fields: ("
    "    { name = \"key\"; type = \"text\"; }, { name = \"quantity\"; type = \"decimal\"; },"
    "    { name = \"parts\"; type = \"list\"; of = \"ref\"; entity = \"thing\"; } ); },"
    "{ name = \"taxes\"; type = \"list\"; fields: ( { name = \"rate\"; type = \"decimal\"; } ); },"
    "{ name = \"tags\"; type = \"list\"; of = \"text\"; max = 3; },"
    "{ name = \"marks\"; type = \"list\"; of = \"enum\"; values = [\"a\", \"b\"]; }"
    "); };";

struct row {
    const char *in, *out; /* out: the canonical form, or what the error says */
    int code;             /* 0, or the error's */
};

static void run(const struct row *rows, size_t count)
{
    struct schema *s = schema_of(&kinds_file, 1);
    for (size_t i = 0; i < count; i++) {
        struct arena a;
        struct err err = {0};
        arena_init(&a, 1 << 20);
        struct value v = json_value(&a, rows[i].in);
        int rc = schema_check(schema_at(s, 0), &v, &a, &err);
        const char *got = rc ? err.text : json_of(&a, &v);
        if (rc != rows[i].code || strcmp(got, rows[i].out) != 0)
            fail_msg("%s\n  gives %d %s\n  not   %d %s", rows[i].in, rc, got, rows[i].code, rows[i].out);
        arena_release(&a);
    }
    schema_free(s);
}

static void test_canonical_forms(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"{}", "{}", 0},
        {"{\"amount\":\"010.50\"}", "{\"amount\":\"10.5\"}", 0},
        {"{\"amount\":\"-0.00\"}", "{\"amount\":\"0\"}", 0},
        {"{\"amount\":10}", "{\"amount\":\"10\"}", 0},
        {"{\"amount\":-9223372036854775808}", "{\"amount\":\"-9223372036854775808\"}", 0},
        {"{\"amount\":10.50}", "{\"amount\":\"10.5\"}", 0},
        {"{\"amount\":1.5e3}", "{\"amount\":\"1500\"}", 0},
        {"{\"count\":3}", "{\"count\":3}", 0},
        {"{\"count\":3.0}", "{\"count\":3}", 0},
        {"{\"open\":false}", "{\"open\":false}", 0},
        {"{\"at\":\"2026-11-21T12:00:00+02:00\"}", "{\"at\":\"2026-11-21T10:00:00.000000Z\"}", 0},
        {"{\"at\":\"2026-11-21 10:00:00\"}", "{\"at\":\"2026-11-21T10:00:00.000000Z\"}", 0},
        {"{\"at\":\"2026-11-21T10:00:00.000+0000\"}", "{\"at\":\"2026-11-21T10:00:00.000000Z\"}", 0},
        {"{\"day\":\"2024-02-29\"}", "{\"day\":\"2024-02-29\"}", 0},
        {"{\"state\":\"old\"}", "{\"state\":\"old\"}", 0},
        {"{\"parent\":\"gid://shopify/Product/1\"}", "{\"parent\":\"gid://shopify/Product/1\"}", 0},
        {"{\"name\":null,\"amount\":null,\"lines\":null,\"place\":null,\"tags\":null}",
         "{\"name\":null,\"amount\":null,\"place\":null,\"lines\":null,\"tags\":null}", 0},
        {"{\"name\":\"\",\"lines\":[],\"place\":{},\"tags\":[]}",
         "{\"name\":\"\",\"place\":{},\"lines\":[],\"tags\":[]}", 0},
        {"{\"tags\":[\"x\",\"\"],\"amount\":\"1\",\"name\":\"n\"}",
         "{\"name\":\"n\",\"amount\":\"1\",\"tags\":[\"x\",\"\"]}", 0},
        {"{\"lines\":[{\"quantity\":\"2.0\",\"key\":\"b\"},{\"key\":\"a\",\"parts\":[\"1\"],\"quantity\":null}]}",
         "{\"lines\":[{\"key\":\"b\",\"quantity\":\"2\"},{\"key\":\"a\",\"quantity\":null,\"parts\":[\"1\"]}]}", 0},
        {"{\"taxes\":[{\"rate\":\"0.190\"},{\"rate\":\"0.190\"}]}",
         "{\"taxes\":[{\"rate\":\"0.19\"},{\"rate\":\"0.19\"}]}", 0},
        {"{\"name\":\"20 bytes: äöü €\"}", "{\"name\":\"20 bytes: äöü €\"}", 0},
    };
    run(rows, ROWS(rows));
}

static void test_refusals(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"{\"nmae\":1}", "thing has no field \"nmae\"; is it \"name\"?", ERR_INVALID},
        {"{\"zzzzzz\":1}", "thing has no field \"zzzzzz\"", ERR_INVALID},
        {"{\"name\":5}", "thing.name: int 5 stands where a text belongs", ERR_INVALID},
        {"{\"name\":true}", "thing.name: bool stands where a text belongs", ERR_INVALID},
        {"{\"name\":{}}", "thing.name: map stands where a text belongs", ERR_INVALID},
        {"{\"name\":\"123456789012345678901\"}", "thing.name: 21 characters, at most 20", ERR_TOO_LARGE},
        {"{\"name\":\"a\\u0000b\"}", "thing.name: the text holds a NUL character", ERR_INVALID},
        {"{\"secret\":5}", "thing.secret: int stands where a text belongs", ERR_INVALID},
        {"{\"secret\":\"0123456789012345678901234567890\"}", "thing.secret: 31 characters, at most 30", ERR_TOO_LARGE},
        {"{\"amount\":\"ten\"}", "thing.amount: text \"ten\" is no decimal (\"-12.50\", at most 38 digits)",
         ERR_INVALID},
        {"{\"amount\":\"\"}", "thing.amount: text \"\" is no decimal (\"-12.50\", at most 38 digits)", ERR_INVALID},
        {"{\"amount\":\"1e3\"}", "thing.amount: text \"1e3\" is no decimal (\"-12.50\", at most 38 digits)",
         ERR_INVALID},
        {"{\"amount\":false}", "thing.amount: bool is no decimal (\"-12.50\", at most 38 digits)", ERR_INVALID},
        {"{\"count\":\"3\"}", "thing.count: text \"3\" is no int of 64 bits", ERR_INVALID},
        {"{\"count\":3.5}", "thing.count: number 3.5 is no int of 64 bits", ERR_INVALID},
        {"{\"open\":1}", "thing.open: int 1 stands where true or false belongs", ERR_INVALID},
        {"{\"at\":\"yesterday\"}", "thing.at: text \"yesterday\" is no moment (\"2026-11-21T10:00:00.000000Z\")",
         ERR_INVALID},
        {"{\"day\":\"2026-02-29\"}", "thing.day: text \"2026-02-29\" is no date (\"2026-11-21\")", ERR_INVALID},
        {"{\"day\":\"2026-2-9\"}", "thing.day: text \"2026-2-9\" is no date (\"2026-11-21\")", ERR_INVALID},
        {"{\"state\":\"paid\"}", "thing.state: text \"paid\" is none of new, old", ERR_INVALID},
        {"{\"state\":\"\"}", "thing.state: text \"\" is none of new, old", ERR_INVALID},
        {"{\"parent\":12}", "thing.parent: int 12 stands where a reference belongs (a native id, as text)",
         ERR_INVALID},
        {"{\"parent\":\"\"}", "thing.parent: text \"\" is no reference; null says that there is none", ERR_INVALID},
        {"{\"parent\":\"a\\nb\"}", "thing.parent: text \"a?b\" is no reference: it holds a control character",
         ERR_INVALID},
        {"{\"place\":\"x\"}", "thing.place: text stands where a map belongs", ERR_INVALID},
        {"{\"place\":{\"town\":\"x\"}}", "thing.place has no field \"town\"", ERR_INVALID},
        {"{\"place\":{\"height\":\"tall\"}}", "thing.place.height: text is no decimal (\"-12.50\", at most 38 digits)",
         ERR_INVALID},
        {"{\"place\":{\"height\":1.2e99}}", "thing.place.height: number is no decimal (\"-12.50\", at most 38 digits)",
         ERR_INVALID},
        {"{\"lines\":{}}", "thing.lines: map stands where a list belongs", ERR_INVALID},
        {"{\"lines\":[1]}", "thing.lines[0]: int 1 stands where a map belongs", ERR_INVALID},
        {"{\"lines\":[null]}", "thing.lines[0]: null; an element of a list is a value", ERR_INVALID},
        {"{\"lines\":[{\"key\":\"a\"},{\"key\":\"b\",\"quantity\":\"ten\"}]}",
         "thing.lines[1].quantity: text \"ten\" is no decimal (\"-12.50\", at most 38 digits)", ERR_INVALID},
        {"{\"lines\":[{\"quantity\":\"1\"}]}", "thing.lines[0]: without \"key\", which names the elements of this list",
         ERR_INVALID},
        {"{\"lines\":[{\"key\":null}]}", "thing.lines[0]: without \"key\", which names the elements of this list",
         ERR_INVALID},
        {"{\"lines\":[{\"key\":\"\"}]}", "thing.lines[0]: without \"key\", which names the elements of this list",
         ERR_INVALID},
        {"{\"lines\":[{\"key\":\"a\"},{\"key\":\"b\"},{\"key\":\"a\"}]}",
         "thing.lines: two elements have the key \"a\"", ERR_INVALID},
        {"{\"tags\":[\"a\",\"b\",\"c\",\"d\"]}", "thing.tags: 4 elements, at most 3", ERR_TOO_LARGE},
        {"{\"tags\":[\"a\",7]}", "thing.tags[1]: int 7 stands where a text belongs", ERR_INVALID},
        {"{\"marks\":[\"a\",\"c\"]}", "thing.marks[1]: text \"c\" is none of a, b", ERR_INVALID},
        {"[]", "thing: fields is no map", ERR_INVALID},
    };
    run(rows, ROWS(rows));
}

static void test_card_numbers(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"{\"free\":\"paid with 4111 1111 1111 1111, thanks\"}", "thing.free: holds a payment card number", ERR_DENIED},
        {"{\"secret\":\"4111111111111111\"}", "thing.secret: holds a payment card number", ERR_DENIED},
        {"{\"tags\":[\"ok\",\"5500-0000-0000-0004\"]}", "thing.tags[1]: holds a payment card number", ERR_DENIED},
        {"{\"name\":4111111111111111}", "thing.name: int ‹card number› stands where a text belongs", ERR_INVALID},
        {"{\"state\":\"4111 1111 1111 1111\"}", "thing.state: text \"‹card number›\" is none of new, old", ERR_INVALID},
        {"{\"4111 1111 1111 1111\":1}", "thing has no field \"‹card number›\"", ERR_INVALID},
        {"{\"lines\":[{\"key\":\"a\",\"parts\":[\"4111111111111111\"]}]}",
         "{\"lines\":[{\"key\":\"a\",\"parts\":[\"4111111111111111\"]}]}", 0},
        {"{\"lines\":[{\"key\":\"4111111111111111\"}]}", "{\"lines\":[{\"key\":\"4111111111111111\"}]}", 0},
        {"{\"parent\":\"4111111111111111\"}", "{\"parent\":\"4111111111111111\"}", 0},
        {"{\"amount\":\"4111111111111111\"}", "{\"amount\":\"4111111111111111\"}", 0},
        {"{\"free\":\"4111 1111 1111 1112\"}", "{\"free\":\"4111 1111 1111 1112\"}", 0},
    };
    run(rows, ROWS(rows));
}

/* Forty lines go another way than three. */
static void test_keys_of_a_long_list(void **state)
{
    (void)state;
    struct schema *s = schema_of(&kinds_file, 1);
    for (int repeated = 0; repeated < 2; repeated++) {
        struct arena a;
        struct err err = {0};
        arena_init(&a, 1 << 20);
        struct value lines = value_list(&a, 40), fields = value_map(&a, 1);
        for (uint32_t i = 0; i < 40; i++) {
            lines.items[i] = value_map(&a, 1);
            lines.items[i].members[0].name = text_of("key");
            lines.items[i].members[0].value = value_text(arena_printf(&a, "%u", i == 39 && repeated ? 7 : i));
        }
        fields.members[0] = (struct member){text_of("lines"), lines};
        assert_int_equal(schema_check(schema_at(s, 0), &fields, &a, &err), repeated ? ERR_INVALID : 0);
        assert_string_equal(err.text, repeated ? "thing.lines: two elements have the key \"7\"" : "");
        arena_release(&a);
    }
    schema_free(s);
}

static void test_a_member_twice(void **state)
{
    (void)state;
    struct schema *s = schema_of(&kinds_file, 1);
    struct arena a;
    struct err err = {0};
    arena_init(&a, 1 << 20);
    struct value v = value_map(&a, 3);
    v.members[0] = (struct member){text_of("name"), value_string("a")};
    v.members[1] = (struct member){text_of("amount"), value_string("1")};
    v.members[2] = (struct member){text_of("name"), value_string("b")};
    assert_int_equal(schema_check(schema_at(s, 0), &v, &a, &err), ERR_INVALID);
    assert_string_equal(err.text, "thing.name: the field is there twice");
    arena_release(&a);
    schema_free(s);
}

static void test_a_long_list_of_values_is_cut(void **state)
{
    (void)state;
    struct buf b;
    struct arena a;
    struct err err = {0};
    arena_init(&a, 1 << 20);
    buf_init(&b, 100000);
    buf_string(&b, "thing: { fields: ( { name = \"a\"; type = \"enum\"; values = [");
    for (int i = 0; i < 100; i++)
        buf_printf(&b, "%s\"value%d\"", i ? "," : "", i);
    buf_string(&b, "]; } ); };");
    const char *file = buf_cstr(&b);
    struct schema *s = schema_of(&file, 1);
    struct value v = json_value(&a, "{\"a\":\"other\"}");
    assert_int_equal(schema_check(schema_at(s, 0), &v, &a, &err), ERR_INVALID);
    assert_non_null(strstr(err.text, "is none of value0, value1, "));
    assert_non_null(strstr(err.text, ", …"));
    schema_free(s);
    buf_release(&b);
    arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_canonical_forms), cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_card_numbers),    cmocka_unit_test(test_keys_of_a_long_list),
        cmocka_unit_test(test_a_member_twice),  cmocka_unit_test(test_a_long_list_of_values_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
