#!/usr/bin/python3
"""races: what meets on the way. An order that comes before its account, a sale while a count travels, a person's edit right
behind our own write, pushes that are late, doubled or lost; and numbers that are longer than a double holds.

    races.py [TEST …]        races.py Stock.test_sale_while_a_count_travels

One small business, one whole node. Every race is decided by a fault of a stand-in that holds one side back, or by
watching for the very moment.
"""
from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from decimal import Decimal
from typing import Any

from business import COMPANY, Business, main
from dataset import Company, Product
from hands import Refused, Standin  # tests/standins


def company(number: str, name: str) -> Company:
    """One that lives in the shop at first."""
    return Company(number, name, "Ida", f"Berg {number}", "Owner", f"{number.lower()}@example.org", "", "Kai 2", "Köln", "50667", "DE", "shop")


class Waits(Business):
    """An order whose account or product is not in the target yet is held, and goes by itself when it is there."""

    def waits(self, target: str, row: dict, cause: str) -> None:
        held = self.node.wait(f"{row['name']} to wait for {target}", lambda: self.held_of(row, reason="waiting", system=target), 120)[0]
        self.assertRegex(held["cause"], cause)
        self.assertGreaterEqual(self.node.status("router")["held"]["waiting"], 1)
        self.assertRegex(self.status_words(), rf"waiting: order {held['key']}: {cause}")

    def held_of(self, row: dict, **like: str) -> list[dict]:
        return [one for one in self.node.held(**like) if one.get("key", "").endswith(row["id"])]

    def status_words(self) -> str:
        return subprocess.run([os.path.join(self.node.bin, "tidegate"), "status", "--config", self.node.config], env=self.node.env,
                              stdout=subprocess.PIPE, text=True, check=True, timeout=60).stdout

    def goes(self, row: dict) -> None:
        self.arrives(row["name"])
        self.node.wait("nothing of it to be held", lambda: not self.held_of(row))

    def test_order_before_its_account(self) -> None:
        """The account's write meets a locked row again and again."""
        self.hands.salesforce.faults({"kind": "lock_row", "match": "Waiting One", "count": -1})
        self.people.companies_in_shop([company("W1", "Waiting One")])
        row = self.place(company="W1")
        self.waits("salesforce", row, r"account shop:account:\S+ is not in salesforce yet")
        self.node.wait("it in the ERP", lambda: self.in_erp(row["name"]))  # which does not wait for Salesforce
        self.assertEqual(self.in_salesforce(row["name"]), [])
        self.hands.salesforce.calm()
        self.goes(row)

    def test_order_before_its_account_that_was_refused(self) -> None:
        """The ERP refuses the account; nobody touches the order, but somebody the account, after the ERP was put right."""
        self.hands.erp.faults({"kind": "access", "match": "Waiting Two", "count": -1})
        self.people.companies_in_shop([company("W2", "Waiting Two")])
        row = self.place(company="W2")
        self.waits("erp", row, r"account shop:account:\S+ is not in erp yet")
        refused = self.node.wait("the refusal", lambda: self.node.held(reason="rejected", system="erp", entity="account"))[0]
        self.assertIn("You are not allowed to modify", refused["cause"])
        self.node.wait("it in Salesforce", lambda: self.in_salesforce(row["name"]))
        self.hands.erp.calm()
        self.hands.shop.do("edit_company", company="W2", name="Waiting No More")
        self.goes(row)
        self.assertEqual(self.node.held(reason="rejected"), [])

    def test_order_before_its_product(self) -> None:
        self.hands.erp.faults({"kind": "serialization", "match": "WAIT-3", "count": -1})
        self.people.products([Product("WAIT-3", "Rope to wait for", Decimal("3.00"), 0)])
        self.node.wait("it in the shop", lambda: any(one["sku"] == "WAIT-3" for one in self.hands.shop.table("ProductVariant")))
        row = self.place(sku="WAIT-3")
        self.waits("erp", row, r"product salesforce:product:\S+ is not in erp yet")
        self.node.wait("it in Salesforce", lambda: self.in_salesforce(row["name"]))
        self.assertEqual(self.in_erp(row["name"]), [])
        self.hands.erp.calm()
        self.goes(row)


class Stock(Business):
    """docs/decisions/0005: the ERP's number is set in the shop, and a sale that comes in between is not written over."""

    def sold(self, sku: str, stock: int) -> None:
        """A new product, in the shop with its stock."""
        self.people.products([Product(sku, f"Rope {sku}", Decimal("3.00"), stock)])
        self.node.wait("it everywhere", lambda: any(one["sku"] == sku for one in self.hands.shop.table("ProductVariant")) and
                       any(one["default_code"] == sku for one in self.hands.erp.table("product.product")))
        self.hands.erp.do("set_stock", sku=sku, quantity=stock)
        self.node.wait("its stock in the shop", lambda: self.in_shop(sku) == stock)

    def in_shop(self, sku: str) -> int | None:
        item = next(one["inventoryItemId"] for one in self.hands.shop.table("ProductVariant") if one["sku"] == sku)
        return next((one["q"]["available"] for one in self.hands.shop.table("InventoryLevel") if one["itemId"] == item), None)

    def free_in_erp(self, sku: str) -> Decimal:
        found = self.hands.erp.find("stock.quant", [["product_id.default_code", "=", sku], ["location_id.usage", "=", "internal"]],
                                    ["quantity", "reserved_quantity"])
        return sum((Decimal(str(one["quantity"])) - Decimal(str(one["reserved_quantity"])) for one in found), Decimal(0))

    def stale(self) -> int:
        """Compare-and-swaps that the shop has refused."""
        return self.hands.shop.call("GET", "/calls")["operations"].get("mutation inventorySetQuantities", {}).get("userErrors", 0)

    def test_sale_while_a_count_travels(self) -> None:
        self.sold("STOCK-1", 100)
        stale = self.stale()
        self.hands.erp.faults({"kind": "serialization", "match": '"sale.order","create"', "count": -1})
        self.hold(self.hands.shop, "hold_before", "inventorySetQuantities", lambda: self.hands.erp.do("set_stock", sku="STOCK-1", quantity=40))
        row = self.place(sku="STOCK-1", quantity=3, inventory="obey")
        self.assertEqual(self.in_shop("STOCK-1"), 97)
        self.hands.shop.calm()
        self.node.wait("the count in the shop", lambda: self.in_shop("STOCK-1") != 97)
        self.assertEqual(self.stale(), stale + 1)
        with self.assertRaisesRegex(Refused, "Unable to reserve inventory"):
            self.place(sku="STOCK-1", quantity=38, inventory="obey")
        self.hands.erp.calm()
        self.arrives(row["name"])
        self.node.wait("both to agree", lambda: self.in_shop("STOCK-1") == self.free_in_erp("STOCK-1") == 37)

    def test_sales_while_counts_travel(self) -> None:
        """Buyers at once and a person who counts again and again: nothing sold is forgotten, nothing is counted twice."""
        self.sold("STOCK-2", 500)
        sold: list[dict] = []

        def buy() -> None:
            shop = Standin(self.hands.shop.url)
            for _ in range(6):
                sold.append(shop.do("place_order", company=COMPANY.number, inventory="obey", lines=[{"sku": "STOCK-2", "quantity": 2}]))
            shop.connection.close()
        buyers = [threading.Thread(target=buy) for _ in range(4)]
        for one in buyers:
            one.start()
        for count in (300, 310, 290, 305, 200):
            self.hands.erp.do("set_stock", sku="STOCK-2", quantity=count)
            self.node.wait("the count to have been taken", lambda: self.in_shop("STOCK-2") <= count)
        for one in buyers:
            one.join()
        self.assertEqual(len(sold), 24)
        for row in sold:
            self.arrives(row["name"])
        self.node.wait("both to agree", lambda: self.in_shop("STOCK-2") == self.free_in_erp("STOCK-2") == 200 - 48)


class Edits(Business):
    """A person's edit right behind our own write is an edit, not our write's echo."""

    def phones(self) -> tuple[str, str, str]:
        return (next(one["phone"] for one in self.hands.shop.table("Customer") if one["email"] == COMPANY.email), self.crm()["Phone"],
                next(one["phone"] for one in self.hands.erp.table("res.partner") if one["email"] == COMPANY.email))

    def crm(self) -> dict:
        return next(one for one in self.hands.salesforce.table("Contact") if one["Email"] == COMPANY.email)

    def behind(self, ours: str, **fields: str) -> None:
        """Our write of a telephone number lands in Salesforce, and 50 ms later a person edits the same contact there."""
        self.hands.shop.do("edit_customer", customer=COMPANY.email, phone=ours)
        self.node.wait(f"{ours} in Salesforce", lambda: self.crm()["Phone"] == ours, 60, 0.005)
        time.sleep(0.05)
        self.in_crm(**fields)

    def in_crm(self, **fields: str) -> None:
        self.hands.salesforce.do("edit", object="Contact", id=self.crm()["Id"], fields=fields)

    def agreed(self, phone: str) -> None:
        self.node.wait(f"{phone} in all three", lambda: set(self.phones()) == {phone})

    def test_same_field(self) -> None:
        for at in range(3):
            self.behind(f"+4930700000{at}", Phone=f"+4930800000{at}")
            self.agreed(f"+4930800000{at}")

    def test_back_to_the_old_value(self) -> None:
        """What we have just overwritten is not news to anybody but a careful reader."""
        old = "+49304000000"
        self.in_crm(Phone=old)
        self.agreed(old)
        for at in range(3):
            self.behind(f"+4930900000{at}", Phone=old)
            self.agreed(old)

    def test_before_our_call_returns_to_the_shop(self) -> None:
        """The write is done, its answer is still under way, and a person is faster than whatever the adapter does next."""
        self.hold(self.hands.shop, "hold_after", "customerUpdate", lambda: self.in_crm(Phone="+49305000001"))
        self.hands.shop.do("edit_customer", customer=COMPANY.email, phone="+49305000002")
        self.hands.shop.calm()
        self.agreed("+49305000002")

    def test_before_our_call_returns_to_salesforce(self) -> None:
        self.hold(self.hands.salesforce, "hold_after", "+49305000003",
                  lambda: self.hands.shop.do("edit_customer", customer=COMPANY.email, phone="+49305000003"))
        self.in_crm(Phone="+49305000004")
        self.hands.salesforce.calm()
        self.agreed("+49305000004")

    def test_before_our_call_returns_with_a_price(self) -> None:
        """What is not the shop's to set is refused, whenever it was set."""
        self.hold(self.hands.shop, "hold_after", "productVariantsBulkUpdate", lambda: self.hands.salesforce.do("set_price", sku="R-2", price="15.00"))
        self.hands.shop.do("edit_price", sku="R-2", price="0.07")
        self.hands.shop.calm()
        self.node.wait("the refusal", lambda: self.node.held(reason="refused", entity="price", system="shop"))
        self.good_price("R-2")
        self.node.wait("it to be over", lambda: not self.node.held(reason="refused"))

    def test_another_field(self) -> None:
        self.behind("+49306000000", Title="Captain")
        self.agreed("+49306000000")
        self.assertEqual(self.crm()["Title"], "Captain")
        self.node.wait("the title in the ERP", lambda: next(
            one["function"] for one in self.hands.erp.table("res.partner") if one["email"] == COMPANY.email) == "Captain")


class Pushes(Business):
    """What a push says is a hint, and that it came, too: polling is the truth behind it."""

    def test_push_that_is_lost(self) -> None:
        self.hands.shop.faults({"kind": "webhook_drop", "match": "orders/", "count": -1})
        name = self.place()["name"]
        self.arrives(name)
        self.edit(name, "by hand")
        self.arrives(name, "by hand")
        self.assertGreaterEqual(self.hands.shop.do("webhooks")["dropped"], 2)

    def test_push_that_is_doubled(self) -> None:
        """Both at the same moment, so that neither may rely on the other's having been taken."""
        before = self.hands.shop.do("webhooks")["doubled"]
        self.hands.shop.faults({"kind": "webhook_double", "match": "orders/create"})
        name = self.place()["name"]
        self.assertEqual(self.hands.shop.do("webhooks")["doubled"], before + 1)
        self.node.wait("all pushes to be taken", lambda: not self.hands.shop.do("webhooks")["pending"])
        self.arrives(name)
        self.edit(name, "after the double")
        self.arrives(name, "after the double")

    def test_push_that_is_late(self) -> None:
        """It tells of the order as it was before an edit that polling has brought."""
        self.hands.shop.faults({"kind": "webhook_drop", "match": "orders/", "count": -1})
        row = self.place("first")
        self.arrives(row["name"], "first")
        self.edit(row["name"], "second")
        self.arrives(row["name"], "second")
        late = json.dumps({"admin_graphql_api_id": row["id"], "note": "first", "updated_at": row["updatedAt"], "created_at": row["createdAt"]}).encode()
        self.assertEqual(self.push(late, self.signed(late), "late-1")[0], 200)
        self.good_order()  # which comes behind it
        self.arrives(row["name"], "second")


class Numbers(Business):
    """No number of ours passes through a double, which holds 15 digits and not always the 16th."""

    def test_long_ids(self) -> None:
        row = self.place()
        ids = [row["id"], *(one["id"] for one in row["lines"])]
        for one in ids:
            number = int(one.rpartition("/")[2])
            self.assertGreaterEqual(len(str(number)), 18)
            self.assertNotEqual(int(float(number)), number)  # a double would change it
        crm, _ = self.arrives(row["name"])
        self.assertEqual(crm["Tidegate_Key__c"], "shop:order:" + ids[0])
        self.assertEqual([one["Tidegate_Line__c"] for one in self.hands.salesforce.table("OrderItem") if one["OrderId"] == crm["Id"]], ids[1:])
        names = [one["name"] for one in self.hands.erp.table("ir.model.data") if one["module"] == "tidegate"]
        for one in ids:
            self.assertTrue([name for name in names if name.endswith(one.rpartition("/")[2])], (one, names))

    def test_texts_of_digits(self) -> None:
        number, sku, barcode = "00987654321098765432109", "123456789012345678901", "0040063813339311234567"
        self.people.products([Product(sku, "Rope of many digits", Decimal("3.00"), 0, barcode=barcode)])
        self.people.companies_in_shop([company(number, "Digits Ltd")])
        self.node.wait("the product in the shop", lambda: [one for one in self.hands.shop.table("ProductVariant") if
                                                           (one["sku"], one["barcode"]) == (sku, barcode)])
        self.arrives(self.place(company=number, sku=sku)["name"])
        self.assertIn((sku, barcode), [(one["default_code"], one["barcode"]) for one in self.hands.erp.table("product.product")])
        self.assertIn(number, [one["AccountNumber"] for one in self.hands.salesforce.table("Account")])
        self.assertIn(number, [one["ref"] for one in self.hands.erp.table("res.partner")])

    def test_large_amounts(self) -> None:
        """As many digits as a system that keeps doubles itself can hold."""
        self.people.products([Product("LARGE-1", "Rope of gold", Decimal("9999999999999.99"), 0)])
        self.node.wait("the price everywhere", lambda: any(
            (one["sku"], one["price"]) == ("LARGE-1", "9999999999999.99") for one in self.hands.shop.table("ProductVariant")) and
            Decimal("9999999999999.99") in self.erp_prices())
        crm, erp = self.arrives(self.place(sku="LARGE-1", quantity=1)["name"])
        self.assertEqual(Decimal(str(crm["Grand_Total__c"])), Decimal("10000000000000.99"))
        self.assertEqual(Decimal(str(erp["amount_total"])), Decimal("9999999999999.99"))  # shipping has no product there


if __name__ == "__main__":
    sys.exit(main("races", agree=True))
