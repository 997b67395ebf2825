"""Product templates, their variants and price lists.

Source: odoo/addons/product/models. A template without attributes has one variant; code, barcode, weight and cost
live on the variant and show on the template; the variant inherits everything else from its template, so writing a
name on the variant writes the template. A template's write_date carries over to its variants.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from erp.behaviour import Behaviour
from erp.schema import round_to, validation_error

VARIANT_FIELDS = ("default_code", "barcode", "standard_price", "weight", "volume")


class Template(Behaviour):
    model = "product.template"

    def prepare(self, env: Any, vals: dict) -> dict:
        if "type" in vals and "detailed_type" not in vals:
            vals = {**vals, "detailed_type": vals["type"]}
        return vals

    def before_create(self, env: Any, row: dict, vals: dict) -> None:
        row["type"] = row["detailed_type"]
        if "uom_id" in vals and "uom_po_id" not in vals:
            row["uom_po_id"] = row["uom_id"]

    def after_create(self, env: Any, row: dict, vals: dict) -> None:
        if env.context.get("create_product_product", True):
            given = {name: vals[name] for name in VARIANT_FIELDS if name in vals}
            env.create("product.product", {"product_tmpl_id": row["id"], "active": row["active"], **given})

    def before_write(self, env: Any, old: dict, row: dict, vals: dict) -> None:
        if "type" in vals and "detailed_type" not in vals:
            row["detailed_type"] = row["type"]
        row["type"] = row["detailed_type"]
        if old["type"] == "product" and row["type"] != "product" and self.compute_qty_available(env, old):
            raise validation_error("Available quantity should be set to zero before changing type")

    def after_write(self, env: Any, old: dict, row: dict, vals: dict) -> None:
        for variant in env.db.by("product.product", "product_tmpl_id", row["id"]):
            changes = {"write_date": max(variant["write_date"], row["write_date"]), "write_uid": env.uid}
            if "active" in vals:
                changes["active"] = row["active"]
            if "default_code" in vals and len(env.db.by("product.product", "product_tmpl_id", row["id"])) == 1:
                changes["default_code"] = row["default_code"]
            env.db.put("product.product", {**variant, **changes})

    def variants(self, env: Any, row: dict) -> list[dict]:
        rows = env.db.by("product.product", "product_tmpl_id", row["id"])
        return [one for one in rows if one["active"]] or rows

    def only(self, env: Any, row: dict, name: str) -> Any:
        rows = self.variants(env, row)
        return rows[0].get(name) if len(rows) == 1 else None

    def spread(self, env: Any, row: dict, name: str, value: Any) -> None:
        rows = self.variants(env, row)
        if len(rows) == 1:
            env.write("product.product", [rows[0]["id"]], {name: value})

    def display_name(self, env: Any, row: dict) -> Any:
        return f"[{row['default_code']}] {row['name']}" if row.get("default_code") else row["name"]

    def name_domain(self, env: Any, text: str, operator: str) -> list:
        return ["|", ("name", operator, text), ("default_code", operator, text)]

    def compute_product_variant_id(self, env: Any, row: dict) -> int | None:
        rows = self.variants(env, row)
        return rows[0]["id"] if rows else None

    def compute_product_variant_count(self, env: Any, row: dict) -> int:
        return len(self.variants(env, row))

    def compute_currency_id(self, env: Any, row: dict) -> int:
        return env.row("res.company", 1)["currency_id"]

    def compute_qty_available(self, env: Any, row: dict) -> float:
        model = env.registry.get("product.product")
        return sum(env.value(model, one, "qty_available") for one in self.variants(env, row))

    def compute_virtual_available(self, env: Any, row: dict) -> float:
        model = env.registry.get("product.product")
        return sum(env.value(model, one, "virtual_available") for one in self.variants(env, row))


def _through_variant(name: str) -> None:
    setattr(Template, "compute_" + name, lambda self, env, row: self.only(env, row, name))
    setattr(Template, "inverse_" + name, lambda self, env, row, value: self.spread(env, row, name, value))


for _name in ("barcode", "standard_price", "weight", "volume"):
    _through_variant(_name)


class Variant(Behaviour):
    model = "product.product"

    def before_create(self, env: Any, row: dict, vals: dict) -> None:
        self.unique_barcode(env, row)

    def before_write(self, env: Any, old: dict, row: dict, vals: dict) -> None:
        self.unique_barcode(env, row)

    def unique_barcode(self, env: Any, row: dict) -> None:
        if not row.get("barcode"):
            row["barcode"] = None
            return
        others = [one for one in env.db.by(self.model, "barcode", row["barcode"]) if one["id"] != row.get("id")]
        if others:
            raise validation_error(
                f"Barcode(s) already assigned:\n\n- Barcode \"{row['barcode']}\" already assigned to product(s): "
                f"{', '.join(self.display_name(env, one) for one in others)}"
            )

    def after_create(self, env: Any, row: dict, vals: dict) -> None:
        self.to_template(env, row)

    def after_write(self, env: Any, old: dict, row: dict, vals: dict) -> None:
        self.to_template(env, row)

    def to_template(self, env: Any, row: dict) -> None:
        """default_code and active of a single variant show on the template, stored."""
        siblings = env.db.by(self.model, "product_tmpl_id", row["product_tmpl_id"])
        if len(siblings) == 1:
            env.set("product.template", row["product_tmpl_id"], default_code=row["default_code"], active=row["active"])

    def after_unlink(self, env: Any, row: dict) -> None:
        if env.row("product.template", row["product_tmpl_id"]) and not env.db.by(
            self.model, "product_tmpl_id", row["product_tmpl_id"]
        ):
            env.unlink("product.template", [row["product_tmpl_id"]])

    def display_name(self, env: Any, row: dict) -> Any:
        name = (env.row("product.template", row["product_tmpl_id"]) or {}).get("name", "")
        return f"[{row['default_code']}] {name}" if row.get("default_code") else name

    def name_domain(self, env: Any, text: str, operator: str) -> list:
        return ["|", "|", ("default_code", operator, text), ("name", operator, text), ("barcode", "=", text)]

    def compute_price_extra(self, env: Any, row: dict) -> float:
        return 0.0

    def compute_lst_price(self, env: Any, row: dict) -> float:
        return (env.row("product.template", row["product_tmpl_id"]) or {}).get("list_price", 0.0)

    def inverse_lst_price(self, env: Any, row: dict, value: float) -> None:
        env.write("product.template", [row["product_tmpl_id"]], {"list_price": value})

    # ---- stock of a variant, in the context's warehouse or location, else in all internal ones

    def quants(self, env: Any, row: dict) -> list[dict]:
        wanted = locations(env)
        return [quant for quant in env.db.by("stock.quant", "product_id", row["id"]) if quant["location_id"] in wanted]

    def compute_qty_available(self, env: Any, row: dict) -> float:
        return round_to(sum(quant["quantity"] for quant in self.quants(env, row)), 2)

    def compute_free_qty(self, env: Any, row: dict) -> float:
        return round_to(sum(quant["quantity"] - quant["reserved_quantity"] for quant in self.quants(env, row)), 2)

    def compute_outgoing_qty(self, env: Any, row: dict) -> float:
        lines = [line for line in env.db.by("sale.order.line", "product_id", row["id"]) if line["state"] == "sale"]
        return round_to(sum(max(line["product_uom_qty"] - line["qty_delivered"], 0) for line in lines), 2)

    def compute_incoming_qty(self, env: Any, row: dict) -> float:
        return 0.0

    def compute_virtual_available(self, env: Any, row: dict) -> float:
        return round_to(self.compute_qty_available(env, row) - self.compute_outgoing_qty(env, row), 2)


def locations(env: Any) -> set[int]:
    """The internal locations that a quantity is asked for."""
    from erp.domain import descendants

    target = env.registry.get("stock.location")
    start = env.context.get("location")
    if not start and env.context.get("warehouse"):
        house = env.row("stock.warehouse", env.context["warehouse"])
        start = house["view_location_id"] if house else None
    if start:
        given = start if isinstance(start, list) else [start]
        return descendants(env, target, "location_id", given)
    return {row["id"] for row in env.db.table("stock.location").values() if row["usage"] in ("internal", "transit")}


class Pricelist(Behaviour):
    model = "product.pricelist"

    def display_name(self, env: Any, row: dict) -> Any:
        currency = env.row("res.currency", row["currency_id"])
        return f"{row['name']} ({currency['name']})" if currency else row["name"]

    def before_unlink(self, env: Any, row: dict) -> None:
        for partner in env.db.by("res.partner", "property_product_pricelist", row["id"]):
            env.db.put("res.partner", {**partner, "property_product_pricelist": None})


class PricelistItem(Behaviour):
    model = "product.pricelist.item"
    NEEDS = {
        "2_product_category": ("categ_id", "category"),
        "1_product": ("product_tmpl_id", "product"),
        "0_product_variant": ("product_id", "product variant"),
    }

    def before_create(self, env: Any, row: dict, vals: dict) -> None:
        if row["applied_on"] == "3_global":
            row.update(product_id=None, product_tmpl_id=None, categ_id=None)
        elif row["applied_on"] == "2_product_category":
            row.update(product_id=None, product_tmpl_id=None)
        elif row["applied_on"] == "1_product":
            row.update(product_id=None, categ_id=None)
        else:
            row["categ_id"] = None
        self.consistent(row)

    def before_write(self, env: Any, old: dict, row: dict, vals: dict) -> None:
        self.before_create(env, row, vals) if "applied_on" in vals else self.consistent(row)

    def consistent(self, row: dict) -> None:
        need = self.NEEDS.get(row["applied_on"])
        if need and not row.get(need[0]):
            raise validation_error(f"Please specify the {need[1]} for which this rule should be applied")
        if row.get("date_start") and row.get("date_end") and row["date_start"] >= row["date_end"]:
            raise validation_error("The pricelist rule's end date must be after its start date.")

    def display_name(self, env: Any, row: dict) -> Any:
        return self.compute_name(env, row)

    def compute_name(self, env: Any, row: dict) -> str:
        if row["applied_on"] == "2_product_category":
            return f"Category: {env.display('product.category', row['categ_id'])}"
        if row["applied_on"] == "1_product":
            return f"Product: {env.display('product.template', row['product_tmpl_id'])}"
        if row["applied_on"] == "0_product_variant":
            return f"Variant: {env.display('product.product', row['product_id'])}"
        return "All Products"

    def compute_price(self, env: Any, row: dict) -> str:
        return (
            f"{row['fixed_price']:.2f}" if row["compute_price"] == "fixed" else f"{row['percent_price']:g} % discount"
        )


def price(env: Any, pricelist: int | None, product: dict, quantity: float) -> float:
    """The unit price of a variant for a quantity today: the first rule that fits, else the sales price."""
    template = env.row("product.template", product["product_tmpl_id"])
    items = env.db.by("product.pricelist.item", "pricelist_id", pricelist) if pricelist else []
    fitting = [item for item in items if fits(env, item, product, template, quantity)]
    fitting.sort(key=lambda item: (item["applied_on"], -item["min_quantity"], -(item["categ_id"] or 0), -item["id"]))
    base = Decimal(str(template["list_price"]))
    if not fitting:
        return float(base)
    item = fitting[0]
    if item["base"] == "standard_price":
        base = Decimal(str(product["standard_price"]))
    if item["compute_price"] == "fixed":
        return item["fixed_price"]
    if item["compute_price"] == "percentage":
        return round_to(base * (100 - Decimal(str(item["percent_price"]))) / 100, 2)
    return round_to(
        base * (100 - Decimal(str(item["price_discount"]))) / 100 + Decimal(str(item["price_surcharge"])), 2
    )


def fits(env: Any, item: dict, product: dict, template: dict, quantity: float) -> bool:
    if item["min_quantity"] and quantity < item["min_quantity"]:
        return False
    if (item["date_start"] and item["date_start"] > env.now[:19]) or (
        item["date_end"] and item["date_end"] < env.now[:19]
    ):
        return False
    if item["applied_on"] == "0_product_variant":
        return item["product_id"] == product["id"]
    if item["applied_on"] == "1_product":
        return item["product_tmpl_id"] == template["id"]
    if item["applied_on"] == "2_product_category":
        category = env.row("product.category", template["categ_id"])
        while category:
            if category["id"] == item["categ_id"]:
                return True
            category = env.row("product.category", category.get("parent_id"))
        return False
    return True
