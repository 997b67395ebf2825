/* up: the parts of `tidegate up` that its two files share. One struct up a process; everything in it lives until the
 * command ends. */
#ifndef TIDEGATE_CLI_UP_H
#define TIDEGATE_CLI_UP_H

#include "edge/node_config.h"
#include "service.h"

#define UP_SERVICES_MAX 32

struct up {
    const char *config_path, *standins, *demo;
    bool verbose;
    struct node_config config; /* its data folder is made absolute, without links */
    struct loop *loop;
    struct arena arena;
    FILE *log;
    int lock;                                 /* of the data folder, held while this process lives; -1 */
    struct service services[UP_SERVICES_MAX]; /* in the order of starting */
    size_t count;
    bool private_broker, hangup_ignored, stopping;
    int exit_code;
};

/* A line for the person at the terminal. */
void up_say(const char *format, ...) __attribute__((format(printf, 1, 2)));
const char *up_join(struct up *u, const char *folder, const char *name); /* in the arena */
/* `private-broker VERB` on the folder of this node, to its end (a task waits); its last words are shown when it fails.
 */
int up_broker(struct up *u, const char *verb, struct err *err);
/* Starts everything in the order of need; waits. What is started is in services even when a later one fails. */
int up_start_all(struct up *u, struct err *err);

#endif
