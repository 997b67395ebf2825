"""What an Odoo database has on its first day: company, users, countries, currencies, units, taxes, warehouse.

External ids are those of Odoo's own data files where clients use them (base.de, uom.product_uom_unit,
product.list0, stock.warehouse0, stock.stock_location_stock).
"""

from __future__ import annotations

import json
import os
from typing import Any

from erp.orm import Env

PLACES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "places.json")


def put(env: Env, model: str, xid: str | None, **vals: Any) -> int:
    return env.create(model, vals, xid)


def seed(env: Env, login: str, person: str, currency: str, tax: float, price_lists: bool) -> None:
    """Fills an empty database; the users are 1 (system), 2 (a person) and, after gaps, 6 (the one that calls the API)."""
    env = env.sudo()
    with open(PLACES, encoding="utf-8") as file:
        places = json.load(file)
    currencies = {
        name: put(
            env,
            "res.currency",
            f"base.{name}",
            name=name,
            symbol=symbol,
            full_name=full,
            active=active or name == currency,
            decimal_places=0 if name == "JPY" else 2,
        )
        for name, (symbol, full, active) in places["currencies"].items()
    }
    currency_of = {code: name for name, codes in places["currency_of"].items() for code in codes.split()}
    countries = {
        code: put(
            env,
            "res.country",
            f"base.{code.lower()}",
            name=name,
            code=code,
            currency_id=currencies.get(currency_of.get(code)),
        )
        for code, name in places["countries"].items()
    }
    for code, states in places["states"].items():
        for state, name in states.items():
            put(
                env,
                "res.country.state",
                f"base.state_{code.lower()}_{state.lower()}",
                country_id=countries[code],
                name=name,
                code=state,
            )
    put(env, "res.company", "base.main_company", name="Stand-in GmbH", currency_id=currencies[currency])
    settings(env, currency=currencies[currency])
    people(env, login, person)
    stock(env)
    goods(env, tax)
    if price_lists:
        settings(
            env,
            pricelist=put(env, "product.pricelist", "product.list0", name="Default", currency_id=currencies[currency]),
        )
    for model in env.registry.models.values():
        env.create("ir.model", {"model": model.name, "name": model.description})


def people(env: Env, login: str, person: str) -> None:
    pricelists = {"default_property_product_pricelist": False}
    names = [
        ("base.user_root", "__system__", "OdooBot"),
        ("base.user_admin", person, "Erika Mustermann"),
        (None, login, "Integration"),
    ]
    company = put(
        env.with_context(**pricelists), "res.partner", "base.main_partner", name="Stand-in GmbH", is_company=True
    )
    env.write("res.company", [1], {"partner_id": company})
    for xid, user, name in names:
        while user == login and env.db.store.counters.get("id:res.users", 0) < 5:
            env.db.next_id("res.users")
        partner = put(
            env.with_context(**pricelists), "res.partner", None, name=name, email=user if "@" in user else False
        )
        put(env, "res.users", xid, name=name, login=user, email=user if "@" in user else False, partner_id=partner)


def stock(env: Env) -> None:
    view = put(env, "stock.location", None, name="Physical Locations", usage="view")
    partners = put(env, "stock.location", None, name="Partners", usage="view")
    put(env, "stock.location", "stock.stock_location_suppliers", name="Vendors", usage="supplier", location_id=partners)
    put(
        env,
        "stock.location",
        "stock.stock_location_customers",
        name="Customers",
        usage="customer",
        location_id=partners,
    )
    put(env, "stock.location", None, name="Inventory adjustment", usage="inventory")
    warehouse = put(env, "stock.location", None, name="WH", usage="view", location_id=view)
    own = put(
        env, "stock.location", "stock.stock_location_stock", name="Stock", usage="internal", location_id=warehouse
    )
    house = put(
        env,
        "stock.warehouse",
        "stock.warehouse0",
        name="Stand-in GmbH",
        code="WH",
        view_location_id=warehouse,
        lot_stock_id=own,
    )
    settings(env, warehouse=house)


def settings(env: Env, **values: Any) -> None:
    env.db.store.put("_settings", "defaults", {**(env.db.store.get("_settings", "defaults") or {}), **values})


def goods(env: Env, tax: float) -> None:
    for xid, name in (
        ("product_uom_unit", "Units"),
        ("product_uom_dozen", "Dozens"),
        ("product_uom_kgm", "kg"),
        ("product_uom_hour", "Hours"),
    ):
        key = put(env, "uom.uom", f"uom.{xid}", name=name)
        if name == "Units":
            settings(env, uom=key)
    everything = put(env, "product.category", "product.product_category_all", name="All")
    put(env, "product.category", "product.product_category_1", name="Saleable", parent_id=everything)
    settings(env, category=everything)
    for percent, included in ((0.0, False), (7.0, False), (19.0, False), (19.0, True)):
        name = f"{percent:g}%" + (" incl." if included else "")
        key = put(env, "account.tax", None, name=name, amount=percent, price_include=included)
        if tax and percent == tax and not included:
            settings(env, sale_tax=key)
    if tax and not (env.db.store.get("_settings", "defaults") or {}).get("sale_tax"):
        settings(env, sale_tax=put(env, "account.tax", None, name=f"{tax:g}%", amount=tax))
