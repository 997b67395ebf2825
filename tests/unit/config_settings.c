/* Settings read by name and type, and a struct's worth of them by its table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "edge/config.h"

#define ROWS(table) (sizeof(table) / sizeof *(table))
#define SECRET "hunter2hunter2"

struct broker {
    const char *host, *password;
    int64_t port;
    bool tls;
    const char **vhosts, **none;
};

static const struct setting table[] = {
    {"host", SETTING_TEXT, NULL, offsetof(struct broker, host), "the broker's name"},
    {"password", SETTING_SECRET, "guest", offsetof(struct broker, password), ""},
    {"port", SETTING_INT, "5672", offsetof(struct broker, port), ""},
    {"tls", SETTING_BOOL, "false", offsetof(struct broker, tls), ""},
    {"vhosts", SETTING_LIST, "a,b", offsetof(struct broker, vhosts), ""},
    {"none", SETTING_LIST, "", offsetof(struct broker, none), ""},
    {0},
};

struct reading {
    struct config *config;
    struct arena arena;
    struct broker broker;
    struct err err;
};

static int read_broker(struct reading *r, const char *source)
{
    static const char *const also[] = {"systems", NULL};
    *r = (struct reading){0};
    arena_init(&r->arena, 1 << 16);
    int rc = config_parse(&r->config, "t.cfg", text_of(source), &r->err);
    return rc ? rc : settings_read(config_root(r->config), table, also, &r->arena, &r->broker, &r->err);
}

static void reading_end(struct reading *r)
{
    config_free(r->config);
    arena_release(&r->arena);
}

static void test_what_is_absent_gets_its_fallback(void **state)
{
    (void)state;
    struct reading r;
    assert_int_equal(read_broker(&r, "host = \"h\";"), 0);
    assert_string_equal(r.broker.host, "h");
    assert_string_equal(r.broker.password, "guest");
    assert_int_equal(r.broker.port, 5672);
    assert_false(r.broker.tls);
    assert_string_equal(r.broker.vhosts[0], "a");
    assert_string_equal(r.broker.vhosts[1], "b");
    assert_null(r.broker.vhosts[2]);
    assert_null(r.broker.none[0]);
    reading_end(&r);
}

static void test_what_is_given_is_read(void **state)
{
    (void)state;
    struct reading r;
    setenv("TIDEGATE_T_PORT", "5671", 1);
    assert_int_equal(read_broker(&r, "host = \"h\"; password = \"p\"; port = \"${TIDEGATE_T_PORT}\"; tls = true;"
                                     "vhosts = [\"x\"]; none = (); systems = {};"),
                     0);
    assert_string_equal(r.broker.password, "p");
    assert_int_equal(r.broker.port, 5671);
    assert_true(r.broker.tls);
    assert_string_equal(r.broker.vhosts[0], "x");
    assert_null(r.broker.vhosts[1]);
    assert_null(r.broker.none[0]);
    reading_end(&r);
}

static void test_complaints(void **state)
{
    (void)state;
    setenv("TIDEGATE_T_SECRET", SECRET, 1);
    static const struct {
        const char *source, *complaint;
    } rows[] = {
        {"port = 1;", "t.cfg:1: the setting \"host\" is missing: the broker's name"},
        {"\nhots = \"h\";", "t.cfg:2: unknown setting \"hots\"; is it \"host\"?"},
        {"pasword = \"" SECRET "\";", "t.cfg:1: unknown setting \"pasword\"; is it \"password\"?"},
        {"system = {};", "t.cfg:1: unknown setting \"system\"; is it \"systems\"?"},
        {"retries = 3;",
         "t.cfg:1: unknown setting \"retries\"; known here: host, password, port, tls, vhosts, none, systems"},
        {"host = \"h\";\nport = \"5672\";", "t.cfg:2: \"port\" must be a whole number, but it is a text"},
        {"host = 5;", "t.cfg:1: \"host\" must be a text in quotes, but it is a whole number"},
        {"host = {};", "t.cfg:1: \"host\" must be a text in quotes, but it is a group"},
        {"host = \"h\"; tls = 1;", "t.cfg:1: \"tls\" must be true or false, but it is a whole number"},
        {"host = \"h\"; tls = \"true\";", "t.cfg:1: \"tls\" must be true or false, but it is a text"},
        {"host = \"h\"; vhosts = \"x\";", "t.cfg:1: \"vhosts\" must be a list of texts"},
        {"host = \"h\"; vhosts = (\"x\",\n 5);", "t.cfg:2: \"vhosts\" must be a list of texts, but one element is a"},
        {"host = \"h\"; password = 5;", "t.cfg:1: \"password\" must be a text in quotes, but it is a whole number"},
        {"host = \"h\"; port = \"${TIDEGATE_T_SECRET}\";",
         "t.cfg:1: \"port\" must be a whole number, but what the environment or the file gives is none"},
        {"host = \"h\"; password = \"" SECRET "\";\nport = ;", "t.cfg:2: a value is missing"},
        {"host = \"h\"; password = \"" SECRET " ${\";", "t.cfg:1: a ${ without its }"},
    };
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct reading r;
        assert_int_equal(read_broker(&r, rows[i].source), ERR_INVALID);
        if (!text_starts(text_of(r.err.text), rows[i].complaint))
            fail_msg("%s\n  instead of\n%s", r.err.text, rows[i].complaint);
        assert_null(strstr(r.err.text, SECRET));
        reading_end(&r);
    }
}

struct places {
    const char *url, *system, *at, *file;
};

static const struct setting place_table[] = {
    {"url", SETTING_URL, "", offsetof(struct places, url), ""},
    {"system", SETTING_SYSTEM_URL, "", offsetof(struct places, system), ""},
    {"at", SETTING_ADDRESS, "127.0.0.1:0", offsetof(struct places, at), ""},
    {"file", SETTING_FILE, "", offsetof(struct places, file), ""},
    {0},
};

static void test_places(void **state)
{
    (void)state;
    static const struct {
        const char *source, *complaint; /* NULL: it is right */
    } rows[] = {
        {"", NULL},
        {"url = \"https://h:8443/a\"; system = \"standin\"; at = \"[::1]:0\"; file = \"/etc/passwd\";", NULL},
        {"url = \"\"; system = \"\"; file = \"\";", NULL},
        {"url = \"standin\";", "t.cfg:1: \"url\" must be an address such as https://shop.example.com, but it does not"},
        {"url = \"http://[::1]:80\";", NULL},
        {"url = \"http://h\";", "t.cfg:1: \"url\" must be an address such as https://shop.example.com, but plain http://"},
        {"system = \"standing\";", "t.cfg:1: \"system\" must be an address such as"},
        {"at = \"\";", "t.cfg:1: \"at\" must be an address to listen on, such as 127.0.0.1:8080, but it has no port"},
        {"file = \"/no/such\";", "t.cfg:1: \"file\": cannot open /no/such: No such file or directory"},
        {"file = \"/etc\";", "t.cfg:1: \"file\": cannot read /etc: it is not a plain file"},
        {"file = 3;", "t.cfg:1: \"file\" must be a text in quotes"},
        {"url = \"https://" SECRET " x\";", "t.cfg:1: \"url\" must be an address such as"},
    };
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct config *c;
        struct places out = {0};
        struct err err = {0};
        struct arena a;
        arena_init(&a, 1 << 16);
        assert_int_equal(config_parse(&c, "t.cfg", text_of(rows[i].source), &err), 0);
        int rc = settings_read(config_root(c), place_table, NULL, &a, &out, &err);
        if (rc != (rows[i].complaint ? ERR_INVALID : 0) ||
            (rc && !text_starts(text_of(err.text), rows[i].complaint)) || strstr(err.text, SECRET))
            fail_msg("%s: %d %s", rows[i].source, rc, err.text);
        config_free(c);
        arena_release(&a);
    }
}

static void test_pairs(void **state)
{
    (void)state;
    static const struct {
        const char *source, *complaint; /* NULL: it is right */
        size_t count;
    } rows[] = {
        {"", NULL, 0},
        {"l = ();", NULL, 0},
        {"l = ( (\"a\", \"\"), (\"b\", \"x\") );", NULL, 2},
        {"l = \"a\";", "t.cfg:1: \"l\" must be a list of pairs: ( FORM, … )", 0},
        {"l = (\"a\", \"b\");", "t.cfg:1: \"l\" is a list of pairs, each FORM", 0},
        {"l = ( (\"a\") );", "t.cfg:1: \"l\" is a list of pairs, each FORM", 0},
        {"l = ( (\"\", \"a\") );", "t.cfg:1: \"l\" is a list of pairs, each FORM", 0},
        {"l = ( (\"a\", \"b\"),\n(\"a\", \"c\") );", "t.cfg:2: \"l\" has a pair for \"a\" already", 1},
        {"l = ( (\"a\", \"b\"), (\"b\", \"c\"),\n(\"c\", \"c\") );", "t.cfg:2: \"l\" has more than 2 pairs", 2},
    };
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct config *c;
        struct config_pair out[2];
        struct err err = {0};
        size_t count;
        assert_int_equal(config_parse(&c, "t.cfg", text_of(rows[i].source), &err), 0);
        int rc = config_pairs(config_root(c), "l", "FORM", out, 2, &count, &err);
        if (rc != (rows[i].complaint ? ERR_INVALID : 0) || count != rows[i].count ||
            (rc && strcmp(err.text, rows[i].complaint) != 0))
            fail_msg("%s: %d, %zu pairs, %s", rows[i].source, rc, count, err.text);
        if (count == 2 && !rc)
            assert_string_equal(out[1].second, "x");
        config_free(c);
    }
}

static void test_nearest_name(void **state)
{
    (void)state;
    static const char *const names[] = {"owner", "to", "fields", "conflict", "match", "shared", NULL};
    static const struct {
        const char *typed, *suggested; /* NULL: none is near */
    } rows[] = {
        {"onwer", "owner"},
        {"owners", "owner"},
        {"ower", "owner"},
        {"field", "fields"},
        {"feilds", "fields"},
        {"conflicts", "conflict"},
        {"ot", "to"},
        {"x", NULL},
        {"zz", NULL},
        {"price", NULL},
        {"a-very-long-name-that-nobody-would-ever-take-for-another-one", NULL},
    };
    for (size_t i = 0; i < ROWS(rows); i++) {
        char source[128], wanted[128];
        struct config *c;
        struct err err = {0};
        snprintf(source, sizeof source, "%s = 1;", rows[i].typed);
        assert_int_equal(config_parse(&c, "t.cfg", text_of(source), &err), 0);
        assert_int_equal(config_only(config_root(c), names, &err), ERR_INVALID);
        snprintf(wanted, sizeof wanted, "is it \"%s\"?", rows[i].suggested ? rows[i].suggested : "");
        if (!strstr(err.text, rows[i].suggested ? wanted : "known here: owner, to, "))
            fail_msg("%s: %s", rows[i].typed, err.text);
        config_free(c);
    }
}

static void test_reads_one_by_one(void **state)
{
    (void)state;
    struct config *c;
    struct err err = {0};
    const char *text = "before";
    int64_t integer = 7;
    bool boolean = true;
    assert_int_equal(config_parse(&c, "t.cfg", text_of("t = \"x\"; i = 5; b = false;"), &err), 0);
    const struct config_node *root = config_root(c);
    assert_int_equal(config_text(root, "absent", &text, &err), 0);
    assert_int_equal(config_int(root, "absent", &integer, &err), 0);
    assert_int_equal(config_bool(root, "absent", &boolean, &err), 0);
    assert_true(strcmp(text, "before") == 0 && integer == 7 && boolean);
    assert_int_equal(config_text(root, "i", &text, &err), ERR_INVALID);
    assert_int_equal(config_int(root, "t", &integer, &err), ERR_INVALID);
    assert_int_equal(config_bool(root, "t", &boolean, &err), ERR_INVALID);
    assert_true(strcmp(text, "before") == 0 && integer == 7 && boolean);
    assert_int_equal(config_text(root, "t", &text, &err), 0);
    assert_int_equal(config_int(root, "i", &integer, &err), 0);
    assert_int_equal(config_bool(root, "b", &boolean, &err), 0);
    assert_true(strcmp(text, "x") == 0 && integer == 5 && !boolean);
    config_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_absent_gets_its_fallback),
        cmocka_unit_test(test_what_is_given_is_read),
        cmocka_unit_test(test_complaints),
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_pairs),
        cmocka_unit_test(test_nearest_name),
        cmocka_unit_test(test_reads_one_by_one),
    };
    return cmocka_run_group_tests_name("config_settings", tests, NULL, NULL);
}
