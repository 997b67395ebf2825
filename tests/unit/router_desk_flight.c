/* Commands under way: what waits for their outcomes, what their outcomes teach, and what a crash repeats. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "router_world.h"

static const char rules[] = "account: { shared = [\"sf\", \"shop\"]; conflict = \"latest\"; to = [\"erp\"]; };\n"
                            "product: { owner = \"sf\"; to = [\"shop\"]; };\n";

/* An account of the shop that both others have. */
#define KNOWN                                                                                                          \
    {"shop account a1 v=1 {\"name\":\"A\",\"phone\":\"1\"}",                                                            \
     "applied\nsf shop:account:a1 #1 new {\"name\":\"A\",\"phone\":\"1\"}\n"                                            \
     "erp shop:account:a1 #1 new {\"name\":\"A\",\"phone\":\"1\"}\n", "set up"},                                        \
    {"sf done shop:account:a1 #1 001 v=1 {\"name\":\"A\",\"phone\":\"1\"}", "", "set up"},                              \
    {"erp done shop:account:a1 #1 9 v=1", "", "set up"}

static void an_edit_while_a_command_is_under_way_waits(void **state)
{
    (void)state;
    world_rows(rules, (const struct row[]){
        KNOWN,
        {"shop account a1 v=2 {\"name\":\"B\",\"phone\":\"1\"}",
         "applied\nsf shop:account:a1 #2 001 {\"name\":\"B\"}\nerp shop:account:a1 #2 9 {\"name\":\"B\"}\n", NULL},
        {"sf account 001 v=1 {\"name\":\"A\",\"phone\":\"1\"}", "echo\n", "what Salesforce showed before: no news"},
        {"sf account 001 v=2 {\"name\":\"A\",\"phone\":\"7\"}", "deferred\n",
         "a person's edit; whether before or after our write is not known yet"},
        {"sf account 001 v=4 {\"name\":\"B\",\"phone\":\"8\"}", "deferred\n", "later ones keep their order behind it"},
        {"sf done shop:account:a1 #2 001 v=3 {\"name\":\"B\",\"phone\":\"7\"}",
         "applied\napplied\nshop shop:account:a1 #5 a1 {\"phone\":\"8\"}\nerp shop:account:a1 #5 9 {\"phone\":\"8\"}\n",
         "the name was read before our write and is passed over; the phones are edits, and the later one is told"},
        {0}});
}

static void an_edit_that_waits_too_long_is_decided_against_what_was_told(void **state)
{
    (void)state;
    world_rows(rules, (const struct row[]){
        KNOWN,
        {"shop account a1 v=2 {\"name\":\"B\",\"phone\":\"1\"}",
         "applied\nsf shop:account:a1 #2 001 {\"name\":\"B\"}\nerp shop:account:a1 #2 9 {\"name\":\"B\"}\n", NULL},
        {"sf account 001 v=2 {\"name\":\"B\",\"phone\":\"7\"}", "deferred\n", NULL},
        {"wait 30", "", "not yet"},
        {"wait 31",
         "applied\nshop shop:account:a1 #4 a1 {\"phone\":\"7\"}\nerp shop:account:a1 #4 9 {\"phone\":\"7\"}\n",
         "the name is what it was told"},
        {"wait 61", "", "once"},
        {"sf done shop:account:a1 #2 001 v=2", "", "the outcome comes after all"},
        {0}});
}

static void one_side_edits_what_the_other_is_being_told(void **state)
{
    (void)state;
    world_rows(rules, (const struct row[]){
        KNOWN,
        {"shop account a1 v=2 {\"phone\":\"2\"}",
         "applied\nsf shop:account:a1 #2 001 {\"phone\":\"2\"}\nerp shop:account:a1 #2 9 {\"phone\":\"2\"}\n", NULL},
        {"sf account 001 v=2 {\"phone\":\"3\"}", "deferred\n", "somebody in Salesforce changes the same field"},
        {"sf done shop:account:a1 #2 001 v=3 {\"phone\":\"2\"}", "older\n",
         "its version is older than our write, which has gone over it"},
        {"sf account 001 v=3 {\"phone\":\"2\"}", "echo\n", NULL},
        {"sf account 001 v=4 {\"phone\":\"3\"}",
         "applied\nshop shop:account:a1 #3 a1 {\"phone\":\"3\"}\nerp shop:account:a1 #3 9 {\"phone\":\"3\"}\n",
         "the same edit after it is an edit"},
        {0}});
}

static void values_that_come_back_are_told_again(void **state)
{
    (void)state;
    world_rows(rules, (const struct row[]){
        KNOWN,
        {"erp done shop:account:a1 #1 9", "", NULL},
        {"shop account a1 v=2 {\"phone\":\"2\"}",
         "applied\nsf shop:account:a1 #2 001 {\"phone\":\"2\"}\nerp shop:account:a1 #2 9 {\"phone\":\"2\"}\n", NULL},
        {"shop account a1 v=3 {\"phone\":\"1\"}",
         "applied\nsf shop:account:a1 #3 001 {\"phone\":\"1\"}\nerp shop:account:a1 #3 9 {\"phone\":\"1\"}\n",
         "it was seen there, but the other value is on its way"},
        {"sf done shop:account:a1 #2 001", "", NULL},
        {"sf done shop:account:a1 #3 001", "", NULL},
        {0}});
}

static void what_a_target_refuses_is_tried_with_the_next_change(void **state)
{
    (void)state;
    world_rows(rules, (const struct row[]){
        KNOWN,
        {"shop account a1 v=2 {\"phone\":\"2\"}",
         "applied\nsf shop:account:a1 #2 001 {\"phone\":\"2\"}\nerp shop:account:a1 #2 9 {\"phone\":\"2\"}\n", NULL},
        {"erp done shop:account:a1 #2 9", "", NULL},
        {"sf retry shop:account:a1 #2", "", "it goes on trying"},
        {"sf refused shop:account:a1 #2 INVALID_PHONE", "+rejected sf refused it (value): INVALID_PHONE\n", NULL},
        {"sf refused shop:account:a1 #2 INVALID_PHONE", "", "the same outcome again"},
        {"shop account a1 v=3 {\"name\":\"C\",\"phone\":\"2\"}",
         "applied\nsf shop:account:a1 #3 001 {\"name\":\"C\",\"phone\":\"2\"}\nerp shop:account:a1 #3 9 {\"name\":\"C\"}\n",
         "with all that it has not got"},
        {"sf done shop:account:a1 #3 001", "-rejected\n", NULL},
        {0}});
}

static void a_stale_revision_is_raised(void **state)
{
    (void)state;
    world_rows(rules, (const struct row[]){
        KNOWN,
        {"shop account a1 v=2 {\"phone\":\"2\"}",
         "applied\nsf shop:account:a1 #2 001 {\"phone\":\"2\"}\nerp shop:account:a1 #2 9 {\"phone\":\"2\"}\n", NULL},
        {"sf stale shop:account:a1 #40", "sf shop:account:a1 #41 001 {\"phone\":\"2\"}\n",
         "the store was put back from a copy: Salesforce has seen revision 40"},
        {"sf done shop:account:a1 #41 001", "", NULL},
        {"sf stale shop:account:a1 #40", "", "said of a command that came twice: nothing is missing"},
        {0}});
}

static void an_outcome_may_come_before_its_record(void **state)
{
    (void)state;
    world_rows(rules, (const struct row[]){
        {"shop done sf:product:p1 #1 77", "", "published, and the router died before it kept anything"},
        {"sf product p1 {\"sku\":\"A\"}", "applied\nshop sf:product:p1 #2 77 {\"sku\":\"A\"}\n",
         "the change comes again, and the link is known at once"},
        {"sf product p1 {\"sku\":\"A\",\"unit\":\"box\"}", "applied\nshop sf:product:p1 #3 77 {\"unit\":\"box\"}\n", NULL},
        {0}});
}

static void a_crash_repeats_the_same_words(void **state)
{
    (void)state;
    world_rows(rules, (const struct row[]){
        {"crash shop account a1 v=1 {\"name\":\"A\",\"phone\":\"1\"}",
         "applied\nsf shop:account:a1 #1 new {\"name\":\"A\",\"phone\":\"1\"}\n"
         "erp shop:account:a1 #1 new {\"name\":\"A\",\"phone\":\"1\"}\n", NULL},
        {"crash sf done shop:account:a1 #1 001", "", NULL},
        {"crash shop account a1 v=2 {\"name\":\"B\"}",
         "applied\nsf shop:account:a1 #2 001 {\"name\":\"B\"}\nerp shop:account:a1 #2 new "
         "{\"name\":\"B\",\"phone\":\"1\"}\n", "an object is under way in the ERP: the command holds all"},
        {"crash sf refused shop:account:a1 #2 NO", "+rejected sf refused it (value): NO\n", NULL},
        {"crash shop product 77 {\"sku\":\"A\"}",
         "+unknown no product is known for it, and shop may not make one rules.cfg:2\n", NULL},
        {0}});
}

/* A variant shows a price of 0 as soon as its product is made, within the second in which we set it; and two commands may
 * fall into one second. The adapter says which of them it had carried out. */
static void what_was_read_before_our_write_is_no_edit(void **state)
{
    (void)state;
    world_rows(rules, (const struct row[]){
        {"sf product p1 {\"sku\":\"A\",\"name\":\"N\"}", "applied\nshop sf:product:p1 #1 new {\"sku\":\"A\",\"name\":\"N\"}\n", NULL},
        {"shop product v1 v=5 after=0 {\"name\":\"Untitled\"}",
         "+unknown no product is known for it, and shop may not make one rules.cfg:2\n", NULL},
        {"shop done sf:product:p1 #1 v1 v=5 {\"sku\":\"A\",\"name\":\"N\"}", "older\n-unknown\n", "the same second"},
        {"sf product p1 {\"name\":\"O\"}", "applied\nshop sf:product:p1 #2 v1 {\"name\":\"O\"}\n", NULL},
        {"shop done sf:product:p1 #2 v1 v=5 {\"name\":\"O\"}", "", NULL},
        {"shop product v1 v=5 after=1 {\"name\":\"N\"}", "older\n", "between the two writes"},
        {"shop product v1 v=5 after=2 {\"name\":\"Mine\"}", "refused\n+refused shop may not set product.name: that is for sf rules.cfg:2\n",
         "an edit in that second"},
        {0}});
}

/* Two commands are under way for longer than a change waits, and the first one's echo comes in between. */
static void the_echo_of_a_command_before_the_last_is_known(void **state)
{
    (void)state;
    world_rows(rules, (const struct row[]){
        {"sf product p1 {\"sku\":\"A\",\"name\":\"N\"}", "applied\nshop sf:product:p1 #1 new {\"sku\":\"A\",\"name\":\"N\"}\n", NULL},
        {"shop done sf:product:p1 #1 v1 v=5 {\"sku\":\"A\",\"name\":\"N\"}", "", NULL},
        {"sf product p1 {\"name\":\"O\"}", "applied\nshop sf:product:p1 #2 v1 {\"name\":\"O\"}\n", NULL},
        {"sf product p1 {\"name\":\"P\"}", "applied\nshop sf:product:p1 #3 v1 {\"name\":\"P\"}\n", NULL},
        {"shop done sf:product:p1 #2 v1 v=6 {\"name\":\"O\"}", "", NULL},
        {"shop product v1 v=6 after=2 {\"name\":\"O\"}", "echo\n", NULL},
        {"wait 62", "", "nothing was left to decide against what was told"},
        {0}});
}

/* The first one's outcome is late as well, so that nothing says yet that the value was ours. */
static void what_is_still_being_written_over_is_no_edit(void **state)
{
    (void)state;
    world_rows(rules, (const struct row[]){
        {"sf product p1 {\"sku\":\"A\",\"name\":\"N\"}", "applied\nshop sf:product:p1 #1 new {\"sku\":\"A\",\"name\":\"N\"}\n", NULL},
        {"shop done sf:product:p1 #1 v1 v=5 {\"sku\":\"A\",\"name\":\"N\"}", "", NULL},
        {"sf product p1 {\"name\":\"O\"}", "applied\nshop sf:product:p1 #2 v1 {\"name\":\"O\"}\n", NULL},
        {"sf product p1 {\"name\":\"P\"}", "applied\nshop sf:product:p1 #3 v1 {\"name\":\"P\"}\n", NULL},
        {"shop product v1 v=6 after=2 {\"name\":\"O\",\"unit\":\"box\"}", "deferred\n", NULL},
        {"wait 62", "noted\n", "the name is about to be written over; the unit, shown first, is where the shop stands"},
        {"shop done sf:product:p1 #3 v1 v=7 {\"name\":\"P\"}", "", "it answers both"},
        {"shop product v1 v=7 after=3 {\"name\":\"Q\"}", "refused\n+refused shop may not set product.name: that is for sf rules.cfg:2\n",
         "an edit after all"},
        {0}});
}

/* The object was read after our command, whose outcome is late: an edit beside it is one, and the outcome does not hide it. */
static void an_object_proves_what_was_carried_out(void **state)
{
    (void)state;
    world_rows(rules, (const struct row[]){
        {"sf product p1 {\"sku\":\"A\",\"name\":\"N\"}", "applied\nshop sf:product:p1 #1 new {\"sku\":\"A\",\"name\":\"N\"}\n", NULL},
        {"wait 70", "", NULL},
        {"shop product v1 key=sf:product:p1 after=1 {\"sku\":\"A\",\"name\":\"X\"}",
         "refused\nshop sf:product:p1 #2 v1 {\"name\":\"N\"}\n"
         "+refused shop may not set product.name: that is for sf rules.cfg:2\n", "found just now, it is put right at once"},
        {"shop done sf:product:p1 #1 v1 {\"sku\":\"A\",\"name\":\"N\"}", "", "the name is X there all the same"},
        {"shop done sf:product:p1 #2 v1 {\"name\":\"N\"}", "-refused\n", NULL},
        {0}});
}

/* A refused value is held as long as it stands in the system against the record. */
static void a_refusal_ends_with_the_difference(void **state)
{
    (void)state;
    static const char refusal[] = "refused\n+refused shop may not set product.name: that is for sf rules.cfg:2\n";
    world_rows(rules, (const struct row[]){
        {"sf product p1 {\"sku\":\"A\",\"name\":\"N\"}", "applied\nshop sf:product:p1 #1 new {\"sku\":\"A\",\"name\":\"N\"}\n", NULL},
        {"shop done sf:product:p1 #1 v1 {\"sku\":\"A\",\"name\":\"N\"}", "", NULL},
        {"shop product v1 after=1 {\"name\":\"X\"}", refusal, NULL},
        {"shop product v1 after=1 {\"name\":\"Y\"}", "refused\n", "one item a record, system and field"},
        {"shop product v1 after=1 {\"name\":\"N\"}", "noted\n-refused\n", "the person undoes it"},
        {"shop product v1 after=1 {\"name\":\"X\"}", refusal, NULL},
        {"sf product p1 {\"name\":\"O\"}", "applied\nshop sf:product:p1 #2 v1 {\"name\":\"O\"}\n", "the owner speaks"},
        {"shop done sf:product:p1 #2 v1 {\"name\":\"O\"}", "-refused\n", NULL},
        {"shop product v1 after=2 {\"name\":\"X\"}", refusal, NULL},
        {"sf product p1 {\"name\":\"X\"}", "applied\n-refused\n", "the owner comes to agree: nothing to tell"},
        {0}});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_still_being_written_over_is_no_edit),
        cmocka_unit_test(an_object_proves_what_was_carried_out),
        cmocka_unit_test(a_refusal_ends_with_the_difference),
        cmocka_unit_test(the_echo_of_a_command_before_the_last_is_known),
        cmocka_unit_test(what_was_read_before_our_write_is_no_edit),
        cmocka_unit_test(an_edit_while_a_command_is_under_way_waits),
        cmocka_unit_test(an_edit_that_waits_too_long_is_decided_against_what_was_told),
        cmocka_unit_test(one_side_edits_what_the_other_is_being_told),
        cmocka_unit_test(values_that_come_back_are_told_again),
        cmocka_unit_test(what_a_target_refuses_is_tried_with_the_next_change),
        cmocka_unit_test(a_stale_revision_is_raised),
        cmocka_unit_test(an_outcome_may_come_before_its_record),
        cmocka_unit_test(a_crash_repeats_the_same_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
