"""Sales orders: amounts, confirmation, reservation, delivery, cancelling.

Source: odoo/addons/sale/models/sale_order.py and sale_order_line.py, odoo/addons/sale_stock/models. What clients trip
over and so is kept: a line's price is computed again when its quantity or product is written without a price; a
confirmation sets date_order to now; lines of a confirmed order cannot be removed; action_cancel of an order that is
not a draft answers a wizard and cancels nothing unless the context says disable_cancel_warning. Taxes round per line.

    draft ⇄ sent → sale → cancel → draft        delivery_status: pending → partial → full while there are goods
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from erp import stock
from erp.behaviour import Behaviour
from erp.products import price
from erp.schema import round_to, user_error, validation_error

CENT = Decimal("0.01")
LOCKED_LINE = {
    "product_id": "Product",
    "name": "Description",
    "price_unit": "Unit Price",
    "product_uom": "Unit of Measure",
    "product_uom_qty": "Quantity",
    "tax_id": "Taxes",
}
BELOW_DELIVERED = (
    "The ordered quantity of a sale order line cannot be decreased below the amount already delivered. Instead, "
    "create a return in your inventory."
)
NO_REMOVAL = (
    "Once a sales order is confirmed, you can't remove one of its lines (we need to track if something gets invoiced or "
    "delivered).\n                Set the quantity to 0 instead."
)


def cents(value: Decimal) -> Decimal:
    return value.quantize(CENT, rounding=ROUND_HALF_UP)


class Order(Behaviour):
    model = "sale.order"

    def before_create(self, env: Any, row: dict, vals: dict) -> None:
        partner = env.row("res.partner", row.get("partner_id"))
        if partner:
            row["partner_invoice_id"] = row["partner_invoice_id"] or self.address(env, partner, "invoice")
            row["partner_shipping_id"] = row["partner_shipping_id"] or self.address(env, partner, "delivery")
            if "pricelist_id" not in vals:
                row["pricelist_id"] = partner.get("property_product_pricelist")
        pricelist = env.row("product.pricelist", row.get("pricelist_id"))
        row["currency_id"] = pricelist["currency_id"] if pricelist else env.row("res.company", 1)["currency_id"]
        if row["name"] in (None, "New"):
            row["name"] = f"S{env.db.store.next('sequence:sale.order'):05d}"

    def address(self, env: Any, partner: dict, kind: str) -> int:
        """address_get(): a child of that kind, else the partner itself."""
        for child in env.db.by("res.partner", "parent_id", partner["id"]):
            if child["type"] == kind and child["active"]:
                return child["id"]
        return partner["id"]

    def after_create(self, env: Any, row: dict, vals: dict) -> None:
        self.amounts(env, row["id"])

    def before_write(self, env: Any, old: dict, row: dict, vals: dict) -> None:
        if "pricelist_id" in vals and old["state"] == "sale":
            raise user_error("You cannot change the pricelist of a confirmed order !")
        if "pricelist_id" in vals and row["pricelist_id"]:
            row["currency_id"] = env.row("product.pricelist", row["pricelist_id"])["currency_id"]
        partner = env.row("res.partner", row.get("partner_id"))
        if partner and row["partner_id"] != old["partner_id"] and old["state"] in ("draft", "sent"):
            for name, kind in (("partner_invoice_id", "invoice"), ("partner_shipping_id", "delivery")):
                if name not in vals:
                    row[name] = self.address(env, partner, kind)
            if "pricelist_id" not in vals:
                row["pricelist_id"] = partner.get("property_product_pricelist")

    def after_write(self, env: Any, old: dict, row: dict, vals: dict) -> None:
        if old["state"] != row["state"]:
            for line in self.lines(env, row["id"]):
                env.set("sale.order.line", line["id"], state=row["state"])

    def before_unlink(self, env: Any, row: dict) -> None:
        if row["state"] not in ("draft", "cancel"):
            raise user_error(
                "You can not delete a sent quotation or a confirmed sales order. You must first cancel it."
            )

    def lines(self, env: Any, key: int) -> list[dict]:
        return env.db.by("sale.order.line", "order_id", key)

    def amounts(self, env: Any, key: int) -> None:
        row = env.row(self.model, key)
        if row is None:
            return
        lines = [line for line in self.lines(env, key) if not line["display_type"]]
        untaxed = sum((Decimal(str(line["price_subtotal"])) for line in lines), Decimal(0))
        tax = sum((Decimal(str(line["price_tax"])) for line in lines), Decimal(0))
        status = "no" if row["state"] != "sale" or not lines else "to invoice"
        env.set(
            self.model,
            key,
            amount_untaxed=float(cents(untaxed)),
            amount_tax=float(cents(tax)),
            amount_total=float(cents(untaxed + tax)),
            invoice_status=status,
        )

    def delivery(self, env: Any, key: int) -> None:
        """delivery_status from what the deliveries of goods have done; empty where there are none."""
        row = env.row(self.model, key)
        goods = [line for line in self.lines(env, key) if is_goods(env, line) and line["product_uom_qty"] > 0]
        done = [line["qty_delivered"] for line in goods]
        if row["state"] != "sale" or not goods:
            status = "full" if any(done) and row["state"] == "cancel" else None
        elif all(line["qty_delivered"] >= line["product_uom_qty"] for line in goods):
            status = "full"
        else:
            status = "partial" if any(done) else "pending"
        env.set(self.model, key, delivery_status=status)

    # ---- called from outside

    def rpc_action_confirm(self, env: Any, ids: list[int]) -> bool:
        rows = env.rows(env.registry.get(self.model), ids)
        for row in rows:
            if row["state"] not in ("draft", "sent"):
                raise user_error("Some orders are not in a state requiring confirmation.")
            if any(not line["display_type"] and not line["product_id"] for line in self.lines(env, row["id"])):
                raise user_error("A line on these orders missing a product, you cannot confirm it.")
        env.write(self.model, ids, {"state": "sale", "date_order": env.now[:19]})
        for row in rows:
            for line in self.lines(env, row["id"]):
                adjust_reservation(env, line["id"])
            self.delivery(env, row["id"])
            self.amounts(env, row["id"])
        return True

    def rpc_action_cancel(self, env: Any, ids: list[int]) -> Any:
        rows = env.rows(env.registry.get(self.model), ids)
        if any(row["locked"] for row in rows):
            raise user_error("You cannot cancel a locked order. Please unlock it first.")
        if not env.context.get("disable_cancel_warning") and any(row["state"] != "draft" for row in rows):
            return {
                "name": "Cancel Sales Order",
                "view_mode": "form",
                "res_model": "sale.order.cancel",
                "view_id": 1,
                "target": "new",
                "type": "ir.actions.act_window",
                "context": {**env.context, "default_order_id": ids[0] if ids else False, "mark_so_as_canceled": True},
            }
        return self.cancel(env, ids)

    def cancel(self, env: Any, ids: list[int]) -> bool:
        env.write(self.model, ids, {"state": "cancel"})
        for key in ids:
            for line in self.lines(env, key):
                adjust_reservation(env, line["id"])
            self.delivery(env, key)
            self.amounts(env, key)
        return True

    def rpc_action_draft(self, env: Any, ids: list[int]) -> bool:
        again = [row["id"] for row in env.rows(env.registry.get(self.model), ids) if row["state"] in ("cancel", "sent")]
        env.write(self.model, again, {"state": "draft"})
        return True

    def rpc_action_quotation_sent(self, env: Any, ids: list[int]) -> None:
        if any(row["state"] != "draft" for row in env.rows(env.registry.get(self.model), ids)):
            raise user_error("Only draft orders can be marked as sent directly.")
        env.write(self.model, ids, {"state": "sent"})

    def rpc_action_lock(self, env: Any, ids: list[int]) -> None:
        env.write(self.model, ids, {"locked": True})

    def rpc_action_unlock(self, env: Any, ids: list[int]) -> None:
        env.write(self.model, ids, {"locked": False})

    def ship(self, env: Any, key: int, wanted: dict[int, float] | None) -> dict:
        """A delivery is validated: `wanted` by line id, or everything that is still to be delivered."""
        row = env.row(self.model, key)
        if row["state"] != "sale":
            raise user_error("Only a confirmed order can be delivered.")
        shipped = {}
        for line in self.lines(env, key):
            left = round_to(line["product_uom_qty"] - line["qty_delivered"], 2)
            quantity = left if wanted is None else min(left, round_to(wanted.get(line["id"], 0), 2))
            if not is_goods(env, line) or quantity <= 0:
                continue
            place = source(env, row)
            held = min(quantity, line.get("_reserved", 0))
            stock.release(env, line["product_id"], place, held)
            if is_storable(env, line):
                stock.take_out(env, line["product_id"], place, quantity)
            env.set(
                "sale.order.line",
                line["id"],
                qty_delivered=round_to(line["qty_delivered"] + quantity, 2),
                _reserved=round_to(line.get("_reserved", 0) - held, 2),
            )
            shipped[line["id"]] = quantity
        self.delivery(env, key)
        return shipped


class OrderLine(Behaviour):
    model = "sale.order.line"

    def before_create(self, env: Any, row: dict, vals: dict) -> None:
        order = env.row("sale.order", row.get("order_id"))
        row["state"] = order["state"] if order else None
        if order and order["locked"]:
            raise user_error("It is forbidden to modify the following fields in a locked order:\n" + "Order Lines")
        product = env.row("product.product", row.get("product_id"))
        row["_reserved"] = 0.0
        if product:
            template = env.row("product.template", product["product_tmpl_id"])
            row["name"] = row["name"] if row["name"] is not None else describe(env, product, template)
            row["product_uom"] = row["product_uom"] or template["uom_id"]
            if "price_unit" not in vals and order:
                row["price_unit"] = price(env, order["pricelist_id"], product, row["product_uom_qty"])
        self.accountable(row)

    def accountable(self, row: dict) -> None:
        if not row["display_type"] and not (row["product_id"] and row["product_uom"]):
            raise validation_error(
                "The operation cannot be completed: Missing required fields on accountable sale order line."
            )
        if row["display_type"] and (row["product_id"] or row["price_unit"] or row["product_uom"]):
            raise validation_error(
                "The operation cannot be completed: Forbidden values on non-accountable sale order line"
            )
        if row["display_type"]:
            row["product_uom_qty"] = 0.0

    def after_create(self, env: Any, row: dict, vals: dict) -> None:
        product = env.row("product.product", row["product_id"])
        if product and "tax_id" not in vals:
            taxes = env.row("product.template", product["product_tmpl_id"])["taxes_id"]
            env.db.put(self.model, {**env.row(self.model, row["id"]), "tax_id": list(taxes)})
        self.settle(env, row["id"])

    def before_write(self, env: Any, old: dict, row: dict, vals: dict) -> None:
        order = env.row("sale.order", old["order_id"])
        if "display_type" in vals and row["display_type"] != old["display_type"]:
            raise user_error(
                "You cannot change the type of a sale order line. Instead you should delete the current line and create a "
                "new line of the proper type."
            )
        locked = [label for name, label in LOCKED_LINE.items() if name in vals]
        if order["locked"] and locked:
            raise user_error("It is forbidden to modify the following fields in a locked order:\n" + "\n".join(locked))
        if order["state"] == "sale" and row["product_id"] != old["product_id"]:
            raise user_error("You cannot modify the product of this order line.")
        if order["state"] == "sale" and row["product_uom_qty"] < min(old["qty_delivered"], old["product_uom_qty"]):
            raise user_error(BELOW_DELIVERED)
        self.recompute(env, order, old, row, vals)
        self.accountable(row)

    def recompute(self, env: Any, order: dict, old: dict, row: dict, vals: dict) -> None:
        """The fields that depend on product and quantity, where they are not written with them."""
        product = env.row("product.product", row["product_id"])
        changed = [name for name in ("product_id", "product_uom", "product_uom_qty") if row[name] != old[name]]
        if product and changed and "price_unit" not in vals:
            row["price_unit"] = price(env, order["pricelist_id"], product, row["product_uom_qty"])
        if product and "product_id" in changed:
            template = env.row("product.template", product["product_tmpl_id"])
            if "name" not in vals:
                row["name"] = describe(env, product, template)
            if "product_uom" not in vals:
                row["product_uom"] = template["uom_id"]
        if product and "product_id" in vals and "tax_id" not in vals:  # though it is the same product
            row["tax_id"] = list(env.row("product.template", product["product_tmpl_id"])["taxes_id"])

    def after_write(self, env: Any, old: dict, row: dict, vals: dict) -> None:
        self.settle(env, row["id"])

    def settle(self, env: Any, key: int) -> None:
        """Amounts of the line and its order; for a confirmed order also reservation and delivery status."""
        row = env.row(self.model, key)
        env.set(self.model, key, **amounts(env, row))
        order = env.behaviour("sale.order")
        order.amounts(env, row["order_id"])
        if row["state"] == "sale":
            adjust_reservation(env, key)
            order.delivery(env, row["order_id"])

    def before_unlink(self, env: Any, row: dict) -> None:
        order = env.row("sale.order", row["order_id"])
        if order and order["state"] == "sale" and not row["display_type"]:
            raise user_error(NO_REMOVAL)

    def after_unlink(self, env: Any, row: dict) -> None:
        env.behaviour("sale.order").amounts(env, row["order_id"])

    def display_name(self, env: Any, row: dict) -> Any:
        order = env.row("sale.order", row["order_id"])
        return f"{order['name'] if order else ''} - {(row['name'] or '').splitlines()[0] if row['name'] else ''}"

    def compute_price_reduce_taxexcl(self, env: Any, row: dict) -> float:
        return round_to(row["price_subtotal"] / row["product_uom_qty"], 2) if row["product_uom_qty"] else 0.0

    def compute_qty_to_deliver(self, env: Any, row: dict) -> float:
        return round_to(row["product_uom_qty"] - row["qty_delivered"], 2)

    def compute_qty_to_invoice(self, env: Any, row: dict) -> float:
        return round_to(row["product_uom_qty"] - row["qty_invoiced"], 2) if row["state"] == "sale" else 0.0

    def compute_qty_delivered_method(self, env: Any, row: dict) -> str | None:
        return None if not row["product_id"] else "stock_move" if is_goods(env, row) else "manual"


def describe(env: Any, product: dict, template: dict) -> str:
    name = env.display("product.product", product["id"])
    return f"{name}\n{template['description_sale']}" if template.get("description_sale") else name


def kind(env: Any, line: dict) -> str:
    product = env.row("product.product", line["product_id"])
    return env.row("product.template", product["product_tmpl_id"])["type"] if product else ""


def is_goods(env: Any, line: dict) -> bool:
    return kind(env, line) in ("product", "consu")


def is_storable(env: Any, line: dict) -> bool:
    return kind(env, line) == "product"


def source(env: Any, order: dict) -> int:
    return env.row("stock.warehouse", order["warehouse_id"])["lot_stock_id"]


def adjust_reservation(env: Any, key: int) -> None:
    """Reserves what a confirmed line still needs and can get; gives back what it no longer needs."""
    line = env.row("sale.order.line", key)
    order = env.row("sale.order", line["order_id"])
    if not is_storable(env, line):
        return
    needed = max(round_to(line["product_uom_qty"] - line["qty_delivered"], 2), 0) if order["state"] == "sale" else 0
    held = line.get("_reserved", 0)
    if needed > held:
        got = stock.reserve(env, line["product_id"], source(env, order), round_to(needed - held, 2))
        held = round_to(held + got, 2)
    elif needed < held:
        stock.release(env, line["product_id"], source(env, order), round_to(held - needed, 2))
        held = needed
    if held != line.get("_reserved", 0):
        env.db.put("sale.order.line", {**line, "_reserved": held})


def amounts(env: Any, line: dict) -> dict:
    """price_subtotal, price_tax and price_total of a line; a price-included tax is taken out of the price."""
    if line["display_type"]:
        return {"price_subtotal": 0.0, "price_tax": 0.0, "price_total": 0.0}
    unit = Decimal(str(line["price_unit"])) * (100 - Decimal(str(line["discount"]))) / 100
    gross = cents(unit * Decimal(str(line["product_uom_qty"])))
    taxes = [env.row("account.tax", key) for key in line["tax_id"]]
    included = sum(
        (Decimal(str(tax["amount"])) for tax in taxes if tax["price_include"] and tax["amount_type"] == "percent"),
        Decimal(0),
    )
    net = cents(gross / (1 + included / 100)) if included else gross
    extra = Decimal(0)
    for tax in taxes:
        if tax["price_include"]:
            continue
        amount = Decimal(str(tax["amount"]))
        if tax["amount_type"] == "fixed":
            extra += cents(amount * Decimal(str(line["product_uom_qty"])))
        elif tax["amount_type"] == "division":
            extra += cents(net / (1 - amount / 100) - net)
        else:
            extra += cents(net * amount / 100)
    tax_total = gross - net + extra
    return {"price_subtotal": float(net), "price_tax": float(tax_total), "price_total": float(net + tax_total)}
