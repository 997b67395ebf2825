/* Rules that match by other fields than when the records were written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "router_world.h"

#define ACCOUNT(match) "account: { shared = [\"sf\", \"shop\"]; conflict = \"latest\"; match = [" match "]; };"

static void say(struct world *w, const char *line, const char *answer)
{
    assert_string_equal(world_say(w, line), answer);
}

static void start(struct world *w, const char *rules)
{
    world_start(w, rules, true);
    assert_int_equal(world_restart(w, rules), 0); /* as a router opens it */
    say(w, "sf account 001 {\"name\":\"Ann\",\"number\":\"A-1\",\"email\":\"Ann@x.de\"}",
        "applied\nshop sf:account:001 #1 new {\"name\":\"Ann\",\"number\":\"A-1\",\"email\":\"Ann@x.de\"}\n");
    say(w, "shop refused sf:account:001 #1 DUPLICATE", "+rejected shop refused it (value): DUPLICATE\n");
}

static void a_new_match_field_finds_old_records(void **state)
{
    (void)state;
    struct world w;
    start(&w, ACCOUNT(""));
    assert_int_equal(world_restart(&w, ACCOUNT("\"email\"")), 1);
    say(&w, "shop account c1 {\"email\":\"ann@X.de \"}",
        "applied\nsf sf:account:001 #2 001 {\"email\":\"ann@X.de \"}\n"
        "shop sf:account:001 #2 c1 {\"name\":\"Ann\",\"number\":\"A-1\"}\n");
    assert_int_equal(world_restart(&w, ACCOUNT("\"email\"")), 0);
    world_stop(&w);
}

static void a_field_that_is_matched_no_more_is_forgotten(void **state)
{
    (void)state;
    struct world w;
    start(&w, ACCOUNT("\"number\", \"email\""));
    assert_int_equal(world_restart(&w, ACCOUNT("\"email\"")), 0);
    say(&w, "sf account 001 v=2 {\"number\":\"A-2\"}",
        "applied\nshop sf:account:001 #2 new {\"name\":\"Ann\",\"number\":\"A-2\",\"email\":\"Ann@x.de\"}\n");
    say(&w, "shop refused sf:account:001 #2 DUPLICATE", "");
    assert_int_equal(world_restart(&w, ACCOUNT("\"number\"")), 1);
    say(&w, "shop account c1 {\"number\":\"A-1\"}", "applied\nsf shop:account:c1 #1 new {\"number\":\"A-1\"}\n");
    say(&w, "shop account c2 {\"number\":\"a-2\"}",
        "applied\nsf sf:account:001 #3 001 {\"number\":\"a-2\"}\n"
        "shop sf:account:001 #3 c2 {\"name\":\"Ann\",\"email\":\"Ann@x.de\"}\n");
    world_stop(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_match_field_finds_old_records),
        cmocka_unit_test(a_field_that_is_matched_no_more_is_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
