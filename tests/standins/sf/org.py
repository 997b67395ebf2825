"""The data of one Salesforce org: saving, finding and deleting records under the schema and the business rules.

A stored row is never changed in place: a change puts a new dict and remembers the old one, so `rollback` to a
mark undoes any number of saves (allOrNone). Deleted rows stay, with IsDeleted, as in the recycle bin.
CreatedDate, LastModifiedDate and SystemModstamp have the resolution of a second and move on every save, even on
one that changes nothing; SystemModstamp moves also where the system itself changes a row (an order's total).
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

import sf.rules as rules
from sf.schema import ID, ApiError, Field, Schema, SObject, make_id, to18
from sf.soql import api_time

PEOPLE = {"erika.mustermann@standin.example": "Erika Mustermann", "assignment.rule@standin.example": "Territory Queue"}


@dataclass
class Caller:
    """Who saves. `assign`: assignment rules run, as they do unless Sforce-Auto-Assign says FALSE."""

    user: str
    assign: bool = False
    backdate_s: float = 0  # a save of a long transaction: committed now, stamped as it began


def stamp(back_s: float = 0) -> str:
    return api_time(datetime.fromtimestamp(int(time.time() - back_s), timezone.utc))


class Org:
    def __init__(self, store: Any, schema: Schema, username: str, currency: str, multicurrency: bool) -> None:
        self.store, self.schema, self.currency, self.multicurrency = store, schema, currency, multicurrency
        self.index: dict[str, dict[str, dict[str, dict[str, None]]]] = {}
        self.undo: list[tuple[str, str, dict | None]] = []
        for found in schema.objects.values():
            self.index[found.name] = {name: {} for name in found.indexed}
            for row in store.table(found.name).values():
                self.index_row(found, row)
        self.users = {row["Username"]: row["Id"] for row in store.all("User")}
        if not self.users:
            self.seed(username)
        self.integration, self.person, self.assignee = list(self.users.values())[:3]

    def seed(self, username: str) -> None:
        for name, label in {username: "Integration User", **PEOPLE}.items():
            key = make_id("005", self.store.next("id:User"))
            self.put(
                "User",
                {
                    "Id": key,
                    "IsDeleted": False,
                    "Username": name,
                    "Name": label,
                    "Email": name,
                    "IsActive": True,
                    "CreatedDate": stamp(),
                    "CreatedById": key,
                    "LastModifiedDate": stamp(),
                    "LastModifiedById": key,
                    "SystemModstamp": stamp(),
                },
            )
            self.users[name] = key
        caller = Caller(next(iter(self.users.values())))
        key = self.insert(caller, "Pricebook2", {"Name": "Standard Price Book", "IsActive": True})
        self.put("Pricebook2", {**self.store.get("Pricebook2", key), "IsStandard": True})
        self.undo.clear()

    # ---- rows and indexes

    def rows(self, name: str) -> dict[str, dict]:
        return self.store.table(name)

    def row(self, name: str, key: str | None) -> dict | None:
        """A live row."""
        found = self.store.table(name).get(key) if key else None
        return found if found and not found["IsDeleted"] else None

    def by_index(self, name: str, field: str, value: Any) -> list[str]:
        key = value.lower() if isinstance(value, str) else value
        return list(self.index[name][field].get(key, ()))

    def matching(self, name: str, field: str, value: Any) -> list[dict]:
        table = self.store.table(name)
        return [table[key] for key in self.by_index(name, field, value)]

    def index_row(self, found: SObject, row: dict, remove: bool = False) -> None:
        if row["IsDeleted"]:
            return
        indexes = self.index[found.name]
        for name in found.indexed:
            value = row.get(name)
            if value is None:
                continue
            key = value.lower() if isinstance(value, str) else value
            if remove:
                bucket = indexes[name].get(key)
                if bucket is not None:
                    bucket.pop(row["Id"], None)
                    if not bucket:
                        del indexes[name][key]
            else:
                indexes[name].setdefault(key, {})[row["Id"]] = None

    def put(self, name: str, row: dict) -> dict:
        found, key = self.schema.objects[name], row["Id"]
        old = self.store.table(name).get(key)
        self.undo.append((name, key, old))
        if old:
            self.index_row(found, old, remove=True)
        self.store.put(name, key, row)
        self.index_row(found, row)
        return row

    def mark(self) -> int:
        return len(self.undo)

    def rollback(self, mark: int) -> None:
        while len(self.undo) > mark:
            name, key, old = self.undo.pop()
            found, now = self.schema.objects[name], self.store.table(name).get(key)
            if now:
                self.index_row(found, now, remove=True)
            if old is None:
                self.store.delete(name, key)
            else:
                self.store.put(name, key, old)
                self.index_row(found, old)

    # ---- finding

    def find(self, found: SObject, text: str) -> dict:
        """The live row with an id from a URL."""
        if not ID.fullmatch(text) or not text.startswith(found.prefix):
            raise ApiError(404, "NOT_FOUND", f"Provided external ID field does not exist or is not accessible: {text}")
        row = self.store.table(found.name).get(to18(text))
        if row is None:
            raise ApiError(404, "NOT_FOUND", "The requested resource does not exist")
        if row["IsDeleted"]:
            raise ApiError(404, "ENTITY_IS_DELETED", "entity is deleted")
        return row

    def lookup_field(self, found: SObject, name: str) -> Field:
        field = found.by_lower.get(name.lower())
        if field is None or not field.id_lookup:
            raise ApiError(404, "NOT_FOUND", f"Provided external ID field does not exist or is not accessible: {name}")
        return field

    def find_external(self, found: SObject, field: Field, value: str) -> list[dict]:
        if field.type == "id":
            row = self.row(found.name, to18(value)) if ID.fullmatch(value) else None
            return [row] if row else []
        return self.matching(found.name, field.name, value.strip())

    # ---- saving

    def accept(self, found: SObject, body: Any, creating: bool) -> dict:
        """The given fields as stored values."""
        if not isinstance(body, dict):
            raise ApiError(400, "JSON_PARSER_ERROR", "The value provided is not an sObject at [line:1, column:1]")
        values, forbidden = {}, []
        for name, value in body.items():
            if name == "attributes":
                continue
            if isinstance(value, dict) and name.lower() in found.relations:
                field = found.relations[name.lower()]
                values[field.name] = self.foreign_key(field, value)
                continue
            field = found.field(name)
            if field.type == "id":
                raise ApiError(400, "INVALID_FIELD", "The Id field should not be specified in the sobject data.")
            if not (field.createable if creating else field.updateable):
                forbidden.append(field.name)
                continue
            values[field.name] = field.accept(value, found.name)
        if forbidden:
            raise ApiError(
                400,
                "INVALID_FIELD_FOR_INSERT_UPDATE",
                f"Unable to create/update fields: {', '.join(forbidden)}. Please check the security settings "
                "of this field and verify that it is read/write for your profile or permission set.",
                forbidden,
            )
        self.check_references(found, values)
        return values

    def foreign_key(self, field: Field, given: dict) -> str:
        """{"Account": {"External__c": "x"}}: the parent by one of its external ids."""
        target = self.schema.objects[field.target]
        pairs = [(name, value) for name, value in given.items() if name != "attributes"]
        if len(pairs) != 1 or not target.field(pairs[0][0]).id_lookup:
            raise ApiError(
                400,
                "INVALID_FIELD",
                (
                    f"More than 1 field provided in an external foreign key reference in entity: " f"{target.name}"
                    if len(pairs) != 1
                    else f"{pairs[0][0]} is not an External ID or indexed field for {target.name}"
                ),
            )
        name, value = pairs[0]
        rows = self.find_external(target, target.field(name), str(value))
        if len(rows) != 1:
            raise ApiError(
                400,
                "INVALID_FIELD",
                f"Foreign key external ID: {value} not found for field "
                f"{target.field(name).name} in entity {target.name}",
            )
        return rows[0]["Id"]

    def check_references(self, found: SObject, values: dict) -> None:
        for name, value in values.items():
            field = found.fields[name]
            if field.type != "reference" or value is None:
                continue
            if not value.startswith(self.schema.objects[field.target].prefix):
                raise ApiError(400, "MALFORMED_ID", f"{field.label}: id value of incorrect type: {value}", [name])
            row = self.store.table(field.target).get(value)
            if row is None:
                raise ApiError(400, "INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", [name])
            if row["IsDeleted"]:
                raise ApiError(400, "ENTITY_IS_DELETED", "entity is deleted", [name])

    def check_required(self, found: SObject, row: dict) -> None:
        missing = [field.name for field in found.required if row.get(field.name) is None]
        if missing:
            raise ApiError(
                400, "REQUIRED_FIELD_MISSING", f"Required fields are missing: [{', '.join(missing)}]", missing
            )

    def check_unique(self, found: SObject, row: dict) -> None:
        for field in found.fields.values():
            if not field.unique or row.get(field.name) is None:
                continue
            others = [key for key in self.by_index(found.name, field.name, row[field.name]) if key != row["Id"]]
            if others:
                raise ApiError(
                    400,
                    "DUPLICATE_VALUE",
                    f"duplicate value found: {field.name} duplicates value on record " f"with id: {others[0][:15]}",
                    [],
                )

    def blank(self, found: SObject, caller: Caller) -> dict:
        now = stamp(caller.backdate_s)
        row: dict = {"Id": "", "IsDeleted": False}
        for field in found.fields.values():
            row.setdefault(field.name, False if field.type == "boolean" else field.default)
        row.update(
            CreatedDate=now,
            CreatedById=caller.user,
            LastModifiedDate=now,
            LastModifiedById=caller.user,
            SystemModstamp=now,
        )
        if found.owned:
            row["OwnerId"] = caller.user
        if self.multicurrency and "CurrencyIsoCode" in row:
            row["CurrencyIsoCode"] = self.currency
        return row

    def insert(self, caller: Caller, name: str, body: dict) -> str:
        found = self.writable(name)
        given = self.accept(found, body, creating=True)
        row = {**self.blank(found, caller), **given}
        self.check_required(found, row)
        row["Id"] = make_id(found.prefix, self.store.next(f"id:{found.name}"))
        for field in found.fields.values():
            if field.auto_number:
                row[field.name] = field.auto_number.format(self.store.next(f"number:{found.name}", 100))
        rules.before_insert(self, caller, found.name, row, given)
        self.check_unique(found, row)
        self.assign(caller, found, row)
        self.put(found.name, row)
        rules.after_save(self, found.name, None, row)
        return row["Id"]

    def update(self, caller: Caller, name: str, old: dict, body: dict) -> None:
        found = self.writable(name)
        given = self.accept(found, body, creating=False)
        now = stamp(caller.backdate_s)
        row = {**old, **given, "LastModifiedDate": now, "LastModifiedById": caller.user, "SystemModstamp": now}
        self.check_required(found, row)
        rules.before_update(self, caller, found.name, old, row, given)
        self.check_unique(found, row)
        self.assign(caller, found, row)
        self.put(found.name, row)
        rules.after_save(self, found.name, old, row)

    def assign(self, caller: Caller, found: SObject, row: dict) -> None:
        if caller.assign and found.assignment:
            row["OwnerId"] = self.assignee

    def delete(self, caller: Caller, name: str, row: dict) -> None:
        found = self.writable(name)
        rules.before_delete(self, caller, found.name, row)
        now = stamp()
        gone = {
            **row,
            "IsDeleted": True,
            "LastModifiedDate": now,
            "LastModifiedById": caller.user,
            "SystemModstamp": now,
        }
        self.put(found.name, gone)
        rules.after_save(self, found.name, row, gone)

    def writable(self, name: str) -> SObject:
        found = self.schema.objects[name]
        if found.readonly:
            raise ApiError(400, "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", f"entity type cannot be saved: {name}")
        return found

    def touch(self, name: str, row: dict, values: dict, moved: bool = True) -> None:
        """The system's own change of a row: SystemModstamp moves, LastModified does not."""
        self.put(name, {**row, **values, **({"SystemModstamp": stamp()} if moved else {})})
