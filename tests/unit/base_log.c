/* What a person reads: error sentences and log lines, never too long, never forged. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/log.h"

#define ROWS(table) (sizeof(table) / sizeof *(table))

static void test_err_sentences(void **state)
{
    (void)state;
    struct err err;
    assert_int_equal(err_set(&err, ERR_CONFLICT, "%s is taken by %d", "sku A-1", 7), ERR_CONFLICT);
    assert_int_equal(err.code, ERR_CONFLICT);
    assert_string_equal(err.text, "sku A-1 is taken by 7");
    assert_int_equal(err_prefix(&err, "order %d", 1001), ERR_CONFLICT);
    assert_string_equal(err.text, "order 1001: sku A-1 is taken by 7");
    err_set(&err, ERR_IO, "again: %s", err.text); /* its own text as an argument */
    assert_string_equal(err.text, "again: order 1001: sku A-1 is taken by 7");
    assert_int_equal(err_set(NULL, ERR_IO, "nobody listens"), ERR_IO);
}

static void test_err_cuts_at_a_character(void **state)
{
    (void)state;
    struct err err;
    char euros[3 * 200 + 1];
    for (int shift = 0; shift < 3; shift++) {
        for (int i = 0; i < 200; i++)
            memcpy(euros + 3 * i, "€", 4);
        err_set(&err, ERR_INVALID, "%.*s%s", shift, "ab", euros);
        assert_true(strlen(err.text) > sizeof err.text - 4);
        assert_int_equal(text_utf8_fault(text_of(err.text)), -1);
        err_prefix(&err, "%s", euros);
        assert_true(strlen(err.text) > sizeof err.text - 4);
        assert_int_equal(text_utf8_fault(text_of(err.text)), -1);
    }
}

static void test_err_words(void **state)
{
    (void)state;
    for (int code = ERR_STOPPING; code <= 0; code++)
        for (int other = ERR_STOPPING; other < code; other++)
            assert_string_not_equal(err_word(code), err_word(other));
    assert_string_equal(err_word(ERR_TOO_LARGE), "too-large");
    assert_string_equal(err_word(-99), "unknown");
}

static moment_us noon(void *ctx)
{
    (void)ctx;
    return 1795262400 * MOMENT_SECOND; /* 2026-11-21T12:00:00Z */
}

static void keep(void *ctx, struct text line)
{
    buf_text(ctx, line);
}

#define HEAD "time=2026-11-21T12:00:00.000000Z level=info program=tidegate-router event=e"

static void test_log_quotes_what_must_be(void **state)
{
    (void)state;
    static const struct {
        const char *value, *written;
    } rows[] = {
        {"plain-1.5:ok/x", "plain-1.5:ok/x"},
        {"", "\"\""},
        {"two words", "\"two words\""},
        {"a=b", "\"a=b\""},
        {"say \"hi\"", "\"say \\\"hi\\\"\""},
        {"back\\slash", "\"back\\\\slash\""},
        {"line\nlevel=error", "\"line\\nlevel=error\""},
        {"\r\t\x1b[31m\x7f", "\"\\r\\t\\x1b[31m\\x7f\""},
        {"Grüße", "\"Grüße\""},
        {"bad \xFF", "\"bad \\xff\""},
    };
    struct buf out;
    buf_init(&out, 10000);
    struct log log = {.program = "tidegate-router", .level = LOG_LEVEL_INFO, .now = noon, .sink = keep, .ctx = &out};
    for (size_t i = 0; i < ROWS(rows); i++) {
        char wanted[200];
        snprintf(wanted, sizeof wanted, HEAD " k=%s n=1\n", rows[i].written);
        buf_reset(&out);
        log_line(&log, LOG_LEVEL_INFO, "e", "k", rows[i].value, "n", "1", NULL);
        assert_string_equal(buf_cstr(&out), wanted);
    }
    buf_reset(&out);
    log_say(&log, LOG_LEVEL_INFO, "e", "%d orders", 3);
    assert_string_equal(buf_cstr(&out), HEAD " msg=\"3 orders\"\n");
    buf_release(&out);
}

static void test_log_level_and_silence(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, 10000);
    struct log log = {.program = "p", .level = LOG_LEVEL_WARN, .now = noon, .sink = keep, .ctx = &out};
    log_line(&log, LOG_LEVEL_INFO, "e", NULL);
    log_say(NULL, LOG_LEVEL_ERROR, "e", "x");
    assert_int_equal(out.n, 0);
    log_line(&log, LOG_LEVEL_ERROR, "e", NULL);
    assert_non_null(strstr(buf_cstr(&out), "level=error program=p event=e\n"));
    buf_release(&out);
}

/* However long the value and wherever the cut falls: one line, valid UTF-8, quotes closed, the cut marked. */
static void test_log_cuts_long_lines(void **state)
{
    (void)state;
    struct buf out;
    char value[5000];
    buf_init(&out, 10000);
    struct log log = {.program = "p", .level = LOG_LEVEL_INFO, .now = noon, .sink = keep, .ctx = &out};
    for (size_t n = 3900; n < 4200; n++) {
        for (size_t i = 0; i < n; i++)
            value[i] = "é \""[i % 4];
        value[n - n % 4] = '\0';
        buf_reset(&out);
        log_line(&log, LOG_LEVEL_INFO, "e", "k", value, "after", "x", NULL);
        struct text line = buf_view(&out);
        assert_true(line.n <= 4096);
        assert_int_equal(text_utf8_fault(line), -1);
        assert_ptr_equal(memchr(line.p, '\n', line.n), line.p + line.n - 1);
        assert_true(strstr(buf_cstr(&out), "…\"\n") || strstr(buf_cstr(&out), " after=x\n"));
    }
    buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_err_sentences),
        cmocka_unit_test(test_err_cuts_at_a_character),
        cmocka_unit_test(test_err_words),
        cmocka_unit_test(test_log_quotes_what_must_be),
        cmocka_unit_test(test_log_level_and_silence),
        cmocka_unit_test(test_log_cuts_long_lines),
    };
    return cmocka_run_group_tests_name("base_log", tests, NULL, NULL);
}
