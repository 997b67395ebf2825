#!/usr/bin/python3
"""The oracle's own test: it finds nothing wrong in a world that agrees, and finds each difference that is planted in it."""
from __future__ import annotations

import sys
from typing import Callable

import place  # noqa: F401
from agreed import Agreed
from dataset import Dataset, generated
from hands import Hands
from oracle import Expected, Oracle
from standins_alone import StandinsAlone


def sf_edit(name: str, where: dict, **fields: object) -> Callable[[Hands], object]:
    return lambda hands: hands.salesforce.do("edit", object=name, where=where, fields=fields)


def erp_edit(model: str, where: list, **vals: object) -> Callable[[Hands], object]:
    return lambda hands: hands.erp.do("edit", model=model, where=where, vals=vals)


def shop_do(action: str, **body: object) -> Callable[[Hands], object]:
    return lambda hands: hands.shop.do(action, **body)


def odd(hands: Hands, **order: object) -> None:
    """An order that only the ERP has."""
    partner = hands.erp.find("res.partner", [["ref", "=", "G0001"]], ["id"])[0]["id"]
    hands.erp.load("sale.order", [{"partner_id": partner, **order}])


def again_in_salesforce(hands: Hands) -> None:
    """A line of an order, twice."""
    order = hands.salesforce.query("SELECT Id FROM Order WHERE Shop_Order_Number__c = '#1004'")[0]["Id"]
    line = hands.salesforce.query(f"SELECT PricebookEntryId, Quantity, UnitPrice FROM OrderItem WHERE OrderId = '{order}'")[0]
    hands.salesforce.do("edit", object="Order", id=order, fields={"Status": "Draft"})
    hands.salesforce.load("OrderItem", [{"OrderId": order, **{name: line[name] for name in ("PricebookEntryId", "Quantity", "UnitPrice")}}])
    hands.salesforce.do("edit", object="Order", id=order, fields={"Status": "Activated"})


def sku_edit(model: str, sku: str, **vals: object) -> Callable[[Hands], object]:
    return erp_edit(model, [["default_code", "=", sku]], **vals)


PLANTED: list[tuple[Callable[[Hands], object], str]] = [
    (sf_edit("Product2", {"StockKeepingUnit": "G-000"}, Name="Another"), "product G-000 name: salesforce='Another'"),
    (sf_edit("Product2", {"StockKeepingUnit": "G-001"}, Description="Another"), "product G-001 description"),
    (sf_edit("Product2", {"StockKeepingUnit": "G-002"}, IsActive=False), "product G-002 active"),
    (sku_edit("product.product", "G-003", barcode="4711"), "product G-003 barcode"),
    (shop_do("edit_product", sku="G-004", productType="Else"), "product G-004 category"),
    (shop_do("create_product", title="Double", sku="G-005", price="1"), "product G-005 is not once in each system: salesforce=1, shop=2, erp=1"),
    (shop_do("create_product", title="Alone", sku="ALONE", price="1"), "product ALONE is not once in each system: salesforce=0, shop=1, erp=0"),
    (shop_do("edit_price", sku="G-001", price="12345.67"), "price G-001"),
    (sf_edit("PricebookEntry", {"ProductCode": "G-000"}, UnitPrice=7777), "price G-000"),
    (shop_do("edit_stock", sku="G-000", delta=1), "stock G-000"),
    (lambda hands: hands.erp.do("set_stock", sku="G-003", quantity=4242), "stock G-003: erp="),
    (sf_edit("Account", {"AccountNumber": "G0000"}, Name="Another"), "account G0000 name: salesforce='Another'"),
    (sf_edit("Account", {"AccountNumber": "G0001"}, BillingCity="Else"), "account G0001 city"),
    (sf_edit("Account", {"AccountNumber": "G0002"}, BillingCountry="Nowhere"), "account G0002 country"),
    (sf_edit("Account", {"AccountNumber": "G0003"}, Phone="+49 1"), "account G0003 phone"),
    (erp_edit("res.partner", [["ref", "=", "G0004"]], street="Else"), "account G0004 street"),
    (erp_edit("res.partner", [["ref", "=", "G0005"]], zip="Else"), "account G0005 postal code"),
    (lambda hands: hands.salesforce.load("Account", [{"Name": "Double", "AccountNumber": "G0006"}]), "account G0006 is not once in each system: salesforce=2"),
    (lambda hands: hands.salesforce.load("Account", [{"Name": "No number"}]), "account in Salesforce without a number"),
    (lambda hands: hands.erp.load("res.partner", [{"name": "Half", "is_company": True}]), "company in the ERP without a number"),
    (lambda hands: hands.erp.load("res.partner", [{"name": "Half"}]), "person in the ERP without a company"),
    (shop_do("create_customer", firstName="Half", email="half@example.org"), "customer in the shop without a company"),
    (shop_do("edit_customer", customer="person.1@example.org", firstName="Else"), "contact person.1@example.org"),
    (sf_edit("Contact", {"Email": "person.2@example.org"}, Title="Else"), "contact person.2@example.org"),
    (sf_edit("Contact", {"Email": "person.3@example.org"}, Email="else@example.org"), "contact person.3@example.org is in the shop alone"),
    (erp_edit("res.partner", [["email", "=", "person.4@example.org"]], phone="1"), "contact person.4@example.org"),
    (shop_do("edit_order", order="#1001", note="Else"), "order #1001 note"),
    (shop_do("pay_order", order="#1002"), "order #1002 payment: shop='paid', salesforce='unpaid'"),
    (shop_do("cancel_order", order="#1003", restock=False), "order #1003 lifecycle: shop='cancelled', salesforce='placed'"),
    (again_in_salesforce, "order #1004 lines: shop=[], salesforce=[("),
    (erp_edit("sale.order", [["client_order_ref", "=", "#1005"]], client_order_ref="#1006"), "order #1006 is not once in each system: shop=1, salesforce=1, erp=2"),
    (lambda hands: odd(hands, client_order_ref="#9999"), "order #9999 is not once in each system: shop=0, salesforce=0, erp=1"),
    (lambda hands: odd(hands), "order in the ERP without a number"),
    (sf_edit("Order", {"Shop_Order_Number__c": "#1007"}, Grand_Total__c=1), "order #1007 total"),
    (sf_edit("Order", {"Shop_Order_Number__c": "#1008"}, Fulfilment_Status__c="full"), "order #1008 fulfilment: erp='none', salesforce='full'"),
    (sf_edit("Order", {"Shop_Order_Number__c": "#1009"}, BillToContactId=None), "order #1009 contact"),
    (sf_edit("Order", {"Shop_Order_Number__c": "#1010"}, Total_Shipping__c=1), "order #1010 shipping"),
    (sf_edit("Order", {"Shop_Order_Number__c": "#1011"}, BillingCity="Else"), "order #1011 billing city"),
    (lambda hands: hands.erp.call_model("sale.order", "action_cancel", erp_order(hands, "#1012"), context={"disable_cancel_warning": True}),
     "order #1012 is cancelled: shop=False, erp=True"),
    (shop_do("edit_order", order="#1013", lines=[{"sku": "G-004", "quantity": 77}]), "order #1013 lines"),
    (lambda hands: erp_line(hands, "#1014", discount=33.0), "order #1014 discount lines"),
]


def erp_order(hands: Hands, name: str) -> list[int]:
    return [row["id"] for row in hands.erp.find("sale.order", [["client_order_ref", "=", name]], ["id"])]


def erp_line(hands: Hands, name: str, **vals: object) -> None:
    line = hands.erp.find("sale.order.line", [["order_id", "in", erp_order(hands, name)]], ["id"])[0]["id"]
    hands.erp.do("edit", model="sale.order.line", id=line, vals=vals)


def check_agreed(hands: Hands) -> int:
    found = Oracle(hands).compare()
    for line in found:
        print(f"FAILED  a difference in a world that agrees: {line}")
    return len(found)


def check_planted(hands: Hands) -> int:
    failed, before = 0, set(Oracle(hands).compare())
    for act, words in PLANTED:
        act(hands)
        now = set(Oracle(hands).compare())
        if not any(words in line for line in now - before):
            failed += 1
            print(f"FAILED  not found: {words}\n  but:", *sorted(now - before), sep="\n  ")
        before = now
    return failed


def check_held(hands: Hands, data: Dataset) -> int:
    """What is held has to be expected, and what is expected has to be held."""
    stranger = {"id": "1", "reason": "waiting", "entity": "order", "system": "erp", "key": "shop:order:1", "native": "", "cause": "x", "rule": ""}
    variant = next(row["id"] for row in hands.shop.table("ProductVariant") if row["sku"] == "G-006")
    refused = {**stranger, "reason": "refused", "entity": "price", "system": "shop", "native": variant, "rule": "rules.cfg:3"}
    wronged = Expected(wrong_prices={"G-006"})
    rows = [([stranger], Expected(), "held: reason='waiting'", True), ([refused], Expected(), "held: reason='refused'", True),
            ([refused], wronged, "held: reason='refused'", False), ([], wronged, "a price set in the shop is not refused", True),
            ([], Expected(twin_numbers={data.companies[7].number}), "a second person with an e-mail address", True)]
    failed = 0
    for held, expected, words, wanted in rows:
        if any(words in line for line in Oracle(hands, held, expected).compare()) != wanted:
            failed += 1
            print(f"FAILED  held {held}: wanted {words!r}: {wanted}")
    return failed


def main() -> int:
    data = generated(7, 10, 8, 20)
    with StandinsAlone("oracle") as hands:
        Agreed(hands, data).make()
        failed = check_agreed(hands) + check_held(hands, data) + check_planted(hands)
    print(f"{failed} failed" if failed else f"{len(PLANTED)} planted differences found, none in a world that agrees")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
