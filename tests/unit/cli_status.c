/* What `tidegate status` makes of a process's own words: what is zero is left out, what is wrong is said. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "cli/status_words.h"
#include "edge/json.h"

struct row {
    const char *status, *held, *words; /* held: NULL for an adapter */
};

static void expect(const struct row *r)
{
    struct arena a;
    struct buf out;
    struct value v, held = value_null();
    struct err err;
    arena_init(&a, 1u << 20);
    buf_init(&out, 1u << 16);
    assert_int_equal(json_parse(&a, text_of(r->status), &v, &err), 0);
    if (r->held && r->held[0])
        assert_int_equal(json_parse(&a, text_of(r->held), &held, &err), 0);
    if (r->held)
        status_words_router(&out, &v, &held);
    else
        status_words_adapter(&out, &v);
    assert_string_equal(buf_cstr(&out), r->words);
    buf_release(&out);
    arena_release(&a);
}

static void test_router(void **state)
{
    static const struct row rows[] = {
        {"{\"broker\":\"up\",\"records\":3,\"links\":7,\"held\":{\"refused\":1,\"waiting\":0},\"trouble\":null}",
         "{\"held\":[{\"time\":\"T\",\"reason\":\"refused\",\"entity\":\"price\",\"key\":\"sf:price:1\",\"native\":"
         "\"9\","
         "\"cause\":\"not yours\",\"rule\":\"rules.cfg:34\"}]}",
         "router: ready\n  knows      3 records, 7 objects linked\n  held       1 refused\n"
         "    T refused: price sf:price:1: not yours [rules.cfg:34]\n"},
        {"{\"broker\":\"up\",\"trouble\":\"the disk is full\"}", "",
         "router: in trouble\n  trouble    the disk is full\n"},
        {"{\"broker\":\"down\",\"trouble\":null}", "", "router: the broker cannot be reached\n"},
        {"[]", "", "router: the broker cannot be reached\n"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        expect(&rows[i]);
}

static void test_adapter(void **state)
{
    static const struct row rows[] = {
        {"{\"system\":\"erp\",\"adapter\":\"erp\",\"ready\":true,\"feeds\":[{\"name\":\"orders\",\"age_s\":1.6,"
         "\"error\":null},"
         "{\"name\":\"stock\",\"age_s\":null,\"error\":\"no answer\"}],\"budget_left\":20000.000,"
         "\"counts\":{\"published\":2,\"done\":5,\"retried\":0}}",
         NULL,
         "erp (erp): ready\n  read       orders 2 s ago, stock never yet\n    stock fails: no answer\n"
         "  captured   2 changes published\n  delivered  5 written\n  API budget 20000\n"},
        {"{\"system\":\"shop\",\"adapter\":\"storefront\",\"ready\":false,\"reason\":\"HTTP 503\","
         "\"parked\":[{\"key\":\"k\",\"reason\":\"locked\",\"again_in_s\":4.2}],"
         "\"refused\":[{\"entity\":\"order\",\"object\":\"1\",\"reason\":\"lines[0]: a card number\"}]}",
         NULL,
         "shop (storefront): NOT READY: HTTP 503\n  tried again in 4 s: k: locked\n"
         "  not published: order 1: lines[0]: a card number\n"},
        {"7", NULL, " (): NOT READY: \n"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        expect(&rows[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_router), cmocka_unit_test(test_adapter)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
