/* host_settings: the settings that every system has, whatever its adapter, and the command line. */
#ifndef TIDEGATE_HOST_HOST_SETTINGS_H
#define TIDEGATE_HOST_HOST_SETTINGS_H

#include "adapter.h"

struct host_settings {
    const char *adapter, *mapping, *http, *ca_file, *log_level;
    int64_t lanes, prefetch, poll_interval_ms;
};

struct host_arguments {
    const char *config, *system;
    bool describe; /* say what the adapter can do, and end */
};

/* 1: go on; 0: --help or --version was answered; negative: a wrong command line, said in err. */
int host_arguments_read(struct host_arguments *out, const struct adapter *adapter, int argc, char **argv, struct err *err);
/* Fills *common and *own (adapter->settings_size bytes) from the system's group. */
int host_settings_read(struct host_settings *common, void *own, const struct adapter *adapter,
                       const struct config_node *group, struct arena *a, struct err *err);
/* ERR_INVALID when the group says what only `tidegate up` can run. */
int host_settings_runnable(const struct config_node *group, struct err *err);
int host_log_level(const struct host_settings *s, const struct config_node *group, enum log_level *out, struct err *err);

#endif
