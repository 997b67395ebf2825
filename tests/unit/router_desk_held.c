/* What is set aside: why, once, whole; and that nothing of it flows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/json_text.h"
#include "proto/codec.h"
#include "router_world.h"

static const char rules[] = "product: { owner = \"sf\"; to = [\"shop\"]; };\n";

static void each_reason_has_its_cause(void **state)
{
    (void)state;
    world_rows(rules, (const struct row[]){
        {"sf account 1 {\"name\":\"A\"}", "+invalid no rule is about account\n", "an entity without a rule"},
        {"crm product 1 {\"sku\":\"A\"}", "+invalid source: system \"crm\" is in no config\n", "an unknown system"},
        {"sf product 1 t=0 deleted", "+delete the rules do not say yet what a delete means rules.cfg:1\n", NULL},
        {"sf product 1 t=0 deleted", "", "redelivered: no second one"},
        {"shop product 7 t=0 {\"sku\":\"A\"}",
         "+unknown no product is known for it, and shop may not make one rules.cfg:1\n", NULL},
        {"shop product 7 t=0 {\"sku\":\"A\"}", "", "redelivered"},
        {"sf product p1 {\"sku\":\"A\"}", "applied\nshop sf:product:p1 #1 new {\"sku\":\"A\"}\n", NULL},
        {"shop done sf:product:p1 #1 7", "echo\n-unknown\n", "the object is known now, and showed what it was told"},
        {0}});
}

static int take(struct world *w, struct text body, struct text user, uint64_t too_large)
{
    struct err err = {0};
    assert_int_equal(desk_begin(&w->at.desk, w->at.now, &err), 0);
    int rc = desk_take(&w->at.desk, &(struct desk_message){body, user, too_large}, &err);
    assert_int_equal(desk_save(&w->at.desk, &err), 0);
    assert_int_equal(desk_commit(&w->at.desk, &err), 0);
    return rc;
}

struct last {
    struct arena *arena;
    struct held held;
    size_t count;
};

static int keep_first(void *ctx, const struct held *h)
{
    struct last *l = ctx;
    if (l->count++)
        return 0;
    l->held = *h;
    l->held.cause = arena_text(l->arena, h->cause);
    l->held.message = arena_text(l->arena, h->message);
    l->held.native = arena_text(l->arena, h->native);
    return 0;
}

static struct last newest(struct world *w)
{
    struct last l = {.arena = &w->at.arena};
    struct err err;
    assert_int_equal(w->store->ops->each_held(w->store, 1000, keep_first, &l, &err), 0);
    return l;
}

static void broken_bytes_are_held_whole_and_once(void **state)
{
    (void)state;
    for (int sqlite = 0; sqlite < 2; sqlite++) {
        struct world w;
        const struct text none = {NULL, 0};
        world_start(&w, rules, sqlite);
        assert_int_equal(take(&w, (struct text){"\xC1\x00 broken", 9}, none, 0), 0);
        assert_int_equal(take(&w, (struct text){"\xC1\x00 broken", 9}, none, 0), 0);
        struct last l = newest(&w);
        assert_int_equal(l.count, 1);
        assert_int_equal(l.held.reason, HELD_INVALID);
        assert_true(text_eq(l.held.message, (struct text){"\xC1\x00 broken", 9}));
        assert_true(l.held.cause.n > 0);
        assert_int_equal(take(&w, (struct text){"\xC1\x01 other", 8}, none, 0), 0);
        assert_int_equal(newest(&w).count, 2);
        assert_int_equal(take(&w, none, none, 40000000), 0);
        l = newest(&w);
        assert_int_equal(l.count, 3);
        assert_non_null(strstr(l.held.cause.p, "40000000 bytes"));
        world_stop(&w);
    }
}

static struct text product_message(struct world *w, const char *barcode)
{
    struct buf out;
    char id[UUID_TEXT];
    struct message m = {.time = w->at.now, .source = text_of("sf"), .entity = text_of("product"), .subject_id = text_of("p1")};
    m.fields = value_map(&w->at.arena, 1);
    m.fields.members[0] = (struct member){text_of("description"), value_string(barcode)};
    m.id = message_change_id(&m, id);
    buf_init(&out, 1u << 16);
    message_write(&out, &m);
    struct text bytes = arena_text(&w->at.arena, buf_view(&out));
    buf_release(&out);
    return bytes;
}

static void a_card_number_is_kept_nowhere(void **state)
{
    (void)state;
    struct world w;
    world_start(&w, rules, false);
    assert_int_equal(take(&w, product_message(&w, "card 4111 1111 1111 1111"), (struct text){NULL, 0}, 0), 0);
    struct last l = newest(&w);
    assert_int_equal(l.held.reason, HELD_INVALID);
    assert_int_equal(l.held.message.n, 0);
    assert_null(strstr(l.held.cause.p, "4111"));
    world_stop(&w);
}

static void another_systems_credential_does_not_speak_for_it(void **state)
{
    (void)state;
    struct world w;
    world_start(&w, rules, false);
    w.at.desk.settings.users_are_systems = true;
    assert_int_equal(take(&w, product_message(&w, "x"), text_of("tidegate-shop"), 0), 0);
    struct last l = newest(&w);
    assert_int_equal(l.held.reason, HELD_INVALID);
    assert_non_null(strstr(l.held.cause.p, "\"tidegate-shop\", who may not speak for it"));
    assert_int_equal(take(&w, product_message(&w, "x"), text_of("tidegate-sf"), 0), 0);
    assert_int_equal(newest(&w).count, 1);
    assert_int_equal(w.at.metrics.commands[1], 1);
    world_stop(&w);
}

static void a_batch_that_fails_leaves_nothing(void **state)
{
    (void)state;
    for (int sqlite = 0; sqlite < 2; sqlite++) {
        struct world w;
        struct err err;
        struct store_counts counts;
        world_start(&w, rules, sqlite);
        assert_int_equal(desk_begin(&w.at.desk, w.at.now, &err), 0);
        assert_int_equal(desk_take(&w.at.desk, &(struct desk_message){.body = product_message(&w, "x")}, &err), 0);
        assert_int_equal(desk_take(&w.at.desk, &(struct desk_message){.body = {"\xC1", 1}}, &err), 0);
        assert_int_equal(w.at.desk.out_count, 1);
        assert_int_equal(desk_save(&w.at.desk, &err), 0); /* the broker did not confirm */
        desk_drop(&w.at.desk);
        assert_int_equal(w.store->ops->counts(w.store, &counts, &err), 0);
        assert_int_equal(counts.records + counts.links + counts.waiting + counts.held[HELD_INVALID], 0);
        assert_int_equal(w.at.desk.out_count, 0);
        world_stop(&w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_reason_has_its_cause),
        cmocka_unit_test(broken_bytes_are_held_whole_and_once),
        cmocka_unit_test(a_card_number_is_kept_nowhere),
        cmocka_unit_test(another_systems_credential_does_not_speak_for_it),
        cmocka_unit_test(a_batch_that_fails_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
