/* What `tidegate held` makes of held items. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "cli/held_words.h"
#include "edge/json.h"

static const char items[] =
    "{\"held\":["
    "{\"time\":\"T3\",\"reason\":\"refused\",\"entity\":\"price\",\"system\":\"shop\",\"key\":\"sf:price:2\",\"native\":\"g2\","
    "\"cause\":\"shop may not\",\"rule\":\"rules.cfg:4\"},"
    "{\"time\":\"T2\",\"reason\":\"unknown\",\"entity\":\"account\",\"system\":\"erp\",\"native\":\"1\",\"cause\":\"nobody\"},"
    "{\"time\":\"T1\",\"reason\":\"refused\",\"entity\":\"price\",\"system\":\"shop\",\"key\":\"sf:price:1\",\"native\":\"g1\","
    "\"cause\":\"shop may not\",\"rule\":\"rules.cfg:4\"}]}";

#define REFUSED "2 refused: shop may not  [rules.cfg:4]\n    T3  price sf:price:2  (g2 in shop)\n"
#define OLDER "    T1  price sf:price:1  (g1 in shop)\n"
#define UNKNOWN "1 unknown: nobody\n    T2  account 1\n"

static void test_groups(void **state)
{
    static const struct {
        struct held_filter filter;
        size_t shown, count;
        const char *words;
    } rows[] = {{{NULL, NULL, NULL}, 5, 3, REFUSED OLDER UNKNOWN},
                {{NULL, NULL, NULL}, 1, 3, REFUSED UNKNOWN},
                {{"unknown", NULL, NULL}, 5, 1, UNKNOWN},
                {{NULL, "price", "shop"}, 5, 2, REFUSED OLDER},
                {{NULL, "price", "erp"}, 5, 0, ""}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena a;
        struct buf out;
        struct value v;
        struct err err;
        arena_init(&a, 1u << 20);
        buf_init(&out, 1u << 16);
        assert_int_equal(json_parse(&a, text_of(items), &v, &err), 0);
        assert_int_equal(held_words(&out, &v, &rows[i].filter, rows[i].shown), rows[i].count);
        assert_string_equal(buf_cstr(&out), rows[i].words);
        buf_release(&out);
        arena_release(&a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_groups)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
