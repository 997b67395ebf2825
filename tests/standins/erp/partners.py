"""Contacts, users, external ids and the small tables. Source: odoo/addons/base/models/res_partner.py, ir_model.py."""

from __future__ import annotations

from typing import Any

from erp.behaviour import Behaviour
from erp.schema import validation_error


class Partner(Behaviour):
    model = "res.partner"

    def prepare(self, env: Any, vals: dict) -> dict:
        if vals.get("company_type") and "is_company" not in vals:
            vals = {**vals, "is_company": vals["company_type"] == "company"}
        return vals

    def before_create(self, env: Any, row: dict, vals: dict) -> None:
        self.complete(env, row)

    def before_write(self, env: Any, old: dict, row: dict, vals: dict) -> None:
        if "company_type" in vals:
            row["is_company"] = vals["company_type"] == "company"
        self.complete(env, row)

    def complete(self, env: Any, row: dict) -> None:
        if row.get("website") and "//" not in row["website"]:
            row["website"] = "http://" + row["website"]  # _clean_website
        if not row.get("name") and (row.get("type") or "contact") == "contact":
            raise validation_error("The operation cannot be completed: Contacts require a name")
        seen, parent = {row.get("id")}, env.row("res.partner", row.get("parent_id"))
        while parent:
            if parent["id"] in seen:
                raise validation_error("You cannot create recursive Partner hierarchies.")
            seen.add(parent["id"])
            parent = env.row("res.partner", parent.get("parent_id"))
        row["complete_name"] = self.full_name(env, row)

    def full_name(self, env: Any, row: dict) -> str:
        name, parent = row.get("name") or "", env.row("res.partner", row.get("parent_id"))
        if row.get("company_name") or parent:
            kinds = dict(env.registry.get(self.model).fields["type"].selection)
            if not name and row.get("type") in ("invoice", "delivery", "other"):
                name = kinds[row["type"]]
            if not row.get("is_company"):
                name = (
                    f"{row.get('company_name') or parent['name']}, {name}"
                    if parent or row.get("company_name")
                    else name
                )
        return name.strip()

    def after_create(self, env: Any, row: dict, vals: dict) -> None:
        env.db.put(self.model, {**env.row(self.model, row["id"]), "commercial_partner_id": self.commercial(env, row)})

    def after_write(self, env: Any, old: dict, row: dict, vals: dict) -> None:
        env.set(self.model, row["id"], commercial_partner_id=self.commercial(env, row))
        if old["name"] != row["name"] or old["active"] != row["active"] or old["is_company"] != row["is_company"]:
            for child in env.db.by(self.model, "parent_id", row["id"]):
                env.set(self.model, child["id"], complete_name=self.full_name(env, child))

    def commercial(self, env: Any, row: dict) -> int:
        parent = env.row(self.model, row.get("parent_id"))
        if row.get("is_company") or not parent:
            return row["id"]
        return parent.get("commercial_partner_id") or parent["id"]

    def display_name(self, env: Any, row: dict) -> Any:
        return row.get("complete_name") or ""

    def name_domain(self, env: Any, text: str, operator: str) -> list:
        return [
            "|",
            "|",
            "|",
            ("complete_name", operator, text),
            ("email", operator, text),
            ("ref", operator, text),
            ("vat", operator, text),
        ]

    def compute_company_type(self, env: Any, row: dict) -> str:
        return "company" if row.get("is_company") else "person"

    def inverse_company_type(self, env: Any, row: dict, value: str | None) -> None:
        """Done in prepare and before_write."""

    def compute_email_formatted(self, env: Any, row: dict) -> str | None:
        return f'"{row["name"]}" <{row["email"]}>' if row.get("email") else None

    def compute_sale_order_count(self, env: Any, row: dict) -> int:
        return len(env.db.by("sale.order", "partner_id", row["id"]))


class ModelData(Behaviour):
    model = "ir.model.data"

    def before_create(self, env: Any, row: dict, vals: dict) -> None:
        self.unique(env, row)

    def before_write(self, env: Any, old: dict, row: dict, vals: dict) -> None:
        self.unique(env, row)

    def unique(self, env: Any, row: dict) -> None:
        row["complete_name"] = f"{row['module']}.{row['name']}" if row["module"] else row["name"]
        if any(one["id"] != row.get("id") for one in env.db.by(self.model, "complete_name", row["complete_name"])):
            raise validation_error(
                "The operation cannot be completed: You cannot have multiple records with the same external ID "
                "in the same module!"
            )

    def compute_reference(self, env: Any, row: dict) -> str:
        return f"{row['model']},{row['res_id']}"


class Category(Behaviour):
    model = "product.category"

    def before_create(self, env: Any, row: dict, vals: dict) -> None:
        parent = env.row(self.model, row.get("parent_id"))
        row["complete_name"] = f"{parent['complete_name']} / {row['name']}" if parent else row["name"]

    def before_write(self, env: Any, old: dict, row: dict, vals: dict) -> None:
        self.before_create(env, row, vals)

    def after_write(self, env: Any, old: dict, row: dict, vals: dict) -> None:
        for child in env.db.by(self.model, "parent_id", row["id"]):
            env.set(self.model, child["id"], complete_name=f"{row['complete_name']} / {child['name']}")


class Country(Behaviour):
    model = "res.country"

    def name_domain(self, env: Any, text: str, operator: str) -> list:
        if len(text) == 2:
            return ["|", ("code", "=ilike", text), ("name", operator, text)]
        return [("name", operator, text)]


class State(Behaviour):
    model = "res.country.state"

    def display_name(self, env: Any, row: dict) -> Any:
        return f"{row['name']} ({(env.row('res.country', row['country_id']) or {}).get('code', '')})"

    def name_domain(self, env: Any, text: str, operator: str) -> list:
        return ["|", ("code", "=ilike", text), ("name", operator, text)]
