/* broker: a private RabbitMQ for a C test, in a folder under /tmp, by way of tests/broker. */
#ifndef TIDEGATE_TESTS_BROKER_H
#define TIDEGATE_TESTS_BROKER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct broker {
    char folder[64];
    char uri[256];
};

bool broker_installed(void);
bool broker_start(struct broker *b); /* zeroed: makes the folder; else starts the same node again */
bool broker_call(const struct broker *b, const char *verb, const char *arguments); /* kill, restart, "ctl", … */
void broker_signal(const struct broker *b, int signal_number);                     /* to the node's process */
void broker_remove(struct broker *b);                                              /* stops it, removes the folder */

/* A TLS end before the broker, with a certificate for localhost whose CA is FOLDER/ca.pem. Writes its port; returns its
 * process, which the caller ends, or -1 when it does not start. */
pid_t broker_tls_start(const struct broker *b, char *port, size_t size);
void broker_tls_uri(const struct broker *b, const char *host, const char *port, char *out, size_t size);

#endif
