"""B2B: companies, their locations with addresses, their contacts (each a customer with an e-mail address).

A company made without a location gets one of its own name. A contact's e-mail address that a customer has already
makes that customer the contact.
"""

from __future__ import annotations

import re
from typing import Any

from gql.run import Context
from shop import customers
from shop.values import COUNTRIES, email_ok, phone_of, utc, zone_of
from shop.world import World, put_given, refuse

ROLES = ("Location admin", "Ordering only")
ADDRESS = ("address1", "address2", "city", "zip", "recipient", "firstName", "lastName", "phone")
EXTERNAL_ID = re.compile(r"[\w!@#$%^&*(){}\[\]\\/?<>~,.;:'`\"-]*\Z", re.ASCII)
TAGS = re.compile(r"<[A-Za-z/!]")
MISSING = {
    "company": "The company doesn't exist.",
    "location": "The company location doesn't exist.",
    "contact": "The company contact doesn't exist.",
    "customer": "The customer doesn't exist.",
}


def missing(field: str, kind: str) -> dict:
    return refuse([field], MISSING[kind], "RESOURCE_NOT_FOUND")


def company_errors(world: World, given: dict, company: dict | None, field: list) -> list[dict]:
    errors = []
    if (company is None or "name" in given) and not (given.get("name") or "").strip():
        errors.append(refuse(field + ["name"], "Name can't be blank", "BLANK"))
    if len(given.get("name") or "") > 255:
        errors.append(refuse(field + ["name"], "Name is too long (maximum is 255 characters)", "TOO_LONG"))
    if TAGS.search(given.get("name") or ""):
        errors.append(refuse(field + ["name"], "Name contains HTML tags", "INVALID"))
    if len(given.get("note") or "") > 5000:
        errors.append(refuse(field + ["note"], "Notes is too long (maximum is 5000 characters)", "TOO_LONG"))
    external = given.get("externalId")
    errors += external_errors(external, field, world.company_by_external.get(external or "", company) is not company)
    return errors


def external_errors(external: str | None, field: list, taken: bool) -> list[dict]:
    where = field + ["externalId"]
    if not external:
        return []
    if len(external) > 64:
        return [refuse(where, "External Id must be 64 characters or less.", "TOO_LONG")]
    if not EXTERNAL_ID.match(external):
        return [
            refuse(
                where,
                "External Id can only contain numbers, letters, and some special characters, including "
                "!@#$%^&*(){}[]\\/?<>_-~,.;:'`\"",
                "INVALID",
            )
        ]
    return [refuse(where, "External id has already been taken.", "TAKEN")] if taken else []


def location_errors(world: World, given: dict, location: dict | None, field: list) -> list[dict]:
    errors = []
    if "name" in given and not (given["name"] or "").strip() and location is not None:
        errors.append(refuse(field + ["name"], "Name can't be blank", "BLANK"))
    if given.get("phone") and phone_of(given["phone"], world.country) is None:
        errors.append(refuse(field + ["phone"], "Phone is invalid", "INVALID"))
    external = given.get("externalId")
    taken = bool(external) and any(
        one["externalId"] == external and one is not location for one in world.tables["CompanyLocation"].values()
    )
    errors += external_errors(external, field, taken)
    for name in ("shippingAddress", "billingAddress"):
        if given.get(name) is not None and not (name == "billingAddress" and given.get("billingSameAsShipping")):
            errors += address_errors(world, given[name], field + [name])
    return errors


def address_errors(world: World, given: dict, field: list) -> list[dict]:
    errors = []
    if not (given.get("address1") or "").strip():
        errors.append(refuse(field + ["address1"], "Address1 can't be blank", "BLANK"))
    if not given.get("countryCode"):
        errors.append(refuse(field + ["countryCode"], "Country code can't be blank", "BLANK"))
    code, _, fine = zone_of(given.get("countryCode"), given.get("zoneCode"))
    if not fine or (given.get("zoneCode") and code is None and len(given["zoneCode"]) > 6):
        errors.append(refuse(field + ["zoneCode"], "Zone code is invalid", "INVALID"))
    if given.get("phone") and phone_of(given["phone"], given.get("countryCode") or world.country) is None:
        errors.append(refuse(field + ["phone"], "Phone is invalid", "INVALID"))
    return errors


def contact_errors(world: World, given: dict, contact: dict | None, field: list) -> list[dict]:
    email = (given.get("email") or "").strip()
    customer = world.find("Customer", contact["customerId"]) if contact else None
    if not email and (contact is None or "email" in given):
        return [refuse(field, "Either the attribute email or customer_id must be provided", "INVALID")]
    if email and not email_ok(email):
        return [refuse(field + ["email"], "Email address is invalid", "INVALID")]
    other = world.customer_by_email.get(email.lower())
    if contact and email and other not in (None, customer):
        return [refuse(field + ["email"], "Email address has already been taken", "TAKEN")]
    if contact is None and other and world.contacts_of.get(other["id"]):
        return [refuse(field, "Customer is already associated with a company contact", "TAKEN")]
    phone = phone_of(given.get("phone"), world.country)
    if given.get("phone") and phone is None:
        return [refuse(field + ["phone"], "Phone is invalid", "INVALID")]
    if phone and world.customer_by_phone.get(phone, customer or other) is not (customer or other):
        return [refuse(field + ["phone"], "Phone has already been taken", "TAKEN")]
    return []


def company_new(world: World, given: dict) -> dict:
    company = world.new(
        "Company",
        {
            "name": given["name"].strip(),
            "externalId": given.get("externalId") or None,
            "note": given.get("note"),
            "customerSince": utc(given["customerSince"]) if given.get("customerSince") else world.now(),
            "mainContactId": None,
            "contactIds": [],
            "locationIds": [],
            "roleIds": [],
        },
    )
    company["roleIds"] = [
        world.new("CompanyContactRole", {"name": name, "note": "System-defined"})["id"] for name in ROLES
    ]
    if company["externalId"]:
        world.company_by_external[company["externalId"]] = company
    world.tell("companies/create", company)
    return world.save(company)


def location_new(world: World, company: dict, given: dict) -> dict:
    shipping = given.get("shippingAddress")
    billing = shipping if given.get("billingSameAsShipping") else given.get("billingAddress")
    location = world.new(
        "CompanyLocation",
        {
            "companyId": company["id"],
            "name": given.get("name") or (shipping or {}).get("address1") or company["name"],
            "externalId": given.get("externalId") or None,
            "note": given.get("note"),
            "phone": phone_of(given.get("phone"), world.country),
            "locale": given.get("locale") or "en",
            "currency": world.currency,
            "taxRegistrationId": given.get("taxRegistrationId"),
            "taxExempt": bool(given.get("taxExempt")),
            "taxExemptions": given.get("taxExemptions") or [],
            "shippingAddress": None,
            "billingAddress": None,
        },
    )
    if shipping is not None:
        location["shippingAddress"] = address_new(world, company, shipping)
    if billing is not None:
        location["billingAddress"] = address_new(world, company, billing)
    company["locationIds"].append(location["id"])
    world.save(company)
    world.tell("company_locations/create", location)
    return world.save(location)


def address_new(world: World, company: dict, given: dict, old: dict | None = None) -> dict:
    country = given.get("countryCode") or (old or {}).get("countryCode")
    code, name, _ = zone_of(country, given.get("zoneCode"))
    found = {**dict.fromkeys(ADDRESS), **{key: given[key] or None for key in ADDRESS if key in given}}
    if found["phone"]:
        found["phone"] = phone_of(found["phone"], country) or found["phone"]
    now = world.now()
    return {
        **found,
        "id": (old or {}).get("id") or world.gid("CompanyAddress"),
        "companyName": company["name"],
        "countryCode": country,
        "country": COUNTRIES.get(country or "", country),
        "zoneCode": code or given.get("zoneCode"),
        "province": name,
        "createdAt": (old or {}).get("createdAt") or now,
        "updatedAt": now,
        "__type": "CompanyAddress",
    }


def contact_new(world: World, company: dict, given: dict, customer: dict | None = None) -> dict:
    customer = customer or world.customer_by_email.get((given.get("email") or "").strip().lower())
    person = {name: given[name] for name in ("firstName", "lastName", "email", "phone", "locale") if given.get(name)}
    if customer is None:
        customer = customers.customer_new(world, person)
    contact = world.new(
        "CompanyContact",
        {
            "companyId": company["id"],
            "customerId": customer["id"],
            "title": given.get("title"),
            "locale": given.get("locale") or "en",
        },
    )
    world.contacts_of.setdefault(customer["id"], []).append(contact)
    company["contactIds"].append(contact["id"])
    world.save(company)
    world.tell("company_contacts/create", contact)
    return contact


def assign_role(world: World, company: dict, contact: dict, location: dict) -> dict:
    return world.new(
        "CompanyContactRoleAssignment",
        {
            "companyId": company["id"],
            "contactId": contact["id"],
            "locationId": location["id"],
            "roleId": company["roleIds"][1],
        },
    )


def create_errors(world: World, given: dict) -> list[dict]:
    errors = company_errors(world, given["company"], None, ["input", "company"])
    if given.get("companyContact") is not None:
        errors += contact_errors(world, given["companyContact"], None, ["input", "companyContact"])
    if given.get("companyLocation") is not None:
        errors += location_errors(world, given["companyLocation"], None, ["input", "companyLocation"])
    return errors


def create(world: World, given: dict) -> dict:
    """A company with its location and, when asked for, its main contact. The input is checked already."""
    company = company_new(world, given["company"])
    location = location_new(world, company, given.get("companyLocation") or {"name": company["name"]})
    if given.get("companyContact") is not None:
        contact = contact_new(world, company, given["companyContact"])
        company["mainContactId"] = contact["id"]
        assign_role(world, company, contact, location)
    return world.save(company)


def company_create(_: Any, args: dict, context: Context) -> dict:
    errors = create_errors(context.world, args["input"])
    return {"company": None if errors else create(context.world, args["input"]), "userErrors": errors}


def company_update(_: Any, args: dict, context: Context) -> dict:
    world, given = context.world, args["input"]
    company = world.find("Company", args["companyId"])
    if company is None:
        return {"company": None, "userErrors": [missing("companyId", "company")]}
    errors = company_errors(world, given, company, ["input"])
    if not given:
        errors.append(refuse(["input"], "No input was provided.", "NO_INPUT"))
    if errors:
        return {"company": None, "userErrors": errors}
    if write(world, company, given):
        world.touch(company, "companies/update")
    return {"company": company, "userErrors": []}


def write(world: World, company: dict, given: dict) -> bool:
    fields = {name: given[name] for name in ("name", "note") if name in given}
    if given.get("customerSince"):
        fields["customerSince"] = utc(given["customerSince"])
    if "externalId" in given:
        world.company_by_external.pop(company["externalId"], None)
        fields["externalId"] = given["externalId"] or None
        if fields["externalId"]:
            world.company_by_external[fields["externalId"]] = company
    return put_given(company, fields, *fields)


def location_create(_: Any, args: dict, context: Context) -> dict:
    world, company = context.world, context.world.find("Company", args["companyId"])
    if company is None:
        return {"companyLocation": None, "userErrors": [missing("companyId", "company")]}
    errors = location_errors(world, args["input"], None, ["input"])
    if errors:
        return {"companyLocation": None, "userErrors": errors}
    location = location_new(world, company, args["input"])
    world.touch(company, "companies/update")
    return {"companyLocation": location, "userErrors": []}


def location_update(_: Any, args: dict, context: Context) -> dict:
    world, given = context.world, dict(args["input"])
    location = world.find("CompanyLocation", args["companyLocationId"])
    if location is None:
        return {"companyLocation": None, "userErrors": [missing("companyLocationId", "location")]}
    errors = location_errors(world, given, location, ["input"])
    if errors:
        return {"companyLocation": None, "userErrors": errors}
    if given.get("phone"):
        given["phone"] = phone_of(given["phone"], world.country)
    if put_given(location, given, "name", "phone", "locale", "externalId", "note"):
        world.touch(location, "company_locations/update")
    return {"companyLocation": location, "userErrors": []}


def assign_address(_: Any, args: dict, context: Context) -> dict:
    world, location = context.world, context.world.find("CompanyLocation", args["locationId"])
    if location is None:
        return {"addresses": None, "userErrors": [missing("locationId", "location")]}
    errors = address_errors(world, args["address"], ["address"])
    if not args["addressTypes"]:
        errors.append(refuse(["addressTypes"], "At least one address type is required", "REQUIRED"))
    if errors:
        return {"addresses": None, "userErrors": errors}
    company, made = world.find("Company", location["companyId"]), []
    for kind in dict.fromkeys(args["addressTypes"]):
        name = kind.lower() + "Address"
        address = address_new(world, company, args["address"], location[name])
        same = {**(location[name] or {}), "updatedAt": 0} == {**address, "updatedAt": 0}
        if not same:
            location[name] = address
            world.touch(location, "company_locations/update")
        made.append(location[name])
    return {"addresses": made, "userErrors": []}


def contact_create(_: Any, args: dict, context: Context) -> dict:
    world, company = context.world, context.world.find("Company", args["companyId"])
    if company is None:
        return {"companyContact": None, "userErrors": [missing("companyId", "company")]}
    errors = contact_errors(world, args["input"], None, ["input"])
    return {"companyContact": None if errors else contact_new(world, company, args["input"]), "userErrors": errors}


def contact_update(_: Any, args: dict, context: Context) -> dict:
    world, given = context.world, args["input"]
    contact = world.find("CompanyContact", args["companyContactId"])
    if contact is None:
        return {"companyContact": None, "userErrors": [missing("companyContactId", "contact")]}
    errors = contact_errors(world, given, contact, ["input"])
    if errors:
        return {"companyContact": None, "userErrors": errors}
    customer = world.find("Customer", contact["customerId"])
    person = {name: given[name] for name in ("firstName", "lastName", "email", "phone") if name in given}
    if customers.customer_write(world, customer, person):
        world.touch(customer, "customers/update")
    if put_given(contact, given, "title", "locale"):
        world.touch(contact, "company_contacts/update")
    return {"companyContact": contact, "userErrors": []}


def assign_customer(_: Any, args: dict, context: Context) -> dict:
    world, company = context.world, context.world.find("Company", args["companyId"])
    customer = world.find("Customer", args["customerId"])
    errors = []
    if company is None:
        errors = [missing("companyId", "company")]
    elif customer is None:
        errors = [missing("customerId", "customer")]
    elif not customer["email"]:
        errors = [refuse(["customerId"], "Customer must have an email address.", "INVALID_INPUT")]
    elif world.contacts_of.get(customer["id"]):
        errors = [refuse(["customerId"], "Customer is already associated with a company contact", "INVALID_INPUT")]
    if errors:
        return {"companyContact": None, "userErrors": errors}
    return {"companyContact": contact_new(world, company, {}, customer), "userErrors": []}


def assign_main(_: Any, args: dict, context: Context) -> dict:
    world, company = context.world, context.world.find("Company", args["companyId"])
    if company is None:
        return {"company": None, "userErrors": [missing("companyId", "company")]}
    if args["companyContactId"] not in company["contactIds"]:
        return {"company": None, "userErrors": [missing("companyContactId", "contact")]}
    if put_given(company, {"mainContactId": args["companyContactId"]}, "mainContactId"):
        world.touch(company, "companies/update")
    return {"company": company, "userErrors": []}
