/* child: processes that we start, hear and stop. A child has its own process group (a Ctrl-C at the terminal reaches us
 * alone), writes standard output and error into one pipe to us, and gets SIGTERM from the kernel when we die. */
#ifndef TIDEGATE_EDGE_CHILD_H
#define TIDEGATE_EDGE_CHILD_H

#include <sys/types.h>
#include "base/err.h"
#include "base/text.h"

struct child {
    pid_t pid;  /* 0: not running */
    int output; /* read end, non-blocking; the caller closes it */
};

/* argv: NULL-ended, argv[0] is a path or is looked up in PATH. The environment is ours (setenv before). */
int child_start(struct child *out, const char *const *argv, struct err *err);
void child_signal(const struct child *c, int signal_number); /* to the whole group */
/* True when it has ended: *how says "exit status 1" or "signal 9". Does not wait. */
bool child_ended(struct child *c, char *how, size_t size, bool *clean);

#endif
