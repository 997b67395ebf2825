/* Reading JSON: what stands in the text is what is in the value, digit by digit; what is no JSON is refused with the
 * place where it goes wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/json_text.h"
#include "edge/json.h"

#define ROWS(table) (sizeof(table) / sizeof *(table))

static struct text row_text(const char *s, size_t n)
{
    return (struct text){s, n ? n : strlen(s)};
}

static void test_numbers_keep_their_digits(void **state)
{
    (void)state;
    static const struct {
        const char *json;
        enum value_kind kind;
        const char *digits; /* as written again; NULL: the same as json */
    } rows[] = {
        {"0", VALUE_INT, NULL},
        {"-0", VALUE_INT, "0"},
        {"820982911946154508", VALUE_INT, NULL}, /* an order id that a double cannot hold */
        {"9223372036854775807", VALUE_INT, NULL},
        {"-9223372036854775808", VALUE_INT, NULL},
        {"9223372036854775808", VALUE_NUMBER, NULL},
        {"97.1", VALUE_NUMBER, NULL},
        {"10.00", VALUE_NUMBER, NULL},
        {"0.1000000000000000055", VALUE_NUMBER, NULL},
        {"1e400", VALUE_NUMBER, NULL},
        {"-1.5E-3", VALUE_NUMBER, NULL},
        {"1E+2", VALUE_NUMBER, NULL},
        {"123456789012345678901234567890.123456789", VALUE_NUMBER, NULL},
    };
    struct arena a;
    arena_init(&a, 1u << 20);
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct value v;
        struct buf b;
        buf_init(&b, 1000);
        assert_int_equal(json_parse(&a, text_of(rows[i].json), &v, NULL), 0);
        assert_int_equal(v.kind, rows[i].kind);
        json_write(&b, &v);
        assert_string_equal(buf_cstr(&b), rows[i].digits ? rows[i].digits : rows[i].json);
        buf_release(&b);
    }
    arena_release(&a);
}

static void test_strings(void **state)
{
    (void)state;
    static const struct {
        const char *json, *text;
        size_t n; /* 0: up to the NUL */
    } rows[] = {
        {"\"\"", "", 0},
        {"\"plain \xc3\xa9\"", "plain \xc3\xa9", 0},
        {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t", 0},
        {"\"a\\u0000b\"", "a\0b", 3},
        {"\"\\u00e9\\u20AC\"", "\xc3\xa9\xe2\x82\xac", 0},
        {"\"\\uD83D\\uDE00!\"", "\xf0\x9f\x98\x80!", 0},
        {"\"\\uD83D!\"", "\xef\xbf\xbd!", 0},                  /* half an emoji */
        {"\"\\uDE00\\uD83D\"", "\xef\xbf\xbd\xef\xbf\xbd", 0}, /* the halves in the wrong order */
        {"\"\\uD83D\\u0041\"",
         "\xef\xbf\xbd"
         "A",
         0},
        {"\"\\u0001"
         "5\"",
         "\x01"
         "5",
         0}, /* what jq.c uses as a mark is text like any */
    };
    struct arena a;
    arena_init(&a, 1u << 20);
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct value v;
        assert_int_equal(json_parse(&a, text_of(rows[i].json), &v, NULL), 0);
        assert_int_equal(v.kind, VALUE_TEXT);
        if (!text_eq(v.text, row_text(rows[i].text, rows[i].n)))
            fail_msg("%s gave %.*s", rows[i].json, TEXT_ARG(v.text));
    }
    arena_release(&a);
}

static void test_trees(void **state)
{
    (void)state;
    static const struct {
        const char *json, *again;
    } rows[] = {
        {" [ ] ", "[]"},
        {"{}", "{}"},
        {"[[],{},\"\",null,true,false,[1,[2,[3]]]]", NULL},
        {"{ \"a\" : 1 ,\r\n\t\"b\":[ {\"c\":null} ] }", "{\"a\":1,\"b\":[{\"c\":null}]}"},
        {"{\"a\":1,\"b\":2,\"a\":3}", "{\"b\":2,\"a\":3}"},
        {"{\"\":1,\"\":2}", "{\"\":2}"},
        {"{\"a\":1,\"\\u0061\":2}", "{\"a\":2}"},
    };
    struct arena a;
    arena_init(&a, 1u << 20);
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct value v;
        struct buf b;
        buf_init(&b, 1000);
        assert_int_equal(json_parse(&a, text_of(rows[i].json), &v, NULL), 0);
        json_write(&b, &v);
        assert_string_equal(buf_cstr(&b), rows[i].again ? rows[i].again : rows[i].json);
        buf_release(&b);
    }
    arena_release(&a);
}

static void test_what_is_no_json_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *json;
        size_t n;
        const char *words;
    } rows[] = {
        {"", 0, "byte 0: it ends where a value is expected"},
        {"  ", 0, "byte 2: it ends"},
        {"[1,]", 0, "byte 3: ']' where a value is expected"},
        {"[1 2]", 0, "byte 3: '2' where ',' or ']' is expected"},
        {"{\"a\":1,}", 0, "byte 7: '}' where a name in quotes"},
        {"{a:1}", 0, "byte 1: 'a' where a name in quotes"},
        {"{\"a\" 1}", 0, "byte 5: '1' where ':'"},
        {"[1", 0, "byte 2: it ends where ',' or ']'"},
        {"1 1", 0, "byte 2: '1' where the end is expected"},
        {"01", 0, "byte 1: '1' where the end"},
        {"-", 0, "byte 1: it ends where a digit"},
        {"+1", 0, "byte 0: '+' where a value"},
        {"1.", 0, "byte 2: it ends where a digit"},
        {".5", 0, "byte 0: '.' where a value"},
        {"1e", 0, "byte 2: it ends where a digit"},
        {"1e+-1", 0, "byte 3: '-' where a digit"},
        {"nan", 0, "byte 0: 'n' where a value"},
        {"NaN", 0, "byte 0: 'N' where a value"},
        {"Infinity", 0, "byte 0: 'I' where a value"},
        {"tru", 0, "byte 0: 't' where a value"},
        {"'a'", 0, "byte 0: ''' where a value"},
        {"\"a", 0, "byte 0: a string that does not end"},
        {"\"a\\", 0, "byte 0: a string that does not end"},
        {"\"a\\\"", 0, "byte 0: a string that does not end"},
        {"\"a\nb\"", 0, "byte 2: a control character"},
        {"\"a\0b\"", 5, "byte 2: a control character"},
        {"\"\\x\"", 0, "byte 2: no such escape"},
        {"\"\\\0\"", 4, "byte 2: no such escape"},
        {"\"\\u12g4\"", 0, "byte 3: no four hexadecimal digits"},
        {"\"\\u12\"", 0, "byte 3: no four hexadecimal digits"},
        {"\"\xff\"", 0, "byte 1: no valid UTF-8"},
        {"\"\xed\xa0\x80\"", 0, "byte 1: no valid UTF-8"},
        {"\xef\xbb\xbf{}", 0, "byte 0: byte 0xef where a value"},
        {"{}\0", 3, "byte 2: byte 0x00 where the end"},
    };
    struct arena a;
    struct err err;
    arena_init(&a, 1u << 20);
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct value v;
        assert_int_equal(json_parse(&a, row_text(rows[i].json, rows[i].n), &v, &err), ERR_INVALID);
        if (!strstr(err.text, rows[i].words))
            fail_msg("%s: %s (not: %s)", rows[i].json, err.text, rows[i].words);
    }
    arena_release(&a);
}

static int parse_nested(struct arena *a, int depth, struct err *err)
{
    char json[200];
    struct value v;
    memset(json, '[', (size_t)depth);
    memset(json + depth, ']', (size_t)depth);
    return json_parse(a, (struct text){json, 2 * (size_t)depth}, &v, err);
}

static void test_depth_is_bounded(void **state)
{
    (void)state;
    struct arena a;
    struct err err;
    arena_init(&a, 1u << 20);
    assert_int_equal(parse_nested(&a, VALUE_DEPTH_MAX, &err), 0);
    assert_int_equal(parse_nested(&a, VALUE_DEPTH_MAX + 1, &err), ERR_TOO_LARGE);
    assert_non_null(strstr(err.text, "byte 32"));
    arena_release(&a);
}

static void test_memory_is_bounded_by_the_arena(void **state)
{
    (void)state;
    enum { n = 400000 };
    char *json = malloc(n + 1);
    struct arena a;
    struct value v;
    struct err err;
    memset(json, '1', n);
    for (int i = 1; i < n; i += 2)
        json[i] = ',';
    json[0] = '[';
    json[1] = '1';
    json[n - 1] = ']';
    arena_init(&a, 100000);
    assert_int_equal(json_parse(&a, (struct text){json, n}, &v, &err), ERR_TOO_LARGE);
    arena_release(&a);
    json[0] = '"';
    json[n - 1] = '"';
    arena_init(&a, 100000);
    assert_int_equal(json_parse(&a, (struct text){json, n}, &v, &err), ERR_TOO_LARGE);
    assert_non_null(strstr(err.text, "100000 bytes"));
    arena_release(&a);
    free(json);
}

/* Above a few members, names are compared sorted: the result must be the same. */
static void test_many_members(void **state)
{
    (void)state;
    enum { n = 5000 };
    struct buf b;
    struct arena a;
    struct value v;
    buf_init(&b, 1u << 20);
    arena_init(&a, 4u << 20);
    buf_char(&b, '{');
    for (int i = 0; i < 2 * n; i++)
        buf_printf(&b, "%s\"k%d\":%d", i ? "," : "", i % n, i);
    buf_char(&b, '}');
    assert_int_equal(json_parse(&a, buf_view(&b), &v, NULL), 0);
    assert_int_equal(v.count, n);
    for (int i = 0; i < n; i++) {
        char name[20];
        snprintf(name, sizeof name, "k%d", i);
        assert_int_equal(value_get(&v, name)->integer, n + i);
    }
    arena_release(&a);
    buf_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers_keep_their_digits),
        cmocka_unit_test(test_strings),
        cmocka_unit_test(test_trees),
        cmocka_unit_test(test_what_is_no_json_is_refused),
        cmocka_unit_test(test_depth_is_bounded),
        cmocka_unit_test(test_memory_is_bounded_by_the_arena),
        cmocka_unit_test(test_many_members),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
