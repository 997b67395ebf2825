/* host_suite: tests of the host that share one broker, each in a world of its own (host_world.h). A test's state is the
 * suite. */
#ifndef TIDEGATE_TESTS_HOST_SUITE_H
#define TIDEGATE_TESTS_HOST_SUITE_H

#include "host_world.h"

struct suite {
    struct broker broker;
    const char *program;
    struct world *world; /* of the test that runs, or that failed */
};

/* A fresh world. What a test that failed has left goes first. */
struct world *suite_enter(void **state);
void suite_leave(void **state);

/* Arguments of the program: the adapter, and one test's name, if only that is to run. 0, or the status to end with: 77
 * without RabbitMQ. Then suite_begin and suite_end are the setup and the teardown of the group. */
int suite_init(int argc, char **argv);
int suite_begin(void **state);
int suite_end(void **state);

#endif
