/* Match values as they are compared, and who may speak for a system. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "router/identity.h"

static void match_values_are_normalised(void **state)
{
    static const struct {
        const char *value, *normal, *why;
    } rows[] = {
        {"ann@x.de", "ann@x.de", "as it is"},
        {" Ann@X.DE\t\n", "ann@x.de", "white space at the ends, ASCII letters"},
        {"Ärger", "Ärger", "other letters stay: folding them depends on the language"},
        {"a b", "a b", "white space within is part of it"},
        {"", "", "empty matches nothing"},
        {" \t ", "", "nor does white space"},
    };
    char out[IDENTITY_VALUE_MAX], much[IDENTITY_VALUE_MAX + 1];
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (!text_is(identity_normal(text_of(rows[i].value), out), rows[i].normal))
            fail_msg("%s", rows[i].why);
    memset(much, 'x', sizeof much);
    assert_int_equal(identity_normal((struct text){much, sizeof much}, out).n, 0);
    assert_int_equal(identity_normal((struct text){much, sizeof much - 1}, out).n, IDENTITY_VALUE_MAX);
}

static void a_sender_speaks_for_itself(void **state)
{
    static const struct {
        const char *user, *source, *why;
        bool users_are_systems, ok;
    } rows[] = {
        {"", "shop", "the broker was told no user", false, true},
        {"", "shop", "it must be, where users are systems", true, false},
        {"tidegate", "shop", "the user of all programs", false, true},
        {"tidegate", "shop", "is none of the systems", true, false},
        {"shop", "shop", "its own", true, true},
        {"tidegate-shop", "shop", "its own, within a broker of many", true, true},
        {"acme.shop", "shop", "likewise", false, true},
        {"erp", "shop", "a stolen credential of another system", false, false},
        {"tidegate-erp", "shop", "likewise", true, false},
        {"workshop", "shop", "another word that ends like it", true, false},
        {"shop", "", "no source", true, false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (identity_sender_ok(text_of(rows[i].user), text_of("tidegate"), text_of(rows[i].source),
                               rows[i].users_are_systems) != rows[i].ok)
            fail_msg("%s as %s: %s", rows[i].user, rows[i].source, rows[i].why);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(match_values_are_normalised),
        cmocka_unit_test(a_sender_speaks_for_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
