/* The host's delivery against a real broker and an API that the test plays: what docs/architecture.md promises, each
 * promise with the fault that would break it. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#include "host_suite.h"

/* ---- deliver ---- */

static void test_create_update_and_no_echo(void **state)
{
    struct world *w = suite_enter(state);
    const struct told *last = NULL;
    world_start(w);
    world_command(w, "r:product:1", 1, "", "S1", "one");
    UNTIL(w, world_outcomes_of(w, "r:product:1", &last) == 1);
    assert_int_equal(last->verdict, VERDICT_DONE);
    assert_string_equal(last->name, "one");
    struct api_object *o = api_find_key(w, "r:product:1");
    assert_string_equal(last->native, o->id);
    world_command(w, "r:product:1", 2, "", "S1", "two"); /* the router has not heard of the native id yet */
    UNTIL(w, world_outcomes_of(w, "r:product:1", &last) == 2);
    assert_int_equal(last->revision, 2);
    assert_int_equal(w->creates, 1);
    world_turn_ms(w, 400);
    assert_int_equal(world_changes_of(w, o->id, NULL), 0); /* our own writes are no news */
    api_edit(w, o->id, "a person's");
    UNTIL(w, world_changes_of(w, o->id, &last) == 1);
    assert_string_equal(last->name, "a person's");
    suite_leave(state);
}

static void test_edit_back_to_what_was_before_our_write_is_news(void **state)
{
    struct world *w = suite_enter(state);
    const struct told *last = NULL;
    api_add(w, "x1", "S1", "before");
    world_start(w);
    UNTIL(w, world_changes_of(w, "x1", NULL) == 1);
    world_command(w, "r:product:x", 1, "x1", "S1", "ours");
    UNTIL(w, world_outcomes_of(w, "r:product:x", NULL) == 1);
    api_edit(w, "x1", "before");
    UNTIL(w, world_changes_of(w, "x1", &last) == 2);
    assert_string_equal(last->name, "before");
    suite_leave(state);
}

static void test_older_revision_is_stale_and_equal_is_applied_or_repeated(void **state)
{
    struct world *w = suite_enter(state);
    const struct told *last = NULL;
    world_start(w);
    world_command(w, "r:product:s", 5, "", "S1", "five");
    UNTIL(w, world_outcomes_of(w, "r:product:s", &last) == 1);
    world_command(w, "r:product:s", 4, "", "S1", "four");
    UNTIL(w, world_outcomes_of(w, "r:product:s", &last) == 2);
    assert_int_equal(last->verdict, VERDICT_STALE);
    assert_int_equal(last->revision, 5);
    int writes = api_find_key(w, "r:product:s")->writes;
    world_command(w, "r:product:s", 5, "", "S1", "five"); /* the very same command again */
    UNTIL(w, world_outcomes_of(w, "r:product:s", &last) == 3);
    assert_int_equal(last->verdict, VERDICT_DONE);
    assert_string_equal(last->native, api_find_key(w, "r:product:s")->id);
    assert_int_equal(api_find_key(w, "r:product:s")->writes, writes);
    assert_string_equal(api_find_key(w, "r:product:s")->name, "five");
    suite_leave(state);
}

static void test_refused_is_told_with_the_systems_words(void **state)
{
    struct world *w = suite_enter(state);
    const struct told *last = NULL;
    snprintf(w->refuse_sku, sizeof w->refuse_sku, "BAD");
    world_start(w);
    world_command(w, "r:product:r", 1, "", "BAD", "x");
    UNTIL(w, world_outcomes_of(w, "r:product:r", &last) == 1);
    assert_int_equal(last->verdict, VERDICT_REFUSED);
    assert_int_equal(last->refusal, REFUSAL_VALUE);
    assert_string_equal(last->reason, "that SKU is not liked");
    world_command(w, "r:product:r", 2, "", "GOOD", "x");
    UNTIL(w, world_outcomes_of(w, "r:product:r", &last) == 2);
    assert_int_equal(last->verdict, VERDICT_DONE);
    suite_leave(state);
}

static void test_retry_parks_one_record_and_no_other(void **state)
{
    struct world *w = suite_enter(state);
    static char answer[65536];
    world_start(w);
    w->throttled = 2;
    world_command(w, "r:product:slow", 1, "", "S1", "slow");
    UNTIL(w, w->throttled == 1);
    w->throttled = 0;
    world_command(w, "r:product:fast", 1, "", "S2", "fast");
    UNTIL(w, world_outcomes_of(w, "r:product:fast", NULL) == 1);
    assert_int_equal(world_outcomes_of(w, "r:product:slow", NULL), 0);
    assert_int_equal(world_http(w, "GET", "/status", NULL, NULL, answer, sizeof answer), 200);
    assert_non_null(strstr(answer, "\"parked\":[{\"key\":\"r:product:slow\",\"reason\":\"too many calls\""));
    UNTIL(w, world_outcomes_of(w, "r:product:slow", NULL) == 1);
    suite_leave(state);
}

static void test_outage_stops_consuming_and_loses_nothing(void **state)
{
    struct world *w = suite_enter(state);
    char key[64];
    world_start(w);
    w->down = true;
    for (int i = 0; i < 30; i++) {
        snprintf(key, sizeof key, "r:product:o%d", i);
        world_command(w, key, 1, "", key + 10, "x");
    }
    UNTIL(w, world_http(w, "GET", "/readyz", NULL, NULL, NULL, 0) == 503);
    world_turn_ms(w, 500);
    assert_int_equal(w->outcome_count, 0);
    assert_int_equal(world_push(w, "{\"id\":\"p1\",\"event\":\"e1\"}", "s3cret"), 503);
    w->down = false;
    UNTIL(w, w->outcome_count == 30);
    assert_int_equal(w->creates, 30);
    suite_leave(state);
}

static void test_one_failing_call_is_one_records_trouble(void **state)
{
    struct world *w = suite_enter(state);
    char key[64];
    world_start(w);
    w->glitch_every = 10;
    for (int i = 0; i < 100; i++) {
        snprintf(key, sizeof key, "r:product:g%d", i);
        world_command(w, key, 1, "", key + 10, "x");
    }
    UNTIL(w, w->outcome_count == 100);
    assert_true(w->glitches >= 10);
    assert_int_equal(w->opens, 1); /* nothing was stopped */
    assert_int_equal(w->creates, 100);
    suite_leave(state);
}

static void test_recovery_is_noticed_soon_after_a_long_outage(void **state)
{
    struct world *w = suite_enter(state);
    static char answer[65536];
    world_start(w);
    w->down = true;
    UNTIL(w, w->opens >= 9); /* so many looks within the time that UNTIL gives: they do not become rare */
    world_http(w, "GET", "/readyz", NULL, NULL, answer, sizeof answer);
    assert_non_null(strstr(answer, "the API is down"));
    w->down = false;
    UNTIL(w, world_http(w, "GET", "/readyz", NULL, NULL, NULL, 0) == 200);
    suite_leave(state);
}

static void test_long_pause_stops_consuming_for_its_time(void **state)
{
    struct world *w = suite_enter(state);
    static char answer[65536];
    world_start(w);
    w->used_up = 1;
    world_command(w, "r:product:first", 1, "", "S1", "x");
    UNTIL(w, w->used_up == 0);
    int64_t begin_us = loop_uptime_us(w->loop);
    UNTIL(w, world_http(w, "GET", "/readyz", NULL, NULL, answer, sizeof answer) == 503);
    assert_string_equal(answer, "the system asks for a pause of 6 s\n");
    world_command(w, "r:product:second", 1, "", "S2", "x");
    UNTIL(w, w->outcome_count == 2);
    assert_true(loop_uptime_us(w->loop) - begin_us >= 5900 * 1000);
    suite_leave(state);
}

static void lock_records(struct world *w, int count, int64_t revision)
{
    char key[64], name[16];
    snprintf(name, sizeof name, "%d", (int)revision);
    for (int i = 0; i < count; i++) {
        snprintf(key, sizeof key, "r:product:LOCK%d", i);
        world_command(w, key, revision, "", key + 10, name);
    }
}

enum { LOCKED = 260 }; /* records: more than twice the prefetch */

static void test_many_locked_records_hold_up_no_other(void **state)
{
    struct world *w = suite_enter(state);
    char key[64];
    snprintf(w->lock_sku, sizeof w->lock_sku, "LOCK");
    world_start(w);
    lock_records(w, LOCKED, 1);
    world_command(w, "r:product:free", 1, "", "FREE", "x");
    UNTIL(w, world_outcomes_of(w, "r:product:free", NULL) == 1);
    lock_records(w, LOCKED, 2);
    world_command(w, "r:product:free", 2, "", "FREE", "y");
    UNTIL(w, world_outcomes_of(w, "r:product:free", NULL) == 2);
    assert_int_equal(w->outcome_count, 2);
    assert_int_equal(w->opens, 1);
    w->lock_sku[0] = '\0';
    UNTIL(w, w->outcome_count == 2 + 2 * LOCKED);
    for (int i = 0; i < LOCKED; i++) {
        snprintf(key, sizeof key, "r:product:LOCK%d", i);
        assert_string_equal(api_find_key(w, key)->order, "1;2;");
    }
    UNTIL(w, world_says(w, "/metrics", "tidegate_commands_held{system=\"sys\"} 0\n"));
    suite_leave(state);
}

static void test_locked_records_survive_a_broker_that_dies(void **state)
{
    struct suite *s = *state;
    struct world *w = suite_enter(state);
    snprintf(w->lock_sku, sizeof w->lock_sku, "LOCK");
    world_start(w);
    lock_records(w, LOCKED, 1);
    world_command(w, "r:product:free", 1, "", "FREE", "x");
    UNTIL(w, world_outcomes_of(w, "r:product:free", NULL) == 1);
    broker_call(&s->broker, "kill", "");
    world_turn_ms(w, 300);
    assert_true(broker_start(&s->broker));
    world_command(w, "r:product:free", 2, "", "FREE", "y");
    UNTIL(w, world_outcomes_of(w, "r:product:free", NULL) >= 2);
    w->lock_sku[0] = '\0';
    for (int i = 0; i < LOCKED; i++) {
        char key[64];
        const struct told *last = NULL;
        snprintf(key, sizeof key, "r:product:LOCK%d", i);
        UNTIL(w, world_outcomes_of(w, key, &last) >= 1);
        assert_int_equal(last->verdict, VERDICT_DONE);
    }
    assert_int_equal(w->creates, LOCKED + 1);
    suite_leave(state);
}

static void test_refusal_of_a_create_that_was_tried_leaves_nothing_under_way(void **state)
{
    struct world *w = suite_enter(state);
    const struct told *last = NULL;
    snprintf(w->lock_sku, sizeof w->lock_sku, "LOCK");
    world_start(w);
    world_command(w, "r:product:e", 1, "", "LOCK", "x");
    UNTIL(w, world_says(w, "/metrics", "tidegate_lanes_parked{system=\"sys\"} 1\n"));
    world_stop(w, SIGTERM);
    world_mapping(w, "account", "{ field = \"name\"; path = \".name\"; }");
    world_start(w); /* products are not mapped any more */
    UNTIL(w, world_outcomes_of(w, "r:product:e", &last) == 1);
    assert_int_equal(last->verdict, VERDICT_REFUSED);
    UNTIL(w, world_says(w, "/metrics", "tidegate_commands_held{system=\"sys\"} 0\n"));
    world_stop(w, SIGTERM);
    world_mapping(w, "product", "{ field = \"sku\"; path = \".sku\"; }, { field = \"name\"; path = \".name\"; }");
    api_add(w, "person", "S9", "cannot be what that command makes");
    world_start(w);
    UNTIL(w, world_changes_of(w, "person", NULL) == 1);
    suite_leave(state);
}

static void test_order_per_record_and_parallel_across(void **state)
{
    struct world *w = suite_enter(state);
    char key[64], name[16];
    w->delay_ms = 20;
    world_start(w);
    for (int revision = 1; revision <= 8; revision++)
        for (int i = 0; i < 12; i++) {
            snprintf(key, sizeof key, "r:product:k%d", i);
            snprintf(name, sizeof name, "%d", revision);
            world_command(w, key, revision, "", key + 10, name);
        }
    UNTIL(w, w->outcome_count == 96);
    assert_int_equal(w->creates, 12);
    for (int i = 0; i < 12; i++) {
        snprintf(key, sizeof key, "r:product:k%d", i);
        assert_string_equal(api_find_key(w, key)->order, "1;2;3;4;5;6;7;8;");
    }
    assert_in_range(w->writing_peak, 2, 6); /* lanes = 6 */
    suite_leave(state);
}

static void test_broken_commands(void **state)
{
    struct world *w = suite_enter(state);
    const struct told *last = NULL;
    world_start(w);
    world_publish(w, "sys.product.upsert", (struct text){"\x93\x01\xff", 3}, "broken");
    UNTIL(w, w->dead_count == 1);
    assert_string_equal(w->dead[0].id, "broken");
    world_command(w, "r:product:long", 1, "", "S1", "card 4111 1111 1111 1111");
    UNTIL(w, world_outcomes_of(w, "r:product:long", &last) == 1);
    assert_int_equal(last->verdict, VERDICT_REFUSED);
    assert_null(strstr(last->reason, "4111"));
    world_command(w, "r:gadget:1", 1, "", "S1", "x"); /* no entity file here defines it */
    UNTIL(w, world_outcomes_of(w, "r:gadget:1", &last) == 1);
    assert_int_equal(last->verdict, VERDICT_REFUSED);
    assert_int_equal(last->refusal, REFUSAL_UNSUPPORTED);
    world_command(w, "r:product:fine", 1, "", "S1", "fine");
    UNTIL(w, world_outcomes_of(w, "r:product:fine", &last) == 1);
    suite_leave(state);
}

/* ---- crashes ---- */

static void test_killed_in_the_middle_of_a_create_makes_no_double(void **state)
{
    struct world *w = suite_enter(state);
    const struct told *last = NULL;
    snprintf(w->hang_sku, sizeof w->hang_sku, "HANG");
    world_start(w);
    world_command(w, "r:product:h", 1, "", "HANG", "x");
    UNTIL(w, w->creates == 1);
    world_stop(w, SIGKILL);
    w->hang_sku[0] = '\0';
    world_start(w);
    UNTIL(w, world_outcomes_of(w, "r:product:h", &last) == 1);
    assert_int_equal(last->verdict, VERDICT_DONE);
    assert_int_equal(w->creates, 1);
    assert_true(w->by_key >= 1);
    suite_leave(state);
}

static void test_time_out_of_a_create_makes_no_double(void **state)
{
    struct world *w = suite_enter(state);
    snprintf(w->hang_sku, sizeof w->hang_sku, "HANG");
    world_start(w);
    world_command(w, "r:product:t", 1, "", "HANG", "x");
    UNTIL(w, w->creates == 1);
    w->hang_sku[0] = '\0';
    UNTIL(w, world_outcomes_of(w, "r:product:t", NULL) == 1); /* after the adapter's 3 s */
    assert_int_equal(w->creates, 1);
    world_turn_ms(w, 300);
    assert_int_equal(world_changes_of(w, api_find_key(w, "r:product:t")->id, NULL), 0);
    suite_leave(state);
}

static void test_broker_killed_under_way(void **state)
{
    struct suite *s = *state;
    struct world *w = suite_enter(state);
    char key[64];
    w->delay_ms = 50;
    world_start(w);
    for (int i = 0; i < 40; i++) {
        snprintf(key, sizeof key, "r:product:b%d", i);
        world_command(w, key, 1, "", key + 10, "x");
        world_command(w, key, 2, "", key + 10, "y");
    }
    UNTIL(w, w->creates >= 5);
    broker_call(&s->broker, "kill", "");
    world_turn_ms(w, 300);
    assert_true(broker_start(&s->broker));
    for (int i = 0; i < 40; i++) {
        const struct told *last = NULL;
        snprintf(key, sizeof key, "r:product:b%d", i);
        UNTIL(w, world_outcomes_of(w, key, &last) >= 2 && last->revision == 2);
        assert_int_equal(last->verdict, VERDICT_DONE);
        assert_string_equal(api_find_key(w, key)->name, "y");
    }
    assert_int_equal(w->creates, 40);
    suite_leave(state);
}

static void test_killed_often_under_way(void **state)
{
    struct world *w = suite_enter(state);
    char key[64];
    w->delay_ms = 10;
    world_start(w);
    for (int i = 0; i < 60; i++) {
        snprintf(key, sizeof key, "r:product:q%d", i);
        world_command(w, key, 1, "", key + 10, "x");
        world_command(w, key, 2, "", key + 10, "y");
    }
    for (int i = 0; i < 5; i++) {
        world_turn_ms(w, 60);
        world_stop(w, SIGKILL);
        world_spawn(w);
    }
    for (int i = 0; i < 60; i++) {
        const struct told *last = NULL;
        snprintf(key, sizeof key, "r:product:q%d", i);
        UNTIL(w, world_outcomes_of(w, key, &last) >= 1 && last->revision == 2);
        assert_string_equal(api_find_key(w, key)->name, "y");
    }
    assert_int_equal(w->creates, 60);
    suite_leave(state);
}

static void test_sigterm_finishes_what_is_under_way(void **state)
{
    struct world *w = suite_enter(state);
    w->delay_ms = 600;
    world_start(w);
    world_command(w, "r:product:z", 1, "", "S1", "x");
    UNTIL(w, w->writing == 1);
    assert_int_equal(world_stop(w, SIGTERM), 0);
    UNTIL(w, world_outcomes_of(w, "r:product:z", NULL) == 1);
    w->delay_ms = 0;
    world_start(w);
    world_turn_ms(w, 300);
    assert_int_equal(world_outcomes_of(w, "r:product:z", NULL), 1); /* it was acked */
    assert_int_equal(world_stop(w, SIGTERM), 0);
    suite_leave(state);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_create_update_and_no_echo),
        cmocka_unit_test(test_edit_back_to_what_was_before_our_write_is_news),
        cmocka_unit_test(test_older_revision_is_stale_and_equal_is_applied_or_repeated),
        cmocka_unit_test(test_refused_is_told_with_the_systems_words),
        cmocka_unit_test(test_retry_parks_one_record_and_no_other),
        cmocka_unit_test(test_outage_stops_consuming_and_loses_nothing),
        cmocka_unit_test(test_one_failing_call_is_one_records_trouble),
        cmocka_unit_test(test_recovery_is_noticed_soon_after_a_long_outage),
        cmocka_unit_test(test_long_pause_stops_consuming_for_its_time),
        cmocka_unit_test(test_many_locked_records_hold_up_no_other),
        cmocka_unit_test(test_locked_records_survive_a_broker_that_dies),
        cmocka_unit_test(test_refusal_of_a_create_that_was_tried_leaves_nothing_under_way),
        cmocka_unit_test(test_order_per_record_and_parallel_across),
        cmocka_unit_test(test_broken_commands),
        cmocka_unit_test(test_killed_in_the_middle_of_a_create_makes_no_double),
        cmocka_unit_test(test_time_out_of_a_create_makes_no_double),
        cmocka_unit_test(test_broker_killed_under_way),
        cmocka_unit_test(test_killed_often_under_way),
        cmocka_unit_test(test_sigterm_finishes_what_is_under_way),
    };
    int missing = suite_init(argc, argv);
    return missing ? missing : cmocka_run_group_tests(tests, suite_begin, suite_end);
}
