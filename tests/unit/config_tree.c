/* A configuration as a tree: values, lines, what comes from the environment and from files, and for every mistake the
 * complaint with its file and line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "edge/config.h"
#include "edge/os.h"

#define ROWS(table) (sizeof(table) / sizeof *(table))

static struct config *parsed(const char *source)
{
    struct config *c;
    struct err err = {0};
    if (config_parse(&c, "t.cfg", text_of(source), &err))
        fail_msg("%s", err.text);
    return c;
}

static void test_kinds_order_and_lines(void **state)
{
    (void)state;
    struct config *c = parsed("\xEF\xBB\xBF# a comment\r\n"
                              "text = \"a\" /* joined\n"
                              " */ \"b\";\n"
                              "number: -5, flag = TRUE // one more\n"
                              "list = (\"x\",\n"
                              "        \"y\"\n"
                              "       );\n"
                              "group = { inner = [ 1,\n"
                              "  2 ]; };\n"
                              "empty = ();\n");
    const struct config_node *root = config_root(c), *list = config_get(root, "list");
    static const struct {
        const char *name;
        enum config_kind kind;
        int line;
        size_t count;
    } rows[] = {
        {"text", CONFIG_TEXT, 2, 0}, {"number", CONFIG_INT, 4, 0},  {"flag", CONFIG_BOOL, 4, 0},
        {"list", CONFIG_LIST, 5, 2}, {"group", CONFIG_GROUP, 8, 1}, {"empty", CONFIG_LIST, 10, 0},
    };
    assert_int_equal(root->count, ROWS(rows));
    for (size_t i = 0; i < ROWS(rows); i++) {
        const struct config_node *at = &root->children[i];
        assert_string_equal(at->name, rows[i].name);
        assert_string_equal(at->file, "t.cfg");
        assert_int_equal(at->kind, rows[i].kind);
        assert_int_equal(at->line, rows[i].line);
        assert_int_equal(at->count, rows[i].count);
    }
    assert_string_equal(config_get(root, "text")->text, "ab");
    assert_int_equal(config_get(root, "number")->integer, -5);
    assert_true(config_get(root, "flag")->boolean);
    assert_null(list->children[0].name);
    assert_int_equal(list->children[0].line, 5);
    assert_int_equal(list->children[1].line, 6); /* libconfig 1.5 says 7 */
    const struct config_node *inner = config_get(config_get(root, "group"), "inner");
    assert_int_equal(inner->children[1].integer, 2);
    assert_int_equal(inner->children[1].line, 9);
    assert_null(config_get(root, "nothing"));
    assert_null(config_get(list, "nothing"));
    config_free(c);
}

static void test_whole_numbers_in_full(void **state)
{
    (void)state;
    static const struct {
        const char *written;
        int64_t value;
    } rows[] = {
        {"0", 0},
        {"+7", 7},
        {"010", 10}, /* libconfig 1.7 says 8 */
        {"0x1F", 31},
        {"0xFFFFFFFF", 4294967295}, /* libconfig 1.5 says -1 */
        {"4294967296", 4294967296}, /* libconfig 1.5 says 0 */
        {"5L", 5},
        {"5LL", 5},
        {"9223372036854775807", INT64_MAX},
        {"-9223372036854775808", INT64_MIN},
    };
    for (size_t i = 0; i < ROWS(rows); i++) {
        char source[64];
        snprintf(source, sizeof source, "n = %s;", rows[i].written);
        struct config *c = parsed(source);
        assert_int_equal(config_get(config_root(c), "n")->integer, rows[i].value);
        config_free(c);
    }
}

static void test_escapes(void **state)
{
    (void)state;
    struct config *c = parsed("a = \"\\\"\\\\\\n\\t\\r\\x41 \\(.sku) two\nlines\";");
    assert_string_equal(config_get(config_root(c), "a")->text, "\"\\\n\t\rA \\(.sku) two\nlines");
    config_free(c);
}

static void test_environment(void **state)
{
    (void)state;
    setenv("TIDEGATE_T_HOST", "broker.example", 1);
    setenv("TIDEGATE_T_EMPTY", "", 1);
    setenv("TIDEGATE_T_ODD", "p${x}@file:/etc/passwd\"", 1);
    unsetenv("TIDEGATE_T_UNSET");
    static const struct {
        const char *written, *text;
        bool from_outside;
    } rows[] = {
        {"plain $ and } and {", "plain $ and } and {", false},
        {"${TIDEGATE_T_HOST}", "broker.example", true},
        {"amqp://${TIDEGATE_T_HOST}:${TIDEGATE_T_UNSET:-5672}/", "amqp://broker.example:5672/", true},
        {"${TIDEGATE_T_EMPTY}", "", true},
        {"${TIDEGATE_T_EMPTY:-default}", "default", true},
        {"${TIDEGATE_T_UNSET:-}", "", true},
        {"${TIDEGATE_T_UNSET:-a:-b}", "a:-b", true},
        {"${TIDEGATE_T_ODD}", "p${x}@file:/etc/passwd\"", true}, /* taken as it is */
        {"$${TIDEGATE_T_HOST}", "${TIDEGATE_T_HOST}", false},
        {"$$ ${TIDEGATE_T_HOST}", "$$ broker.example", true},
        {" @file:/etc/passwd", " @file:/etc/passwd", false}, /* only a whole value names a file */
    };
    for (size_t i = 0; i < ROWS(rows); i++) {
        char source[128];
        snprintf(source, sizeof source, "a = \"%s\";", rows[i].written);
        struct config *c = parsed(source);
        assert_string_equal(config_get(config_root(c), "a")->text, rows[i].text);
        assert_int_equal(config_get(config_root(c), "a")->from_outside, rows[i].from_outside);
        config_free(c);
    }
}

static void test_mistakes_are_told_with_their_line(void **state)
{
    (void)state;
    unsetenv("TIDEGATE_T_UNSET");
    static const struct {
        const char *source, *complaint; /* it begins with this */
    } rows[] = {
        {"a = 1;\nb = \"x\n\n", "t.cfg:2: the text that begins here never ends"},
        {"a = 1;\n/* b\n", "t.cfg:2: the comment that begins here never ends"},
        {"\na = 1.5;", "t.cfg:2: a number with a point or exponent would be rounded: write it as a text"},
        {"a = 1e3;", "t.cfg:1: a number with a point or exponent"},
        {"a = -.5;", "t.cfg:1: a number with a point or exponent"},
        {"a = 9223372036854775808;", "t.cfg:1: this is no whole number between"},
        {"a = 0xFFFFFFFFFFFFFFFF;", "t.cfg:1: this is no whole number between"},
        {"a = 12abc;", "t.cfg:1: this is no whole number between"},
        {"a = 1;\nb = 2;\na = 3;", "t.cfg:3: this setting is given a second time"},
        {"g = { a = 1; a = \"x\"; };", "t.cfg:1: this setting is given a second time"},
        {"\n\n@include \"x.cfg\"", "t.cfg:3: @include is not supported"},
        {"a = \"\\b\";", "t.cfg:1: libconfig does not know this \\ sequence"},
        {"a = \"\\x00\";", "t.cfg:1: libconfig does not know this \\ sequence"},
        {"a = \"\\xff\";", "t.cfg:1: libconfig does not know this \\ sequence"},
        {"a = 1;\nb = \"\xFF\";", "t.cfg:2: a byte that is not UTF-8"},
        {"a = 'x';", "t.cfg:1: a character that means nothing here"},
        {"a\n\nb = 1;", "t.cfg:1: = is missing"},
        {"a \"x\";", "t.cfg:1: = is missing"},
        {"a", "t.cfg:1: = is missing"},
        {"a = ;", "t.cfg:1: a value is missing"},
        {"a =\n\n", "t.cfg:1: a value is missing"},
        {"a = (1,\n)", "t.cfg:1: a value is missing"},
        {"a = shop;", "t.cfg:1: a value of letters must stand in quotes"},
        {"a = (shop);", "t.cfg:1: a value of letters must stand in quotes"},
        {"a = 1;;", "t.cfg:1: the name of a setting must stand here"},
        {"\n\"a\" = 1;", "t.cfg:2: the name of a setting must stand here"},
        {"a = 1 2;", "t.cfg:1: one value too many"},
        {"a = (1\n2)", "t.cfg:1: a comma or the closing bracket is missing"},
        {"a = [1, \"x\"];", "t.cfg:1: the values in [ ] must be of one type"},
        {"a = [(1)];", "t.cfg:1: only texts, numbers, true and false can stand in [ ]"},
        {"\ng = {\n a = 1;\n", "t.cfg:2: the { of this line is not closed"},
        {"g = (\n1 };", "t.cfg:1: the ( of this line is not closed"},
        {"g = [", "t.cfg:1: the [ of this line is not closed"},
        {"a = 1;\n}", "t.cfg:2: a closing bracket that nothing opened"},
        {"a.b = 1;", "t.cfg:1: a character that means nothing here"},
        {"\na = \"${TIDEGATE_T_UNSET}\";", "t.cfg:2: the environment variable TIDEGATE_T_UNSET is not set"},
        {"a = \"${\";", "t.cfg:1: a ${ without its }"},
        {"a = \"${}\";", "t.cfg:1: write ${NAME} or ${NAME:-default}"},
        {"a = \"${1X}\";", "t.cfg:1: write ${NAME} or ${NAME:-default}"},
        {"a = \"${X:y}\";", "t.cfg:1: write ${NAME} or ${NAME:-default}"},
        {"a = \"@file:no/such/file\";", "t.cfg:1: cannot open no/such/file: No such file"},
        {"a = \"@file:/dev/zero\";", "t.cfg:1: cannot read /dev/zero: it is not a plain file"},
    };
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct config *c;
        struct err err = {0};
        assert_int_equal(config_parse(&c, "t.cfg", text_of(rows[i].source), &err), ERR_INVALID);
        assert_null(c);
        if (!text_starts(text_of(err.text), rows[i].complaint))
            fail_msg("%s\n  instead of\n%s", err.text, rows[i].complaint);
    }
}

static void refuse(struct text source, int code, const char *complaint)
{
    struct config *c;
    struct err err = {0};
    assert_int_equal(config_parse(&c, "t.cfg", source, &err), code);
    assert_null(c);
    if (!strstr(err.text, complaint))
        fail_msg("%s\n  instead of\n%s", err.text, complaint);
}

static void test_bounds(void **state)
{
    (void)state;
    char *big = calloc(1, 2 << 20);
    assert_non_null(big);
    memset(big, ' ', 2 << 20);
    refuse((struct text){big, (1 << 20) + 1}, ERR_TOO_LARGE, "larger than");
    memset(big, '(', 100);
    memcpy(big, "a=", 2);
    refuse((struct text){big, 1000}, ERR_TOO_LARGE, "t.cfg:1: more than 32 brackets");
    memset(big, 'x', 1 << 20);
    memcpy(big, "a=\"", 3);
    big[70000] = '"';
    refuse((struct text){big, 70001}, ERR_INVALID, "t.cfg:1: the text is longer than 65536 bytes");
    refuse((struct text){"a=1;\0b=2;", 9}, ERR_INVALID, "t.cfg:1: a zero byte");
    free(big);
}

static void test_files(void **state)
{
    (void)state;
    char folder[] = "/tmp/tidegate-config-XXXXXX", path[64], file[64];
    struct err err = {0};
    struct config *c;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/t.cfg", folder);
    snprintf(file, sizeof file, "%s/secret", folder);
    struct text source = text_of("a = \"@file:secret\";\nb = \"@file:${TIDEGATE_T_FOLDER}/secret\";\n");
    setenv("TIDEGATE_T_FOLDER", folder, 1);
    assert_int_equal(os_write_file(path, source, 0600, &err), 0);
    static const struct {
        const char *content, *value; /* NULL: refused */
        size_t n;
    } rows[] = {
        {"s3cr3t\n", "s3cr3t", 0},
        {"s3cr3t", "s3cr3t", 0},
        {"s3cr3t\r\n", "s3cr3t", 0},
        {"two\n\n", "two\n", 0},
        {"", "", 0},
        {"${HOME}\"\n", "${HOME}\"", 0},
        {"s3cr3t\0x", NULL, 8},
        {"s3cr3t\xFF", NULL, 0},
    };
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct text content = {rows[i].content, rows[i].n ? rows[i].n : strlen(rows[i].content)};
        assert_int_equal(os_write_file(file, content, 0600, &err), 0);
        int rc = config_load(&c, path, &err);
        assert_int_equal(rc, rows[i].value ? 0 : ERR_INVALID);
        if (rc) {
            assert_non_null(strstr(err.text, "t.cfg:1: "));
            assert_null(strstr(err.text, "s3cr3t"));
            continue;
        }
        assert_string_equal(config_get(config_root(c), "a")->text, rows[i].value);
        assert_string_equal(config_get(config_root(c), "b")->text, rows[i].value);
        assert_true(config_get(config_root(c), "a")->from_outside);
        config_free(c);
    }
    unlink(file);
    unlink(path);
    assert_int_equal(config_load(&c, path, &err), ERR_NOT_FOUND);
    assert_null(c);
    rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kinds_order_and_lines),
        cmocka_unit_test(test_whole_numbers_in_full),
        cmocka_unit_test(test_escapes),
        cmocka_unit_test(test_environment),
        cmocka_unit_test(test_mistakes_are_told_with_their_line),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_files),
    };
    return cmocka_run_group_tests_name("config_tree", tests, NULL, NULL);
}
