"""Finds what a person names: by gid, by number, or by what people know a thing by."""

from __future__ import annotations

from typing import Any

from common import Refuse
from shop.world import PREFIX, World


def need(found: dict | None, what: str, name: Any) -> dict:
    if found is None:
        raise Refuse(404, f"no {what} {name!r}")
    return found


def fine(errors: list[dict]) -> None:
    if errors:
        raise Refuse(400, {"error": errors[0]["message"], "userErrors": errors})


def by_id(world: World, kind: str, name: Any) -> dict | None:
    return world.find(kind, name if str(name).startswith(PREFIX) else f"{PREFIX}{kind}/{name}")


def customer_of(world: World, name: Any) -> dict:
    if isinstance(name, dict):
        name = name.get("id") or name.get("email")
    return need(by_id(world, "Customer", name) or world.customer_by_email.get(str(name).lower()), "customer", name)


def company_of(world: World, name: Any) -> dict:
    found = by_id(world, "Company", name) or world.company_by_external.get(str(name))
    return need(
        found or next((one for one in world.tables["Company"].values() if one["name"] == name), None), "company", name
    )


def order_of(world: World, name: Any) -> dict:
    found = by_id(world, "Order", name)
    return need(
        found
        or next(
            (
                one
                for one in reversed(world.tables["Order"].values())
                if one["name"].lstrip("#") == str(name).lstrip("#")
            ),
            None,
        ),
        "order",
        name,
    )


def variant_of(world: World, name: Any) -> dict:
    found = by_id(world, "ProductVariant", name)
    return need(
        found or next((one for one in world.tables["ProductVariant"].values() if one["sku"] == name), None),
        "variant",
        name,
    )


def product_of(world: World, name: Any) -> dict:
    found = by_id(world, "Product", name) or world.product_by_handle.get(str(name))
    if found is None:
        found = world.find("Product", variant_of(world, name)["productId"])
    return found
