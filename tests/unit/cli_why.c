/* What `tidegate why` makes of a record. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "cli/why_words.h"
#include "edge/json.h"

static const char record[] =
    "{\"key\":\"sf:product:p1\",\"entity\":\"product\",\"revision\":3,\"systems\":{"
    "\"sf\":{\"native\":\"p1\",\"version\":\"9\",\"in_flight\":0},\"shop\":{\"native\":\"\",\"version\":\"\",\"in_flight\":3}},"
    "\"fields\":{\"sku\":\"A\",\"name\":\"N\"},\"set_by\":{"
    "\"sku\":{\"system\":\"sf\",\"time\":\"T1\",\"message\":\"m1\",\"rule\":\"rules.cfg:4\","
    "\"at\":{\"sf\":\"said it\",\"shop\":\"has it\"}},"
    "\"name\":{\"system\":\"sf\",\"time\":\"T2\",\"message\":\"m2\",\"at\":{}}},"
    "\"held\":[{\"time\":\"T3\",\"reason\":\"refused\",\"cause\":\"shop may not\",\"rule\":\"rules.cfg:4\"}]}";

#define HEAD "product sf:product:p1, revision 3\n  sf           p1, version 9\n" \
             "  shop         has no object of it, told revision 3 and not answered yet\n"
#define SKU "\nsku = \"A\"\n  set by sf at T1, message m1  [rules.cfg:4]\n  shop has it\n"
#define NAME "\nname = \"N\"\n  set by sf at T2, message m2\n"
#define HELD "\nheld\n  T3 refused: shop may not  [rules.cfg:4]\n"

static void test_words(void **state)
{
    static const struct {
        const char *field, *words;
        bool found;
    } rows[] = {{NULL, HEAD SKU NAME HELD, true}, {"sku", HEAD SKU HELD, true}, {"skv", HEAD HELD, false}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena a;
        struct buf out;
        struct value v;
        struct err err;
        arena_init(&a, 1u << 20);
        buf_init(&out, 1u << 16);
        assert_int_equal(json_parse(&a, text_of(record), &v, &err), 0);
        assert_int_equal(why_words(&out, &v, rows[i].field), rows[i].found);
        assert_string_equal(buf_cstr(&out), rows[i].words);
        buf_release(&out);
        arena_release(&a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_words)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
