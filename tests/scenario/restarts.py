#!/usr/bin/python3
"""restarts: a node goes on where it stopped. It is stopped by Ctrl-C, then again by -9 to everything, in the middle of its
work; people go on working in the three systems meanwhile; the second start brings all of it, and nothing twice.

    restarts.py [TEST …]        restarts.py Restarts.test_crash
"""
from __future__ import annotations

import os
import sys
from decimal import Decimal
from typing import Callable

from business import COMPANY, PRODUCTS, Business, compare, main
from dataset import Company, Product
from people import People
from standins_alone import StandinsAlone


class Restarts(Business):
    def tearDown(self) -> None:
        """Every process is another one now."""

    def under_way(self) -> list[str]:
        """Work that nobody waits for; the names of its orders."""
        names = [self.place(f"before {at}")["name"] for at in range(6)]
        self.edit(names[0], "edited at once")
        self.hands.salesforce.do("set_price", sku="R-0", price="31.50")
        self.people.recount_one(PRODUCTS[1], 77)
        return names

    def meanwhile(self, round_name: str, names: list[str]) -> list[str]:
        """Work while no part of Tidegate runs: new, changed and cancelled in each system. The names of its orders."""
        new = Company(f"N-{round_name}", f"New by {round_name}", "Neo", round_name, "", f"{round_name}@example.org", "", "Kai 3", "Köln", "50667", "DE", "shop")
        self.people.companies_in_shop([new])
        self.people.products([Product(f"NEW-{round_name}", f"Rope of {round_name}", Decimal("4.20"), 0)])
        shop, sf = self.hands.shop, self.hands.salesforce
        made = [self.place("while down")["name"], self.place("of a new company", company=new.number)["name"],
                self.place("without a push", webhooks=False)["name"]]
        self.edit(names[1], "edited while down")
        shop.do("cancel_order", order=names[2], reason="CUSTOMER", restock=False)
        shop.do("edit_order", order=names[3], inventory="bypass", lines=[{"sku": "R-2", "quantity": 1}])
        sf.do("edit", object="Account", where={"AccountNumber": COMPANY.number}, fields={"Name": f"Renamed by {round_name}"})
        sf.do("set_price", sku="R-2", price="44.40")
        self.people.recount_one(PRODUCTS[2], 55)
        return made

    def goes_on(self, round_name: str, end: Callable[[], None]) -> None:
        names = self.under_way()
        end()
        with StandinsAlone(data=self.node.data) as hands:
            self.people.hands = self.hands = hands
            names += self.meanwhile(round_name, names)
        self.node.start()
        self.people.hands = self.hands = self.node.hands
        for name in names:
            self.arrives(name)
        self.node.wait_quiet(120)
        compare(self.node)
        self.assertEqual(self.in_salesforce(names[1])[0]["Note__c"], "edited while down")
        self.assertEqual(self.hands.salesforce.table("Account")[0]["Name"], f"Renamed by {round_name}")

    def test_ctrl_c(self) -> None:
        self.goes_on("ctrl-c", lambda: self.node.stop(ctrl_c=True))
        self.assertIn("nothing is lost, the next start goes on from here", "".join(self.node.lines()))

    def test_crash(self) -> None:
        self.goes_on("crash", self.node.crash)


if __name__ == "__main__":
    # A push that found nobody is sent again after a tenth of a second and not after ten.
    os.environ["STANDIN_OPTIONS_storefront"] = "--webhook-retry-scale 0.01"
    sys.exit(main("restarts"))
