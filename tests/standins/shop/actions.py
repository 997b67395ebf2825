"""What a person in the shop does, as control actions: POST /_control/do/<name> with a JSON body, no token.

Objects are named by gid, by number, or by what a person knows them by: an order's name, a product's SKU or handle, a
customer's e-mail address, a company's external id or name. `webhooks: false` in a body keeps the action silent.
"""

from __future__ import annotations

from typing import Any, Callable

from common import Refuse
from shop import companies, customers, inventory, metafields, product_set, products
from shop.checkout import cancel_order, edit_order, fulfill_order, pay_order, place_order
from shop.find import company_of, customer_of, fine, product_of, variant_of
from shop.values import country_of, phone_of, utc, zone_of
from shop.world import World


def edit_product(world: World, body: dict) -> dict:
    product = product_of(world, body.get("product") or body.get("sku"))
    fine(products.product_errors(world, {n: v for n, v in body.items() if n in ("title", "handle")}, product, []))
    if products.product_write(world, product, body):
        world.touch(product, "products/update")
    return product


def edit_price(world: World, body: dict) -> dict:
    """{sku|variant, price, compareAtPrice}, also barcode."""
    variant = variant_of(world, body.get("variant") or body.get("sku"))
    given = {name: body[name] for name in ("price", "compareAtPrice", "barcode") if name in body}
    fine(products.variant_errors({n: v for n, v in given.items() if n != "barcode"}, []))
    if products.variant_write(world, variant, given):
        world.touch(world.find("Product", variant["productId"]), "products/update")
    return variant


def edit_stock(world: World, body: dict) -> dict:
    """{sku, available | delta, location}: a person counts in the admin."""
    variant = variant_of(world, body.get("variant") or body.get("sku"))
    place = body.get("location") or world.primary_location()["id"]
    level = inventory.level_at(world, variant["inventoryItemId"], place) or inventory.activate(
        world, variant["inventoryItemId"], place
    )
    delta = int(body["delta"]) if "delta" in body else int(body["available"]) - level["q"]["available"]
    if delta:
        inventory.move(world, level, {"available": delta})
    return level


def delete_product(world: World, body: dict) -> dict:
    product = product_of(world, body.get("product") or body.get("sku"))
    products.delete_product(world, product)
    return {"deleted": product["id"]}


def create_product(world: World, body: dict) -> dict:
    """{title, sku, price, quantity, barcode, vendor, productType, status, tags, descriptionHtml, weight, cost, images, metafields,
    variants: [{sku, price, quantity, options: {name: value}}]}"""
    fine(products.product_errors(world, body, None, []))
    product = products.product_new(world, {**body, "createdAt": None})
    rows = body.get("variants") or [{**body, "options": {"Title": "Default Title"}}]
    names = list(dict.fromkeys(name for row in rows for name in row["options"]))
    product["options"] = product_set.named_options(
        world,
        [{"name": name, "values": list(dict.fromkeys(row["options"][name] for row in rows))} for name in names],
        product,
    )
    for row in rows:
        item = {"tracked": row.get("tracked", True), "sku": row.get("sku")}
        if row.get("cost") is not None:
            item["cost"] = str(row["cost"])
        variant = products.variant_new(
            world,
            product,
            {
                "price": row.get("price"),
                "compareAtPrice": row.get("compareAtPrice"),
                "barcode": row.get("barcode"),
                "sku": row.get("sku"),
                "inventoryItem": item,
                "inventoryPolicy": row.get("inventoryPolicy"),
            },
            row["options"],
        )
        inventory.level_at(world, item_id := variant["inventoryItemId"], world.primary_location()["id"])["q"][
            "available"
        ] = int(row.get("quantity") or 0)
        world.save(world.levels_of[item_id][world.primary_location()["id"]])
    product["media"] = products.media_of(world, [{"originalSource": src} for src in body.get("images") or []], [])
    fine(metafields.set_inputs(world, product, body.get("metafields") or [], ["metafields"]))
    return dated(world, product, body)


def create_customer(world: World, body: dict) -> dict:
    given = {name: value for name, value in body.items() if name not in ("createdAt", "webhooks", "metafields")}
    if given.get("phone") and phone_of(given["phone"], world.country) is None:
        del given["phone"]  # as an import does: a number that is none stays in the address only
    fine(customers.customer_errors(world, given, None, []))
    customer = customers.customer_new(world, given)
    fine(metafields.set_inputs(world, customer, body.get("metafields") or [], ["metafields"]))
    return dated(world, customer, body)


def edit_customer(world: World, body: dict) -> dict:
    customer = customer_of(world, body["customer"])
    given = {name: value for name, value in body.items() if name not in ("customer", "webhooks")}
    fine(customers.customer_errors(world, given, customer, []))
    if customers.customer_write(world, customer, given):
        world.touch(customer, "customers/update")
    return customer


def create_company(world: World, body: dict) -> dict:
    """{name, externalId, note, contact: {firstName, lastName, email, phone, title}, address: {…}, billingAddress, phone, locationName}: an
    address is taken as both of the one location's."""
    address = company_address(body.get("address") or body.get("shippingAddress"))
    given: dict[str, Any] = {
        "company": {name: body[name] for name in ("name", "externalId", "note", "customerSince") if name in body},
        "companyLocation": {
            "name": body.get("locationName") or body.get("name"),
            "phone": phone_of(body.get("phone"), world.country),
        },
    }
    if address:
        given["companyLocation"] |= {
            "shippingAddress": address,
            "billingAddress": company_address(body.get("billingAddress")) or address,
        }
    if body.get("contact"):
        given["companyContact"] = {
            n: v for n, v in body["contact"].items() if n != "phone" or phone_of(v, world.country)
        }
    fine(companies.create_errors(world, given))
    return dated(world, companies.create(world, given), body)


def company_address(given: dict | None) -> dict | None:
    if given is None:
        return None
    found = {
        name: given[name]
        for name in ("address1", "address2", "city", "zip", "firstName", "lastName", "recipient", "zoneCode")
        if given.get(name)
    }
    found["countryCode"] = country_of(given) or given.get("countryCode")
    zone = given.get("provinceCode") or given.get("province")
    code, _, known = zone_of(found["countryCode"], zone)
    if zone and known and (code or len(zone) <= 3):  # a longer one is no code and has no place in a company's address
        found["zoneCode"] = code or zone
    return found


def edit_company(world: World, body: dict) -> dict:
    company = company_of(world, body["company"])
    given = {name: body[name] for name in ("name", "note", "externalId") if name in body}
    fine(companies.company_errors(world, given, company, []))
    if companies.write(world, company, given):
        world.touch(company, "companies/update")
    if body.get("address"):
        location = world.find("CompanyLocation", company["locationIds"][0])
        for name in ("shippingAddress", "billingAddress"):
            location[name] = companies.address_new(world, company, company_address(body["address"]), location[name])
        world.touch(location, "company_locations/update")
    return company


def dated(world: World, item: dict, body: dict) -> dict:
    """The bulk load may say when an object was made."""
    if body.get("createdAt"):
        item["createdAt"] = utc(body["createdAt"])
    return world.save(item)


def bulk(world: World, body: dict) -> dict:
    """{products, customers, companies, orders: lists of what the create actions take; webhooks: false}. All or, at the first one that
    is refused, those before it. Orders do not move stock unless "inventory" says so. Answers gids by list."""
    made: dict[str, list[str]] = {}
    for name, make in (
        ("products", create_product),
        ("customers", create_customer),
        ("companies", create_company),
        ("orders", place_order),
    ):
        made[name] = []
        for at, one in enumerate(body.get(name) or []):
            try:
                made[name].append(make(world, {"inventory": "bypass", **one} if name == "orders" else one)["id"])
            except Refuse as refusal:
                raise Refuse(refusal.response.status, f"{name}[{at}]: {refusal}") from None
    return made


ADDRESS = {
    "address1": "12 Orchestra Terrace",
    "city": "Walla Walla",
    "provinceCode": "WA",
    "zip": "99362",
    "countryCode": "US",
}
ACTIONS: dict[str, tuple[Callable[[World, dict], dict], Any]] = {
    "place_order": (
        place_order,
        {
            "company": "LAZYK",
            "lines": [{"sku": "NW-1", "quantity": 2, "discountPercent": 5}],
            "shipping": {"title": "Standard", "price": "7.45"},
        },
    ),
    "edit_order": (
        edit_order,
        {"order": "#1001", "lines": [{"sku": "NW-1", "quantity": 3}], "note": "leave at the door"},
    ),
    "cancel_order": (cancel_order, {"order": "#1001", "reason": "CUSTOMER", "restock": True}),
    "pay_order": (pay_order, {"order": "#1001"}),
    "fulfill_order": (fulfill_order, {"order": "#1001"}),
    "edit_product": (edit_product, {"sku": "NW-1", "title": "Chai, better", "status": "ACTIVE"}),
    "edit_price": (edit_price, {"sku": "NW-1", "price": "19.90", "compareAtPrice": None}),
    "edit_stock": (edit_stock, {"sku": "NW-1", "available": 12}),
    "create_product": (create_product, {"title": "Chai", "sku": "NW-1", "price": "18.00", "quantity": 39}),
    "delete_product": (delete_product, {"sku": "NW-1"}),
    "create_customer": (
        create_customer,
        {"firstName": "Maria", "lastName": "Anders", "email": "maria@example.com", "addresses": [ADDRESS]},
    ),
    "edit_customer": (edit_customer, {"customer": "maria@example.com", "lastName": "Anders-Berg"}),
    "create_company": (
        create_company,
        {
            "name": "Lazy K Kountry Store",
            "externalId": "LAZYK",
            "address": ADDRESS,
            "contact": {"firstName": "John", "lastName": "Steel", "email": "john.steel@example.com"},
        },
    ),
    "edit_company": (edit_company, {"company": "LAZYK", "note": "pays late"}),
    "bulk": (bulk, {"products": [], "customers": [], "companies": [], "orders": [], "webhooks": False}),
}
