/* Small values as the API writes them, and the metafield that carries a record's key. */
#include "sp.h"

#include <stdarg.h>
#include <stdio.h>

struct value sp_map(struct arena *a, uint32_t n, ...)
{
    struct value map = value_map(a, 0);
    va_list args;
    va_start(args, n);
    for (uint32_t i = 0; i < n; i++) {
        const char *name = va_arg(args, const char *);
        value_set(a, &map, text_of(name), va_arg(args, struct value));
    }
    va_end(args);
    return map;
}

bool sp_is(struct text gid, const char *type)
{
    char prefix[64];
    snprintf(prefix, sizeof prefix, "gid://shopify/%s/", type);
    return text_starts(gid, prefix);
}

struct value sp_key_identifier(struct arena *a, struct text key)
{
    struct value custom =
        sp_map(a, 3, "namespace", value_string("tidegate"), "key", value_string("key"), "value", value_text(key));
    return sp_map(a, 1, "customId", custom);
}

struct value sp_key_metafield(struct arena *a, struct text key)
{
    struct value list = value_list(a, 1);
    list.items[0] = sp_map(a, 4, "namespace", value_string("tidegate"), "key", value_string("key"), "type",
                           value_string("id"), "value", value_text(key));
    return list;
}

static int define_key(struct session *s, const char *owner, struct arena *a, struct err *err)
{
    static const char *const mutation =
        "mutation($definition: MetafieldDefinitionInput!) { metafieldDefinitionCreate(definition: "
        "$definition) { createdDefinition { id } userErrors { field message code } } }";
    struct value definition =
        sp_map(a, 5, "name", value_string("Tidegate key"), "namespace", value_string("tidegate"), "key",
               value_string("key"), "type", value_string("id"), "ownerType", value_string(owner));
    struct value variables = sp_map(a, 1, "definition", definition), data;
    int rc = sp_graphql(s, CALL_CATALOGUE, mutation, &variables, a, &data, err);
    const struct value *payload = rc == 0 ? value_get(&data, "metafieldDefinitionCreate") : NULL;
    struct delivery_result r = {0};
    if (rc < 0 || sp_user_error_is(payload, "TAKEN") || sp_user_errors(&r, payload) == DELIVERY_DONE)
        return rc;
    return err_set(err, ERR_DENIED, "the metafield definition tidegate.key cannot be made: %s", r.words);
}

int sp_define_keys(struct session *s, struct arena *a, struct err *err)
{
    int rc = define_key(s, "CUSTOMER", a, err);
    return rc < 0 ? rc : define_key(s, "PRODUCT", a, err);
}
