/* Delivery of what is one object: account, contact, product. An upsert on the external id, and the object read back, in
 * one API call. Repeating it changes nothing. */
#include "sf.h"

const char *sf_object_path(struct session *s, const struct command *c)
{
    const char *object = mapping_object(s->mapping, c->entity);
    if (c->native.n)
        return arena_printf(c->arena, "/sobjects/%s/%.*s", object, TEXT_ARG(c->native)).p;
    struct text key = http_escape(c->arena, c->key);
    return arena_printf(c->arena, "/sobjects/%s/" SF_KEY_FIELD "/%.*s", object, TEXT_ARG(key)).p;
}

static enum delivery deliver_object(struct session *s, const struct command *c, struct delivery_result *r)
{
    struct err err = {0};
    struct value body;
    if (mapping_out(s->mapping, c->entity, c->fields, !c->native.n, c->arena, &body, &err) < 0)
        return delivery_refused(r, REFUSAL_VALUE, "%s", err.text);
    struct sf_composite composite;
    sf_composite_init(&composite, c->arena);
    sf_composite_add(s, &composite, "written", "PATCH", sf_object_path(s, c), &body);
    sf_composite_read_back(s, &composite, c->entity, c->native.n ? arena_string(c->arena, c->native) : "@{written.id}");
    return sf_composite_send(s, &composite, call_priority_of(c->entity), r);
}

enum delivery sf_deliver(struct session *s, const struct command *c, struct delivery_result *r)
{
    if (c->message->op == OP_DELETE)
        return delivery_refused(r, REFUSAL_UNSUPPORTED, "records are not deleted in Salesforce; set them inactive");
    if (strcmp(c->entity, "order") == 0)
        return sf_deliver_order(s, c, r);
    if (strcmp(c->entity, "price") == 0)
        return sf_deliver_price(s, c, r);
    return deliver_object(s, c, r);
}
