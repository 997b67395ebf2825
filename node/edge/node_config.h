/* node_config: what every program of the node reads from tidegate.cfg: where data lies, the broker, the router's files,
 * and which systems there are. What a system's own group says is read by the host and its adapter.
 *
 * Paths in the file are relative to the file's folder; here they are absolute. The "broker" and "router" groups may
 * hold only what is read here, and so may the top level; a system's group is open. */
#ifndef TIDEGATE_EDGE_NODE_CONFIG_H
#define TIDEGATE_EDGE_NODE_CONFIG_H

#include "config.h"

#define NODE_BROKER_PRIVATE "private" /* broker.uri: `tidegate up` starts one and gives its real address */
#define NODE_URL_STANDIN "standin"    /* a system's url: `tidegate up` plays the system */

struct node_system {
    const char *name;    /* "shop": [a-z][a-z0-9_]*, at most 63 bytes */
    const char *adapter; /* "storefront" */
    const struct config_node *node; /* the system's group */
};

struct node_config { /* everything lives until node_config_release */
    const char *file, *folder;      /* absolute */
    const char *data;               /* folder, absolute; made by whoever writes there first */
    const char *broker_uri;         /* may still be NODE_BROKER_PRIVATE: node_config_broker */
    const char *broker_ca;          /* file, absolute, or NULL: the machine's store */
    const char *rules;              /* file, absolute */
    const char *const *entity_folders; /* absolute */
    size_t entity_folder_count;
    const char *router_http;        /* "127.0.0.1:8080"; port 0 picks one */
    int64_t router_echo_wait_ms;    /* how long a change waits for the outcome of a command to its system */
    bool users_are_systems;         /* each adapter has its own broker user, whose name ends with its system's */
    const struct node_system *systems; /* in the file's order */
    size_t system_count;
    struct config *config;
    struct arena arena;
};

/* out: storage of the caller's. On failure nothing is left to release. */
int node_config_load(struct node_config *out, const char *path, struct err *err);
void node_config_release(struct node_config *c);
const struct node_system *node_config_system(const struct node_config *c, const char *name); /* NULL when absent */
/* The broker's real address, or ERR_INVALID with a sentence when only `tidegate up` knows it. */
int node_config_broker(const struct node_config *c, const char **uri, struct err *err);
/* ERR_INVALID with the place of router.rules when that file cannot be read: for those who read it. */
int node_config_check_rules(const struct node_config *c, struct err *err);
/* A path of the file made absolute; folders and files alike. In the arena. */
const char *node_config_path(struct node_config *c, const char *relative);
/* "<data>/ports/<name>" gets one line "127.0.0.1:PORT": how others find a process that listens. */
int node_config_write_port(struct node_config *c, const char *name, int port, struct err *err);

#endif
