/* The host's capture against a real broker and an API that the test plays: what docs/architecture.md promises, each
 * promise with the fault that would break it. And the process: how it starts, and the pages that say how it does. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "edge/os.h"
#include "host_suite.h"

/* ---- capture ---- */

static void test_poll_publishes_what_is_new_once(void **state)
{
    struct world *w = suite_enter(state);
    const struct told *last = NULL;
    api_add(w, "a1", "S1", "first");
    api_add(w, "a2", "S2", "second");
    world_start(w);
    UNTIL(w, world_changes_of(w, "a1", NULL) == 1 && world_changes_of(w, "a2", NULL) == 1);
    api_find(w, "a1")->seq = ++w->seq; /* touched, but the same */
    api_edit(w, "a2", "edited");
    UNTIL(w, world_changes_of(w, "a2", &last) == 2);
    assert_string_equal(last->name, "edited");
    assert_int_equal(world_changes_of(w, "a1", NULL), 1);
    world_turn_ms(w, 200); /* confirmed, and kept */
    world_stop(w, SIGKILL);
    api_find(w, "a1")->seq = ++w->seq;
    world_start(w);
    world_turn_ms(w, 500);
    assert_int_equal(world_changes_of(w, "a1", NULL), 1);
    assert_int_equal(world_changes_of(w, "a2", NULL), 2);
    suite_leave(state);
}

static void test_push_is_checked_and_answered_after_the_confirm(void **state)
{
    struct world *w = suite_enter(state);
    w->seq = 100;
    api_add(w, "p1", "S1", "first");
    api_find(w, "p1")->seq = -1; /* never polled */
    world_start(w);
    assert_int_equal(world_push(w, "{\"id\":\"p1\",\"event\":\"e1\"}", "wrong"), 401);
    assert_int_equal(world_push(w, "{\"id\":\"p1\",\"event\":\"e1\"}", NULL), 401);
    assert_int_equal(world_push(w, "{\"id\":", "s3cret"), 400);
    assert_int_equal(world_push(w, "{}", "s3cret"), 200);
    assert_int_equal(w->change_count, 0);
    assert_int_equal(world_push(w, "{\"id\":\"p1\",\"event\":\"e1\"}", "s3cret"), 200);
    UNTIL(w, world_changes_of(w, "p1", NULL) == 1);
    snprintf(api_find(w, "p1")->name, 64, "later");
    int reads = w->reads;
    assert_int_equal(world_push(w, "{\"id\":\"p1\",\"event\":\"e1\"}", "s3cret"), 200); /* replayed */
    world_turn_ms(w, 200);
    assert_int_equal(world_changes_of(w, "p1", NULL), 1);
    (void)reads;
    assert_int_equal(world_push(w, "{\"id\":\"p1\",\"event\":\"e2\"}", "s3cret"), 200);
    UNTIL(w, world_changes_of(w, "p1", NULL) == 2);
    assert_int_equal(world_push(w, "{\"id\":\"gone\",\"event\":\"e3\"}", "s3cret"), 200);
    const struct told *last = NULL;
    UNTIL(w, world_changes_of(w, "gone", &last) == 1);
    assert_int_equal(last->op, OP_DELETE);
    suite_leave(state);
}

static void test_push_is_not_taken_while_the_broker_is_down(void **state)
{
    struct suite *s = *state;
    struct world *w = suite_enter(state);
    w->seq = 100;
    api_add(w, "b1", "S1", "first")->seq = -1;
    world_start(w);
    broker_call(&s->broker, "kill", "");
    UNTIL(w, world_push(w, "{\"id\":\"b1\",\"event\":\"e1\"}", "s3cret") == 503);
    api_add(w, "b2", "S2", "polled meanwhile");
    world_turn_ms(w, 500);
    assert_int_equal(world_http(w, "GET", "/readyz", NULL, NULL, NULL, 0), 503);
    assert_int_equal(world_http(w, "GET", "/healthz", NULL, NULL, NULL, 0), 200);
    assert_true(broker_start(&s->broker));
    UNTIL(w, world_push(w, "{\"id\":\"b1\",\"event\":\"e1\"}", "s3cret") == 200);
    UNTIL(w, world_changes_of(w, "b1", NULL) >= 1 && world_changes_of(w, "b2", NULL) >= 1);
    suite_leave(state);
}

static void test_card_number_is_refused_at_the_door(void **state)
{
    struct world *w = suite_enter(state);
    static char answer[65536];
    w->seq = 100;
    api_add(w, "c1", "S1", "4111 1111 1111 1111")->seq = -1;
    world_start(w);
    assert_int_equal(world_push(w, "{\"id\":\"c1\",\"event\":\"e1\"}", "s3cret"), 422);
    assert_int_equal(world_http(w, "GET", "/status", NULL, NULL, answer, sizeof answer), 200);
    assert_non_null(strstr(answer, "\"card_number\":true"));
    assert_null(strstr(answer, "4111"));
    assert_int_equal(w->change_count, 0);
    snprintf(api_find(w, "c1")->name, 64, "mended");
    assert_int_equal(world_push(w, "{\"id\":\"c1\",\"event\":\"e1\"}", "s3cret"), 200);
    UNTIL(w, world_changes_of(w, "c1", NULL) == 1);
    assert_int_equal(world_http(w, "GET", "/status", NULL, NULL, answer, sizeof answer), 200);
    assert_non_null(strstr(answer, "\"refused_objects\":0"));
    suite_leave(state);
}

static void test_object_that_cannot_be_mapped_waits_for_a_better_mapping(void **state)
{
    struct world *w = suite_enter(state);
    static char answer[65536];
    world_mapping(w, "product", "{ field = \"sku\"; path = \".sku\"; values = ( (\"S1\", \"S1\") ); }");
    api_add(w, "u1", "S1", "x");
    api_add(w, "u2", "S2", "x");
    world_start(w);
    UNTIL(w, world_changes_of(w, "u1", NULL) == 1);
    world_turn_ms(w, 200);
    assert_int_equal(world_http(w, "GET", "/status", NULL, NULL, answer, sizeof answer), 200);
    assert_non_null(strstr(answer, "\"object\":\"u2\""));
    assert_non_null(strstr(answer, "fake.cfg:2: field sku: \\\"S2\\\" is not among the native values"));
    assert_int_equal(w->change_count, 1);
    assert_int_equal(world_stop(w, SIGTERM), 0);
    world_mapping(w, "product", "{ field = \"sku\"; path = \".sku\"; }");
    world_start(w);
    UNTIL(w, world_changes_of(w, "u2", NULL) == 1); /* though no poll shows it again */
    world_turn_ms(w, 200);
    assert_int_equal(world_http(w, "GET", "/status", NULL, NULL, answer, sizeof answer), 200);
    assert_non_null(strstr(answer, "\"refused_objects\":0"));
    suite_leave(state);
}

/* 255 characters, whatever their bytes, are the most that a product's name may have. */
static void test_what_is_too_long_is_refused_alone(void **state)
{
    struct world *w = suite_enter(state);
    world_mapping(w, "product", "{ field = \"sku\"; path = \".sku\"; },\n"
                                "{ field = \"name\"; in = \"if .sku == \\\"S1\\\" then .name * 255 else .name * 256 end\"; }");
    api_add(w, "u1", "S1", "é");
    api_add(w, "u2", "S2", "é");
    api_add(w, "u3", "S1", "é");
    world_start(w);
    UNTIL(w, world_changes_of(w, "u3", NULL) == 1);
    assert_int_equal(world_changes_of(w, "u1", NULL), 1);
    assert_int_equal(world_changes_of(w, "u2", NULL), 0);
    UNTIL(w, world_says(w, "/status", "\"object\":\"u2\""));
    assert_true(world_says(w, "/status", "product.name: 256 characters, at most 255"));
    assert_int_equal(world_push(w, "{\"id\":\"u2\",\"event\":\"e1\"}", "s3cret"), 422);
    suite_leave(state);
}

static void test_a_failure_without_words_is_shown_with_a_reason(void **state)
{
    struct world *w = suite_enter(state);
    w->mute = true;
    world_start(w);
    UNTIL(w, world_says(w, "/status", "\"failures\":"));
    UNTIL(w, !world_says(w, "/status", "\"failures\":0"));
    assert_true(world_says(w, "/status", "the adapter gave no reason"));
    suite_leave(state);
}

/* ---- reading while writing ---- */

static void test_read_that_overlaps_a_write_is_not_published(void **state)
{
    struct world *w = suite_enter(state);
    const struct told *last = NULL;
    api_add(w, "o1", "S1", "old");
    world_start(w);
    UNTIL(w, world_changes_of(w, "o1", NULL) == 1);
    w->read_delay_ms = 700;
    int pages = w->pages;
    api_edit(w, "o1", "edited just before");
    UNTIL(w, w->pages > pages); /* the page holds the edit and is on its way for 700 ms */
    world_turn_ms(w, 50);
    world_command(w, "r:product:o", 1, "o1", "S1", "ours");
    UNTIL(w, world_outcomes_of(w, "r:product:o", &last) == 1);
    assert_string_equal(last->name, "ours");
    w->read_delay_ms = 0;
    world_turn_ms(w, 1500);
    for (int i = 0; i < w->change_count; i++)
        assert_string_not_equal(w->changes[i].name, "edited just before");
    suite_leave(state);
}

static void test_object_that_we_create_is_not_published_before_its_outcome(void **state)
{
    struct world *w = suite_enter(state);
    world_start(w);
    w->delay_ms = 1000; /* polls see the object 500 ms before its create is answered */
    world_command(w, "r:product:n", 1, "", "S1", "new");
    UNTIL(w, w->creates == 1);
    api_add(w, "person", "S9", "a person's, at the same time");
    world_turn_ms(w, 300);
    assert_int_equal(w->change_count, 0); /* nobody can tell yet which of the two is ours */
    UNTIL(w, world_outcomes_of(w, "r:product:n", NULL) == 1);
    UNTIL(w, world_changes_of(w, "person", NULL) == 1);
    world_turn_ms(w, 300);
    assert_int_equal(world_changes_of(w, api_find_key(w, "r:product:n")->id, NULL), 0);
    suite_leave(state);
}

/* ---- the process ---- */

static void test_pages(void **state)
{
    struct world *w = suite_enter(state);
    static char answer[65536];
    api_add(w, "m1", "S1", "x");
    world_start(w);
    UNTIL(w, w->change_count == 1);
    /* the change is here before the program has heard that it is confirmed */
    UNTIL(w, world_http(w, "GET", "/metrics", NULL, NULL, answer, sizeof answer) == 200 &&
                 strstr(answer, "tidegate_changes_published_total{system=\"sys\"} 1\n"));
    assert_non_null(strstr(answer, "tidegate_feed_age_seconds{system=\"sys\",feed=\"products\"}"));
    assert_int_equal(world_http(w, "GET", "/status", NULL, NULL, answer, sizeof answer), 200);
    assert_non_null(strstr(answer, "\"ready\":true"));
    suite_leave(state);
}

static int run_program(const struct suite *s, const char *arguments, char *words, size_t size)
{
    char line[512];
    snprintf(line, sizeof line, "%s %s 2>&1", s->program, arguments);
    FILE *f = popen(line, "r");
    assert_non_null(f);
    size_t n = fread(words, 1, size - 1, f);
    words[n] = '\0';
    return pclose(f) >> 8;
}

static void test_wrong_use_and_settings(void **state)
{
    static const struct {
        const char *settings, *broker, *complaint;
    } rows[] = {
        {"adapter = \"fake\"; url = \"standin\";", "amqp://x", "url is \\\"standin\\\", and only `tidegate up`"},
        {"adapter = \"fake\"; url = \"http://127.0.0.1:1\";", "private", "broker.uri is \\\"private\\\""},
        {"adapter = \"other\"; url = \"http://127.0.0.1:1\";", "amqp://x", "belongs to the adapter \\\"other\\\""},
        {"adapter = \"fake\"; url = \"http://127.0.0.1:1\"; lane = 3;", "amqp://x",
         "tidegate.cfg:3: unknown setting \\\"lane\\\""},
        {"adapter = \"fake\"; url = \"http://127.0.0.1:1\"; lanes = 0;", "amqp://x",
         "\\\"lanes\\\" must be from 1 to 256"},
        {"adapter = \"fake\"; url = \"http://127.0.0.1:1\"; mapping = \"none.cfg\";", "amqp://x", "none.cfg"},
        {"adapter = \"fake\";", "amqp://x", "url"},
    };
    const struct suite *s = *state;
    struct world *w = suite_enter(state);
    static char words[8192], text[2048], here[512], arguments[256], path[128];
    struct err err;
    assert_non_null(getcwd(here, sizeof here));
    snprintf(path, sizeof path, "%s/tidegate.cfg", w->folder);
    snprintf(arguments, sizeof arguments, "--config %s --system sys", path);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        snprintf(text, sizeof text,
                 "data = \"data\"; broker: { uri = \"%s\"; }; router: { entities = [\"%s/proto/entities\"]; };\n"
                 "systems: { sys: {\n%s\n%s }; };\n",
                 rows[i].broker, here, rows[i].settings,
                 strstr(rows[i].settings, "mapping") ? "" : "mapping = \"fake.cfg\";");
        assert_int_equal(os_write_file(path, text_of(text), 0600, &err), 0);
        int status = run_program(s, arguments, words, sizeof words);
        if (status != 1 || strstr(words, rows[i].complaint) == NULL)
            fail_msg("%s\n exit %d, said %s", rows[i].settings, status, words);
    }
    assert_int_equal(run_program(s, "--help", words, sizeof words), 0);
    assert_non_null(strstr(words, "prefetch"));
    assert_int_equal(run_program(s, "--version", words, sizeof words), 0);
    assert_int_equal(run_program(s, "--verbose", words, sizeof words), 2);
    assert_non_null(strstr(words, "unknown option --verbose"));
    assert_int_equal(run_program(s, "--config", words, sizeof words), 2);
    snprintf(arguments, sizeof arguments, "--config %s --system nobody", path);
    assert_int_equal(run_program(s, arguments, words, sizeof words), 1);
    assert_non_null(strstr(words, "there is no system \\\"nobody\\\""));
    suite_leave(state);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wrong_use_and_settings),
        cmocka_unit_test(test_poll_publishes_what_is_new_once),
        cmocka_unit_test(test_push_is_checked_and_answered_after_the_confirm),
        cmocka_unit_test(test_push_is_not_taken_while_the_broker_is_down),
        cmocka_unit_test(test_card_number_is_refused_at_the_door),
        cmocka_unit_test(test_object_that_cannot_be_mapped_waits_for_a_better_mapping),
        cmocka_unit_test(test_what_is_too_long_is_refused_alone),
        cmocka_unit_test(test_a_failure_without_words_is_shown_with_a_reason),
        cmocka_unit_test(test_read_that_overlaps_a_write_is_not_published),
        cmocka_unit_test(test_object_that_we_create_is_not_published_before_its_outcome),
        cmocka_unit_test(test_pages),
    };
    int missing = suite_init(argc, argv);
    return missing ? missing : cmocka_run_group_tests(tests, suite_begin, suite_end);
}
