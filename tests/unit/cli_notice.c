/* What a person at the terminal is told, and how often: rows of a program's lines at a time, and what is shown. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "cli/notice.h"

#define HEAD "time=2026-11-21T12:00:00.000000Z level="
#define DOWN HEAD "warn program=tidegate-erp/erp event=not-open msg=\"Odoo does not answer (again in "

struct row {
    int64_t at_s;
    const char *line;
    const char *shown; /* NULL: nothing */
};

static void expect(const struct row *rows, size_t count)
{
    struct notices notices = {0};
    struct buf out;
    buf_init(&out, 4096);
    for (size_t i = 0; i < count; i++) {
        buf_reset(&out);
        bool shown = notice_line(&notices, text_of(rows[i].line), rows[i].at_s * MOMENT_SECOND, &out);
        assert_int_equal(shown, rows[i].shown != NULL);
        if (shown)
            assert_string_equal(buf_cstr(&out), rows[i].shown);
    }
    buf_release(&out);
}

static void test_what_is_shown(void **state)
{
    static const struct row rows[] = {
        {0, HEAD "info program=p event=started", NULL},
        {0, HEAD "warn program=p event=poll-failed feed=stock reason=\"no answer\"", "poll-failed: no answer"},
        {0, HEAD "error program=p event=failed cause=\"tidegate.cfg:3: \\\"ur\\\" is no setting\"",
         "failed: tidegate.cfg:3: \"ur\" is no setting"},
        {0, HEAD "warn program=p event=odd feed=stock n=3", "odd: feed=stock n=3"},
        {0, HEAD "warn program=p event=held reason=rejected rule=\"\" cause=\"\"", "held: rejected"},
        {0, HEAD "warn program=p event=lonely", "lonely: "},
        {0, HEAD "warn program=p event=torn msg=\"no end", "torn: no end"},
        {0, "tidegate-erp: cannot open x", "tidegate-erp: cannot open x"},
        {0, "", NULL},
    };
    (void)state;
    expect(rows, sizeof rows / sizeof *rows);
}

static void test_once(void **state)
{
    static const struct row rows[] = {
        {0, DOWN "1 s)\"", "not-open: Odoo does not answer (again in 1 s)"},
        {1, DOWN "2 s)\"", NULL},
        {3, HEAD "warn program=p event=poll-failed reason=\"Odoo does not answer\"", NULL},
        {59, DOWN "4 s)\"", NULL},
        {60, DOWN "8 s)\"", "not-open: Odoo does not answer (again in 8 s)  (and 3 more like it since the last time)"},
        {61, HEAD "warn program=p event=other msg=\"the disk is full\"", "other: the disk is full"},
        {359, DOWN "8 s)\"", NULL},
        {360, DOWN "8 s)\"", "not-open: Odoo does not answer (again in 8 s)  (and 1 more like it since the last time)"},
    };
    (void)state;
    expect(rows, sizeof rows / sizeof *rows);
}

static void test_connected_again(void **state)
{
    static const struct row rows[] = {
        {0, HEAD "info program=p event=open system=erp", NULL},
        {1, DOWN "1 s)\"", "not-open: Odoo does not answer (again in 1 s)"},
        {2, HEAD "info program=p event=open system=erp", "connected again"},
        {3, HEAD "info program=p event=open system=erp", NULL},
        {4, DOWN "1 s)\"", NULL},
        {5, HEAD "info program=p event=open system=erp", NULL},
    };
    (void)state;
    expect(rows, sizeof rows / sizeof *rows);
}

/* More kinds of trouble than are remembered: the oldest is told again, nothing else happens. */
static void test_more_than_it_remembers(void **state)
{
    struct notices notices = {0};
    struct buf out;
    char sentence[NOTICES_MAX + 2] = "";
    (void)state;
    buf_init(&out, 65536);
    for (size_t i = 0; i <= NOTICES_MAX; i++) {
        sentence[i] = 'x';
        assert_true(notice_sentence(&notices, text_of(sentence), 0, &out));
        assert_false(notice_sentence(&notices, text_of(sentence), 1, &out));
    }
    assert_true(notice_sentence(&notices, text_of("x"), 2, &out));
    buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_shown),
        cmocka_unit_test(test_once),
        cmocka_unit_test(test_connected_again),
        cmocka_unit_test(test_more_than_it_remembers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
