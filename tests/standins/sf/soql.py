"""SOQL, as far as integrations use it: text → Query (parse), and values for comparing.

Grammar (SOQL and SOSL Reference, "SOQL SELECT Syntax"): SELECT fields, parent paths, child subqueries and the
aggregates COUNT, COUNT_DISTINCT, SUM, AVG, MIN, MAX; FROM with an alias; WHERE with = != <> < <= > >= LIKE IN
NOT IN, semi-joins, AND OR NOT and parentheses; GROUP BY; ORDER BY … ASC|DESC NULLS FIRST|LAST; LIMIT; OFFSET.
As in the real one, AND and OR may not be mixed without parentheses, date-times stand without quotes, and strings
compare without regard to case. What is not known here is refused as MALFORMED_QUERY, never guessed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from typing import Any


class SoqlError(Exception):
    """A query that is refused. `code` is the API's errorCode."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


@dataclass(frozen=True)
class Literal:
    kind: str  # string, number, datetime, date, boolean, null, range (a date literal: from, to)
    value: Any


@dataclass
class Condition:
    path: str
    operator: str
    value: Any  # Literal, list of Literal, or Query (a semi-join)


@dataclass
class Group:
    """kind: and, or, not."""

    kind: str
    parts: list[Any]


@dataclass
class Aggregate:
    function: str
    path: str
    alias: str


@dataclass
class Query:
    object: str = ""
    alias: str = ""
    paths: list[str] = field(default_factory=list)
    aggregates: list[Aggregate] = field(default_factory=list)
    children: list["Query"] = field(default_factory=list)
    count_only: bool = False
    where: Any = None
    group_by: list[str] = field(default_factory=list)
    order_by: list[tuple[str, bool, bool]] = field(default_factory=list)  # path, descending, nulls last
    limit: int | None = None
    offset: int = 0


TOKEN = re.compile(
    r"""\s*(?:
    (?P<string>'(?:[^'\\]|\\.)*')
  | (?P<datetime>\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,6})?(?:Z|[+\- ]\d{2}:?\d{2}))
  | (?P<date>\d{4}-\d{2}-\d{2}(?![\dT]))
  | (?P<number>[+-]?\d+(?:\.\d+)?(?![\w.]))
  | (?P<name>[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*(?::\d+)?)
  | (?P<sign><=|>=|!=|<>|=|<|>|\(|\)|,)
)""",
    re.X,
)
ESCAPES = {
    "n": "\n",
    "N": "\n",
    "r": "\r",
    "R": "\r",
    "t": "\t",
    "T": "\t",
    "b": "\b",
    "f": "\f",
    '"': '"',
    "'": "'",
    "\\": "\\",
    "%": "\\%",
    "_": "\\_",
}
AGGREGATES = {"count", "count_distinct", "sum", "avg", "min", "max"}
PATHS_DEEP_MAX = 5


def tokens(text: str) -> list[tuple[str, str, int]]:
    found, at = [], 0
    text = text.rstrip()
    while at < len(text):
        match = TOKEN.match(text, at)
        if not match:
            raise SoqlError("MALFORMED_QUERY", lexical(text, at))
        kind = match.lastgroup or ""
        found.append((kind, match.group(kind), match.start(kind)))
        at = match.end()
    return found


def lexical(text: str, at: int) -> str:
    rest = text[at:].lstrip()
    if rest.startswith("'"):
        return f"line 1:{at} mismatched character '<EOF>' expecting '''"
    return f"line 1:{at} no viable alternative at character '{rest[:1]}'"


class Parser:
    def __init__(self, text: str) -> None:
        self.text, self.tokens, self.at = text, tokens(text), 0

    def peek(self, ahead: int = 0) -> str:
        where = self.at + ahead
        return self.tokens[where][1] if where < len(self.tokens) else ""

    def kind(self) -> str:
        return self.tokens[self.at][0] if self.at < len(self.tokens) else ""

    def word(self, *words: str) -> bool:
        """Takes the words when they are next."""
        for number, wanted in enumerate(words):
            if self.peek(number).lower() != wanted:
                return False
        self.at += len(words)
        return True

    def fail(self) -> SoqlError:
        if self.at >= len(self.tokens):
            return SoqlError("MALFORMED_QUERY", "unexpected token: '<EOF>'")
        _, token, at = self.tokens[self.at]
        context = f"\n{self.text[max(0, at - 30):at + 30]}\n{' ' * min(at, 30)}^\nERROR at Row:1:Column:{at + 1}\n"
        return SoqlError("MALFORMED_QUERY", f"{context}unexpected token: '{token}'")

    def expect(self, *words: str) -> None:
        if not self.word(*words):
            raise self.fail()

    def take(self, kind: str) -> str:
        if self.kind() != kind:
            raise self.fail()
        self.at += 1
        return self.tokens[self.at - 1][1]

    def query(self, nested: bool = False) -> Query:
        self.expect("select")
        query = Query()
        self.fields(query, nested)
        self.expect("from")
        query.object = self.take("name")
        if self.kind() == "name" and self.peek().lower() not in (
            "where",
            "order",
            "limit",
            "offset",
            "group",
            "for",
            "using",
            "all",
            "with",
            "having",
        ):
            query.alias = self.take("name")
        if self.word("where"):
            query.where = self.either()
        if self.word("group", "by"):
            query.group_by = self.names()
        if self.word("order", "by"):
            query.order_by = self.ordering()
        if self.word("limit"):
            query.limit = int(self.take("number"))
        if self.word("offset"):
            query.offset = int(self.take("number"))
        self.word("all", "rows")
        if self.word("for") and not (self.word("view") or self.word("reference") or self.word("update")):
            raise self.fail()
        return query

    def fields(self, query: Query, nested: bool) -> None:
        while True:
            if self.word("("):
                if nested:
                    raise self.fail()
                query.children.append(self.query(nested=True))
                self.expect(")")
            else:
                self.one_field(query)
            if not self.word(","):
                return

    def one_field(self, query: Query) -> None:
        name = self.take("name")
        if self.peek() != "(":
            query.paths.append(name)
            return
        if name.lower() not in AGGREGATES:
            raise self.fail()
        self.expect("(")
        if self.word(")"):
            if name.lower() != "count" or query.paths or query.aggregates:
                raise self.fail()
            query.count_only = True
            return
        path = self.take("name")
        self.expect(")")
        alias = f"expr{sum(1 for a in query.aggregates if a.alias.startswith('expr'))}"
        if self.kind() == "name" and self.peek().lower() != "from":
            alias = self.take("name")
        query.aggregates.append(Aggregate(name.lower(), path, alias))

    def names(self) -> list[str]:
        found = [self.take("name")]
        while self.word(","):
            found.append(self.take("name"))
        return found

    def ordering(self) -> list[tuple[str, bool, bool]]:
        found = []
        while True:
            path = self.take("name")
            descending = self.word("desc")
            if not descending:
                self.word("asc")
            last = False
            if self.word("nulls"):
                last = self.word("last")
                if not last:
                    self.expect("first")
            found.append((path, descending, last))
            if not self.word(","):
                return found

    def either(self) -> Any:
        parts = [self.negated()]
        joined = ""
        while self.peek().lower() in ("and", "or"):
            word = self.peek().lower()
            if joined and word != joined:
                raise self.fail()
            joined = word
            self.at += 1
            parts.append(self.negated())
        return parts[0] if len(parts) == 1 else Group(joined, parts)

    def negated(self) -> Any:
        if self.word("not"):
            return Group("not", [self.negated()])
        if self.word("("):
            inside = self.either()
            self.expect(")")
            return inside
        return self.condition()

    def condition(self) -> Condition:
        path = self.take("name")
        if self.word("like"):
            return Condition(path, "like", self.literal())
        if self.word("not", "in"):
            return Condition(path, "not in", self.members())
        if self.word("in"):
            return Condition(path, "in", self.members())
        operator = self.take("sign")
        if operator in ("(", ")", ","):
            self.at -= 1
            raise self.fail()
        return Condition(path, "!=" if operator == "<>" else operator, self.literal())

    def members(self) -> Any:
        self.expect("(")
        if self.peek().lower() == "select":
            inner: Any = self.query(nested=True)
        else:
            inner = [self.literal()]
            while self.word(","):
                inner.append(self.literal())
        self.expect(")")
        return inner

    def literal(self) -> Literal:
        kind, token = self.kind(), self.peek()
        self.at += 1
        if kind == "string":
            return Literal("string", unescape(token[1:-1]))
        if kind == "number":
            return Literal("number", float(token))
        if kind == "datetime":
            return Literal("datetime", normal_datetime(token))
        if kind == "date":
            return Literal("date", token)
        if kind == "name":
            return word_literal(token, self)
        self.at -= 1
        raise self.fail()


def word_literal(token: str, parser: Parser) -> Literal:
    low = token.lower()
    if low in ("true", "false"):
        return Literal("boolean", low == "true")
    if low == "null":
        return Literal("null", None)
    span = date_literal(low)
    if span is None:
        parser.at -= 1
        raise parser.fail()
    return Literal("range", span)


def date_literal(word: str) -> tuple[str, str] | None:
    """TODAY, YESTERDAY, TOMORROW, LAST_N_DAYS:n, NEXT_N_DAYS:n as [from, to) in UTC."""
    today = datetime.now(timezone.utc).replace(hour=0, minute=0, second=0, microsecond=0)
    name, _, number = word.partition(":")
    spans = {"today": (0, 1), "yesterday": (-1, 0), "tomorrow": (1, 2)}
    if number:
        spans = {"last_n_days": (-int(number), 1), "next_n_days": (1, int(number) + 1)}
    if name not in spans:
        return None
    start, end = spans[name]
    return api_time(today + timedelta(days=start)), api_time(today + timedelta(days=end))


def unescape(text: str) -> str:
    def one(match: re.Match) -> str:
        letter = match.group(1)
        if letter not in ESCAPES:
            raise SoqlError(
                "MALFORMED_QUERY",
                f"Invalid string literal '{text}'. Illegal character sequence " f"'\\{letter}' in string literal.",
            )
        return ESCAPES[letter]

    return re.sub(r"\\(.)", one, text, flags=re.S) if "\\" in text else text


def api_time(moment: datetime) -> str:
    """How the REST API writes a date-time: 2026-11-21T10:00:00.000+0000."""
    moment = moment.astimezone(timezone.utc)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}+0000"


@lru_cache(maxsize=20000)
def normal_datetime(text: str) -> str:
    """Any ISO 8601 date-time with a zone in the API's form; raises ValueError."""
    match = re.fullmatch(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d(?::\d\d)?)(\.\d+)?(Z|[+\- ]\d\d:?\d\d)", text)
    if not match:
        raise ValueError(text)
    day, clock, fraction, zone = match.groups()
    zone = "+0000" if zone == "Z" else zone.replace(" ", "+").replace(":", "")
    clock = clock if clock.count(":") == 2 else clock + ":00"
    fraction = ((fraction or ".0")[1:] + "000000")[:6]
    moment = datetime.strptime(f"{day}T{clock}.{fraction}{zone}", "%Y-%m-%dT%H:%M:%S.%f%z")
    return api_time(moment)


def like(pattern: str) -> re.Pattern:
    parts, at = [], 0
    while at < len(pattern):
        sign = pattern[at]
        if sign == "\\" and at + 1 < len(pattern):
            at += 1
            parts.append(re.escape(pattern[at]))
        else:
            parts.append(".*" if sign == "%" else "." if sign == "_" else re.escape(sign))
        at += 1
    return re.compile("".join(parts), re.I | re.S)


@lru_cache(maxsize=500)
def parse_cached(text: str) -> Query:
    parser = Parser(text)
    query = parser.query()
    if parser.at < len(parser.tokens):
        raise parser.fail()
    return query


def parse(text: str) -> Query:
    """The query, or SoqlError. Date literals such as TODAY are not cached."""
    if re.search(r"TODAY|YESTERDAY|TOMORROW|_N_DAYS:", text, re.I):
        return parse_cached.__wrapped__(text)
    return parse_cached(text)
