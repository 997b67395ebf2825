/* config_grammar: does a libconfig text have the shape of settings? libconfig itself says "syntax error" and often the
 * line behind the mistake; this says what is missing, and in which line. Private to the module config. */
#ifndef TIDEGATE_EDGE_CONFIG_GRAMMAR_H
#define TIDEGATE_EDGE_CONFIG_GRAMMAR_H

#include <stdbool.h>
#include <stddef.h>

#define CONFIG_DEPTH_MAX 32

/* Tokens are their own character ("=", ":", ";", ",", and brackets), or one of these. */
enum { TOKEN_NAME = 'n', TOKEN_TEXT = 't', TOKEN_INT = 'i', TOKEN_BOOL = 'b', TOKEN_END = 'e' };

struct config_grammar { /* zeroed is the beginning */
    struct {
        char bracket; /* 0 for the outermost group */
        char type;    /* of the values in [ ], once there is one */
        int line;
    } open[CONFIG_DEPTH_MAX + 1];
    int depth;
    int want;
    int last_line; /* of the token before */
};

/* Takes the next token (an opening bracket only while depth < CONFIG_DEPTH_MAX). NULL, or what is wrong: a sentence,
 * and the line where to look in *at. */
const char *config_grammar_take(struct config_grammar *g, char token, int line, int *at);

#endif
