"""load(fields, rows): import as from a CSV file, creating or updating by external id. All of it, or nothing.

Source: odoo/models.py (load, _extract_records, _convert_records) and odoo/addons/base/models/ir_fields.py. Columns:
`id` external id, `.id` database id, `partner_id` by name, `partner_id/id` and `partner_id/.id` by either id,
`order_line/product_id/.id` for sub-records, whose further rows have only one2many columns filled. An empty cell
clears the field. Date-times are read in the user's time zone (the context's tz, else the user's, else UTC).
"""

from __future__ import annotations

import re
from datetime import datetime, timezone
from typing import Any
from zoneinfo import ZoneInfo

from erp.orm import Env
from erp.schema import Field, Model, OdooError

IDS = {"id", ".id", None}
TRUE, FALSE = {"1", "true", "yes"}, {"", "0", "false", "no"}


class BadCell(Exception):
    def __init__(self, message: str, **more: Any) -> None:
        super().__init__(message)
        self.message, self.more = message, more


def split_path(name: str) -> list[str]:
    name = re.sub(r"([^/])\.id", r"\1/.id", name)
    return re.sub(r"([^/]):id", r"\1/id", name).split("/")


def load(env: Env, model: Model, names: list[str], rows: list[list]) -> dict:
    """{"ids": [...] | False, "messages": [...], "nextrow": 0}; the caller rolls back when ids is False."""
    paths = [split_path(name) for name in names]
    mark, ids, messages = env.db.mark(), [], []
    for record, span in extract(env, model, paths, rows):
        try:
            before = len(messages)
            values = Converter(env, model, messages, span).convert(record)
            if len(messages) == before or all(m["type"] != "error" for m in messages[before:]):
                ids.append(save(env, model, record, values))
        except BadCell as bad:
            messages.append(message(span, None, bad))
        except OdooError as error:
            if error.name == "builtins.KeyError":
                raise
            messages.append(message(span, None, BadCell(wording(error))))
    if any(one["type"] == "error" for one in messages):
        env.db.rollback(mark)
        return {"ids": False, "messages": messages, "nextrow": 0}
    return {"ids": ids, "messages": messages, "nextrow": 0}


def wording(error: OdooError) -> str:
    field: Field | None = getattr(error, "missing", None)
    if field is not None:
        return f"Missing required value for the field '{field.label}' ({field.name})"
    if error.name.startswith("builtins."):
        return f"Unknown error during import: <class '{error.name.removeprefix('builtins.')}'>: {error.message}"
    return error.message


def message(span: tuple[int, int], field: str | None, bad: BadCell, kind: str = "error") -> dict:
    found = {
        "type": kind,
        "message": bad.message,
        "rows": {"from": span[0], "to": span[1]},
        "record": span[0],
        **bad.more,
    }
    if field:
        found["field"] = field
    return found


def column(env: Env, model: Model, name: str) -> Field:
    """A column's field; an unknown one fails the whole call, as in the real one."""
    found = model.fields.get("id" if name == ".id" else name)
    if found is None:
        raise OdooError("builtins.KeyError", f"'{name}'")
    return found


def extract(env: Env, model: Model, paths: list[list[str]], rows: list[list]) -> Any:
    """Rows → (record, (first, last)): one2many sub-rows belong to the record above them."""
    kinds = [column(env, model, path[0]).type for path in paths]
    plain = [at for at, kind in enumerate(kinds) if kind != "one2many"]
    many = [at for at, kind in enumerate(kinds) if kind == "one2many"]
    at = 0
    while at < len(rows):
        end = at + 1
        while end < len(rows) and any(rows[end][n] for n in many) and not any(rows[end][n] for n in plain):
            end += 1
        record: dict = {}
        for n in plain:
            path, value = paths[n], rows[at][n]
            relational = column(env, model, path[0]).relation and path[0] not in IDS
            if relational:
                record.setdefault(path[0], {})["/".join(path[1:]) or None] = value
            else:
                record[path[0]] = value
        for name in dict.fromkeys(paths[n][0] for n in many):
            record[name] = sub_records(env, model, name, paths, many, rows[at:end])
        yield record, (at, end - 1)
        at = end


def sub_records(
    env: Env, model: Model, name: str, paths: list[list[str]], many: list[int], rows: list[list]
) -> list[dict]:
    own = [n for n in many if paths[n][0] == name]
    inner = [paths[n][1:] or [None] for n in own]
    cells = [[row[n] for n in own] for row in rows if any(row[n] for n in own)]
    if inner == [[None]] or inner in ([["id"]], [[".id"]]):
        return [{inner[0][0]: cell[0]} for cell in cells]
    target = env.registry.get(column(env, model, name).relation)
    return [record for record, _ in extract(env, target, inner, cells)]


def save(env: Env, model: Model, record: dict, values: dict) -> int:
    """By database id, else by external id, else anew."""
    if record.get(".id"):
        key = int(record[".id"])
        env.write(model.name, [key], values)
        return key
    xid = qualified(record["id"]) if record.get("id") else None
    known = env.xid(xid) if xid else None
    if known and known["model"] != model.name:
        raise BadCell(f"Invalid external ID {xid}: expected model {model.name!r}, found {known['model']!r}")
    if known and env.row(model.name, known["res_id"]):
        env.write(model.name, [known["res_id"]], values)
        return known["res_id"]
    if model.name == "stock.quant":
        counted = (
            values
            if values.get("location_id")
            else {**values, "location_id": env.row("stock.warehouse", 1)["lot_stock_id"]}
        )
        key = env.behaviour(model.name).create_counted(env.with_context(inventory_mode=True), counted)
    else:
        key = env.create(model.name, values)
    if xid:
        env.set_xid(xid, model.name, key)
    return key


def qualified(xid: Any) -> str:
    return str(xid) if "." in str(xid) else f"__import__.{xid}"


class Converter:
    """Texts of one record → values for create() and write()."""

    def __init__(self, env: Env, model: Model, messages: list, span: tuple[int, int], above: str = "") -> None:
        self.env, self.model, self.messages, self.span, self.above = env, model, messages, span, above

    def convert(self, record: dict) -> dict:
        if record.get(".id"):
            self.check_database_id(record[".id"])
        values: dict = {}
        for name, text in record.items():
            if name in IDS:
                continue
            field = column(self.env, self.model, name)
            try:
                values[name] = self.cell(field, text)
            except BadCell as bad:
                label = f"{self.above}{field.label}"
                bad.message = bad.message.replace("%(field)s", label)
                bad.more.setdefault("field_name", label)
                self.messages.append(message(self.span, name, bad))
        return values

    def check_database_id(self, text: Any) -> None:
        if not re.fullmatch(r"\d+", str(text)) or int(text) not in self.env.db.table(self.model.name):
            self.messages.append(message(self.span, ".id", BadCell(f"Unknown database identifier '{text}'")))
            raise BadCell(f"Unknown database identifier '{text}'")

    def cell(self, field: Field, text: Any) -> Any:
        if field.type == "one2many":
            return self.sub(field, text)
        if field.relation:
            return self.relation(field, text)
        if text in ("", None, False):
            return False
        if not isinstance(text, str):
            return text
        return getattr(self, "as_" + field.type, self.as_text)(field, text)

    def as_text(self, field: Field, text: str) -> str:
        return text

    def as_boolean(self, field: Field, text: str) -> bool:
        if text.lower() in TRUE:
            return True
        if text.lower() not in FALSE:
            self.messages.append(
                message(
                    self.span,
                    field.name,
                    BadCell(
                        f"Unknown value '{text}' for boolean field '{field.label}'",
                        moreinfo="Use '1' for yes and '0' for no",
                    ),
                    "warning",
                )
            )
            return True
        return False

    def as_integer(self, field: Field, text: str) -> int:
        try:
            return int(text)
        except ValueError:
            raise BadCell(f"'{text}' does not seem to be an integer for field '%(field)s'") from None

    def as_float(self, field: Field, text: str) -> float:
        try:
            return float(text)
        except ValueError:
            raise BadCell(f"'{text}' does not seem to be a number for field '%(field)s'") from None

    as_monetary = as_float

    def as_date(self, field: Field, text: str) -> str:
        try:
            return datetime.strptime(text[:10], "%Y-%m-%d").strftime("%Y-%m-%d")
        except ValueError:
            raise BadCell(
                f"'{text}' does not seem to be a valid date for field '%(field)s'",
                moreinfo="Use the format '2012-12-31'",
            ) from None

    def as_datetime(self, field: Field, text: str) -> str:
        try:
            moment = datetime.strptime(text if len(text) > 10 else text + " 00:00:00", "%Y-%m-%d %H:%M:%S")
        except ValueError:
            raise BadCell(
                f"'{text}' does not seem to be a valid datetime for field '%(field)s'",
                moreinfo="Use the format '2012-12-31 23:59:59'",
            ) from None
        user = self.env.row("res.users", self.env.uid) or {}
        zone = self.env.context.get("tz") or user.get("tz") or "UTC"
        return moment.replace(tzinfo=ZoneInfo(zone)).astimezone(timezone.utc).strftime("%Y-%m-%d %H:%M:%S")

    def as_selection(self, field: Field, text: str) -> str:
        for key, label in field.selection:
            if text.lower() in (key.lower(), label.lower()):
                return key
        raise BadCell(
            f"Value '{text}' not found in selection field '%(field)s'", moreinfo=[label for _, label in field.selection]
        )

    def relation(self, field: Field, given: Any) -> Any:
        if not isinstance(given, dict) or set(given) - IDS:
            raise BadCell("Can not create Many-To-One records indirectly, import the field separately")
        if len(given) > 1:
            raise BadCell(
                "Ambiguous specification for field '%(field)s', only provide one of name, external id or database id"
            )
        ((kind, text),) = given.items()
        if field.type == "many2many":
            return [[6, 0, [self.find(field, kind, one) for one in str(text).split(",")] if text else []]]
        return self.find(field, kind, text) if text not in ("", None, False) else False

    def find(self, field: Field, kind: str | None, text: Any) -> int:
        target = self.env.registry.get(field.relation)
        found = None
        if kind == ".id":
            found = int(text) if re.fullmatch(r"\d+", str(text)) else None
        elif kind == "id":
            known = self.env.xid(qualified(str(text)))
            if known and known["model"] != target.name:
                raise BadCell(f"Invalid external ID {text}: expected model {target.name!r}, found {known['model']!r}")
            found = known["res_id"] if known else None
        else:
            matches = self.env.name_search(target, str(text), "=")
            if len(matches) > 1:
                self.messages.append(
                    message(
                        self.span,
                        field.name,
                        BadCell(
                            f"Found multiple matches for value '{text}' in field '{field.label}' ({len(matches)} matches)"
                        ),
                        "warning",
                    )
                )
            found = matches[0][0] if matches else None
        if found not in self.env.db.table(target.name):
            what = {".id": "database id", "id": "external id"}.get(kind, "name")
            raise BadCell(f"No matching record found for {what} '{text}' in field '%(field)s'")
        return found

    def sub(self, field: Field, records: list[dict]) -> list:
        target, commands = self.env.registry.get(field.relation), []
        if records and set(records[0]) <= IDS:
            return [
                [4, self.find(field, kind, one)]
                for record in records
                for kind, text in record.items()
                for one in str(text).split(",")
            ]
        for record in records:
            start = len(self.messages)
            values = Converter(self.env, target, self.messages, self.span, f"{self.above}{field.label}/").convert(
                record
            )
            for one in self.messages[start:]:
                one["field"] = field.name
            key = self.sub_key(field, record)
            if key:
                commands += [[4, key], [1, key, values]]
            else:
                commands.append([0, 0, {**values, **({"id": qualified(record["id"])} if record.get("id") else {})}])
        return commands

    def sub_key(self, field: Field, record: dict) -> int | None:
        if record.get(".id"):
            return self.find(field, ".id", record[".id"])
        if not record.get("id"):
            return None
        known = self.env.xid(qualified(record["id"]))
        return known["res_id"] if known and self.env.row(field.relation, known["res_id"]) else None
