/* What the words of a rule make of changes: conflict, when, only, seed (docs/rules.md). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>

#include "router_world.h"

/* An account that both share; the shop's change of the telephone number is on its way to Salesforce while Salesforce
 * changes it too. */
#define BOTH_CHANGE_THE_PHONE(t)                                                                                       \
    {"shop account a1 v=1 t=1 {\"name\":\"A\",\"phone\":\"1\"}",                                                        \
     "applied\nsf shop:account:a1 #1 new {\"name\":\"A\",\"phone\":\"1\"}\n", "set up"},                                \
    {"sf done shop:account:a1 #1 001 {\"name\":\"A\",\"phone\":\"1\"}", "", "set up"},                                  \
    {"shop account a1 v=2 t=20 {\"phone\":\"2\"}", "applied\nsf shop:account:a1 #2 001 {\"phone\":\"2\"}\n", "set up"}, \
    {"sf account 001 v=2 t=" #t " {\"phone\":\"3\",\"name\":\"B\"}", "deferred\n", "set up"}

static void the_later_change_holds(void **state)
{
    static const char rules[] = "account: { shared = [\"sf\", \"shop\"]; conflict = \"latest\"; };\n";
    (void)state;
    world_rows(rules, (const struct row[]){
        BOTH_CHANGE_THE_PHONE(10),
        {"sf refused shop:account:a1 #2 NO", "applied\nsf shop:account:a1 #4 001 {\"phone\":\"2\"}\n"
         "shop shop:account:a1 #4 a1 {\"name\":\"B\"}\n+rejected sf refused it (value): NO\n",
         "the number is older than the shop's; the name is no conflict"},
        {0}});
    world_rows(rules, (const struct row[]){
        BOTH_CHANGE_THE_PHONE(30),
        {"sf refused shop:account:a1 #2 NO", "applied\nshop shop:account:a1 #4 a1 {\"name\":\"B\",\"phone\":\"3\"}\n"
         "+rejected sf refused it (value): NO\n", "it is later"},
        {0}});
}

static void the_preferred_system_holds(void **state)
{
    (void)state;
    world_rows("account: { shared = [\"sf\", \"shop\"]; conflict = \"sf\"; };\n", (const struct row[]){
        BOTH_CHANGE_THE_PHONE(10),
        {"sf refused shop:account:a1 #2 NO", "applied\nshop shop:account:a1 #4 a1 {\"name\":\"B\",\"phone\":\"3\"}\n"
         "+rejected sf refused it (value): NO\n", "older, and preferred"},
        {0}});
    world_rows("account: { shared = [\"sf\", \"shop\"]; conflict = \"latest\";\n"
               "fields: { phone = { conflict = \"shop\"; }; }; };\n", (const struct row[]){
        BOTH_CHANGE_THE_PHONE(30),
        {"sf refused shop:account:a1 #2 NO", "applied\nsf shop:account:a1 #4 001 {\"phone\":\"2\"}\n"
         "shop shop:account:a1 #4 a1 {\"name\":\"B\"}\n+rejected sf refused it (value): NO\n",
         "later, and not preferred for this field"},
        {0}});
}

static void a_conflict_can_be_held(void **state)
{
    (void)state;
    world_rows("account: {\nshared = [\"sf\", \"shop\"]; conflict = \"hold\"; };\n", (const struct row[]){
        BOTH_CHANGE_THE_PHONE(30),
        {"sf refused shop:account:a1 #2 NO", "applied\nsf shop:account:a1 #4 001 {\"phone\":\"2\"}\n"
         "shop shop:account:a1 #4 a1 {\"name\":\"B\"}\n"
         "+rejected sf refused it (value): NO\n"
         "+conflict sf and shop have both changed account.phone; what shop said was there first, and stands rules.cfg:1\n", NULL},
        {0}});
}

static void a_target_may_be_told_once_or_only_what_it_has(void **state)
{
    (void)state;
    world_rows("product: { owner = \"sf\"; to: { shop: { when = \"create\"; }; erp: { when = \"update\"; }; };\n"
               "fields: { unit = { to: { shop: { when = \"always\"; }; }; }; }; match = [\"sku\"]; };\n", (const struct row[]){
        {"sf product p1 {\"sku\":\"A\",\"name\":\"Ale\",\"unit\":\"box\"}",
         "applied\nshop sf:product:p1 #1 new {\"sku\":\"A\",\"name\":\"Ale\",\"unit\":\"box\"}\n", "nothing is made in the ERP"},
        {"shop done sf:product:p1 #1 77", "", NULL},
        {"sf product p1 {\"name\":\"Beer\",\"unit\":\"crate\"}", "applied\nshop sf:product:p1 #2 77 {\"unit\":\"crate\"}\n",
         "the name was told once"},
        {"erp product 9 {\"sku\":\"A\",\"name\":\"Old\"}", "noted\nerp sf:product:p1 #3 9 {\"name\":\"Beer\"}\n",
         "what the ERP has is kept in step"},
        {0}});
}

static void only_what_is_like_that_is_made(void **state)
{
    (void)state;
    world_rows("product: { owner = \"sf\"; to: { shop: { only: { category = [\"Tea\", \"Cake\"]; active = [true]; }; }; }; };\n",
               (const struct row[]){
        {"sf product p1 {\"sku\":\"A\",\"category\":\"Cups\",\"active\":true}", "applied\n", NULL},
        {"sf product p2 {\"sku\":\"B\",\"category\":\"Tea\"}", "applied\n", "nobody has said that it is active"},
        {"sf product p2 {\"active\":true}",
         "applied\nshop sf:product:p2 #2 new {\"sku\":\"B\",\"active\":true,\"category\":\"Tea\"}\n", "now it is, with all"},
        {"shop done sf:product:p2 #2 77", "", NULL},
        {"sf product p2 {\"active\":false}", "applied\nshop sf:product:p2 #3 77 {\"active\":false}\n",
         "what is there is kept in step"},
        {0}});
}

static void a_seed_is_left_to_its_owner(void **state)
{
    (void)state;
    world_rows("product: { owner = \"sf\"; to = [\"shop\", \"erp\"];\n"
               "fields: { description = { owner = \"shop\"; to = [\"erp\"]; seed = \"sf\"; }; }; };\n", (const struct row[]){
        {"sf product p1 {\"sku\":\"A\",\"description\":\"dry\"}",
         "applied\nshop sf:product:p1 #1 new {\"sku\":\"A\",\"description\":\"dry\"}\n"
         "erp sf:product:p1 #1 new {\"sku\":\"A\",\"description\":\"dry\"}\n", NULL},
        {"shop done sf:product:p1 #1 77", "", NULL},
        {"erp done sf:product:p1 #1 9", "", NULL},
        {"sf product p1 {\"description\":\"very dry\"}", "noted\n", "it has said what it had to say; nothing is held"},
        {"shop product 77 {\"sku\":\"A\",\"description\":\"Golden, with honey\"}",
         "applied\nerp sf:product:p1 #2 9 {\"description\":\"Golden, with honey\"}\n", "the shop enriches it"},
        {0}});
}

/* Two systems that correct each other's spelling: an automation in each. */
static void what_bounces_is_held(void **state)
{
    (void)state;
    for (int sqlite = 0; sqlite < 2; sqlite++) {
        struct world w;
        const char *answer = "";
        int turns = 0;
        world_start(&w, "account: { shared = [\"sf\", \"shop\"]; conflict = \"latest\"; };\n", sqlite);
        world_say(&w, "shop account a1 {\"name\":\"Ab\"}");
        world_say(&w, "sf done shop:account:a1 #1 001 {\"name\":\"Ab\"}");
        for (; turns < 100 && !strstr(answer, "+conflict"); turns++) {
            bool sf = turns % 2 == 0;
            answer = world_say(&w, sf ? "sf account 001 {\"name\":\"AB\"}" : "shop account a1 {\"name\":\"Ab\"}");
            char line[80];
            snprintf(line, sizeof line, "%s done shop:account:a1 #%d %s", sf ? "shop" : "sf", turns + 2, sf ? "a1" : "001");
            if (!strstr(answer, "+conflict"))
                world_say(&w, line);
        }
        assert_int_equal(turns, DECIDE_TURNS_MAX + 1);
        assert_string_equal(answer, "noted\n+conflict sf and others, last shop, have changed this record in turn more than 20 times "
                                    "within 10 minutes; account.name stays what shop said, until they rest rules.cfg:1\n");
        assert_string_equal(world_say(&w, "wait 700"), "");
        assert_non_null(strstr(world_say(&w, "sf account 001 {\"name\":\"Ab and sons\"}"), "applied\nshop shop:account:a1"));
        world_stop(&w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_later_change_holds),
        cmocka_unit_test(the_preferred_system_holds),
        cmocka_unit_test(a_conflict_can_be_held),
        cmocka_unit_test(a_target_may_be_told_once_or_only_what_it_has),
        cmocka_unit_test(only_what_is_like_that_is_made),
        cmocka_unit_test(a_seed_is_left_to_its_owner),
        cmocka_unit_test(what_bounces_is_held),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
