"""The data that a scenario lets flow: Northwind from its CSV files, or a generated set of the same shape and size.

Both are the same classes. A company lives at first in one system ("home"); the others get it through Tidegate. The generated set has what Northwind lacks: equal e-mail addresses, long and non-Latin names,
zero prices, orders that are edited or cancelled while they are under way.
"""
from __future__ import annotations

import csv
import os
import random
from dataclasses import dataclass, field
from decimal import Decimal

COUNTRIES = {"Argentina": "AR", "Austria": "AT", "Belgium": "BE", "Brazil": "BR", "Canada": "CA", "Denmark": "DK", "Finland": "FI",
             "France": "FR", "Germany": "DE", "Ireland": "IE", "Italy": "IT", "Mexico": "MX", "Norway": "NO", "Poland": "PL",
             "Portugal": "PT", "Spain": "ES", "Sweden": "SE", "Switzerland": "CH", "UK": "GB", "USA": "US", "Venezuela": "VE"}


@dataclass
class Company:
    number: str
    name: str
    first: str
    last: str
    title: str
    email: str
    phone: str
    street: str
    city: str
    postal_code: str
    country: str  # ISO 3166-1 alpha-2
    home: str     # where it lives at first: "salesforce", "shop" or, before Tidegate's first start, "both"


@dataclass
class Product:
    sku: str
    name: str
    price: Decimal
    stock: int
    active: bool = True
    homes: tuple[str, ...] = ()  # "erp", "shop": it was known there before Tidegate's first start, under the same SKU
    description: str = ""
    barcode: str = ""
    category: str = ""


@dataclass
class Line:
    sku: str
    quantity: int
    discount_percent: Decimal


@dataclass
class Order:
    key: str      # goes along as the note, so that a run can be told what became of it
    company: str
    lines: list[Line]
    freight: Decimal
    placed: str   # RFC 3339
    edits: list[str] = field(default_factory=list)  # what People.change_mind does soon after it was placed


@dataclass
class Dataset:
    name: str
    companies: list[Company]
    products: list[Product]
    orders: list[Order]
    twins: list[Company] = field(default_factory=list)  # contacts in Salesforce whose e-mail address another contact has too


HOMES = ("salesforce", "shop", "both")


def rows(folder: str, name: str) -> list[dict[str, str]]:
    with open(os.path.join(folder, name + ".csv"), encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def northwind(folder: str) -> Dataset:
    companies = [northwind_company(row, HOMES[at % 3]) for at, row in enumerate(rows(folder, "customers"))]
    names = {row["category_id"]: row["category_name"] for row in rows(folder, "categories")}
    products = [Product("NW-" + row["product_id"], row["product_name"], Decimal(row["unit_price"]), int(row["units_in_stock"]),
                        row["discontinued"] == "0", (("erp",), (), ("shop",), ("erp", "shop"))[at % 4], row["quantity_per_unit"], "", names[row["category_id"]])
                for at, row in enumerate(rows(folder, "products"))]
    lines: dict[str, list[Line]] = {}
    for row in rows(folder, "order_details"):
        lines.setdefault(row["order_id"], []).append(
            Line("NW-" + row["product_id"], int(row["quantity"]), Decimal(row["discount"]) * 100))
    orders = [Order(row["order_id"], row["customer_id"], lines[row["order_id"]], Decimal(row["freight"]), row["order_date"] + "T12:00:00Z")
              for row in rows(folder, "orders")]
    return Dataset("northwind", companies, products, orders)


def northwind_company(row: dict[str, str], home: str) -> Company:
    first, _, last = row["contact_name"].partition(" ")
    return Company(row["customer_id"], row["company_name"], first, last, row["contact_title"],
                   f"{row['customer_id'].lower()}@northwind.example", row["phone"], row["address"], row["city"], row["postal_code"],
                   COUNTRIES[row["country"]], home)


FIRST = ["Ana", "Łukasz", "Zoë", "李", "Σωκράτης", "Мария", "Jürgen", "Nguyễn", "O'Brien", "محمد", "Ágnes", "さくら"]
LAST = ["Ñúñez", "Smith", "van der Berg", "Иванова", "Παπαδόπουλος", "王", "Sørensen", "D’Angelo", "الأحمد", "Kovács", "山田", "Brown-Jones"]
TRADES = ["Trading", "Foods & Sons", "Handels-GmbH", "商店", "Сырная лавка", "Épicerie \"Fine\"", "S.A. de C.V.", "Markt «Nord»"]


EDITS = (["quantity"], ["note"], ["cancel"], ["pay"], ["add"], ["remove"], ["quantity", "note", "pay"], ["pay", "cancel"])


def generated(seed: int, companies: int = 91, products: int = 77, orders: int = 830) -> Dataset:
    dice = random.Random(seed)
    people = [generated_company(dice, at) for at in range(companies)]
    goods = [generated_product(dice, at) for at in range(products)]
    placed = [generated_order(dice, at, people, goods) for at in range(orders)]
    twins = [twin(people[at], number) for number, at in enumerate(dice.sample(range(companies), min(3, companies)))]
    return Dataset(f"generated-{seed}", people, goods, placed, twins)


def generated_company(dice: random.Random, at: int) -> Company:
    first, last = dice.choice(FIRST), dice.choice(LAST)
    name = f"{dice.choice(LAST)} {dice.choice(TRADES)} {at}"
    if at % 17 == 5:
        name = (name + " — sehr lange Firma 長い名前 ") * 6
    return Company(f"G{at:04d}", name[:120], first, last * (4 if at % 19 == 7 else 1), dice.choice(["Owner", "Inhaberin", "仕入れ", ""]),
                   f"person.{at}@example.org", f"+49 30 55{at:04d}", f"Straße {at}, 1. OG", dice.choice(["Köln", "São Paulo", "北京", "Kraków"]),
                   f"{10000 + at}", dice.choice(sorted(COUNTRIES.values())), HOMES[at % 3])


def generated_product(dice: random.Random, at: int) -> Product:
    price = Decimal(0) if at % 23 == 3 else Decimal(dice.randint(1, 99999)) / 100
    name = f"Ware {at} " + dice.choice(["ß", "茶", "чай", "\"quoted\"", "100 %", "a/b\\c"])
    return Product(f"G-{at:03d}", name, price, dice.choice([0, 1, 7, dice.randint(0, 500)]), at % 29 != 11,
                   dice.choice([(), ("erp",), ("shop",), ("erp", "shop")]), dice.choice(["", "Ein Satz. 一文。", "<p>fine &amp; dandy</p>"]),
                   f"40{at:011d}" if at % 3 == 0 else "", dice.choice(["", "Tee & Kaffee", "茶"]))


def generated_order(dice: random.Random, at: int, people: list[Company], goods: list[Product]) -> Order:
    picked = dice.sample(goods, min(dice.choice([1, 1, 2, 3, 5, 9]), len(goods) - 1))
    lines = [Line(one.sku, dice.randint(1, 12), Decimal(dice.choice([0, 0, 0, 5, 10, 25]))) for one in picked]
    edits = dice.choice(EDITS) if at % 7 == 4 else []
    if len(lines) == 1:
        edits = [one for one in edits if one != "remove"]
    day = f"2026-{dice.randint(1, 10):02d}-{dice.randint(1, 28):02d}T{dice.randint(0, 23):02d}:15:00Z"
    return Order(f"G{at:05d}", dice.choice(people).number, lines, Decimal(dice.randint(0, 4000)) / 100, day, edits)


def twin(of: Company, number: int) -> Company:
    """Another person in Salesforce, at a company of his own, with the same e-mail address."""
    return Company(f"T{number:04d}", f"Twin {number} of {of.number}", "Twin", f"Of {of.number}", "", of.email, "", of.street, of.city,
                   of.postal_code, of.country, "salesforce")
