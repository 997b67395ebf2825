/* Small values as the API writes them, and the metafield that carries a record's key. */
#include "sp.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/hash.h"

#define EXTERNAL_ID_MAX 64

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

static bool is_plain(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c && strchr("-_.:/@", c));
}

struct text sp_external_id(struct arena *a, struct text key)
{
    struct buf b;
    struct hash h;
    buf_init(&b, 3 * MESSAGE_KEY_MAX);
    for (size_t i = 0; i < key.n; i++)
        if (is_plain(key.p[i]))
            buf_char(&b, key.p[i]);
        else
            buf_printf(&b, "%%%02X", (unsigned char)key.p[i]);
    struct text id = b.n <= EXTERNAL_ID_MAX && !buf_failed(&b) ? arena_text(a, buf_view(&b)) : (struct text){NULL, 0};
    buf_release(&b);
    if (id.n)
        return id;
    hash_init(&h, true);
    hash_text(&h, key);
    struct hash128 sum = hash_end128(&h);
    return arena_printf(a, "_:account:%016" PRIx64 "%016" PRIx64, sum.hi, sum.lo);
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

void sp_external_key(struct arena *a, struct value *company)
{
    struct value *external = (struct value *)value_get(company, "externalId");
    if (!external || external->kind != VALUE_TEXT || !memmem(external->text.p, external->text.n, ":account:", 9))
        return;
    struct text from = external->text;
    char *key = arena_alloc(a, from.n + 1);
    size_t n = 0;
    for (size_t i = 0; key && i < from.n; i++) {
        int high = i + 2 < from.n && from.p[i] == '%' ? hex_digit(from.p[i + 1]) : -1;
        int low = high >= 0 ? hex_digit(from.p[i + 2]) : -1;
        key[n++] = low >= 0 ? (char)(high * 16 + low) : from.p[i];
        i += low >= 0 ? 2 : 0;
    }
    if (key && text_utf8_fault((struct text){key, n}) < 0)
        external->text = (struct text){key, n};
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
