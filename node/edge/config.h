/* config: libconfig files as a read-only tree, where every node knows its file and line (config.c alone includes
 * libconfig's header). Also tables of settings: a struct's fields described by name, type, default and help, filled
 * from a group; an unknown setting is an error with file and line.
 *
 * A text value may have "${NAME}", "${NAME:-default}" (environment, anywhere within the text; "$${" is a plain "${"),
 * and a whole value "@file:PATH" is the content of that file without its last newline (relative to the config file):
 * for secrets. No complaint ever shows a value, so a secret cannot get into one.
 *
 * Narrower than libconfig, so that all versions read alike: no floating point, no @include, and bounds on size (1 MiB),
 * depth (32) and a text (64 KiB). A setting that is given twice in a group is an error. */
#ifndef TIDEGATE_EDGE_CONFIG_H
#define TIDEGATE_EDGE_CONFIG_H

#include "base/arena.h"
#include "base/err.h"

enum config_kind { CONFIG_TEXT, CONFIG_INT, CONFIG_BOOL, CONFIG_LIST, CONFIG_GROUP };

struct config_node { /* owned by its struct config */
    const char *name;  /* NULL within a list */
    enum config_kind kind;
    const char *file;
    int line;
    const char *text;   /* CONFIG_TEXT, after substitution */
    bool from_outside;  /* a text with a part from the environment or a file: config_int and config_bool read it too */
    int64_t integer;    /* CONFIG_INT */
    bool boolean;       /* CONFIG_BOOL */
    struct config_node *children; /* list elements or group members, in the file's order */
    size_t count;
};

struct config;
int config_load(struct config **out, const char *path, struct err *err);
int config_parse(struct config **out, const char *name, struct text source, struct err *err); /* from memory */
void config_free(struct config *c);
const struct config_node *config_root(const struct config *c);

const struct config_node *config_get(const struct config_node *group, const char *name); /* NULL when absent */
/* err_set with "FILE:LINE: …". Returns ERR_INVALID. */
int config_complain(const struct config_node *at, struct err *err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Complains about the first member of group whose name is not in the NULL-ended list, and suggests the nearest. */
int config_only(const struct config_node *group, const char *const *names, struct err *err);
/* Typed reads: *out gets the value, or is left alone when the setting is absent. ERR_INVALID on another type. */
int config_text(const struct config_node *group, const char *name, const char **out, struct err *err);
int config_int(const struct config_node *group, const char *name, int64_t *out, struct err *err);
int config_bool(const struct config_node *group, const char *name, bool *out, struct err *err);
/* Complains when the value that was read for a whole number is not from least to most. */
int config_range(const struct config_node *group, const char *name, int64_t value, int64_t least, int64_t most,
                 struct err *err);

struct config_pair { /* ("first", "second") */
    const struct config_node *at;
    const char *first, *second;
};
/* Reads a list of at most max pairs of texts; none when the setting is absent. The firsts are not empty and differ. form:
 * what a pair looks like, for the complaint. */
int config_pairs(const struct config_node *group, const char *name, const char *form, struct config_pair *out,
                 size_t max, size_t *count, struct err *err);

enum setting_type {
    SETTING_TEXT,
    SETTING_SECRET,
    SETTING_INT,
    SETTING_BOOL,
    SETTING_LIST,       /* const char ** NULL-ended */
    SETTING_URL,        /* https://…, or http://… to this machine; or empty */
    SETTING_SYSTEM_URL, /* ... or NODE_URL_STANDIN */
    SETTING_ADDRESS,    /* HOST:PORT to listen on */
    SETTING_FILE,       /* a file that may be read, relative to the configuration's folder: out gets its path; or empty */
};
struct setting {
    const char *name;
    enum setting_type type;
    const char *fallback; /* as text; NULL: required */
    size_t offset;        /* of a const char *, int64_t, bool or const char ** field */
    const char *help;
};
/* Fills `out` from group by the table (ended by a NULL name); texts live as long as the config and the arena. `also`:
 * names that somebody else reads from the same group, NULL-ended, may be NULL. */
int settings_read(const struct config_node *group, const struct setting *table, const char *const *also, struct arena *a,
                  void *out, struct err *err);

#endif
