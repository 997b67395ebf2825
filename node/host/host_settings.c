#include "host_settings.h"

#include <stdio.h>
#include "base/buf.h"
#include "edge/node_config.h"

static const struct setting common_table[] = {
    {"adapter", SETTING_TEXT, NULL, offsetof(struct host_settings, adapter), "which program speaks for the system"},
    {"mapping", SETTING_FILE, "", offsetof(struct host_settings, mapping),
     "mapping file; empty: systems/<platform>.cfg beside the configuration"},
    {"http", SETTING_ADDRESS, "127.0.0.1:0", offsetof(struct host_settings, http),
     "where /webhooks/, /metrics, /healthz, /readyz and /status are served; port 0 picks one"},
    {"lanes", SETTING_INT, "8", offsetof(struct host_settings, lanes), "commands that are delivered at once, 1 to 256"},
    {"prefetch", SETTING_INT, "500", offsetof(struct host_settings, prefetch),
     "commands taken from the broker and not yet answered, 1 to 2000"},
    {"poll_interval_ms", SETTING_INT, "0", offsetof(struct host_settings, poll_interval_ms),
     "time between polls of every feed; 0: the feed's own"},
    {"ca_file", SETTING_FILE, "", offsetof(struct host_settings, ca_file),
     "certificates that the system's API is checked against; empty: the machine's own"},
    {"log_level", SETTING_TEXT, "info", offsetof(struct host_settings, log_level), "debug, info, warn or error"},
    {0},
};

/* ---- reading ---- */

static const char *const *names_of(struct arena *a, const struct setting *table, const char *const *more)
{
    size_t n = 0, m = 0;
    while (table != NULL && table[n].name != NULL)
        n++;
    while (more != NULL && more[m] != NULL)
        m++;
    const char **names = arena_alloc(a, (n + m + 1) * sizeof *names);
    for (size_t i = 0; names != NULL && i < n; i++)
        names[i] = table[i].name;
    for (size_t i = 0; names != NULL && i < m; i++)
        names[n + i] = more[i];
    return names;
}

static int check(const struct host_settings *s, const struct adapter *adapter, const struct config_node *group,
                 struct err *err)
{
    if (strcmp(s->adapter, adapter->name) != 0)
        return config_complain(config_get(group, "adapter"), err,
                               "system %s belongs to the adapter \"%s\", but this is %s", group->name, s->adapter,
                               adapter->program);
    int rc = config_range(group, "lanes", s->lanes, 1, 256, err);
    if (rc == 0)
        rc = config_range(group, "prefetch", s->prefetch, 1, 2000, err);
    return rc != 0 ? rc : config_range(group, "poll_interval_ms", s->poll_interval_ms, 0, 86400000, err);
}

int host_settings_runnable(const struct config_node *group, struct err *err)
{
    const struct config_node *url = config_get(group, "url");
    if (url == NULL || url->kind != CONFIG_TEXT || strcmp(url->text, NODE_URL_STANDIN) != 0)
        return 0;
    return config_complain(url, err,
                           "url is \"standin\", and only `tidegate up` knows where the stand-in of %s listens: "
                           "start this program with `tidegate up`, or set url to the system's own address",
                           group->name);
}

static bool is_empty(const struct config_node *group, const struct setting *s)
{
    const char *text = NULL;
    bool is_text = s->type != SETTING_INT && s->type != SETTING_BOOL && s->type != SETTING_LIST;
    return s->fallback == NULL && is_text && config_text(group, s->name, &text, NULL) == 0 && text != NULL && text[0] == '\0';
}

/* What a stand-in gives through the environment must be there for a real system; all that is not, in one sentence. */
static int check_filled(const struct config_node *group, const struct setting *table, struct err *err)
{
    const struct config_node *first = NULL;
    struct buf empty;
    if (host_settings_runnable(group, NULL) != 0)
        return 0;
    buf_init(&empty, sizeof err->text);
    for (; table->name != NULL; table++) {
        if (!is_empty(group, table))
            continue;
        buf_printf(&empty, "%s%s (%s)", first != NULL ? ", " : "", table->name, table->help);
        first = first != NULL ? first : config_get(group, table->name);
    }
    int rc = first == NULL ? 0
                           : config_complain(first, err, "system %s: still empty, though it has a url: %.*s",
                                             group->name, TEXT_ARG(buf_view(&empty)));
    buf_release(&empty);
    return rc;
}

int host_settings_read(struct host_settings *common, void *own, const struct adapter *adapter,
                       const struct config_node *group, struct arena *a, struct err *err)
{
    const char *const *theirs = names_of(a, adapter->settings, adapter->config_names);
    const char *const *ours = names_of(a, common_table, adapter->config_names);
    if (theirs == NULL || ours == NULL)
        return err_set(err, ERR_NOMEM, "out of memory");
    int rc = settings_read(group, common_table, theirs, a, common, err);
    if (rc == 0)
        rc = check(common, adapter, group, err);
    if (rc == 0 && adapter->settings != NULL)
        rc = settings_read(group, adapter->settings, ours, a, own, err);
    if (rc == 0 && adapter->settings != NULL)
        rc = check_filled(group, adapter->settings, err);
    return rc;
}

int host_log_level(const struct host_settings *s, const struct config_node *group, enum log_level *out, struct err *err)
{
    static const char *const words[] = {"debug", "info", "warn", "error"};
    for (int i = 0; i < 4; i++)
        if (strcmp(words[i], s->log_level) == 0) {
            *out = (enum log_level)i;
            return 0;
        }
    return config_complain(config_get(group, "log_level"), err, "log_level must be debug, info, warn or error");
}

/* ---- the command line ---- */

static void print_table(const struct setting *table)
{
    static const char *const types[] = {"text", "secret", "number",  "true/false", "list",
                                        "url",  "url",    "address", "file"};
    for (; table != NULL && table->name != NULL; table++) {
        printf("  %-18s %-10s %s", table->name, types[table->type], table->help);
        if (table->fallback == NULL)
            puts(" (required)");
        else
            printf(table->fallback[0] ? " (default %s)\n" : "\n", table->fallback);
    }
}

static void print_help(const struct adapter *adapter)
{
    printf("usage: %s --config FILE --system NAME\n\n"
           "Speaks for one system: publishes what changes in it, and applies the commands for it.\n\n"
           "  --config FILE   tidegate.cfg\n"
           "  --system NAME   which group of `systems` in it\n"
           "  --describe      checks settings and mapping, says what the adapter can do with them, and ends\n"
           "  --help          this\n"
           "  --version       the version\n\n"
           "Settings in the system's group:\n",
           adapter->program);
    print_table(common_table);
    printf("\nSettings of %s:\n", adapter->program);
    print_table(adapter->settings);
    for (const char *const *n = adapter->config_names; n != NULL && *n != NULL; n++)
        printf("  %-18s see the comment in the configuration\n", *n);
    puts("\nIt stops cleanly on SIGTERM. Exit: 0 stopped, 1 failed (with the reason), 2 wrong use.");
}

static int take_value(const char *option, char **argv, int *i, const char **out, struct err *err)
{
    if (argv[*i + 1] == NULL)
        return err_set(err, ERR_INVALID, "%s needs a value", option);
    *out = argv[++*i];
    return 0;
}

int host_arguments_read(struct host_arguments *out, const struct adapter *adapter, int argc, char **argv,
                        struct err *err)
{
    int rc = 0;
    *out = (struct host_arguments){0};
    for (int i = 1; i < argc && rc == 0; i++) {
        if (strcmp(argv[i], "--help") == 0) {
            print_help(adapter);
            return 0;
        }
        if (strcmp(argv[i], "--version") == 0) {
            printf("%s %s\n", adapter->program, TIDEGATE_VERSION);
            return 0;
        }
        if (strcmp(argv[i], "--config") == 0)
            rc = take_value("--config", argv, &i, &out->config, err);
        else if (strcmp(argv[i], "--system") == 0)
            rc = take_value("--system", argv, &i, &out->system, err);
        else if (strcmp(argv[i], "--describe") == 0)
            out->describe = true;
        else
            rc = err_set(err, ERR_INVALID, "unknown option %s", argv[i]);
    }
    if (rc == 0 && (out->config == NULL || out->system == NULL))
        rc = err_set(err, ERR_INVALID, "--config FILE and --system NAME are needed");
    return rc != 0 ? rc : 1;
}
