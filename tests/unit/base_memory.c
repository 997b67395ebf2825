/* What holds data: arenas, growing buffers and tables, each up to its maximum and no further. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/table.h"

static bool all_zero(const char *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (p[i])
            return false;
    return true;
}

static void test_arena_gives_zeroed_aligned_memory(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a, 1 << 20);
    for (int turn = 0; turn < 4; turn++) {
        for (size_t n = 0; n < 700; n += 1 + n / 7) {
            char *p = arena_alloc(&a, n);
            assert_non_null(p);
            assert_int_equal((uintptr_t)p % ARENA_ALIGN, 0);
            assert_true(all_zero(p, n));
            memset(p, 0xFF, n); /* the next turn must not see it */
        }
        assert_non_null(memset(arena_alloc(&a, 20000), 0xFF, 20000));
        arena_clear(&a);
        assert_int_equal(a.used, 0);
        assert_non_null(a.blocks);
    }
    arena_release(&a);
    assert_null(a.blocks);
}

static void test_arena_keeps_no_huge_block(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a, 1 << 24);
    assert_non_null(arena_alloc(&a, 1 << 23));
    arena_clear(&a);
    assert_null(a.blocks);
    arena_release(&a);
}

static void test_arena_stops_at_its_maximum(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a, 1600);
    for (int i = 0; i < 100; i++)
        assert_non_null(arena_alloc(&a, 16));
    assert_false(arena_failed(&a));
    assert_null(arena_alloc(&a, 1));
    assert_true(arena_failed(&a));
    assert_string_equal(arena_string(&a, text_of("x")), "");
    arena_clear(&a);
    assert_false(arena_failed(&a));
    assert_non_null(arena_alloc(&a, 1600));
    assert_null(arena_alloc(&a, 1));
    arena_clear(&a);
    assert_null(arena_alloc(&a, SIZE_MAX));
    assert_null(arena_alloc(&a, 1)); /* stays failed */
    assert_true(arena_failed(&a));
    arena_release(&a);
}

static void test_arena_texts(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a, 1 << 16);
    struct text t = arena_text(&a, text_of("tide"));
    assert_true(text_is(t, "tide"));
    assert_int_equal(t.p[4], '\0');
    assert_string_equal(arena_string(&a, (struct text){NULL, 0}), "");
    assert_true(text_is(arena_printf(&a, "%s:%d", "rules.cfg", 12), "rules.cfg:12"));
    for (int width = 254; width < 258; width++) { /* around the size of the short way */
        t = arena_printf(&a, "%*d", width, 7);
        assert_int_equal(t.n, width);
        assert_int_equal(t.p[width - 1], '7');
        assert_int_equal(t.p[width], '\0');
    }
    arena_release(&a);
}

static void test_buf_grows_to_its_maximum(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 1000);
    assert_string_equal(buf_cstr(&b), "");
    for (int i = 0; i < 100; i++)
        buf_string(&b, "0123456789");
    assert_false(buf_failed(&b));
    assert_int_equal(buf_view(&b).n, 1000);
    assert_int_equal(strlen(buf_cstr(&b)), 1000);
    buf_char(&b, 'x');
    assert_true(buf_failed(&b));
    assert_int_equal(buf_view(&b).n, 1000); /* stays as it was */
    buf_reset(&b);
    assert_false(buf_failed(&b));
    assert_int_equal(buf_view(&b).n, 0);
    buf_add(&b, "toolong", SIZE_MAX);
    assert_true(buf_failed(&b));
    assert_string_equal(buf_cstr(&b), "");
    buf_reset(&b);
    buf_text(&b, text_of("still good"));
    assert_string_equal(buf_cstr(&b), "still good");
    buf_release(&b);
}

static void test_buf_printf(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 600);
    for (int width = 1; width < 30; width++)
        buf_printf(&b, "%*d", width, 1);
    assert_int_equal(buf_view(&b).n, 435);
    buf_printf(&b, "%165d", 1);
    assert_false(buf_failed(&b));
    assert_int_equal(strlen(buf_cstr(&b)), 600);
    buf_printf(&b, "%d", 1);
    assert_true(buf_failed(&b));
    assert_int_equal(buf_view(&b).n, 600);
    buf_release(&b);
}

enum { keys = 3000 };

static struct text key_of(int i, char out[16])
{
    return (struct text){out, (size_t)snprintf(out, 16, "key-%d", i)};
}

/* A table against the plainest model: an array of what must be in it. */
static void test_table_agrees_with_a_model(void **state)
{
    (void)state;
    struct table t;
    static int values[keys];
    bool model[keys] = {false};
    size_t count = 0;
    char key[16];
    uint32_t random = 1;
    table_init(&t, keys);
    for (int turn = 0; turn < 40000; turn++) {
        random = random * 1664525 + 1013904223;
        int i = (int)(random >> 8) % keys;
        if (random >> 31) {
            assert_int_equal(table_put(&t, key_of(i, key), &values[i]), 0);
            count += !model[i];
        } else {
            assert_ptr_equal(table_remove(&t, key_of(i, key)), model[i] ? &values[i] : NULL);
            count -= model[i];
        }
        model[i] = random >> 31;
        assert_int_equal(t.count, count);
    }
    for (int i = 0; i < keys; i++)
        assert_ptr_equal(table_get(&t, key_of(i, key)), model[i] ? &values[i] : NULL);
    size_t cursor = 0, walked = 0;
    struct text name;
    void *value;
    for (; table_next(&t, &cursor, &name, &value); walked++) {
        int i = (int)((int *)value - values);
        assert_true(model[i] && text_eq(name, key_of(i, key)));
    }
    assert_int_equal(walked, count);
    table_release(&t);
}

static void test_table_bounds(void **state)
{
    (void)state;
    struct table t;
    int one, two;
    table_init(&t, 2);
    assert_null(table_get(&t, text_of("a")));
    assert_null(table_remove(&t, text_of("a")));
    assert_int_equal(table_put(&t, text_of("a"), &one), 0);
    assert_int_equal(table_put(&t, (struct text){NULL, 0}, &two), 0); /* an empty key is a key */
    assert_int_equal(table_put(&t, text_of("b"), &two), ERR_TOO_LARGE);
    assert_int_equal(table_put(&t, text_of("a"), &two), 0); /* replacing needs no room */
    assert_ptr_equal(table_get(&t, text_of("a")), &two);
    assert_ptr_equal(table_get(&t, text_of("")), &two);
    table_release(&t);
    assert_int_equal(table_put(&t, text_of("a"), &one), 0); /* a released table is an empty one */
    table_release(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arena_gives_zeroed_aligned_memory), cmocka_unit_test(test_arena_keeps_no_huge_block),
        cmocka_unit_test(test_arena_stops_at_its_maximum),        cmocka_unit_test(test_arena_texts),
        cmocka_unit_test(test_buf_grows_to_its_maximum),          cmocka_unit_test(test_buf_printf),
        cmocka_unit_test(test_table_agrees_with_a_model),         cmocka_unit_test(test_table_bounds),
    };
    return cmocka_run_group_tests_name("base_memory", tests, NULL, NULL);
}
