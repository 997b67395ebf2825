/* Delivery of accounts and contacts: companies and customers.
 *
 * A company is found again by its externalId, which the shop keeps unique: the customer number, else the record key.
 * Its address and phone are those of its first location. A customer is found again by the metafield tidegate.key. A
 * person who is an account of his own is the customer himself: what changes of him comes with the contact.
 *
 * What is stored is told as the writing mutation itself answers it. Read afterwards, the object could show what a
 * person has set since then, and that would pass for the shop's way to write our value. Only the address mutations
 * answer no object: after them, the part that holds the address is read. */
#include "sp.h"

#define USER_ERRORS " userErrors { field message code } "

static enum delivery run(struct session *s, const struct command *c, const char *document, struct value variables,
                         const char *mutation, struct value *payload, struct delivery_result *r)
{
    struct err err = {0};
    struct value data;
    if (sp_graphql(s, CALL_CATALOGUE, document, &variables, c->arena, &data, &err) < 0)
        return sp_call_failed(r, &err);
    const struct value *found = value_get(&data, mutation);
    *payload = found ? *found : value_null();
    return sp_user_errors(r, found);
}

static struct value member(const struct value *v, const char *name)
{
    const struct value *m = value_get(v, name);
    return m ? *m : value_null();
}

static bool has_members(const struct value *v)
{
    return v->kind == VALUE_MAP && v->count;
}

/* `object` as answered becomes what is stored, or its part does when more of it is known already. */
static void take(struct arena *a, struct value *stored, const struct value *object, const char *part)
{
    if (!object || object->kind != VALUE_MAP)
        return;
    if (stored->kind != VALUE_MAP)
        *stored = *object;
    else
        value_set(a, stored, text_of(part), member(object, part));
}

static enum delivery read_part(struct session *s, const struct command *c, const char *type, struct text id,
                               const char *part, struct value *stored, struct delivery_result *r)
{
    struct err err = {0};
    struct value data, variables = sp_map(c->arena, 1, "id", value_text(id));
    const char *document =
        arena_printf(c->arena, "query($id: ID!) { %s(id: $id) { %s } }", type, mapping_select(s->mapping, c->entity)).p;
    if (sp_graphql(s, CALL_CATALOGUE, document, &variables, c->arena, &data, &err) < 0)
        return delivery_retry(r, 0, true, "written, but not read back: %s", err.text);
    const struct value *object = value_get(&data, type);
    if (!object || object->kind != VALUE_MAP)
        return delivery_refused(r, REFUSAL_CONFLICT, "the %s was deleted in the shop", type);
    take(c->arena, stored, object, part);
    return DELIVERY_DONE;
}

/* The document with the fragment `shown`: what the mapping selects of that type. */
static const char *showing(const struct session *s, const struct command *c, const char *type, const char *document)
{
    const char *select = mapping_select(s->mapping, c->entity);
    return arena_printf(c->arena, "%s fragment shown on %s { %s }", document, type, select).p;
}

/* ---- companies ---- */

struct company {
    struct session *s;
    const struct command *c;
    struct value fields, location; /* CompanyInput, CompanyLocationInput */
    struct text id, location_id;
    struct value stored;
    bool address_written;
};

static enum delivery find_company(struct company *k, struct text external_id, struct delivery_result *r)
{
    struct err err = {0};
    struct arena *a = k->c->arena;
    struct value data;
    struct value variables =
        sp_map(a, 1, "query", value_text(arena_printf(a, "external_id:\"%.*s\"", TEXT_ARG(external_id))));
    if (sp_graphql(k->s, CALL_CATALOGUE,
                   "query($query: String) { companies(first: 5, query: $query) { nodes { id externalId } } }",
                   &variables, a, &data, &err) < 0)
        return sp_call_failed(r, &err);
    const struct value *nodes = value_at(&data, "companies.nodes");
    for (uint32_t i = 0; nodes && i < nodes->count; i++)
        if (text_eq(value_text_at(&nodes->items[i], "externalId"), external_id))
            k->id = value_text_at(&nodes->items[i], "id");
    return DELIVERY_DONE;
}

static enum delivery create_company(struct company *k, struct delivery_result *r)
{
    struct arena *a = k->c->arena;
    struct value payload, input = sp_map(a, 1, "company", k->fields);
    if (has_members(&k->location))
        value_set(a, &input, text_of("companyLocation"), k->location);
    enum delivery kind =
        run(k->s, k->c,
            showing(k->s, k->c, "Company",
                    "mutation($input: CompanyCreateInput!) { companyCreate(input: $input) { company { id ...shown "
                    "}" USER_ERRORS "} }"),
            sp_map(a, 1, "input", input), "companyCreate", &payload, r);
    if (kind == DELIVERY_DONE) {
        k->id = value_text_at(&payload, "company.id");
        take(a, &k->stored, value_get(&payload, "company"), "id");
    }
    return kind;
}

static enum delivery find_location(struct company *k, struct delivery_result *r)
{
    struct err err = {0};
    struct value data, variables = sp_map(k->c->arena, 1, "id", value_text(k->id));
    if (sp_graphql(k->s, CALL_CATALOGUE,
                   "query($id: ID!) { company(id: $id) { locations(first: 1) { nodes { id } } } }", &variables,
                   k->c->arena, &data, &err) < 0)
        return sp_call_failed(r, &err);
    k->location_id = value_text_at(&data, "company.locations.nodes.0.id");
    return DELIVERY_DONE;
}

static enum delivery write_location(struct company *k, struct delivery_result *r)
{
    struct arena *a = k->c->arena;
    struct value payload, address = member(&k->location, "billingAddress"), phone = member(&k->location, "phone"),
                          types = value_list(a, 2);
    if (find_location(k, r) != DELIVERY_DONE || !k->location_id.n)
        return k->location_id.n ? r->kind : DELIVERY_DONE;
    types.items[0] = value_string("BILLING");
    types.items[1] = value_string("SHIPPING");
    enum delivery kind = DELIVERY_DONE;
    if (phone.kind == VALUE_TEXT)
        kind = run(k->s, k->c,
                   showing(k->s, k->c, "Company",
                           "mutation($id: ID!, $input: CompanyLocationUpdateInput!) { companyLocationUpdate("
                           "companyLocationId: $id, input: $input) { companyLocation { company { ...shown } "
                           "}" USER_ERRORS "} }"),
                   sp_map(a, 2, "id", value_text(k->location_id), "input", sp_map(a, 1, "phone", phone)),
                   "companyLocationUpdate", &payload, r);
    if (kind == DELIVERY_DONE && phone.kind == VALUE_TEXT)
        take(a, &k->stored, value_at(&payload, "companyLocation.company"), "locations");
    k->address_written = has_members(&address);
    if (kind == DELIVERY_DONE && k->address_written)
        kind =
            run(k->s, k->c,
                "mutation($id: ID!, $address: CompanyAddressInput!, $types: [CompanyAddressType!]!) { "
                "companyLocationAssignAddress(locationId: $id, address: $address, addressTypes: $types) {" USER_ERRORS
                "} }",
                sp_map(a, 3, "id", value_text(k->location_id), "address", address, "types", types),
                "companyLocationAssignAddress", &payload, r);
    return kind;
}

static enum delivery update_company(struct company *k, struct delivery_result *r)
{
    struct arena *a = k->c->arena;
    struct value payload;
    enum delivery kind = DELIVERY_DONE;
    if (has_members(&k->fields))
        kind = run(k->s, k->c,
                   showing(k->s, k->c, "Company",
                           "mutation($id: ID!, $input: CompanyInput!) { companyUpdate(companyId: $id, input: $input) { "
                           "company { ...shown }" USER_ERRORS "} }"),
                   sp_map(a, 2, "id", value_text(k->id), "input", k->fields), "companyUpdate", &payload, r);
    if (kind == DELIVERY_DONE && has_members(&k->fields))
        take(a, &k->stored, value_get(&payload, "company"), "id");
    return kind == DELIVERY_DONE && has_members(&k->location) ? write_location(k, r) : kind;
}

static enum delivery write_company(struct company *k, struct delivery_result *r)
{
    struct value external = member(&k->fields, "externalId");
    if (!k->id.n && external.kind != VALUE_TEXT) {
        external = value_text(sp_external_id(k->c->arena, k->c->key));
        value_set(k->c->arena, &k->fields, text_of("externalId"), external);
    }
    if (!k->id.n && k->c->may_exist && find_company(k, external.text, r) != DELIVERY_DONE)
        return r->kind;
    return k->id.n ? update_company(k, r) : create_company(k, r);
}

enum delivery sp_deliver_account(struct session *s, const struct command *c, const struct value *native,
                                 struct delivery_result *r)
{
    struct company k = {
        .s = s, .c = c, .fields = member(native, "company"), .location = member(native, "location"), .id = c->native};
    if (sp_is(c->native, "Customer"))
        return delivery_done(r, c->native, value_null());
    if (k.fields.kind != VALUE_MAP)
        k.fields = value_map(c->arena, 0);
    enum delivery kind = write_company(&k, r);
    if (kind == DELIVERY_DONE && (k.address_written || k.stored.kind != VALUE_MAP))
        kind = read_part(s, c, "company", k.id, "locations", &k.stored, r);
    if (kind != DELIVERY_DONE)
        return kind;
    sp_external_key(c->arena, &k.stored);
    return delivery_done(r, k.id, k.stored);
}

/* ---- customers ---- */

struct customer {
    struct session *s;
    const struct command *c;
    struct value fields, address, contact; /* CustomerInput, MailingAddressInput, CompanyContactInput */
    struct text id;
    struct value stored;
    bool address_written;
};

static enum delivery find_customer(struct customer *k, struct delivery_result *r)
{
    struct err err = {0};
    struct value data, variables = sp_map(k->c->arena, 1, "identifier", sp_key_identifier(k->c->arena, k->c->key));
    if (sp_graphql(
            k->s, CALL_CATALOGUE,
            "query($identifier: CustomerIdentifierInput!) { customerByIdentifier(identifier: $identifier) { id } }",
            &variables, k->c->arena, &data, &err) < 0)
        return sp_call_failed(r, &err);
    k->id = value_text_at(&data, "customerByIdentifier.id");
    return DELIVERY_DONE;
}

static enum delivery create_customer(struct customer *k, struct delivery_result *r)
{
    struct arena *a = k->c->arena;
    struct value payload, addresses = value_list(a, 0);
    value_set(a, &k->fields, text_of("metafields"), sp_key_metafield(a, k->c->key));
    if (has_members(&k->address)) {
        value_append(a, &addresses, k->address);
        value_set(a, &k->fields, text_of("addresses"), addresses);
    }
    enum delivery kind =
        run(k->s, k->c,
            showing(k->s, k->c, "Customer",
                    "mutation($input: CustomerInput!) { customerCreate(input: $input) { customer { id ...shown } "
                    "userErrors { field message } } }"),
            sp_map(a, 1, "input", k->fields), "customerCreate", &payload, r);
    if (kind == DELIVERY_DONE) {
        k->id = value_text_at(&payload, "customer.id");
        take(a, &k->stored, value_get(&payload, "customer"), "id");
    }
    return kind;
}

static enum delivery write_address(struct customer *k, struct text address_id, struct delivery_result *r)
{
    struct arena *a = k->c->arena;
    struct value payload;
    k->address_written = true;
    if (address_id.n)
        return run(k->s, k->c,
                   "mutation($id: ID!, $address_id: ID!, $address: MailingAddressInput!) { "
                   "customerAddressUpdate(customerId: $id, "
                   "addressId: $address_id, address: $address) { userErrors { field message } } }",
                   sp_map(a, 3, "id", value_text(k->id), "address_id", value_text(address_id), "address", k->address),
                   "customerAddressUpdate", &payload, r);
    return run(k->s, k->c,
               "mutation($id: ID!, $address: MailingAddressInput!) { customerAddressCreate(customerId: $id, address: "
               "$address, "
               "setAsDefault: true) { userErrors { field message } } }",
               sp_map(a, 2, "id", value_text(k->id), "address", k->address), "customerAddressCreate", &payload, r);
}

static enum delivery update_customer(struct customer *k, struct delivery_result *r)
{
    struct arena *a = k->c->arena;
    struct value payload;
    if (!has_members(&k->fields))
        return DELIVERY_DONE;
    value_set(a, &k->fields, text_of("id"), value_text(k->id));
    enum delivery kind = run(k->s, k->c,
                             showing(k->s, k->c, "Customer",
                                     "mutation($input: CustomerInput!) { customerUpdate(input: $input) { customer { "
                                     "...shown } userErrors { field message } } }"),
                             sp_map(a, 1, "input", k->fields), "customerUpdate", &payload, r);
    if (kind == DELIVERY_DONE)
        take(a, &k->stored, value_get(&payload, "customer"), "id");
    return kind;
}

static void take_place(struct customer *k, enum delivery kind, const struct value *payload)
{
    if (kind == DELIVERY_DONE)
        take(k->c->arena, &k->stored, value_at(payload, "companyContact.customer"), "companyContactProfiles");
}

/* The customer's place at his company, and what the shop keeps there (title), or in his address book. */
static enum delivery write_around(struct customer *k, bool created, struct delivery_result *r)
{
    struct arena *a = k->c->arena;
    struct err err = {0};
    struct value data, payload, variables = sp_map(a, 1, "id", value_text(k->id));
    struct text company = value_text_at(k->c->fields, "account");
    if (sp_graphql(k->s, CALL_CATALOGUE,
                   "query($id: ID!) { customer(id: $id) { defaultAddress { id } companyContactProfiles { id company { "
                   "id } } } }",
                   &variables, a, &data, &err) < 0)
        return sp_call_failed(r, &err);
    struct text contact = value_text_at(&data, "customer.companyContactProfiles.0.id");
    enum delivery kind = DELIVERY_DONE;
    if (!created && has_members(&k->address))
        kind = write_address(k, value_text_at(&data, "customer.defaultAddress.id"), r);
    if (kind == DELIVERY_DONE && !contact.n && sp_is(company, "Company")) {
        kind = run(k->s, k->c,
                   showing(k->s, k->c, "Customer",
                           "mutation($company: ID!, $customer: ID!) { companyAssignCustomerAsContact(companyId: "
                           "$company, customerId: $customer) { companyContact { id customer { ...shown } "
                           "}" USER_ERRORS "} }"),
                   sp_map(a, 2, "company", value_text(company), "customer", value_text(k->id)),
                   "companyAssignCustomerAsContact", &payload, r);
        contact = value_text_at(&payload, "companyContact.id");
        take_place(k, kind, &payload);
    }
    if (kind == DELIVERY_DONE && contact.n && has_members(&k->contact)) {
        kind = run(k->s, k->c,
                   showing(k->s, k->c, "Customer",
                           "mutation($id: ID!, $input: CompanyContactInput!) { companyContactUpdate(companyContactId: "
                           "$id, input: $input) { companyContact { customer { ...shown } }" USER_ERRORS "} }"),
                   sp_map(a, 2, "id", value_text(contact), "input", k->contact), "companyContactUpdate", &payload, r);
        take_place(k, kind, &payload);
    }
    return kind;
}

static bool needs_around(const struct customer *k, bool created)
{
    return (!created && has_members(&k->address)) || has_members(&k->contact) ||
           sp_is(value_text_at(k->c->fields, "account"), "Company");
}

enum delivery sp_deliver_contact(struct session *s, const struct command *c, const struct value *native,
                                 struct delivery_result *r)
{
    struct customer k = {.s = s,
                         .c = c,
                         .fields = member(native, "customer"),
                         .address = member(native, "address"),
                         .contact = member(native, "contact"),
                         .id = c->native};
    if (k.fields.kind != VALUE_MAP)
        k.fields = value_map(c->arena, 0);
    if (!k.id.n && c->may_exist && find_customer(&k, r) != DELIVERY_DONE)
        return r->kind;
    bool created = !k.id.n;
    enum delivery kind = created ? create_customer(&k, r) : update_customer(&k, r);
    if (kind == DELIVERY_DONE && needs_around(&k, created))
        kind = write_around(&k, created, r);
    if (kind == DELIVERY_DONE && (k.address_written || k.stored.kind != VALUE_MAP))
        kind = read_part(s, c, "customer", k.id, "defaultAddress", &k.stored, r);
    return kind == DELIVERY_DONE ? delivery_done(r, k.id, k.stored) : kind;
}
