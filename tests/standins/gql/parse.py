"""GraphQL text to a syntax tree: executable documents and the schema language (GraphQL spec, October 2021)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

TOKEN = re.compile(
    r'''(?P<skip>[\ \t\r\n,\ufeff]+|\#[^\r\n]*)
  |(?P<name>[_A-Za-z][_0-9A-Za-z]*)
  |(?P<float>-?(?:0|[1-9][0-9]*)(?:\.[0-9]+(?:[eE][+-]?[0-9]+)?|[eE][+-]?[0-9]+))
  |(?P<int>-?(?:0|[1-9][0-9]*))
  |(?P<block>"""(?:\\"""|[^"]|"(?!""))*""")
  |(?P<string>"(?:[^"\\\n\r]|\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4}))*")
  |(?P<punct>\.\.\.|[!$&()\[\]:={|}@])''',
    re.VERBOSE,
)
ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
DEPTH_MAX = 60

Loc = tuple[int, int]


class SyntaxFault(Exception):
    """The text is not GraphQL; says what and where."""

    def __init__(self, text: str, loc: Loc) -> None:
        super().__init__(f"{text} at [{loc[0]}, {loc[1]}]")
        self.loc = loc


class Enum(str):
    """An enum literal."""


@dataclass(frozen=True)
class Var:
    name: str
    loc: Loc = (0, 0)


@dataclass(frozen=True)
class TypeRef:
    """name, or a list of `of`; `required` is the trailing "!"."""

    name: str = ""
    of: "TypeRef | None" = None
    required: bool = False

    def __str__(self) -> str:
        return (f"[{self.of}]" if self.of else self.name) + ("!" if self.required else "")

    @property
    def base(self) -> str:
        return self.of.base if self.of else self.name


@dataclass
class Arg:
    name: str
    value: Any
    loc: Loc


@dataclass
class Directive:
    name: str
    args: list[Arg]
    loc: Loc


@dataclass
class Field:
    key: str
    name: str
    args: list[Arg]
    directives: list[Directive]
    selections: list | None
    loc: Loc


@dataclass
class Spread:
    name: str
    directives: list[Directive]
    loc: Loc


@dataclass
class Inline:
    on: str
    directives: list[Directive]
    selections: list
    loc: Loc


@dataclass
class VarDef:
    name: str
    type: TypeRef
    default: Any
    has_default: bool
    loc: Loc


@dataclass
class Operation:
    kind: str
    name: str
    variables: list[VarDef]
    directives: list[Directive]
    selections: list
    loc: Loc


@dataclass
class Fragment:
    name: str
    on: str
    selections: list
    loc: Loc


@dataclass
class Document:
    operations: list[Operation] = field(default_factory=list)
    fragments: dict[str, Fragment] = field(default_factory=dict)


def tokens_of(text: str) -> list[tuple[str, str, Loc]]:
    found, at, line, line_start = [], 0, 1, 0
    while at < len(text):
        match = TOKEN.match(text, at)
        loc = (line, at - line_start + 1)
        if match is None:
            raise SyntaxFault(f"Unexpected character {text[at]!r}", loc)
        kind, part = match.lastgroup or "", match.group()
        if kind != "skip":
            found.append((kind, part, loc))
        at = match.end()
        if "\n" in part:
            line += part.count("\n")
            line_start = match.start() + part.rindex("\n") + 1
    found.append(("end", "", (line, at - line_start + 1)))
    return found


class Parser:
    """Recursive descent over the token list."""

    def __init__(self, text: str) -> None:
        self.tokens, self.at, self.depth = tokens_of(text), 0, 0

    @property
    def loc(self) -> Loc:
        return self.tokens[self.at][2]

    def peek(self, text: str) -> bool:
        kind, part, _ = self.tokens[self.at]
        return part == text and kind in ("punct", "name")

    def take(self, text: str) -> bool:
        if self.peek(text):
            self.at += 1
            return True
        return False

    def need(self, text: str) -> None:
        if not self.take(text):
            self.fail(text)

    def fail(self, expected: str) -> None:
        kind, part, loc = self.tokens[self.at]
        seen = "end of file" if kind == "end" else f'"{part}"'
        raise SyntaxFault(f"Expected {expected}, actual: {seen}", loc)

    def name(self) -> str:
        kind, part, _ = self.tokens[self.at]
        if kind != "name":
            self.fail("NAME")
        self.at += 1
        return part

    def many(self, opening: str, closing: str, item: Any) -> list:
        """opening item+ closing"""
        self.need(opening)
        items = [item()]
        while not self.take(closing):
            items.append(item())
        return items

    # ------------------------------------------------------------------ executable documents

    def document(self) -> Document:
        document = Document()
        while self.tokens[self.at][0] != "end":
            if self.peek("fragment"):
                fragment = self.fragment()
                document.fragments[fragment.name] = fragment
            else:
                document.operations.append(self.operation())
        if not document.operations:
            self.fail("an operation")
        return document

    def operation(self) -> Operation:
        loc = self.loc
        if self.peek("{"):
            return Operation("query", "", [], [], self.selections(), loc)
        kind = self.name()
        if kind not in ("query", "mutation", "subscription"):
            self.at -= 1
            self.fail("query, mutation or fragment")
        name = self.name() if self.tokens[self.at][0] == "name" else ""
        variables = self.many("(", ")", self.variable) if self.peek("(") else []
        return Operation(kind, name, variables, self.directives(), self.selections(), loc)

    def variable(self) -> VarDef:
        loc = self.loc
        self.need("$")
        name = self.name()
        self.need(":")
        kind = self.type_ref()
        has_default = self.take("=")
        default = self.value(True) if has_default else None
        self.directives()
        return VarDef(name, kind, default, has_default, loc)

    def fragment(self) -> Fragment:
        loc = self.loc
        self.need("fragment")
        name = self.name()
        self.need("on")
        on = self.name()
        self.directives()
        return Fragment(name, on, self.selections(), loc)

    def selections(self) -> list:
        self.depth += 1
        if self.depth > DEPTH_MAX:
            raise SyntaxFault("The document is nested too deeply", self.loc)
        items = self.many("{", "}", self.selection)
        self.depth -= 1
        return items

    def selection(self) -> Any:
        loc = self.loc
        if self.take("..."):
            if self.take("on"):
                on = self.name()
                return Inline(on, self.directives(), self.selections(), loc)
            if self.tokens[self.at][0] == "name":
                return Spread(self.name(), self.directives(), loc)
            return Inline("", self.directives(), self.selections(), loc)
        key = name = self.name()
        if self.take(":"):
            name = self.name()
        args = self.many("(", ")", self.argument) if self.peek("(") else []
        directives = self.directives()
        return Field(key, name, args, directives, self.selections() if self.peek("{") else None, loc)

    def argument(self) -> Arg:
        loc, name = self.loc, self.name()
        self.need(":")
        return Arg(name, self.value(), loc)

    def directives(self) -> list[Directive]:
        found = []
        while self.peek("@"):
            loc = self.loc
            self.need("@")
            name = self.name()
            found.append(Directive(name, self.many("(", ")", self.argument) if self.peek("(") else [], loc))
        return found

    def value(self, constant: bool = False) -> Any:
        kind, part, loc = self.tokens[self.at]
        if kind == "punct":
            return self.compound(part, loc, constant)
        self.at += 1
        if kind == "int":
            return int(part)
        if kind == "float":
            return Decimal(part)
        if kind == "string":
            return re.sub(r"\\(u[0-9A-Fa-f]{4}|.)", unescape, part[1:-1])
        if kind == "block":
            return dedent(part[3:-3].replace('\\"""', '"""'))
        if kind == "name":
            return {"true": True, "false": False, "null": None}.get(part, Enum(part))
        self.at -= 1
        return self.fail("a value")

    def compound(self, part: str, loc: Loc, constant: bool) -> Any:
        self.at += 1
        if part == "$" and not constant:
            return Var(self.name(), loc)
        if part == "[":
            items = []
            while not self.take("]"):
                items.append(self.value(constant))
            return items
        if part == "{":
            fields = {}
            while not self.take("}"):
                name = self.name()
                self.need(":")
                fields[name] = self.value(constant)
            return fields
        self.at -= 1
        return self.fail("a value")

    def type_ref(self) -> TypeRef:
        if self.take("["):
            of = self.type_ref()
            self.need("]")
            return TypeRef(of=of, required=self.take("!"))
        name = self.name()
        return TypeRef(name, required=self.take("!"))


def unescape(match: re.Match) -> str:
    code = match.group(1)
    return chr(int(code[1:], 16)) if len(code) == 5 else ESCAPES.get(code, code)


def dedent(text: str) -> str:
    """Block string value (spec 2.9.4)."""
    lines = text.split("\n")
    indents = [len(line) - len(line.lstrip()) for line in lines[1:] if line.strip()]
    cut = min(indents, default=0)
    lines = lines[:1] + [line[cut:] for line in lines[1:]]
    while lines and not lines[0].strip():
        lines.pop(0)
    while lines and not lines[-1].strip():
        lines.pop()
    return "\n".join(lines)


def parse(text: str) -> Document:
    return Parser(text).document()
