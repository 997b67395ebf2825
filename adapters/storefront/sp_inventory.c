/* Delivery of stock: available is set by compare-and-swap.
 *
 * A sale in the shop lowers the quantity at any moment, so the quantity read and the one set are tied by
 * changeFromQuantity: when somebody was faster, it is read again, and what was sold since the first reading is taken
 * off the quantity that is set, which cannot know of it. The idempotency key is made of the command and the quantity
 * read, so that a repeated call is the same call and a new attempt is a new one. (inventorySetQuantities,
 * @idempotent) */
#include "sp.h"

#include <stdio.h>

#define ATTEMPTS 8

struct stock {
    struct session *s;
    const struct command *c;
    struct text variant, location, location_name, item;
    bool stocked; /* the item has a level at the location */
    bool tracked;
    int64_t available; /* as read */
    int attempt;
    int64_t told, wanted; /* the command's quantity; what it is now, after the sales since the first reading */
};

static enum delivery ask(struct stock *k, const char *document, struct value variables, struct value *data,
                         struct delivery_result *r)
{
    struct err err = {0};
    if (sp_graphql(k->s, CALL_STOCK, document, &variables, k->c->arena, data, &err) < 0)
        return sp_call_failed(r, &err);
    return DELIVERY_DONE;
}

static const struct sp_location *find_location(const struct sp_state *st, struct text name, struct text id)
{
    for (size_t i = 0; i < st->location_count; i++)
        if ((name.n && text_is(name, st->locations[i].name)) || (id.n && text_is(id, st->locations[i].id)))
            return &st->locations[i];
    return NULL;
}

/* native: "<variant gid>@<location gid>" */
static enum delivery identify(struct stock *k, struct delivery_result *r)
{
    struct text id = {0}, available = value_text_at(k->c->fields, "available");
    if (k->c->native.n)
        text_split(k->c->native, '@', &k->variant, &id);
    else
        k->variant = value_text_at(k->c->fields, "product");
    const struct sp_location *at = find_location(k->s->state, value_text_at(k->c->fields, "location"), id);
    if (!sp_is(k->variant, "ProductVariant") || !at)
        return delivery_refused(r, REFUSAL_MISSING,
                                "stock needs a product and a location that the setting locations names");
    k->location = text_of(at->id);
    k->location_name = text_of(at->name);
    if (available.n && !text_to_i64(available, &k->told))
        return delivery_refused(r, REFUSAL_VALUE, "the shop counts whole pieces, not %.*s", TEXT_ARG(available));
    return DELIVERY_DONE;
}

static enum delivery read_level(struct stock *k, struct delivery_result *r)
{
    struct value data;
    struct value variables = sp_map(k->c->arena, 2, "id", value_text(k->variant), "at", value_text(k->location));
    enum delivery kind = ask(k,
                             "query($id: ID!, $at: ID!) { productVariant(id: $id) { inventoryItem { id tracked "
                             "inventoryLevel(locationId: $at) { "
                             "quantities(names: [\"available\"]) { quantity } } } } }",
                             variables, &data, r);
    if (kind != DELIVERY_DONE)
        return kind;
    const struct value *quantity = value_at(&data, "productVariant.inventoryItem.inventoryLevel.quantities.0.quantity");
    const struct value *tracked = value_at(&data, "productVariant.inventoryItem.tracked");
    k->item = value_text_at(&data, "productVariant.inventoryItem.id");
    k->stocked = quantity && quantity->kind == VALUE_INT;
    k->available = k->stocked ? quantity->integer : 0;
    k->tracked = tracked && tracked->kind == VALUE_BOOL && tracked->boolean;
    return k->item.n ? DELIVERY_DONE : delivery_refused(r, REFUSAL_CONFLICT, "the variant was deleted in the shop");
}

/* A refused result is remembered under its key, too, so each attempt has a key of its own. */
static struct value idempotency_key(struct stock *k, const char *step)
{
    struct hash h;
    char uuid[UUID_TEXT];
    hash_init(&h, true);
    hash_text(&h, k->c->message->id);
    hash_text(&h, text_of(step));
    hash_add(&h, &k->available, sizeof k->available);
    hash_add(&h, &k->attempt, sizeof k->attempt);
    return value_text(arena_text(k->c->arena, uuid_derive(k->c->message->time, hash_end128(&h), uuid)));
}

static enum delivery track(struct stock *k, struct delivery_result *r)
{
    struct arena *a = k->c->arena;
    struct value data;
    if (k->tracked)
        return DELIVERY_DONE;
    enum delivery kind =
        ask(k,
            "mutation($id: ID!, $input: InventoryItemInput!) { inventoryItemUpdate(id: $id, input: $input) { "
            "userErrors { field "
            "message } } }",
            sp_map(a, 2, "id", value_text(k->item), "input", sp_map(a, 1, "tracked", value_bool(true))), &data, r);
    return kind == DELIVERY_DONE ? sp_user_errors(r, value_get(&data, "inventoryItemUpdate")) : kind;
}

static enum delivery activate(struct stock *k, struct delivery_result *r)
{
    struct value data, variables = sp_map(k->c->arena, 4, "item", value_text(k->item), "at", value_text(k->location),
                                          "available", value_int(k->wanted), "key", idempotency_key(k, "activate"));
    enum delivery kind = ask(
        k,
        "mutation($item: ID!, $at: ID!, $available: Int, $key: String!) { inventoryActivate(inventoryItemId: $item, "
        "locationId: $at, available: $available) @idempotent(key: $key) { userErrors { field message } } }",
        variables, &data, r);
    return kind == DELIVERY_DONE ? sp_user_errors(r, value_get(&data, "inventoryActivate")) : kind;
}

/* *again: somebody changed the quantity between our reading and setting. */
static enum delivery set(struct stock *k, bool *again, struct delivery_result *r)
{
    struct arena *a = k->c->arena;
    struct value data, list = value_list(a, 1);
    list.items[0] = sp_map(a, 4, "inventoryItemId", value_text(k->item), "locationId", value_text(k->location),
                           "quantity", value_int(k->wanted), "changeFromQuantity", value_int(k->available));
    struct value input =
        sp_map(a, 4, "name", value_string("available"), "reason", value_string("correction"), "referenceDocumentUri",
               value_text(arena_printf(a, "tidegate://command/%.*s", TEXT_ARG(k->c->message->id))), "quantities", list);
    enum delivery kind =
        ask(k,
            "mutation($input: InventorySetQuantitiesInput!, $key: String!) { inventorySetQuantities(input: $input) "
            "@idempotent(key: $key) { userErrors { field message code } } }",
            sp_map(a, 2, "input", input, "key", idempotency_key(k, "set")), &data, r);
    if (kind != DELIVERY_DONE)
        return kind;
    const struct value *payload = value_get(&data, "inventorySetQuantities");
    *again =
        sp_user_error_is(payload, "CHANGE_FROM_QUANTITY_STALE") || sp_user_error_is(payload, "COMPARE_QUANTITY_STALE");
    return *again ? DELIVERY_DONE : sp_user_errors(r, payload);
}

static enum delivery bring_to_wanted(struct stock *k, struct delivery_result *r)
{
    int64_t first = 0;
    for (k->attempt = 0; k->attempt < ATTEMPTS; k->attempt++) {
        bool again = false;
        enum delivery kind = read_level(k, r);
        if (k->attempt == 0)
            first = k->available;
        k->wanted = k->told + k->available - first;
        if (kind == DELIVERY_DONE)
            kind = track(k, r);
        if (kind == DELIVERY_DONE && !k->stocked)
            kind = activate(k, r);
        else if (kind == DELIVERY_DONE && k->available != k->wanted)
            kind = set(k, &again, r);
        if (kind != DELIVERY_DONE || !again)
            return kind;
    }
    return delivery_retry(r, 0, false, "the quantity changed in the shop %d times while it was being set", ATTEMPTS);
}

enum delivery sp_deliver_inventory(struct session *s, const struct command *c, const struct value *native,
                                   struct delivery_result *r)
{
    struct stock k = {.s = s, .c = c};
    (void)native; /* one number: `available` */
    enum delivery kind = identify(&k, r);
    if (kind == DELIVERY_DONE && value_text_at(c->fields, "available").n)
        kind = bring_to_wanted(&k, r);
    if (kind != DELIVERY_DONE)
        return kind;
    struct text id = arena_printf(c->arena, "%.*s@%.*s", TEXT_ARG(k.variant), TEXT_ARG(k.location));
    return delivery_done(r, id, value_null());
}
