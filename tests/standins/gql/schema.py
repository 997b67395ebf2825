"""The schema (read from the schema language) and the coercion of input values to its types."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any, Callable

from gql.parse import Enum, Parser, TypeRef, Var

MISSING = object()


@dataclass
class InputDef:
    """An argument or a field of an input object."""

    name: str
    type: TypeRef
    default: Any = MISSING

    @property
    def required(self) -> bool:
        return self.type.required and self.default is MISSING


@dataclass
class FieldDef:
    name: str
    type: TypeRef
    args: dict[str, InputDef] = field(default_factory=dict)


@dataclass
class Type:
    kind: str  # type, interface, union, input, enum, scalar
    name: str
    fields: dict[str, Any] = field(default_factory=dict)
    interfaces: list[str] = field(default_factory=list)
    values: frozenset[str] = frozenset()
    possible: frozenset[str] = frozenset()

    @property
    def leaf(self) -> bool:
        return self.kind in ("enum", "scalar")


class Schema:
    """types by name; `directives`: name → (arguments, where it may stand)."""

    def __init__(self, text: str, scalars: dict[str, Callable[[Any], Any]]) -> None:
        self.scalars = {**BUILT_IN, **scalars}
        self.types: dict[str, Type] = {name: Type("scalar", name) for name in BUILT_IN}
        condition = {"if": InputDef("if", TypeRef("Boolean", required=True))}
        self.directives = {"skip": (condition, "field fragment"), "include": (condition, "field fragment")}
        parser = Parser(text)
        while parser.tokens[parser.at][0] != "end":
            self._definition(parser)
        for owner in list(self.types.values()):
            for name in owner.interfaces:
                self.types[name].possible |= {owner.name}
        for owner in self.types.values():
            if owner.kind == "type":
                owner.possible = frozenset({owner.name})

    def _definition(self, parser: Parser) -> None:
        kind = parser.name()
        if kind == "directive":
            return self._directive(parser)
        found = Type(kind, parser.name())
        self.types[found.name] = found
        if parser.take("implements"):
            found.interfaces = separated(parser, "&")
        if kind == "union":
            parser.need("=")
            found.possible = frozenset(separated(parser, "|"))
        elif kind == "enum":
            found.values = frozenset(parser.many("{", "}", parser.name))
        elif kind == "input":
            found.fields = {one.name: one for one in parser.many("{", "}", lambda: input_def(parser))}
        elif kind in ("type", "interface"):
            found.fields = {one.name: one for one in parser.many("{", "}", lambda: field_def(parser))}
        return None

    def _directive(self, parser: Parser) -> None:
        parser.need("@")
        name = parser.name()
        args = parser.many("(", ")", lambda: input_def(parser)) if parser.peek("(") else []
        parser.need("on")
        places = " ".join(separated(parser, "|")).lower()
        self.directives[name] = ({one.name: one for one in args}, places)

    # ------------------------------------------------------------------ input values

    def coerce(self, ref: TypeRef, value: Any, path: list, problems: list[tuple[list, str]]) -> Any:
        """value as the type wants it, defaults filled in; what is wrong is added to problems as (path, why).
        A Var inside (a literal that is yet to be filled) passes."""
        if isinstance(value, Var):
            return value
        if value is None:
            if ref.required:
                problems.append((path, "Expected value to not be null"))
            return None
        if ref.of:
            items = value if isinstance(value, list) else [value]
            return [self.coerce(ref.of, item, path + [at], problems) for at, item in enumerate(items)]
        found = self.types[ref.name]
        if found.kind == "input":
            return self._coerce_object(found, value, path, problems)
        if found.kind == "enum":
            if value not in found.values or not isinstance(value, str):
                allowed = ", ".join(sorted(found.values)[:40])
                problems.append((path, f'Expected "{value}" to be one of: {allowed}'))
            return str(value)
        try:
            if isinstance(value, Enum):
                raise ValueError
            return self.scalars[found.name](value)
        except ValueError as why:
            problems.append((path, str(why) or f"Could not coerce value {show(value)} to {found.name}"))
            return None

    def _coerce_object(self, found: Type, value: Any, path: list, problems: list) -> Any:
        if not isinstance(value, dict):
            problems.append((path, f"Expected {show(value)} to be a key-value object."))
            return None
        result = {}
        for name, item in value.items():
            if name not in found.fields:
                problems.append((path + [name], f"Field is not defined on {found.name}"))
            else:
                result[name] = self.coerce(found.fields[name].type, item, path + [name], problems)
        for name, one in found.fields.items():
            if name not in value:
                if one.default is not MISSING:
                    result[name] = one.default
                elif one.type.required:
                    problems.append((path + [name], "Expected value to not be null"))
        return result


def show(value: Any) -> str:
    import json

    return json.dumps(value, ensure_ascii=False, default=str)


def separated(parser: Parser, mark: str) -> list[str]:
    parser.take(mark)
    names = [parser.name()]
    while parser.take(mark):
        names.append(parser.name())
    return names


def input_def(parser: Parser) -> InputDef:
    name = parser.name()
    parser.need(":")
    kind = parser.type_ref()
    return InputDef(name, kind, parser.value(True) if parser.take("=") else MISSING)


def field_def(parser: Parser) -> FieldDef:
    name = parser.name()
    args = {one.name: one for one in parser.many("(", ")", lambda: input_def(parser))} if parser.peek("(") else {}
    parser.need(":")
    return FieldDef(name, parser.type_ref(), args)


# ---------------------------------------------------------------------- scalars


def scalar_int(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not -(2**31) <= value < 2**31:
        raise ValueError
    return value


def scalar_float(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):
        raise ValueError
    return float(value)


def scalar_text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError
    return value


def scalar_bool(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError
    return value


def scalar_id(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise ValueError
    return str(value)


def scalar_decimal(value: Any) -> str:
    """A decimal as text; a JSON number is taken as well."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float, Decimal)):
        raise ValueError
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        raise ValueError(f"invalid decimal '{value}'") from None
    if not number.is_finite():
        raise ValueError(f"invalid decimal '{value}'")
    return format(number, "f")


DATE_TIME = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?$")


def scalar_date_time(value: Any) -> str:
    if not isinstance(value, str) or not DATE_TIME.match(value):
        raise ValueError(f"invalid DateTime '{value}'")
    return value


BUILT_IN: dict[str, Callable[[Any], Any]] = {
    "Int": scalar_int,
    "Float": scalar_float,
    "String": scalar_text,
    "Boolean": scalar_bool,
    "ID": scalar_id,
}
