"""A small business that is open in all three systems, under one node for all tests of a file: good acts, and how they show.

    class Waits(Business): …                  if __name__ == "__main__": sys.exit(main("waits"))
"""
from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import re
import unittest
from decimal import Decimal
from typing import Any

import place  # noqa: F401
from dataset import Company, Dataset, Line, Order, Product
from hands import Standin  # tests/standins
from node import Broken, Node
from oracle import Oracle
from people import People, order

COMPANY = Company("R1", "Hafen GmbH", "Ana", "Smith", "Owner", "ana@example.org", "+49 30 5550001", "Kai 1", "Köln", "50667", "DE", "salesforce")
PRODUCTS = [Product(f"R-{at}", f"Rope {at}", Decimal("10.00"), 100) for at in range(3)]
PUSH_PATH = "/webhooks/shopify"


class Business(unittest.TestCase):
    node: Node
    people: People
    orders = prices = 0

    def setUp(self) -> None:
        self.hands = self.node.hands
        self.pids = self.node.pids()

    def tearDown(self) -> None:
        """Nothing that is done from outside ends a process, and what is made to misbehave is made good again."""
        for one in self.hands.all:
            one.calm()
        self.assertEqual(self.node.pids(), self.pids)

    # ---- the moment

    def hold(self, system: Standin, kind: str, match: str, act: Any) -> None:
        """Acts, and returns when the call that this brings about is held by the system (standins/faults.py), until calm()."""
        system.faults({"kind": kind, "match": match})
        act()
        self.node.wait(f"a call with {match}", lambda: not system.call("GET", "/faults")["faults"], 60, 0.02)

    # ---- orders

    def place(self, note: str = "", company: str = COMPANY.number, sku: str = "R-1", quantity: int = 2, **more: Any) -> dict:
        """A new order's row in the shop. It moves no stock, unless `inventory` says so."""
        Business.orders += 1
        one = Order(f"K{Business.orders}", company, [Line(sku, quantity, Decimal(0))], Decimal(1), "2026-05-01T10:00:00Z")
        name = self.hands.shop.do("place_order", **{**order(one), "note": note, **more})["name"]
        return self.people.order_row(name)

    def edit(self, name: str, note: str, **more: Any) -> None:
        self.hands.shop.do("edit_order", order=name, note=note, **more)

    def in_salesforce(self, name: str) -> list[dict]:
        return [row for row in self.hands.salesforce.table("Order") if row["Shop_Order_Number__c"] == name]

    def in_erp(self, name: str) -> list[dict]:
        return [row for row in self.hands.erp.table("sale.order") if row["client_order_ref"] == name]

    def arrives(self, name: str, note: str = "") -> tuple[dict, dict]:
        """Its one row in Salesforce and in the ERP."""
        def there() -> bool:
            crm, erp = self.in_salesforce(name), self.in_erp(name)
            return len(crm) == len(erp) == 1 and note in (crm[0]["Note__c"] or "") and note in (erp[0]["note"] or "")
        self.node.wait(f"order {name} in Salesforce and the ERP", there, 120)
        return self.in_salesforce(name)[0], self.in_erp(name)[0]

    def good_order(self) -> None:
        self.arrives(self.place()["name"])

    # ---- pushes that the shop did not send

    def push(self, body: bytes, signature: str | None, event: str = "") -> tuple[int, str]:
        headers = {"X-Shopify-Topic": "orders/updated", "X-Shopify-Shop-Domain": "shop.example", "Content-Type": "application/json"}
        given = {"X-Shopify-Hmac-Sha256": signature, "X-Shopify-Event-Id": event}
        code, answer = self.node.ask("shop", "POST", PUSH_PATH, body, {**headers, **{name: value for name, value in given.items() if value}})
        return code, answer.decode()

    def signed(self, body: bytes) -> str:
        with open(os.path.join(self.node.data, "standins", "storefront", "env"), encoding="utf-8") as file:
            secret = re.search(r"^SHOPIFY_SECRET=(.*)$", file.read(), re.M)[1]
        return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()

    def order_push(self, row: dict) -> bytes:
        return json.dumps({"admin_graphql_api_id": row["id"]}).encode()

    def pushes(self, result: str) -> float:
        return self.node.metrics("shop")[f'tidegate_webhooks_total{{system="shop",result="{result}"}}']

    # ---- prices

    def good_price(self, sku: str = "R-0") -> None:
        Business.prices += 1
        price = f"{20 + Business.prices}.50"
        self.hands.salesforce.do("set_price", sku=sku, price=price)
        self.node.wait(f"the price {price} in the shop and the ERP", lambda: self.shop_price(sku) == price and Decimal(price) in self.erp_prices())

    def shop_price(self, sku: str) -> str:
        return next(row["price"] for row in self.hands.shop.table("ProductVariant") if row["sku"] == sku)

    def erp_prices(self) -> set[Decimal]:
        return {Decimal(str(row["fixed_price"])) for row in self.hands.erp.table("product.pricelist.item")}


def main(name: str, agree: bool = False) -> int:
    """Runs the tests of the file that is the program. `agree`: afterwards the oracle finds no difference between the systems."""
    with Node(name) as node:
        Business.node = node
        Business.people = people = People(node.hands, Dataset(name, [COMPANY], PRODUCTS, []))
        people.open_business()
        node.wait("the business to be open", people.opened, 120)
        people.count_stock()
        if not unittest.main(exit=False, verbosity=2, warnings="ignore").result.wasSuccessful():
            raise Broken("a test has failed")
        if agree:
            node.wait_quiet(120)
            compare(node)
    return 0


def compare(node: Node) -> None:
    """By the oracle, record by record."""
    found = Oracle(node.hands, node.held()).compare()
    if found:
        raise Broken("the systems differ:\n" + "\n".join(found))
