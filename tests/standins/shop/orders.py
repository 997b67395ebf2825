"""Orders: what one is, and its arithmetic. They are made by the checkout (checkout.py) or orderCreate (order_create.py).

What was ordered stays in `quantity`; `currentQuantity` is what is left after removals and cancelling. Discounts are
kept as allocations per line, each pointing at one of the order's discount applications.
"""

from __future__ import annotations

from decimal import Decimal

from shop import inventory
from shop.products import tags_of, title_of
from shop.values import cents, utc
from shop.world import World

FIRST_NUMBER = 1001
PAID = ("PAID", "PARTIALLY_REFUNDED", "REFUNDED")
ZERO = Decimal(0)


def line_new(world: World, given: dict, currency: str) -> dict:
    """given: variant or None, title, sku, price, quantity, tax_lines [{title, rate, price}], properties."""
    variant = given.get("variant")
    product = world.find("Product", variant["productId"]) if variant else None
    variant_title = (
        title_of(variant["values"])
        if variant and list(variant["values"].values()) != ["Default Title"]
        else given.get("variantTitle")
    )
    title = given.get("title") or (product["title"] if product else "")
    return {
        "id": world.gid("LineItem"),
        "__type": "LineItem",
        "title": title,
        "name": f"{title} - {variant_title}" if variant_title else title,
        "sku": given.get("sku") if given.get("sku") is not None else (variant or {}).get("sku"),
        "variantTitle": variant_title,
        "vendor": given.get("vendor") or (product["vendor"] if product else None),
        "variantId": variant["id"] if variant else None,
        "productId": product["id"] if product else given.get("productId"),
        "quantity": given["quantity"],
        "currentQuantity": given["quantity"],
        "fulfilled": 0,
        "price": str(cents(given["price"], currency)),
        "taxable": given.get("taxable", True),
        "isGiftCard": False,
        "requiresShipping": given.get("requiresShipping", True),
        "customAttributes": given.get("properties") or [],
        "allocations": [],
        "tax_lines": [tax_new(one, currency) for one in given.get("tax_lines") or []],
    }


def tax_new(given: dict, currency: str) -> dict:
    return {"title": given["title"], "rate": str(given["rate"]), "price": str(cents(given.get("price") or 0, currency))}


def order_new(world: World, given: dict) -> dict:
    """given: lines (made), currency, and any field of an order; totals are worked out here."""
    number = world.store.next("order_number", FIRST_NUMBER)
    customer, location = given.get("customer"), given.get("location")
    order = world.new(
        "Order",
        {
            "name": given.get("name") or f"#{number}",
            "number": number,
            "email": given.get("email"),
            "phone": given.get("phone"),
            "note": given.get("note"),
            "tags": tags_of(given.get("tags")),
            "test": bool(given.get("test")),
            "poNumber": given.get("poNumber"),
            "currencyCode": given["currency"],
            "taxesIncluded": bool(given.get("taxesIncluded")),
            "customAttributes": given.get("customAttributes") or [],
            "sourceName": given.get("sourceName") or "web",
            "sourceIdentifier": given.get("sourceIdentifier"),
            "processedAt": utc(given["processedAt"]) if given.get("processedAt") else world.now(),
            "closedAt": utc(given["closedAt"]) if given.get("closedAt") else None,
            "cancelledAt": None,
            "cancelReason": None,
            "staffNote": None,
            "edited": False,
            "displayFinancialStatus": given.get("financialStatus") or "PENDING",
            "displayFulfillmentStatus": given.get("fulfillmentStatus") or "UNFULFILLED",
            "customerId": customer["id"] if customer else None,
            "companyId": location["companyId"] if location else None,
            "companyLocationId": location["id"] if location else None,
            "contactId": given.get("contactId"),
            "billingAddress": given.get("billingAddress"),
            "shippingAddress": given.get("shippingAddress"),
            "lines": given["lines"],
            "shipping": given.get("shipping") or [],
            "tax_lines": [tax_new(t, given["currency"]) for t in given.get("tax_lines") or []],
            "discounts": given.get("discounts") or [],
            "transactions": given.get("transactions") or [],
            "totals": {},
        },
    )
    if order["displayFulfillmentStatus"] == "FULFILLED":
        for line in order["lines"]:
            line["fulfilled"] = line["quantity"]
    total_up(order)
    world.index_order(order)
    world.tell("orders/create", order)
    if order["displayFinancialStatus"] in PAID:
        world.tell("orders/paid", order)
    return world.save(order)


def discounted(line: dict) -> Decimal:
    """A line's price after all its discounts."""
    return Decimal(line["price"]) * line["quantity"] - sum((Decimal(a["amount"]) for a in line["allocations"]), ZERO)


def total_up(order: dict) -> None:
    """Works out what the order's money fields say, as decimal text."""
    currency = order["currencyCode"]
    discounts = sum((Decimal(a["amount"]) for line in order["lines"] for a in line["allocations"]), ZERO)
    shipping = sum((Decimal(one["price"]) - Decimal(one.get("discount") or 0) for one in order["shipping"]), ZERO)
    shipping_discount = sum((Decimal(one.get("discount") or 0) for one in order["shipping"]), ZERO)
    subtotal = sum((discounted(line) for line in order["lines"]), ZERO)
    taxes = [
        *order["tax_lines"],
        *(t for line in order["lines"] for t in line["tax_lines"]),
        *(t for one in order["shipping"] for t in one["tax_lines"]),
    ]
    tax = sum((Decimal(one["price"]) for one in taxes), ZERO)
    total = subtotal + shipping + (ZERO if order["taxesIncluded"] else tax)
    left = sum(
        (discounted(line) * line["currentQuantity"] / line["quantity"] for line in order["lines"] if line["quantity"]),
        ZERO,
    )
    share = (
        left / subtotal if subtotal else Decimal(1 if any(line["currentQuantity"] for line in order["lines"]) else 0)
    )
    gone = order["cancelledAt"] is not None
    values = {
        "subtotal": subtotal,
        "shipping": shipping,
        "tax": tax,
        "discounts": discounts + shipping_discount,
        "total": total,
        "current_subtotal": ZERO if gone else left,
        "current_tax": ZERO if gone else tax * share,
        "current_discounts": ZERO if gone else discounts * share + shipping_discount,
        "current_shipping": ZERO if gone else shipping,
        "current_total": ZERO if gone else left + shipping + (ZERO if order["taxesIncluded"] else tax * share),
    }
    order["totals"] = {name: str(cents(value, currency)) for name, value in values.items()}


def apply_discount(order_lines: list[dict], index: int, total: Decimal, currency: str) -> None:
    """Spreads an amount over the lines by their price; the last one takes the rest, so that the cents add up."""
    prices = [discounted(line) for line in order_lines]
    whole, left = sum(prices, ZERO), min(total, sum(prices, ZERO))
    for at, line in enumerate(order_lines):
        part = (
            left
            if at == len(order_lines) - 1
            else cents(min(total, whole) * prices[at] / whole if whole else 0, currency)
        )
        left -= part
        if part:
            line["allocations"].append({"index": index, "amount": str(part)})


def claim(world: World, lines: list[dict], obey: bool, undo: bool = False) -> str | None:
    """Moves the lines' units from available to committed (undo: back); says why it cannot."""
    moves = []
    for line in lines:
        variant = world.find("ProductVariant", line["variantId"])
        item = world.find("InventoryItem", variant["inventoryItemId"]) if variant else None
        if item is None or not item["tracked"]:
            continue
        levels = list(world.levels_of.get(item["id"], {}).values())
        level = next(
            (one for one in levels if undo or one["q"]["available"] >= line["quantity"]), levels[0] if levels else None
        )
        if level is None or (
            obey and not undo and variant["inventoryPolicy"] == "DENY" and level["q"]["available"] < line["quantity"]
        ):
            return "Unable to reserve inventory"
        moves.append((level, line["currentQuantity"] if undo else line["quantity"]))
    for level, units in moves:
        inventory.move(world, level, {"available": units if undo else -units, "committed": -units if undo else units})
    return None


def received(order: dict) -> Decimal:
    return sum(
        (
            Decimal(t["amount"])
            for t in order["transactions"]
            if t["kind"] in ("SALE", "CAPTURE") and t["status"] == "SUCCESS"
        ),
        ZERO,
    )


def cancel(world: World, order: dict, reason: str, restock: bool, note: str | None = None) -> None:
    order |= {"cancelledAt": world.now(), "closedAt": world.now(), "cancelReason": reason, "staffNote": note}
    if restock:
        claim(world, [line for line in order["lines"] if line["currentQuantity"]], False, undo=True)
    for line in order["lines"]:
        line["currentQuantity"] = 0
    order["displayFinancialStatus"] = "REFUNDED" if order["displayFinancialStatus"] in PAID else "VOIDED"
    total_up(order)
    world.touch(order, "orders/cancelled", "orders/updated")
