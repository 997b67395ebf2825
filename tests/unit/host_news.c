/* The host's parts that decide what is news: which reads are trusted (objects), what is the same as before (state), and
 * what is remembered over a restart (memory). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "host.h"
#include "state.h"

#define P "product"

static struct text t(const char *s)
{
    return text_of(s);
}

/* ---- objects ---- */

struct scene {
    struct loop *loop;
    struct objects o;
    struct object_read read;
};

static void scene_begin(struct scene *s)
{
    struct err err;
    assert_int_equal(loop_new(&s->loop, &err), 0);
    objects_init(&s->o, s->loop);
    objects_read_begin(&s->o, &s->read);
}

static void scene_end(struct scene *s)
{
    objects_read_end(&s->o, &s->read);
    assert_int_equal(s->o.table.count, 0); /* nothing is kept for reads that are over */
    objects_release(&s->o);
    loop_free(s->loop);
}

static bool trusted(struct scene *s, const char *native, bool known)
{
    return objects_trusted(&s->o, &s->read, P, t(native), known, 0);
}

static void test_read_and_write(void **state)
{
    struct scene s;
    (void)state;
    scene_begin(&s);
    assert_true(trusted(&s, "1", true));
    objects_write_begin(&s.o, P, t("1"));
    assert_false(trusted(&s, "1", true)); /* under way */
    assert_true(trusted(&s, "2", true));
    assert_true(objects_trusted(&s.o, &s.read, "order", t("1"), true, 0)); /* another entity's 1 */
    objects_write_end(&s.o, P, t("1"));
    assert_false(trusted(&s, "1", true)); /* it ended after the read began */
    objects_read_renew(&s.o, &s.read);
    assert_true(trusted(&s, "1", true));
    scene_end(&s);
}

static void test_two_writes_at_once_are_counted(void **state)
{
    struct scene s;
    (void)state;
    scene_begin(&s);
    objects_write_begin(&s.o, P, t("1"));
    objects_write_begin(&s.o, P, t("1"));
    objects_write_end(&s.o, P, t("1"));
    objects_read_renew(&s.o, &s.read);
    assert_false(trusted(&s, "1", true));
    objects_write_end(&s.o, P, t("1"));
    objects_read_renew(&s.o, &s.read);
    assert_true(trusted(&s, "1", true));
    scene_end(&s);
}

static void test_create(void **state)
{
    struct scene s;
    (void)state;
    scene_begin(&s);
    objects_create_begin(&s.o, P, t("r:1"));
    objects_create_begin(&s.o, P, t("r:1")); /* tried again: still one */
    assert_false(trusted(&s, "7", false));   /* may be what we are making */
    assert_true(trusted(&s, "7", true));
    assert_true(objects_trusted(&s.o, &s.read, "order", t("7"), false, 0));
    uint64_t seen = s.o.epoch;
    objects_create_begin(&s.o, P, t("r:2")); /* begun after 7 was seen: cannot have made it */
    assert_false(objects_ready(&s.o, P, t("7"), false, seen));
    objects_create_end(&s.o, P, t("r:1"), t("8"));
    assert_true(objects_ready(&s.o, P, t("7"), false, seen));
    assert_false(trusted(&s, "8", true)); /* read before its create ended */
    objects_read_renew(&s.o, &s.read);
    assert_true(trusted(&s, "8", true));
    assert_true(objects_trusted(&s.o, &s.read, P, t("7"), false, seen));
    objects_create_end(&s.o, P, t("r:2"), (struct text){0});
    assert_true(trusted(&s, "9", false));
    scene_end(&s);
}

static void test_two_readers(void **state)
{
    struct scene s;
    struct object_read other;
    uint64_t at, mine, seen;
    (void)state;
    scene_begin(&s);
    objects_read_begin(&s.o, &other);
    assert_int_equal(objects_publish(&s.o, &other, P, t("1"), 11, &at), 0);
    assert_false(trusted(&s, "1", true)); /* which of the two saw more? */
    assert_true(objects_trusted(&s.o, &other, P, t("1"), true, 0));
    assert_int_equal(objects_pending(&s.o, &s.read, 0, P, t("1"), &seen), PENDING_OTHER);
    assert_int_equal(objects_pending(&s.o, &other, at - 1, P, t("1"), &seen), PENDING_OURS);
    assert_int_equal(seen, 11);
    assert_int_equal(objects_pending(&s.o, &other, at, P, t("1"), &seen), PENDING_OTHER); /* of an earlier try */
    assert_true(objects_latest(&s.o, P, t("1"), at));
    objects_read_renew(&s.o, &s.read);
    assert_true(trusted(&s, "1", true)); /* read after the other's was published */
    assert_int_equal(objects_publish(&s.o, &s.read, P, t("1"), 12, &mine), 0);
    assert_false(objects_latest(&s.o, P, t("1"), at));
    assert_true(objects_latest(&s.o, P, t("1"), mine));
    objects_write_begin(&s.o, P, t("1"));
    assert_false(objects_latest(&s.o, P, t("1"), mine)); /* the delivery says what is kept */
    objects_write_end(&s.o, P, t("1"));
    assert_false(objects_latest(&s.o, P, t("1"), mine));
    assert_int_equal(objects_pending(&s.o, &s.read, 0, P, t("1"), &seen), PENDING_NONE);
    objects_read_end(&s.o, &other);
    scene_end(&s);
}

static void test_long_ago_is_forgotten_while_reads_go_on(void **state)
{
    struct scene s;
    char native[16];
    (void)state;
    scene_begin(&s);
    for (int i = 0; i < 1000; i++) {
        snprintf(native, sizeof native, "%d", i);
        objects_write_begin(&s.o, P, t(native));
        objects_write_end(&s.o, P, t(native));
    }
    assert_int_equal(s.o.table.count, 1000);
    objects_read_renew(&s.o, &s.read);
    assert_int_equal(s.o.table.count, 0);
    objects_write_begin(&s.o, P, t("x"));
    objects_read_renew(&s.o, &s.read);
    assert_int_equal(s.o.table.count, 1); /* under way */
    objects_write_end(&s.o, P, t("x"));
    scene_end(&s);
}

/* ---- state ---- */

static struct value fields_of(struct arena *a, const char *sku, const char *name)
{
    struct value v = value_map(a, 0);
    if (sku != NULL)
        value_set(a, &v, text_of("sku"), value_string(sku));
    if (name != NULL)
        value_set(a, &v, text_of("name"), value_string(name));
    return v;
}

static void test_state(void **state)
{
    const char *folders[] = {"proto/entities"};
    struct schema *schema;
    struct arena a;
    struct err err;
    (void)state;
    arena_init(&a, 1u << 20);
    assert_int_equal(schema_load(&schema, folders, 1, &err), 0);
    const struct entity *e = schema_find(schema, t("product"));
    struct value ab = fields_of(&a, "a", "b"), ac = fields_of(&a, "a", "c"), only = fields_of(&a, "a", NULL);
    struct value name = fields_of(&a, NULL, "c"), null = fields_of(&a, "a", NULL);
    value_set(&a, &null, t("name"), value_null());
    struct text one = state_of(&a, e, t("k"), &ab);
    assert_true(text_eq(one, state_of(&a, e, t("k"), &ab)));
    assert_false(text_eq(one, state_of(&a, e, t(""), &ab)));
    assert_false(text_eq(one, state_of(&a, e, t("k"), &ac)));
    assert_false(text_eq(state_of(&a, e, t("k"), &only), state_of(&a, e, t("k"), &null))); /* absent is not null */
    assert_true(text_eq(state_merge(&a, one, e, t(""), &name), state_of(&a, e, t("k"), &ac)));
    assert_false(text_eq(state_merge(&a, state_in_doubt(), e, t("k"), &name), state_of(&a, e, t("k"), &ac)));
    assert_false(text_eq(state_deleted(), state_in_doubt()));
    schema_free(schema);
    arena_release(&a);
}

/* ---- memory ---- */

static void count_pair(void *ctx, struct text entity, struct text id, struct text native)
{
    (void)entity, (void)id, (void)native;
    ++*(int *)ctx;
}

static void count_refused(void *ctx, const struct refused *r)
{
    (void)r;
    ++*(int *)ctx;
}

static void fill(struct memory *m)
{
    struct err err = {0};
    struct refused r = {t(P), t("x"), t("why"), true, 5};
    assert_int_equal(memory_keep_cursor(m, "orders", t("c1"), &err), 0);
    assert_int_equal(memory_keep_published(m, P, t("1"), (struct text){"\0\1", 2}, &err), 0);
    assert_int_equal(memory_keep_event(m, t("e1"), &err), 0);
    assert_int_equal(memory_keep_applied(m, t("k"), 7, t("n"), &err), 0);
    assert_int_equal(memory_keep_outcome(m, t("cmd"), t("body"), &err), 0);
    assert_int_equal(memory_keep_intent(m, t("k"), P, 1, &err), 0);
    assert_int_equal(memory_keep_refresh(m, P, t("1"), t("1"), &err), 0);
    assert_int_equal(memory_keep_refresh(m, P, t("1"), t("2"), &err), 0); /* the same object */
    assert_int_equal(memory_keep_refused(m, &r, &err), 0);
}

static void check(struct memory *m)
{
    struct arena a;
    struct text out;
    struct applied applied;
    int pairs = 0, refused = 0;
    arena_init(&a, 65536);
    assert_int_equal(memory_cursor(m, "orders", &a, &out, NULL), 0);
    assert_true(text_is(out, "c1"));
    assert_int_equal(memory_cursor(m, "none", &a, &out, NULL), 0);
    assert_int_equal(out.n, 0);
    assert_int_equal(memory_published(m, P, t("1"), &a, &out, NULL), 1);
    assert_true(text_eq(out, (struct text){"\0\1", 2}));
    assert_int_equal(memory_published(m, P, t("2"), &a, &out, NULL), 0);
    assert_int_equal(memory_event_known(m, t("e1"), NULL), 1);
    assert_int_equal(memory_event_known(m, t("e2"), NULL), 0);
    assert_int_equal(memory_applied(m, t("k"), &a, &applied, NULL), 1);
    assert_int_equal(applied.revision, 7);
    assert_true(text_is(applied.native, "n"));
    assert_int_equal(memory_outcome(m, t("cmd"), &a, &out, NULL), 1);
    assert_true(text_is(out, "body"));
    assert_int_equal(memory_has_intent(m, t("k"), NULL), 1);
    assert_int_equal(memory_each_refresh(m, count_pair, &pairs, NULL), 0);
    assert_int_equal(pairs, 1);
    assert_int_equal(memory_each_refused(m, 10, count_refused, &refused, NULL), 0);
    assert_int_equal(refused, 1);
    assert_int_equal(memory_refused_count(m), 1);
    arena_release(&a);
}

static void test_memory(void **state)
{
    char path[] = "/tmp/host-memory-XXXXXX", line[128];
    struct memory *m, *second;
    struct err err = {0};
    (void)state;
    close(mkstemp(path));
    assert_int_equal(memory_open(&m, path, &err), 0);
    fill(m);
    check(m);
    assert_int_not_equal(memory_open(&second, path, &err), 0); /* one process has it for itself */
    memory_close(m);
    assert_int_equal(memory_open(&m, path, &err), 0);
    check(m);
    assert_int_equal(memory_begin(m, &err), 0);
    assert_int_equal(memory_drop_refused(m, P, t("x"), &err), 0);
    memory_rollback(m);
    assert_int_equal(memory_refused_count(m), 1);
    assert_int_equal(memory_drop_refused(m, P, t("x"), &err), 0);
    assert_int_equal(memory_refused_count(m), 0);
    assert_int_equal(memory_drop_intent(m, t("k"), &err), 0);
    assert_int_equal(memory_has_intent(m, t("k"), &err), 0);
    memory_close(m);
    snprintf(line, sizeof line, "rm -f %s %s-*", path, path);
    assert_int_equal(system(line), 0);
}

static void test_outcomes_are_bounded(void **state)
{
    char path[] = "/tmp/host-memory-XXXXXX", line[128], id[32];
    struct memory *m;
    struct arena a;
    struct text body;
    struct err err = {0};
    (void)state;
    arena_init(&a, 65536);
    close(mkstemp(path));
    assert_int_equal(memory_open(&m, path, &err), 0);
    assert_int_equal(memory_begin(m, &err), 0);
    for (int i = 0; i < MEMORY_OUTCOMES_MAX + 10; i++) {
        snprintf(id, sizeof id, "c%d", i);
        assert_int_equal(memory_keep_outcome(m, t(id), t("x"), &err), 0);
    }
    assert_int_equal(memory_commit(m, &err), 0);
    assert_int_equal(memory_outcome(m, t("c9"), &a, &body, &err), 0);
    assert_int_equal(memory_outcome(m, t("c10"), &a, &body, &err), 1);
    memory_close(m);
    arena_release(&a);
    snprintf(line, sizeof line, "rm -f %s %s-*", path, path);
    assert_int_equal(system(line), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_read_and_write),
        cmocka_unit_test(test_two_writes_at_once_are_counted),
        cmocka_unit_test(test_create),
        cmocka_unit_test(test_two_readers),
        cmocka_unit_test(test_long_ago_is_forgotten_while_reads_go_on),
        cmocka_unit_test(test_state),
        cmocka_unit_test(test_memory),
        cmocka_unit_test(test_outcomes_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
