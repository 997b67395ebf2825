"""The oracle: compares what the three systems hold, record by record and field by field, with what the rules say.

It looks into the stand-ins' data alone, knows the rules as the few functions below, and shares no code with Tidegate. A
difference is a line of text. What the router holds for a reason explains what it names, in the system that it names, and
nothing else; what is held for no reason that the scenario gave is a difference itself (Expected).
"""
from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Callable, Iterable

from hands import Hands  # tests/standins

COUNTRY_NAMES = {"AR": "Argentina", "AT": "Austria", "BE": "Belgium", "BR": "Brazil", "CA": "Canada", "DK": "Denmark", "FI": "Finland",
                 "FR": "France", "DE": "Germany", "IE": "Ireland", "IT": "Italy", "MX": "Mexico", "NO": "Norway", "PL": "Poland",
                 "PT": "Portugal", "ES": "Spain", "SE": "Sweden", "CH": "Switzerland", "GB": "United Kingdom", "US": "United States",
                 "VE": "Venezuela", "JP": "Japan"}
PAYMENT = {"PENDING": "unpaid", "AUTHORIZED": "authorized", "PARTIALLY_PAID": "part_paid", "PAID": "paid",
           "PARTIALLY_REFUNDED": "part_refunded", "REFUNDED": "refunded", "VOIDED": "void", "EXPIRED": "void"}
DELIVERY = {"pending": "none", "started": "part", "partial": "part", "full": "full"}
SF_TABLES = ("Account", "Contact", "Product2", "PricebookEntry", "Order", "OrderItem")
SHOP_TABLES = ("Company", "CompanyLocation", "CompanyContact", "Customer", "Product", "ProductVariant", "InventoryLevel", "Order")
ERP_TABLES = ("res.partner", "res.country", "product.product", "product.template", "product.pricelist.item", "stock.quant",
              "stock.location", "sale.order", "sale.order.line")
ERP_OWN_PARTNERS = 4  # the company and its users, who are there from the first day


def text(value: Any) -> str:
    """None, False and "" are the same nothing in one system or another."""
    return "" if value in (None, False) else str(value)


def money(value: Any) -> Decimal:
    return Decimal(str(value or 0)).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)


def number(value: Any) -> Decimal:
    return Decimal(str(value or 0)).normalize()


def digits(value: Any) -> str:
    return re.sub(r"\D", "", text(value))


def dialable(value: Any) -> bool:
    """The shop takes telephone numbers in international form only."""
    return text(value).startswith("+")


def person(*names: Any) -> str:
    return " ".join(text(name) for name in names if text(name))


def by(rows: Iterable[dict], key: str | Callable[[dict], Any]) -> dict[str, list[dict]]:
    """Rows by a field's value or a function's; those without one are left out."""
    table: dict[str, list] = defaultdict(list)
    for row in rows:
        value = row.get(key) if isinstance(key, str) else key(row)
        if value:
            table[value].append(row)
    return dict(table)


class World:
    """The tables of the three stand-ins, read once."""

    def __init__(self, hands: Hands) -> None:
        self.sf = {name: [row for row in hands.salesforce.table(name) if not row.get("IsDeleted")] for name in SF_TABLES}
        self.shop = {name: hands.shop.table(name) for name in SHOP_TABLES}
        self.erp = {name: hands.erp.table(name) for name in ERP_TABLES}
        self.sf_id = {row["Id"]: row for rows in self.sf.values() for row in rows}
        self.shop_id = {row["id"]: row for rows in self.shop.values() for row in rows}
        self.erp_id = {(model, row["id"]): row for model, rows in self.erp.items() for row in rows}

    def erp_product(self, product_id: int) -> dict:
        variant = self.erp_id["product.product", product_id]
        return {**self.erp_id["product.template", variant["product_tmpl_id"]], **variant}

    def erp_contacts(self) -> list[dict]:
        return [row for row in self.erp["res.partner"] if not row["is_company"] and row["parent_id"] and row["type"] == "contact"]


@dataclass
class Expected:
    """What a scenario brought about that has to be held."""
    wrong_prices: set[str] = field(default_factory=set)  # SKUs whose price somebody set in the shop
    twin_numbers: set[str] = field(default_factory=set)  # accounts in Salesforce whose contact has an e-mail address that is taken


class Oracle:
    def __init__(self, hands: Hands, held: Iterable[dict] = (), expected: Expected | None = None) -> None:
        self.world = World(hands)
        self.held = list(held)
        self.expected = expected or Expected()
        self.refused_prices = {one["native"] for one in self.held if one["reason"] == "refused" and one["entity"] == "price"}
        self.rejected_contacts = {one["key"] for one in self.held if one["reason"] == "rejected" and one["entity"] == "contact" and
                                  one["system"] == "shop"}
        self.found: list[str] = []

    def differ(self, what: str, **values: Any) -> None:
        self.found.append(what + ": " + ", ".join(f"{name}={value!r}" for name, value in values.items()))

    def same(self, what: str, **values: Any) -> None:
        if len(set(values.values())) > 1:
            self.differ(what, **values)

    def one_each(self, what: str, keys: Iterable[str], **tables: dict[str, list]) -> Iterable[tuple[str, dict[str, dict]]]:
        """For each key the one record a system has of it; none or several is a difference."""
        for key in sorted(set(keys)):
            counts = {name: len(table.get(key, ())) for name, table in tables.items()}
            if set(counts.values()) == {1}:
                yield key, {name: table[key][0] for name, table in tables.items()}
            else:
                self.differ(f"{what} {key} is not once in each system", **counts)

    def compare(self) -> list[str]:
        for part in (self.holding, self.strays, self.products, self.prices, self.stock, self.accounts, self.contacts, self.orders):
            part()
        return self.found

    # ---- what is held, and what nobody can be

    def holding(self) -> None:
        w = self.world
        wronged = {row["id"] for row in w.shop["ProductVariant"] if row["sku"] in self.expected.wrong_prices}
        twins = {f"salesforce:contact:{row['Id']}" for row in w.sf["Contact"]
                 if (w.sf_id.get(row["AccountId"]) or {}).get("AccountNumber") in self.expected.twin_numbers}
        for one in self.held:
            kind = (one["reason"], one["entity"], one["system"])
            fine = (kind == ("refused", "price", "shop") and one["native"] in wronged and "rules.cfg:" in one["rule"] or
                    kind == ("rejected", "contact", "shop") and one["key"] in twins and "taken" in one["cause"] or
                    kind == ("unknown", "account", "erp") and one["native"] == "1")
            if not fine:
                self.differ("held", **{name: one.get(name) for name in ("reason", "entity", "system", "key", "native", "cause")})
        for native in wronged - self.refused_prices:
            self.differ("a price set in the shop is not refused", variant=native)
        for key in twins - self.rejected_contacts:
            self.differ("a second person with an e-mail address that is taken is not held", contact=key)

    def strays(self) -> None:
        """Objects without the number that says which one they are: halves of something."""
        w = self.world
        partners = [row for row in w.erp["res.partner"] if row["id"] > ERP_OWN_PARTNERS]
        for what, rows in (
                ("account in Salesforce without a number", [row["Id"] for row in w.sf["Account"] if not row["AccountNumber"]]),
                ("contact in Salesforce without an account", [row["Id"] for row in w.sf["Contact"] if not row["AccountId"]]),
                ("order in Salesforce without a number", [row["Id"] for row in w.sf["Order"] if not row["Shop_Order_Number__c"]]),
                ("company in the shop without a number", [row["id"] for row in w.shop["Company"] if not row["externalId"]]),
                ("customer in the shop without a company", [row["id"] for row in w.shop["Customer"] if not any(
                    one["customerId"] == row["id"] for one in w.shop["CompanyContact"])]),
                ("company in the ERP without a number", [row["id"] for row in partners if row["is_company"] and not row["ref"]]),
                ("person in the ERP without a company", [row["id"] for row in partners if not row["is_company"] and not row["parent_id"]]),
                ("order in the ERP without a number", [row["id"] for row in w.erp["sale.order"] if not row["client_order_ref"]])):
            if rows:
                self.differ(what, ids=rows)

    # ---- products, prices: Salesforce owns them

    def products(self) -> None:
        w = self.world
        sf, shop = by(w.sf["Product2"], "StockKeepingUnit"), by(w.shop["ProductVariant"], "sku")
        erp = by((w.erp_product(row["id"]) for row in w.erp["product.product"]), "default_code")
        for sku, at in self.one_each("product", {*sf, *shop, *erp}, salesforce=sf, shop=shop, erp=erp):
            product, what = w.shop_id[at["shop"]["productId"]], f"product {sku} "
            self.same(what + "name", salesforce=at["salesforce"]["Name"], shop=product["title"], erp=at["erp"]["name"])
            self.same(what + "active", salesforce=bool(at["salesforce"]["IsActive"]), shop=product["status"] == "ACTIVE",
                      erp=bool(at["erp"]["active"]))
            self.same(what + "description", salesforce=text(at["salesforce"]["Description"]), shop=text(product["descriptionHtml"]),
                      erp=text(at["erp"]["description_sale"]))
            self.same(what + "barcode", salesforce=text(at["salesforce"]["Barcode__c"]), shop=text(at["shop"]["barcode"]),
                      erp=text(at["erp"]["barcode"]))
            self.same(what + "category", salesforce=text(at["salesforce"]["Family"]), shop=text(product["productType"]))

    def prices(self) -> None:
        w = self.world
        sf = by(w.sf["PricebookEntry"], lambda row: w.sf_id[row["Product2Id"]]["StockKeepingUnit"])
        shop = by(w.shop["ProductVariant"], "sku")
        erp = by(w.erp["product.pricelist.item"], lambda row: row["product_id"] and w.erp_product(row["product_id"])["default_code"])
        for sku, at in self.one_each("price", {*sf, *erp}, salesforce=sf, shop=shop, erp=erp):
            prices = {"salesforce": money(at["salesforce"]["UnitPrice"]), "erp": money(at["erp"]["fixed_price"])}
            if at["shop"]["id"] not in self.refused_prices:  # somebody set it there, and it is held as refused
                prices["shop"] = money(at["shop"]["price"])
            self.same(f"price {sku}", **prices)

    # ---- stock: the ERP owns it

    def stock(self) -> None:
        w = self.world
        place = next(row["id"] for row in w.erp["stock.location"] if row["complete_name"] == "WH/Stock")
        free: dict[str, Decimal] = {w.erp_product(row["id"])["default_code"]: Decimal(0) for row in w.erp["product.product"]}
        for quant in w.erp["stock.quant"]:
            if quant["location_id"] == place:
                free[w.erp_product(quant["product_id"])["default_code"]] += Decimal(str(quant["quantity"])) - Decimal(str(quant["reserved_quantity"]))
        sku_of = {row["inventoryItemId"]: row["sku"] for row in w.shop["ProductVariant"]}
        level = by(w.shop["InventoryLevel"], lambda row: sku_of.get(row["itemId"]))
        for sku, quantity in sorted(free.items()):
            levels = level.get(sku, [])
            if len(levels) != 1:
                self.differ(f"stock {sku} is not once in the shop", shop=len(levels))
            else:
                self.same(f"stock {sku}", erp=int(quantity), shop=levels[0]["q"]["available"])

    # ---- accounts and contacts: Salesforce and the shop share them, the ERP gets them

    def accounts(self) -> None:
        w = self.world
        sf, shop = by(w.sf["Account"], "AccountNumber"), by(w.shop["Company"], "externalId")
        erp = by((row for row in w.erp["res.partner"] if row["is_company"]), "ref")
        country = {row["id"]: row["code"] for row in w.erp["res.country"]}
        for key, at in self.one_each("account", {*sf, *shop, *erp}, salesforce=sf, shop=shop, erp=erp):
            one, company, partner = at["salesforce"], at["shop"], at["erp"]
            location = w.shop_id[company["locationIds"][0]]
            address = location["billingAddress"] or {}
            what = f"account {key} "
            self.same(what + "name", salesforce=one["Name"], shop=company["name"], erp=partner["name"])
            self.same(what + "street", salesforce=text(one["BillingStreet"]), shop=text(address.get("address1")), erp=text(partner["street"]))
            self.same(what + "city", salesforce=text(one["BillingCity"]), shop=text(address.get("city")), erp=text(partner["city"]))
            self.same(what + "postal code", salesforce=text(one["BillingPostalCode"]), shop=text(address.get("zip")), erp=text(partner["zip"]))
            code = text(address.get("countryCode"))
            self.same(what + "country", salesforce=text(one["BillingCountry"]), shop=COUNTRY_NAMES.get(code, code),
                      erp=COUNTRY_NAMES.get(country.get(partner["country_id"], ""), ""))
            self.same(what + "phone", salesforce=digits(one["Phone"]), erp=digits(partner["phone"]),
                      **({"shop": digits(location["phone"])} if dialable(one["Phone"]) else {}))

    def contacts(self) -> None:
        w = self.world
        shop, erp = by(w.shop["Customer"], lambda row: text(row["email"]).lower()), by(w.erp_contacts(), contact_key)
        seen: Counter[str] = Counter()
        for key, rows in by(w.sf["Contact"], sf_contact_key).items():
            rejected = [row for row in rows if f"salesforce:contact:{row['Id']}" in self.rejected_contacts]
            email = key.partition(" ")[0]
            there = {"salesforce": len(rows), "erp": len(erp.get(key, ()))}
            if not rejected:
                there["shop"] = len(shop.get(email, ()))
                seen[email] += 1
            if set(there.values()) != {1}:
                self.differ(f"contact {key} is not once in each system", **there)
            else:
                self.contact(key, rows[0], None if rejected else shop[email][0], erp[key][0])
        for email in sorted(set(shop) - set(seen)):
            self.differ(f"contact {email} is in the shop alone", shop=len(shop[email]))
        for key in sorted(set(erp) - set(by(w.sf["Contact"], sf_contact_key))):
            self.differ(f"contact {key} is in the ERP alone", erp=len(erp[key]))

    def contact(self, key: str, sf: dict, customer: dict | None, erp: dict) -> None:
        w, what = self.world, f"contact {key} "
        companies = {"salesforce": w.sf_id[sf["AccountId"]]["AccountNumber"], "erp": w.erp_id["res.partner", erp["parent_id"]]["ref"]}
        titles, phones = {"salesforce": text(sf["Title"]), "erp": text(erp["function"])}, {"salesforce": digits(sf["Phone"]), "erp": digits(erp["phone"])}
        if customer:
            self.same(what + "first name", salesforce=text(sf["FirstName"]), shop=text(customer["firstName"]))
            self.same(what + "last name", salesforce=text(sf["LastName"]), shop=text(customer["lastName"]) or "-")
            profile = next((one for one in w.shop["CompanyContact"] if one["customerId"] == customer["id"]), None)
            companies["shop"] = w.shop_id[profile["companyId"]]["externalId"] if profile else ""
            titles["shop"] = text(profile and profile["title"])
            if dialable(sf["Phone"]):
                phones["shop"] = digits(customer["phone"])
        self.same(what + "account", **companies)
        self.same(what + "title", **titles)
        self.same(what + "phone", **phones)

    # ---- orders: the shop owns them; how far they are delivered, the ERP

    def orders(self) -> None:
        w = self.world
        shop, sf, erp = by(w.shop["Order"], "name"), by(w.sf["Order"], "Shop_Order_Number__c"), by(w.erp["sale.order"], "client_order_ref")
        items, lines = by(w.sf["OrderItem"], "OrderId"), by(w.erp["sale.order.line"], "order_id")
        for name, at in self.one_each("order", {*shop, *sf, *erp}, shop=shop, salesforce=sf, erp=erp):
            mine, theirs = items.get(at["salesforce"]["Id"], []), lines.get(at["erp"]["id"], [])
            self.order(name, at["shop"], at["salesforce"], at["erp"])
            self.order_money(name, at["shop"], at["salesforce"])
            self.lines(name, at["shop"], mine, theirs)

    def order(self, name: str, shop: dict, sf: dict, erp: dict) -> None:
        w, what = self.world, f"order {name} "
        company = w.shop_id[shop["companyId"]]["externalId"] if shop["companyId"] else ""
        self.same(what + "account", shop=company, salesforce=w.sf_id[sf["AccountId"]]["AccountNumber"],
                  erp=w.erp_id["res.partner", erp["partner_id"]]["ref"])
        buyer = w.shop_id[shop["customerId"]]["email"] if shop["customerId"] else ""
        self.same(what + "contact", shop=text(buyer), salesforce=text((w.sf_id.get(sf["BillToContactId"]) or {}).get("Email")))
        lifecycle = "cancelled" if shop["cancelledAt"] else "closed" if shop["closedAt"] else "placed"
        self.same(what + "lifecycle", shop=lifecycle, salesforce=sf["Lifecycle__c"])
        self.same(what + "is cancelled", shop=lifecycle == "cancelled", erp=erp["state"] == "cancel")
        if lifecycle != "cancelled":
            goods = any(one["currentQuantity"] for one in shop["lines"])
            self.same(what + "is confirmed", salesforce=sf["Status"] == "Activated" or not goods, erp=erp["state"] in ("sale", "done"), wanted=True)
        self.same(what + "payment", shop=PAYMENT[shop["displayFinancialStatus"]], salesforce=sf["Payment_Status__c"])
        if erp["delivery_status"]:  # none where nothing is to be delivered
            self.same(what + "fulfilment", erp=DELIVERY[erp["delivery_status"]], salesforce=sf["Fulfilment_Status__c"])
        self.same(what + "note", shop=text(shop["note"]), salesforce=text(sf["Note__c"]), erp=plain(erp["note"]))
        self.same(what + "email", shop=text(shop["email"]), salesforce=text(sf["Shop_Email__c"]))
        self.same(what + "day", shop=shop["processedAt"][:10], salesforce=sf["EffectiveDate"])
        address = shop["billingAddress"] or {}
        self.same(what + "billing street", shop=text(address.get("address1")), salesforce=text(sf["BillingStreet"]))
        self.same(what + "billing city", shop=text(address.get("city")), salesforce=text(sf["BillingCity"]))

    def order_money(self, name: str, shop: dict, sf: dict) -> None:
        for what, total, custom in (("total", "current_total", "Grand_Total__c"), ("tax", "current_tax", "Total_Tax__c"),
                                    ("discount", "current_discounts", "Total_Discount__c"), ("shipping", "shipping", "Total_Shipping__c")):
            self.same(f"order {name} {what}", shop=money(shop["totals"][total]), salesforce=money(sf[custom]))
        self.same(f"order {name} currency", shop=shop["currencyCode"], salesforce=sf["Currency__c"])

    def lines(self, name: str, shop: dict, items: list[dict], lines: list[dict]) -> None:
        w = self.world
        left = [one for one in shop["lines"] if one["currentQuantity"]]
        wanted = Counter((one["sku"], number(one["currentQuantity"]), money(one["price"])) for one in left)
        in_sf = Counter((w.sf_id[one["Product2Id"]]["StockKeepingUnit"], number(one["Quantity"]), money(one["UnitPrice"])) for one in items)
        goods = [one for one in lines if one["product_id"] and one["product_uom_qty"]]
        sku_of = {one["id"]: w.erp_product(one["product_id"])["default_code"] for one in goods}
        in_erp = Counter((sku_of[one["id"]], number(one["product_uom_qty"]), money(one["price_unit"])) for one in goods if sku_of[one["id"]])
        self.same_lines(name, "salesforce", wanted, in_sf)
        self.same_lines(name, "erp", wanted, in_erp)
        off = Counter((one["sku"], allocated(one)) for one in left)
        self.same_lines(name + " discount", "salesforce", off, Counter((one["Shop_Sku__c"], money(one["Discount_Amount__c"])) for one in items))
        percents = Counter((one["sku"], percent(one)) for one in left)
        self.same_lines(name + " discount", "erp", percents, Counter((sku_of[one["id"]], money(one["discount"])) for one in goods if sku_of[one["id"]]))

    def same_lines(self, name: str, system: str, wanted: Counter, there: Counter) -> None:
        if wanted != there:
            self.differ(f"order {name} lines", shop=sorted((wanted - there).elements()), **{system: sorted((there - wanted).elements())})


def sf_contact_key(row: dict) -> str:
    return f"{text(row['Email']).lower()} {person(row['FirstName'], row['LastName'])}"


def contact_key(row: dict) -> str:
    return f"{text(row['email']).lower()} {row['name']}"


def plain(note: Any) -> str:
    """A note in the ERP is HTML."""
    return re.sub(r"<[^>]*>", "", text(note))


def allocated(line: dict) -> Decimal:
    """The discount of what is left of a line: the shop keeps that of the quantity that was ordered."""
    whole = sum((money(part["amount"]) for part in line.get("allocations", ())), Decimal(0))
    return money(whole * min(line["currentQuantity"], line["quantity"]) / line["quantity"])


def percent(line: dict) -> Decimal:
    whole = Decimal(line["price"]) * line["currentQuantity"]
    return money(allocated(line) * 100 / whole) if whole else money(0)
