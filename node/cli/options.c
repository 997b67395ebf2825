#include "commands.h"

#include <stdio.h>

#include "edge/node_config.h"
#include "edge/os.h"

static const struct command_option *find(const struct command_option *options, struct text name)
{
    for (; options->name; options++)
        if (text_is(name, options->name))
            return options;
    return NULL;
}

/* Takes argv[*at] and, where the option wants one, its value. */
static int take(int argc, char **argv, int *at, const struct command_option *options, struct err *err)
{
    struct text name = text_of(argv[*at]), value = {0};
    bool joined = text_starts(name, "--") && text_split(name, '=', &name, &value);
    const struct command_option *o = find(options, name);
    if (!o)
        return err_set(err, ERR_INVALID, "unknown option %s; --help lists them", argv[*at]);
    if (o->flag) {
        *o->flag = true;
        return joined ? err_set(err, ERR_INVALID, "%s takes no value", o->name) : 0;
    }
    if (!joined && *at + 1 >= argc)
        return err_set(err, ERR_INVALID, "%s wants a value", o->name);
    *o->value = joined ? value.p : argv[++*at];
    return 0;
}

int command_options(int argc, char **argv, const struct command_option *options, const char *help, struct err *err)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            fputs(help, stdout);
            return 1;
        }
        int rc = take(argc, argv, &i, options, err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

static bool wants_value(const char *argument, const struct command_option *options)
{
    const struct command_option *o = find(options, text_of(argument));
    return o && o->value;
}

int command_words(int *argc, char **argv, const struct command_option *options, const char **words, size_t max,
                  struct err *err)
{
    int left = 1, count = 0;
    for (int i = 1; i < *argc; i++) {
        bool value = i > 1 && wants_value(argv[i - 1], options);
        if (argv[i][0] == '-' || value)
            argv[left++] = argv[i];
        else if ((size_t)count == max)
            return err_set(err, ERR_INVALID, "\"%s\" is one word too many; --help shows the usage", argv[i]);
        else
            words[count++] = argv[i];
    }
    *argc = left;
    return count;
}

int command_broker(struct node_config *config, const char **uri, struct err *err)
{
    struct text content, name, value;
    if (strcmp(config->broker_uri, NODE_BROKER_PRIVATE) != 0) {
        *uri = config->broker_uri;
        return 0;
    }
    const char *path = arena_printf(&config->arena, "%s/broker/env", config->data).p;
    if (os_read_file(&config->arena, path, 4096, &content, err) < 0)
        return err_set(err, ERR_UNAVAILABLE,
                       "no private broker was ever started here (there is no %s): `tidegate up` starts one", path);
    while (content.n && content.p[content.n - 1] == '\n')
        content.n--;
    if (!text_split(content, '=', &name, &value) || !text_is(name, "TIDEGATE_BROKER_URI"))
        return err_set(err, ERR_INVALID, "%s does not name the broker's address", path);
    *uri = arena_string(&config->arena, value);
    return 0;
}

int command_end(int rc, const char *name, const struct err *err)
{
    if (rc >= 0)
        return 0;
    fprintf(stderr, "tidegate %s: %s\n", name, err->text);
    return rc == ERR_INVALID ? 2 : 1;
}
