/* broker: a private RabbitMQ for a C test, in a folder under /tmp, by way of tests/broker. */
#ifndef TIDEGATE_TESTS_BROKER_H
#define TIDEGATE_TESTS_BROKER_H

#include <stdbool.h>

struct broker {
    char folder[64];
    char uri[256];
};

bool broker_installed(void);
bool broker_start(struct broker *b); /* zeroed: makes the folder; else starts the same node again */
bool broker_call(const struct broker *b, const char *verb, const char *arguments); /* kill, restart, "ctl", … */
void broker_signal(const struct broker *b, int signal_number);                     /* to the node's process */
void broker_remove(struct broker *b);                                              /* stops it, removes the folder */

#endif
