"""Objects and fields of the Salesforce stand-in, and what a JSON value must be like to be stored in one.

The object model is data (salesforce_objects.json: the standard fields that integrations use, and the custom
fields that a merchant's administrator would have added); the fields that every object has are added here.
Sources: Object Reference (types, lengths, createable/updateable), REST API Developer Guide "Status Codes and
Error Responses" (the error codes).

What the real one does to a value, and a client must expect: leading and trailing blanks go, the empty string is
null, e-mail addresses become lower case, numbers are rounded to the field's scale, date-times lose their fraction
of a second, 15-character ids become 18 characters.
"""

from __future__ import annotations

import json
import re
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

import sf.soql as soql

EMAIL = re.compile(r"[^@\s\"(),:;<>\[\]\\]+@[^@\s\"(),:;<>\[\]\\.]+(\.[^@\s\"(),:;<>\[\]\\.]+)+")
ID = re.compile(r"[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?")
TEXTS = {"string", "textarea", "email", "phone", "url", "picklist"}
NUMBERS = {"double", "currency", "percent"}
SUFFIX = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
FILTER_LENGTH_MAX = 255


class ApiError(Exception):
    """One error as the REST API words it. `extra` goes into its element as it is."""

    def __init__(self, status: int, code: str, message: str, fields: list[str] | None = None, **extra: Any) -> None:
        super().__init__(f"{code}: {message}")
        self.status, self.code, self.message, self.fields, self.extra = status, code, message, fields, extra

    def rest(self) -> list[dict]:
        """The answer's body on its own."""
        element = {"message": self.message, "errorCode": self.code}
        if self.fields is not None:
            element["fields"] = self.fields
        return [{**element, **self.extra}]

    def result(self) -> dict:
        """The element inside a save result of a collection."""
        return {"statusCode": self.code, "message": self.message, "fields": self.fields or [], **self.extra}


def to18(text: str) -> str:
    """A 15- or 18-character id with its three check characters."""
    short = text[:15]
    tail = ""
    for chunk in (short[0:5], short[5:10], short[10:15]):
        tail += SUFFIX[sum(1 << at for at, sign in enumerate(chunk) if "A" <= sign <= "Z")]
    return short + tail


def make_id(prefix: str, number: int) -> str:
    digits = ""
    while number:
        number, rest = divmod(number, 62)
        digits = BASE62[rest] + digits
    return to18(prefix + "Hs" + digits.rjust(10, "0"))


class Field:
    """One field. `target` names the object that a reference points to."""

    def __init__(self, name: str, spec: dict) -> None:
        self.name, self.type = name, spec["type"]
        self.length = spec.get("length", 0)
        self.precision, self.scale = spec.get("precision", 18), spec.get("scale", 2)
        self.required, self.default = spec.get("required", False), spec.get("default")
        self.createable, self.updateable = spec.get("createable", True), spec.get("updateable", True)
        self.external, self.unique = spec.get("externalId", False), spec.get("unique", False)
        self.id_lookup = self.external or spec.get("idLookup", False) or self.type == "id"
        self.indexed = self.external or self.unique or spec.get("indexed", False) or spec.get("idLookup", False)
        self.target, self.relation = spec.get("referenceTo"), spec.get("relationshipName")
        self.child_relation = spec.get("childRelationship")
        self.values, self.restricted = spec.get("values", []), spec.get("restricted", False)
        self.auto_number = spec.get("autoNumber")
        self.indexed = self.indexed or self.type == "reference"
        plain = name[:-3].replace("_", " ") if name.endswith("__c") else re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
        self.label = plain[:-3] + " ID" if plain.endswith(" Id") else plain
        self.filterable = not (self.type == "textarea" and self.length > FILTER_LENGTH_MAX)

    def describe(self, prefix: str | None) -> dict:
        text = self.type in TEXTS or self.type in ("id", "reference")
        return {
            "name": self.name,
            "label": self.label,
            "type": self.type,
            "custom": self.name.endswith("__c"),
            "length": (18 if self.type in ("id", "reference") else self.length) if text else 0,
            "byteLength": (18 if self.type in ("id", "reference") else self.length * 3) if text else 0,
            "precision": self.precision if self.type in NUMBERS else 0,
            "scale": self.scale if self.type in NUMBERS else 0,
            "digits": 9 if self.type == "int" else 0,
            "nillable": not self.required and self.type not in ("boolean", "id"),
            "createable": self.createable,
            "updateable": self.updateable,
            "externalId": self.external,
            "unique": self.unique,
            "caseSensitive": False,
            "idLookup": self.id_lookup,
            "filterable": self.filterable,
            "sortable": self.filterable,
            "groupable": text and self.filterable,
            "autoNumber": bool(self.auto_number),
            "calculated": False,
            "deprecatedAndHidden": False,
            "defaultedOnCreate": self.type == "boolean" or self.name == "OwnerId" or bool(self.auto_number),
            "defaultValue": False if self.type == "boolean" else self.default,
            "nameField": self.name in ("Name", "OrderNumber", "OrderItemNumber"),
            "referenceTo": [self.target] if self.target else [],
            "relationshipName": self.relation,
            "restrictedPicklist": self.restricted,
            "soapType": soap_type(self.type),
            "picklistValues": [
                {
                    "active": True,
                    "defaultValue": value == self.default,
                    "label": value,
                    "validFor": None,
                    "value": value,
                }
                for value in self.values
            ],
        }

    # ---- values coming in

    def accept(self, value: Any, object_name: str) -> Any:
        """The value as it is stored, or ApiError."""
        if value is None:
            if self.type == "boolean":
                raise ApiError(
                    400, "INVALID_TYPE_ON_FIELD_IN_RECORD", f"{self.label}: value not of required type: ", [self.name]
                )
            return None
        if self.type in TEXTS:
            return self.accept_text(value)
        if self.type in NUMBERS or self.type == "int":
            return self.accept_number(value)
        if self.type == "boolean":
            return self.accept_boolean(value)
        if self.type in ("reference", "id"):
            return self.accept_id(value)
        return self.accept_time(value)

    def parser_error(self, value: Any, wanted: str) -> ApiError:
        kind = (
            "VALUE_TRUE"
            if value is True
            else (
                "VALUE_FALSE"
                if value is False
                else (
                    "VALUE_NUMBER_INT"
                    if isinstance(value, int)
                    else (
                        "VALUE_NUMBER_FLOAT"
                        if isinstance(value, float)
                        else (
                            "START_OBJECT"
                            if isinstance(value, dict)
                            else "START_ARRAY" if isinstance(value, list) else "VALUE_STRING"
                        )
                    )
                )
            )
        )
        shown = "" if isinstance(value, (dict, list)) else f" value {json.dumps(value).strip(chr(34))}"
        return ApiError(
            400,
            "JSON_PARSER_ERROR",
            f"Cannot deserialize instance of {wanted} from {kind}{shown} or request "
            "may be missing a required field at [line:1, column:1]",
        )

    def accept_text(self, value: Any) -> str | None:
        if not isinstance(value, str):
            raise self.parser_error(value, "string")
        value = value.strip()
        if not value:
            return None
        size = len(value) if value.isascii() else len(value.encode("utf-16-le", "surrogatepass")) // 2
        if size > self.length:
            raise ApiError(
                400,
                "STRING_TOO_LONG",
                f"{self.label}: data value too large: {value} (max length={self.length})",
                [self.name],
            )
        if self.type == "email":
            if not EMAIL.fullmatch(value):
                raise ApiError(
                    400, "INVALID_EMAIL_ADDRESS", f"{self.label}: invalid email address: {value}", [self.name]
                )
            return value.lower()
        if self.restricted and value not in self.values:
            raise ApiError(
                400,
                "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
                f"{self.label}: bad value for restricted picklist field: {value}",
                [self.name],
            )
        return value

    def accept_number(self, value: Any) -> float | int:
        wanted = "int" if self.type == "int" else "double"
        if isinstance(value, bool) or not isinstance(value, (int, float, str)):
            raise self.parser_error(value, wanted)
        try:
            number = Decimal(str(value).strip())
            if not number.is_finite():
                raise InvalidOperation
        except InvalidOperation:
            raise self.parser_error(value, wanted) from None
        scale = 0 if self.type == "int" else self.scale
        whole = 9 if self.type == "int" else self.precision - scale
        if abs(number) >= Decimal(10) ** whole:
            raise ApiError(
                400,
                "NUMBER_OUTSIDE_VALID_RANGE",
                f"{self.label}: value outside of valid range on numeric field: {value}",
                [self.name],
            )
        number = number.quantize(Decimal(1).scaleb(-scale), rounding=ROUND_HALF_UP)
        return int(number) if self.type == "int" else float(number)

    def accept_boolean(self, value: Any) -> bool:
        if isinstance(value, str) and value.lower() in ("true", "false"):
            return value.lower() == "true"
        if not isinstance(value, bool):
            raise self.parser_error(value, "boolean")
        return value

    def accept_id(self, value: Any) -> str | None:
        if not isinstance(value, str):
            raise self.parser_error(value, "reference")
        if not value:
            return None
        if not ID.fullmatch(value):
            raise ApiError(400, "MALFORMED_ID", f"{self.label}: id value of incorrect type: {value}", [self.name])
        return to18(value)

    def accept_time(self, value: Any) -> str:
        try:
            if self.type == "date":
                return date.fromisoformat(
                    str(value) if re.fullmatch(r"\d{4}-\d\d-\d\d", str(value)) else ""
                ).isoformat()
            return soql.normal_datetime(value if isinstance(value, str) else "")[:19] + ".000+0000"
        except ValueError:
            raise self.parser_error(value, self.type) from None


def soap_type(kind: str) -> str:
    return {
        "id": "tns:ID",
        "reference": "tns:ID",
        "boolean": "xsd:boolean",
        "double": "xsd:double",
        "int": "xsd:int",
        "currency": "xsd:double",
        "percent": "xsd:double",
        "date": "xsd:date",
        "datetime": "xsd:dateTime",
    }.get(kind, "xsd:string")


SYSTEM = {
    "Id": {"type": "id", "createable": False, "updateable": False},
    "IsDeleted": {"type": "boolean", "createable": False, "updateable": False},
    "CreatedDate": {"type": "datetime", "required": True, "createable": False, "updateable": False},
    "CreatedById": {
        "type": "reference",
        "referenceTo": "User",
        "relationshipName": "CreatedBy",
        "createable": False,
        "updateable": False,
    },
    "LastModifiedDate": {"type": "datetime", "createable": False, "updateable": False},
    "LastModifiedById": {
        "type": "reference",
        "referenceTo": "User",
        "relationshipName": "LastModifiedBy",
        "createable": False,
        "updateable": False,
    },
    "SystemModstamp": {"type": "datetime", "createable": False, "updateable": False},
}
OWNER = {"OwnerId": {"type": "reference", "referenceTo": "User", "relationshipName": "Owner"}}


class SObject:
    def __init__(self, name: str, spec: dict, multicurrency: bool) -> None:
        self.name, self.label, self.prefix = name, spec["label"], spec["keyPrefix"]
        self.readonly, self.assignment = spec.get("readonly", False), spec.get("assignment", False)
        self.owned = spec.get("owned", True)
        own = {k: v for k, v in spec["fields"].items() if multicurrency or not v.get("multicurrency")}
        specs = {"Id": SYSTEM["Id"], **(OWNER if self.owned else {}), **SYSTEM, **own}
        self.fields = {field: Field(field, given) for field, given in specs.items()}
        self.by_lower = {field.lower(): self.fields[field] for field in self.fields}
        self.relations = {f.relation.lower(): f for f in self.fields.values() if f.relation}
        self.children: dict[str, tuple[SObject, Field]] = {}
        self.indexed = [f.name for f in self.fields.values() if f.indexed]
        self.required = [f for f in self.fields.values() if f.required and f.createable]

    def field(self, name: str) -> Field:
        """A field by any spelling of its case, as the data API words its absence."""
        found = self.by_lower.get(name.lower())
        if found is None:
            raise ApiError(400, "INVALID_FIELD", f"No such column '{name}' on sobject of type {self.name}")
        return found

    def brief(self, base: str) -> dict:
        return {
            "name": self.name,
            "label": self.label,
            "labelPlural": self.label + "s",
            "keyPrefix": self.prefix,
            "custom": False,
            "createable": not self.readonly,
            "updateable": not self.readonly,
            "deletable": not self.readonly,
            "queryable": True,
            "retrieveable": True,
            "searchable": True,
            "replicateable": True,
            "undeletable": not self.readonly,
            "urls": {
                "sobject": f"{base}/sobjects/{self.name}",
                "rowTemplate": f"{base}/sobjects/{self.name}/{{ID}}",
                "describe": f"{base}/sobjects/{self.name}/describe",
            },
        }

    def describe(self, base: str) -> dict:
        children = [
            {
                "childSObject": child.name,
                "field": field.name,
                "relationshipName": field.child_relation,
                "cascadeDelete": False,
                "restrictedDelete": False,
                "deprecatedAndHidden": False,
            }
            for child, field in self.children.values()
        ]
        return {
            **self.brief(base),
            "fields": [f.describe(self.prefix) for f in self.fields.values()],
            "childRelationships": children,
            "recordTypeInfos": [],
        }


class Schema:
    def __init__(self, specs: dict, multicurrency: bool) -> None:
        self.objects = {name: SObject(name, spec, multicurrency) for name, spec in specs.items()}
        self.by_lower = {name.lower(): found for name, found in self.objects.items()}
        self.by_prefix = {found.prefix: found for found in self.objects.values()}
        for found in self.objects.values():
            for field in found.fields.values():
                if field.child_relation:
                    parent = self.objects[field.target]
                    parent.children[field.child_relation.lower()] = (found, field)

    def get(self, name: str) -> SObject | None:
        return self.by_lower.get(name.lower())
