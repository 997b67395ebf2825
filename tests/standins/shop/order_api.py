"""The orders' small mutations, and how orders are read."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from gql.run import Context
from shop import customers, metafields
from shop.order_create import order_create
from shop.orders import PAID, ZERO, cancel, received
from shop.products import tags_of
from shop.search import Term, counted, exact, flag_of, id_of, in_order, listed, text_of, time_of
from shop.values import amount, bag, email_ok
from shop.world import PREFIX, number_of, put_given, refuse


def order_update(_: Any, args: dict, context: Context) -> dict:
    world, given = context.world, dict(args["input"])
    order = world.find("Order", given["id"])
    if order is None:
        return {"order": None, "userErrors": [refuse(["id"], "Order does not exist")]}
    errors = (
        customers.address_errors(given["shippingAddress"], ["shippingAddress"]) if given.get("shippingAddress") else []
    )
    if given.get("email") and not email_ok(given["email"]):
        errors.append(refuse(["email"], "Email is invalid"))
    errors = errors or metafields.set_inputs(world, order, given.get("metafields") or [], ["metafields"])
    if errors:
        return {"order": None, "userErrors": errors}
    if given.get("tags") is not None:
        given["tags"] = tags_of(given["tags"])
    if given.get("shippingAddress"):
        given["shippingAddress"] = customers.address_new(world, given["shippingAddress"], order["shippingAddress"])
    if put_given(
        order, given, "email", "phone", "note", "tags", "shippingAddress", "customAttributes", "poNumber"
    ) or given.get("metafields"):
        world.touch(order, "orders/updated")
    return {"order": order, "userErrors": []}


def order_cancel(_: Any, args: dict, context: Context) -> dict:
    world, order = context.world, context.world.find("Order", args["orderId"])
    if order is None or order["cancelledAt"]:
        why = (
            refuse(["orderId"], "Order does not exist", "NOT_FOUND")
            if order is None
            else refuse(["orderId"], "Cannot cancel an order that has already been canceled", "INVALID")
        )
        return {"job": None, "orderCancelUserErrors": [why], "userErrors": [why]}
    cancel(world, order, args["reason"], args["restock"], args.get("staffNote"))
    return {"job": {"id": world.gid("Job"), "done": True}, "orderCancelUserErrors": [], "userErrors": []}


def order_close(_: Any, args: dict, context: Context) -> dict:
    world, order = context.world, context.world.find("Order", args["input"]["id"])
    if order is None:
        return {"order": None, "userErrors": [refuse(["id"], "Order does not exist")]}
    if not order["closedAt"]:
        order["closedAt"] = world.now()
        world.touch(order, "orders/updated")
    return {"order": order, "userErrors": []}


def total(name: str) -> Any:
    return lambda order, args, context: bag(order["totals"][name], order["currencyCode"])


def owner_of(kind: str, name: str) -> Any:
    return lambda item, args, context: context.world.find(kind, item[name])


def purchasing(order: dict, _: dict, context: Context) -> dict | None:
    world = context.world
    if order["companyId"]:
        return {
            "__type": "PurchasingCompany",
            "company": world.find("Company", order["companyId"]),
            "location": world.find("CompanyLocation", order["companyLocationId"]),
            "contact": world.find("CompanyContact", order["contactId"]),
        }
    return world.find("Customer", order["customerId"])


def with_order(order: dict, items: list[dict]) -> list[dict]:
    """Lines, shipping lines and taxes need their order's currency and discounts: a view with a link back."""
    return [{**one, "order": order} for one in items]


def application(order: dict, index: int) -> dict:
    one = order["discounts"][index]
    percent = one["kind"] == "percentage"
    value = (
        {"__type": "PricingPercentageValue", "percentage": float(one["value"])}
        if percent
        else {
            "__type": "MoneyV2",
            "amount": amount(one["value"], order["currencyCode"]),
            "currencyCode": order["currencyCode"],
        }
    )
    kind = "DiscountCodeApplication" if one["type"] == "code" else "ManualDiscountApplication"
    return {
        "__type": kind,
        "index": index,
        "code": one.get("code"),
        "title": one.get("title") or "Discount",
        "description": one.get("title"),
        "allocationMethod": "ACROSS",
        "targetSelection": "ALL" if one["type"] == "code" else "EXPLICIT",
        "targetType": "SHIPPING_LINE" if one.get("shipping") else "LINE_ITEM",
        "value": value,
    }


def allocations(line: dict, _: dict, __: Context) -> list[dict]:
    order = line["order"]
    return [
        {
            "allocatedAmountSet": bag(one["amount"], order["currencyCode"]),
            "discountApplication": application(order, one["index"]),
        }
        for one in line["allocations"]
    ]


def line_discount(line: dict, codes: bool) -> Decimal:
    """Line-level discounts; codes (which go across) only when asked for."""
    return sum(
        (
            Decimal(a["amount"])
            for a in line["allocations"]
            if codes or line["order"]["discounts"][a["index"]]["type"] != "code"
        ),
        ZERO,
    )


def line_money(work: Any) -> Any:
    def resolver(line: dict, args: dict, _: Context) -> dict:
        return bag(work(line, args), line["order"]["currencyCode"])

    return resolver


def whole(line: dict) -> Decimal:
    return Decimal(line["price"]) * line["quantity"]


def taxes(owner: dict, order: dict) -> list[dict]:
    return [{**one, "currency": order["currencyCode"]} for one in owner["tax_lines"]]


def all_taxes(order: dict, _: dict, __: Context) -> list[dict]:
    """The order's own tax lines, or those of its lines summed up by title and rate."""
    if order["tax_lines"]:
        return taxes(order, order)
    summed: dict[tuple, dict] = {}
    for one in [
        *(t for line in order["lines"] for t in line["tax_lines"]),
        *(t for s in order["shipping"] for t in s["tax_lines"]),
    ]:
        known = summed.setdefault((one["title"], one["rate"]), {**one, "price": "0", "currency": order["currencyCode"]})
        known["price"] = str(Decimal(known["price"]) + Decimal(one["price"]))
    return list(summed.values())


def lines_have(name: str) -> Any:
    test = text_of(name)
    return lambda item, term: any(test(line, term) for line in item["lines"])


def status_field(order: dict) -> str:
    return "cancelled" if order["cancelledAt"] else "closed" if order["closedAt"] else "open"


def name_field(order: dict, term: Term) -> bool:
    return order["name"].lower().lstrip("#") == term.value.lower().lstrip("#")


FINANCIAL = {"PARTIALLY_PAID": "partially_paid", "PENDING": "pending unpaid"}
FIELDS = {
    "id": id_of(),
    "name": name_field,
    "email": exact("email"),
    "tag": exact("tags"),
    "tag_not": lambda i, t: not exact("tags")(i, t),
    "created_at": time_of("createdAt"),
    "updated_at": time_of("updatedAt"),
    "processed_at": time_of("processedAt"),
    "customer_id": id_of("customerId"),
    "status": flag_of(status_field),
    "financial_status": flag_of(
        lambda i: FINANCIAL.get(i["displayFinancialStatus"], i["displayFinancialStatus"].lower())
    ),
    "fulfillment_status": flag_of(
        lambda i: {
            "UNFULFILLED": "unfulfilled unshipped",
            "FULFILLED": "fulfilled shipped",
            "PARTIALLY_FULFILLED": "partial",
        }.get(i["displayFulfillmentStatus"], "")
    ),
    "sku": lines_have("sku"),
    "po_number": exact("poNumber"),
    "source_identifier": exact("sourceIdentifier"),
    "source_name": exact("sourceName"),
    "test": flag_of(lambda i: "true" if i["test"] else "false"),
    "default": lambda i, t: name_field(i, t) or exact("email")(i, t),
}
SORT = {
    "CREATED_AT": "createdAt",
    "UPDATED_AT": "updatedAt",
    "PROCESSED_AT": "processedAt",
    "ORDER_NUMBER": "number",
    "PO_NUMBER": "poNumber",
}

RESOLVERS = {
    "QueryRoot.order": lambda o, a, c: c.world.find("Order", a["id"]),
    "QueryRoot.orders": lambda o, a, c: listed(c.world, "Order", a, c, FIELDS, SORT),
    "QueryRoot.ordersCount": lambda o, a, c: counted(list(c.world.tables["Order"])),
    "QueryRoot.orderByIdentifier": lambda o, a, c: metafields.identified(c.world, "Order", a["identifier"], {}),
    "Order.legacyResourceId": lambda o, a, c: str(number_of(o["id"])),
    "Order.presentmentCurrencyCode": lambda o, a, c: o["currencyCode"],
    "Order.confirmed": lambda o, a, c: True,
    "Order.estimatedTaxes": lambda o, a, c: False,
    "Order.taxExempt": lambda o, a, c: False,
    "Order.closed": lambda o, a, c: o["closedAt"] is not None,
    "Order.cancellation": lambda o, a, c: {"staffNote": o["staffNote"]} if o["cancelledAt"] else None,
    "Order.returnStatus": lambda o, a, c: "NO_RETURN",
    "Order.fullyPaid": lambda o, a, c: o["displayFinancialStatus"] == "PAID",
    "Order.unpaid": lambda o, a, c: o["displayFinancialStatus"] in ("PENDING", "AUTHORIZED"),
    "Order.customer": owner_of("Customer", "customerId"),
    "Order.purchasingEntity": purchasing,
    "Order.billingAddressMatchesShippingAddress": lambda o, a, c: {**(o["billingAddress"] or {}), "id": 0}
    == {**(o["shippingAddress"] or {}), "id": 0},
    "Order.lineItems": lambda o, a, c: in_order(with_order(o, o["lines"]), a),
    "Order.shippingLine": lambda o, a, c: next(iter(with_order(o, o["shipping"])), None),
    "Order.shippingLines": lambda o, a, c: in_order(with_order(o, o["shipping"]), a),
    "Order.taxLines": all_taxes,
    "Order.currentTaxLines": all_taxes,
    "Order.discountApplications": lambda o, a, c: in_order(
        [application(o, at) for at in range(len(o["discounts"]))], a
    ),
    "Order.discountCode": lambda o, a, c: next((d["code"] for d in o["discounts"] if d["type"] == "code"), None),
    "Order.discountCodes": lambda o, a, c: [d["code"] for d in o["discounts"] if d["type"] == "code"],
    "Order.totalReceivedSet": lambda o, a, c: bag(received(o), o["currencyCode"]),
    "Order.totalOutstandingSet": lambda o, a, c: bag(
        0 if o["displayFinancialStatus"] in PAID else Decimal(o["totals"]["current_total"]) - received(o),
        o["currencyCode"],
    ),
    "Order.totalRefundedSet": lambda o, a, c: bag(
        o["totals"]["total"] if o["displayFinancialStatus"] == "REFUNDED" else 0, o["currencyCode"]
    ),
    "Order.netPaymentSet": lambda o, a, c: bag(
        0 if o["displayFinancialStatus"] == "REFUNDED" else received(o), o["currencyCode"]
    ),
    "Order.cartDiscountAmountSet": total("discounts"),
    "Order.subtotalLineItemsQuantity": lambda o, a, c: sum(line["quantity"] for line in o["lines"]),
    "Order.currentSubtotalLineItemsQuantity": lambda o, a, c: sum(line["currentQuantity"] for line in o["lines"]),
    "Order.paymentGatewayNames": lambda o, a, c: list(dict.fromkeys(t["gateway"] for t in o["transactions"])),
    "Order.transactions": lambda o, a, c: with_order(o, o["transactions"])[: a.get("first") or None],
    "OrderTransaction.amountSet": lambda o, a, c: bag(o["amount"], o["order"]["currencyCode"]),
    "Order.app": lambda o, a, c: {
        "id": PREFIX + "App/580111",
        "name": "Online Store" if o["sourceName"] == "web" else o["sourceName"],
    },
    "Order.confirmationNumber": lambda o, a, c: f"{number_of(o['id']) % 36**9:X}"[-9:],
    "Order.requiresShipping": lambda o, a, c: any(line["requiresShipping"] for line in o["lines"]),
    "Order.fulfillable": lambda o, a, c: not o["cancelledAt"] and o["displayFulfillmentStatus"] != "FULFILLED",
    "LineItem.variant": owner_of("ProductVariant", "variantId"),
    "LineItem.product": owner_of("Product", "productId"),
    "LineItem.unfulfilledQuantity": lambda o, a, c: max(0, o["currentQuantity"] - o["fulfilled"]),
    "LineItem.fulfillableQuantity": lambda o, a, c: max(0, o["currentQuantity"] - o["fulfilled"]),
    "LineItem.nonFulfillableQuantity": lambda o, a, c: o["fulfilled"],
    "LineItem.refundableQuantity": lambda o, a, c: o["currentQuantity"],
    "LineItem.discountAllocations": allocations,
    "LineItem.taxLines": lambda o, a, c: taxes(o, o["order"])[: a.get("first") or None],
    "LineItem.originalUnitPriceSet": line_money(lambda line, a: Decimal(line["price"])),
    "LineItem.originalTotalSet": line_money(lambda line, a: whole(line)),
    "LineItem.discountedTotalSet": line_money(
        lambda line, a: whole(line) - line_discount(line, a.get("withCodeDiscounts", False))
    ),
    "LineItem.totalDiscountSet": line_money(lambda line, a: line_discount(line, False)),
    "LineItem.discountedUnitPriceSet": line_money(
        lambda line, a: Decimal(line["price"]) - line_discount(line, False) / (line["quantity"] or 1)
    ),
    "LineItem.discountedUnitPriceAfterAllDiscountsSet": line_money(
        lambda line, a: Decimal(line["price"]) - line_discount(line, True) / (line["quantity"] or 1)
    ),
    "ShippingLine.originalPriceSet": line_money(lambda line, a: line["price"]),
    "ShippingLine.discountedPriceSet": line_money(
        lambda line, a: Decimal(line["price"]) - Decimal(line.get("discount") or 0)
    ),
    "ShippingLine.currentDiscountedPriceSet": line_money(
        lambda line, a: Decimal(line["price"]) - Decimal(line.get("discount") or 0)
    ),
    "ShippingLine.custom": lambda o, a, c: False,
    "ShippingLine.isRemoved": lambda o, a, c: False,
    "ShippingLine.taxLines": lambda o, a, c: taxes(o, o["order"]),
    "ShippingLine.discountAllocations": lambda o, a, c: [],
    "TaxLine.priceSet": lambda o, a, c: bag(o["price"], o["currency"]),
    "TaxLine.rate": lambda o, a, c: float(o["rate"]),
    "TaxLine.ratePercentage": lambda o, a, c: float(Decimal(o["rate"]) * 100),
    "Mutation.orderCreate": order_create,
    "Mutation.orderUpdate": order_update,
    "Mutation.orderCancel": order_cancel,
    "Mutation.orderClose": order_close,
}
for _field, _name in {
    "subtotalPriceSet": "subtotal",
    "totalPriceSet": "total",
    "totalTaxSet": "tax",
    "totalShippingPriceSet": "shipping",
    "totalDiscountsSet": "discounts",
    "originalTotalPriceSet": "total",
    "currentSubtotalPriceSet": "current_subtotal",
    "currentTotalPriceSet": "current_total",
    "currentTotalTaxSet": "current_tax",
    "currentTotalDiscountsSet": "current_discounts",
    "currentShippingPriceSet": "current_shipping",
}.items():
    RESOLVERS["Order." + _field] = total(_name)
