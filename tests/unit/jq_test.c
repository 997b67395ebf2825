/* jq programs on values: no digit is lost on the way in or out, complaints name what is at fault, and no program can
 * reach out of its sandbox, hang, or leave something behind that changes the next run. The numbers are the same with
 * libjq 1.6 and 1.7. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/json_text.h"
#include "edge/json.h"

#define ROWS(table) (sizeof(table) / sizeof *(table))

/* Runs one function; out gets the result as JSON text, or the complaint. */
static int run(struct jq *j, size_t index, const char *input, char *out, size_t size)
{
    struct arena a;
    struct value in, result;
    struct err err;
    struct buf b;
    arena_init(&a, 1u << 20);
    buf_init(&b, 1u << 20);
    assert_int_equal(json_parse(&a, text_of(input), &in, &err), 0);
    int rc = jq_run(j, index, &in, &a, &result, &err);
    if (!rc)
        json_write(&b, &result);
    snprintf(out, size, "%s", rc ? err.text : buf_cstr(&b));
    buf_release(&b);
    arena_release(&a);
    return rc;
}

struct row {
    const char *program, *input, *output; /* output: the result, or words of the complaint */
    int code;
};

/* All programs of a table are compiled as one. */
static void run_rows(const struct row *rows, size_t count)
{
    struct jq_function functions[100];
    struct jq *j;
    struct err err;
    char out[1000];
    assert_true(count <= ROWS(functions));
    for (size_t i = 0; i < count; i++)
        functions[i] = (struct jq_function){"f", rows[i].program, "test"};
    if (jq_new(&j, "", functions, count, &err))
        fail_msg("%s", err.text);
    for (size_t i = 0; i < count; i++) {
        int rc = run(j, i, rows[i].input, out, sizeof out);
        bool same = rows[i].code ? strstr(out, rows[i].output) != NULL : strcmp(out, rows[i].output) == 0;
        if (rc != rows[i].code || !same)
            fail_msg("%s on %s: %d %s, not %s", rows[i].program, rows[i].input, rc, out, rows[i].output);
    }
    jq_free(j);
}

static void test_no_digit_is_lost(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {".id", "{\"id\":820982911946154508}", "\"820982911946154508\"", 0},
        {".id", "{\"id\":-820982911946154508}", "\"-820982911946154508\"", 0},
        {".", "999999999999999", "999999999999999", 0},
        {".", "1000000000000000", "\"1000000000000000\"", 0},
        {".", "-999999999999999", "-999999999999999", 0},
        {"tostring", "123", "\"123\"", 0},
        {".", "97.1", "\"97.1\"", 0},
        {".", "10.00", "\"10.00\"", 0},
        {".", "1e400", "\"1e400\"", 0},
        {".", "0.1000000000000000055", "\"0.1000000000000000055\"", 0},
        {"as_number", "0.1000000000000000055", "0.1000000000000000055", 0},
        {"as_number", "820982911946154508", "820982911946154508", 0},
        {"as_number", "\"10.00\"", "10.00", 0},
        {"as_number", "5", "5", 0},
        {"as_number", "null", "null", 0},
        {"{a: [.x | as_number]}", "{\"x\":\"1e400\"}", "{\"a\":[1e400]}", 0},
        {"tonumber", "97.1", "97.1", 0},
        {"tonumber * 2", "97.1", "194.2", 0},
        {"0.1 + 0.2", "null", "0.30000000000000004", 0},
        {"1 / 3", "null", "0.3333333333333333", 0},
        {"0.1 * 10", "null", "1", 0},
        {"-0.0", "null", "0", 0},
        {"9007199254740990 + 1", "null", "9007199254740991", 0},
        {"820982911946154508", "null", "2^53 or more", ERR_INVALID},
        {"9007199254740993 + 1", "null", "2^53 or more", ERR_INVALID},
        {"1e300", "null", "2^53 or more", ERR_INVALID},
        {"tonumber", "820982911946154508", "would lose digits", ERR_INVALID},
        {"infinite", "null", "no finite number", ERR_INVALID},
        {"{a: nan}", "null", "\"a\": the result of a calculation is no finite number", ERR_INVALID},
        {"as_number", "\"ten\"", "no number", ERR_INVALID},
        {"as_number", "\" 1\"", "no number", ERR_INVALID},
        {"as_number", "\"1 \"", "no number", ERR_INVALID},
        {"as_number", "\"\"", "no number", ERR_INVALID},
        {"{a: [1, as_number]}", "\"1.\"", "\"a\": [1]: as_number", ERR_INVALID},
    };
    run_rows(rows, ROWS(rows));
}

static void test_texts_and_trees_pass_unchanged(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {".", "\"a\\u0000b\"", "\"a\\u0000b\"", 0},
        {".a", "{\"a\":\"\\u0000\"}", "\"\\u0000\"", 0},
        {".", "\"\\u00015\"", "\"\\u00015\"", 0}, /* nobody outside can forge a marked number */
        {".", "\"\\u0002x\"", "\"\\u0002x\"", 0},
        {".", "[\"\\u0001\",\"\\u0002\",\"\"]", "[\"\\u0001\",\"\\u0002\",\"\"]", 0},
        {".", "\"\xf0\x9f\x98\x80\"", "\"\xf0\x9f\x98\x80\"", 0},
        {".", "{\"b\":[],\"a\":{},\"\":null,\"t\":true,\"f\":false}",
         "{\"b\":[],\"a\":{},\"\":null,\"t\":true,\"f\":false}", 0},
        {".a", "{}", "null", 0},
        {"[.a, has(\"a\")]", "{\"a\":null}", "[null,true]", 0},
        {"reduce range(31) as $i (.; [.])", "[]", "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]",
         0},
        {"reduce range(32) as $i (.; [.])", "[]", "deep", ERR_TOO_LARGE},
        {"[range(100000) | tostring]", "null", "does not fit the memory", ERR_TOO_LARGE},
    };
    run_rows(rows, ROWS(rows));
}

static void test_runs_that_fail_say_why(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"empty", "null", "no output", ERR_INVALID},
        {"1, 2", "null", "more than one output", ERR_INVALID},
        {"repeat(1)", "null", "more than one output", ERR_INVALID},
        {"1, error(\"late\")", "null", "late", ERR_INVALID},
        {"error(\"unknown status: \" + .)", "\"x\"", "jq: unknown status: x", ERR_INVALID},
        {"error({a: 1})", "null", "{\"a\":1}", ERR_INVALID},
        {".a.b", "{\"a\":1}", "Cannot index number with", ERR_INVALID},
        {"tonumber", "\"x\"", "jq: ", ERR_INVALID},
        {"try error(\"x\") catch .", "null", "\"x\"", 0},
        {"[1114112] | implode", "null", "implode", ERR_INVALID},
        {"[65, 8364] | implode", "null", "\"A\xe2\x82\xac\"", 0},
    };
    run_rows(rows, ROWS(rows));
}

static void test_programs_cannot_reach_out(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"$ENV", "null", "{}", 0},
        {"env", "null", "{}", 0},
        {"input", "null", "one input", ERR_INVALID},
        {"[inputs]", "null", "one input", ERR_INVALID},
        {"halt", "null", "halt", ERR_INVALID},
        {"\"bye\" | halt_error", "null", "bye", ERR_INVALID},
        {"\"bye\" | halt_error(1)", "null", "bye", ERR_INVALID},
        {"\"a\" | modulemeta", "null", "modules", ERR_INVALID},
        {"debug | stderr", "7", "7", 0},
        {"input_filename", "null", "null", 0},
        {".", "8", "8", 0}, /* after all that */
    };
    setenv("TIDEGATE_SECRET", "x", 1);
    run_rows(rows, ROWS(rows));
}

/* Each row alone, after one that is well: what does not compile is named by origin, name and jq's words. */
static void test_what_does_not_compile_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *prelude, *source, *words;
    } rows[] = {
        {"", "{a:", "b.cfg:2: order.id: jq: syntax error"},
        {"", ".a)", "b.cfg:2: order.id: jq: syntax error"},
        {"", "", "b.cfg:2: order.id: jq: syntax error"},
        {"", "nothing(1)", "b.cfg:2: order.id: jq: nothing/1 is not defined"},
        {"", "$x", "b.cfg:2: order.id: jq: $x is not defined"},
        {"", "import \"a\" as a; 1", "b.cfg:2: order.id: jq: syntax error, unexpected import"},
        {"", "include \"a\"; 1", "b.cfg:2: order.id: jq: syntax error, unexpected include"},
        {"def x: ;", ".", "definitions that all mappings share: syntax error"},
        {"import \"a\" as a;", ".", "definitions that all mappings share: syntax error"},
    };
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct jq_function f[] = {{"order.name", ".name # fine", "a.cfg:1"}, {"order.id", rows[i].source, "b.cfg:2"}};
        struct jq *j;
        struct err err;
        assert_int_equal(jq_new(&j, rows[i].prelude, f, 2, &err), ERR_INVALID);
        assert_null(j);
        if (!strstr(err.text, rows[i].words))
            fail_msg("%s: %s, not %s", rows[i].source, err.text, rows[i].words);
    }
}

static void test_the_prelude_is_shared(void **state)
{
    (void)state;
    struct jq_function f[] = {
        {"a", "twice # comment", "x:1"}, {"b", "\n twice\n | twice", "x:2"}, {"c", "def g: 1; g", "x:3"}};
    struct jq *j;
    char out[600];
    assert_int_equal(jq_new(&j, "def twice: . * 2;", f, 3, NULL), 0);
    assert_int_equal(run(j, 0, "2", out, sizeof out), 0);
    assert_string_equal(out, "4");
    assert_int_equal(run(j, 1, "2", out, sizeof out), 0);
    assert_string_equal(out, "8");
    assert_int_equal(run(j, 2, "2", out, sizeof out), 0);
    assert_string_equal(out, "1");
    assert_int_equal(run(j, 3, "2", out, sizeof out), ERR_NOT_FOUND);
    jq_free(j);
}

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void test_a_runaway_is_stopped(void **state)
{
    (void)state;
    struct jq_function f[] = {
        {"loop", "def f: f; f", "x:1"},
        {"stack", "def f: 1 + f; f", "x:2"},
        {"collect", "[repeat(1)] | length", "x:3"},
        {"after", ". + 1", "x:4"},
    };
    struct jq *j;
    char out[600];
    assert_int_equal(jq_new(&j, "", f, 4, NULL), 0);
    for (size_t i = 0; i < 3; i++) {
        double start = seconds();
        assert_int_equal(run(j, i, "1", out, sizeof out), ERR_INVALID);
        assert_non_null(strstr(out, "stopped"));
        assert_true(seconds() - start < 20);
        assert_int_equal(run(j, 3, "1", out, sizeof out), 0);
        assert_string_equal(out, "2");
    }
    jq_free(j);
}

static void test_sixty_functions_compile_as_one(void **state)
{
    (void)state;
    enum { n = 60 };
    static char sources[n][40];
    struct jq_function f[n];
    struct jq *j;
    char out[600], wanted[20];
    for (int i = 0; i < n; i++) {
        snprintf(sources[i], sizeof sources[i], ".a.b[%d] // %d", i, i);
        f[i] = (struct jq_function){"f", sources[i], "x"};
    }
    double start = seconds();
    assert_int_equal(jq_new(&j, "", f, n, NULL), 0);
    assert_true(seconds() - start < 1.0);
    for (int i = 0; i < n; i++) {
        snprintf(wanted, sizeof wanted, "%d", i);
        assert_int_equal(run(j, (size_t)i, "{}", out, sizeof out), 0);
        assert_string_equal(out, wanted);
    }
    jq_free(j);
}

/* libjq would read ~/.jq into every program. */
static void test_the_home_folder_changes_nothing(void **state)
{
    (void)state;
    char folder[] = "/tmp/tidegate-jq-XXXXXX", path[40], out[600];
    struct jq_function f[] = {{"f", "ascii_downcase", "x"}};
    struct jq *j;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/.jq", folder);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs("def ascii_downcase: \"taken over\";\n", file);
    fclose(file);
    setenv("HOME", folder, 1);
    assert_int_equal(jq_new(&j, "", f, 1, NULL), 0);
    assert_string_equal(getenv("HOME"), folder);
    assert_int_equal(run(j, 0, "\"A\"", out, sizeof out), 0);
    assert_string_equal(out, "\"a\"");
    jq_free(j);
    unlink(path);
    rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_digit_is_lost),
        cmocka_unit_test(test_texts_and_trees_pass_unchanged),
        cmocka_unit_test(test_runs_that_fail_say_why),
        cmocka_unit_test(test_programs_cannot_reach_out),
        cmocka_unit_test(test_what_does_not_compile_is_named),
        cmocka_unit_test(test_the_prelude_is_shared),
        cmocka_unit_test(test_a_runaway_is_stopped),
        cmocka_unit_test(test_sixty_functions_compile_as_one),
        cmocka_unit_test(test_the_home_folder_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
