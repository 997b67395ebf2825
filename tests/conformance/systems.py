"""What differs between the systems, for the suite: the table of one object that all of them take, an account.

The object is looked at in the stand-in's data, and changed there as a person would, never by way of the adapter.
"""
from __future__ import annotations

from typing import NamedTuple

from hands import ADAPTERS, Odoo, Salesforce, Shop, Standin


class Seat:
    """One system, seen by a person who sits at it."""

    system: str
    table: str
    name: str
    id: str

    def __init__(self, hands: Standin) -> None:
        self.hands = hands

    def rows(self) -> list[dict]:
        return self.hands.table(self.table)

    def names(self) -> dict[str, str]:
        """native id -> name, of every account."""
        return {str(row[self.id]): row[self.name] for row in self.rows()}

    def edit(self, native: str, name: str) -> None:
        raise NotImplementedError


class SalesforceSeat(Seat):
    system, table, name, id = "salesforce", "Account", "Name", "Id"

    def rows(self) -> list[dict]:
        return [row for row in super().rows() if not row["IsDeleted"]]

    def edit(self, native: str, name: str) -> None:
        self.hands.do("edit", object="Account", id=native, fields={"Name": name})


class ShopSeat(Seat):
    system, table, name, id = "shop", "Company", "name", "id"

    def edit(self, native: str, name: str) -> None:
        self.hands.do("edit_company", company=native, name=name)


class OdooSeat(Seat):
    system, table, name, id = "erp", "res.partner", "name", "id"

    def edit(self, native: str, name: str) -> None:
        self.hands.do("edit", model="res.partner", id=int(native), vals={"name": name})


class Played(NamedTuple):
    hands: type[Standin]
    seat: type[Seat]
    url: str  # the setting with the stand-in's address


SYSTEMS = {
    "salesforce": Played(Salesforce, SalesforceSeat, ADAPTERS["salesforce"]),
    "storefront": Played(Shop, ShopSeat, ADAPTERS["storefront"]),
    "erp": Played(Odoo, OdooSeat, ADAPTERS["erp"]),
}
