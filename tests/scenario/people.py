"""What people do in the three systems, from a dataset: open the business, place orders and change their minds, count, ship.

Nothing here goes through Tidegate, and nothing here knows it. Every act may meet a stand-in that was just killed: it is
repeated until the stand-in says yes or no, and is written so that a repeat changes nothing.
"""
from __future__ import annotations

import http.client
import time
from collections import defaultdict
from decimal import Decimal
from typing import Any, Callable

from dataset import Company, Dataset, Line, Order, Product
from hands import Hands, Refused
from oracle import COUNTRY_NAMES

BATCH = 20  # what one call loads: a call is done whole or not at all


class People:
    def __init__(self, hands: Hands, data: Dataset) -> None:
        self.hands, self.data = hands, data
        self.names: dict[str, str] = {}  # an order's key → its name in the shop

    def persist(self, act: Callable[[], Any], patience_s: float = 120) -> Any:
        """Does it although the stand-in may be dead for a moment."""
        until = time.monotonic() + patience_s
        while True:
            try:
                return act()
            except (OSError, http.client.HTTPException):
                if time.monotonic() > until:
                    raise
                time.sleep(0.2)

    # ---- opening

    def before(self) -> None:
        """What is in two systems before Tidegate is there: it has to find out what is the same."""
        both = [one for one in self.data.companies if one.home == "both"]
        self.products([one for one in self.data.products if one.homes])
        self.products_elsewhere()
        self.companies_in_salesforce(both)
        self.companies_in_shop(both)

    def open_business(self) -> None:
        """The other companies where they are at home, the other products and prices in Salesforce."""
        self.products([one for one in self.data.products if not one.homes])
        self.companies_in_salesforce([one for one in self.data.companies if one.home == "salesforce"])
        self.companies_in_shop([one for one in self.data.companies if one.home == "shop"])

    def missing(self, table: str, field: str, wanted: list, key: Callable[[Any], str]) -> list:
        """What a repeated load must not load again."""
        there = {row.get(field) for row in self.hands.salesforce.table(table)}
        return [one for one in wanted if key(one) not in there]

    def products(self, products: list[Product]) -> None:
        sf = self.hands.salesforce
        for some in parts(products):
            def load(some: list[Product] = some) -> None:
                fresh = self.missing("Product2", "StockKeepingUnit", some, lambda one: one.sku)
                sf.load("Product2", [{"Name": one.name, "StockKeepingUnit": one.sku, "ProductCode": one.sku, "IsActive": one.active,
                                      "Description": one.description, "Barcode__c": one.barcode, "Family": one.category} for one in fresh])
            self.persist(load)
        for one in products:
            self.persist(lambda one=one: sf.do("set_price", sku=one.sku, price=str(one.price)))

    def products_elsewhere(self) -> None:
        """Some products are known there already, under the same SKU and another name."""
        for one in self.data.products:
            if "erp" in one.homes:
                self.persist(lambda one=one: self.product_in_erp(one))
            if "shop" in one.homes:
                self.persist(lambda one=one: self.product_in_shop(one))

    def product_in_erp(self, one: Product) -> None:
        if not self.hands.erp.find("product.product", [["default_code", "=", one.sku]], ["id"]):
            self.hands.erp.load("product.product", [{"name": "An old name of " + one.sku, "default_code": one.sku, "type": "product",
                                                     "list_price": 1.0}])

    def product_in_shop(self, one: Product) -> None:
        if not any(row["sku"] == one.sku for row in self.hands.shop.table("ProductVariant")):
            self.hands.shop.do("create_product", title="An old title of " + one.sku, sku=one.sku, price="0.50", status="ACTIVE")

    def companies_in_salesforce(self, companies: list[Company]) -> None:
        sf = self.hands.salesforce
        for some in parts(companies):
            def accounts(some: list[Company] = some) -> None:
                sf.load("Account", [account(one) for one in self.missing("Account", "AccountNumber", some, lambda one: one.number)])

            def contacts(some: list[Company] = some) -> None:
                ids = {row["AccountNumber"]: row["Id"] for row in sf.table("Account") if not row["IsDeleted"]}
                there = {(row["Email"], row["AccountId"]) for row in sf.table("Contact")}
                sf.load("Contact", [contact(one, ids[one.number]) for one in some if (one.email, ids[one.number]) not in there])
            self.persist(accounts)
            self.persist(contacts)

    def companies_in_shop(self, companies: list[Company]) -> None:
        shop = self.hands.shop
        for some in parts(companies):
            def load(some: list[Company] = some) -> None:
                there = {row["externalId"] for row in shop.table("Company")}
                shop.do("bulk", companies=[company(one) for one in some if one.number not in there])
            self.persist(load)

    def twins(self) -> None:
        """Later, when every contact is everywhere: others with the same e-mail address."""
        self.companies_in_salesforce(self.data.twins)

    def count_stock(self) -> None:
        for one in self.data.products:
            self.persist(lambda one=one: self.hands.erp.do("set_stock", sku=one.sku, quantity=one.stock))

    # ---- looking

    def opened(self) -> bool:
        """Whether companies, their people and products with prices are wherever they have to be."""
        shop, sf, erp = self.hands.shop, self.hands.salesforce, self.hands.erp
        numbers, emails = {one.number for one in self.data.companies}, {one.email for one in self.data.companies}
        skus = {one.sku for one in self.data.products}
        return (numbers <= {row["externalId"] for row in shop.table("Company")} and numbers <= {row["AccountNumber"] for row in sf.table("Account")} and
                numbers <= {row["ref"] for row in erp.table("res.partner")} and emails <= {row["email"] for row in shop.table("Customer")} and
                emails <= {row["Email"] for row in sf.table("Contact")} and skus <= {row["default_code"] for row in erp.table("product.product")} and
                skus <= {row["sku"] for row in shop.table("ProductVariant")} and len(erp.table("product.pricelist.item")) >= len(skus))

    def all_placed(self) -> bool:
        names = set(self.names.values())
        return (names <= {row["Shop_Order_Number__c"] for row in self.hands.salesforce.table("Order")} and
                names <= {row["client_order_ref"] for row in self.hands.erp.table("sale.order") if row["state"] in ("sale", "cancel")})

    # ---- orders

    def place(self, one: Order) -> str:
        """Places it, once, however often the shop dies meanwhile."""
        def act() -> str:
            for row in self.hands.shop.table("Order"):
                if row["note"] == note_of(one) or one.key in (row["note"] or "").split():
                    return row["name"]
            return self.hands.shop.do("place_order", **order(one))["name"]
        try:
            self.names[one.key] = self.hands.shop.do("place_order", **order(one))["name"]
        except (OSError, http.client.HTTPException):
            self.names[one.key] = self.persist(act)
        return self.names[one.key]

    def change_mind(self, one: Order, edit: str) -> None:
        """An edit, so that the state after two of the same is that after one."""
        name, shop = self.names[one.key], self.hands.shop
        if edit == "quantity":
            line = one.lines[0]
            self.persist(lambda: shop.do("edit_order", order=name, inventory="bypass", lines=[{"sku": line.sku, "quantity": line.quantity + 2}]))
        elif edit == "remove":
            self.persist(lambda: shop.do("edit_order", order=name, inventory="bypass", lines=[{"sku": one.lines[-1].sku, "quantity": 0}]))
        elif edit == "add":
            other = next(p for p in self.data.products if p.sku not in {line.sku for line in one.lines})
            self.persist(lambda: shop.do("edit_order", order=name, inventory="bypass", lines=[{"sku": other.sku, "quantity": 1}]))
        elif edit == "note":
            self.note(one, "leave it at the back door, 後で")
        elif edit == "pay":
            self.persist(lambda: self.only_once(lambda: shop.do("pay_order", order=name),
                                                lambda: self.order_row(name)["displayFinancialStatus"] == "PAID"))
        elif edit == "cancel":
            self.persist(lambda: self.only_once(lambda: shop.do("cancel_order", order=name, reason="CUSTOMER", restock=False),
                                                lambda: bool(self.order_row(name)["cancelledAt"])))
        else:
            raise ValueError(edit)

    def note(self, one: Order, words: str) -> None:
        self.persist(lambda: self.hands.shop.do("edit_order", order=self.names[one.key], note=f"{one.key} {words}"))

    def only_once(self, act: Callable[[], Any], done: Callable[[], bool]) -> None:
        if not done():
            act()

    def order_row(self, name: str) -> dict:
        return next(row for row in self.hands.shop.table("Order") if row["name"] == name)

    # ---- later work

    def recount(self, every: int = 5) -> None:
        for at, one in enumerate(self.data.products[::every]):
            self.recount_one(one, one.stock + 10 + at)

    def recount_one(self, one: Product, quantity: int) -> None:
        self.persist(lambda: self.hands.erp.do("set_stock", sku=one.sku, quantity=quantity))

    def reprice(self, every: int = 6) -> None:
        for one in self.data.products[::every]:
            self.persist(lambda one=one: self.hands.salesforce.do("set_price", sku=one.sku, price=str(one.price + Decimal("1.11"))))

    def wrong_price(self, one: Product) -> None:
        """Somebody changes a price in the shop, which does not own it."""
        self.persist(lambda: self.hands.shop.do("edit_price", sku=one.sku, price="0.07"))

    def rename_account(self, one: Company, name: str) -> None:
        self.persist(lambda: self.hands.salesforce.do("edit", object="Account", where={"AccountNumber": one.number}, fields={"Name": name}))

    def rename_company(self, one: Company, name: str) -> None:
        self.persist(lambda: self.hands.shop.do("edit_company", company=one.number, name=name))

    def ship(self, one: Order, some: bool = False) -> None:
        """A delivery in the ERP: everything, or one unit of the first line."""
        erp, name = self.hands.erp, self.names[one.key]

        def act() -> None:
            found = erp.find("sale.order", [["client_order_ref", "=", name]], ["name", "state", "delivery_status"])
            if len(found) != 1 or found[0]["state"] != "sale" or found[0]["delivery_status"] != "pending":
                return
            erp.do("ship", order=found[0]["name"], quantities={one.lines[0].sku: 1} if some else "all")
        self.persist(act)


def parts(whole: list) -> list[list]:
    return [whole[at:at + BATCH] for at in range(0, len(whole), BATCH)]


def account(one: Company) -> dict:
    return {"Name": one.name, "AccountNumber": one.number, "Phone": one.phone, "BillingStreet": one.street, "BillingCity": one.city,
            "BillingPostalCode": one.postal_code, "BillingCountry": COUNTRY_NAMES[one.country]}


def contact(one: Company, account_id: str) -> dict:
    return {"FirstName": one.first, "LastName": one.last, "Title": one.title, "Email": one.email, "Phone": one.phone, "AccountId": account_id}


def company(one: Company) -> dict:
    return {"name": one.name, "externalId": one.number, "phone": one.phone,
            "contact": {"firstName": one.first, "lastName": one.last, "email": one.email, "title": one.title, "phone": one.phone},
            "address": {"address1": one.street, "city": one.city, "zip": one.postal_code, "countryCode": one.country}}


def note_of(one: Order) -> str:
    return one.key


def order(one: Order) -> dict:
    return {"company": one.company, "note": note_of(one), "processedAt": one.placed, "inventory": "bypass",
            "lines": [line(entry) for entry in one.lines], "shipping": {"title": "Parcel", "price": str(one.freight)}}


def line(one: Line) -> dict:
    return {"sku": one.sku, "quantity": one.quantity, "discountPercent": str(one.discount_percent)}


def by_company(orders: list[Order]) -> dict[str, list[Order]]:
    found: dict[str, list[Order]] = defaultdict(list)
    for one in orders:
        found[one.company].append(one)
    return found
