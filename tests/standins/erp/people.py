"""What people do in the Odoo stand-in, for its control actions: edits, adjustments, deliveries, loads.

A person is user 2 unless "uid" names another; each action is one transaction, and "backdate_s" makes it one that began
so long ago and commits now, with the write_date of its beginning.
"""

from __future__ import annotations

from typing import Any, Callable

from common import Refuse
from erp import methods
from erp.orm import Env
from erp.schema import OdooError

PERSON, INTEGRATION = 2, 6


class People:
    """`transaction(uid, context, run, back_s)` runs one call as a user, whole or not at all."""

    def __init__(self, store: Any, transaction: Callable[..., Any], api_key: str) -> None:
        self.store, self.transaction, self.api_key = store, transaction, api_key

    def actions(self) -> list[tuple[str, Any, Any]]:
        return [
            ("create", self.do_create, {"model": "res.partner", "vals": {"name": "Acme"}}),
            ("edit", self.do_edit, {"model": "res.partner", "id": 8, "vals": {"phone": "+49 30 1"}}),
            ("call", self.do_call, {"model": "sale.order", "method": "action_confirm", "args": [[1]], "kwargs": {}}),
            ("set_stock", self.do_set_stock, {"sku": "SKU-1", "location": "WH/Stock", "quantity": 10}),
            ("ship", self.do_ship, {"order": "S00001", "quantities": {"SKU-1": 1}}),
            (
                "load",
                self.do_load,
                {"model": "product.product", "records": [{"name": "Chai", "default_code": "1", "type": "product"}]},
            ),
            ("set_price", self.do_set_price, {"sku": "SKU-1", "price": 12.5}),
            ("api_key", self.do_api_key, {"key": self.api_key}),
            ("access", self.do_access, {"model": "sale.order", "denied": ["write"]}),
        ]

    def person(self, body: dict, run: Any) -> Any:
        """As the person (or "uid"), in one transaction; "backdate_s": one that began so long ago and commits now."""
        try:
            return self.transaction(
                int(body.get("uid", PERSON)), body.get("context") or {}, run, float(body.get("backdate_s", 0))
            )
        except OdooError as error:
            raise Refuse(400, {"error": error.name, "message": error.message}) from None

    def key_of(self, env: Env, body: dict) -> int:
        """{"id"} or {"where": [domain]}: exactly one."""
        if "where" not in body:
            return int(body.get("id", 0))
        found = env.with_context(active_test=False).search_ids(str(body.get("model")), body["where"])
        if len(found) != 1:
            raise Refuse(404, f"{len(found)} records of {body.get('model')} fit {body['where']}")
        return found[0]

    def do_create(self, body: dict) -> dict:
        def run(env: Env) -> dict:
            key = env.create(str(body.get("model")), body.get("vals") or {})
            return {"id": key, "record": env.row(str(body.get("model")), key)}

        return self.person(body, run)

    def do_edit(self, body: dict) -> dict:
        def run(env: Env) -> dict:
            key = self.key_of(env, body)
            env.write(str(body.get("model")), [key], body.get("vals") or {})
            return {"id": key, "record": env.row(str(body.get("model")), key)}

        return self.person(body, run)

    def do_call(self, body: dict) -> dict:
        result = self.person(
            body,
            lambda env: methods.call(
                env,
                str(body.get("model")),
                str(body.get("method")),
                list(body.get("args") or []),
                dict(body.get("kwargs") or {}),
            ),
        )
        return {"result": result}

    def product(self, env: Env, sku: Any) -> dict:
        rows = env.db.by("product.product", "default_code", sku)
        if len(rows) != 1:
            raise Refuse(404, f"{len(rows)} products have the internal reference {sku}")
        return rows[0]

    def location(self, env: Env, text: Any) -> int:
        if text is None:
            return env.row("stock.warehouse", 1)["lot_stock_id"]
        for row in env.db.table("stock.location").values():
            if text in (row["id"], row["complete_name"], row["name"]) and row["usage"] == "internal":
                return row["id"]
        raise Refuse(404, f"no internal location {text}")

    def do_set_stock(self, body: dict) -> dict:
        """An inventory adjustment: the quantity on hand becomes what is given."""

        def run(env: Env) -> dict:
            place, product = self.location(env, body.get("location")), self.product(env, body.get("sku"))
            env = env.with_context(inventory_mode=True)
            key = env.behaviour("stock.quant").create_counted(
                env, {"product_id": product["id"], "location_id": place, "inventory_quantity": body.get("quantity", 0)}
            )
            env.behaviour("stock.quant").rpc_action_apply_inventory(env, [key])
            return {"id": key, "record": env.row("stock.quant", key)}

        return self.person(body, run)

    def do_ship(self, body: dict) -> dict:
        """A delivery of an order (name or id): "quantities" by internal reference, else everything that is left."""

        def run(env: Env) -> dict:
            wanted = body.get("order")
            rows = [row for row in env.db.table("sale.order").values() if wanted in (row["id"], row["name"])]
            if len(rows) != 1:
                raise Refuse(404, f"{len(rows)} orders are {wanted}")
            left = (
                {sku: float(quantity) for sku, quantity in (body.get("quantities") or {}).items()}
                if body.get("quantities") != "all"
                else {}
            )
            by_line: dict[int, float] = {}
            for line in env.db.by("sale.order.line", "order_id", rows[0]["id"]) if left else []:
                sku = (env.row("product.product", line["product_id"]) or {}).get("default_code")
                by_line[line["id"]] = min(left.get(sku, 0), line["product_uom_qty"] - line["qty_delivered"])
                left[sku] = left.get(sku, 0) - by_line[line["id"]]
            shipped = env.behaviour("sale.order").ship(env, rows[0]["id"], by_line if by_line else None)
            return {
                "shipped": {str(key): quantity for key, quantity in shipped.items()},
                "record": env.row("sale.order", rows[0]["id"]),
            }

        return self.person(body, run)

    def do_set_price(self, body: dict) -> dict:
        def run(env: Env) -> dict:
            product = self.product(env, body.get("sku"))
            env.write("product.template", [product["product_tmpl_id"]], {"list_price": body.get("price", 0)})
            return {"record": env.row("product.template", product["product_tmpl_id"])}

        return self.person(body, run)

    def do_load(self, body: dict) -> dict:
        """Many creates as one person in one transaction; a record may have "_xid" and, for products, "_stock"."""

        def run(env: Env) -> dict:
            keys = []
            for record in body.get("records") or []:
                vals = {name: value for name, value in record.items() if not name.startswith("_")}
                key = env.create(str(body.get("model")), vals, record.get("_xid"))
                if record.get("_stock"):
                    self.stock_up(env, body, key, record["_stock"])
                keys.append(key)
            return {"ids": keys}

        return self.person(body, run)

    def stock_up(self, env: Env, body: dict, key: int, quantity: float) -> None:
        product = (
            key
            if body.get("model") == "product.product"
            else env.behaviour("product.template").compute_product_variant_id(env, env.row("product.template", key))
        )
        counted = env.with_context(inventory_mode=True)
        quant = env.behaviour("stock.quant").create_counted(
            counted,
            {
                "product_id": product,
                "location_id": self.location(env, body.get("location")),
                "inventory_quantity": quantity,
            },
        )
        env.behaviour("stock.quant").rpc_action_apply_inventory(counted, [quant])

    def do_api_key(self, body: dict) -> dict:
        self.store.put("_keys", INTEGRATION, {"uid": INTEGRATION, "key": body.get("key")})
        return {"uid": INTEGRATION}

    def do_access(self, body: dict) -> dict:
        """Takes rights from every user but the system: {"model", "denied": [read, write, create, unlink]}."""
        self.store.put("_access", str(body.get("model")), {"denied": list(body.get("denied") or [])})
        return {"denied": body.get("denied") or []}
