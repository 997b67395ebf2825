/* "Why is this value here?": how each system stands to each field, and which record a person means. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "router/why.h"
#include "router_world.h"

static const char rules[] = "product: { owner = \"sf\"; match = [\"sku\"];\n"
                            "to: { shop: { }; erp: { only: { active = [true]; }; }; };\n"
                            "fields: { images = { owner = \"shop\"; to = []; }; }; };\n";

struct expected {
    const char *lines[6]; /* said to the world */
    const char *name;     /* of the record that is asked for */
    const char *words[6]; /* that must be in the answer */
};

static const char *why(struct world *w, const char *name)
{
    int64_t places[WHY_FOUND_MAX];
    struct record *r;
    struct err err = {0};
    struct buf out;
    const struct entity *e = schema_find(w->schema, text_of("product"));
    buf_init(&out, 1u << 20);
    assert_int_equal(why_find(w->store, w->rules, e, text_of(name), places, &err), 1);
    assert_int_equal(w->store->ops->load(w->store, places[0], &r, &err), 0);
    assert_int_equal(why_write(&out, r, w->rules, w->store, &w->at.arena, &err), 0);
    const char *text = arena_string(&w->at.arena, buf_view(&out));
    record_free(r);
    buf_release(&out);
    return text;
}

static void each_standing_has_its_words(void **state)
{
#define MADE "sf product p1 v=1 {\"sku\":\"A\",\"name\":\"N\"}", "shop done sf:product:p1 #1 77 {\"sku\":\"A\",\"name\":\"N\"}"
    static const struct expected rows[] = {
        {{"sf product p1 v=1 {\"sku\":\"A\",\"name\":\"N\"}"}, "sf:product:p1",
         {"\"key\":\"sf:product:p1\",\"entity\":\"product\",\"revision\":1", "\"fields\":{\"sku\":\"A\",\"name\":\"N\"}",
          "\"name\":{\"system\":\"sf\",", "\"rule\":\"rules.cfg:1\"",
          "\"at\":{\"sf\":\"said it\",\"shop\":\"is told, and has not answered yet\",\"erp\":\"is not to have it\"}"}},
        {{MADE}, "a", {"\"shop\":\"has it\"", "\"native\":\"77\""}},
        {{MADE, "shop product 77 {\"name\":\"X\"}"}, "77",
         {"\"shop\":\"shows another value, which is refused\"", "\"held\":[{", "shop may not set product.name"}},
        {{MADE, "sf product p1 {\"active\":true}", "shop refused sf:product:p1 #2 NO"}, "shop:77",
         {"\"active\":{\"system\":\"sf\"", "\"at\":{\"sf\":\"said it\",\"shop\":\"refused the last command\","
          "\"erp\":\"is told, and has not answered yet\"}", "\"rejected\":true"}},
        {{MADE, "shop product 77 {\"images\":[\"http://i\"]}"}, "p1",
         {"\"images\":{\"system\":\"shop\"", "\"rule\":\"rules.cfg:3\",\"at\":{\"shop\":\"said it\"}"}},
    };
    (void)state;
    for (size_t i = 0; i < 2 * sizeof rows / sizeof *rows; i++) {
        const struct expected *row = &rows[i / 2];
        struct world w;
        world_start(&w, rules, i % 2);
        for (size_t k = 0; k < 6 && row->lines[k]; k++)
            world_say(&w, row->lines[k]);
        const char *text = why(&w, row->name);
        for (size_t k = 0; k < 6 && row->words[k]; k++)
            if (!strstr(text, row->words[k]))
                fail_msg("row %zu lacks %s: %s", i / 2, row->words[k], text);
        world_stop(&w);
    }
}

static void what_is_meant_by_several_is_told(void **state)
{
    struct world w;
    struct err err = {0};
    int64_t places[WHY_FOUND_MAX];
    (void)state;
    world_start(&w, rules, false);
    world_say(&w, "sf product p1 {\"sku\":\"A\"}");
    world_say(&w, "sf product p2 {\"sku\":\"A\"}");
    const struct entity *e = schema_find(w.schema, text_of("product"));
    assert_int_equal(why_find(w.store, w.rules, e, text_of("A"), places, &err), 2);
    assert_int_equal(why_find(w.store, w.rules, e, text_of("B"), places, &err), 0);
    assert_int_equal(why_find(w.store, w.rules, NULL, text_of("p1"), places, &err), 0);
    assert_int_equal(why_find(w.store, w.rules, NULL, text_of("sf:product:p1"), places, &err), 1);
    world_stop(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_standing_has_its_words),
        cmocka_unit_test(what_is_meant_by_several_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
