"""Environment of one call: searching, reading, creating, writing and deleting records as Odoo's ORM does.

A call is one transaction. `now` is when it began: every row that it touches gets that as write_date, with
microseconds, however long the call takes and whether or not the values change. A stored computed field that changes
(amount_total, delivery_status) moves its record's write_date too; a child that changes without that does not.
Sources: Odoo developer documentation "ORM API"; odoo/models.py, odoo/fields.py (messages and order of things).
"""

from __future__ import annotations

from typing import Any, Iterable

from erp import domain as domains
from erp.behaviour import Behaviour
from erp.db import Db
from erp.schema import (
    MAGIC,
    X2MANY,
    Field,
    Model,
    Registry,
    access_error,
    missing_error,
    user_error,
    validation_error,
    value_error,
)

LANGUAGES = {"en_US", "de_DE"}
COMPANY = 1
SUPERUSER, ADMINISTRATOR = 1, 2
DENIED = {"read": "access", "write": "modify", "create": "create", "unlink": "delete"}


class Env:
    def __init__(
        self, db: Db, registry: Registry, behaviours: dict[str, Behaviour], uid: int, context: dict, now: str
    ) -> None:
        self.db, self.registry, self.behaviours = db, registry, behaviours
        self.uid, self.context, self.now = uid, context, now

    def with_context(self, **more: Any) -> "Env":
        return Env(self.db, self.registry, self.behaviours, self.uid, {**self.context, **more}, self.now)

    def sudo(self) -> "Env":
        return Env(self.db, self.registry, self.behaviours, SUPERUSER, self.context, self.now)

    def check_context(self) -> None:
        lang = self.context.get("lang")
        if lang and lang not in LANGUAGES:
            raise user_error(f"Invalid language code: {lang}")
        companies = self.context.get("allowed_company_ids")
        if companies and any(key != COMPANY for key in companies):
            raise access_error("Access to unauthorized or invalid companies.")

    def allowed(self, model: Model, operation: str) -> bool:
        denied = (self.db.store.get("_access", model.name) or {}).get("denied", [])
        if self.uid == SUPERUSER:
            return True
        if model.access == "admin" and self.uid != ADMINISTRATOR:
            return False
        return operation not in denied and (operation == "read" or model.access != "r")

    def check(self, model: Model, operation: str) -> None:
        if not self.allowed(model, operation):
            raise access_error(
                f"You are not allowed to {DENIED[operation]} '{model.description}' ({model.name}) records.\n\n"
                "No group currently allows this operation.\n\n"
                "Contact your administrator to request access if necessary."
            )

    # ---- single values

    def behaviour(self, name: str) -> Behaviour:
        return self.behaviours[name]

    def row(self, name: str, key: int | None) -> dict | None:
        return self.db.table(name).get(key) if key else None

    def rows(self, model: Model, ids: Iterable[int]) -> list[dict]:
        table, ids = self.db.table(model.name), list(ids)
        missing = [key for key in ids if key not in table]
        if missing:
            raise missing_error(model.name, missing, self.uid)
        return [table[key] for key in ids]

    def value(self, model: Model, row: dict, name: str) -> Any:
        """A field's value: stored, computed, related or of the inherited parent; ids for relations."""
        field = model.fields[name]
        if name not in model.own and model.inherits:
            parent = self.row(model.inherits[0], row.get(model.inherits[1]))
            return self.value(self.registry.get(model.inherits[0]), parent, name) if parent else None
        if field.stored:
            return row.get(name)
        if field.type == "one2many":
            return self.children(field, row)
        if field.related:
            return self.follow(model, row, field.related)
        if name == "display_name":
            return self.behaviour(model.name).display_name(self, row)
        compute = getattr(self.behaviour(model.name), "compute_" + name, None)
        return compute(self, row) if compute else None

    def follow(self, model: Model, row: dict, path: list[str]) -> Any:
        for name in path[:-1]:
            key = self.value(model, row, name)
            model = self.registry.get(model.fields[name].relation)
            row = self.row(model.name, key)
            if row is None:
                return None
        return self.value(model, row, path[-1])

    def children(self, field: Field, row: dict) -> list[int]:
        target = self.registry.get(field.relation)
        rows = self.db.by(field.relation, field.inverse, row["id"])
        if "active" in target.own and self.context.get("active_test", True):
            rows = [one for one in rows if one.get("active")]
        return [one["id"] for one in self.sort(target, rows, target.order)]

    def display(self, name: str, key: int) -> str:
        row = self.row(name, key)
        return self.behaviour(name).display_name(self, row) if row else ""

    # ---- searching

    def search_ids(
        self, name: str, domain: Any, offset: int = 0, limit: int | None = None, order: str | None = None
    ) -> list[int]:
        model = self.registry.get(name)
        rows = self.sort(model, self.find(model, domain), order or model.order)
        return [row["id"] for row in rows[offset:][: limit or None]]

    def find(self, model: Model, domain: Any) -> list[dict]:
        domain = list(domain or [])
        if "active" in model.fields and self.context.get("active_test", True) and "active" not in domains.names(domain):
            test_active = model.own.get("active") is not None
        else:
            test_active = False
        test = domains.compile_domain(self, model, domain)
        rows = self.candidates(model, domain)
        if test_active:
            rows = [row for row in rows if row.get("active")]
        return [row for row in rows if test(row)] if domain else list(rows)

    def candidates(self, model: Model, domain: list) -> Iterable[dict]:
        """Rows that an index finds for one of the conditions that must hold, else all."""
        table = self.db.table(model.name)
        for name, operator, value in domains.conjuncts(domain):
            if operator not in ("=", "in") or isinstance(value, bool) or value is None:
                continue
            values = value if isinstance(value, (list, tuple)) else [value]
            if any(isinstance(one, bool) or not isinstance(one, (int, str)) for one in values):
                continue
            if name == "id":
                return [table[key] for key in sorted(set(values)) if key in table]
            field = model.own.get(name)
            if field and field.indexed and name in self.db.index[model.name]:
                if field.type == "many2one" and any(isinstance(one, str) for one in values):
                    continue
                return [row for one in dict.fromkeys(values) for row in self.db.by(model.name, name, one)]
        return table.values()

    def sort(self, model: Model, rows: Iterable[dict], order: str) -> list[dict]:
        rows = list(rows)
        for term in reversed(order.split(",")):
            words = term.split()
            if not words or len(words) > 4 or (len(words) > 1 and words[1].lower() not in ("asc", "desc", "nulls")):
                raise user_error(
                    f'Invalid "order" specified ({order}). A valid "order" specification is a comma-separated '
                    "list of valid field names (optionally followed by asc/desc for the direction)"
                )
            field, down = model.field(words[0]), len(words) > 1 and words[1].lower() == "desc"
            rows.sort(key=lambda row: self.sort_key(model, field, row), reverse=down)
        return rows

    def sort_key(self, model: Model, field: Field, row: dict) -> tuple:
        """Nulls are the largest, as in PostgreSQL; a many2one sorts by name."""
        value = row.get(field.name) if field.stored and field.name in model.own else self.value(model, row, field.name)
        if value is None:
            return (1, "")
        if field.type == "many2one" and field.name not in ("create_uid", "write_uid"):
            return (0, str(self.display(field.relation, value)), value)
        return (0, value)

    def name_search(
        self, model: Model, text: str, operator: str = "ilike", args: Any = None, limit: int | None = 100
    ) -> list:
        domain = list(args or [])
        if text or operator not in ("ilike", "like"):
            domain = self.behaviour(model.name).name_domain(self, text, operator) + domain
        ids = self.search_ids(model.name, domain, limit=limit)
        return [[key, self.display(model.name, key)] for key in ids]

    # ---- reading

    def read(
        self, model: Model, ids: Iterable[int], names: list[str] | None, load: str | None = "_classic_read"
    ) -> list[dict]:
        fields = [model.field(name) for name in names] if names else list(model.fields.values())
        return [self.read_row(model, row, fields, load) for row in self.rows(model, ids)]

    def read_row(self, model: Model, row: dict, fields: list[Field], load: str | None) -> dict:
        record: dict = {"id": row["id"]}
        for field in fields:
            value = self.value(model, row, field.name)
            if field.type == "many2one":
                record[field.name] = (
                    ([value, self.display(field.relation, value)] if load else value) if value else False
                )
            elif field.type in X2MANY:
                record[field.name] = list(value or [])
            else:
                record[field.name] = field.show(value)
        return record

    # ---- creating

    def create(self, name: str, given: dict, xid: str | None = None) -> int:
        model, acts = self.registry.get(name), self.behaviour(name)
        for key in given:
            model.field(key)
        vals = acts.prepare(self, {key: value for key, value in given.items() if key not in MAGIC})
        own, parent = self.split(model, vals)
        if model.inherits:
            link = model.inherits[1]
            if own.get(link):
                self.write(model.inherits[0], [own[link]], parent) if parent else None
            else:
                own[link] = self.with_context(create_product_product=False).create(model.inherits[0], parent)
        row = self.blank(model, own)
        plain, many, inverses = self.sort_values(model, own)
        row.update(plain)
        acts.before_create(self, row, own)
        self.check_row(model, row, plain)
        row["id"] = self.db.next_id(name)
        self.db.put(name, row)
        for field, commands in many:
            self.commands(model, row["id"], field, commands)
        for field, value in inverses:
            self.inverse(model, row["id"], field, value)
        if xid:
            self.set_xid(xid, name, row["id"])
        acts.after_create(self, self.db.table(name)[row["id"]], own)
        return row["id"]

    def split(self, model: Model, vals: dict) -> tuple[dict, dict]:
        """The model's own values, and those of the record that it inherits from."""
        if not model.inherits:
            return dict(vals), {}
        own = {key: value for key, value in vals.items() if key in model.own}
        return own, {key: value for key, value in vals.items() if key not in model.own}

    def blank(self, model: Model, own: dict) -> dict:
        row: dict = {}
        for field in model.own.values():
            if not field.stored or field.name == "id":
                continue
            given = self.context.get("default_" + field.name, field.default)
            if field.name in own or given is None:
                row[field.name] = (
                    []
                    if field.type == "many2many"
                    else (
                        field.number(0)
                        if field.type in ("integer", "float", "monetary")
                        else False if field.type == "boolean" else None
                    )
                )
            else:
                row[field.name] = self.default(field, given)
        row.update(create_uid=self.uid, create_date=self.now, write_uid=self.uid, write_date=self.now)
        return row

    def default(self, field: Field, given: Any) -> Any:
        if not isinstance(given, str) or not given.startswith("="):
            return list(given) if field.type == "many2many" else field.store(given)
        known = {"=company": COMPANY, "=now": self.now[:19], "=today": self.now[:10], "=uid": self.uid}
        if given in known:
            return known[given]
        settings = self.db.store.get("_settings", "defaults") or {}
        value = settings.get(given[1:])
        return ([value] if value else []) if field.type == "many2many" else value

    def sort_values(self, model: Model, own: dict) -> tuple[dict, list, list]:
        """Plain stored values; x2many commands; values of fields with an inverse."""
        plain, many, inverses = {}, [], []
        for key, value in own.items():
            field = model.own[key]
            if field.type in X2MANY:
                many.append((field, value))
            elif field.stored:
                plain[key] = field.store(value)
            elif hasattr(self.behaviour(model.name), "inverse_" + key):
                inverses.append((field, value))
            elif field.related and not field.readonly:
                inverses.append((field, value))
        return plain, many, inverses

    def inverse(self, model: Model, key: int, field: Field, value: Any) -> None:
        row, acts = self.db.table(model.name)[key], self.behaviour(model.name)
        if hasattr(acts, "inverse_" + field.name):
            getattr(acts, "inverse_" + field.name)(self, row, field.store(value))

    def check_row(self, model: Model, row: dict, changed: Iterable[str]) -> None:
        for field in model.required:
            if row.get(field.name) is None and field.name in model.own:
                raise not_null(model, field)
        for name in changed:
            field = model.own[name]
            if field.type == "many2one" and row.get(name) and row[name] not in self.db.table(field.relation):
                raise foreign_key(model, field)

    # ---- writing

    def write(self, name: str, ids: Iterable[int], given: dict) -> None:
        model, acts = self.registry.get(name), self.behaviour(name)
        ids = list(ids)
        for key in given:
            model.field(key)
        self.rows(model, ids)
        own, parent = self.split(model, {key: value for key, value in given.items() if key not in MAGIC})
        for key in ids:
            old = self.db.table(name)[key]
            if parent and model.inherits:
                self.write(model.inherits[0], [old[model.inherits[1]]], parent)
                old = self.db.table(name)[key]
            plain, many, inverses = self.sort_values(model, own)
            row = {**old, **plain, "write_uid": self.uid, "write_date": self.now}
            acts.before_write(self, old, row, own)
            self.check_row(model, row, plain)
            self.db.put(name, row)
            for field, commands in many:
                self.commands(model, key, field, commands)
            for field, value in inverses:
                self.inverse(model, key, field, value)
            acts.after_write(self, old, self.db.table(name)[key], own)

    def set(self, name: str, key: int, **values: Any) -> None:
        """Stored computed fields: written, and stamped, only when they change."""
        row = self.db.table(name)[key]
        if any(row.get(field) != value for field, value in values.items()):
            self.db.put(name, {**row, **values, "write_uid": self.uid, "write_date": self.now})

    def commands(self, model: Model, key: int, field: Field, given: Any) -> None:
        """x2many commands: (0,_,vals) (1,id,vals) (2,id) (3,id) (4,id) (5,) (6,_,ids)."""
        if given is False or given is None:
            given = [[5]]
        if not isinstance(given, (list, tuple)):
            raise value_error(f"Wrong value for {model.name}.{field.name}: {given!r}")
        if given and not isinstance(given[0], (list, tuple)):
            given = [[6, 0, list(given)]]
        for command in given:
            if not isinstance(command, (list, tuple)) or not command or command[0] not in range(7):
                raise value_error(f"Wrong value for {model.name}.{field.name}: {command!r}")
            (self.one_command if field.type == "one2many" else self.link_command)(
                model, key, field, list(command) + [0, 0, 0]
            )

    def one_command(self, model: Model, key: int, field: Field, command: list) -> None:
        kind, other, vals = command[0], command[1], command[2]
        if kind == 0:
            xid = vals.get("id") if isinstance(vals.get("id"), str) else None
            self.create(
                field.relation,
                {**{name: value for name, value in vals.items() if name != "id"}, field.inverse: key},
                xid,
            )
        elif kind == 1:
            self.write(field.relation, [other], {name: value for name, value in vals.items() if name != "id"})
        elif kind == 2:
            self.unlink(field.relation, [other])
        elif kind == 4:
            self.rows(self.registry.get(field.relation), [other])
            if self.db.table(field.relation)[other].get(field.inverse) != key:
                self.write(field.relation, [other], {field.inverse: key})
        else:
            keep = set(vals) if kind == 6 and isinstance(vals, (list, tuple)) else set()
            drop = (
                [other]
                if kind == 3
                else [row["id"] for row in self.db.by(field.relation, field.inverse, key) if row["id"] not in keep]
            )
            self.detach(field, drop)
            for one in keep:
                self.one_command(model, key, field, [4, one, 0])

    def detach(self, field: Field, ids: list[int]) -> None:
        link = self.registry.get(field.relation).fields[field.inverse]
        if link.required:
            self.unlink(field.relation, ids)
        elif ids:
            self.write(field.relation, ids, {field.inverse: False})

    def link_command(self, model: Model, key: int, field: Field, command: list) -> None:
        kind, other, vals = command[0], command[1], command[2]
        row = self.db.table(model.name)[key]
        have = list(row.get(field.name) or [])
        if kind == 0:
            have.append(self.create(field.relation, vals))
        elif kind == 1:
            self.write(field.relation, [other], vals)
        elif kind == 2:
            self.unlink(field.relation, [other])
            have = [one for one in have if one != other]
        elif kind == 3:
            have = [one for one in have if one != other]
        elif kind == 4:
            have.append(other)
        elif kind == 5:
            have = []
        else:
            have = list(vals)
        for one in have:
            if one not in self.db.table(field.relation):
                raise foreign_key(model, field)
        self.db.put(model.name, {**row, field.name: list(dict.fromkeys(have))})

    # ---- deleting

    def unlink(self, name: str, ids: Iterable[int]) -> None:
        model, acts = self.registry.get(name), self.behaviour(name)
        for row in self.rows(model, ids):
            if row["id"] not in self.db.table(name):
                continue  # gone with another of them
            acts.before_unlink(self, row)
            self.release(model, row["id"])
            for one in [one for one in self.db.by("ir.model.data", "res_id", row["id"]) if one["model"] == name]:
                self.db.delete("ir.model.data", one["id"])
            self.db.delete(name, row["id"])
            acts.after_unlink(self, row)

    def release(self, model: Model, key: int) -> None:
        """What PostgreSQL does to the rows that point here."""
        for other in self.registry.models.values():
            for field in other.own.values():
                if (
                    field.type != "many2one"
                    or field.relation != model.name
                    or field.name not in self.db.index[other.name]
                ):
                    continue
                rule = field.spec.get("ondelete") or ("restrict" if field.required else "set null")
                for row in self.db.by(other.name, field.name, key):
                    if rule == "cascade":
                        self.unlink(other.name, [row["id"]])
                    elif rule == "restrict":
                        raise foreign_key(other, field)
                    else:
                        self.db.put(other.name, {**row, field.name: None})

    # ---- external ids

    def xid(self, text: str) -> dict | None:
        found = self.db.by("ir.model.data", "complete_name", text)
        return found[0] if found else None

    def set_xid(self, text: str, name: str, key: int) -> None:
        module, _, rest = text.partition(".")
        known = self.xid(text)
        if known:
            self.write("ir.model.data", [known["id"]], {"res_id": key, "model": name})
        else:
            self.create("ir.model.data", {"module": module, "name": rest, "model": name, "res_id": key})


def not_null(model: Model, field: Field) -> Exception:
    error = validation_error(
        "The operation cannot be completed:\n- Create/update: a mandatory field is not set.\n- Delete: another "
        "model requires the record being deleted. If possible, archive it instead.\n\n"
        f"Model: {model.description} ({model.name})\nField: {field.label} ({field.name})\n"
    )
    error.missing = field  # load() words it in another way
    return error


def foreign_key(model: Model, field: Field) -> Exception:
    table = model.name.replace(".", "_")
    return validation_error(
        "The operation cannot be completed: another model requires the record being deleted. If possible, "
        f"archive it instead.\n\nModel: {model.description} ({model.name})\nConstraint: "
        f"{table}_{field.name}_fkey\n"
    )
