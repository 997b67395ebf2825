"""Search domains in Polish notation → one function of a row, as osv/expression.py means them.

Source: Odoo developer documentation, "Search domains", and odoo/osv/expression.py. Negative operators also hold
for empty fields; a dotted path is a search in the related model; a condition on a many2one by text is a search by
name; times compare with the microseconds that are stored.
"""

from __future__ import annotations

import re
from typing import Any, Callable

from erp.schema import TEXTS, X2MANY, Field, Model, value_error

Test = Callable[[dict], bool]
ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}
TERMS = {
    "=",
    "!=",
    "<>",
    "==",
    "<=",
    "<",
    ">",
    ">=",
    "=?",
    "=like",
    "=ilike",
    "like",
    "not like",
    "ilike",
    "not ilike",
    "in",
    "not in",
    "child_of",
    "parent_of",
    "any",
    "not any",
}
TRUE, FALSE = (1, "=", 1), (0, "=", 1)


def is_leaf(item: Any) -> bool:
    return isinstance(item, (list, tuple)) and len(item) == 3


def names(domain: list) -> set[str]:
    return {item[0] for item in domain if is_leaf(item) and isinstance(item[0], str)}


def conjuncts(domain: list) -> list:
    """The leaves that every found record must satisfy."""
    if any(item in ("|", "!") for item in domain if isinstance(item, str)):
        return []
    return [item for item in domain if is_leaf(item)]


def compile_domain(env: Any, model: Model, domain: Any) -> Test:
    if not isinstance(domain, (list, tuple)):
        raise value_error(f"Invalid domain: {domain!r}")
    stack: list[Test] = []
    for item in reversed(domain):
        if isinstance(item, str) and item in ("&", "|"):
            if len(stack) < 2:
                raise value_error(f"Invalid domain term {item!r}: too few operands in {domain!r}")
            one, other = stack.pop(), stack.pop()
            stack.append(both(one, other) if item == "&" else either(one, other))
        elif item == "!":
            if not stack:
                raise value_error(f"Invalid domain term {item!r} in {domain!r}")
            stack.append(negated(stack.pop()))
        elif is_leaf(item):
            stack.append(leaf(env, model, item))
        else:
            raise value_error(f"Invalid leaf {item!r}")
    if not stack:
        return lambda row: True
    parts = stack[::-1]
    return parts[0] if len(parts) == 1 else lambda row: all(part(row) for part in parts)


def both(one: Test, other: Test) -> Test:
    return lambda row: one(row) and other(row)


def either(one: Test, other: Test) -> Test:
    return lambda row: one(row) or other(row)


def negated(one: Test) -> Test:
    return lambda row: not one(row)


def leaf(env: Any, model: Model, item: Any) -> Test:
    path, operator, value = item
    if tuple(item) in (TRUE, FALSE):
        return lambda row: path == 1
    operator = {"<>": "!=", "==": "="}.get(operator, operator)
    if operator not in TERMS or not isinstance(path, str):
        raise value_error(f"Invalid leaf {tuple(item)!r}")
    name, _, rest = path.partition(".")
    field = model.fields.get(name)
    if field is None:
        raise value_error(f"Invalid field {model.name}.{name} in leaf {tuple(item)!r}")
    if rest:
        return through(env, model, field, [(rest, operator, value)], item)
    if operator in ("any", "not any"):
        found = through(env, model, field, value, item)
        return negated(found) if operator == "not any" else found
    if operator in ("child_of", "parent_of"):
        return hierarchy(env, model, field, operator, value)
    get = getter(env, model, field)
    if field.relation:
        return relational(env, field, get, operator, value)
    return scalar(field, get, operator, value)


def getter(env: Any, model: Model, field: Field) -> Callable[[dict], Any]:
    if field.stored and field.name in model.own:
        name = field.name
        return lambda row: row.get(name)
    return lambda row: env.value(model, row, field.name)


def through(env: Any, model: Model, field: Field, domain: Any, item: Any) -> Test:
    if not field.relation:
        raise value_error(f"Invalid field {model.name}.{item[0]} in leaf {tuple(item)!r}")
    ids = set(env.with_context(active_test=False).search_ids(field.relation, domain))
    get = getter(env, model, field)
    if field.type in X2MANY:
        return lambda row: any(key in ids for key in get(row) or ())
    return lambda row: get(row) in ids


def hierarchy(env: Any, model: Model, field: Field, operator: str, value: Any) -> Test:
    target = env.registry.get(field.relation) if field.relation else model
    link = target.parent
    if link is None:
        raise value_error(f"{operator} needs a model with a parent: {target.name}")
    asked = value if isinstance(value, (list, tuple)) else [value]
    start = [key for key in asked if isinstance(key, int) and not isinstance(key, bool)]
    for text in asked:
        if isinstance(text, str):
            start += [key for key, _ in env.name_search(target, text, "ilike")]
    found = descendants(env, target, link, start) if operator == "child_of" else ancestors(env, target, link, start)
    get = getter(env, model, field)
    if field.type in X2MANY:
        return lambda row: any(key in found for key in get(row) or ())
    return lambda row: get(row) in found


def descendants(env: Any, target: Model, link: str, start: list[int]) -> set[int]:
    found, todo = set(), list(start)
    while todo:
        key = todo.pop()
        if key not in found:
            found.add(key)
            todo += [row["id"] for row in env.db.by(target.name, link, key)]
    return found


def ancestors(env: Any, target: Model, link: str, start: list[int]) -> set[int]:
    found, todo = set(), list(start)
    while todo:
        key = todo.pop()
        row = env.db.table(target.name).get(key)
        if row and key not in found:
            found.add(key)
            todo += [row[link]] if row.get(link) else []
    return found


def relational(env: Any, field: Field, get: Callable[[dict], Any], operator: str, value: Any) -> Test:
    many = field.type in X2MANY
    if operator == "=?":
        if value in (False, None):
            return lambda row: True
        operator = "="
    if isinstance(value, str):
        plain = operator.removeprefix("not ").replace("!=", "=")
        ids = {
            key
            for key, _ in env.with_context(active_test=False).name_search(
                env.registry.get(field.relation), value, plain, limit=None
            )
        }
        positive, empty = not operator.startswith(("not", "!=")), False
    else:
        given = value if isinstance(value, (list, tuple)) else [value]
        positive, empty = operator in ("=", "in"), any(
            key in (False, None) and key != 0 or key is False for key in given
        )
        if operator not in ("=", "!=", "in", "not in"):
            return scalar(field, get, operator, value)
        ids = {key for key in given if isinstance(key, int) and not isinstance(key, bool)}

    def hit(row: dict) -> bool:
        have = get(row)
        if many:
            return any(key in ids for key in have or ()) or (empty and not have)
        return have in ids if have is not None else empty

    return hit if positive else negated(hit)


def scalar(field: Field, get: Callable[[dict], Any], operator: str, value: Any) -> Test:
    if operator == "=?":
        if value in (False, None):
            return lambda row: True
        operator = "="
    if operator in ("in", "not in"):
        if isinstance(value, bool) or value is None:
            value = [value] if value else []
        if not isinstance(value, (list, tuple)):
            value = [value]
        wanted = {comparable(field, one) for one in value}
        if field.type != "boolean" and (False in value or None in value):
            wanted.add(None)
        return (
            (lambda row: have(field, get(row)) in wanted)
            if operator == "in"
            else (lambda row: have(field, get(row)) not in wanted)
        )
    if "like" in operator:
        return liked(get, operator, str(value if value is not False else ""))
    wanted = comparable(field, value)
    if field.type in ("boolean", "datetime") and field.name not in ("create_date", "write_date"):
        raw = get

        def get(row: dict) -> Any:
            return have(field, raw(row))

    if operator == "=":
        return lambda row: get(row) == wanted
    if operator == "!=":
        return lambda row: get(row) != wanted
    return ordered(get, ORDER[operator], wanted)


def ordered(get: Callable[[dict], Any], compare: Callable[[Any, Any], bool], wanted: Any) -> Test:
    if wanted is None:
        return lambda row: False

    def test(row: dict) -> bool:
        one = get(row)
        return one is not None and compare(one, wanted)

    return test


def have(field: Field, value: Any) -> Any:
    """A stored value as it is compared: a date-time with its microseconds."""
    if field.type == "boolean":
        return bool(value)
    if field.type == "datetime" and value is not None and len(value) == 19:
        return value + ".000000"
    return value


def comparable(field: Field, value: Any) -> Any:
    if field.type == "boolean":
        return bool(value)
    if value is None or value is False:
        return 0 if field.type in ("integer", "float", "monetary") and field.name != "id" else None
    if field.type in ("integer", "float", "monetary"):
        try:
            return float(value) if field.type != "integer" else int(value)
        except (TypeError, ValueError):
            raise value_error(f"invalid input for {field.name}: {value!r}") from None
    if field.type == "datetime":
        text = str(value)
        if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
            text += " 00:00:00"
        match = re.fullmatch(r"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(\.\d{1,6})?", text)
        if not match:
            raise value_error(f"time data {text!r} does not match format '%Y-%m-%d %H:%M:%S'")
        return f"{match.group(1)} {match.group(2)}" + ((match.group(3) or ".") + "000000")[:7]
    return value if field.type not in TEXTS or isinstance(value, str) else str(value)


def liked(get: Callable[[dict], Any], operator: str, value: str) -> Test:
    flags = re.S | (re.I if "ilike" in operator else 0)
    parts = [
        ".*" if sign == "%" else "." if sign == "_" else re.escape(sign)
        for sign in value.replace("\\%", "\0").replace("\\_", "\1")
    ]
    body = "".join(parts).replace(re.escape("\0"), "%").replace(re.escape("\1"), "_")
    pattern = re.compile(body if operator.startswith("=") else f".*{body}.*", flags)
    positive = not operator.startswith("not")

    def test(row: dict) -> bool:
        one = get(row)
        if one is None or one is False:
            return not positive or not value
        return (pattern.fullmatch(one if isinstance(one, str) else str(one)) is not None) == positive

    return test
