/* ask: a question over HTTP to a process of the node, which is found by the address that it wrote below data/ports. */
#ifndef TIDEGATE_CLI_ASK_H
#define TIDEGATE_CLI_ASK_H

#include "base/value.h"
#include "edge/node_config.h"

#define ASK_ROUTER "router" /* no system has this name */

/* GET path (with its query); *out is the JSON that it answered, in the arena. program: ASK_ROUTER or a system. ERR_NOT_FOUND
 * when it is not started or answers 404, ERR_INVALID with its sentence on another status. Blocks for at most 10 s. */
int ask(const struct node_config *c, const char *program, const char *path, struct arena *a, struct value *out,
        struct err *err);

#endif
