#include "host_suite.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static struct suite suite;

void suite_leave(void **state)
{
    struct suite *s = *state;
    world_free(s->world);
    s->world = NULL;
}

struct world *suite_enter(void **state)
{
    struct suite *s = *state;
    if (s->world != NULL) { /* a failed test's: its adapter would take our commands */
        suite_leave(state);
        broker_call(&s->broker, "ctl", "purge_queue -p tidegate tidegate.to.sys");
    }
    s->world = world_new(&s->broker, s->program);
    return s->world;
}

int suite_init(int argc, char **argv)
{
    if (argc < 2 || !broker_installed())
        return 77;
    suite.program = argv[1];
    if (argc > 2)
        cmocka_set_test_filter(argv[2]);
    return 0;
}

int suite_begin(void **state)
{
    *state = &suite;
    if (broker_start(&suite.broker))
        return 0;
    broker_remove(&suite.broker);
    return -1;
}

int suite_end(void **state)
{
    struct suite *s = *state;
    broker_remove(&s->broker);
    return 0;
}
