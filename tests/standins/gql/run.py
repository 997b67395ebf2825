"""Execution: compiled documents, variables, cost, and the walk over resolvers.

A resolver is a function (object, arguments, context) → value, registered under "Type.field". Without one, the
value is object.get(field): a plain dict serves. An object of an interface or union says its type in "__type"
(a dict key), or the registry's `type_of` finds it. Resolvers are plain functions; mutations run in order.
"""

from __future__ import annotations

import math
from typing import Any, Callable

from gql.check import Checker, error
from gql.parse import Document, Field, Inline, Loc, Operation, SyntaxFault, Var, parse
from gql.schema import MISSING, FieldDef, Schema, Type, show

Resolver = Callable[[Any, dict, "Context"], Any]
COST_MUTATION = 10


class Fault(Exception):
    """An error of execution: goes to errors[] with its path; the field becomes null."""

    def __init__(self, message: str, code: str | None = None, **extensions: Any) -> None:
        super().__init__(message)
        self.extensions = {**({"code": code} if code else {}), **extensions}


class Refused(Exception):
    """The request is answered with these errors and no data."""

    def __init__(self, errors: list[dict]) -> None:
        super().__init__(errors[0]["message"])
        self.errors = errors


class NullField(Exception):
    """A value that must not be null was: the parent becomes null."""


class Step:
    """One field of a selection set on a concrete type, ready to run."""

    __slots__ = (
        "key",
        "name",
        "definition",
        "args",
        "constants",
        "selections",
        "resolver",
        "required",
        "of_list",
        "type",
        "loc",
        "directives",
        "leaf",
    )

    def __init__(self, engine: "Engine", owner: Type, item: Field, selections: list) -> None:
        self.key, self.name, self.loc, self.selections = item.key, item.name, item.loc, selections
        self.directives = item.directives
        self.definition: FieldDef = owner.fields[item.name]
        self.args = item.args
        self.constants: dict | None = None
        self.resolver: Resolver | None = engine.resolvers.get(f"{owner.name}.{item.name}")
        ref = self.definition.type
        self.required, self.of_list = ref.required, ref.of is not None
        self.type = engine.schema.types[ref.base]
        self.leaf = self.type.leaf
        if not any(holds_variable(arg.value) for arg in item.args):
            self.constants = engine.arguments(self.definition.args, item.args, {})


class Context:
    """One execution: the world, the variables, the errors, and the step under way (for directives)."""

    def __init__(self, engine: "Engine", world: Any, variables: dict, conditional: bool) -> None:
        self.engine, self.world, self.variables, self.conditional = engine, world, variables, conditional
        self.errors: list[dict] = []
        self.objects = 0
        self.step: Step | None = None
        self.path: list = []
        self.notes: list[dict] = []

    def directive(self, name: str) -> dict | None:
        """The arguments of a directive on the field under way, or None."""
        for one in self.step.directives if self.step else []:
            if one.name == name:
                return {arg.name: fill(arg.value, self.variables) for arg in one.args}
        return None


class Program:
    """A document that parsed and passed the checks, with one operation chosen."""

    def __init__(self, document: Document, operation: Operation) -> None:
        self.document, self.operation = document, operation
        self.steps: dict[tuple[int, str], list[Step]] = {}
        self.conditional = has_conditions(document)


class Engine:
    """Schema + resolvers. `programs` caches what was parsed and checked, by text and operation name."""

    def __init__(self, schema: Schema, resolvers: dict[str, Resolver], type_of: Callable[[Any], str]) -> None:
        self.schema, self.resolvers, self.type_of = schema, resolvers, type_of
        self.programs: dict[tuple[str, str], Program] = {}
        for name in resolvers:
            owner, _, one = name.partition(".")
            assert one in schema.types[owner].fields, f"no such field: {name}"

    def prepare(self, text: str, operation_name: str | None) -> Program:
        """Parses and checks; raises Refused."""
        key = (text, operation_name or "")
        program = self.programs.get(key)
        if program is None:
            program = self._prepare(text, operation_name)
            if len(self.programs) >= 1000:
                self.programs.clear()
            self.programs[key] = program
        return program

    def _prepare(self, text: str, operation_name: str | None) -> Program:
        try:
            document = parse(text)
        except SyntaxFault as fault:
            line, column = fault.loc
            raise Refused(
                [
                    {
                        "message": "syntax error, " + str(fault)[0].lower() + str(fault)[1:],
                        "locations": [{"line": line, "column": column}],
                    }
                ]
            ) from None
        operation = choose(document, operation_name)
        errors = Checker(self.schema, document, operation).run()
        if errors:
            raise Refused(errors)
        return Program(document, operation)

    # ------------------------------------------------------------------ variables and arguments

    def variables(self, operation: Operation, given: dict) -> dict:
        result: dict[str, Any] = {}
        errors = []
        for one in operation.variables:
            value = given.get(one.name, MISSING)
            if value is MISSING and one.has_default:
                value = one.default
            if value is MISSING and not one.type.required:
                continue
            problems: list[tuple[list, str]] = []
            result[one.name] = self.schema.coerce(one.type, None if value is MISSING else value, [], problems)
            if problems:
                errors.append(variable_error(one, None if value is MISSING else value, problems))
        if errors:
            raise Refused(errors)
        return result

    def arguments(self, known: dict, given: list, variables: dict) -> dict:
        result = {name: one.default for name, one in known.items() if one.default is not MISSING}
        for arg in given:
            value = fill(arg.value, variables)
            if value is not MISSING:
                if not isinstance(arg.value, Var):
                    value = self.schema.coerce(known[arg.name].type, value, [], [])
                result[arg.name] = value
        return result

    # ------------------------------------------------------------------ cost

    def cost(self, program: Program, variables: dict) -> int:
        """requestedQueryCost: scalars 0, objects 1, mutations 10, connections by their size."""
        operation = program.operation
        if operation.kind == "mutation":
            root = self.schema.types["Mutation"]
            return sum(COST_MUTATION for _ in self._steps(program, operation.selections, root, variables))
        root = self.schema.types["QueryRoot"]
        return max(1, round(self._cost(program, operation.selections, root, variables)))

    def _cost(self, program: Program, selections: list, owner: Type, variables: dict) -> float:
        if owner.kind != "type":
            kinds = [self.schema.types[name] for name in owner.possible]
            return max((self._cost(program, selections, kind, variables) for kind in kinds), default=0)
        total = 0.0
        for step in self._steps(program, selections, owner, variables):
            if step is None or step.leaf:
                continue
            inner = self._cost(program, step.selections, step.type, variables)
            name = step.type.name
            if name.endswith("Connection"):
                args = (
                    step.constants
                    if step.constants is not None
                    else self.arguments(step.definition.args, step.args, variables)
                )
                size = args.get("first") or args.get("last") or 0
                total += 2 + sized(size) * max(inner, 1) if size else 1
            elif name.endswith("Edge") or name == "PageInfo":
                total += inner
            elif owner.name.endswith("Connection") or owner.name.endswith("Edge"):
                total += 1 + inner
            else:
                total += 1 + inner
        return total

    # ------------------------------------------------------------------ execution

    def execute(self, program: Program, variables: dict, world: Any) -> tuple[dict | None, Context]:
        context = Context(self, world, variables, program.conditional)
        root = self.schema.types["Mutation" if program.operation.kind == "mutation" else "QueryRoot"]
        try:
            return self._object(program, program.operation.selections, root, {}, context), context
        except NullField:
            return None, context

    def _steps(self, program: Program, selections: list, owner: Type, variables: dict) -> list:
        key = (id(selections), owner.name)
        found = program.steps.get(key)
        if found is not None:
            return found
        merged: dict[str, tuple[Field, list]] = {}
        self._collect(program, selections, owner, variables, merged)
        steps = [
            None if item.name == "__typename" else Step(self, owner, item, inner) for item, inner in merged.values()
        ]
        if None in steps:
            steps = [step or TypeName(item.key) for step, (item, _) in zip(steps, merged.values())]
        if not program.conditional:  # the steps keep their lists alive, so id() stays their own
            program.steps[key] = steps
        return steps

    def _collect(self, program: Program, selections: list, owner: Type, variables: dict, merged: dict) -> None:
        for item in selections:
            if item.directives and not included(item.directives, variables):
                continue
            if isinstance(item, Field):
                if item.key in merged:
                    merged[item.key][1].extend(item.selections or [])
                else:
                    merged[item.key] = (item, list(item.selections or []))
                continue
            part = item if isinstance(item, Inline) else program.document.fragments[item.name]
            if not part.on or owner.name in self.schema.types[part.on].possible:
                self._collect(program, part.selections, owner, variables, merged)

    def _object(self, program: Program, selections: list, owner: Type, value: Any, context: Context) -> dict:
        if owner.kind != "type":
            owner = self.schema.types[self.type_of(value)]
        context.objects += 1
        out: dict[str, Any] = {}
        steps = program.steps.get((id(selections), owner.name))
        if steps is None:
            steps = self._steps(program, selections, owner, context.variables)
        path = context.path
        for step in steps:
            if step.resolver is None and step.leaf:
                if step.name == "__typename":
                    out[step.key] = owner.name
                    continue
                found = value.get(step.name)
                if found is not None:
                    out[step.key] = found
                    continue
            path.append(step.key)
            out[step.key] = self._field(program, step, owner, value, context)
            path.pop()
        return out

    def _field(self, program: Program, step: Step, owner: Type, value: Any, context: Context) -> Any:
        depth = len(context.path)
        try:
            if step.resolver is None:
                found = value.get(step.name)
            else:
                args = step.constants
                if args is None:
                    args = self.arguments(step.definition.args, step.args, context.variables)
                context.step = step
                found = step.resolver(value, args, context)
            if found is None:
                if step.required:
                    raise Fault(f"Cannot return null for non-nullable field {owner.name}.{step.name}")
                return None
            if step.leaf:
                return found
            if not step.of_list:
                return self._object(program, step.selections, step.type, found, context)
            return self._list(program, step, found, context)
        except Fault as fault:
            context.errors.append(
                {
                    "message": str(fault),
                    "locations": [{"line": step.loc[0], "column": step.loc[1]}],
                    "path": list(context.path[:depth]),
                    "extensions": fault.extensions,
                }
            )
        except NullField:
            pass
        del context.path[depth:]
        if step.required:
            raise NullField
        return None

    def _list(self, program: Program, step: Step, items: list, context: Context) -> list:
        out = []
        for at, item in enumerate(items):
            context.path.append(at)
            out.append(None if item is None else self._object(program, step.selections, step.type, item, context))
            context.path.pop()
        return out


class TypeName:
    """Stands for __typename in a list of steps."""

    __slots__ = ("key", "name", "leaf", "resolver")

    def __init__(self, key: str) -> None:
        self.key, self.name, self.leaf, self.resolver = key, "__typename", True, None


def sized(count: int) -> float:
    """What a connection of `count` nodes is charged as. The real system charges far less than one point a node:
    250 nodes of 2 objects each were seen at 22 points (community.shopify.dev/t/23101); 2·ln(n) gives that."""
    return max(1.0, min(float(count), 2 * math.log(max(count, 1))))


def holds_variable(value: Any) -> bool:
    if isinstance(value, (list, dict)):
        return any(holds_variable(item) for item in (value.values() if isinstance(value, dict) else value))
    return isinstance(value, Var)


def fill(value: Any, variables: dict) -> Any:
    """A literal with its variables put in; a variable that was not given leaves its place out."""
    if isinstance(value, Var):
        return variables.get(value.name, MISSING)
    if isinstance(value, list):
        return [None if item is MISSING else item for item in (fill(one, variables) for one in value)]
    if isinstance(value, dict):
        filled = {name: fill(item, variables) for name, item in value.items()}
        return {name: item for name, item in filled.items() if item is not MISSING}
    return value


def included(directives: list, variables: dict) -> bool:
    for one in directives:
        if one.name in ("skip", "include"):
            wanted = bool(fill(one.args[0].value, variables))
            if wanted == (one.name == "skip"):
                return False
    return True


def has_conditions(document: Document) -> bool:
    def within(items: list) -> bool:
        return any(
            any(d.name in ("skip", "include") for d in item.directives)
            or within(getattr(item, "selections", None) or [])
            for item in items
        )

    return any(within(part.selections) for part in [*document.operations, *document.fragments.values()])


def choose(document: Document, name: str | None) -> Operation:
    if name:
        for operation in document.operations:
            if operation.name == name:
                return operation
        raise Refused([{"message": f'No operation named "{name}"'}])
    if len(document.operations) > 1:
        raise Refused([{"message": "An operation name is required"}])
    return document.operations[0]


def variable_error(one: Any, value: Any, problems: list[tuple[list, str]]) -> dict:
    where = ", ".join(f"{'.'.join(str(part) for part in path)} ({why})" for path, why in problems if path)
    message = f"Variable ${one.name} of type {one.type} was provided invalid value" + (" for " + where if where else "")
    loc: Loc = one.loc
    found = error(
        message,
        loc,
        [],
        "INVALID_VARIABLE",
        value=plain(value),
        problems=[{"path": path, "explanation": why} for path, why in problems],
    )
    del found["path"]
    return found


def plain(value: Any) -> Any:
    import json

    return json.loads(show(value))
