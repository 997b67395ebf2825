/* The router's decisions, line by line of docs/architecture.md: fields, echoes, refusals, references. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "router_world.h"

static const char rules[] = "account: { shared = [\"sf\", \"shop\"]; conflict = \"latest\"; to = [\"erp\"]; };\n"
                            "contact: { shared = [\"sf\", \"shop\"]; conflict = \"latest\"; to = [\"erp\"]; };\n"
                            "product: { owner = \"sf\"; to = [\"shop\", \"erp\"]; match = [\"sku\"];\n"
                            "  fields: { images = { owner = \"shop\"; to = []; }; }; };\n"
                            "price: { owner = \"sf\"; to = [\"shop\"]; };\n"
                            "order: { owner = \"shop\"; to = [\"sf\", \"erp\"];\n"
                            "  fields: { fulfilment = { owner = \"erp\"; to = [\"sf\"]; }; }; };\n";

static void a_change_reaches_its_targets(void **state)
{
    (void)state;
    world_rows(rules, (const struct row[]){
        {"sf product p1 v=1 {\"sku\":\"A\",\"name\":\"Ale\",\"weight\":null}",
         "applied\nshop sf:product:p1 #1 new {\"sku\":\"A\",\"name\":\"Ale\"}\n"
         "erp sf:product:p1 #1 new {\"sku\":\"A\",\"name\":\"Ale\"}\n", "a new record; null is nothing where nothing was"},
        {"sf product p1 v=1 {\"sku\":\"A\",\"name\":\"Ale\",\"weight\":null}", "duplicate\n", "the same again"},
        {"shop done sf:product:p1 #1 77 v=5", "", "the link is learned; nothing is missing"},
        {"erp done sf:product:p1 #1 88", "", NULL},
        {"sf product p1 v=2 {\"sku\":\"A\",\"name\":\"Pale Ale\",\"weight\":null}",
         "applied\nshop sf:product:p1 #2 77 {\"name\":\"Pale Ale\"}\nerp sf:product:p1 #2 88 {\"name\":\"Pale Ale\"}\n",
         "only what changed"},
        {"sf product p1 v=1 {\"sku\":\"A\",\"name\":\"Ale\"}", "older\n", "an older version"},
        {"shop done sf:product:p1 #2 77 v=6", "", NULL},
        {"erp done sf:product:p1 #2 88", "", NULL},
        {"sf product p1 v=3 {\"sku\":\"A\",\"name\":null}",
         "applied\nshop sf:product:p1 #3 77 {\"name\":null}\nerp sf:product:p1 #3 88 {\"name\":null}\n",
         "null where something was is told"},
        {0}});
}

static void an_echo_is_known_by_value(void **state)
{
    (void)state;
    world_rows(rules, (const struct row[]){
        {"shop account a1 v=1 {\"name\":\"Alfki \",\"phone\":\"1\"}",
         "applied\nsf shop:account:a1 #1 new {\"name\":\"Alfki \",\"phone\":\"1\"}\n"
         "erp shop:account:a1 #1 new {\"name\":\"Alfki \",\"phone\":\"1\"}\n", NULL},
        {"sf done shop:account:a1 #1 001 v=1 {\"name\":\"Alfki\",\"phone\":\"1\"}", "",
         "stored in another form: that is its way to write it"},
        {"sf account 001 v=1 {\"name\":\"Alfki\",\"phone\":\"1\"}", "echo\n", "the echo, normalised"},
        {"sf account 001 v=1 {\"name\":\"Alfki\",\"phone\":\"1\"}", "duplicate\n", "seen before"},
        {"sf account 001 v=2 {\"name\":\"Alfki\",\"phone\":\"2\"}",
         "applied\nshop shop:account:a1 #2 a1 {\"phone\":\"2\"}\nerp shop:account:a1 #2 new "
         "{\"name\":\"Alfki \",\"phone\":\"2\"}\n", "a person's edit right after: no timer hides it"},
        {"shop account a1 v=2 {\"name\":\"Alfki \",\"phone\":\"2\"}", "echo\n", "the echo before its outcome says nothing new"},
        {"shop done shop:account:a1 #2 a1 v=2 {\"phone\":\"2\"}", "", NULL},
        {"shop account a1 v=3 {\"name\":\"Alfki\",\"phone\":\"2\"}",
         "applied\nerp shop:account:a1 #3 new {\"name\":\"Alfki\",\"phone\":\"2\"}\n",
         "Salesforce shows this form already"},
        {0}});
}

static void who_may_not_set_is_refused_with_the_rule(void **state)
{
    (void)state;
    world_rows(rules, (const struct row[]){
        {"sf product p1 {\"sku\":\"A\",\"name\":\"Ale\"}",
         "applied\nshop sf:product:p1 #1 new {\"sku\":\"A\",\"name\":\"Ale\"}\n"
         "erp sf:product:p1 #1 new {\"sku\":\"A\",\"name\":\"Ale\"}\n", NULL},
        {"shop done sf:product:p1 #1 77", "", NULL},
        {"shop product 77 {\"sku\":\"A\",\"name\":\"Ale\",\"barcode\":\"9\",\"images\":[\"http://i\"]}", "applied\n",
         "pictures are the shop's own and go nowhere; a barcode seen first is where it stands"},
        {"shop product 77 {\"sku\":\"A\",\"name\":\"Beer\",\"barcode\":\"9\"}",
         "refused\n+refused shop may not set product.name: that is for sf rules.cfg:3\n", "an attempt to change"},
        {"shop product 77 {\"sku\":\"A\",\"name\":\"Beer\",\"barcode\":\"9\"}", "duplicate\n", "and only once"},
        {"sf product p1 {\"sku\":\"A\",\"name\":\"Ale\",\"unit\":\"crate\"}",
         "applied\nshop sf:product:p1 #3 77 {\"name\":\"Ale\",\"unit\":\"crate\"}\n"
         "erp sf:product:p1 #3 new {\"sku\":\"A\",\"name\":\"Ale\",\"unit\":\"crate\"}\n",
         "the next change of the record restores the truth"},
        {"shop product 77 {\"images\":[\"http://j\"]}", "deferred\n", "the shop has a command under way"},
        {"shop done sf:product:p1 #3 77", "applied\n-refused\n", NULL},
        {"sf product p1 {\"images\":[\"http://k\"]}", "noted\n", "first shown: where it stands"},
        {"sf product p1 {\"images\":[\"http://l\"]}",
         "refused\n+refused sf may not set product.images: that is for shop rules.cfg:4\n", "a field's own rule"},
        {0}});
}

static void a_first_look_is_where_a_system_stands(void **state)
{
    (void)state;
    world_rows(rules, (const struct row[]){
        {"shop product 77 {\"sku\":\"a \",\"name\":\"Old name\",\"unit\":\"box\"}",
         "+unknown no product is known for it, and shop may not make one rules.cfg:3\n", NULL},
        {"sf product p1 {\"sku\":\"A\",\"name\":\"Ale\"}",
         "applied\nnoted\nshop sf:product:p1 #2 77 {\"sku\":\"A\",\"name\":\"Ale\"}\n"
         "erp sf:product:p1 #2 new {\"sku\":\"A\",\"name\":\"Ale\"}\n-unknown\n",
         "the shop's object is found by its SKU before another is made, and gets the truth"},
        {0}});
}

static void references_wait_for_their_objects(void **state)
{
    (void)state;
    world_rows(rules, (const struct row[]){
        {"shop order o1 {\"number\":\"#1\",\"account\":\"a1\",\"lines\":[{\"key\":\"1\",\"product\":\"77\",\"quantity\":\"2\"}]}",
         "applied\n+waiting account a1 of shop is not known yet, and 1 more\n"
         "+waiting account a1 of shop is not known yet, and 1 more\n", "neither account nor product are known"},
        {"shop account a1 {\"name\":\"Alfki\"}",
         "applied\nsf shop:account:a1 #1 new {\"name\":\"Alfki\"}\nerp shop:account:a1 #1 new {\"name\":\"Alfki\"}\n",
         "known, but not in the targets"},
        {"sf product p1 {\"sku\":\"A\"}",
         "applied\nshop sf:product:p1 #1 new {\"sku\":\"A\"}\nerp sf:product:p1 #1 new {\"sku\":\"A\"}\n", NULL},
        {"shop done sf:product:p1 #1 77", "", "the line's product is known now, but not its object in the ERP"},
        {"shop order o1 {\"number\":\"#1b\"}", "applied\n", "a later change while it waits"},
        {"sf done shop:account:a1 #1 001",
         "sf shop:order:o1 #5 new {\"number\":\"#1b\",\"account\":\"001\",\"lines\":[{\"key\":\"1\",\"product\":\"p1\","
         "\"quantity\":\"2\"}]}\n-waiting\n", "released with the later change in it"},
        {"erp done shop:account:a1 #1 9", "", "the product is still missing there"},
        {"erp done sf:product:p1 #1 88",
         "erp shop:order:o1 #6 new {\"number\":\"#1b\",\"account\":\"9\",\"lines\":[{\"key\":\"1\",\"product\":\"88\","
         "\"quantity\":\"2\"}]}\n-waiting\n", NULL},
        {0}});
}

static void a_field_has_an_owner_of_its_own(void **state)
{
    (void)state;
    world_rows(rules, (const struct row[]){
        {"shop order o1 {\"number\":\"#1\",\"fulfilment\":\"none\"}",
         "applied\nsf shop:order:o1 #1 new {\"number\":\"#1\"}\nerp shop:order:o1 #1 new {\"number\":\"#1\"}\n",
         "the shop may not set the fulfilment"},
        {"erp done shop:order:o1 #1 S1", "", NULL},
        {"sf done shop:order:o1 #1 801", "", NULL},
        {"erp order S1 {\"number\":\"#1\",\"fulfilment\":\"full\"}",
         "applied\nsf shop:order:o1 #2 801 {\"fulfilment\":\"full\"}\n", "the ERP may; it goes to Salesforce alone"},
        {"erp order S2 {\"number\":\"#2\"}",
         "+unknown no order is known for it, and erp may not make one rules.cfg:6\n", NULL},
        {0}});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_change_reaches_its_targets),
        cmocka_unit_test(an_echo_is_known_by_value),
        cmocka_unit_test(who_may_not_set_is_refused_with_the_rule),
        cmocka_unit_test(a_first_look_is_where_a_system_stands),
        cmocka_unit_test(references_wait_for_their_objects),
        cmocka_unit_test(a_field_has_an_owner_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
