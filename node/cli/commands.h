/* commands: what the tidegate program can do. Each command reads its own options, prints for a person on standard
 * output, complains on standard error, and returns the exit code: 0 done, 1 failed, 2 wrong use (or: there is a
 * difference). */
#ifndef TIDEGATE_CLI_COMMANDS_H
#define TIDEGATE_CLI_COMMANDS_H

#include "base/err.h"
#include "base/text.h"

struct node_config;

#define COMMAND_CONFIG "config/tidegate.cfg"

int command_up(int argc, char **argv);
int command_check(int argc, char **argv);
int command_status(int argc, char **argv);
int command_tail(int argc, char **argv);
int command_held(int argc, char **argv);
int command_why(int argc, char **argv);
int command_test(int argc, char **argv);

struct command_option { /* a table ended by an empty one */
    const char *name;
    const char **value; /* for "--name VALUE" and "--name=VALUE" */
    bool *flag;         /* for "--name" alone */
};
/* 0; 1 when the help was asked for and printed; ERR_INVALID for an option that the table lacks. argv[0] is skipped. */
int command_options(int argc, char **argv, const struct command_option *options, const char *help, struct err *err);
/* Takes what are no options, nor their values, out of the arguments: at most max words. Returns how many; ERR_INVALID when
 * there are more. */
int command_words(int *argc, char **argv, const struct command_option *options, const char **words, size_t max,
                  struct err *err);
/* The broker's address; that of the private broker is read from its folder. */
int command_broker(struct node_config *config, const char **uri, struct err *err);
/* Proves the configuration as `tidegate check` does, prints the complaints on standard error, returns how many. Blocks for
 * the second that it takes the adapters to read their mappings. */
int command_complaints(const char *config_path);
/* The exit code for rc, after printing "tidegate NAME: sentence" when it is negative. */
int command_end(int rc, const char *name, const struct err *err);

#endif
