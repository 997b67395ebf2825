/* Which record an object is: link, carried key, match value, or a new one; and what waits until that is known. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "router_world.h"

static const char rules[] = "contact: { shared = [\"sf\", \"shop\"]; conflict = \"latest\"; to = [\"erp\"]; "
                            "match = [\"email\"]; };\n"
                            "product: { owner = \"sf\"; to = [\"shop\"]; match = [\"sku\"]; };\n"
                            "account: { shared = [\"sf\", \"shop\"]; conflict = \"latest\"; };\n";

static void a_match_value_links(void **state)
{
    (void)state;
    world_rows(rules, (const struct row[]){
        {"shop contact c1 t=0 {\"first_name\":\"Ann\",\"email\":\"Ann@X.de\",\"phone\":\"1\"}",
         "applied\nsf shop:contact:c1 #1 new {\"first_name\":\"Ann\",\"email\":\"Ann@X.de\",\"phone\":\"1\"}\n"
         "erp shop:contact:c1 #1 new {\"first_name\":\"Ann\",\"email\":\"Ann@X.de\",\"phone\":\"1\"}\n", NULL},
        {"sf refused shop:contact:c1 #1 DUPLICATE", "+rejected sf refused it (value): DUPLICATE\n", NULL},
        {"sf contact 003 t=5 {\"first_name\":\"Anne\",\"email\":\" ann@x.de\",\"phone\":null,\"title\":\"Dr\"}",
         "applied\nsf shop:contact:c1 #2 003 {\"phone\":\"1\"}\n"
         "shop shop:contact:c1 #2 c1 {\"first_name\":\"Anne\",\"title\":\"Dr\",\"email\":\" ann@x.de\"}\n"
         "erp shop:contact:c1 #2 new {\"first_name\":\"Anne\",\"title\":\"Dr\",\"email\":\" ann@x.de\",\"phone\":\"1\"}\n",
         "found whatever case and white space; the later value holds, and nothing does not hold against something"},
        {"sf done shop:contact:c1 #2 003", "-rejected\n", NULL},
        {0}});
}

static void the_earlier_of_two_values_gives_way(void **state)
{
    (void)state;
    world_rows(rules, (const struct row[]){
        {"shop contact c1 t=10 {\"email\":\"a@x.de\",\"phone\":\"1\"}",
         "applied\nsf shop:contact:c1 #1 new {\"email\":\"a@x.de\",\"phone\":\"1\"}\n"
         "erp shop:contact:c1 #1 new {\"email\":\"a@x.de\",\"phone\":\"1\"}\n", NULL},
        {"sf refused shop:contact:c1 #1 DUPLICATE", "+rejected sf refused it (value): DUPLICATE\n", NULL},
        {"sf contact 003 t=5 {\"email\":\"a@x.de\",\"phone\":\"2\"}",
         "noted\nsf shop:contact:c1 #2 003 {\"phone\":\"1\"}\n", "whatever order they arrive in"},
        {0}});
}

static void an_object_found_while_another_is_made(void **state)
{
    (void)state;
    world_rows(rules, (const struct row[]){
        {"shop contact c1 {\"email\":\"a@x.de\"}",
         "applied\nsf shop:contact:c1 #1 new {\"email\":\"a@x.de\"}\nerp shop:contact:c1 #1 new {\"email\":\"a@x.de\"}\n",
         NULL},
        {"sf contact 003 {\"email\":\"a@x.de\"}", "echo\n", "Salesforce had one, and our command is on its way"},
        {"sf done shop:contact:c1 #1 004", "+conflict record shop:contact:c1 has two objects in sf: 003, and now 004\n",
         "a person must know"},
        {"sf contact 004 {\"email\":\"a@x.de\"}", "echo\n", "no record of its own"},
        {0}});
}

static void empty_and_null_never_match(void **state)
{
    (void)state;
    world_rows(rules, (const struct row[]){
        {"shop contact c1 {\"email\":\"\",\"phone\":\"1\"}",
         "applied\nsf shop:contact:c1 #1 new {\"email\":\"\",\"phone\":\"1\"}\n"
         "erp shop:contact:c1 #1 new {\"email\":\"\",\"phone\":\"1\"}\n", NULL},
        {"sf done shop:contact:c1 #1 001", "", NULL},
        {"sf contact 003 {\"email\":\"  \",\"phone\":\"2\"}",
         "applied\nshop sf:contact:003 #1 new {\"email\":\"  \",\"phone\":\"2\"}\n"
         "erp sf:contact:003 #1 new {\"email\":\"  \",\"phone\":\"2\"}\n", "another person"},
        {"sf contact 004 {\"email\":null,\"phone\":\"3\"}",
         "applied\nshop sf:contact:004 #1 new {\"phone\":\"3\"}\nerp sf:contact:004 #1 new {\"phone\":\"3\"}\n", NULL},
        {0}});
}

static void two_objects_with_one_address_are_two_records(void **state)
{
    (void)state;
    world_rows(rules, (const struct row[]){
        {"sf contact 003 {\"email\":\"a@x.de\"}",
         "applied\nshop sf:contact:003 #1 new {\"email\":\"a@x.de\"}\nerp sf:contact:003 #1 new {\"email\":\"a@x.de\"}\n",
         NULL},
        {"sf contact 004 {\"email\":\"a@x.de\"}",
         "applied\nshop sf:contact:004 #1 new {\"email\":\"a@x.de\"}\nerp sf:contact:004 #1 new {\"email\":\"a@x.de\"}\n",
         "the first has an object in Salesforce already"},
        {"shop refused sf:contact:003 #1 TAKEN", "+rejected shop refused it (value): TAKEN\n", NULL},
        {"shop contact c9 {\"email\":\"a@x.de\"}",
         "+conflict several records have the same match value, and none of them has an object in this system: which "
         "one is it? rules.cfg:1\n", "a third would be one too many, and a guess would mix two people up"},
        {"shop done sf:contact:004 #1 c4", "", NULL},
        {"shop contact c9 {\"email\":\"a@x.de\",\"phone\":\"1\"}",
         "applied\nsf sf:contact:003 #2 003 {\"phone\":\"1\"}\n"
         "erp sf:contact:003 #2 new {\"email\":\"a@x.de\",\"phone\":\"1\"}\n", "one is left"},
        {0}});
}

static void a_carried_key_links(void **state)
{
    (void)state;
    world_rows(rules, (const struct row[]){
        {"shop account a1 {\"name\":\"A\"}", "applied\nsf shop:account:a1 #1 new {\"name\":\"A\"}\n", NULL},
        {"sf account 001 key=shop:account:a1 {\"name\":\"A\",\"phone\":\"2\"}", "deferred\n",
         "the echo before the outcome, with more in it"},
        {"sf done shop:account:a1 #1 001", "applied\nshop shop:account:a1 #3 a1 {\"phone\":\"2\"}\n", NULL},
        {"sf account 002 key=shop:account:a1 {\"name\":\"A copy\"}",
         "applied\nshop sf:account:002 #1 new {\"name\":\"A copy\"}\n", "somebody cloned it: another object"},
        {"sf account 003 key=shop:account:zz {\"name\":\"Z\"}",
         "+unknown it carries the key shop:account:zz, and there is no such record yet rules.cfg:3\n",
         "the router died before it kept the record: no second one is made"},
        {"shop account zz {\"name\":\"Z\"}", "applied\nnoted\n-unknown\n",
         "and the change that comes again finds it, whatever else is being made"},
        {0}});
}

static void the_unknown_is_released_by_its_match_value(void **state)
{
    (void)state;
    world_rows(rules, (const struct row[]){
        {"shop product 77 v=1 {\"sku\":\"A\",\"unit\":\"box\"}",
         "+unknown no product is known for it, and shop may not make one rules.cfg:2\n", NULL},
        {"shop product 77 v=2 {\"sku\":\"A\",\"unit\":\"crate\"}",
         "+unknown no product is known for it, and shop may not make one rules.cfg:2\n", NULL},
        {"sf product p1 {\"sku\":\"B\"}", "applied\nshop sf:product:p1 #1 new {\"sku\":\"B\"}\n", "another one"},
        {"sf product p2 {\"sku\":\"A\"}",
         "applied\nnoted\nrefused\n+refused shop may not set product.unit: that is for sf rules.cfg:2\n"
         "-unknown\n-unknown\n", "both, in order, and no other is made"},
        {0}});
}

static void an_object_that_may_be_ours_waits_while_one_is_made(void **state)
{
    (void)state;
    world_rows(rules, (const struct row[]){
        {"sf account 001 {\"name\":\"A\"}", "applied\nshop sf:account:001 #1 new {\"name\":\"A\"}\n", NULL},
        {"shop account a1 {\"name\":\"A\",\"kind\":\"company\"}", "deferred\n",
         "it carries no key; it may be what we are making"},
        {"shop account a2 {\"name\":\"B\"}", "deferred\n", NULL},
        {"shop done sf:account:001 #1 a1", "applied\napplied\nsf sf:account:001 #3 001 {\"kind\":\"company\"}\n"
         "sf shop:account:a2 #2 new {\"name\":\"B\"}\n", "one was, the other is new"},
        {0}});
}

static void what_waits_while_one_is_made_does_not_wait_for_ever(void **state)
{
    (void)state;
    world_rows(rules, (const struct row[]){
        {"sf account 001 {\"name\":\"A\"}", "applied\nshop sf:account:001 #1 new {\"name\":\"A\"}\n", NULL},
        {"shop account a2 {\"name\":\"B\"}", "deferred\n", NULL},
        {"wait 62", "applied\nsf shop:account:a2 #2 new {\"name\":\"B\"}\n", NULL},
        {0}});
}

/* Both systems had the customer before: he is found, not doubled. */
static void nothing_is_made_before_the_first_read_is_through(void **state)
{
    (void)state;
    world_rows(rules, (const struct row[]){
        {"first reads are to come", "", NULL},
        {"sf contact 003 {\"email\":\"a@x.de\",\"phone\":\"1\"}",
         "applied\n+waiting the first read of contact in shop is not through yet\n"
         "+waiting the first read of contact in erp is not through yet\n", NULL},
        {"erp contact snapshot", "erp sf:contact:003 #2 new {\"email\":\"a@x.de\",\"phone\":\"1\"}\n-waiting\n",
         "the ERP had nobody"},
        {"shop contact c1 {\"email\":\"a@x.de\",\"phone\":\"1\"}", "noted\n-waiting\n", "here he is"},
        {"shop contact snapshot", "", "nothing is left to make"},
        {"sf contact 004 {\"email\":\"b@x.de\"}",
         "applied\nshop sf:contact:004 #1 new {\"email\":\"b@x.de\"}\nerp sf:contact:004 #1 new {\"email\":\"b@x.de\"}\n",
         "from now on at once"},
        {0}});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_match_value_links),
        cmocka_unit_test(the_earlier_of_two_values_gives_way),
        cmocka_unit_test(an_object_found_while_another_is_made),
        cmocka_unit_test(empty_and_null_never_match),
        cmocka_unit_test(two_objects_with_one_address_are_two_records),
        cmocka_unit_test(nothing_is_made_before_the_first_read_is_through),
        cmocka_unit_test(a_carried_key_links),
        cmocka_unit_test(the_unknown_is_released_by_its_match_value),
        cmocka_unit_test(an_object_that_may_be_ours_waits_while_one_is_made),
        cmocka_unit_test(what_waits_while_one_is_made_does_not_wait_for_ever),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
