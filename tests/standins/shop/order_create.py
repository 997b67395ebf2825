"""orderCreate: the import of an order from elsewhere."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from gql.run import Context
from shop import customers, metafields
from shop.orders import ZERO, apply_discount, claim, discounted, line_new, order_new, received, tax_new
from shop.values import cents, email_ok, phone_of, utc
from shop.world import World, refuse


def order_create(_: Any, args: dict, context: Context) -> dict:
    world, given, options = context.world, args["order"], args.get("options") or {}
    errors = create_errors(world, given)
    if errors:
        return {"order": None, "userErrors": errors}
    currency = given.get("currency") or world.currency
    lines = [api_line(world, one, currency) for one in given["lineItems"]]
    behaviour = options.get("inventoryBehaviour", "BYPASS")
    if behaviour != "BYPASS":
        why = claim(world, lines, behaviour == "DECREMENT_OBEYING_POLICY")
        if why:
            return {"order": None, "userErrors": [refuse(["order", "lineItems"], why, "INVENTORY_CLAIM_FAILED")]}
    customer = api_customer(world, given)
    discounts = api_discount(given.get("discountCode"), lines, currency)
    location = world.find("CompanyLocation", given.get("companyLocationId"))
    addresses = {
        name: customers.address_new(world, given[name]) if given.get(name) else None
        for name in ("billingAddress", "shippingAddress")
    }
    order = order_new(
        world,
        {
            **{
                name: given.get(name)
                for name in (
                    "name",
                    "note",
                    "tags",
                    "test",
                    "poNumber",
                    "taxesIncluded",
                    "customAttributes",
                    "sourceIdentifier",
                    "processedAt",
                    "closedAt",
                    "financialStatus",
                )
            },
            "email": given.get("email") or (customer or {}).get("email"),
            "phone": phone_of(given.get("phone"), world.country),
            "currency": currency,
            "sourceName": given.get("sourceName") or "app",
            "lines": lines,
            "customer": customer,
            "location": location,
            "contactId": contact_of(world, customer, location),
            "discounts": discounts,
            **addresses,
            "fulfillmentStatus": {
                "FULFILLED": "FULFILLED",
                "PARTIAL": "PARTIALLY_FULFILLED",
                "RESTOCKED": "RESTOCKED",
            }.get(given.get("fulfillmentStatus") or ""),
            "shipping": [api_shipping(world, one, currency, given) for one in given.get("shippingLines") or []],
            "tax_lines": [
                api_tax(one, sum((discounted(line) for line in lines if line["taxable"]), ZERO))
                for one in given.get("taxLines") or []
            ],
            "transactions": api_transactions(world, given, currency),
        },
    )
    derive_status(order, given)
    errors = metafields.set_inputs(world, order, given.get("metafields") or [], ["order", "metafields"])
    world.save(order)
    return {"order": order, "userErrors": errors}


def create_errors(world: World, given: dict) -> list[dict]:
    errors = []
    if given.get("customer") and given.get("customerId"):
        errors.append(
            refuse(
                ["order", "customerId"], "Only one of customer and customerId can be given", "REDUNDANT_CUSTOMER_FIELDS"
            )
        )
    if not given.get("lineItems"):
        errors.append(refuse(["order", "lineItems"], "Line items must have at least one line item", "INVALID"))
    if given.get("email") and not email_ok(given["email"]):
        errors.append(refuse(["order", "email"], "Email is invalid", "INVALID"))
    if given.get("phone") and phone_of(given["phone"], world.country) is None:
        errors.append(refuse(["order", "phone"], "Phone is invalid", "INVALID"))
    if given.get("processedAt") and utc(given["processedAt"]) > world.now():
        errors.append(refuse(["order", "processedAt"], "Processed at is invalid", "PROCESSED_AT_INVALID"))
    for name, kind in (("companyLocationId", "CompanyLocation"), ("customerId", "Customer")):
        if given.get(name) and world.find(kind, given[name]) is None:
            errors.append(refuse(["order", name], f"{kind} does not exist", "INVALID"))
    associate = (given.get("customer") or {}).get("toAssociate") or {}
    if associate and find_customer(world, associate) is None:
        errors.append(refuse(["order", "customer", "toAssociate"], "Customer does not exist", "INVALID"))
    if given.get("taxLines") and any(one.get("taxLines") for one in given.get("lineItems") or []):
        errors.append(
            refuse(
                ["order", "taxLines"],
                "Tax lines must be specified on the order or on the line items, not both",
                "INVALID",
            )
        )
    for name in ("billingAddress", "shippingAddress"):
        errors += customers.address_errors(given[name], ["order", name]) if given.get(name) else []
    for at, one in enumerate(given.get("lineItems") or []):
        errors += line_errors(world, one, ["order", "lineItems", at])
    return errors


def line_errors(world: World, given: dict, field: list) -> list[dict]:
    if given.get("variantId") and world.find("ProductVariant", given["variantId"]) is None:
        return [refuse(field + ["variantId"], "Variant does not exist", "INVALID")]
    if given["quantity"] < 1:
        return [refuse(field + ["quantity"], "Quantity must be greater than 0", "INVALID")]
    if not given.get("variantId") and not given.get("title"):
        return [refuse(field + ["title"], "Title can't be blank", "INVALID")]
    if not given.get("variantId") and not given.get("priceSet"):
        return [refuse(field + ["priceSet"], "Price can't be blank", "INVALID")]
    return []


def api_line(world: World, given: dict, currency: str) -> dict:
    variant = world.find("ProductVariant", given.get("variantId"))
    price = given["priceSet"]["shopMoney"]["amount"] if given.get("priceSet") else variant["price"]
    return line_new(
        world,
        {
            **{
                n: given[n]
                for n in (
                    "title",
                    "sku",
                    "quantity",
                    "vendor",
                    "variantTitle",
                    "productId",
                    "taxable",
                    "requiresShipping",
                )
                if given.get(n) is not None
            },
            "variant": variant,
            "price": price,
            "tax_lines": [api_tax(one, Decimal(price) * given["quantity"]) for one in given.get("taxLines") or []],
            "properties": [{"key": p["name"], "value": p["value"]} for p in given.get("properties") or []],
        },
        currency,
    )


def api_tax(given: dict, base: Decimal) -> dict:
    """A tax line; without a price it is the rate of what is taxed."""
    price = given["priceSet"]["shopMoney"]["amount"] if given.get("priceSet") else Decimal(given["rate"]) * base
    return {"title": given["title"], "rate": given["rate"], "price": price}


def api_shipping(world: World, given: dict, currency: str, order: dict) -> dict:
    free = (order.get("discountCode") or {}).get("freeShippingDiscountCode")
    price = str(cents(given["priceSet"]["shopMoney"]["amount"], currency))
    return {
        "id": world.gid("ShippingLine"),
        "title": given["title"],
        "code": given.get("code") or given["title"],
        "source": given.get("source") or "shopify",
        "price": price,
        "discount": price if free else "0",
        "tax_lines": [tax_new(api_tax(one, Decimal(price)), currency) for one in given.get("taxLines") or []],
    }


def find_customer(world: World, given: dict) -> dict | None:
    return (
        world.find("Customer", given["id"])
        if given.get("id")
        else world.customer_by_email.get((given.get("email") or "").lower())
    )


def api_customer(world: World, given: dict) -> dict | None:
    if given.get("customerId"):
        return world.find("Customer", given["customerId"])
    asked = given.get("customer") or {}
    if asked.get("toAssociate"):
        return find_customer(world, asked["toAssociate"])
    if asked.get("toUpsert"):
        found = find_customer(world, asked["toUpsert"])
        fields = {name: value for name, value in asked["toUpsert"].items() if name not in ("id", "multipassIdentifier")}
        if found is None:
            return customers.customer_new(world, fields)
        if customers.customer_write(world, found, fields):
            world.touch(found, "customers/update")
        return found
    if given.get("email"):
        return world.customer_by_email.get(given["email"].lower()) or customers.customer_new(
            world, {"email": given["email"]}
        )
    return None


def contact_of(world: World, customer: dict | None, location: dict | None) -> str | None:
    if customer is None or location is None:
        return None
    return next(
        (c["id"] for c in world.contacts_of.get(customer["id"], []) if c["companyId"] == location["companyId"]), None
    )


def api_discount(given: dict | None, lines: list[dict], currency: str) -> list[dict]:
    for name, kind in (("itemPercentageDiscountCode", "percentage"), ("itemFixedDiscountCode", "fixed_amount")):
        one = (given or {}).get(name)
        if one:
            whole = sum((discounted(line) for line in lines), ZERO)
            percent = Decimal(str(one.get("percentage") or 0))
            total = (
                cents(whole * percent / 100, currency)
                if kind == "percentage"
                else Decimal(one["amountSet"]["shopMoney"]["amount"])
            )
            apply_discount(lines, 0, total, currency)
            return [
                {
                    "type": "code",
                    "code": one["code"],
                    "kind": kind,
                    "value": str(percent if kind == "percentage" else total),
                }
            ]
    free = (given or {}).get("freeShippingDiscountCode")
    return (
        [{"type": "code", "code": free["code"], "kind": "percentage", "value": "100", "shipping": True}] if free else []
    )


def api_transactions(world: World, given: dict, currency: str) -> list[dict]:
    return [
        {
            "id": world.gid("OrderTransaction"),
            "kind": one["kind"],
            "status": one["status"],
            "gateway": one.get("gateway") or "manual",
            "test": one["test"],
            "amount": str(cents(one["amountSet"]["shopMoney"]["amount"], currency)),
            "createdAt": world.now(),
            "processedAt": utc(one["processedAt"]) if one.get("processedAt") else world.now(),
            "__type": "OrderTransaction",
        }
        for one in given.get("transactions") or []
    ]


def derive_status(order: dict, given: dict) -> None:
    if given.get("financialStatus"):
        return
    paid, total = received(order), Decimal(order["totals"]["total"])
    held = any(t["kind"] == "AUTHORIZATION" and t["status"] == "SUCCESS" for t in order["transactions"])
    order["displayFinancialStatus"] = (
        "PAID"
        if order["transactions"] and paid >= total
        else "PARTIALLY_PAID" if paid else "AUTHORIZED" if held else "PENDING"
    )
