"""Customers: people who buy. E-mail address and phone number are each unique in the shop."""

from __future__ import annotations

from typing import Any

from gql.run import Context
from shop import metafields
from shop.products import tags_of
from shop.search import Term, connection, counted, exact, flag_of, id_of, in_order, listed, text_of, time_of
from shop.values import COUNTRIES, amount, country_of, email_ok, phone_of, utc, zone_of
from shop.world import World, number_of, put_given, refuse

PLAIN = ("firstName", "lastName", "note", "taxExempt", "locale")
ADDRESS = ("firstName", "lastName", "company", "address1", "address2", "city", "zip", "phone")


# ---------------------------------------------------------------------- addresses


def address_errors(given: dict, field: list) -> list[dict]:
    country = country_of(given)
    errors = []
    if country == "":
        errors.append(refuse(field + ["country"], "Country is invalid", "INVALID"))
    if not zone_of(country, given.get("provinceCode") or given.get("province"))[2]:
        errors.append(refuse(field + ["province"], "Province is invalid", "INVALID"))
    for name in ("address1", "address2", "city", "zip", "company", "firstName", "lastName"):
        if len(given.get(name) or "") > 255:
            errors.append(refuse(field + [name], f"{name} is too long (maximum is 255 characters)", "TOO_LONG"))
    return errors


def address_new(world: World, given: dict, old: dict | None = None) -> dict:
    """An address as the shop stores it: country and province completed from their codes or names."""
    country = country_of(given) or (old or {}).get("countryCodeV2")
    code, name, _ = zone_of(country, given.get("provinceCode") or given.get("province"))
    found = {**(old or {}), **{key: (given[key] or None) for key in ADDRESS if key in given}}
    if old is None:
        found = {**dict.fromkeys(ADDRESS), **found}
    if old is None or "province" in given or "provinceCode" in given:
        found |= {"province": name, "provinceCode": code}
    return {
        **found,
        "id": found.get("id") or world.gid("MailingAddress"),
        "countryCodeV2": country,
        "countryCode": country,
        "country": COUNTRIES.get(country or "", country),
    }


def person(first: str | None, last: str | None) -> str:
    return " ".join(part for part in (first, last) if part)


def formatted(address: dict, args: dict, _: Context) -> list[str]:
    town = " ".join(part for part in (address["city"], address.get("provinceCode"), address["zip"]) if part)
    lines = [
        person(address["firstName"], address["lastName"]) if args.get("withName") else None,
        address["company"] if args.get("withCompany", True) else None,
        address["address1"],
        address["address2"],
        town,
        address["country"],
    ]
    return [line for line in lines if line]


# ---------------------------------------------------------------------- writes


def customer_errors(world: World, given: dict, customer: dict | None, field: list) -> list[dict]:
    errors = []
    after = {**(customer or {}), **given}
    if not any(after.get(name) for name in ("email", "phone", "firstName", "lastName")):
        errors.append(
            refuse(field if customer else None, "A name, phone number, or email address must be present", "INVALID")
        )
    email = (given.get("email") or "").strip()
    if email and not email_ok(email):
        errors.append(refuse(field + ["email"], "Email is invalid", "INVALID"))
    elif email and world.customer_by_email.get(email.lower(), customer) is not customer:
        errors.append(refuse(field + ["email"], "Email has already been taken", "TAKEN"))
    phone = phone_of(given.get("phone"), world.country)
    if given.get("phone") and phone is None:
        errors.append(refuse(field + ["phone"], "Phone is invalid", "INVALID"))
    elif phone and world.customer_by_phone.get(phone, customer) is not customer:
        errors.append(refuse(field + ["phone"], "Phone has already been taken", "TAKEN"))
    for name, label in (("firstName", "First name"), ("lastName", "Last name"), ("note", "Note")):
        limit = 5000 if name == "note" else 255
        if len(given.get(name) or "") > limit:
            errors.append(refuse(field + [name], f"{label} is too long (maximum is {limit} characters)", "TOO_LONG"))
    for at, one in enumerate(given.get("addresses") or []):
        errors += address_errors(one, field + ["addresses", at])
    return errors


def customer_new(world: World, given: dict) -> dict:
    customer = world.new(
        "Customer",
        {
            "email": None,
            "phone": None,
            "firstName": None,
            "lastName": None,
            "note": None,
            "tags": [],
            "taxExempt": False,
            "locale": "en",
            "state": "DISABLED",
            "verifiedEmail": True,
            "addresses": [],
            "defaultAddressId": None,
            "marketing": None,
        },
    )
    customer_write(world, customer, given)
    world.tell("customers/create", customer)
    return customer


def customer_write(world: World, customer: dict, given: dict) -> bool:
    """Applies checked input; says whether something changed."""
    plain = {name: (given[name] if given[name] not in ("",) else None) for name in PLAIN if name in given}
    changed = put_given(customer, plain, *plain)
    if "email" in given:
        changed |= reindex(
            world.customer_by_email, customer, "email", (given["email"] or "").strip() or None, str.lower
        )
    if "phone" in given:
        changed |= reindex(world.customer_by_phone, customer, "phone", phone_of(given["phone"], world.country), str)
    if given.get("tags") is not None:
        changed |= put_given(customer, {"tags": tags_of(given["tags"])}, "tags")
    if given.get("addresses") is not None:
        changed |= set_addresses(world, customer, given["addresses"])
    if given.get("emailMarketingConsent"):
        consent = given["emailMarketingConsent"]
        changed |= put_given(
            customer,
            {
                "marketing": {
                    "marketingState": consent["marketingState"],
                    "marketingOptInLevel": consent.get("marketingOptInLevel") or "SINGLE_OPT_IN",
                    "consentUpdatedAt": (
                        utc(consent["consentUpdatedAt"]) if consent.get("consentUpdatedAt") else world.now()
                    ),
                }
            },
            "marketing",
        )
    world.save(customer)
    return changed


def reindex(index: dict, customer: dict, name: str, value: str | None, key: Any) -> bool:
    old = customer.get(name)
    if old == value:
        return False
    if old:
        index.pop(key(old), None)
    if value:
        index[key(value)] = customer
    customer[name] = value
    return True


def set_addresses(world: World, customer: dict, given: list[dict]) -> bool:
    """The list replaces the old one; an address with a known id, or with the same text, keeps its id."""
    old = {one["id"]: one for one in customer["addresses"]}
    made = []
    for one in given:
        found = address_new(world, one, old.get(one.get("id") or ""))
        same = next((o for o in old.values() if {**o, "id": 0} == {**found, "id": 0}), None)
        made.append(same or found)
    if made == customer["addresses"]:
        return False
    customer["addresses"] = made
    if customer["defaultAddressId"] not in [one["id"] for one in made]:
        customer["defaultAddressId"] = made[0]["id"] if made else None
    return True


def customer_create(_: Any, args: dict, context: Context) -> dict:
    world, given = context.world, args["input"]
    errors = customer_errors(world, given, None, [])
    if given.get("id"):
        errors.append(refuse(["id"], "Cannot specify ID on creation", "PRESENT"))
    if errors:
        return {"customer": None, "userErrors": errors}
    customer = customer_new(world, given)
    errors = metafields.set_inputs(world, customer, given.get("metafields") or [], ["metafields"])
    return {"customer": customer, "userErrors": errors}


def customer_update(_: Any, args: dict, context: Context) -> dict:
    world, given = context.world, args["input"]
    customer = world.find("Customer", given.get("id"))
    if customer is None:
        return {"customer": None, "userErrors": [refuse(["id"], "Customer does not exist")]}
    errors = customer_errors(world, given, customer, [])
    errors = errors or metafields.set_inputs(world, customer, given.get("metafields") or [], ["metafields"])
    if errors:
        return {"customer": None, "userErrors": errors}
    if customer_write(world, customer, given) or given.get("metafields"):
        world.touch(customer, "customers/update")
    return {"customer": customer, "userErrors": []}


def customer_set(_: Any, args: dict, context: Context) -> dict:
    """Upsert. List fields are replaced; fields left out stay."""
    world, given = context.world, args["input"]
    customer, custom, errors = set_target(world, args.get("identifier") or {}, given)
    errors = errors or customer_errors(world, given, customer, ["input"])
    if errors:
        return {"customer": None, "userErrors": errors}
    if customer is None:
        customer = customer_new(world, given)
    elif customer_write(world, customer, given):
        world.touch(customer, "customers/update")
    if custom:
        metafields.set_one(world, customer, {**custom}, ["identifier", "customId"])
    return {"customer": customer, "userErrors": []}


def set_target(world: World, identifier: dict, given: dict) -> tuple[dict | None, dict | None, list[dict]]:
    if identifier and given.get("id"):
        return (
            None,
            None,
            [refuse(["input", "id"], "The id field is not allowed if identifier is provided.", "ID_NOT_ALLOWED")],
        )
    gid = identifier.get("id") or given.get("id")
    if gid:
        found = world.find("Customer", gid)
        return (
            found,
            None,
            (
                []
                if found
                else [refuse(["identifier", "id"], "Resource matching the identifier was not found.", "NOT_FOUND")]
            ),
        )
    for name, index in (("email", world.customer_by_email), ("phone", world.customer_by_phone)):
        wanted = identifier.get(name)
        if wanted:
            if not given.get(name):
                return (
                    None,
                    None,
                    [
                        refuse(
                            ["input"],
                            "The input field corresponding to the identifier is required.",
                            "MISSING_FIELD_REQUIRED",
                        )
                    ],
                )
            if given[name].lower() != wanted.lower():
                return (
                    None,
                    None,
                    [
                        refuse(
                            ["input"],
                            "The identifier value does not match the value of the corresponding field in the input.",
                            "INPUT_MISMATCH",
                        )
                    ],
                )
            return index.get(wanted.lower() if name == "email" else phone_of(wanted, world.country) or ""), None, []
    if identifier.get("customId"):
        found, why = metafields.by_custom_id(world, "Customer", identifier["customId"])
        return found, identifier["customId"], [refuse(["identifier", "customId"], why, "INVALID")] if why else []
    return None, None, []


def customer_delete(_: Any, args: dict, context: Context) -> dict:
    world = context.world
    customer, answer = world.find("Customer", args["input"]["id"]), {"deletedCustomerId": None, "shop": world.shop()}
    if customer is None:
        return {**answer, "userErrors": [refuse(["id"], "Customer can't be found")]}
    if world.orders_of.get(customer["id"]) or world.contacts_of.get(customer["id"]):
        return {
            **answer,
            "userErrors": [refuse(["id"], "Customer can’t be deleted because they have associated orders")],
        }
    for found in list(world.metafields_of.get(customer["id"], {}).values()):
        metafields.remove(world, found)
    world.customer_by_email.pop((customer["email"] or "").lower(), None)
    world.customer_by_phone.pop(customer["phone"], None)
    world.remove(customer)
    world.tell("customers/delete", customer)
    return {**answer, "deletedCustomerId": customer["id"], "userErrors": []}


def address_create(_: Any, args: dict, context: Context) -> dict:
    world, customer = context.world, context.world.find("Customer", args["customerId"])
    if customer is None:
        return {"address": None, "userErrors": [refuse(["customerId"], "Customer does not exist")]}
    errors = address_errors(args["address"], ["address"])
    if errors:
        return {"address": None, "userErrors": errors}
    address = address_new(world, args["address"])
    customer["addresses"].append(address)
    if args.get("setAsDefault") or not customer["defaultAddressId"]:
        customer["defaultAddressId"] = address["id"]
    world.touch(customer, "customers/update")
    return {"address": address, "userErrors": []}


def address_update(_: Any, args: dict, context: Context) -> dict:
    world, customer = context.world, context.world.find("Customer", args["customerId"])
    place = next(
        (at for at, one in enumerate((customer or {}).get("addresses", [])) if one["id"] == args["addressId"]), None
    )
    if place is None:
        return {"address": None, "userErrors": [refuse(["addressId"], "Address does not exist")]}
    errors = address_errors(args["address"], ["address"])
    if errors:
        return {"address": None, "userErrors": errors}
    address = address_new(world, args["address"], customer["addresses"][place])
    if address != customer["addresses"][place] or args.get("setAsDefault"):
        customer["addresses"][place] = address
        customer["defaultAddressId"] = address["id"] if args.get("setAsDefault") else customer["defaultAddressId"]
        world.touch(customer, "customers/update")
    return {"address": address, "userErrors": []}


# ---------------------------------------------------------------------- reads


def display_name(customer: dict, _: dict, __: Context) -> str:
    return person(customer["firstName"], customer["lastName"]) or customer["email"] or customer["phone"] or ""


def default_address(customer: dict, _: dict, __: Context) -> dict | None:
    return next((one for one in customer["addresses"] if one["id"] == customer["defaultAddressId"]), None)


def spent(customer: dict, _: dict, context: Context) -> dict:
    orders = [o for o in context.world.orders_of.get(customer["id"], []) if not o["cancelledAt"]]
    from decimal import Decimal

    return {
        "amount": amount(sum((Decimal(o["totals"]["total"]) for o in orders), Decimal(0))),
        "currencyCode": context.world.currency,
    }


def marketing(customer: dict) -> dict:
    return customer["marketing"] or {
        "marketingState": "NOT_SUBSCRIBED",
        "marketingOptInLevel": "SINGLE_OPT_IN",
        "consentUpdatedAt": None,
    }


def email_field(customer: dict, _: dict, __: Context) -> dict | None:
    if not customer["email"]:
        return None
    state = marketing(customer)
    return {
        "emailAddress": customer["email"],
        "marketingState": state["marketingState"],
        "marketingOptInLevel": state["marketingOptInLevel"],
        "marketingUpdatedAt": state["consentUpdatedAt"],
        "validFormat": True,
    }


def phone_field(customer: dict, _: dict, __: Context) -> dict | None:
    return {"phoneNumber": customer["phone"], "marketingState": "NOT_SUBSCRIBED"} if customer["phone"] else None


def country_field(customer: dict, term: Term) -> bool:
    return any(
        term.value.lower() in (str(one["country"]).lower(), str(one["countryCodeV2"]).lower())
        for one in customer["addresses"]
    )


FIELDS = {
    "id": id_of(),
    "email": exact("email"),
    "phone": exact("phone"),
    "first_name": text_of("firstName"),
    "last_name": text_of("lastName"),
    "tag": exact("tags"),
    "tag_not": lambda i, t: not exact("tags")(i, t),
    "state": exact("state"),
    "country": country_field,
    "customer_date": time_of("createdAt"),
    "created_at": time_of("createdAt"),
    "updated_at": time_of("updatedAt"),
    "accepts_marketing": flag_of(lambda i: "true" if marketing(i)["marketingState"] == "SUBSCRIBED" else "false"),
    "default": lambda i, t: any(text_of(name)(i, t) for name in ("email", "firstName", "lastName", "phone")),
}

RESOLVERS = {
    "QueryRoot.customer": lambda o, a, c: c.world.find("Customer", a["id"]),
    "QueryRoot.customers": lambda o, a, c: listed(
        c.world, "Customer", a, c, FIELDS, {"CREATED_AT": "createdAt", "UPDATED_AT": "updatedAt", "NAME": "lastName"}
    ),
    "QueryRoot.customersCount": lambda o, a, c: counted(list(c.world.tables["Customer"])),
    "QueryRoot.customerByIdentifier": lambda o, a, c: metafields.identified(
        c.world,
        "Customer",
        a["identifier"],
        {
            "emailAddress": lambda text: c.world.customer_by_email.get(text.strip().lower()),
            "phoneNumber": lambda text: c.world.customer_by_phone.get(phone_of(text, c.world.country) or ""),
        },
    ),
    "Customer.legacyResourceId": lambda o, a, c: str(number_of(o["id"])),
    "Customer.displayName": display_name,
    "Customer.validEmailAddress": lambda o, a, c: bool(o["email"]),
    "Customer.addresses": lambda o, a, c: o["addresses"][: a.get("first") or None],
    "Customer.addressesV2": lambda o, a, c: in_order(o["addresses"], a),
    "Customer.defaultAddress": default_address,
    "Customer.defaultEmailAddress": email_field,
    "Customer.defaultPhoneNumber": phone_field,
    "Customer.emailMarketingConsent": lambda o, a, c: marketing(o),
    "Customer.amountSpent": spent,
    "Customer.numberOfOrders": lambda o, a, c: str(len(c.world.orders_of.get(o["id"], []))),
    "Customer.companyContactProfiles": lambda o, a, c: c.world.contacts_of.get(o["id"], []),
    "Customer.orders": lambda o, a, c: connection(c.world.orders_of.get(o["id"], []), a),
    "Customer.lastOrder": lambda o, a, c: (c.world.orders_of.get(o["id"]) or [None])[-1],
    "Customer.canDelete": lambda o, a, c: not c.world.orders_of.get(o["id"]),
    "MailingAddress.name": lambda o, a, c: person(o["firstName"], o["lastName"]) or None,
    "MailingAddress.coordinatesValidated": lambda o, a, c: False,
    "MailingAddress.formatted": formatted,
    "MailingAddress.formattedArea": lambda o, a, c: ", ".join(
        p for p in (o["city"], o.get("provinceCode"), o["country"]) if p
    ),
    "Mutation.customerCreate": customer_create,
    "Mutation.customerUpdate": customer_update,
    "Mutation.customerSet": customer_set,
    "Mutation.customerDelete": customer_delete,
    "Mutation.customerAddressCreate": address_create,
    "Mutation.customerAddressUpdate": address_update,
}
