"""Locations, warehouses and quantities on hand.

Source: odoo/addons/stock/models/stock_quant.py. A quantity is never written: inventory_quantity is set (in inventory
mode on the existing quant of product and location, otherwise on a new one), then action_apply_inventory moves the
difference. A quant that changed after it was counted is outdated: applying answers a conflict wizard and moves nothing.
"""

from __future__ import annotations

from typing import Any

from erp.behaviour import Behaviour
from erp.schema import round_to, user_error, validation_error

CREATE_FIELDS = {
    "product_id",
    "owner_id",
    "lot_id",
    "package_id",
    "location_id",
    "inventory_quantity",
    "inventory_quantity_auto_apply",
    "inventory_quantity_set",
    "is_outdated",
    "lot_id",
    "user_id",
    "inventory_date",
    "accounting_date",
}
FORBIDDEN_WRITE = ("product_id", "location_id", "lot_id", "package_id", "owner_id")


class Location(Behaviour):
    model = "stock.location"

    def before_create(self, env: Any, row: dict, vals: dict) -> None:
        parent = env.row(self.model, row.get("location_id"))
        row["complete_name"] = (
            f"{parent['complete_name']}/{row['name']}" if parent and row["usage"] != "view" else row["name"]
        )

    def before_write(self, env: Any, old: dict, row: dict, vals: dict) -> None:
        self.before_create(env, row, vals)

    def compute_warehouse_id(self, env: Any, row: dict) -> int | None:
        views = {house["view_location_id"]: house["id"] for house in env.db.table("stock.warehouse").values()}
        while row:
            if row["id"] in views:
                return views[row["id"]]
            row = env.row(self.model, row.get("location_id"))
        return None


class Warehouse(Behaviour):
    model = "stock.warehouse"

    def after_create(self, env: Any, row: dict, vals: dict) -> None:
        """A new warehouse gets its view and stock location."""
        if row.get("view_location_id"):
            return
        view = env.create("stock.location", {"name": row["code"], "usage": "view"})
        stock = env.create("stock.location", {"name": "Stock", "usage": "internal", "location_id": view})
        env.db.put(self.model, {**env.row(self.model, row["id"]), "view_location_id": view, "lot_stock_id": stock})


class Quant(Behaviour):
    model = "stock.quant"

    def prepare(self, env: Any, vals: dict) -> dict:
        if "quantity" in vals or "reserved_quantity" in vals:
            raise user_error("Quant's creation is restricted, you can't do this operation.")
        return vals

    def before_create(self, env: Any, row: dict, vals: dict) -> None:
        product = env.row("product.product", row.get("product_id"))
        if product and env.row("product.template", product["product_tmpl_id"])["type"] != "product":
            raise validation_error("Quants cannot be created for consumables or services.")
        location = env.row("stock.location", row.get("location_id"))
        if location and location["usage"] == "view":
            raise validation_error(
                'You cannot take products from or deliver products to a location of type "view" '
                f"({location['name']})."
            )
        self.counted(row, vals)

    def before_write(self, env: Any, old: dict, row: dict, vals: dict) -> None:
        mode = env.context.get("inventory_mode")
        if (
            "quantity" in vals
            or "reserved_quantity" in vals
            or (mode and any(name in vals for name in FORBIDDEN_WRITE))
        ):
            raise user_error("Quant's editing is restricted, you can't do this operation.")
        self.counted(row, vals)

    def counted(self, row: dict, vals: dict) -> None:
        if "inventory_quantity" in vals:
            row["inventory_quantity_set"] = True
            row["inventory_diff_quantity"] = round_to(row["inventory_quantity"] - row["quantity"], 2)

    def compute_available_quantity(self, env: Any, row: dict) -> float:
        return round_to(row["quantity"] - row["reserved_quantity"], 2)

    def compute_inventory_quantity_auto_apply(self, env: Any, row: dict) -> float:
        return row["quantity"]

    def inverse_inventory_quantity_auto_apply(self, env: Any, row: dict, value: float) -> None:
        if env.context.get("inventory_mode"):
            self.apply(env, env.row(self.model, row["id"]), value)

    def compute_warehouse_id(self, env: Any, row: dict) -> int | None:
        location = env.row("stock.location", row["location_id"])
        return env.behaviour("stock.location").compute_warehouse_id(env, location) if location else None

    def compute_is_outdated(self, env: Any, row: dict) -> bool:
        return bool(
            row["inventory_quantity_set"]
            and round_to(row["inventory_quantity"] - row["inventory_diff_quantity"], 2) != round_to(row["quantity"], 2)
        )

    def apply(self, env: Any, row: dict, quantity: float) -> None:
        changes = {
            "quantity": quantity,
            "inventory_quantity": 0.0,
            "inventory_diff_quantity": 0.0,
            "inventory_quantity_set": False,
        }
        more = round_to(quantity - row["quantity"], 2)
        env.db.put(self.model, {**row, **changes, "write_uid": env.uid, "write_date": env.now})
        moved(env, row["product_id"], place_for(env, "inventory"), row["location_id"], more)

    # ---- called from outside

    def gather(self, env: Any, product: Any, location: Any) -> dict | None:
        return next(
            (row for row in env.db.by(self.model, "product_id", product) if row["location_id"] == location), None
        )

    def create_counted(self, env: Any, vals: dict) -> int:
        """create() in inventory mode: writes on the quant that is there, else makes an empty one to write on."""
        if set(vals) - CREATE_FIELDS:
            raise user_error("Quant's creation is restricted, you can't do this operation.")
        auto = "inventory_quantity_auto_apply" in vals
        quantity = vals.get("inventory_quantity_auto_apply") if auto else vals.get("inventory_quantity")
        row = self.gather(env, vals.get("product_id"), vals.get("location_id"))
        rest = {key: value for key, value in vals.items() if not key.startswith("inventory_quantity")}
        key = row["id"] if row else env.create(self.model, rest)
        env.write(self.model, [key], {"inventory_quantity_auto_apply" if auto else "inventory_quantity": quantity or 0})
        return key

    def rpc_action_apply_inventory(self, env: Any, ids: list[int]) -> Any:
        rows = env.rows(env.registry.get(self.model), ids)
        outdated = [row["id"] for row in rows if self.compute_is_outdated(env, row)]
        if outdated:
            return {
                "name": "Conflict in Inventory Adjustment",
                "type": "ir.actions.act_window",
                "view_mode": "form",
                "views": [[False, "form"]],
                "res_model": "stock.inventory.conflict",
                "target": "new",
                "context": {**env.context, "default_quant_ids": ids, "default_quant_to_fix_ids": outdated},
            }
        for row in rows:
            if row["inventory_quantity_set"]:
                self.apply(env, row, row["inventory_quantity"])
        return None

    def rpc_action_view_inventory(self, env: Any, ids: list[int]) -> dict:
        """Opens the inventory screen; as the nightly scheduler does, this first deletes the quants that are empty."""
        for row in list(env.db.table(self.model).values()):
            if not (row["quantity"] or row["reserved_quantity"] or row["inventory_quantity"]):
                env.sudo().unlink(self.model, [row["id"]])
        return {"name": "Physical Inventory", "type": "ir.actions.act_window", "res_model": self.model}

    def rpc_action_set_inventory_quantity(self, env: Any, ids: list[int]) -> None:
        for row in env.rows(env.registry.get(self.model), ids):
            env.write(self.model, [row["id"]], {"inventory_quantity": row["quantity"]})

    def rpc_action_clear_inventory_quantity(self, env: Any, ids: list[int]) -> None:
        for row in env.rows(env.registry.get(self.model), ids):
            env.set(
                self.model, row["id"], inventory_quantity=0.0, inventory_diff_quantity=0.0, inventory_quantity_set=False
            )


# ---- what sales do to quantities


def place_for(env: Any, usage: str) -> int:
    return next(row["id"] for row in env.db.table("stock.location").values() if row["usage"] == usage)


def moved(env: Any, product: int, source: int, target: int, quantity: float) -> None:
    """A finished move of that much; of less than nothing, the other way."""
    if quantity < 0:
        source, target = target, source
    places = {"location_id": source, "location_dest_id": target}
    env.create("stock.move.line", {"product_id": product, "quantity": abs(quantity), "state": "done", **places})


def stock_of(env: Any, product: int, location: int) -> list[dict]:
    """The quants of a product in a location and below, oldest first."""
    from erp.domain import descendants

    wanted = descendants(env, env.registry.get("stock.location"), "location_id", [location])
    return [row for row in env.db.by("stock.quant", "product_id", product) if row["location_id"] in wanted]


def reserve(env: Any, product: int, location: int, quantity: float) -> float:
    """Reserves up to `quantity` of what is free; answers how much."""
    left = quantity
    for row in stock_of(env, product, location):
        take = min(left, round_to(row["quantity"] - row["reserved_quantity"], 2))
        if take > 0:
            env.set("stock.quant", row["id"], reserved_quantity=round_to(row["reserved_quantity"] + take, 2))
            left = round_to(left - take, 2)
    return round_to(quantity - left, 2)


def release(env: Any, product: int, location: int, quantity: float) -> None:
    left = quantity
    for row in stock_of(env, product, location):
        take = min(left, row["reserved_quantity"])
        if take > 0:
            env.set("stock.quant", row["id"], reserved_quantity=round_to(row["reserved_quantity"] - take, 2))
            left = round_to(left - take, 2)


def take_out(env: Any, product: int, location: int, quantity: float) -> None:
    """Goods leave the location; what is not there makes a quant negative, as a forced delivery does."""
    moved(env, product, location, place_for(env, "customer"), quantity)
    left, rows = quantity, stock_of(env, product, location)
    for row in rows:
        take = min(left, row["quantity"])
        if take > 0:
            env.set("stock.quant", row["id"], quantity=round_to(row["quantity"] - take, 2))
            left = round_to(left - take, 2)
    if left > 0:
        if not rows:
            rows = [env.row("stock.quant", env.create("stock.quant", {"product_id": product, "location_id": location}))]
        last = env.row("stock.quant", rows[-1]["id"])
        env.set("stock.quant", last["id"], quantity=round_to(last["quantity"] - left, 2))
