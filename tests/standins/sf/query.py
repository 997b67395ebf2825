"""Runs a parsed SOQL query over an Org: names are resolved once, the WHERE becomes one function of a row.

Candidate rows come from an index where the WHERE allows it (Id, external ids, references, codes), else from the
whole table. Null compares as in SOQL: `= null` and `!= null` test for it, `!=` and NOT IN hold for null, an order
comparison never does; nulls sort first unless NULLS LAST.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Callable

import sf.soql as soql
from sf.schema import ID, NUMBERS, TEXTS, Field, SObject, to18
from sf.soql import Aggregate, Condition, Group, Literal, Query, SoqlError

Getter = Callable[[dict], Any]
Test = Callable[[dict], bool]
COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}
OFFSET_MAX = 2000


@dataclass
class Answer:
    """All rows that a query found; `show(row)` makes the record of one."""

    total: int
    rows: list[Any]
    show: Callable[[Any], dict]


class Scope:
    """A query's FROM object: resolves names for it."""

    def __init__(self, org: Any, query: Query, found: SObject, base: str, everything: bool, outer: str = "") -> None:
        self.org, self.query, self.found, self.base, self.everything = org, query, found, base, everything
        self.prefixes = {found.name.lower(), query.alias.lower(), outer.lower()} - {""}

    def path(self, text: str) -> list[str]:
        parts = text.split(".")
        if len(parts) > 1 and parts[0].lower() in self.prefixes and parts[0].lower() not in self.found.relations:
            parts = parts[1:]
        if len(parts) > soql.PATHS_DEEP_MAX + 1:
            raise SoqlError("MALFORMED_QUERY", f"relationship path too deep: {text}")
        return parts

    def resolve(self, text: str) -> tuple[Getter, Field]:
        return self.resolve_parts(self.found, self.path(text))

    def resolve_parts(self, found: SObject, parts: list[str]) -> tuple[Getter, Field]:
        if len(parts) == 1:
            field = field_of(found, parts[0])
            name = field.name
            return (lambda row: row[name]), field
        link = relation_of(found, parts[0])
        inner, field = self.resolve_parts(self.org.schema.objects[link.target], parts[1:])
        table, name = self.org.rows(link.target), link.name

        def get(row: dict) -> Any:
            parent = table.get(row[name]) if row[name] else None
            return inner(parent) if parent else None

        return get, field

    # ---- WHERE

    def test(self, node: Any) -> Test:
        if isinstance(node, Condition):
            return self.condition(node)
        parts = [self.test(part) for part in node.parts]
        if node.kind == "not":
            return lambda row: not parts[0](row)
        if node.kind == "and":
            return lambda row: all(part(row) for part in parts)
        return lambda row: any(part(row) for part in parts)

    def condition(self, node: Condition) -> Test:
        get, field = self.resolve(node.path)
        if not field.filterable:
            raise SoqlError("INVALID_FIELD", f"field '{field.name}' can not be filtered in a query call")
        fold = folding(field)
        if node.operator in ("in", "not in"):
            wanted = self.members(field, node.value, fold)
            return (
                (lambda row: fold(get(row)) in wanted)
                if node.operator == "in"
                else (lambda row: fold(get(row)) not in wanted)
            )
        literal: Literal = node.value
        if literal.kind == "range":
            return span_test(get, field, node.operator, literal.value)
        value = self.value(field, literal)
        if node.operator == "like":
            if field.type not in TEXTS:
                raise SoqlError("INVALID_QUERY_FILTER_OPERATOR", f"invalid operator on id field: {field.name}")
            pattern = soql.like(value or "")
            return lambda row: get(row) is not None and pattern.fullmatch(get(row)) is not None
        value = fold(value)
        if node.operator == "=":
            return lambda row: fold(get(row)) == value
        if node.operator == "!=":
            return lambda row: fold(get(row)) != value
        return ordered(get, COMPARE[node.operator], value, fold)

    def members(self, field: Field, given: Any, fold: Callable[[Any], Any]) -> set:
        if isinstance(given, list):
            return {fold(self.value(field, literal)) for literal in given}
        answer = run(self.org, given, self.base, self.everything)
        scope = Scope(self.org, given, object_of(self.org, given.object), self.base, self.everything)
        get, _ = scope.resolve(given.paths[0])
        return {fold(get(row)) for row in answer.rows}

    def value(self, field: Field, literal: Literal) -> Any:
        """The literal as a stored value of this field's type, or INVALID_FIELD."""
        kind, value = literal.kind, literal.value
        if kind == "null":
            return None
        if field.type in ("id", "reference") and kind == "string":
            if value and not ID.fullmatch(value):
                raise SoqlError("INVALID_QUERY_FILTER_OPERATOR", f"invalid ID field: {value}")
            return to18(value) if value else None
        wanted = (
            "string"
            if field.type in TEXTS or field.type in ("id", "reference")
            else "number" if field.type in NUMBERS or field.type == "int" else field.type
        )
        if kind == wanted:
            return (value or None) if kind == "string" else value
        quotes = "should be enclosed in quotes" if wanted == "string" else "should not be enclosed in quotes"
        shown = {"datetime": "dateTime", "number": field.type}.get(wanted, wanted)
        raise SoqlError(
            "INVALID_FIELD",
            f"\nvalue of filter criterion for field '{field.name}' must be of type {shown} " f"and {quotes}",
        )

    def candidates(self, node: Any) -> list[dict] | None:
        """Rows that an index finds for the WHERE, or None: look at all of them."""
        if isinstance(node, Group):
            found = (self.candidates(part) for part in node.parts) if node.kind == "and" else ()
            return next((rows for rows in found if rows is not None), None)
        if not isinstance(node, Condition) or node.operator not in ("=", "in") or isinstance(node.value, Query):
            return None
        field = self.found.by_lower.get(node.path.lower())
        if field is None or not (field.type == "id" or field.indexed) or self.everything:
            return None
        literals = node.value if isinstance(node.value, list) else [node.value]
        values = {self.value(field, literal) for literal in literals if literal.kind != "range"}
        if None in values or len(values) > 1000:
            return None
        if field.type == "id":
            return [row for row in (self.org.row(self.found.name, value) for value in values) if row]
        return [row for value in values for row in self.org.matching(self.found.name, field.name, value)]

    def rows(self) -> list[dict]:
        query = self.query
        test = self.test(query.where) if query.where else None
        rows = self.candidates(query.where) if query.where else None
        if rows is None:
            rows = list(self.org.rows(self.found.name).values())
        if not self.everything:
            rows = [row for row in rows if not row["IsDeleted"]]
        return [row for row in rows if test(row)] if test else rows

    def sort(self, rows: list[dict]) -> list[dict]:
        order = self.query.order_by
        if not order:
            return sorted(rows, key=lambda row: row["Id"])
        for path, descending, last in reversed(order):
            get, field = self.resolve(path)
            if not field.filterable:
                raise SoqlError("INVALID_FIELD", f"field '{field.name}' can not be sorted in a query call")
            fold = folding(field)
            rows = sorted(rows, key=lambda row: sort_key(get(row), fold), reverse=descending)
            nulls = [row for row in rows if get(row) is None]
            if nulls:
                rest = [row for row in rows if get(row) is not None]
                rows = rest + nulls if last else nulls + rest
        return rows

    # ---- SELECT

    def projection(self) -> Callable[[dict], dict]:
        tree: dict = {}
        for text in self.query.paths:
            at = tree
            *parents, leaf = self.path(text)
            for part in parents:
                at = at.setdefault(part.lower(), {})
            at[leaf.lower()] = None
        show = self.node(self.found, tree)
        inner = [self.child(child) for child in self.query.children]
        if not inner:
            return show

        def with_children(row: dict) -> dict:
            record = show(row)
            for name, one in inner:
                record[name] = one(row)
            return record

        return with_children

    def node(self, found: SObject, tree: dict) -> Callable[[dict], dict]:
        plain: list[str] = []
        nested: list[tuple[str, str, dict, Callable]] = []
        for name, below in tree.items():
            if below is None:
                plain.append(field_of(found, name).name)
            else:
                link = relation_of(found, name)
                target = self.org.schema.objects[link.target]
                nested.append((link.relation, link.name, self.org.rows(target.name), self.node(target, below)))
        url = f"{self.base}/sobjects/{found.name}/"

        def show(row: dict) -> dict:
            record: dict = {"attributes": {"type": found.name, "url": url + row["Id"]}}
            for name in plain:
                record[name] = row[name]
            for relation, name, table, inner in nested:
                parent = table.get(row[name]) if row[name] else None
                record[relation] = inner(parent) if parent else None
            return record

        return show

    def child(self, query: Query) -> tuple[str, Callable[[dict], Any]]:
        known = self.found.children.get(query.object.lower())
        if known is None:
            raise SoqlError(
                "INVALID_TYPE",
                f"\nERROR at Row:1:Column:1\nDidn't understand relationship '{query.object}' in "
                "FROM part of query call. If you are attempting to use a custom relationship, be "
                "sure to append the '__r' after the custom relationship name. Please reference "
                "your WSDL or the describe call for the appropriate names.",
            )
        target, link = known
        scope = Scope(self.org, query, target, self.base, self.everything, outer=query.object)
        test = scope.test(query.where) if query.where else None
        show = scope.projection()

        def rows_of(row: dict) -> Any:
            rows = self.org.matching(target.name, link.name, row["Id"])
            rows = scope.sort([r for r in rows if test is None or test(r)])
            rows = rows[query.offset :][: query.limit] if query.limit is not None else rows[query.offset :]
            return {"totalSize": len(rows), "done": True, "records": [show(r) for r in rows]} if rows else None

        return link.child_relation, rows_of


def run(org: Any, query: Query, base: str, everything: bool = False) -> Answer:
    """Everything the query finds; SoqlError where it is wrong."""
    found = object_of(org, query.object)
    scope = Scope(org, query, found, base, everything)
    if query.offset > OFFSET_MAX:
        raise SoqlError("NUMBER_OUTSIDE_VALID_RANGE", f"SOQL offset is greater than {OFFSET_MAX}")
    show = None if query.count_only or query.aggregates or query.group_by else scope.projection()
    rows = scope.rows()
    if query.count_only:
        return Answer(min(len(rows), query.limit if query.limit is not None else len(rows)), [], dict)
    if show is None:
        records = grouped(scope, rows)
        return Answer(len(records), records, lambda record: record)
    rows = scope.sort(rows)
    end = None if query.limit is None else query.offset + query.limit
    rows = rows[query.offset : end]
    return Answer(len(rows), rows, show)


def object_of(org: Any, name: str) -> SObject:
    found = org.schema.get(name)
    if found is None:
        raise SoqlError(
            "INVALID_TYPE",
            f"\nFROM {name}\n     ^\nERROR at Row:1:Column:1\nsObject type '{name}' is not supported. "
            "If you are attempting to use a custom object, be sure to append the '__c' after the "
            "entity name. Please reference your WSDL or the describe call for the appropriate names.",
        )
    return found


def field_of(found: SObject, name: str) -> Field:
    field = found.by_lower.get(name.lower())
    if field is None:
        raise SoqlError(
            "INVALID_FIELD",
            f"\nSELECT {name} FROM {found.name}\n       ^\nERROR at Row:1:Column:8\nNo such column '{name}' "
            f"on entity '{found.name}'. If you are attempting to use a custom field, be sure to append "
            "the '__c' after the custom field name. Please reference your WSDL or the describe call "
            "for the appropriate names.",
        )
    return field


def relation_of(found: SObject, name: str) -> Field:
    link = found.relations.get(name.lower())
    if link is None:
        raise SoqlError(
            "INVALID_FIELD",
            f"\nERROR at Row:1:Column:8\nDidn't understand relationship '{name}' in field path. If you are "
            "attempting to use a custom relationship, be sure to append the '__r' after the custom "
            "relationship name. Please reference your WSDL or the describe call for the appropriate names.",
        )
    return link


def key(value: Any) -> Any:
    """What equal values share: text compares without regard to case."""
    return value.lower() if isinstance(value, str) else value


def folding(field: Field) -> Callable[[Any], Any]:
    """Ids, times and numbers compare as they are."""
    return key if field.type in TEXTS else lambda value: value


def sort_key(value: Any, fold: Callable[[Any], Any]) -> Any:
    return (0, "") if value is None else (1, fold(value))


def ordered(get: Getter, compare: Callable[[Any, Any], bool], value: Any, fold: Callable[[Any], Any]) -> Test:
    def test(row: dict) -> bool:
        have = get(row)
        return have is not None and value is not None and compare(fold(have), value)

    return test


def span_test(get: Getter, field: Field, operator: str, span: tuple[str, str]) -> Test:
    if field.type not in ("date", "datetime"):
        raise SoqlError(
            "INVALID_FIELD", f"\nvalue of filter criterion for field '{field.name}' must be of type {field.type}"
        )
    start, end = (text[:10] for text in span) if field.type == "date" else span
    tests: dict[str, Callable[[str], bool]] = {
        "=": lambda v: start <= v < end,
        "!=": lambda v: not start <= v < end,
        "<": lambda v: v < start,
        ">=": lambda v: v >= start,
        ">": lambda v: v >= end,
        "<=": lambda v: v < end,
    }
    if operator not in tests:
        raise SoqlError("MALFORMED_QUERY", f"unexpected operator: {operator}")
    return lambda row: get(row) is not None and tests[operator](get(row))


def grouped(scope: Scope, rows: list[dict]) -> list[dict]:
    query = scope.query
    keys = [(text.split(".")[-1], scope.resolve(text)) for text in query.group_by]
    if {p.lower() for p in query.paths} - {p.lower() for p in query.group_by}:
        raise SoqlError("MALFORMED_QUERY", f"Field must be grouped or aggregated: {query.paths[0]}")
    groups: dict[tuple, list[dict]] = {} if keys else {(): rows}
    for row in rows if keys else ():
        groups.setdefault(tuple(get(row) for _, (get, _) in keys), []).append(row)
    records = []
    for values, members in groups.items():
        record: dict = {"attributes": {"type": "AggregateResult"}}
        for (_, (_, field)), value in zip(keys, values):
            record[field.name] = value
        for one in query.aggregates:
            record[one.alias] = aggregate(scope, one, members)
        records.append(record)
    return records[: query.limit] if query.limit is not None else records


def aggregate(scope: Scope, one: Aggregate, rows: list[dict]) -> Any:
    get, field = scope.resolve(one.path)
    values = [value for value in map(get, rows) if value is not None]
    if one.function == "count":
        return len(values)
    if one.function == "count_distinct":
        return len({key(value) for value in values})
    if one.function in ("min", "max"):
        return {"min": min, "max": max}[one.function](values) if values else None
    if field.type not in NUMBERS and field.type != "int":
        raise SoqlError(
            "MALFORMED_QUERY", f"field {field.name} does not support aggregate operator {one.function.upper()}"
        )
    total = math.fsum(values)
    return (total if one.function == "sum" else total / len(values)) if values else None
