"""Metafields, their definitions, and look-ups by a metafield of unique values (customId)."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

from gql.run import Context, Fault
from shop.search import connection
from shop.world import World, kind_of, number_of, put_given, refuse

OWNERS = {
    "Product": "PRODUCT",
    "ProductVariant": "PRODUCTVARIANT",
    "Customer": "CUSTOMER",
    "Order": "ORDER",
    "Company": "COMPANY",
    "CompanyLocation": "COMPANY_LOCATION",
    "Location": "LOCATION",
    "Shop": "SHOP",
    "MediaImage": "MEDIA_IMAGE",
}
TYPES = frozenset("""boolean color date date_time dimension id json link money multi_line_text_field number_decimal
    number_integer rating rich_text_field single_line_text_field url volume weight language""".split())
UNIQUE_ABLE = frozenset("id single_line_text_field number_integer url".split())
APP_NAMESPACE = "app--1234567"
SET_MAX = 25


def value_fault(kind: str, value: str) -> str | None:
    """What is wrong with a value of this type; None when nothing is."""
    if value == "":
        return "can't be blank."
    checks = {
        "number_integer": r"-?\d+$",
        "number_decimal": r"-?\d+(\.\d+)?$",
        "boolean": r"(true|false)$",
        "date": r"\d{4}-\d\d-\d\d$",
        "id": r"[^\s]+$",
    }
    base = kind.removeprefix("list.")
    if kind.startswith("list.") or base in ("json", "money", "dimension", "volume", "weight", "rating", "link"):
        try:
            found = json.loads(value)
        except ValueError:
            return "is invalid JSON."
        return None if not kind.startswith("list.") or isinstance(found, list) else "must be a list."
    if base in checks and not re.match(checks[base], value):
        return {"number_integer": "must be an integer."}.get(base, f"must be a {base}.")
    return "must be a single line text string." if base == "single_line_text_field" and "\n" in value else None


def digest(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()


def set_one(world: World, owner: dict, given: dict, field: list) -> tuple[dict | None, dict | None]:
    """Sets one metafield; (metafield, None) or (None, user error with code)."""
    owner_type = OWNERS.get(owner["__type"])
    if owner_type is None:
        return None, refuse(field + ["ownerId"], "Owner does not support metafields", "INVALID")
    namespace = given.get("namespace") or APP_NAMESPACE
    key, value = given.get("key") or "", given.get("value") or ""
    if not re.match(r"[A-Za-z0-9_-]{2,64}$", key):
        return None, refuse(
            field + ["key"],
            "Key is too short (minimum is 2 characters)" if len(key) < 2 else "Key is invalid",
            "TOO_SHORT" if len(key) < 2 else "INVALID",
        )
    if not re.match(r"[A-Za-z0-9_-]{3,255}$", namespace):
        return None, refuse(
            field + ["namespace"],
            "Namespace is too short (minimum is 3 characters)" if len(namespace) < 3 else "Namespace is invalid",
            "TOO_SHORT" if len(namespace) < 3 else "INVALID",
        )
    old = world.metafields_of.get(owner["id"], {}).get((namespace, key))
    definition = world.definitions.get((owner_type, namespace, key))
    kind = given.get("type") or (definition or {}).get("typeName") or (old or {}).get("type")
    if kind is None:
        return None, refuse(field + ["type"], "Type can't be blank", "BLANK")
    if kind.removeprefix("list.") not in TYPES and not kind.endswith("_reference"):
        return None, refuse(
            field + ["type"], "Type must be one of the following: " + ", ".join(sorted(TYPES)) + ".", "INCLUSION"
        )
    if definition and definition["typeName"] != kind:
        return None, refuse(
            field + ["type"],
            f"Type '{kind}' must be consistent with the definition's type: " f"'{definition['typeName']}'.",
            "INVALID_TYPE",
        )
    if kind == "id" and not definition:
        return None, refuse(field + ["type"], "Type 'id' needs a metafield definition.", "INVALID_TYPE")
    why = value_fault(kind, value)
    if why:
        return None, refuse(field + ["value"], "Value " + why, "BLANK" if value == "" else "INVALID_VALUE")
    if "compareDigest" in given and given["compareDigest"] != (digest(old["value"]) if old else None):
        return None, refuse(
            field,
            "The resource has been updated since it was loaded. Try again with an updated " "`compareDigest` value.",
            "STALE_OBJECT",
        )
    unique = (owner_type, namespace, key, value)
    if definition and definition["unique"] and world.unique_values.get(unique, owner["id"]) != owner["id"]:
        return None, refuse(field + ["value"], "Value has already been taken", "TAKEN")
    return (
        write(world, owner, owner_type, {"namespace": namespace, "key": key, "value": value, "type": kind}, old),
        None,
    )


def write(world: World, owner: dict, owner_type: str, fields: dict, old: dict | None) -> dict:
    if old is None:
        metafield = world.new("Metafield", {**fields, "ownerId": owner["id"], "ownerType": owner_type})
    else:
        metafield = old
        world.unique_values.pop((owner_type, old["namespace"], old["key"], old["value"]), None)
        if put_given(metafield, fields, "value", "type"):
            world.touch(metafield)
    world.index_metafield(metafield)
    return metafield


def remove(world: World, metafield: dict) -> None:
    name = (metafield["namespace"], metafield["key"])
    world.metafields_of.get(metafield["ownerId"], {}).pop(name, None)
    world.unique_values.pop((metafield["ownerType"], *name, metafield["value"]), None)
    world.remove(metafield)


def set_inputs(world: World, owner: dict, given: list[dict], field: list, replace: bool = False) -> list[dict]:
    """The metafields of an input object; replace: those not named are deleted. Returns user errors."""
    errors = []
    for at, one in enumerate(given):
        _, error = set_one(world, owner, one, field + [str(at)])
        errors += [error] if error else []
    if replace and not errors:
        named = {(one.get("namespace") or APP_NAMESPACE, one.get("key")) for one in given}
        for name, metafield in list(world.metafields_of.get(owner["id"], {}).items()):
            if name not in named:
                remove(world, metafield)
    return errors


def by_custom_id(world: World, kind: str, custom: dict) -> tuple[dict | None, str | None]:
    """(object, None), (None, None) when no object has the value, or (None, why): there is no unique definition."""
    name = (OWNERS[kind], custom.get("namespace") or APP_NAMESPACE, custom["key"])
    definition = world.definitions.get(name)
    if definition is None or not definition["unique"]:
        return None, "Metafield definition of type 'id' is required when using custom ids."
    owner = world.unique_values.get((*name, custom["value"]))
    return (world.find(kind, owner) if owner else None), None


def identified(world: World, kind: str, identifier: dict, others: dict) -> dict | None:
    """What a …ByIdentifier query finds. `others` maps further fields of the identifier to a finder."""
    given = [name for name, value in identifier.items() if value is not None]
    if len(given) != 1:
        raise Fault("The identifier argument must have exactly one field set.", "BAD_REQUEST")
    name = given[0]
    if name == "id":
        return world.find(kind, identifier["id"])
    if name == "customId":
        found, why = by_custom_id(world, kind, identifier["customId"])
        if why:
            raise Fault(why, "NOT_FOUND")
        return found
    return others[name](identifier[name])


# ---------------------------------------------------------------------- the API


def metafield(owner: dict, args: dict, context: Context) -> dict | None:
    name = (args.get("namespace") or APP_NAMESPACE, args["key"])
    if not args.get("namespace") and "." in args["key"]:
        name = tuple(args["key"].rsplit(".", 1))  # type: ignore[assignment]
    return context.world.metafields_of.get(owner["id"], {}).get(name)


def metafields(owner: dict, args: dict, context: Context) -> Any:
    found = [
        one
        for one in context.world.metafields_of.get(owner["id"], {}).values()
        if args.get("namespace") in (None, one["namespace"])
        and (not args.get("keys") or f"{one['namespace']}.{one['key']}" in args["keys"] or one["key"] in args["keys"])
    ]
    return connection(found, args)


def json_value(found: dict, _: dict, context: Context) -> Any:
    return (
        found["value"]
        if found["type"] in ("single_line_text_field", "id", "multi_line_text_field", "url")
        else json.loads(found["value"])
    )


def metafields_set(_: dict, args: dict, context: Context) -> dict:
    """All or nothing, as the real one."""
    world, errors, owners = context.world, [], []
    if len(args["metafields"]) > SET_MAX:
        return {
            "metafields": None,
            "userErrors": [
                refuse(
                    ["metafields"],
                    f"Exceeded the maximum metafields input limit of {SET_MAX}.",
                    "LESS_THAN_OR_EQUAL_TO",
                )
            ],
        }
    for at, one in enumerate(args["metafields"]):
        owner = world.shop() if kind_of(one["ownerId"]) == "Shop" else world.any(one["ownerId"])
        owners.append(owner)
        if owner is None:
            errors.append(refuse(["metafields", at, "ownerId"], "Owner does not exist.", "INVALID", elementIndex=None))
    if errors:
        return {"metafields": None, "userErrors": errors}
    before = [dict(m) for o in owners for m in world.metafields_of.get(o["id"], {}).values()]
    done = []
    for at, (owner, one) in enumerate(zip(owners, args["metafields"])):
        found, error = set_one(world, owner, one, ["metafields", str(at)])
        if error:
            restore(world, owners, before)
            return {"metafields": None, "userErrors": [error]}
        done.append(found)
    for owner in {o["id"]: o for o in owners if o["__type"] != "Shop"}.values():
        topic = {
            "Product": "products/update",
            "Customer": "customers/update",
            "Order": "orders/updated",
            "Company": "companies/update",
        }.get(owner["__type"])
        world.touch(owner, *([topic] if topic else []))
    return {"metafields": done, "userErrors": []}


def restore(world: World, owners: list[dict], before: list[dict]) -> None:
    kept = {one["id"]: one for one in before}
    for owner in owners:
        for found in list(world.metafields_of.get(owner["id"], {}).values()):
            if found["id"] not in kept:
                remove(world, found)
            elif found != kept[found["id"]]:
                write(world, owner, found["ownerType"], kept[found["id"]], found)


def metafields_delete(_: dict, args: dict, context: Context) -> dict:
    world, gone = context.world, []
    for one in args["metafields"]:
        found = world.metafields_of.get(one["ownerId"], {}).get((one["namespace"], one["key"]))
        if found:
            remove(world, found)
        gone.append({key: one[key] for key in ("ownerId", "namespace", "key")} if found else None)
    return {"deletedMetafields": gone, "userErrors": []}


def definition_create(_: dict, args: dict, context: Context) -> dict:
    world, given = context.world, args["definition"]
    namespace = given.get("namespace") or APP_NAMESPACE
    name = (given["ownerType"], namespace, given["key"])
    field, wanted = ["definition"], (given.get("capabilities") or {}).get("uniqueValues") or {}

    def refused(where: str, message: str, code: str) -> dict:
        return {"createdDefinition": None, "userErrors": [refuse(field + [where], message, code)]}

    if name in world.definitions:
        return refused(
            "key",
            f"Key is in use for {given['ownerType'].capitalize()} metafields on the '{namespace}' namespace.",
            "TAKEN",
        )
    if not given["name"].strip():
        return refused("name", "Name can't be blank", "BLANK")
    if not re.match(r"[A-Za-z0-9_-]{2,64}$", given["key"]):
        return refused("key", "Key is invalid", "INVALID")
    if given["type"].removeprefix("list.") not in TYPES:
        return refused("type", "Type name is not a valid type", "INCLUSION")
    unique = given["type"] == "id" or bool(wanted.get("enabled"))
    if unique and given["type"] not in UNIQUE_ABLE:
        return refused(
            "capabilities", "The unique values capability is not supported for this type.", "INVALID_CAPABILITY"
        )
    definition = world.new(
        "MetafieldDefinition",
        {
            "namespace": namespace,
            "key": given["key"],
            "name": given["name"],
            "description": given.get("description"),
            "ownerType": given["ownerType"],
            "typeName": given["type"],
            "unique": unique,
        },
    )
    world.definitions[name] = definition
    for found in list(world.tables["Metafield"].values()):
        if (found["ownerType"], found["namespace"], found["key"]) == name:
            world.index_metafield(found)
    return {"createdDefinition": definition, "userErrors": []}


def definitions(_: dict, args: dict, context: Context) -> Any:
    found = [
        one
        for one in context.world.tables["MetafieldDefinition"].values()
        if one["ownerType"] == args["ownerType"]
        and args.get("namespace") in (None, one["namespace"])
        and args.get("key") in (None, one["key"])
    ]
    return connection(found, args)


def capabilities(definition: dict, _: dict, __: Context) -> dict:
    return {
        "uniqueValues": {"eligible": definition["typeName"] in UNIQUE_ABLE, "enabled": definition["unique"]},
        "adminFilterable": {"eligible": True, "enabled": False},
    }


RESOLVERS = {
    "Metafield.compareDigest": lambda m, a, c: digest(m["value"]),
    "Metafield.jsonValue": json_value,
    "Metafield.legacyResourceId": lambda m, a, c: str(number_of(m["id"])),
    "MetafieldDefinition.type": lambda d, a, c: {"name": d["typeName"], "category": "TEXT"},
    "MetafieldDefinition.capabilities": capabilities,
    "MetafieldDefinition.metafieldsCount": lambda d, a, c: sum(
        (m["ownerType"], m["namespace"], m["key"]) == (d["ownerType"], d["namespace"], d["key"])
        for m in c.world.tables["Metafield"].values()
    ),
    "QueryRoot.metafieldDefinitions": definitions,
    "Mutation.metafieldDefinitionCreate": definition_create,
    "Mutation.metafieldsSet": metafields_set,
    "Mutation.metafieldsDelete": metafields_delete,
}
for _owner in (
    "Product",
    "ProductVariant",
    "Customer",
    "Order",
    "Company",
    "CompanyLocation",
    "Location",
    "MediaImage",
):
    RESOLVERS[f"{_owner}.metafield"] = metafield
    RESOLVERS[f"{_owner}.metafields"] = metafields
