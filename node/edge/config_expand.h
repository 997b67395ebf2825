/* config_expand: "${NAME}", "${NAME:-default}" and "@file:PATH" in a setting's text. Private to the module config. */
#ifndef TIDEGATE_EDGE_CONFIG_EXPAND_H
#define TIDEGATE_EDGE_CONFIG_EXPAND_H

#include "config.h"

#define CONFIG_TEXT_MAX (64 * 1024)

/* Puts at->text in its final form (in the arena) and sets at->from_outside. Complains without showing any value. */
int config_expand(struct config_node *at, const char *raw, struct arena *a, struct err *err);

#endif
