"""What buyers and the people who handle orders do: place, edit, cancel, pay and ship them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from common import Refuse
from shop import customers, inventory, orders
from shop.find import company_of, customer_of, fine, order_of, variant_of
from shop.values import cents, phone_of
from shop.world import World, number_of, put_given


def place_order(world: World, body: dict) -> dict:
    """Like the checkout. Answers the order in the webhook's shape, with its gid as admin_graphql_api_id."""
    currency = body.get("currency") or world.currency
    lines = [checkout_line(world, one, currency) for one in body.get("lines") or []]
    if not lines:
        raise Refuse(400, "an order needs lines: [{sku, quantity}]")
    discounts = checkout_discounts(body, lines, currency)
    customer, location, contact = buyer(world, body)
    if body.get("inventory") != "bypass":
        why = orders.claim(world, lines, body.get("inventory") == "obey")
        if why:
            raise Refuse(409, why)
    company = world.find("Company", location["companyId"]) if location else None
    billing, shipping = checkout_address(world, body, customer, location, company)
    rate = body.get("taxRate")
    if rate:
        for line in lines:
            line["tax_lines"] = [
                orders.tax_new(
                    {
                        "title": body.get("taxTitle", "VAT"),
                        "rate": rate,
                        "price": orders.discounted(line) * Decimal(str(rate)),
                    },
                    currency,
                )
            ]
    order = orders.order_new(
        world,
        {
            **{
                name: body.get(name)
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
                    "financialStatus",
                    "fulfillmentStatus",
                    "sourceName",
                )
            },
            "email": body.get("email") or (customer or {}).get("email"),
            "phone": phone_of(body.get("phone"), world.country),
            "currency": currency,
            "lines": lines,
            "customer": customer,
            "location": location,
            "contactId": contact,
            "discounts": discounts,
            "billingAddress": billing,
            "shippingAddress": shipping,
            "shipping": checkout_shipping(world, body.get("shipping"), currency),
        },
    )
    return order


def checkout_line(world: World, given: dict, currency: str) -> dict:
    variant = (
        variant_of(world, given.get("variant") or given["sku"])
        if given.get("variant") or (given.get("sku") and not given.get("custom"))
        else None
    )
    price = given["price"] if given.get("price") is not None else (variant or {"price": "0"})["price"]
    line = orders.line_new(
        world,
        {
            "variant": variant,
            "title": given.get("title"),
            "sku": given.get("sku"),
            "price": price,
            "quantity": int(given.get("quantity", 1)),
            "tax_lines": given.get("taxLines") or [],
            "properties": given.get("properties") or [],
        },
        currency,
    )
    percent = Decimal(str(given.get("discountPercent") or 0))
    line["asked"] = {"amount": str(given.get("discount") or 0), "percent": str(percent)}
    return line


def checkout_discounts(body: dict, lines: list[dict], currency: str) -> list[dict]:
    """Line discounts become manual applications, one a line; a code goes across all lines."""
    found = []
    for line in lines:
        asked = line.pop("asked")
        percent, fixed = Decimal(asked["percent"]), Decimal(asked["amount"])
        if percent or fixed:
            off = cents(Decimal(line["price"]) * line["quantity"] * percent / 100, currency) + fixed
            orders.apply_discount([line], len(found), off, currency)
            found.append(
                {
                    "type": "manual",
                    "title": "Discount",
                    "kind": "percentage" if percent else "fixed_amount",
                    "value": str(percent or fixed),
                }
            )
    code = body.get("discountCode")
    if code:
        percent, fixed = Decimal(str(code.get("percent") or 0)), Decimal(str(code.get("amount") or 0))
        whole = sum((orders.discounted(line) for line in lines), Decimal(0))
        orders.apply_discount(lines, len(found), cents(whole * percent / 100, currency) + fixed, currency)
        found.append(
            {
                "type": "code",
                "code": code["code"],
                "kind": "percentage" if percent else "fixed_amount",
                "value": str(percent or fixed),
            }
        )
    return found


def checkout_shipping(world: World, given: Any, currency: str) -> list[dict]:
    if given is None:
        return []
    one = given if isinstance(given, dict) else {"price": given}
    title = one.get("title") or "Standard"
    return [
        {
            "id": world.gid("ShippingLine"),
            "title": title,
            "code": one.get("code") or title,
            "source": "shopify",
            "price": str(cents(one["price"], currency)),
            "discount": "0",
            "tax_lines": [],
        }
    ]


def buyer(world: World, body: dict) -> tuple[dict | None, dict | None, str | None]:
    """(customer, company location, contact id); a new customer when `customer` is an object with an unknown e-mail address."""
    customer = location = contact = None
    if body.get("company"):
        company = company_of(world, body["company"])
        location = world.find("CompanyLocation", body.get("location") or company["locationIds"][0])
        contact = body.get("contact") or company["mainContactId"]
        customer = world.find("Customer", world.find("CompanyContact", contact)["customerId"]) if contact else None
    given = body.get("customer")
    if (
        isinstance(given, dict)
        and not given.get("id")
        and given.get("email", "").lower() not in world.customer_by_email
    ):
        fine(customers.customer_errors(world, given, None, ["customer"]))
        customer = customers.customer_new(world, given)
    elif given:
        customer = customer_of(world, given)
    return customer, location, contact


def checkout_address(
    world: World, body: dict, customer: dict | None, location: dict | None, company: dict | None
) -> tuple[dict | None, dict | None]:
    made = []
    for name in ("billingAddress", "shippingAddress"):
        given = body.get(name)
        if given is None and location and location[name]:
            given = {**location[name], "company": company["name"], "provinceCode": location[name]["zoneCode"]}
        if given is None and customer and customer["addresses"]:
            given = customers.default_address(customer, {}, None)  # type: ignore[arg-type]
        if given is not None:
            fine(customers.address_errors(given, [name]) if body.get(name) else [])
        made.append(customers.address_new(world, given) if given else None)
    return made[0] or made[1], made[1] or made[0]


def edit_order(world: World, body: dict) -> dict:
    """{order, lines: [{sku|line, quantity}], note, poNumber, shippingAddress, email}: quantity 0 removes a line, a new SKU adds one.
    inventory "bypass" leaves stock alone, as in place_order."""
    order = order_of(world, body["order"])
    for given in body.get("lines") or []:
        edit_line(world, order, given, body.get("inventory") != "bypass")
    if body.get("lines"):
        order["edited"] = True
    put_given(order, body, "note", "poNumber", "email", "tags")
    if body.get("shippingAddress"):
        fine(customers.address_errors(body["shippingAddress"], ["shippingAddress"]))
        order["shippingAddress"] = customers.address_new(world, body["shippingAddress"], order["shippingAddress"])
    orders.total_up(order)
    return world.touch(order, *(["orders/edited"] if body.get("lines") else []), "orders/updated")


def edit_line(world: World, order: dict, given: dict, moves_stock: bool) -> None:
    line = next(
        (
            one
            for one in order["lines"]
            if given.get("line") in (one["id"], number_of(one["id"]))
            or (given.get("sku") and one["sku"] == given["sku"])
        ),
        None,
    )
    wanted = int(given["quantity"])
    if line is None:
        line = checkout_line(world, given, order["currencyCode"])
        line.pop("asked")
        if moves_stock:
            orders.claim(world, [line], False)
        order["lines"].append(line)
        return
    change = wanted - line["currentQuantity"]
    if moves_stock:
        orders.claim(world, [{**line, "quantity": abs(change), "currentQuantity": abs(change)}], False, undo=change < 0)
    line["quantity"] = max(line["quantity"], line["quantity"] + change) if change > 0 else line["quantity"]
    line["currentQuantity"] = wanted


def cancel_order(world: World, body: dict) -> dict:
    order = order_of(world, body["order"])
    if order["cancelledAt"]:
        raise Refuse(409, "the order is cancelled already")
    orders.cancel(world, order, body.get("reason", "CUSTOMER").upper(), body.get("restock", True))
    return order


def pay_order(world: World, body: dict) -> dict:
    order = order_of(world, body["order"])
    order["displayFinancialStatus"] = "PAID"
    order["transactions"].append(
        {
            "id": world.gid("OrderTransaction"),
            "kind": "SALE",
            "status": "SUCCESS",
            "gateway": body.get("gateway", "manual"),
            "test": False,
            "amount": order["totals"]["current_total"],
            "createdAt": world.now(),
            "processedAt": world.now(),
            "__type": "OrderTransaction",
        }
    )
    return world.touch(order, "orders/paid", "orders/updated")


def fulfill_order(world: World, body: dict) -> dict:
    """{order, lines: [{sku, quantity}]}: without lines, everything that is left is shipped; committed units leave."""
    order = order_of(world, body["order"])
    asked = {one["sku"]: int(one["quantity"]) for one in body.get("lines") or []}
    for line in order["lines"]:
        units = min(
            line["currentQuantity"] - line["fulfilled"], asked.get(line["sku"], 0) if asked else line["currentQuantity"]
        )
        line["fulfilled"] += units
        variant = world.find("ProductVariant", line["variantId"])
        for level in list(world.levels_of.get((variant or {}).get("inventoryItemId", ""), {}).values())[:1]:
            if units and level["q"]["committed"] >= units:
                inventory.move(world, level, {"committed": -units})
    done = all(line["fulfilled"] >= line["currentQuantity"] for line in order["lines"])
    order["displayFulfillmentStatus"] = "FULFILLED" if done else "PARTIALLY_FULFILLED"
    return world.touch(order, "orders/fulfilled" if done else "orders/partially_fulfilled", "orders/updated")
