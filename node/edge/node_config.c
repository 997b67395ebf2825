/* node_config: the common part of tidegate.cfg. */
#include "node_config.h"

#include <limits.h>
#include <stdlib.h>
#include "base/nearest.h"
#include "base/url.h"
#include "os.h"

#define ARENA_MAX (1u << 20)
#define DAY_MS 86400000

struct broker_settings {
    const char *uri, *ca_file;
    bool users_are_systems;
};
static const struct setting broker_table[] = {
    {"uri", SETTING_SECRET, NODE_BROKER_PRIVATE, offsetof(struct broker_settings, uri),
     "amqp://user:password@host:port/vhost, amqps://…, or \"private\": `tidegate up` starts one on loopback"},
    {"ca_file", SETTING_FILE, "", offsetof(struct broker_settings, ca_file),
     "certificates that an amqps broker is checked against; empty: the machine's own"},
    {"users_are_systems", SETTING_BOOL, "false", offsetof(struct broker_settings, users_are_systems),
     "each adapter has a broker user of its own, whose name is its system's, or ends with it (tidegate-shop)"},
    {0},
};

struct router_settings {
    const char *rules, *http;
    const char **entities;
    int64_t echo_wait_ms;
};
static const struct setting router_table[] = {
    {"rules", SETTING_TEXT, "rules.cfg", offsetof(struct router_settings, rules), "the rules file"},
    {"entities", SETTING_LIST, NULL, offsetof(struct router_settings, entities),
     "folders of entity files; a later one overrides an earlier one"},
    {"http", SETTING_ADDRESS, "127.0.0.1:0", offsetof(struct router_settings, http),
     "where the router serves /metrics, /healthz, /readyz and /status; port 0 picks one"},
    {"echo_wait_ms", SETTING_INT, "60000", offsetof(struct router_settings, echo_wait_ms),
     "how long a change waits for the outcome of a command that is under way to its system"},
    {0},
};

const char *node_config_path(struct node_config *c, const char *relative)
{
    return os_path_beside(&c->arena, c->file, relative);
}

static int find_folder(struct node_config *out, const char *path, struct err *err)
{
    char real[PATH_MAX];
    if (realpath(path, real) == NULL)
        return err_set(err, ERR_NOT_FOUND, "%s: no such configuration file (--config names it)", path);
    out->file = arena_string(&out->arena, text_of(real));
    char *slash = strrchr(real, '/');
    out->folder = arena_string(&out->arena, (struct text){real, slash == real ? 1 : (size_t)(slash - real)});
    return 0;
}

static int need_group(const struct config_node *root, const char *name, const struct config_node **out, struct err *err)
{
    *out = config_get(root, name);
    if (*out == NULL)
        return config_complain(root, err, "the group \"%s\" is missing", name);
    if ((*out)->kind != CONFIG_GROUP)
        return config_complain(*out, err, "\"%s\" must be a group: %s: { … };", name, name);
    return 0;
}

static int read_top(struct node_config *out, const struct config_node *root, struct err *err)
{
    static const char *const words[] = {"data", "broker", "router", "systems", NULL};
    const char *data = "../var";
    int rc = config_only(root, words, err);
    if (rc == 0)
        rc = config_text(root, "data", &data, err);
    if (rc == 0 && data[0] == '\0')
        rc = config_complain(config_get(root, "data"), err, "\"data\" is empty: name a folder");
    if (rc == 0)
        out->data = node_config_path(out, data);
    return rc;
}

/* Never shown: it holds a password. */
static int check_broker(const struct config_node *at, const char *uri, struct err *err)
{
    char hint[NEAREST_HINT_MAX];
    struct url url;
    if (strcmp(uri, NODE_BROKER_PRIVATE) == 0)
        return 0;
    const char *fault = url_split(text_of(uri), &url);
    if (!fault && !text_is(url.scheme, "amqp") && !text_is(url.scheme, "amqps"))
        fault = "its scheme is another";
    if (!fault)
        return 0;
    struct nearest meant = nearest_to(text_of(uri));
    nearest_look(&meant, text_of(NODE_BROKER_PRIVATE));
    return config_complain(at, err,
                           "\"uri\" must be \"" NODE_BROKER_PRIVATE "\" or amqp[s]://user:password@host:port/vhost, "
                           "but %s%s",
                           fault, nearest_hint(&meant, hint));
}

static int read_broker(struct node_config *out, const struct config_node *root, struct err *err)
{
    const struct config_node *group;
    struct broker_settings s = {0};
    int rc = need_group(root, "broker", &group, err);
    if (rc == 0)
        rc = settings_read(group, broker_table, NULL, &out->arena, &s, err);
    if (rc != 0)
        return rc;
    out->broker_uri = s.uri;
    out->users_are_systems = s.users_are_systems;
    out->broker_ca = s.ca_file[0] ? s.ca_file : NULL;
    return check_broker(config_get(group, "uri"), s.uri, err);
}

static int read_entities(struct node_config *out, const struct config_node *list, struct err *err)
{
    struct err why = {0};
    const char **folders = arena_alloc(&out->arena, (list->count + 1) * sizeof *folders);
    if (folders == NULL)
        return err_set(err, ERR_NOMEM, "%s: out of memory", out->file);
    if (list->count == 0)
        return config_complain(list, err, "\"entities\" names no folder");
    for (size_t i = 0; i < list->count; i++) {
        const struct config_node *at = &list->children[i];
        folders[i] = node_config_path(out, at->text);
        if (at->text[0] == '\0')
            return config_complain(at, err, "\"entities\" names a folder that is empty text");
        if (os_check_readable(folders[i], true, &why) != 0)
            return config_complain(at, err, "\"entities\": %s", why.text);
    }
    out->entity_folders = folders;
    out->entity_folder_count = list->count;
    return 0;
}

static int read_router(struct node_config *out, const struct config_node *root, struct err *err)
{
    const struct config_node *group;
    struct router_settings s = {0};
    int rc = need_group(root, "router", &group, err);
    if (rc == 0)
        rc = settings_read(group, router_table, NULL, &out->arena, &s, err);
    if (rc != 0)
        return rc;
    out->rules = node_config_path(out, s.rules);
    out->router_http = s.http;
    out->router_echo_wait_ms = s.echo_wait_ms;
    rc = config_range(group, "echo_wait_ms", s.echo_wait_ms, 1, DAY_MS, err);
    return rc != 0 ? rc : read_entities(out, config_get(group, "entities"), err);
}

static bool name_valid(const char *name)
{
    size_t n = strlen(name);
    return n > 0 && n <= 63 && name[0] >= 'a' && name[0] <= 'z' &&
           strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == n;
}

/* What else stands in the group is the adapter's to know. */
static int complain_no_adapter(const struct config_node *group, struct err *err)
{
    for (size_t i = 0; i < group->count; i++) {
        struct nearest meant = nearest_to(text_of(group->children[i].name));
        nearest_look(&meant, text_of("adapter"));
        if (meant.name.n)
            return config_complain(&group->children[i], err, "unknown setting \"%s\"; is it \"adapter\"?",
                                   group->children[i].name);
    }
    return config_complain(group, err, "system %s: the setting \"adapter\" is missing", group->name);
}

static int read_system(struct node_system *out, const struct config_node *group, struct err *err)
{
    if (group->kind != CONFIG_GROUP)
        return config_complain(group, err, "a system must be a group: %s: { adapter = \"…\"; … };", group->name);
    if (!name_valid(group->name) || strcmp(group->name, "router") == 0)
        return config_complain(group, err,
                               "\"%s\" cannot name a system: small letters, digits and _, at most 63, "
                               "beginning with a letter, and not \"router\"",
                               group->name);
    out->name = group->name;
    out->node = group;
    int rc = config_text(group, "adapter", &out->adapter, err);
    return rc == 0 && out->adapter == NULL ? complain_no_adapter(group, err) : rc;
}

static int read_systems(struct node_config *out, const struct config_node *root, struct err *err)
{
    const struct config_node *group;
    int rc = need_group(root, "systems", &group, err);
    if (rc != 0)
        return rc;
    struct node_system *systems = arena_alloc(&out->arena, (group->count + 1) * sizeof *systems);
    if (systems == NULL)
        return err_set(err, ERR_NOMEM, "%s: out of memory", out->file);
    for (size_t i = 0; i < group->count && rc == 0; i++)
        rc = read_system(&systems[i], &group->children[i], err);
    out->systems = systems;
    out->system_count = group->count;
    return rc;
}

static int read_all(struct node_config *out, const char *path, struct err *err)
{
    int rc = find_folder(out, path, err);
    if (rc == 0)
        rc = config_load(&out->config, out->file, err);
    if (rc != 0)
        return rc;
    const struct config_node *root = config_root(out->config);
    if ((rc = read_top(out, root, err)) != 0 || (rc = read_broker(out, root, err)) != 0 ||
        (rc = read_router(out, root, err)) != 0)
        return rc;
    return read_systems(out, root, err);
}

int node_config_load(struct node_config *out, const char *path, struct err *err)
{
    *out = (struct node_config){0};
    arena_init(&out->arena, ARENA_MAX);
    int rc = read_all(out, path, err);
    if (rc == 0 && arena_failed(&out->arena))
        rc = err_set(err, ERR_TOO_LARGE, "%s: the configuration is too large", path);
    if (rc != 0)
        node_config_release(out);
    return rc;
}

void node_config_release(struct node_config *c)
{
    config_free(c->config);
    arena_release(&c->arena);
    *c = (struct node_config){0};
}

const struct node_system *node_config_system(const struct node_config *c, const char *name)
{
    for (size_t i = 0; i < c->system_count; i++)
        if (strcmp(c->systems[i].name, name) == 0)
            return &c->systems[i];
    return NULL;
}

int node_config_broker(const struct node_config *c, const char **uri, struct err *err)
{
    const char *told = getenv("TIDEGATE_BROKER_URI"); /* by `tidegate up` */
    *uri = c->broker_uri;
    if (strcmp(c->broker_uri, NODE_BROKER_PRIVATE) != 0)
        return 0;
    if (told != NULL && strcmp(told, NODE_BROKER_PRIVATE) != 0) {
        *uri = told;
        return 0;
    }
    return err_set(err, ERR_INVALID,
                   "%s: broker.uri is \"private\", and only `tidegate up` knows the address of the "
                   "private broker: start this program with `tidegate up`, or set broker.uri (TIDEGATE_BROKER_URI)",
                   c->file);
}

int node_config_check_rules(const struct node_config *c, struct err *err)
{
    struct err why = {0};
    const struct config_node *group = config_get(config_root(c->config), "router"), *at = config_get(group, "rules");
    if (os_check_readable(c->rules, false, &why) == 0)
        return 0;
    return config_complain(at ? at : group, err, "\"rules\": %s", why.text);
}

int node_config_write_port(struct node_config *c, const char *name, int port, struct err *err)
{
    const char *folder = arena_printf(&c->arena, "%s/ports", c->data).p;
    struct text path = arena_printf(&c->arena, "%s/ports/%s", c->data, name);
    struct text line = arena_printf(&c->arena, "127.0.0.1:%d\n", port);
    if (arena_failed(&c->arena))
        return err_set(err, ERR_NOMEM, "%s: out of memory", c->file);
    int rc = os_make_folders(folder, err);
    return rc != 0 ? rc : os_write_file(path.p, line, 0644, err);
}
