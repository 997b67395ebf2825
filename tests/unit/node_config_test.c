/* The common part of tidegate.cfg: what the shipped file says, how paths become absolute, and what mistakes are told.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "edge/node_config.h"
#include "edge/os.h"

static void test_shipped_file(void **state)
{
    struct node_config c;
    struct err err = {0};
    char here[512], wanted[600];
    const char *uri;
    (void)state;
    unsetenv("TIDEGATE_DATA");
    unsetenv("TIDEGATE_BROKER_URI");
    assert_non_null(getcwd(here, sizeof here));
    if (node_config_load(&c, "config/tidegate.cfg", &err) != 0)
        fail_msg("%s", err.text);
    snprintf(wanted, sizeof wanted, "%s/var", here);
    assert_string_equal(c.data, wanted);
    snprintf(wanted, sizeof wanted, "%s/config/rules.cfg", here);
    assert_string_equal(c.rules, wanted);
    snprintf(wanted, sizeof wanted, "%s/proto/entities", here);
    assert_string_equal(c.entity_folders[0], wanted);
    assert_int_equal(c.entity_folder_count, 1);
    assert_int_equal(c.system_count, 3);
    assert_string_equal(node_config_system(&c, "shop")->adapter, "storefront");
    assert_null(node_config_system(&c, "nobody"));
    assert_int_equal(node_config_broker(&c, &uri, &err), ERR_INVALID);
    assert_non_null(strstr(err.text, "tidegate up"));
    node_config_release(&c);
    setenv("TIDEGATE_BROKER_URI", "amqp://u:p@h/v", 1);
    assert_int_equal(node_config_load(&c, "config/tidegate.cfg", &err), 0);
    assert_int_equal(node_config_broker(&c, &uri, &err), 0);
    assert_string_equal(uri, "amqp://u:p@h/v");
    node_config_release(&c);
    unsetenv("TIDEGATE_BROKER_URI");
}

#define HEAD "broker: {}; router: { entities = [\"/tmp\"]; };"

static void test_paths(void **state)
{
    static const struct {
        const char *data, *wanted;
    } rows[] = {
        {"var", "/tmp/node-config-X/var"},  {"../var", "/tmp/var"}, {"./a/../b/./c", "/tmp/node-config-X/b/c"},
        {"/abs/../x", "/abs/../x"},         {"../../..", "/"},      {"../../../../x", "/x"},
        {"a//b", "/tmp/node-config-X/a/b"},
    };
    char source[512];
    struct err err = {0};
    (void)state;
    assert_int_equal(os_make_folders("/tmp/node-config-X", &err), 0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct node_config c;
        snprintf(source, sizeof source, "data = \"%s\"; " HEAD " systems: {};", rows[i].data);
        assert_int_equal(os_write_file("/tmp/node-config-X/t.cfg", text_of(source), 0600, &err), 0);
        if (node_config_load(&c, "/tmp/node-config-X/t.cfg", &err) != 0)
            fail_msg("%s", err.text);
        assert_string_equal(c.data, rows[i].wanted);
        node_config_release(&c);
    }
    unlink("/tmp/node-config-X/t.cfg");
    rmdir("/tmp/node-config-X");
}

static void test_mistakes(void **state)
{
    static const struct {
        const char *source, *complaint;
    } rows[] = {
        {"router: { entities = [\"/tmp\"]; }; systems: {};", "\"broker\" is missing"},
        {"broker: {}; systems: {};", "\"router\" is missing"},
        {HEAD, "\"systems\" is missing"},
        {HEAD "\nsystem: {}; systems: {};", ":2: unknown setting \"system\"; is it \"systems\"?"},
        {"broker: { url = \"x\"; }; router: { entities = [\"/tmp\"]; }; systems: {};", "unknown setting \"url\""},
        {"broker: {}; router: { }; systems: {};", "entities"},
        {HEAD "\nsystems: {\n shop: { }; };", ":3: system shop: the setting \"adapter\" is missing"},
        {HEAD "\nsystems: {\n shop: {\n http = \"x\"; adpater = \"storefront\"; }; };",
         ":4: unknown setting \"adpater\"; is it \"adapter\"?"},
        {HEAD " systems: { Shop: { adapter = \"x\"; }; };", "\"Shop\" cannot name a system"},
        {HEAD " systems: { router: { adapter = \"x\"; }; };", "\"router\" cannot name a system"},
        {HEAD " systems: { shop = 3; };", "a system must be a group"},
        {HEAD " systems: { shop: { adapter = 3; }; };", "\"adapter\" must be a text"},
        {"data = 3; " HEAD " systems: {};", "\"data\" must be a text"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char path[] = "/tmp/node-config-XXXXXX";
        struct node_config c;
        struct err err = {0};
        close(mkstemp(path));
        assert_int_equal(os_write_file(path, text_of(rows[i].source), 0600, &err), 0);
        int rc = node_config_load(&c, path, &err);
        unlink(path);
        if (rc != ERR_INVALID || strstr(err.text, rows[i].complaint) == NULL)
            fail_msg("%s\n  gave %d: %s\n  wanted %s", rows[i].source, rc, err.text, rows[i].complaint);
    }
    struct node_config c;
    struct err err = {0};
    assert_int_equal(node_config_load(&c, "/nowhere/tidegate.cfg", &err), ERR_NOT_FOUND);
    assert_non_null(strstr(err.text, "--config"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shipped_file),
        cmocka_unit_test(test_paths),
        cmocka_unit_test(test_mistakes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
