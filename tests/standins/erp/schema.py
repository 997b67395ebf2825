"""Models and fields of the Odoo stand-in, their errors, and what a value becomes when it is stored or read.

The object model is data (odoo_models.json); the fields that every model has are added here. Conversions follow
Odoo's fields.py: text is kept as it is (no trimming), None and False are the same empty, a float is rounded to the
field's digits, a date-time is naive UTC text in seconds, a wrong selection value is a ValueError in Odoo's words.
"""

from __future__ import annotations

import re
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

TEXTS = {"char", "text", "html"}
NUMBERS = {"float", "monetary", "integer"}
X2MANY = {"one2many", "many2many"}
MAGIC = ("id", "create_uid", "create_date", "write_uid", "write_date", "display_name", "__last_update")


class OdooError(Exception):
    """An exception of the server as JSON-RPC shows it: `name` is the dotted class."""

    def __init__(self, name: str, message: str, arguments: list | None = None) -> None:
        super().__init__(message)
        self.name, self.message = name, message
        self.arguments = [message] if arguments is None else arguments


def user_error(message: str) -> OdooError:
    return OdooError("odoo.exceptions.UserError", message)


def validation_error(message: str) -> OdooError:
    return OdooError("odoo.exceptions.ValidationError", message)


def access_error(message: str) -> OdooError:
    return OdooError("odoo.exceptions.AccessError", message)


def value_error(message: str) -> OdooError:
    return OdooError("builtins.ValueError", message)


def missing_error(model: str, ids: list, uid: int) -> OdooError:
    shown = f"{model}({', '.join(map(str, ids))}{',' if len(ids) == 1 else ''})"
    return OdooError(
        "odoo.exceptions.MissingError", f"Record does not exist or has been deleted.\n(Record: {shown}, User: {uid})"
    )


def round_to(value: Any, digits: int) -> float:
    return float(Decimal(repr(float(value))).quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP))


class Field:
    def __init__(self, model: str, name: str, spec: dict) -> None:
        self.model, self.name, self.type, self.spec = model, name, spec["type"], spec
        self.label = spec.get("string") or name.replace("_", " ").capitalize()
        self.required, self.readonly = spec.get("required", False), spec.get("readonly", False)
        self.relation, self.inverse = spec.get("relation"), spec.get("relation_field")
        self.related = spec.get("related", "").split(".") if spec.get("related") else None
        self.stored = spec.get("store", True) and not self.related and self.type != "one2many"
        self.selection, self.default = spec.get("selection", []), spec.get("default")
        self.digits = spec.get("digits", [16, 2])[1]
        self.indexed = self.stored and (spec.get("index", False) or self.type == "many2one")

    def describe(self) -> dict:
        """As fields_get answers."""
        found = {
            "type": self.type,
            "string": self.label,
            "name": self.name,
            "required": self.required,
            "readonly": bool(self.readonly or self.related),
            "store": self.stored or self.type == "one2many",
            "searchable": True,
            "sortable": self.stored,
            "manual": self.name.startswith("x_"),
            "depends": [],
            "company_dependent": False,
            "change_default": False,
            "translate": self.spec.get("translate", False),
        }
        if self.relation:
            found.update(relation=self.relation, domain=[], context={})
        if self.inverse:
            found["relation_field"] = self.inverse
        if self.type == "selection":
            found["selection"] = self.selection
        if self.type == "float":
            found["digits"] = self.spec.get("digits", [16, 2])
        if self.type == "monetary":
            found["currency_field"] = "currency_id"
        if self.related:
            found["related"] = ".".join(self.related)
        return found

    def store(self, value: Any) -> Any:
        """A value given to create() or write() as it is kept; x2many fields are not handled here."""
        if self.type == "boolean":
            return bool(value)
        if self.type in NUMBERS:
            return self.number(value)
        if value is None or value is False:
            return None
        if self.type in TEXTS:
            return self.text(value if isinstance(value, str) else str(value))
        if self.type == "selection":
            if value not in [key for key, _ in self.selection]:
                raise value_error(f"Wrong value for {self.model}.{self.name}: {value!r}")
            return value
        if self.type == "many2one":
            return self.key(value)
        return self.moment(value)

    def text(self, value: str) -> str:
        """PostgreSQL keeps no NUL; what is no markup yet becomes a paragraph in an html field (html_sanitize)."""
        if "\0" in value:
            raise value_error("A string literal cannot contain NUL (0x00) characters.")
        if self.type == "html" and value and "<" not in value:
            return f"<p>{value.replace('&', '&amp;')}</p>"
        return value

    def number(self, value: Any) -> float | int:
        if value is None or value is False:
            return 0 if self.type == "integer" else 0.0
        try:
            number = int(value) if self.type == "integer" else float(value)
        except (TypeError, ValueError, OverflowError) as error:
            raise OdooError("builtins." + type(error).__name__, str(error)) from None
        if self.type == "integer":
            if abs(number) >= 2**31:
                raise OdooError("psycopg2.errors.NumericValueOutOfRange", "integer out of range\n")
            return number
        if not abs(number) < 10**16:  # also what is no number
            raise OdooError("psycopg2.errors.NumericValueOutOfRange", "numeric field overflow\n")
        return round_to(number, self.digits)

    def key(self, value: Any) -> int | None:
        if isinstance(value, bool) or (isinstance(value, (list, tuple)) and not value):
            return None
        if isinstance(value, (list, tuple)):  # [id, name], as it is read
            value = value[0]
        if isinstance(value, int):
            return value or None
        raise value_error(f"Wrong value for {self.model}.{self.name}: {value!r}")

    def moment(self, value: Any) -> str:
        if not isinstance(value, str):
            raise OdooError("builtins.TypeError", f"strptime() argument 1 must be str, not {type(value).__name__}")
        form = "%Y-%m-%d" if self.type == "date" else "%Y-%m-%d %H:%M:%S"
        try:
            if self.type == "datetime" and re.fullmatch(r"\d{4}-\d\d-\d\d", value):
                value += " 00:00:00"
            if self.type == "date":
                value = value[:10]
            return datetime.strptime(value, form).strftime(form)
        except ValueError as error:
            raise value_error(str(error)) from None

    def show(self, value: Any) -> Any:
        """A kept value as read() answers it; many2one and x2many are shown by the caller."""
        if value is None:
            return {"boolean": False, "integer": 0, "float": 0.0, "monetary": 0.0}.get(self.type, False)
        if self.type == "datetime":
            return value[:19]
        return value


BASE = {
    "id": {"type": "integer", "string": "ID", "readonly": True},
    "display_name": {"type": "char", "string": "Display Name", "store": False, "readonly": True},
    "create_uid": {"type": "many2one", "string": "Created by", "relation": "res.users", "readonly": True},
    "create_date": {"type": "datetime", "string": "Created on", "readonly": True},
    "write_uid": {"type": "many2one", "string": "Last Updated by", "relation": "res.users", "readonly": True},
    "write_date": {"type": "datetime", "string": "Last Updated on", "readonly": True},
}


class Model:
    def __init__(self, name: str, spec: dict) -> None:
        self.name, self.description = name, spec["description"]
        self.order, self.parent = spec.get("order", "id"), spec.get("parent")
        self.access = spec.get("access", "")
        self.inherits: tuple[str, str] | None = tuple(spec["inherits"]) if "inherits" in spec else None
        self.own = {key: Field(name, key, given) for key, given in {**BASE, **spec["fields"]}.items()}
        self.fields = dict(self.own)
        self.rec_name = spec.get("rec_name") or ("name" if "name" in self.own else "id")
        self.indexed = [f.name for f in self.own.values() if f.indexed and f.name not in ("create_uid", "write_uid")]
        self.required = [f for f in self.own.values() if f.required and f.stored]

    def field(self, name: Any) -> Field:
        found = self.fields.get(name)
        if found is None:
            raise value_error(f"Invalid field {name!r} on model {self.name!r}")
        return found


class Registry:
    def __init__(self, specs: dict) -> None:
        self.models = {name: Model(name, spec) for name, spec in specs.items()}
        for model in self.models.values():
            if model.inherits:
                parent = self.models[model.inherits[0]]
                model.fields = {**parent.own, **model.own}

    def get(self, name: str) -> Model:
        found = self.models.get(name)
        if found is None:
            raise user_error(f"Object {name} doesn't exist")
        return found
