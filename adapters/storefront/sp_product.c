/* Delivery of products and prices: a product of ours is a shop product with one variant; the variant is the sellable
 * item.
 *
 * A new one is made with productSet under the metafield tidegate.key, which finds it again when the call is repeated.
 * Later changes go to productUpdate and productVariantsBulkUpdate, which touch only the fields named: productSet would
 * replace lists, and the shop's pictures are its own. A price is the variant's price.
 *
 * What is stored is told as the writing mutation itself answers it: read afterwards, it could show what a person has
 * set since then, and that would pass for the shop's way to write our value. */
#include "sp.h"

#define USER_ERRORS " userErrors { field message code } "

static struct value member(const struct value *v, const char *name)
{
    const struct value *m = value_get(v, name);
    return m ? *m : value_null();
}

static struct value member_at(const struct value *v, const char *path)
{
    const struct value *m = value_at(v, path);
    return m ? *m : value_null();
}

static enum delivery ask(struct session *s, const struct command *c, const char *document, struct value variables,
                         struct value *data, struct delivery_result *r)
{
    struct err err = {0};
    if (sp_graphql(s, call_priority_of(c->entity), document, &variables, c->arena, data, &err) < 0)
        return sp_call_failed(r, &err);
    return DELIVERY_DONE;
}

/* The document with the fragment `shown`: what the mapping selects of a variant. */
static const char *showing(const struct session *s, const struct command *c, const char *document)
{
    const char *select = mapping_select(s->mapping, "product");
    return arena_printf(c->arena, "%s fragment shown on ProductVariant { %s }", document, select).p;
}

static enum delivery read_variant(struct session *s, const struct command *c, struct text id, struct delivery_result *r)
{
    struct value data;
    const char *document = showing(s, c, "query($id: ID!) { productVariant(id: $id) { ...shown } }");
    if (ask(s, c, document, sp_map(c->arena, 1, "id", value_text(id)), &data, r) != DELIVERY_DONE)
        return delivery_retry(r, 0, true, "written, but not read back");
    const struct value *variant = value_get(&data, "productVariant");
    if (!variant || variant->kind != VALUE_MAP)
        return delivery_refused(r, REFUSAL_CONFLICT, "the variant was deleted in the shop");
    return delivery_done(r, id, *variant);
}

/* The product that a variant belongs to. */
static enum delivery product_of(struct session *s, const struct command *c, struct text variant, struct text *product,
                                struct delivery_result *r)
{
    struct value data;
    enum delivery kind = ask(s, c, "query($id: ID!) { productVariant(id: $id) { product { id } } }",
                             sp_map(c->arena, 1, "id", value_text(variant)), &data, r);
    if (kind != DELIVERY_DONE)
        return kind;
    *product = value_text_at(&data, "productVariant.product.id");
    return product->n ? DELIVERY_DONE : delivery_refused(r, REFUSAL_CONFLICT, "the variant was deleted in the shop");
}

/* *stored: the variant as answered, but what is known already of its product. */
static enum delivery update_variant(struct session *s, const struct command *c, struct text product,
                                    struct value fields, struct text variant, struct value *stored,
                                    struct delivery_result *r)
{
    struct arena *a = c->arena;
    struct value data, list = value_list(a, 1), known = member(stored, "product");
    value_set(a, &fields, text_of("id"), value_text(variant));
    list.items[0] = fields;
    enum delivery kind =
        ask(s, c,
            showing(s, c,
                    "mutation($product: ID!, $variants: [ProductVariantsBulkInput!]!) { productVariantsBulkUpdate("
                    "productId: $product, variants: $variants) { productVariants { ...shown }" USER_ERRORS "} }"),
            sp_map(a, 2, "product", value_text(product), "variants", list), &data, r);
    if (kind == DELIVERY_DONE)
        kind = sp_user_errors(r, value_get(&data, "productVariantsBulkUpdate"));
    if (kind != DELIVERY_DONE)
        return kind;
    *stored = member_at(&data, "productVariantsBulkUpdate.productVariants.0");
    if (known.kind == VALUE_MAP && stored->kind == VALUE_MAP)
        value_set(a, stored, text_of("product"), known);
    return DELIVERY_DONE;
}

/* *stored: the variant as answered, if it is the product's first or only one. */
static enum delivery update_fields(struct session *s, const struct command *c, struct value fields,
                                   struct value *stored, struct delivery_result *r)
{
    struct value data;
    enum delivery kind =
        ask(s, c,
            showing(s, c,
                    "mutation($product: ProductUpdateInput!) { productUpdate(product: $product) { product { "
                    "variants(first: 1) { nodes { ...shown } } } userErrors { field message } } }"),
            sp_map(c->arena, 1, "product", fields), &data, r);
    if (kind == DELIVERY_DONE)
        kind = sp_user_errors(r, value_get(&data, "productUpdate"));
    struct value first = member_at(&data, "productUpdate.product.variants.nodes.0");
    if (kind == DELIVERY_DONE && text_eq(value_text_at(&first, "id"), c->native))
        *stored = first;
    return kind;
}

static enum delivery done(struct session *s, const struct command *c, struct text variant, const struct value *stored,
                          struct delivery_result *r)
{
    return stored->kind == VALUE_MAP ? delivery_done(r, variant, *stored) : read_variant(s, c, variant, r);
}

static enum delivery update_product(struct session *s, const struct command *c, const struct value *native,
                                    struct delivery_result *r)
{
    struct arena *a = c->arena;
    struct value product_fields = member(native, "product"), variant_fields = member(native, "variant"),
                 stored = value_null();
    struct text product = {0};
    enum delivery kind = product_of(s, c, c->native, &product, r);
    if (kind == DELIVERY_DONE && product_fields.kind == VALUE_MAP && product_fields.count) {
        value_set(a, &product_fields, text_of("id"), value_text(product));
        kind = update_fields(s, c, product_fields, &stored, r);
    }
    if (kind == DELIVERY_DONE && variant_fields.kind == VALUE_MAP && variant_fields.count)
        kind = update_variant(s, c, product, variant_fields, c->native, &stored, r);
    return kind == DELIVERY_DONE ? done(s, c, c->native, &stored, r) : kind;
}

/* The variant of a product that has only one: Shopify calls its option and value so. */
static void add_only_variant(const struct command *c, struct value *input, struct value variant)
{
    struct arena *a = c->arena;
    struct value options = value_list(a, 1), values = value_list(a, 1), option_values = value_list(a, 1),
                 variants = value_list(a, 1);
    values.items[0] = sp_map(a, 1, "name", value_string("Default Title"));
    options.items[0] = sp_map(a, 2, "name", value_string("Title"), "values", values);
    option_values.items[0] = sp_map(a, 2, "optionName", value_string("Title"), "name", value_string("Default Title"));
    struct value item = member(&variant, "inventoryItem");
    if (item.kind != VALUE_MAP)
        item = value_map(a, 0);
    value_set(a, &item, text_of("tracked"), value_bool(true));
    value_set(a, &variant, text_of("inventoryItem"), item);
    value_set(a, &variant, text_of("optionValues"), option_values);
    variants.items[0] = variant;
    value_set(a, input, text_of("productOptions"), options);
    value_set(a, input, text_of("variants"), variants);
}

static enum delivery create_product(struct session *s, const struct command *c, const struct value *native,
                                    struct delivery_result *r)
{
    struct arena *a = c->arena;
    struct value input = member(native, "product"), variant = member(native, "variant"), data;
    if (value_text_at(c->fields, "parent").n)
        return delivery_refused(
            r, REFUSAL_UNSUPPORTED,
            "a new variant of an existing product is made in the shop; a product without `parent` is made here");
    if (input.kind != VALUE_MAP)
        input = value_map(a, 0);
    value_set(a, &input, text_of("metafields"), sp_key_metafield(a, c->key));
    add_only_variant(c, &input, variant.kind == VALUE_MAP ? variant : value_map(a, 0));
    enum delivery kind = ask(
        s, c,
        showing(s, c,
                "mutation($input: ProductSetInput!, $identifier: ProductSetIdentifiers) { productSet(synchronous: "
                "true, input: $input, identifier: $identifier) { product { variants(first: 1) { nodes { id ...shown "
                "} } }" USER_ERRORS "} }"),
        sp_map(a, 2, "input", input, "identifier", sp_key_identifier(a, c->key)), &data, r);
    if (kind == DELIVERY_DONE)
        kind = sp_user_errors(r, value_get(&data, "productSet"));
    if (kind != DELIVERY_DONE)
        return kind;
    struct value stored = member_at(&data, "productSet.product.variants.nodes.0");
    struct text id = value_text_at(&stored, "id");
    return id.n ? delivery_done(r, id, stored) : delivery_retry(r, 0, true, "productSet answered without a variant");
}

enum delivery sp_deliver_product(struct session *s, const struct command *c, const struct value *native,
                                 struct delivery_result *r)
{
    return c->native.n ? update_product(s, c, native, r) : create_product(s, c, native, r);
}

/* ---- prices ---- */

static enum delivery unsupported(struct session *s, const struct command *c, struct delivery_result *r)
{
    const struct sp_state *st = s->state;
    struct text list = value_text_at(c->fields, "list"), currency = value_text_at(c->fields, "currency");
    struct text from = value_text_at(c->fields, "min_quantity");
    if (list.n && !text_is(list, "standard"))
        return delivery_refused(r, REFUSAL_UNSUPPORTED,
                                "a variant has one price; list \"%.*s\" has no place in the shop", TEXT_ARG(list));
    if (currency.n && !text_is(currency, st->currency))
        return delivery_refused(r, REFUSAL_UNSUPPORTED, "the shop's currency is %s, the price's %.*s", st->currency,
                                TEXT_ARG(currency));
    if (from.n && !text_is(from, "0") && !text_is(from, "1"))
        return delivery_refused(r, REFUSAL_UNSUPPORTED, "a variant's price holds from one piece, not from %.*s",
                                TEXT_ARG(from));
    return DELIVERY_DONE;
}

enum delivery sp_deliver_price(struct session *s, const struct command *c, const struct value *native,
                               struct delivery_result *r)
{
    struct text variant = c->native.n ? c->native : value_text_at(c->fields, "product"), product = {0};
    struct value stored = value_null();
    if (!sp_is(variant, "ProductVariant"))
        return delivery_refused(r, REFUSAL_MISSING, "a price needs its product");
    enum delivery kind = unsupported(s, c, r);
    if (kind == DELIVERY_DONE)
        kind = product_of(s, c, variant, &product, r);
    if (kind == DELIVERY_DONE && value_get(native, "price"))
        kind = update_variant(s, c, product, value_copy(c->arena, native), variant, &stored, r);
    return kind == DELIVERY_DONE ? done(s, c, variant, &stored, r) : kind;
}
