/* Slices of text: order, splitting, UTF-8, integers, and the search for payment card numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/text.h"

#define ROWS(table) (sizeof(table) / sizeof *(table))

static int sign(int i)
{
    return (i > 0) - (i < 0);
}

static void test_order(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        int order;
    } rows[] = {
        {"", "", 0}, {"", "a", -1}, {"a", "", 1}, {"a", "b", -1}, {"ab", "a", 1}, {"a", "ab", -1}, {"\xC3", "z", 1},
    };
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct text a = text_of(rows[i].a), b = text_of(rows[i].b);
        assert_int_equal(sign(text_compare(a, b)), rows[i].order);
        assert_int_equal(text_eq(a, b), rows[i].order == 0);
        assert_int_equal(text_eq_constant_time(a, b), rows[i].order == 0);
    }
    assert_true(text_eq((struct text){NULL, 0}, text_of("")));
    assert_int_equal(text_compare((struct text){NULL, 0}, text_of("")), 0);
}

static void test_starts_and_split(void **state)
{
    (void)state;
    struct text head, tail;
    assert_true(text_starts(text_of("order.created"), "order."));
    assert_true(text_starts(text_of("x"), ""));
    assert_false(text_starts(text_of("or"), "order"));
    assert_true(text_split(text_of("a=b=c"), '=', &head, &tail));
    assert_true(text_is(head, "a") && text_is(tail, "b=c"));
    assert_true(text_split(text_of("="), '=', &head, &tail));
    assert_true(head.n == 0 && tail.n == 0);
    assert_false(text_split(text_of("abc"), '=', &head, &tail));
    assert_false(text_split((struct text){NULL, 0}, '=', &head, &tail));
    struct text rest = text_of("x.y"); /* head and tail may be the text itself */
    assert_true(text_split(rest, '.', &head, &rest));
    assert_true(text_is(rest, "y"));
}

/* The rows follow RFC 3629, section 4, and the Unicode standard, table 3-7. */
static void test_utf8(void **state)
{
    (void)state;
    static const struct {
        const char *what, *bytes;
        int fault;
    } rows[] = {
        {"nothing", "", -1},
        {"ASCII", "plain", -1},
        {"two bytes", "\xC2\x80 \xDF\xBF", -1},
        {"three bytes", "\xE0\xA0\x80 \xED\x9F\xBF \xEE\x80\x80 \xEF\xBF\xBF", -1},
        {"four bytes", "\xF0\x90\x80\x80 \xF4\x8F\xBF\xBF", -1},
        {"a fault after a long run of ASCII", "0123456789abcdef\xFF", 16},
        {"a lone continuation", "a\x80", 1},
        {"an overlong slash", "\xC0\xAF", 0},
        {"overlong in two bytes", "\xC1\xBF", 0},
        {"overlong in three", "\xE0\x9F\xBF", 0},
        {"overlong in four", "\xF0\x8F\xBF\xBF", 0},
        {"the first surrogate", "\xED\xA0\x80", 0},
        {"the last surrogate", "\xED\xBF\xBF", 0},
        {"over U+10FFFF", "\xF4\x90\x80\x80", 0},
        {"five bytes", "\xF8\x88\x80\x80\x80", 0},
        {"a character cut short", "ok\xE2\x82", 2},
        {"a third byte that does not continue", "\xE2\x82(", 0},
        {"a fourth byte that does not continue", "\xF0\x9F\x92(", 0},
    };
    for (size_t i = 0; i < ROWS(rows); i++)
        if (text_utf8_fault(text_of(rows[i].bytes)) != rows[i].fault)
            fail_msg("%s: fault at %td", rows[i].what, text_utf8_fault(text_of(rows[i].bytes)));
    assert_int_equal(text_utf8_fault((struct text){"a\0b", 3}), -1); /* a NUL is a character */
    assert_int_equal(text_utf8_fault((struct text){NULL, 0}), -1);
}

static void test_equality(void **state)
{
    (void)state;
    for (size_t n = 0; n <= 20; n++) {
        char a[20], b[20];
        memset(a, 'x', n);
        memcpy(b, a, n);
        assert_true(text_eq((struct text){a, n}, (struct text){b, n}));
        assert_true(n == 0 || !text_eq((struct text){a, n}, (struct text){a, n - 1}));
        for (size_t at = 0; at < n; at++) {
            b[at] = 'y';
            if (text_eq((struct text){a, n}, (struct text){b, n}))
                fail_msg("texts of %zu bytes that differ at %zu", n, at);
            b[at] = 'x';
        }
    }
    assert_true(text_eq((struct text){NULL, 0}, text_of("")));
}

static void test_control_characters(void **state)
{
    (void)state;
    for (int c = 0; c < 256; c++)
        for (size_t n = 1; n <= 20; n++)
            for (size_t at = 0; at < n; at++) {
                char bytes[20];
                memset(bytes, n % 2 ? ' ' : 0xFF, n);
                bytes[at] = (char)c;
                if (text_has_control((struct text){bytes, n}) != (c < 0x20 || c == 0x7F))
                    fail_msg("byte 0x%02x, number %zu of %zu", (unsigned)c, at, n);
            }
    assert_false(text_has_control((struct text){NULL, 0}));
}

static void test_integers(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool valid;
        int64_t value;
    } rows[] = {
        {"0", true, 0},
        {"-0", true, 0},
        {"007", true, 7},
        {"9223372036854775807", true, INT64_MAX},
        {"-9223372036854775808", true, INT64_MIN},
        {"9223372036854775808", false, 0},
        {"-9223372036854775809", false, 0},
        {"99999999999999999999999", false, 0},
        {"", false, 0},
        {"-", false, 0},
        {"+1", false, 0},
        {" 1", false, 0},
        {"1 ", false, 0},
        {"1.0", false, 0},
        {"0x10", false, 0},
    };
    for (size_t i = 0; i < ROWS(rows); i++) {
        int64_t value = 4711;
        if (text_to_i64(text_of(rows[i].text), &value) != rows[i].valid)
            fail_msg("\"%s\"", rows[i].text);
        assert_int_equal(value, rows[i].valid ? rows[i].value : 4711);
    }
}

/* The numbers are the card networks' published test numbers. */
static void test_card_numbers(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool card;
        const char *why;
    } rows[] = {
        {"4111111111111111", true, "Visa"},
        {"4222222222222", true, "Visa of 13 digits"},
        {"5555555555554444", true, "Mastercard"},
        {"2223003122003222", true, "Mastercard of the 2 series"},
        {"378282246310005", true, "American Express"},
        {"30569309025904", true, "Diners Club"},
        {"6011111111111117", true, "Discover"},
        {"3530111333300000", true, "JCB"},
        {"6759649826438453", true, "Maestro"},
        {"6200000000000005", true, "UnionPay"},
        {"4111 1111 1111 1111", true, "spaces"},
        {"4111-1111-1111-1111", true, "hyphens"},
        {"4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1", true, "a space behind every digit"},
        {"card 4111111111111111, thanks", true, "within a sentence"},
        {"(4111111111111111)", true, "in brackets"},
        {"2026-11-21 4111 1111 1111 1111", true, "behind a date that a space joins to it"},
        {"4111 1111 1111 1111 12-26 123", true, "before its month and code"},
        {"1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4111 1111 1111 1111", true, "behind many groups"},
        {"\xE5\x8D\xA1\xE5\x8F\xB7"
         "4111111111111111",
         true, "behind a non-Latin letter"},
        {"12345678901234567890123 4111111111111111", true, "behind a number that is too long"},
        {"4111111111111112", false, "Luhn check fails"},
        {"4111  1111 1111 1111", false, "two spaces"},
        {"4111_1111_1111_1111", false, "another separator"},
        {"x4111111111111111", false, "touches a letter in front"},
        {"4111111111111111x", false, "touches a letter behind"},
        {"04111111111111111", false, "touches a digit in front"},
        {"41111111111111110000", false, "is part of a longer number"},
        {"1111111111111117", false, "no issuer begins with 1"},
        {"7111111111111118", false, "no issuer begins with 7"},
        {"5678901234565", false, "passes Luhn, but of 13 digits there are only Visa cards"},
        {"0000000000000000", false, "zeros pass Luhn, but are nobody's"},
        {"411111111111", false, "12 digits"},
        {"", false, "nothing"},
        {"+49 30 1234 5678 90", false, "a telephone number"},
        {"820982911946154508", false, "a web shop's order id"},
    };
    for (size_t i = 0; i < ROWS(rows); i++)
        if (text_has_card_number(text_of(rows[i].text)) != rows[i].card)
            fail_msg("%s: \"%s\"", rows[i].why, rows[i].text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),    cmocka_unit_test(test_starts_and_split), cmocka_unit_test(test_utf8),
        cmocka_unit_test(test_equality), cmocka_unit_test(test_control_characters),
        cmocka_unit_test(test_integers), cmocka_unit_test(test_card_numbers),
    };
    return cmocka_run_group_tests_name("base_text", tests, NULL, NULL);
}
