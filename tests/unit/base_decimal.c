/* Money: grammar, order by value, one canonical form, exact sums and products, the bound of 38 digits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/decimal.h"

#define ROWS(table) (sizeof(table) / sizeof *(table))
#define NINES_38 "99999999999999999999999999999999999999"

static void test_grammar_and_canonical_form(void **state)
{
    (void)state;
    static const struct {
        const char *text, *canonical; /* NULL: no decimal */
    } rows[] = {
        {"0", "0"},
        {"-0", "0"},
        {"-0.00", "0"},
        {"10", "10"},
        {"010.00", "10"},
        {"10.50", "10.5"},
        {"-12.50", "-12.5"},
        {"0.05", "0.05"},
        {"00.050", "0.05"},
        {"1000", "1000"},
        {NINES_38, NINES_38},
        {"-" NINES_38, "-" NINES_38},
        {"0.0000000000000000000000000000000000001", "0.0000000000000000000000000000000000001"},
        {"1" NINES_38, NULL},
        {"0.00000000000000000000000000000000000001", NULL}, /* 39 digits */
        {"", NULL},
        {"-", NULL},
        {".", NULL},
        {".5", NULL},
        {"5.", NULL},
        {"-.5", NULL},
        {"+1", NULL},
        {"--1", NULL},
        {"1e3", NULL},
        {"1,5", NULL},
        {" 1", NULL},
        {"1 ", NULL},
        {"1.2.3", NULL},
        {"0x1", NULL},
    };
    for (size_t i = 0; i < ROWS(rows); i++) {
        char out[DECIMAL_MAX];
        struct text t = text_of(rows[i].text);
        if (decimal_valid(t) != (rows[i].canonical != NULL))
            fail_msg("\"%s\"", rows[i].text);
        if (decimal_is_canonical(t) != (rows[i].canonical && text_is(t, rows[i].canonical)))
            fail_msg("\"%s\"", rows[i].text);
        if (!rows[i].canonical)
            continue;
        struct text canonical = decimal_canonical(t, out);
        assert_string_equal(out, rows[i].canonical);
        assert_int_equal(canonical.n, strlen(rows[i].canonical));
        assert_int_equal(decimal_compare(t, canonical), 0);
    }
}

static void test_order(void **state)
{
    (void)state;
    static const char *const rising[] = {
        ("-" NINES_38), "-1000", "-999.99", "-10", "-9.5", "-1.25", "-1.2", "-0.05", "-0.005", "0",    "0.005",
        "0.05",         "0.5",   "1",       "1.2", "1.25", "9.5",   "10",   "10.01", "999.99", "1000", NINES_38,
    };
    for (size_t i = 0; i < ROWS(rising); i++)
        for (size_t k = 0; k < ROWS(rising); k++) {
            int order = decimal_compare(text_of(rising[i]), text_of(rising[k]));
            if (order != (i > k) - (i < k))
                fail_msg("%s and %s: %d", rising[i], rising[k], order);
        }
    assert_int_equal(decimal_compare(text_of("10"), text_of("010.0")), 0);
    assert_int_equal(decimal_compare(text_of("-0.0"), text_of("0")), 0);
}

static void test_json_numbers(void **state)
{
    (void)state;
    static const struct {
        const char *literal, *decimal; /* NULL: refused */
    } rows[] = {
        {"0", "0"},
        {"-0.0", "0"},
        {"97.10", "97.1"},
        {"1.2E3", "1200"},
        {"1.2e+3", "1200"},
        {"1e-5", "0.00001"},
        {"-12.5e1", "-125"},
        {"1e37", "10000000000000000000000000000000000000"},
        {"0e999999999999999999", "0"},
        {"1.0000000000000000000000000000000000000000000000000000000000000000000000000000000000000", "1"},
        {"1e38", NULL},
        {"1e-38", NULL},
        {"1e999999999999999999", NULL},
        {"1e-999999999999999999", NULL},
        {"1.0000000000000000000000000000000000000000000000000000000000000000000000000000000000001", NULL},
        {"01", NULL},
        {"-01.5", NULL},
        {"1.", NULL},
        {".1", NULL},
        {"1e", NULL},
        {"1e+", NULL},
        {"1e1.5", NULL},
        {"1x", NULL},
        {"NaN", NULL},
        {"-Infinity", NULL},
        {"", NULL},
        {"-", NULL},
    };
    for (size_t i = 0; i < ROWS(rows); i++) {
        char out[DECIMAL_MAX];
        bool valid = decimal_from_number(text_of(rows[i].literal), out);
        if (valid != (rows[i].decimal != NULL))
            fail_msg("%s", rows[i].literal);
        if (valid)
            assert_string_equal(out, rows[i].decimal);
    }
}

static void test_sums_and_products(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b, *sum, *product; /* NULL: more than 38 digits */
    } rows[] = {
        {"0.1", "0.2", "0.3", "0.02"},
        {"1", "-1", "0", "-1"},
        {"-1.5", "-2.25", "-3.75", "3.375"},
        {"0.1", "-1", "-0.9", "-0.1"},
        {"19.99", "3", "22.99", "59.97"},
        {"-19.99", "0", "-19.99", "0"},
        {"999.999", "0.001", "1000", "0.999999"},
        {"1000", "-0.001", "999.999", "-1"},
        {NINES_38, "0", NINES_38, "0"},
        {NINES_38, "-1", "99999999999999999999999999999999999998", "-" NINES_38},
        {NINES_38, "1", NULL, NINES_38},
        {"-" NINES_38, "-1", NULL, NINES_38},
        {NINES_38, NINES_38, NULL, NULL},
        {"10000000000000000000000000000000000000", "0.1", NULL, "1000000000000000000000000000000000000"},
        {"0.0000000000000000000000000000000000001", "0.0000000000000000000000000000000000001",
         "0.0000000000000000000000000000000000002", NULL},
        {"1234567890123456789", "9876543210987654321", "11111111101111111110",
         "12193263113702179522374638011112635269"},
    };
    for (size_t i = 0; i < ROWS(rows); i++) {
        char out[DECIMAL_MAX];
        struct text a = text_of(rows[i].a), b = text_of(rows[i].b);
        for (int turn = 0; turn < 2; turn++) {
            assert_int_equal(decimal_add(turn ? b : a, turn ? a : b, out), rows[i].sum != NULL);
            if (rows[i].sum)
                assert_string_equal(out, rows[i].sum);
            assert_int_equal(decimal_mul(turn ? b : a, turn ? a : b, out), rows[i].product != NULL);
            if (rows[i].product)
                assert_string_equal(out, rows[i].product);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_grammar_and_canonical_form),
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_json_numbers),
        cmocka_unit_test(test_sums_and_products),
    };
    return cmocka_run_group_tests_name("base_decimal", tests, NULL, NULL);
}
