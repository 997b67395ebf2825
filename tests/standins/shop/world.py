"""The shop's objects and what happens when one changes.

Objects are dicts that carry the API's field names, in store tables named as the API's types, keyed by gid. What is
not an own object in the shop (addresses, order lines) is kept inside its owner. Indexes are rebuilt at start.

One request (or one control action) is one unit: it changes objects, calls changed() for each, and finish() then
queues the webhooks, once per topic and object however often it changed, with the payload as it is at that moment.
"""

from __future__ import annotations

import time
from typing import Any, Callable

from common import Server

PREFIX = "gid://shopify/"
FIRST_ID = {
    "Order": 820982911946154508,
    "LineItem": 866550311766439020,
    "Customer": 706405506930370084,
    "Product": 788032119674292922,
    "ProductVariant": 642667041472713922,
    "InventoryItem": 271878346596884015,
    "Location": 655441491000000011,
    "Company": 548380009000000021,
    "MailingAddress": 715243470612851245,
}
FIRST_OTHER = 450789469000000001
TABLES = (
    "Product",
    "ProductVariant",
    "InventoryItem",
    "InventoryLevel",
    "Location",
    "Customer",
    "Company",
    "CompanyLocation",
    "CompanyContact",
    "CompanyContactRole",
    "CompanyContactRoleAssignment",
    "Order",
    "Metafield",
    "MetafieldDefinition",
    "WebhookSubscription",
    "InventoryAdjustmentGroup",
    "ProductSetOperation",
)


class World:
    """The shop. `settings` are the server's options; `emit(topic, object)` is set by hooks.py."""

    def __init__(self, server: Server, settings: Any) -> None:
        self.server, self.store, self.settings = server, server.store, settings
        self.tables: dict[str, dict[str, dict]] = {name: self.store.table(name) for name in TABLES}
        self.currency: str = settings.currency
        self.country: str = settings.country
        self.told: dict[tuple[str, str], dict] = {}
        self.emit: Callable[[str, dict], None] = lambda topic, item: None
        self.quiet = False
        self.born: dict[str, int] = {}
        self._index()
        if not self.tables["Location"]:
            self._first_start()

    # ------------------------------------------------------------------ objects

    def new(self, kind: str, fields: dict, gid: str | None = None) -> dict:
        """A new object with id, createdAt and updatedAt; gid where it is not a plain number."""
        now = self.now()
        item = {"id": gid or self.gid(kind), **fields}
        item.setdefault("createdAt", now)
        item.setdefault("updatedAt", now)
        item["__type"] = kind
        if self.settings.search_lag_ms:
            self.born[item["id"]] = self.server.clock.now_us()
        return self.store.put(kind, item["id"], item)

    def gid(self, kind: str) -> str:
        return f"{PREFIX}{kind}/{self.store.next(kind, FIRST_ID.get(kind, FIRST_OTHER))}"

    def fresh(self, item: dict) -> bool:
        """Whether the search index does not know it yet."""
        born = self.born.get(item["id"])
        return born is not None and self.server.clock.now_us() - born < self.settings.search_lag_ms * 1000

    def find(self, kind: str, gid: str | None) -> dict | None:
        return self.tables[kind].get(gid or "")

    def any(self, gid: str) -> dict | None:
        """The object with this id, of whatever kind."""
        return self.tables.get(kind_of(gid), {}).get(gid)

    def now(self) -> str:
        """Answers show whole seconds, as the real system's."""
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self.server.clock.now_us() // 1_000_000))

    def save(self, item: dict) -> dict:
        return self.store.put(item["__type"], item["id"], item)

    def remove(self, item: dict) -> None:
        self.store.delete(item["__type"], item["id"])

    def touch(self, item: dict, *topics: str) -> dict:
        """Saves a changed object with a new updatedAt and tells its topics."""
        item["updatedAt"] = self.now()
        self.save(item)
        for topic in topics:
            self.tell(topic, item)
        return item

    def tell(self, topic: str, item: dict) -> None:
        if not self.quiet:
            self.told.setdefault((topic, item["id"]), item)

    def finish(self) -> None:
        """End of one request or action: what was told goes out."""
        told, self.told = self.told, {}
        for (topic, _), item in told.items():
            self.emit(topic, item)

    # ------------------------------------------------------------------ indexes

    def _index(self) -> None:
        tables = self.tables
        self.customer_by_email = {c["email"].lower(): c for c in tables["Customer"].values() if c.get("email")}
        self.customer_by_phone = {c["phone"]: c for c in tables["Customer"].values() if c.get("phone")}
        self.company_by_external = {c["externalId"]: c for c in tables["Company"].values() if c.get("externalId")}
        self.product_by_handle = {p["handle"]: p for p in tables["Product"].values()}
        self.variants_of: dict[str, list[dict]] = {}
        for variant in tables["ProductVariant"].values():
            self.variants_of.setdefault(variant["productId"], []).append(variant)
        for variants in self.variants_of.values():
            variants.sort(key=lambda one: one["position"])
        self.levels_of: dict[str, dict[str, dict]] = {}
        for level in tables["InventoryLevel"].values():
            self.levels_of.setdefault(level["itemId"], {})[level["locationId"]] = level
        self.variant_of_item = {v["inventoryItemId"]: v for v in tables["ProductVariant"].values()}
        self.orders_of: dict[str, list[dict]] = {}
        for order in tables["Order"].values():
            self.index_order(order)
        self.contacts_of: dict[str, list[dict]] = {}
        for contact in tables["CompanyContact"].values():
            self.contacts_of.setdefault(contact["customerId"], []).append(contact)
        self.metafields_of: dict[str, dict[tuple[str, str], dict]] = {}
        self.unique_values: dict[tuple[str, str, str, str], str] = {}
        self.definitions = {
            (d["ownerType"], d["namespace"], d["key"]): d for d in tables["MetafieldDefinition"].values()
        }
        for metafield in tables["Metafield"].values():
            self.index_metafield(metafield)

    def index_metafield(self, metafield: dict) -> None:
        name = (metafield["namespace"], metafield["key"])
        self.metafields_of.setdefault(metafield["ownerId"], {})[name] = metafield
        definition = self.definitions.get((metafield["ownerType"], *name))
        if definition and definition["unique"]:
            self.unique_values[(metafield["ownerType"], *name, metafield["value"])] = metafield["ownerId"]

    def index_order(self, order: dict) -> None:
        for key in (order.get("customerId"), order.get("companyId"), order.get("companyLocationId")):
            if key:
                self.orders_of.setdefault(key, []).append(order)

    # ------------------------------------------------------------------ the shop itself

    def _first_start(self) -> None:
        settings = self.settings
        for name in settings.locations.split(","):
            self.new(
                "Location",
                {
                    "name": name.strip(),
                    "isActive": True,
                    "isPrimary": not self.tables["Location"],
                    "fulfillsOnlineOrders": True,
                    "shipsInventory": True,
                    "hasActiveInventory": True,
                    "address": {"countryCode": self.country, "formatted": [self.country]},
                },
            )

    def primary_location(self) -> dict:
        return next(one for one in self.tables["Location"].values() if one["isPrimary"])

    def shop(self) -> dict:
        domain = self.settings.shop
        start = "2024-01-15T09:00:00Z"
        return {
            "__type": "Shop",
            "id": PREFIX + "Shop/548380009",
            "name": domain.split(".")[0],
            "email": "shop@example.com",
            "contactEmail": "shop@example.com",
            "myshopifyDomain": domain,
            "currencyCode": self.currency,
            "ianaTimezone": "America/New_York",
            "timezoneOffset": self.settings.offset.replace(":", ""),
            "taxesIncluded": False,
            "taxShipping": False,
            "createdAt": start,
            "updatedAt": start,
            "url": "https://" + domain,
            "weightUnit": "KILOGRAMS",
            "plan": {
                "displayName": "Shopify Plus",
                "publicDisplayName": "Shopify Plus",
                "partnerDevelopment": False,
                "shopifyPlus": True,
            },
        }


def kind_of(gid: str) -> str:
    return gid[len(PREFIX) :].split("/", 1)[0] if gid.startswith(PREFIX) else ""


def number_of(gid: str) -> int:
    """The legacy number in a gid."""
    return int(gid.rsplit("/", 1)[1].split("?")[0])


def refuse(field: list | None, message: str, code: str | None = None, **more: Any) -> dict:
    """One entry of userErrors."""
    return {
        "field": [str(part) for part in field] if field is not None else None,
        "message": message,
        "code": code,
        **more,
    }


def put_given(item: dict, given: dict, *names: str) -> bool:
    """Copies the named fields that are given; says whether one of them changed. Absent is not null."""
    changed = False
    for name in names:
        if name in given and item.get(name) != given[name]:
            item[name] = given[name]
            changed = True
    return changed
