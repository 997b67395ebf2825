"""A document against the schema. Messages and codes are those of graphql-ruby's static validation."""

from __future__ import annotations

from typing import Any, Iterator

from gql.parse import Document, Field, Inline, Loc, Operation, Spread, TypeRef, Var
from gql.schema import MISSING, FieldDef, InputDef, Schema, Type, show


def error(message: str, loc: Loc, path: list, code: str, **extensions: Any) -> dict:
    return {
        "message": message,
        "locations": [{"line": loc[0], "column": loc[1]}],
        "path": path,
        "extensions": {"code": code, **extensions},
    }


class Checker:
    """Checks one operation of a document, with the fragments that it uses."""

    def __init__(self, schema: Schema, document: Document, operation: Operation) -> None:
        self.schema, self.document, self.operation = schema, document, operation
        self.errors: list[dict] = []
        self.variables = {one.name: one for one in operation.variables}
        self.used: set[str] = set()
        self.fragments_open: list[str] = []
        self.fragments_used: set[str] = set()

    def run(self) -> list[dict]:
        operation = self.operation
        root = operation.kind + (" " + operation.name if operation.name else "")
        for one in operation.variables:
            found = self.schema.types.get(one.type.base)
            if found is None or found.kind not in ("scalar", "enum", "input"):
                self.add(
                    f"{one.type.base} isn't a defined input type (on ${one.name})",
                    one.loc,
                    [root],
                    "variableRequiresValidType",
                    typeName=one.type.base,
                    variableName=one.name,
                )
        if self.errors:
            return self.errors
        self.directives(operation.directives, "mutation" if operation.kind == "mutation" else "query", [root])
        top = self.schema.types["Mutation" if operation.kind == "mutation" else "QueryRoot"]
        self.selections(operation.selections, top, [root])
        self.unused(root)
        return self.errors

    def add(self, message: str, loc: Loc, path: list, code: str, **extensions: Any) -> None:
        self.errors.append(error(message, loc, path, code, **extensions))

    def unused(self, root: str) -> None:
        label = self.operation.name or "anonymous " + self.operation.kind
        for name, one in self.variables.items():
            if name not in self.used:
                self.add(
                    f"Variable ${name} is declared by {label} but not used",
                    one.loc,
                    [root],
                    "variableNotUsed",
                    variableName=name,
                )
        if len(self.document.operations) == 1:
            for name, fragment in self.document.fragments.items():
                if name not in self.fragments_used:
                    self.add(
                        f"Fragment {name} was defined, but not used",
                        fragment.loc,
                        ["fragment " + name],
                        "useAndDefineFragment",
                        fragmentName=name,
                    )

    # ------------------------------------------------------------------ selections

    def selections(self, items: list, parent: Type, path: list) -> None:
        for item in items:
            if isinstance(item, Field):
                self.field(item, parent, path)
            elif isinstance(item, Inline):
                self.directives(item.directives, "fragment", path)
                label = "... on " + item.on if item.on else "..."
                self.condition(item.on or parent.name, item.selections, parent, item.loc, path + [label])
            else:
                self.spread(item, parent, path)
        self.conflicts(items, parent, path)

    def conflicts(self, items: list, parent: Type, path: list) -> None:
        seen: dict[str, Field] = {}
        for item in items:
            if isinstance(item, Field):
                other = seen.setdefault(item.key, item)
                if other.name != item.name:
                    self.add(
                        f"Field '{item.key}' has a field conflict: {other.name} or {item.name}?",
                        item.loc,
                        path,
                        "fieldConflict",
                        fieldName=item.key,
                        conflicts=f"{other.name} or {item.name}",
                    )
                elif show_args(other) != show_args(item):
                    self.add(
                        f"Field '{item.key}' has an argument conflict: {show_args(other)} or {show_args(item)}?",
                        item.loc,
                        path,
                        "fieldConflict",
                        fieldName=item.key,
                    )

    def spread(self, item: Spread, parent: Type, path: list) -> None:
        self.directives(item.directives, "fragment", path)
        fragment = self.document.fragments.get(item.name)
        if fragment is None:
            self.add(
                f"Fragment {item.name} was used, but not defined",
                item.loc,
                path + ["... " + item.name],
                "useAndDefineFragment",
                fragmentName=item.name,
            )
        elif item.name in self.fragments_open:
            self.add(
                f"Fragment {item.name} contains an infinite loop",
                item.loc,
                path,
                "infiniteLoop",
                fragmentName=item.name,
            )
        else:
            self.fragments_used.add(item.name)
            self.fragments_open.append(item.name)
            self.condition(fragment.on, fragment.selections, parent, item.loc, ["fragment " + item.name])
            self.fragments_open.pop()

    def condition(self, on: str, items: list, parent: Type, loc: Loc, path: list) -> None:
        found = self.schema.types.get(on)
        if found is None:
            self.add(f"No such type {on}, so it can't be a fragment condition", loc, path, "undefinedType", typeName=on)
        elif found.kind not in ("type", "interface", "union"):
            self.add(
                f"Invalid fragment on type {on} (must be Union, Interface or Object)",
                loc,
                path,
                "fragmentOnNonCompositeType",
                typeName=on,
            )
        elif not found.possible & parent.possible:
            self.add(
                f"Fragment on {on} can't be spread inside {parent.name}",
                loc,
                path,
                "cannotSpreadFragment",
                typeName=on,
                fragmentName="unknown",
                parentName=parent.name,
            )
        else:
            self.selections(items, found, path)

    def field(self, item: Field, parent: Type, path: list) -> None:
        path = path + [item.key]
        self.directives(item.directives, "field", path)
        if item.name == "__typename":
            return
        found: FieldDef | None = parent.fields.get(item.name) if parent.kind != "union" else None
        if found is None:
            if parent.kind == "union":
                self.add(
                    f"Selections can't be made directly on unions (see selections on {parent.name})",
                    item.loc,
                    path,
                    "selectionMismatch",
                    nodeName="field",
                    typeName=parent.name,
                )
            else:
                self.add(
                    f"Field '{item.name}' doesn't exist on type '{parent.name}'",
                    item.loc,
                    path,
                    "undefinedField",
                    typeName=parent.name,
                    fieldName=item.name,
                )
            return
        self.arguments(item.args, found.args, "Field", item.name, item.loc, path)
        kind = self.schema.types[found.type.base]
        if kind.leaf and item.selections is not None:
            inner = ", ".join(f'"{one.key}"' for one in item.selections if isinstance(one, Field))
            self.add(
                f"Selections can't be made on {'enums' if kind.kind == 'enum' else 'scalars'} "
                f"(field '{item.name}' returns {kind.name} but has selections [{inner}])",
                item.loc,
                path,
                "selectionMismatch",
                nodeName=f"field '{item.name}'",
                typeName=kind.name,
            )
        elif not kind.leaf and item.selections is None:
            self.add(
                f"Field must have selections (field '{item.name}' returns {kind.name} but has no selections. "
                f"Did you mean '{item.name} {{ ... }}'?)",
                item.loc,
                path,
                "selectionMismatch",
                nodeName=f"field '{item.name}'",
                typeName=kind.name,
            )
        elif item.selections is not None:
            self.selections(item.selections, kind, path)

    def directives(self, items: list, place: str, path: list) -> None:
        for item in items:
            found = self.schema.directives.get(item.name)
            if found is None:
                self.add(
                    f"Directive @{item.name} is not defined",
                    item.loc,
                    path,
                    "undefinedDirective",
                    directiveName=item.name,
                )
            elif place not in found[1].split():
                plural = {"mutation": "mutations", "query": "queries", "fragment": "fragments"}.get(place, "fields")
                self.add(
                    f"'@{item.name}' can't be applied to {plural} (allowed: {found[1].replace(' ', ', ')}s)",
                    item.loc,
                    path,
                    "directiveCannotBeApplied",
                    targetName=plural,
                    name=item.name,
                )
            else:
                self.arguments(item.args, found[0], "Directive", item.name, item.loc, path)

    # ------------------------------------------------------------------ arguments

    def arguments(self, given: list, known: dict[str, InputDef], what: str, name: str, loc: Loc, path: list) -> None:
        seen = set()
        for arg in given:
            if arg.name in seen:
                self.add(
                    f'There can be only one argument named "{arg.name}"',
                    arg.loc,
                    path + [arg.name],
                    "argumentNotUnique",
                    name=arg.name,
                )
            seen.add(arg.name)
            if arg.name not in known:
                self.add(
                    f"{what} '{name}' doesn't accept argument '{arg.name}'",
                    arg.loc,
                    path + [arg.name],
                    "argumentNotAccepted",
                    name=name,
                    typeName=what,
                    argumentName=arg.name,
                )
            else:
                self.value(arg, known[arg.name], what, name, path + [arg.name])
        missing = [one.name for one in known.values() if one.required and one.name not in seen]
        if missing:
            self.add(
                f"{what} '{name}' is missing required arguments: {', '.join(missing)}",
                loc,
                path,
                "missingRequiredArguments",
                className=what,
                name=name,
                arguments=", ".join(missing),
            )

    def value(self, arg: Any, known: InputDef, what: str, name: str, path: list) -> None:
        for var, ref, default in variables_in(self.schema, known.type, known.default, arg.value):
            self.variable(var, ref, default, arg.name, path)
        problems: list[tuple[list, str]] = []
        self.schema.coerce(known.type, arg.value, [], problems)
        for where, why in problems:
            if why.startswith("Field is not defined on "):
                owner = why.rsplit(" ", 1)[1]
                self.add(
                    f"InputObject '{owner}' doesn't accept argument '{where[-1]}'",
                    arg.loc,
                    path + where,
                    "argumentNotAccepted",
                    name=owner,
                    typeName="InputObject",
                    argumentName=where[-1],
                )
            elif where and why == "Expected value to not be null":
                self.add(
                    f"Argument '{where[-1]}' on InputObject is required. Expected value to not be null",
                    arg.loc,
                    path + where,
                    "missingRequiredInputObjectAttribute",
                    argumentName=where[-1],
                )
            elif why.startswith("Invalid global id"):
                self.add(why, arg.loc, path + where, "argumentLiteralsIncompatible", typeName="CoercionError")
            else:
                self.add(
                    f"Argument '{arg.name}' on {what} '{name}' has an invalid value "
                    f"({show(arg.value)}). Expected type '{known.type}'.",
                    arg.loc,
                    path,
                    "argumentLiteralsIncompatible",
                    typeName=what,
                    argumentName=arg.name,
                )

    def variable(self, var: Var, ref: TypeRef, default: Any, argument: str, path: list) -> None:
        self.used.add(var.name)
        one = self.variables.get(var.name)
        if one is None:
            label = self.operation.name or "anonymous " + self.operation.kind
            self.add(
                f"Variable ${var.name} is used by {label} but not declared",
                var.loc,
                path,
                "variableNotDefined",
                variableName=var.name,
            )
        elif not fits(one.type, ref, one.has_default or default is not MISSING):
            self.add(
                f"{'Nullability' if loose(one.type) == loose(ref) else 'Type'} mismatch on variable ${var.name} "
                f"and argument {argument} ({one.type} / {ref})",
                var.loc,
                path,
                "variableMismatch",
                variableName=var.name,
                typeName=str(one.type),
                argumentName=argument,
            )


def loose(ref: TypeRef) -> str:
    return str(ref).replace("!", "")


def fits(given: TypeRef, wanted: TypeRef, has_default: bool) -> bool:
    """Whether a variable of type `given` may stand where `wanted` is asked (spec 5.8.5)."""
    if wanted.required and not given.required and not has_default:
        return False
    if wanted.of:
        inner = given.of or (given if not given.of else None)
        return (
            inner is not None and fits(inner, wanted.of, False)
            if given.of
            else fits(TypeRef(given.name, required=True) if given.required else given, wanted.of, True)
        )
    return not given.of and given.name == wanted.name


def variables_in(schema: Schema, ref: TypeRef, default: Any, value: Any) -> Iterator[tuple[Var, TypeRef, Any]]:
    """Every variable in a literal, with the type that its place asks."""
    if isinstance(value, Var):
        yield value, ref, default
    elif isinstance(value, list):
        for item in value:
            yield from variables_in(schema, ref.of or ref, MISSING, item)
    elif isinstance(value, dict):
        fields = schema.types[ref.base].fields
        for name, item in value.items():
            if name in fields:
                yield from variables_in(schema, fields[name].type, fields[name].default, item)


def show_args(item: Field) -> str:
    return show({arg.name: repr(arg.value) for arg in item.args})
