/* tidegate: the operator's command. */
#include "commands.h"

#include <stdio.h>

static const struct command {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *help;
} commands[] = {
    {"up", command_up, "run the whole node on this machine"},
    {"check", command_check, "prove configuration, rules and mappings; print who sets what and who gets it"},
    {"status", command_status, "what runs, what waits, what is held"},
    {"held", command_held, "what was set aside and why, grouped by cause"},
    {"tail", command_tail, "the messages as they travel, a readable line each, or JSON"},
    {"test", command_test, "policy tests: given these changes, what do the rules make of them"},
    {"why", command_why, "why a record's values are what they are, and what each system has of them"},
};

static void print_help(FILE *out)
{
    fputs("usage: tidegate COMMAND [OPTION …]     (tidegate COMMAND --help explains one)\n\n", out);
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        fprintf(out, "  %-8s %s\n", commands[i].name, commands[i].help);
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        print_help(stderr);
        return 2;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        print_help(stdout);
        return 0;
    }
    if (strcmp(argv[1], "--version") == 0) {
        puts("tidegate " TIDEGATE_VERSION);
        return 0;
    }
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            return commands[i].run(argc - 1, argv + 1);
    fprintf(stderr, "tidegate: there is no command \"%s\"; tidegate --help lists them\n", argv[1]);
    return 2;
}
