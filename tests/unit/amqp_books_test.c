/* The books that amqp keeps, against a broker that is a set of numbers: every delivery is told exactly once, never with
 * a tag that the broker no longer knows, and never over one that is still under way; every publish counts once in its
 * batch. By chance from a fixed seed. */
#include "../../node/edge/amqp_acks.h"
#include "../../node/edge/amqp_confirm.h"
#include "../../node/edge/amqp_retry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
/* last, as its header wants the ones above */
#include <cmocka.h>

#define TAGS 20000

static uint64_t draw(uint64_t *seed, uint64_t below)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (*seed >> 33) % below;
}

/* ---- acks ---- */

enum fate { NOT_SENT, OUT, ACKED, GONE };

struct model {
    struct acks acks;
    enum fate fate[TAGS + 1]; /* what the broker (GONE: it knows) and we (ACKED: it does not yet) hold of a tag */
    uint64_t sent;
    uint64_t out; /* in the broker's eyes: it delivers no more than the window of these */
};

static void tell_all(struct model *m)
{
    uint64_t tag;
    bool multiple;
    while (acks_next(&m->acks, &tag, &multiple)) {
        assert_int_equal(m->fate[tag], ACKED); /* else: unknown delivery tag, and the channel is closed */
        for (uint64_t t = multiple ? 1 : tag; t <= tag; t++) {
            assert_int_not_equal(m->fate[t], OUT);
            m->out -= m->fate[t] == ACKED;
            m->fate[t] = GONE;
        }
    }
    for (uint64_t t = 1; t <= m->sent; t++)
        assert_int_not_equal(m->fate[t], ACKED);
    assert_int_equal(m->acks.untold, 0);
}

static void answer_one(struct model *m, uint64_t *seed)
{
    uint64_t t = 1 + draw(seed, m->sent);
    bool reject = draw(seed, 10) == 0;
    bool known = reject ? acks_rejected(&m->acks, t) : acks_acked(&m->acks, t);
    assert_int_equal(known, m->fate[t] == OUT);
    if (!known)
        return;
    m->fate[t] = reject ? GONE : ACKED;
    m->out -= reject;
}

static void deliveries_are_told_once_and_never_over_one_under_way(void **state)
{
    (void)state;
    static const uint64_t windows[] = {1, 2, 255, 256, 257, 1000};
    for (size_t w = 0; w < sizeof windows / sizeof *windows; w++) {
        struct model *m = calloc(1, sizeof *m);
        uint64_t seed = w + 1;
        assert_non_null(m);
        acks_init(&m->acks);
        for (int step = 0; step < 20000 && m->sent < TAGS; step++) {
            if (m->out < windows[w] && draw(&seed, 3)) {
                assert_true(acks_delivered(&m->acks, ++m->sent));
                m->fate[m->sent] = OUT;
                m->out++;
            } else if (m->sent) {
                answer_one(m, &seed);
            }
            if (draw(&seed, 500) == 0 || m->out == windows[w])
                tell_all(m);
        }
        tell_all(m);
        assert_true(m->acks.cap <= 4 * (windows[w] < 256 ? 256 : windows[w])); /* an old one does not make it grow */
        acks_release(&m->acks);
        free(m);
    }
}

static void acks_in_a_row_are_one(void **state)
{
    (void)state;
    struct acks a;
    uint64_t tag;
    bool multiple;
    acks_init(&a);
    for (uint64_t t = 1; t <= 500; t++)
        assert_true(acks_delivered(&a, t));
    for (uint64_t t = 400; t >= 1; t--)
        assert_true(acks_acked(&a, t));
    assert_true(acks_next(&a, &tag, &multiple));
    assert_int_equal(tag, 400);
    assert_true(multiple);
    assert_false(acks_next(&a, &tag, &multiple));
    acks_clear(&a);
    assert_false(acks_acked(&a, 401)); /* of a channel that is gone */
    acks_release(&a);
}

/* ---- confirms ---- */

static void each_publish_counts_once_in_its_batch(void **state)
{
    (void)state;
    enum { BATCHES = 7, COUNT = 5000 };
    static struct amqp_batch batch[BATCHES];
    static bool answered[COUNT + 1], bad[COUNT + 1];
    const struct err refused = {.code = ERR_UNAVAILABLE, .text = "refused"};
    struct confirms c;
    uint64_t seed = 42;
    unsigned fails[BATCHES] = {0};
    confirms_init(&c);
    for (uint64_t n = 1; n <= COUNT; n++)
        assert_true(confirms_add(&c, &batch[n % BATCHES], n, 1000 + (int64_t)n));
    while (confirms_waiting(&c)) {
        uint64_t n = 1 + draw(&seed, COUNT);
        bool multiple = draw(&seed, 200) == 0 && n < c.first + 50, fail = draw(&seed, 4) == 0;
        confirms_answer(&c, n, multiple, fail ? &refused : NULL);
        for (uint64_t t = multiple ? 1 : n; t <= n; t++) {
            bad[t] = answered[t] ? bad[t] : fail;
            answered[t] = true;
        }
    }
    for (uint64_t n = 1; n <= COUNT; n++)
        fails[n % BATCHES] += bad[n];
    for (int b = 0; b < BATCHES; b++) {
        assert_int_equal(batch[b].waiting, 0);
        assert_int_equal(batch[b].failed, fails[b]);
    }
    confirms_answer(&c, COUNT + 1, true, NULL); /* never published */
    confirms_release(&c);
}

static void a_returned_publish_fails_once_whatever_follows(void **state)
{
    (void)state;
    const struct err unroutable = {.code = ERR_NOT_FOUND, .text = "no queue"}, lost = {.code = ERR_UNAVAILABLE};
    static const char *const then[] = {"its confirm", "a refusal", "the loss of the connection"};
    for (int row = 0; row < 3; row++) {
        struct amqp_batch b = {0};
        struct confirms c;
        int64_t at;
        confirms_init(&c);
        confirms_add(&c, &b, 11, 1000);
        confirms_add(&c, &b, 22, 2000);
        confirms_returned(&c, 33, &unroutable); /* none of ours */
        confirms_returned(&c, 22, &unroutable);
        assert_int_equal(b.failed, 1);
        assert_int_equal(b.waiting, 2);
        confirms_answer(&c, 1, false, NULL);
        assert_true(confirms_oldest(&c, &at));
        assert_int_equal(at, 2000);
        if (row < 2)
            confirms_answer(&c, 2, false, row ? &lost : NULL);
        else
            confirms_fail(&c, &lost);
        if (b.failed != 1 || b.waiting || b.first.code != ERR_NOT_FOUND)
            fail_msg("after %s: %u failed, %u waiting", then[row], b.failed, b.waiting);
        assert_false(confirms_oldest(&c, &at));
        confirms_release(&c);
    }
}

static void a_lost_connection_fails_all_and_numbers_start_again(void **state)
{
    (void)state;
    const struct err lost = {.code = ERR_UNAVAILABLE, .text = "lost"};
    struct amqp_batch b = {0};
    struct confirms c;
    confirms_init(&c);
    for (int i = 0; i < 1000; i++)
        confirms_add(&c, i % 2 ? &b : NULL, 0, 0); /* who does not care has no batch */
    confirms_answer(&c, 500, true, NULL);
    confirms_fail(&c, &lost);
    assert_int_equal(b.waiting, 0);
    assert_int_equal(b.failed, 250);
    struct amqp_batch next = {0};
    confirms_add(&c, &next, 0, 0);
    confirms_answer(&c, 1, false, NULL);
    assert_int_equal(next.waiting + next.failed, 0);
    confirms_release(&c);
}

/* ---- back-off ---- */

static void the_back_off_doubles_to_five_seconds(void **state)
{
    (void)state;
    static const struct {
        unsigned attempt;
        int64_t least, most;
    } rows[] = {{0, 50, 100}, {1, 100, 200}, {5, 1600, 3200}, {6, 2500, 5000}, {1000000, 2500, 5000}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (uint64_t chance = 0; chance < 10000; chance += 7) {
            int64_t ms = amqp_retry_ms(rows[i].attempt, chance);
            assert_true(ms >= rows[i].least && ms <= rows[i].most);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(deliveries_are_told_once_and_never_over_one_under_way),
        cmocka_unit_test(acks_in_a_row_are_one),
        cmocka_unit_test(each_publish_counts_once_in_its_batch),
        cmocka_unit_test(a_returned_publish_fails_once_whatever_follows),
        cmocka_unit_test(a_lost_connection_fails_all_and_numbers_start_again),
        cmocka_unit_test(the_back_off_doubles_to_five_seconds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
