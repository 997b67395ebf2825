"""Business rules of standard objects that no field property can say: prices, orders, order products, names.

Sources: Object Reference for Order, OrderItem, PricebookEntry, Pricebook2, Product2, Account; Salesforce Help
"Editing and Deletion Considerations for Order Products" and "Pricebook Entry Field Integrity Error via API"; the
error sentences are those that clients of the real system report. Enhanced Commerce Orders is on, and the user has
the permissions Activate Orders and Edit Activated Orders.

    Order: create as Draft → Pricebook2Id → order products → Status Activated (alone in its call, at least one
    product) → account, price book, quantities and prices are locked; products can be neither added nor removed.
    PricebookEntry: the standard price comes first; one entry a price book, product and currency.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sf.schema import ApiError

LOCKED_ORDER = "Unable to modify activated or superseded Order:  cannot delete Order, or add or remove Order Products"
ORDER_LOCKED_FIELDS = ("AccountId", "Pricebook2Id", "CurrencyIsoCode")
ITEM_LOCKED_FIELDS = ("Quantity", "UnitPrice")


def before_insert(org: Any, caller: Any, name: str, row: dict, given: dict) -> None:
    if name in INSERT:
        INSERT[name](org, caller, row, given)


def before_update(org: Any, caller: Any, name: str, old: dict, row: dict, given: dict) -> None:
    if name in UPDATE:
        UPDATE[name](org, caller, old, row, given)


def before_delete(org: Any, caller: Any, name: str, row: dict) -> None:
    if name in DELETE:
        DELETE[name](org, caller, row)


def after_save(org: Any, name: str, old: dict | None, row: dict) -> None:
    if name in AFTER:
        AFTER[name](org, old, row)


def integrity(field: str, why: str) -> ApiError:
    return ApiError(400, "FIELD_INTEGRITY_EXCEPTION", f"field integrity exception: {field} ({why})", [field])


def times(one: float, other: float) -> float:
    return float((Decimal(str(one)) * Decimal(str(other))).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP))


# ---- people


def person_name(row: dict) -> None:
    row["Name"] = " ".join(part for part in (row.get("FirstName"), row.get("LastName")) if part)


def insert_person(org: Any, caller: Any, row: dict, given: dict) -> None:
    person_name(row)


def update_person(org: Any, caller: Any, old: dict, row: dict, given: dict) -> None:
    person_name(row)


def delete_account(org: Any, caller: Any, row: dict) -> None:
    orders = org.matching("Order", "AccountId", row["Id"])
    if orders:
        numbers = ", ".join(order["OrderNumber"] for order in orders[:5])
        raise ApiError(
            400,
            "DELETE_FAILED",
            f"Your attempt to delete {row['Name']} could not be completed because it is "
            f"associated with the following orders.: {numbers}\n",
            [],
        )
    for contact in org.matching("Contact", "AccountId", row["Id"]):
        org.delete(caller, "Contact", contact)


# ---- products and prices


def after_product(org: Any, old: dict | None, row: dict) -> None:
    if old and not row["IsDeleted"] and (old["Name"], old["ProductCode"]) != (row["Name"], row["ProductCode"]):
        for entry in org.matching("PricebookEntry", "Product2Id", row["Id"]):
            org.touch("PricebookEntry", entry, {"Name": row["Name"], "ProductCode": row["ProductCode"]}, moved=False)


def delete_product(org: Any, caller: Any, row: dict) -> None:
    for entry in org.matching("PricebookEntry", "Product2Id", row["Id"]):
        if org.by_index("OrderItem", "PricebookEntryId", entry["Id"]):
            raise ApiError(
                400,
                "DELETE_FAILED",
                f"Your attempt to delete {row['Name']} could not be completed because some "
                "order products depend on it.",
                [],
            )
    for entry in org.matching("PricebookEntry", "Product2Id", row["Id"]):
        org.delete(caller, "PricebookEntry", entry)


def delete_pricebook(org: Any, caller: Any, row: dict) -> None:
    if row["IsStandard"]:
        raise ApiError(400, "DELETE_FAILED", "You can't delete the standard price book.", [])
    if org.by_index("Order", "Pricebook2Id", row["Id"]):
        raise ApiError(
            400,
            "DELETE_FAILED",
            f"Your attempt to delete {row['Name']} could not be completed because it is " "associated with orders.",
            [],
        )


def standard_entry(org: Any, row: dict) -> dict | None:
    for entry in org.matching("PricebookEntry", "Product2Id", row["Product2Id"]):
        book = org.row("Pricebook2", entry["Pricebook2Id"])
        if book and book["IsStandard"] and entry.get("CurrencyIsoCode") == row.get("CurrencyIsoCode"):
            return entry
    return None


def insert_entry(org: Any, caller: Any, row: dict, given: dict) -> None:
    book, product = org.row("Pricebook2", row["Pricebook2Id"]), org.row("Product2", row["Product2Id"])
    for entry in org.matching("PricebookEntry", "Product2Id", row["Product2Id"]):
        if entry["Pricebook2Id"] == row["Pricebook2Id"] and entry.get("CurrencyIsoCode") == row.get("CurrencyIsoCode"):
            raise ApiError(
                400, "FIELD_INTEGRITY_EXCEPTION", "This price definition already exists in this price book", []
            )
    standard = standard_entry(org, row)
    if not book["IsStandard"] and standard is None:
        raise ApiError(400, "STANDARD_PRICE_NOT_DEFINED", "No standard price defined for this product", [])
    if row["UseStandardPrice"]:
        use_standard_price(book, standard, row, given)
    elif row["UnitPrice"] is None:
        raise ApiError(400, "REQUIRED_FIELD_MISSING", "Required fields are missing: [UnitPrice]", ["UnitPrice"])
    row["Name"], row["ProductCode"] = product["Name"], product["ProductCode"]


def use_standard_price(book: dict, standard: dict | None, row: dict, given: dict) -> None:
    if book["IsStandard"]:
        raise integrity("UseStandardPrice", "a standard price cannot use the standard price")
    if given.get("UnitPrice") not in (None, standard["UnitPrice"]):
        raise integrity("UnitPrice", "must be the standard price when UseStandardPrice is true")
    row["UnitPrice"] = standard["UnitPrice"]


def update_entry(org: Any, caller: Any, old: dict, row: dict, given: dict) -> None:
    if old["UseStandardPrice"] and "UnitPrice" in given and given["UnitPrice"] != old["UnitPrice"]:
        raise integrity("UnitPrice", "cannot be changed while UseStandardPrice is true")
    if row["UseStandardPrice"] and not old["UseStandardPrice"]:
        use_standard_price(org.row("Pricebook2", row["Pricebook2Id"]), standard_entry(org, row), row, given)
    if row["UnitPrice"] is None:
        raise ApiError(400, "REQUIRED_FIELD_MISSING", "Required fields are missing: [UnitPrice]", ["UnitPrice"])


def after_entry(org: Any, old: dict | None, row: dict) -> None:
    if not old or old["UnitPrice"] == row["UnitPrice"] or not org.row("Pricebook2", row["Pricebook2Id"])["IsStandard"]:
        return
    for entry in org.matching("PricebookEntry", "Product2Id", row["Product2Id"]):
        if entry["UseStandardPrice"] and entry.get("CurrencyIsoCode") == row.get("CurrencyIsoCode"):
            org.touch("PricebookEntry", entry, {"UnitPrice": row["UnitPrice"]})


def delete_entry(org: Any, caller: Any, row: dict) -> None:
    if org.by_index("OrderItem", "PricebookEntryId", row["Id"]):
        raise ApiError(
            400,
            "DELETE_FAILED",
            f"Your attempt to delete {row['Name']} could not be completed because some " "order products depend on it.",
            [],
        )


# ---- orders


def insert_order(org: Any, caller: Any, row: dict, given: dict) -> None:
    if row["Status"] != "Draft":
        raise ApiError(
            400,
            "FAILED_ACTIVATION",
            "Choose a valid order status and save your changes. Ask your admin for " "details.",
            ["Status"],
        )
    row["StatusCode"], row["TotalAmount"] = "Draft", 0.0
    check_dates(row)


def check_dates(row: dict) -> None:
    if row["EndDate"] and row["EndDate"] < row["EffectiveDate"]:
        raise ApiError(
            400, "FIELD_INTEGRITY_EXCEPTION", "Order End Date can't be earlier than Order Start Date", ["EndDate"]
        )


def update_order(org: Any, caller: Any, old: dict, row: dict, given: dict) -> None:
    check_dates(row)
    row["StatusCode"] = row["Status"]
    if old["StatusCode"] == "Draft" and row["StatusCode"] == "Activated":
        activate(org, caller, row, given)
    elif old["StatusCode"] == "Activated" and row["StatusCode"] == "Draft":
        row["ActivatedDate"] = row["ActivatedById"] = None
    elif old["StatusCode"] == "Activated":
        for field in ORDER_LOCKED_FIELDS:
            if row.get(field) != old.get(field):
                raise integrity(field, "can be updated only while the order's StatusCode value is Draft")
    if row["Pricebook2Id"] != old["Pricebook2Id"] and org.by_index("OrderItem", "OrderId", row["Id"]):
        raise integrity("Pricebook2Id", "cannot be changed while the order has order products")


def activate(org: Any, caller: Any, row: dict, given: dict) -> None:
    others = sorted(set(given) - {"Status"})
    if others:
        raise ApiError(
            400,
            "FAILED_ACTIVATION",
            "The Status field is the only field you can update when activating the " "order.",
            others,
        )
    if not org.by_index("OrderItem", "OrderId", row["Id"]):
        raise ApiError(400, "FAILED_ACTIVATION", "An order must have at least one product.", ["Status"])
    row["ActivatedDate"], row["ActivatedById"] = row["LastModifiedDate"], caller.user


def delete_order(org: Any, caller: Any, row: dict) -> None:
    if row["StatusCode"] == "Activated":
        raise ApiError(400, "DELETE_FAILED", LOCKED_ORDER, [])
    for item in org.matching("OrderItem", "OrderId", row["Id"]):
        org.delete(caller, "OrderItem", item)


def insert_item(org: Any, caller: Any, row: dict, given: dict) -> None:
    order, entry = org.row("Order", row["OrderId"]), org.row("PricebookEntry", row["PricebookEntryId"])
    if order["StatusCode"] == "Activated":
        raise ApiError(400, "ENTITY_IS_LOCKED", LOCKED_ORDER, [])
    if order["Pricebook2Id"] != entry["Pricebook2Id"]:
        raise integrity(
            "PricebookEntryId",
            (
                "pricebook entry is in a different pricebook than the one assigned to the Order"
                if order["Pricebook2Id"]
                else "the Order has no price book"
            ),
        )
    if order.get("CurrencyIsoCode") != entry.get("CurrencyIsoCode"):
        raise integrity("PricebookEntryId", "currency of the pricebook entry must match the currency of the Order")
    if not entry["IsActive"]:
        raise integrity("PricebookEntryId", "pricebook entry is inactive")
    row["Product2Id"], row["ListPrice"] = entry["Product2Id"], entry["UnitPrice"]
    if "CurrencyIsoCode" in row:
        row["CurrencyIsoCode"] = order["CurrencyIsoCode"]
    price_item(row)


def price_item(row: dict) -> None:
    if row["Quantity"] <= 0:
        raise ApiError(
            400, "FIELD_INTEGRITY_EXCEPTION", "Order Product Quantity must be greater than zero", ["Quantity"]
        )
    row["TotalPrice"], row["AvailableQuantity"] = times(row["Quantity"], row["UnitPrice"]), row["Quantity"]


def update_item(org: Any, caller: Any, old: dict, row: dict, given: dict) -> None:
    order = org.row("Order", row["OrderId"])
    changed = [field for field in ITEM_LOCKED_FIELDS if row[field] != old[field]]
    if changed and order["StatusCode"] == "Activated":
        raise ApiError(
            400,
            "ENTITY_IS_LOCKED",
            "Unable to modify activated or superseded Order:  price-impacting fields of " "Order Products are locked",
            changed,
        )
    if "Quantity" in changed and "UnitPrice" not in given:  # TotalPrice is kept, and so the price follows
        total = Decimal(str(old["TotalPrice"])) / Decimal(str(row["Quantity"])) if row["Quantity"] > 0 else Decimal(0)
        row["UnitPrice"] = float(total.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP))
    price_item(row)


def delete_item(org: Any, caller: Any, row: dict) -> None:
    order = org.row("Order", row["OrderId"])
    if order and order["StatusCode"] == "Activated":
        raise ApiError(400, "DELETE_FAILED", LOCKED_ORDER, [])


def after_item(org: Any, old: dict | None, row: dict) -> None:
    order = org.row("Order", row["OrderId"])
    if order is None:
        return
    total = float(
        sum(Decimal(str(item["TotalPrice"])) for item in org.matching("OrderItem", "OrderId", row["OrderId"]))
    )
    if total != order["TotalAmount"]:
        org.touch("Order", order, {"TotalAmount": total})


INSERT = {
    "Contact": insert_person,
    "Lead": insert_person,
    "PricebookEntry": insert_entry,
    "Order": insert_order,
    "OrderItem": insert_item,
}
UPDATE = {
    "Contact": update_person,
    "Lead": update_person,
    "PricebookEntry": update_entry,
    "Order": update_order,
    "OrderItem": update_item,
}
DELETE = {
    "Account": delete_account,
    "Product2": delete_product,
    "Pricebook2": delete_pricebook,
    "PricebookEntry": delete_entry,
    "Order": delete_order,
    "OrderItem": delete_item,
}
AFTER = {"Product2": after_product, "PricebookEntry": after_entry, "OrderItem": after_item}
