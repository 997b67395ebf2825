"""Connections and searches.

connection() plays the paging arguments (first, after, last, before, reverse, sortKey) over a list of objects. A
cursor holds the sort value and the id of its node, so paging goes on rightly when objects change in between.

search() plays the syntax of `query:` arguments (shopify.dev/docs/api/usage/search-syntax): terms side by side mean
AND; OR, NOT, -, parentheses, field:value with <, <=, >, >=, quotes and a trailing *. As the real one, text fields
match whole words in order (sku:AB-1 also finds "AB-1-RED"), and a term on an unknown field is left out with a
warning in extensions.search, so that it finds everything.
"""

from __future__ import annotations

import base64
import json
import re
from bisect import bisect_left, bisect_right
from functools import lru_cache
from typing import Any, Callable

from gql.run import Context, Fault
from shop.values import utc
from shop.world import kind_of, number_of

PAGE_MAX = 250
Test = Callable[[dict], bool]


class Connection:
    """What a …Connection type is resolved from."""

    def __init__(self, nodes: list, cursor_of: Callable[[Any], str], more: bool, before: bool) -> None:
        self.nodes, self.cursor_of, self.more, self.before = nodes, cursor_of, more, before

    def get(self, name: str) -> Any:
        if name == "nodes":
            return self.nodes
        if name == "edges":
            return [{"node": node, "cursor": self.cursor_of(node)} for node in self.nodes]
        ends = [self.cursor_of(node) for node in (self.nodes[0], self.nodes[-1])] if self.nodes else [None, None]
        return {"hasNextPage": self.more, "hasPreviousPage": self.before, "startCursor": ends[0], "endCursor": ends[1]}


def order_key(item: dict, by: str | None) -> tuple:
    """(sort value, id) of an object; ids compare as numbers."""
    gid = item.get("id") or ""
    number = number_of(gid) if gid.startswith("gid://") else 0
    value = item.get(by) if by else None
    if by is None or value is None:
        return ("", number)
    return (str(value).lower() if not isinstance(value, (int, float)) else f"{value:020}", number)


def connection(items: list, args: dict, by: str | None = None) -> Connection:
    """items in any order; `by` is the field that the sort key stands for, None: the id."""
    first, last = args.get("first"), args.get("last")
    if first is None and last is None:
        raise Fault("you must provide one of first or last", "BAD_REQUEST")
    if first is not None and last is not None:
        raise Fault("providing both first and last is not supported", "BAD_REQUEST")
    for name, size in (("first", first), ("last", last)):
        if size is not None and not 0 <= size <= PAGE_MAX:
            raise Fault(f"{name} must be between 0 and {PAGE_MAX}: {size}", "BAD_REQUEST")
    keyed = sorted(((order_key(item, by), at) for at, item in enumerate(items)), reverse=bool(args.get("reverse")))
    keys = [key for key, _ in keyed]
    ordered = [items[at] for _, at in keyed]
    start, end = 0, len(ordered)
    if args.get("after") is not None:
        start = position(keys, args["after"], bool(args.get("reverse")), True)
    if args.get("before") is not None:
        end = position(keys, args["before"], bool(args.get("reverse")), False)
    low, high = (start, min(end, start + first)) if first is not None else (max(start, end - last), end)
    return Connection(ordered[low:high], lambda node: encode_cursor(order_key(node, by)), high < len(ordered), low > 0)


def in_order(items: list, args: dict) -> Connection:
    """A connection over a list whose order is its own (order lines, addresses): keyed by place."""
    places = {id(item): at for at, item in enumerate(items)}
    wrapped = [{"id": "gid://shopify/Place/%d" % at, "item": item} for at, item in enumerate(items)]
    page = connection(wrapped, args)
    return Connection(
        [one["item"] for one in page.nodes], lambda node: encode_cursor(("", places[id(node)])), page.more, page.before
    )


def encode_cursor(key: tuple) -> str:
    return base64.b64encode(
        json.dumps({"last_id": key[1], "last_value": key[0]}, separators=(",", ":")).encode()
    ).decode()


def position(keys: list, cursor: str, reverse: bool, after: bool) -> int:
    try:
        found = json.loads(base64.b64decode(cursor, validate=True))
        key = (str(found["last_value"]), int(found["last_id"]))
    except (ValueError, KeyError, TypeError):
        raise Fault("Invalid cursor for current pagination sort.", "BAD_REQUEST") from None
    if reverse:
        back = keys[::-1]
        return len(keys) - (bisect_left(back, key) if after else bisect_right(back, key))
    return bisect_right(keys, key) if after else bisect_left(keys, key)


# ---------------------------------------------------------------------- search

TOKEN = re.compile(
    r"""\s*(?:(?P<open>\()|(?P<close>\))|(?P<minus>-(?=[\w("']))
  |(?:(?P<field>[A-Za-z_][\w.]*):(?P<op><=|>=|<|>|=)?)?(?P<value>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|(?:\\.|[^\s()"'])+)?)""",
    re.VERBOSE,
)


class Term:
    """One parsed term; `field` empty means: anywhere in the default fields."""

    def __init__(self, field: str, op: str, value: str, quoted: bool) -> None:
        self.field, self.op, self.value, self.quoted = field, op or "=", value, quoted
        self.words = words(value)
        self.prefix = not quoted and value.endswith("*")


@lru_cache(maxsize=512)
def parsed(text: str) -> Any:
    """A nested list: ("and"|"or"|"not", ...) or a Term."""
    tokens, at = [], 0
    while at < len(text) and text[at:].strip():
        match = TOKEN.match(text, at)
        if match is None or match.end() == at:
            at += 1
            continue
        at = match.end()
        if match.group("open") or match.group("close") or match.group("minus"):
            tokens.append(match.group().strip())
        elif match.group("value") is not None or match.group("field"):
            value = match.group("value") or ""
            quoted = value[:1] in ("'", '"') and len(value) > 1
            plain = re.sub(r"\\(.)", r"\1", value[1:-1] if quoted else value)
            tokens.append(Term(match.group("field") or "", match.group("op") or "", plain, quoted))
    tree, _ = either(tokens, 0)
    return tree


def either(tokens: list, at: int) -> tuple[Any, int]:
    parts = []
    while True:
        part, at = both(tokens, at)
        parts.append(part)
        if at < len(tokens) and is_word(tokens[at], "OR"):
            at += 1
            continue
        return (("or", *parts) if len(parts) > 1 else parts[0]), at


def both(tokens: list, at: int) -> tuple[Any, int]:
    parts = []
    while at < len(tokens) and tokens[at] != ")" and not is_word(tokens[at], "OR"):
        if is_word(tokens[at], "AND"):
            at += 1
            continue
        if tokens[at] == "-" or is_word(tokens[at], "NOT"):
            part, at = one(tokens, at + 1)
            parts.append(("not", part))
        else:
            part, at = one(tokens, at)
            parts.append(part)
    return ("and", *parts), at


def one(tokens: list, at: int) -> tuple[Any, int]:
    if at < len(tokens) and tokens[at] == "(":
        part, at = either(tokens, at + 1)
        return part, at + 1
    return (tokens[at] if at < len(tokens) and isinstance(tokens[at], Term) else ("and",)), at + 1


def is_word(token: Any, word: str) -> bool:
    return isinstance(token, Term) and not token.field and not token.quoted and token.value == word


@lru_cache(maxsize=65536)
def words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


@lru_cache(maxsize=512)
def moment(text: str, field: str) -> str:
    try:
        return utc(text)
    except ValueError:
        raise Fault(f"Invalid timestamp for query filter `{field}`.", "BAD_REQUEST") from None


def phrase(needle: Term, text: str) -> bool:
    """Whether the words stand in the text in a row; with a trailing * the last one may be a beginning."""
    have, want = words(text), needle.words
    if not want:
        return needle.value in ("", "*")
    if not needle.prefix and want[0] not in have:
        return False
    for start in range(len(have) - len(want) + 1):
        part = have[start : start + len(want)]
        if part == want or (needle.prefix and part[:-1] == want[:-1] and part[-1].startswith(want[-1])):
            return True
    return False


def compare(op: str, left: Any, right: Any) -> bool:
    return {"=": left == right, "<": left < right, ">": left > right, "<=": left <= right, ">=": left >= right}[op]


def text_of(name: str) -> Callable[[dict, Term], bool]:
    """Matches words in a field (or in each of a list)."""

    def test(item: dict, term: Term) -> bool:
        value = item.get(name)
        values = value if isinstance(value, list) else [value]
        if term.value == "*":
            return any(v for v in values)
        return any(v and phrase(term, str(v)) for v in values)

    return test


def exact(name: str) -> Callable[[dict, Term], bool]:
    def test(item: dict, term: Term) -> bool:
        value = item.get(name)
        values = value if isinstance(value, list) else [value]
        if term.value == "*":
            return any(v for v in values)
        return any(
            v is not None
            and (
                str(v).lower() == term.value.lower()
                or (term.prefix and str(v).lower().startswith(term.value[:-1].lower()))
            )
            for v in values
        )

    return test


def time_of(name: str) -> Callable[[dict, Term], bool]:
    def test(item: dict, term: Term) -> bool:
        wanted, value = moment(term.value, term.field), item.get(name)
        if value is None:
            return False
        if len(term.value) == 10 and term.op in ("=", "<=", ">"):  # a day, not a moment
            return compare(term.op, value[:10], term.value)
        return compare(term.op, value, wanted)

    return test


def id_of(name: str = "id") -> Callable[[dict, Term], bool]:
    def test(item: dict, term: Term) -> bool:
        value = item.get(name)
        if value is None:
            return False
        wanted = term.value.rsplit("/", 1)[-1]
        return wanted.isdigit() and compare(term.op, number_of(value), int(wanted))

    return test


def flag_of(tell: Callable[[dict], str]) -> Callable[[dict, Term], bool]:
    """Compares with what `tell` says of the object, lower case."""

    def test(item: dict, term: Term) -> bool:
        return term.value.lower() in ("any", "*") or term.value.lower() in tell(item).split(" ")

    return test


def search(items: list, text: str | None, fields: dict[str, Callable[[dict, Term], bool]], context: Context) -> list:
    """The items that the search text finds; unknown fields are told in context.notes."""
    if not text or not text.strip():
        return items
    unknown: list[Term] = []
    test = build(parsed(text), fields, unknown)
    if unknown:
        context.notes.append(
            {
                "path": list(context.path),
                "query": text,
                "parsed": {},
                "warnings": [
                    {"field": term.field, "message": "Invalid search field for this query.", "code": "invalid_field"}
                    for term in unknown
                ],
            }
        )
    return [item for item in items if test(item)] if test else items


def build(tree: Any, fields: dict, unknown: list[Term]) -> Test | None:
    """tree as a function; None where it says nothing."""
    if isinstance(tree, Term):
        known = fields.get(tree.field or "default")
        if known is None:
            unknown.append(tree)
            return None
        return lambda item: known(item, tree)
    parts = [made for made in (build(part, fields, unknown) for part in tree[1:]) if made is not None]
    if not parts:
        return None
    if tree[0] == "not":
        return lambda item: not parts[0](item)
    if tree[0] == "or":
        return lambda item: any(part(item) for part in parts)
    return parts[0] if len(parts) == 1 else lambda item: all(part(item) for part in parts)


def listed(
    world: Any, kind: str, args: dict, context: Context, fields: dict, sort: dict[str, str | None]
) -> Connection:
    """A root connection: search, sort, page."""
    items = list(world.tables[kind].values())
    if world.settings.search_lag_ms and args.get("query"):
        items = [item for item in items if not world.fresh(item)]
    items = search(items, args.get("query"), fields, context)
    return connection(items, args, sort.get(args.get("sortKey") or "ID"))


def counted(items: list) -> dict:
    return {"count": len(items), "precision": "EXACT"}


def check_kind(gid: str, *kinds: str) -> None:
    """An id of another kind is an error, not a missing object."""
    if kind_of(gid) not in kinds:
        raise Fault(f"Invalid id: {gid}", "RESOURCE_NOT_FOUND")
