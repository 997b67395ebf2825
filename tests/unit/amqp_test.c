/* AMQP against a real RabbitMQ of our own: what is published is confirmed or fails with its reason, what is delivered
 * is answered once, and a broker that dies, hangs or fills up costs nothing but time. Each test uses queues of its own.
 */
#include "amqp_client.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
/* last, as its header wants the ones above */
#include <cmocka.h>

static void topology_is_declared_again_and_again(void **state)
{
    declare_system(*state, "again");
    declare_system(*state, "again");
}

static void topology_names_the_queue_that_has_other_arguments(void **state)
{
    const struct broker *b = *state;
    const char *systems[] = {"other"};
    struct topology_settings t = {systems, 1, LIMIT + 1, 50000000, 7};
    struct err err = {0};
    declare_system(b, "other");
    assert_int_equal(topology_declare(&(struct amqp_settings){.uri = b->uri}, &t, &err), ERR_CONFLICT);
    assert_non_null(strstr(err.text, "queue tidegate.router exists with other arguments"));
    assert_non_null(strstr(err.text, "x-delivery-limit"));
}

static void topology_refuses_a_system_name_that_is_no_word_of_a_key(void **state)
{
    const struct broker *b = *state;
    static const char *const bad[] = {"", "a.b", "a*", "#", "ä"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct topology_settings t = {&bad[i], 1, LIMIT, 50000000, 7};
        assert_int_equal(topology_declare(&(struct amqp_settings){.uri = b->uri}, &t, NULL), ERR_INVALID);
    }
}

static void what_keeps_us_from_the_broker_is_said_without_the_password(void **state)
{
    const struct broker *b = *state;
    char wrong[300], nobody[300], elsewhere[300];
    const char *at = strchr(b->uri, '@');
    snprintf(wrong, sizeof wrong, "amqp://tidegate:sesame%s", at);
    snprintf(nobody, sizeof nobody, "amqp://tidegate:sesame@127.0.0.1:1/tidegate");
    snprintf(elsewhere, sizeof elsewhere, "%.*s/nowhere", (int)(strrchr(b->uri, '/') - b->uri), b->uri);
    const struct {
        const char *uri;
        int code;
        const char *says;
    } rows[] = {
        {"http://tidegate:sesame@localhost/", ERR_INVALID, "amqp[s]://"},
        {wrong, ERR_DENIED, "ACCESS_REFUSED"},
        {nobody, ERR_UNAVAILABLE, "127.0.0.1:1"},
        {elsewhere, ERR_DENIED, "nowhere"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct err err = {0};
        int rc = topology_declare(&(struct amqp_settings){.uri = rows[i].uri}, &(struct topology_settings){0}, &err);
        if (rc != rows[i].code || !strstr(err.text, rows[i].says) || strstr(err.text, "sesame"))
            fail_msg("row %zu: %d %s", i, rc, err.text);
    }
}

static void a_batch_is_confirmed_delivered_and_acked(void **state)
{
    struct client *c = client_new(*state, (struct amqp_settings){.prefetch = 500});
    struct err err;
    declare_system(*state, "plain");
    assert_int_equal(amqp_consume(c->amqp, "tidegate.to.plain", 0, NULL, &err), 0);
    assert_int_equal(amqp_consume(c->amqp, "tidegate.to.plain", 0, NULL, &err), ERR_CONFLICT);
    UNTIL(c, c->ups == 1);
    client_send(c, "plain.order.upsert", 0, 300, 0);
    UNTIL(c, c->count == 300);
    for (int i = 0; i < 300; i++) {
        char id[32];
        snprintf(id, sizeof id, "m%d", i);
        assert_string_equal(c->seen[i].id, id);
        assert_int_equal(c->seen[i].sum, sum_of(text_of(id)));
        assert_string_equal(c->seen[i].queue, "tidegate.to.plain");
        assert_false(c->seen[i].redelivered);
        assert_int_equal(c->seen[i].offset, -1);
    }
    for (int i = 0; i < 300; i++) /* the odd ones first: some alone, the last ones as one "multiple" */
        amqp_ack(c->amqp, c->seen[i].epoch, c->seen[i < 150 ? 2 * i + 1 : 2 * (i - 150)].tag);
    client_idle(c, 100);
    assert_true(amqp_is_up(c->amqp));
    client_free(c);
    c = client_new(*state, (struct amqp_settings){0});
    UNTIL(c, c->ups == 1);
    assert_int_equal(client_depth(c, "tidegate.to.plain"), 0); /* what was not acked would be there again */
    client_free(c);
}

static void an_unroutable_message_fails_alone(void **state)
{
    struct client *c = client_new(*state, (struct amqp_settings){0});
    declare_system(*state, "route");
    UNTIL(c, c->ups == 1);
    struct sending bad = {.client = c, .key = "nobody.order.upsert", .count = 2},
                   good = {.client = c, .key = "route.order.upsert", .count = 3};
    sending_start(&good);
    sending_start(&bad);
    UNTIL(c, good.over && bad.over);
    assert_int_equal(good.rc, 0);
    assert_int_equal(bad.rc, ERR_NOT_FOUND);
    assert_int_equal(bad.batch.failed, 2);
    assert_non_null(strstr(bad.err.text, "nobody.order.upsert"));
    assert_true(amqp_is_up(c->amqp));
    client_free(c);
}

static void what_is_rejected_goes_to_the_dead_letters(void **state)
{
    struct client *c = client_new(*state, (struct amqp_settings){0});
    struct err err;
    declare_system(*state, "dead");
    amqp_consume(c->amqp, "tidegate.to.dead", 0, NULL, &err);
    amqp_consume(c->amqp, TOPOLOGY_DEAD, 0, NULL, &err);
    UNTIL(c, c->ups == 1);
    client_send(c, "dead.order.upsert", 0, 2, 0);
    UNTIL(c, c->count == 2);
    amqp_reject(c->amqp, c->seen[0].epoch, c->seen[0].tag, false);
    UNTIL(c, c->count == 3);
    assert_string_equal(c->seen[2].queue, TOPOLOGY_DEAD);
    assert_string_equal(c->seen[2].id, "m0");
    amqp_ack(c->amqp, c->seen[1].epoch, c->seen[1].tag);
    amqp_ack(c->amqp, c->seen[2].epoch, c->seen[2].tag);
    client_free(c);
}

static void what_is_requeued_too_often_goes_to_the_dead_letters(void **state)
{
    struct client *c = client_new(*state, (struct amqp_settings){0});
    struct err err;
    declare_system(*state, "limit");
    amqp_consume(c->amqp, "tidegate.to.limit", 0, NULL, &err);
    amqp_consume(c->amqp, TOPOLOGY_DEAD, 0, NULL, &err);
    UNTIL(c, c->ups == 1);
    client_send(c, "limit.order.upsert", 7, 1, 0);
    for (size_t i = 0; i <= LIMIT; i++) {
        UNTIL(c, c->count == i + 1);
        assert_string_equal(c->seen[i].queue, "tidegate.to.limit");
        assert_int_equal(c->seen[i].redelivered, i > 0);
        amqp_reject(c->amqp, c->seen[i].epoch, c->seen[i].tag, true);
    }
    UNTIL(c, c->count == LIMIT + 2);
    assert_string_equal(c->seen[LIMIT + 1].queue, TOPOLOGY_DEAD);
    amqp_ack(c->amqp, c->seen[LIMIT + 1].epoch, c->seen[LIMIT + 1].tag);
    client_free(c);
}

static void large_messages_come_whole_and_too_large_ones_as_their_size(void **state)
{
    enum { MAX = 1000000 };
    static const size_t sizes[] = {1, 131064, 131065, 300000, MAX, MAX + 1, 5000000, 12};
    const size_t count = sizeof sizes / sizeof *sizes;
    struct client *c = client_new(*state, (struct amqp_settings){.body_max = MAX});
    struct err err;
    declare_system(*state, "large");
    UNTIL(c, c->ups == 1);
    for (size_t i = 0; i < count; i++)
        client_send(c, "large.order.upsert", (int)i, 1, sizes[i]);
    amqp_consume(c->amqp, "tidegate.to.large", 0, NULL, &err);
    UNTIL(c, c->count == count);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(c->seen[i].too_large, sizes[i] > MAX);
        assert_int_equal(c->seen[i].body_n, sizes[i] > MAX ? 0 : sizes[i]);
        assert_int_equal(c->seen[i].body_size, sizes[i]);
        assert_int_equal(c->seen[i].sum, sum_of_filled(c->seen[i].body_n));
        amqp_ack(c->amqp, c->seen[i].epoch, c->seen[i].tag);
    }
    struct sending s = {.client = c, .key = "large.order.upsert", .count = 1, .size = 17 * 1024 * 1024};
    sending_start(&s);
    UNTIL(c, s.over);
    assert_int_equal(s.refused, 1); /* by us, since the broker would close the channel */
    assert_true(amqp_is_up(c->amqp));
    client_free(c);
}

static void a_paused_consumer_keeps_what_it_has_and_gets_no_more(void **state)
{
    struct client *c = client_new(*state, (struct amqp_settings){.prefetch = 4});
    struct err err;
    declare_system(*state, "pause");
    amqp_consume(c->amqp, "tidegate.to.pause", 0, NULL, &err);
    assert_int_equal(amqp_pause(c->amqp, "nothing", true, &err), ERR_NOT_FOUND);
    UNTIL(c, c->ups == 1);
    client_send(c, "pause.order.upsert", 0, 10, 0);
    UNTIL(c, c->count == 4);
    assert_int_equal(amqp_pause(c->amqp, "tidegate.to.pause", true, &err), 0);
    client_idle(c, 200);
    amqp_ack(c->amqp, c->seen[0].epoch, c->seen[0].tag);
    amqp_ack(c->amqp, c->seen[1].epoch, c->seen[1].tag);
    client_idle(c, 300);
    assert_int_equal(c->count, 4);
    c->ack_at_once = true;
    assert_int_equal(amqp_pause(c->amqp, "tidegate.to.pause", false, &err), 0);
    UNTIL(c, c->count == 10);
    amqp_ack(c->amqp, c->seen[2].epoch, c->seen[2].tag);
    amqp_ack(c->amqp, c->seen[3].epoch, c->seen[3].tag);
    client_idle(c, 200);
    assert_int_equal(c->count, 10); /* nothing twice */
    for (int i = 0; i < 10; i++) {
        char id[32];
        snprintf(id, sizeof id, "m%d", i);
        assert_string_equal(c->seen[i].id, id);
    }
    assert_int_equal(client_depth(c, "tidegate.to.pause"), 0);
    assert_int_equal(c->downs, 0);
    client_free(c);
}

static void a_queue_that_is_not_there_yet_is_waited_for(void **state)
{
    struct client *c = client_new(*state, (struct amqp_settings){0});
    struct err err;
    uint32_t messages, consumers;
    amqp_consume(c->amqp, "tidegate.to.later", 0, NULL, &err);
    client_idle(c, 500);
    assert_int_equal(c->ups, 0);
    declare_system(*state, "later");
    UNTIL(c, c->ups == 1);
    assert_int_equal(c->downs, 0);
    assert_int_equal(amqp_depth(c->amqp, "tidegate.to.never", &messages, &consumers, &err), ERR_NOT_FOUND);
    assert_non_null(strstr(err.text, "tidegate.to.never"));
    assert_int_equal(amqp_depth(c->amqp, "tidegate.to.later", &messages, &consumers, &err), 0);
    assert_int_equal(consumers, 1);
    client_send(c, "later.order.upsert", 0, 1, 0); /* an unknown queue did not cost the channel */
    UNTIL(c, c->count == 1);
    client_free(c);
}

static void the_journal_is_read_from_its_beginning(void **state)
{
    struct client *c = client_new(*state, (struct amqp_settings){0});
    struct err err;
    struct amqp_publication p = {.exchange = TOPOLOGY_CHANGES, .routing_key = "shop.order.upsert"};
    declare_system(*state, "journal");
    c->ack_at_once = true;
    UNTIL(c, c->ups == 1);
    for (int i = 0; i < 5; i++)
        assert_int_equal(amqp_publish(c->amqp, NULL, &p, &err), 0);
    amqp_consume(c->amqp, TOPOLOGY_JOURNAL, 2, "first", &err);
    UNTIL(c, c->count == 5);
    for (int i = 0; i < 5; i++)
        assert_int_equal(c->seen[i].offset, i);
    broker_call(c->broker, "ctl", "close_all_connections --global test");
    UNTIL(c, c->ups == 2);
    assert_int_equal(amqp_publish(c->amqp, NULL, &p, &err), 0);
    UNTIL(c, c->count > 5);
    assert_int_equal(c->seen[5].offset, 5); /* goes on behind what was seen */
    client_free(c);
}

static void what_is_acked_twice_over_two_connections_is_acked_once(void **state)
{
    struct client *c = client_new(*state, (struct amqp_settings){.prefetch = 2});
    struct err err;
    declare_system(*state, "epoch");
    amqp_consume(c->amqp, "tidegate.to.epoch", 0, NULL, &err);
    UNTIL(c, c->ups == 1);
    client_send(c, "epoch.order.upsert", 0, 4, 0);
    UNTIL(c, c->count == 2);
    broker_call(c->broker, "ctl", "close_all_connections --global test");
    UNTIL(c, c->ups == 2 && c->count == 4);
    assert_int_equal(c->downs, 1);
    assert_string_equal(c->seen[2].id, "m0");
    assert_true(c->seen[2].redelivered);
    assert_true(c->seen[2].epoch != c->seen[0].epoch);
    amqp_ack(c->amqp, c->seen[0].epoch, c->seen[0].tag); /* ignored */
    amqp_reject(c->amqp, c->seen[1].epoch, c->seen[1].tag, false);
    client_idle(c, 200);
    assert_int_equal(c->count, 4); /* the window of 2 is still full */
    amqp_ack(c->amqp, c->seen[2].epoch, c->seen[2].tag);
    UNTIL(c, c->count == 5);
    assert_string_equal(c->seen[4].id, "m2");
    client_free(c);
}

static void a_killed_broker_fails_the_batch_and_loses_nothing_confirmed(void **state)
{
    struct broker *b = *state;
    struct client *c = client_new(b, (struct amqp_settings){.prefetch = 1000});
    struct err err;
    bool came[1000] = {false};
    declare_system(b, "kill");
    UNTIL(c, c->ups == 1);
    client_send(c, "kill.order.upsert", 0, 500, 0);
    broker_signal(b, SIGSTOP); /* so that it cannot confirm what comes now */
    struct sending s = {.client = c, .key = "kill.order.upsert", .first = 500, .count = 500};
    sending_start(&s);
    client_idle(c, 100);
    assert_false(s.over);
    assert_true(broker_call(b, "kill", ""));
    UNTIL(c, c->downs == 1 && s.over);
    assert_int_equal(s.rc, ERR_UNAVAILABLE);
    assert_int_equal(s.batch.failed, 500);
    assert_int_equal(amqp_publish(c->amqp, NULL, &(struct amqp_publication){.exchange = "", .routing_key = ""}, &err),
                     ERR_UNAVAILABLE);
    assert_true(broker_start(b));
    declare_system(b, "kill"); /* waits until the queues are recovered */
    amqp_consume(c->amqp, "tidegate.to.kill", 0, NULL, &err);
    UNTIL(c, c->ups == 2 && c->count >= 500);
    client_idle(c, 500);
    for (size_t i = 0; i < c->count; i++)
        came[strtol(c->seen[i].id + 1, NULL, 10)] = true;
    for (int i = 0; i < 500; i++)
        assert_true(came[i]);
    client_free(c);
}

static void a_broker_that_hangs_does_not_hang_us(void **state)
{
    struct broker *b = *state;
    struct client *c = client_new(b, (struct amqp_settings){.confirm_timeout_ms = 700});
    declare_system(b, "hang");
    UNTIL(c, c->ups == 1);
    broker_signal(b, SIGSTOP);
    int64_t start = loop_uptime_us(c->loop);
    struct sending s = {.client = c, .key = "hang.order.upsert", .count = 20, .size = 1000000};
    sending_start(&s);
    client_turn(c);
    client_turn(c);
    assert_true(loop_uptime_us(c->loop) - start < 500000); /* 20 MB are more than its socket takes */
    UNTIL(c, s.over);
    assert_int_equal(s.rc, ERR_TIMEOUT);
    assert_non_null(strstr(s.err.text, "no confirm within 700 ms"));
    UNTIL(c, c->downs == 1);
    broker_signal(b, SIGCONT);
    UNTIL(c, c->ups == 2);
    client_send(c, "hang.order.upsert", 0, 3, 0);
    client_free(c);
}

static void silence_is_taken_for_death_and_a_heartbeat_for_life(void **state)
{
    struct broker *b = *state;
    struct client *c = client_new(b, (struct amqp_settings){.heartbeat_s = 1});
    UNTIL(c, c->ups == 1);
    client_idle(c, 4000); /* four times the heartbeat, and nothing to say but that */
    assert_int_equal(c->downs, 0);
    broker_signal(b, SIGSTOP);
    UNTIL(c, c->downs == 1);
    broker_signal(b, SIGCONT);
    assert_int_equal(c->why.code, ERR_TIMEOUT);
    UNTIL(c, c->ups == 2);
    client_free(c);
}

static void a_full_broker_refuses_and_says_why(void **state)
{
    struct broker *b = *state;
    struct client *c = client_new(b, (struct amqp_settings){0});
    struct amqp_publication p = {.exchange = TOPOLOGY_COMMANDS, .routing_key = "full.order.upsert"};
    struct err err = {0};
    declare_system(b, "full");
    UNTIL(c, c->ups == 1);
    assert_true(broker_call(b, "ctl", "set_vm_memory_high_watermark absolute 1"));
    UNTIL(c, amqp_publish(c->amqp, NULL, &p, &err) == ERR_UNAVAILABLE);
    assert_non_null(strstr(err.text, "short of memory or disk"));
    assert_true(amqp_is_up(c->amqp));
    assert_true(broker_call(b, "ctl", "set_vm_memory_high_watermark absolute 512MB"));
    UNTIL(c, amqp_publish(c->amqp, NULL, &p, &err) == 0);
    client_free(c);
}

/* ---- TLS ---- */

static void over_tls_the_certificate_is_verified_and_all_works_the_same(void **state)
{
    const struct broker *b = *state;
    char port[16], good[300], other_name[300], ca[128];
    struct err err;
    declare_system(b, "tls");
    pid_t proxy = broker_tls_start(b, port, sizeof port);
    if (proxy < 0)
        fail_msg("the TLS end does not start: are python3 and openssl installed?");
    broker_tls_uri(b, "localhost", port, good, sizeof good);
    broker_tls_uri(b, "127.0.0.1", port, other_name, sizeof other_name);
    snprintf(ca, sizeof ca, "%s/ca.pem", b->folder);
    const struct amqp_settings refused[] = {{.uri = good}, {.uri = other_name, .ca_file = ca}};
    for (size_t i = 0; i < 2; i++) {
        int rc = topology_declare(&refused[i], &(struct topology_settings){0}, &err);
        if (rc != ERR_UNAVAILABLE && rc != ERR_INVALID) /* invalid: a machine without ca-certificates */
            fail_msg("row %zu: %d %s", i, rc, err.text);
    }
    struct client *c = client_new(b, (struct amqp_settings){.uri = good, .ca_file = ca, .heartbeat_s = 1});
    UNTIL(c, c->ups == 1);
    amqp_consume(c->amqp, "tidegate.to.tls", 0, NULL, &err);
    c->ack_at_once = true;
    client_send(c, "tls.order.upsert", 0, 200, 3000);
    client_send(c, "tls.order.upsert", 200, 1, 300000);
    UNTIL(c, c->count == 201);
    assert_int_equal(c->seen[200].sum, sum_of_filled(300000));
    client_idle(c, 4000); /* heartbeats alone keep it up */
    assert_int_equal(client_depth(c, "tidegate.to.tls"), 0);
    assert_int_equal(c->downs, 0);
    kill(proxy, SIGTERM);
    UNTIL(c, c->downs == 1);
    client_free(c);
    waitpid(proxy, NULL, 0);
}

/* ---- the fixture ---- */

static int start_broker(void **state)
{
    static struct broker broker;
    *state = &broker;
    if (!broker_start(&broker)) {
        broker_remove(&broker);
        return -1;
    }
    return 0;
}

static int stop_broker(void **state)
{
    broker_remove(*state);
    return 0;
}

int main(void)
{
    if (!broker_installed()) {
        fprintf(stderr, "skipped: rabbitmq-server is not installed\n");
        return 77;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(topology_is_declared_again_and_again),
        cmocka_unit_test(topology_names_the_queue_that_has_other_arguments),
        cmocka_unit_test(topology_refuses_a_system_name_that_is_no_word_of_a_key),
        cmocka_unit_test(what_keeps_us_from_the_broker_is_said_without_the_password),
        cmocka_unit_test(a_batch_is_confirmed_delivered_and_acked),
        cmocka_unit_test(an_unroutable_message_fails_alone),
        cmocka_unit_test(what_is_rejected_goes_to_the_dead_letters),
        cmocka_unit_test(what_is_requeued_too_often_goes_to_the_dead_letters),
        cmocka_unit_test(large_messages_come_whole_and_too_large_ones_as_their_size),
        cmocka_unit_test(a_paused_consumer_keeps_what_it_has_and_gets_no_more),
        cmocka_unit_test(a_queue_that_is_not_there_yet_is_waited_for),
        cmocka_unit_test(the_journal_is_read_from_its_beginning),
        cmocka_unit_test(what_is_acked_twice_over_two_connections_is_acked_once),
        cmocka_unit_test(a_killed_broker_fails_the_batch_and_loses_nothing_confirmed),
        cmocka_unit_test(a_broker_that_hangs_does_not_hang_us),
        cmocka_unit_test(silence_is_taken_for_death_and_a_heartbeat_for_life),
        cmocka_unit_test(over_tls_the_certificate_is_verified_and_all_works_the_same),
        cmocka_unit_test(a_full_broker_refuses_and_says_why),
    };
    return cmocka_run_group_tests(tests, start_broker, stop_broker);
}
