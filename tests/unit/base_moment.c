/* Times: what the three systems write is read, what is no time is refused, and what is written sorts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/moment.h"

#define ROWS(table) (sizeof(table) / sizeof *(table))

static void test_read_and_write(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *written; /* NULL: no time */
    } rows[] = {
        {"2026-11-21T10:00:00Z", "2026-11-21T10:00:00.000000Z"},
        {"2026-11-21t10:00:00z", "2026-11-21T10:00:00.000000Z"},
        {"2026-11-21 10:00:00", "2026-11-21T10:00:00.000000Z"},          /* Odoo */
        {"2026-11-21T10:00:00.000+0000", "2026-11-21T10:00:00.000000Z"}, /* Salesforce */
        {"2026-11-21T10:00:00+01:00", "2026-11-21T09:00:00.000000Z"},    /* Shopify */
        {"2026-11-21T10:00:00-05:30", "2026-11-21T15:30:00.000000Z"},
        {"2026-12-31T23:59:59-00:01", "2027-01-01T00:00:59.000000Z"},
        {"2026-11-21T10:00:00.1Z", "2026-11-21T10:00:00.100000Z"},
        {"2026-11-21T10:00:00.123456Z", "2026-11-21T10:00:00.123456Z"},
        {"2026-11-21T10:00:00.123456999Z", "2026-11-21T10:00:00.123456Z"},
        {"2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000000Z"}, /* a leap second */
        {"2024-02-29T00:00:00Z", "2024-02-29T00:00:00.000000Z"},
        {"2000-02-29T00:00:00Z", "2000-02-29T00:00:00.000000Z"},
        {"1969-12-31T23:59:59.999999Z", "1969-12-31T23:59:59.999999Z"},
        {"0000-01-01T00:00:00Z", "0000-01-01T00:00:00.000000Z"},
        {"0000-03-01T00:00:00Z", "0000-03-01T00:00:00.000000Z"},
        {"9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z"},
        {"0000-01-01T00:00:00+00:01", NULL}, /* before the year 0 */
        {"9999-12-31T23:59:59-00:01", NULL}, /* after the year 9999 */
        {"2023-02-29T00:00:00Z", NULL},
        {"1900-02-29T00:00:00Z", NULL},
        {"2026-13-01T00:00:00Z", NULL},
        {"2026-00-01T00:00:00Z", NULL},
        {"2026-04-31T00:00:00Z", NULL},
        {"2026-04-00T00:00:00Z", NULL},
        {"2026-04-01T24:00:00Z", NULL},
        {"2026-04-01T23:60:00Z", NULL},
        {"2026-04-01T23:59:61Z", NULL},
        {"2026-04-01T23:59:59.Z", NULL},
        {"2026-04-01T23:59:59.1234567890Z", NULL},
        {"2026-04-01T23:59:59+24:00", NULL},
        {"2026-04-01T23:59:59+01:60", NULL},
        {"2026-04-01T23:59:59+01", NULL},
        {"2026-04-01T23:59:59 Z", NULL},
        {"2026-04-01T23:59:59Zx", NULL},
        {"2026-04-01T23:59", NULL},
        {"2026-04-01", NULL},
        {"26-04-01T00:00:00Z", NULL},
        {"", NULL},
    };
    for (size_t i = 0; i < ROWS(rows); i++) {
        char out[MOMENT_TEXT_MAX];
        moment_us at = 4711;
        if (moment_parse(text_of(rows[i].text), &at) != (rows[i].written != NULL))
            fail_msg("%s", rows[i].text);
        if (!rows[i].written)
            continue;
        struct text t = moment_format(at, out);
        assert_string_equal(out, rows[i].written);
        assert_int_equal(t.n, strlen(rows[i].written));
    }
}

static void test_known_moments(void **state)
{
    (void)state;
    static const struct {
        moment_us at;
        const char *text;
    } rows[] = {
        {0, "1970-01-01T00:00:00.000000Z"},
        {-1, "1969-12-31T23:59:59.999999Z"},
        {951782400 * MOMENT_SECOND, "2000-02-29T00:00:00.000000Z"},
        {1000000000 * MOMENT_SECOND, "2001-09-09T01:46:40.000000Z"},
        {1234567890123456, "2009-02-13T23:31:30.123456Z"},
        {4102444800 * MOMENT_SECOND, "2100-01-01T00:00:00.000000Z"},
        {INT64_MAX, "9999-12-31T23:59:59.999999Z"},
        {INT64_MIN, "0000-01-01T00:00:00.000000Z"},
    };
    for (size_t i = 0; i < ROWS(rows); i++) {
        char out[MOMENT_TEXT_MAX];
        moment_format(rows[i].at, out);
        assert_string_equal(out, rows[i].text);
    }
}

/* Every day of four centuries: the day after is one day later, and reading gives back what was written. */
static void test_every_day(void **state)
{
    (void)state;
    char before[MOMENT_TEXT_MAX] = "", now[MOMENT_TEXT_MAX];
    const moment_us day = 86400 * MOMENT_SECOND;
    for (moment_us at = -70 * 366 * day; at < 330 * 366 * day; at += day) {
        moment_us again;
        assert_true(moment_parse(moment_format(at, now), &again));
        assert_int_equal(again, at);
        assert_true(strcmp(before, now) < 0);
        memcpy(before, now, sizeof now);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_read_and_write),
        cmocka_unit_test(test_known_moments),
        cmocka_unit_test(test_every_day),
    };
    return cmocka_run_group_tests_name("base_moment", tests, NULL, NULL);
}
