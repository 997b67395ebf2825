/* msgpack bytes: what is read and written, byte for byte, and every way in which bytes can lie. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "proto/codec.h"
#include "proto_support.h"

#define BYTES(s)                                                                                                       \
    {                                                                                                                  \
        s, sizeof s - 1                                                                                                \
    }

static void test_every_form_is_read(void **state)
{
    (void)state;
    static const struct {
        struct text bytes;
        const char *json;
        bool shortest; /* what codec_write makes of the value again */
    } rows[] = {
        {BYTES("\xc0"), "null", true},
        {BYTES("\xc2"), "false", true},
        {BYTES("\xc3"), "true", true},
        {BYTES("\x00"), "0", true},
        {BYTES("\x7f"), "127", true},
        {BYTES("\xff"), "-1", true},
        {BYTES("\xe0"), "-32", true},
        {BYTES("\xcc\x80"), "128", true},
        {BYTES("\xcc\x05"), "5", false},
        {BYTES("\xcd\x01\x00"), "256", true},
        {BYTES("\xcd\x00\x05"), "5", false},
        {BYTES("\xce\x00\x01\x00\x00"), "65536", true},
        {BYTES("\xcf\x00\x00\x00\x01\x00\x00\x00\x00"), "4294967296", true},
        {BYTES("\xcf\x7f\xff\xff\xff\xff\xff\xff\xff"), "9223372036854775807", true},
        {BYTES("\xd0\xdf"), "-33", true},
        {BYTES("\xd0\x05"), "5", false},
        {BYTES("\xd1\xff\x7f"), "-129", true},
        {BYTES("\xd2\xff\xff\x7f\xff"), "-32769", true},
        {BYTES("\xd3\x80\x00\x00\x00\x00\x00\x00\x00"), "-9223372036854775808", true},
        {BYTES("\xd3\x00\x00\x00\x00\x00\x00\x00\x05"), "5", false},
        {BYTES("\xa0"), "\"\"", true},
        {BYTES("\xa3"
               "abc"),
         "\"abc\"", true},
        {BYTES("\xd9\x03"
               "abc"),
         "\"abc\"", false},
        {BYTES("\xda\x00\x03"
               "abc"),
         "\"abc\"", false},
        {BYTES("\xdb\x00\x00\x00\x03"
               "abc"),
         "\"abc\"", false},
        {BYTES("\xa4\xc3\xa4\xc3\x9f"), "\"äß\"", true},
        {BYTES("\x90"), "[]", true},
        {BYTES("\x92\x01\xc0"), "[1,null]", true},
        {BYTES("\xdc\x00\x02\x01\xc0"), "[1,null]", false},
        {BYTES("\xdd\x00\x00\x00\x02\x01\xc0"), "[1,null]", false},
        {BYTES("\x80"), "{}", true},
        {BYTES("\x82\xa1"
               "a\x01\xa1"
               "b\x91\x80"),
         "{\"a\":1,\"b\":[{}]}", true},
        {BYTES("\xde\x00\x01\xd9\x01"
               "a\x01"),
         "{\"a\":1}", false},
        {BYTES("\xdf\x00\x00\x00\x01\xa1"
               "a\x01"),
         "{\"a\":1}", false},
    };
    struct arena a;
    struct buf again;
    arena_init(&a, 1 << 20);
    buf_init(&again, 1000);
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct value v;
        struct err err = {0};
        int rc = codec_read(&a, rows[i].bytes, &v, &err);
        assert_string_equal(rc ? err.text : json_of(&a, &v), rows[i].json);
        buf_reset(&again);
        codec_write(&again, &v);
        assert_int_equal(text_eq(buf_view(&again), rows[i].bytes), rows[i].shortest);
    }
    buf_release(&again);
    arena_release(&a);
}

static void test_lies_are_told(void **state)
{
    (void)state;
    static const struct {
        struct text bytes;
        int code;
        const char *says;
    } rows[] = {
        {BYTES(""), ERR_INVALID, "message: the bytes end in the middle of a value"},
        {BYTES("\x92\x91\x00"), ERR_INVALID, "[1]: the bytes end"},
        {BYTES("\xcd\x01"), ERR_INVALID, "the bytes end"},
        {BYTES("\x81\xa1"
               "a\xa3"
               "ab"),
         ERR_INVALID, "a: the bytes end"},
        {BYTES("\x81\xa4"
               "ab"),
         ERR_INVALID, "the bytes end"},
        {BYTES("\x01\x01"), ERR_INVALID, "bytes behind its end"},
        {BYTES("\xdd\xff\xff\xff\xff\x01"), ERR_INVALID, "claims more elements than the message has bytes"},
        {BYTES("\xdf\xff\xff\xff\xff\x01"), ERR_INVALID, "claims more elements"},
        {BYTES("\xdf\x80\x00\x00\x00\x01"), ERR_INVALID, "claims more elements"},
        {BYTES("\xdb\xff\xff\xff\xff"
               "a"),
         ERR_INVALID, "the bytes end"},
        {BYTES("\xc1"), ERR_INVALID, "0xc1"},
        {BYTES("\xca\x3f\x80\x00\x00"), ERR_INVALID, "floating point; money and quantities travel as decimal text"},
        {BYTES("\x81\xa5"
               "price\xcb\x3f\xf0\x00\x00\x00\x00\x00\x00"),
         ERR_INVALID, "price: floating point"},
        {BYTES("\x81\xa1"
               "a\xc4\x01"
               "x"),
         ERR_INVALID, "a: binary (msgpack type bin); texts travel as type str"},
        {BYTES("\x81\xa1"
               "a\xc5\x00\x01"
               "x"),
         ERR_INVALID, "a: binary"},
        {BYTES("\xd6\xff\x00\x00\x00\x00"), ERR_INVALID, "an extension"},
        {BYTES("\xc7\x01\x05"
               "a"),
         ERR_INVALID, "an extension"},
        {BYTES("\xcf\x80\x00\x00\x00\x00\x00\x00\x00"), ERR_INVALID, "over 9223372036854775807"},
        {BYTES("\x81\x01\x01"), ERR_INVALID, "a member's name is not a text"},
        {BYTES("\x81\xc4\x01"
               "a\x01"),
         ERR_INVALID, "a member's name is not a text"},
        {BYTES("\x82\xa1"
               "a\x01\xa1"
               "a\x02"),
         ERR_INVALID, "a: the member is there twice"},
        {BYTES("\x81\xa1"
               "o\x82\xa1"
               "a\x01\xd9\x01"
               "a\x02"),
         ERR_INVALID, "o.a: the member is there twice"},
        {BYTES("\x82\xa0\x01\xa0\x02"), ERR_INVALID, "the member is there twice"},
        {BYTES("\x81\xa1"
               "a\xa1\xff"),
         ERR_INVALID, "a: the text is not valid UTF-8"},
        {BYTES("\xa3\xed\xa0\x80"), ERR_INVALID, "not valid UTF-8"},
        {BYTES("\xa2\xc0\x80"), ERR_INVALID, "not valid UTF-8"},
        {BYTES("\xa8"
               "1234567\xe4"),
         ERR_INVALID, "not valid UTF-8"},
        {BYTES("\x81\xa1\xff\x01"), ERR_INVALID, "not valid UTF-8"},
        {BYTES("\x81\xa4"
               "data\x81\xa6"
               "fields\x81\xa5"
               "lines\x92\x80\x81\xa8"
               "quantity\xca\x00\x00\x00\x00"),
         ERR_INVALID, "data.fields.lines[1].quantity: floating point"},
    };
    struct arena a;
    arena_init(&a, 1 << 20);
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct value v;
        struct err err = {0};
        assert_int_equal(codec_read(&a, rows[i].bytes, &v, &err), rows[i].code);
        if (!strstr(err.text, rows[i].says))
            fail_msg("row %zu: \"%s\" does not say \"%s\"", i, err.text, rows[i].says);
    }
    assert_true(a.used < 10000); /* nothing was taken for a claim */
    arena_release(&a);
}

static int read_nested(int depth, struct err *err)
{
    char bytes[100];
    struct arena a;
    struct value v;
    memset(bytes, '\x91', (size_t)depth);
    bytes[depth] = '\xc0';
    arena_init(&a, 1 << 20);
    int rc = codec_read(&a, (struct text){bytes, (size_t)depth + 1}, &v, err);
    arena_release(&a);
    return rc;
}

static void test_depth_is_bounded(void **state)
{
    (void)state;
    struct err err = {0};
    assert_int_equal(read_nested(VALUE_DEPTH_MAX, &err), 0);
    assert_int_equal(read_nested(VALUE_DEPTH_MAX + 1, &err), ERR_TOO_LARGE);
    assert_non_null(strstr(err.text, "nested more than 32 deep"));
    assert_non_null(strstr(err.text, "[0][0][0]"));
}

static struct value nested_value(struct arena *a, int depth)
{
    struct value v = value_null();
    for (int i = 0; i < depth; i++) {
        struct value list = value_list(a, 1);
        list.items[0] = v;
        v = list;
    }
    return v;
}

static void test_depth_is_bounded_in_writing(void **state)
{
    (void)state;
    struct arena a;
    struct buf out;
    arena_init(&a, 1 << 20);
    buf_init(&out, 1000);
    struct value deep = nested_value(&a, VALUE_DEPTH_MAX), deeper = nested_value(&a, VALUE_DEPTH_MAX + 1);
    codec_write(&out, &deep);
    assert_false(buf_failed(&out));
    codec_write(&out, &deeper);
    assert_true(buf_failed(&out));
    buf_release(&out);
    arena_release(&a);
}

/* A list of lists of nulls: `count` values, itself not counted. */
static int read_many(uint32_t count, struct err *err)
{
    struct arena a;
    struct buf b;
    struct value v;
    arena_init(&a, 8 << 20);
    buf_init(&b, 1 << 20);
    codec_write_list(&b, 2);
    codec_write_list(&b, count - 2);
    for (uint32_t i = 0; i < count - 2; i++)
        codec_write_null(&b);
    codec_write_list(&b, 0);
    assert_false(buf_failed(&b));
    int rc = codec_read(&a, buf_view(&b), &v, err);
    buf_release(&b);
    arena_release(&a);
    return rc;
}

static void test_elements_are_bounded(void **state)
{
    (void)state;
    struct err err = {0};
    assert_int_equal(read_many(CODEC_ELEMENTS_MAX, &err), 0);
    assert_int_equal(read_many(CODEC_ELEMENTS_MAX + 1, &err), ERR_TOO_LARGE);
    assert_non_null(strstr(err.text, "more than 65536 values"));
}

static void test_bytes_are_bounded(void **state)
{
    (void)state;
    size_t n = CODEC_BYTES_MAX + 1;
    char *bytes = calloc(1, n);
    struct arena a;
    struct value v;
    struct err err = {0};
    arena_init(&a, 1 << 20);
    assert_int_equal(codec_read(&a, (struct text){bytes, n}, &v, &err), ERR_TOO_LARGE);
    assert_string_equal(err.text, "message: 4194305 bytes, at most 4194304");
    arena_release(&a);
    free(bytes);
}

static void test_arena_is_a_bound_too(void **state)
{
    (void)state;
    struct arena a;
    struct value v;
    struct err err = {0};
    arena_init(&a, 100);
    assert_int_equal(codec_read(&a, (struct text){"\x9a\0\0\0\0\0\0\0\0\0\0", 11}, &v, &err), ERR_TOO_LARGE);
    assert_non_null(strstr(err.text, "more memory"));
    arena_release(&a);
}

/* Long maps are checked for repeated names another way than short ones. */
static int read_map_of(uint32_t members, uint32_t repeated, struct err *err)
{
    struct arena a;
    struct buf b;
    struct value v;
    char name[20];
    arena_init(&a, 8 << 20);
    buf_init(&b, 1 << 20);
    codec_write_map(&b, members);
    for (uint32_t i = 0; i < members; i++) {
        snprintf(name, sizeof name, "f%u", i == repeated ? 0 : i);
        codec_write_text(&b, text_of(name));
        codec_write_int(&b, i);
    }
    int rc = codec_read(&a, buf_view(&b), &v, err);
    buf_release(&b);
    arena_release(&a);
    return rc;
}

static void test_repeated_names_in_maps_of_any_size(void **state)
{
    (void)state;
    static const uint32_t sizes[] = {2, 31, 32, 33, 1000, 40000};
    for (size_t i = 0; i < ROWS(sizes); i++) {
        struct err err = {0};
        assert_int_equal(read_map_of(sizes[i], sizes[i], &err), 0);
        assert_int_equal(read_map_of(sizes[i], sizes[i] - 1, &err), ERR_INVALID);
        assert_string_equal(err.text, "f0: the member is there twice");
    }
}

static void test_foreign_words_do_not_break_an_error(void **state)
{
    (void)state;
    struct buf b;
    struct arena a;
    struct value v;
    struct err err = {0};
    char name[5000];
    memset(name, 'x', sizeof name);
    memcpy(name, "a\n\x1b\"", 4);
    arena_init(&a, 1 << 20);
    buf_init(&b, 100000);
    for (int i = 0; i < 5; i++) {
        codec_write_map(&b, 1);
        codec_write_text(&b, (struct text){name, sizeof name});
    }
    buf_char(&b, '\xc1');
    assert_int_equal(codec_read(&a, buf_view(&b), &v, &err), ERR_INVALID);
    assert_true(strlen(err.text) < 400);
    assert_null(strchr(err.text, '\n'));
    assert_null(strchr(err.text, '\x1b'));
    assert_int_equal(text_utf8_fault(text_of(err.text)), -1);
    buf_release(&b);
    arena_release(&a);
}

static void test_numbers_are_written_as_text(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 100);
    struct value v = {.kind = VALUE_NUMBER, .text = text_of("12.50")};
    codec_write(&b, &v);
    assert_true(text_is(buf_view(&b), "\xa5"
                                      "12.50"));
    buf_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_form_is_read),
        cmocka_unit_test(test_lies_are_told),
        cmocka_unit_test(test_depth_is_bounded),
        cmocka_unit_test(test_depth_is_bounded_in_writing),
        cmocka_unit_test(test_elements_are_bounded),
        cmocka_unit_test(test_bytes_are_bounded),
        cmocka_unit_test(test_arena_is_a_bound_too),
        cmocka_unit_test(test_repeated_names_in_maps_of_any_size),
        cmocka_unit_test(test_foreign_words_do_not_break_an_error),
        cmocka_unit_test(test_numbers_are_written_as_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
