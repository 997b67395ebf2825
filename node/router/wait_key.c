#include "wait_key.h"

struct text wait_key_link(struct arena *a, struct text system, struct text entity, struct text native)
{
    return arena_printf(a, "link %.*s:%.*s:%.*s", TEXT_ARG(system), TEXT_ARG(entity), TEXT_ARG(native));
}

struct text wait_key_target(struct arena *a, struct text system, struct text record_key)
{
    return arena_printf(a, "in %.*s %.*s", TEXT_ARG(system), TEXT_ARG(record_key));
}

bool wait_key_is_target(struct text key, struct text *system)
{
    struct text word, rest;
    return text_split(key, ' ', &word, &rest) && text_is(word, "in") && text_split(rest, ' ', system, &rest);
}

struct text wait_key_match(struct arena *a, struct text entity, struct text field, struct text value)
{
    return arena_printf(a, "match %.*s.%.*s %.*s", TEXT_ARG(entity), TEXT_ARG(field), TEXT_ARG(value));
}

struct text wait_key_record(struct arena *a, struct text record_key)
{
    return arena_printf(a, "record %.*s", TEXT_ARG(record_key));
}

struct text wait_key_outcome(struct arena *a, struct text system, struct text record_key)
{
    return arena_printf(a, "outcome %.*s %.*s", TEXT_ARG(system), TEXT_ARG(record_key));
}

bool wait_key_is_outcome(struct text key, struct text *system, struct text *record_key)
{
    struct text word, rest;
    return text_split(key, ' ', &word, &rest) && text_is(word, "outcome") && text_split(rest, ' ', system, record_key);
}

struct text wait_key_creating(struct arena *a, struct text system, struct text entity)
{
    return arena_printf(a, "creating %.*s %.*s", TEXT_ARG(system), TEXT_ARG(entity));
}

struct text wait_key_snapshot(struct arena *a, struct text system, struct text entity)
{
    return arena_printf(a, "snapshot %.*s %.*s", TEXT_ARG(system), TEXT_ARG(entity));
}
