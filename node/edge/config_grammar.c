/* group:  { NAME (= or :) VALUE (; or , or nothing) … }     the whole file is a group without its brackets
 * list:   ( VALUE, VALUE, … )
 * array:  [ SCALAR, SCALAR, … ]                             all of one type
 *
 * The state is what may come next, and the brackets that are open. */
#include "config_grammar.h"

#include <assert.h>
#include <string.h>

enum want {
    want_name,          /* a setting's name, or the group's end */
    want_assign,        /* = or : */
    want_value,         /* behind = or a comma */
    want_first_element, /* a value, or the list's end */
    want_separator,     /* behind a value: in a group ; or , or a name or the end; in a list a comma or the end */
};

static bool is_one_of(char token, const char *set)
{
    return strchr(set, token) != NULL;
}

static char innermost(const struct config_grammar *g)
{
    return g->open[g->depth].bracket;
}

static bool in_group(const struct config_grammar *g)
{
    return innermost(g) == '{' || g->depth == 0;
}

static bool ends(const struct config_grammar *g, char token)
{
    switch (innermost(g)) {
    case '{':
        return token == '}';
    case '(':
        return token == ')';
    case '[':
        return token == ']';
    default:
        return token == TOKEN_END;
    }
}

static const char *open_bracket(struct config_grammar *g, char token, int line)
{
    if (innermost(g) == '[')
        return "only texts, numbers, true and false can stand in [ ]; use ( ) for a list of lists or groups";
    assert(g->depth < CONFIG_DEPTH_MAX);
    g->depth++;
    g->open[g->depth].bracket = token;
    g->open[g->depth].type = 0;
    g->open[g->depth].line = line;
    g->want = token == '{' ? want_name : want_first_element;
    return NULL;
}

static const char *take_value(struct config_grammar *g, char token, int line)
{
    if (is_one_of(token, "{(["))
        return open_bracket(g, token, line);
    char *type = &g->open[g->depth].type;
    if (innermost(g) == '[' && *type && *type != token)
        return "the values in [ ] must be of one type; use ( ) for a mixed list";
    *type = token;
    g->want = want_separator;
    return NULL;
}

static const char *take_end(struct config_grammar *g)
{
    g->depth -= g->depth > 0;
    g->want = want_separator;
    return NULL;
}

static const char *not_closed(const struct config_grammar *g, int *at)
{
    *at = g->open[g->depth].line;
    switch (innermost(g)) {
    case '{':
        return "the { of this line is not closed by its }";
    case '(':
        return "the ( of this line is not closed by its )";
    default:
        return "the [ of this line is not closed by its ]";
    }
}

static const char *not_wanted(const struct config_grammar *g, char token, int *at)
{
    bool may_end = g->want == want_name || g->want == want_first_element || g->want == want_separator;
    if (may_end && is_one_of(token, "e})]"))
        return g->depth ? not_closed(g, at) : "a closing bracket that nothing opened";
    if (g->want == want_name)
        return "the name of a setting must stand here: NAME = VALUE;";
    if (g->want != want_assign && g->want != want_separator && token == TOKEN_NAME)
        return "a value of letters must stand in quotes, unless it is true or false";
    if (g->want != want_separator || !in_group(g) || token != '=')
        *at = g->last_line;
    if (g->want == want_assign)
        return "= is missing behind the name of a setting";
    if (g->want == want_separator)
        return in_group(g) ? "one value too many: a setting has one, a list stands in ( ) or [ ]"
                           : "a comma or the closing bracket is missing in a list";
    return "a value is missing: a text in quotes, a whole number, true, false or a bracket";
}

static const char *take(struct config_grammar *g, char token, int line, int *at)
{
    bool value = is_one_of(token, "tib{([");
    bool may_end = g->want == want_name || g->want == want_first_element || g->want == want_separator;
    if (may_end && ends(g, token))
        return take_end(g);
    if (value && (g->want == want_value || g->want == want_first_element))
        return take_value(g, token, line);
    if (g->want == want_assign && is_one_of(token, "=:"))
        g->want = want_value;
    else if (token == TOKEN_NAME && (g->want == want_name || (g->want == want_separator && in_group(g))))
        g->want = want_assign;
    else if (g->want == want_separator && is_one_of(token, in_group(g) ? ";," : ","))
        g->want = in_group(g) ? want_name : want_value;
    else
        return not_wanted(g, token, at);
    return NULL;
}

const char *config_grammar_take(struct config_grammar *g, char token, int line, int *at)
{
    *at = line;
    const char *wrong = take(g, token, line, at);
    g->last_line = line;
    return wrong;
}
