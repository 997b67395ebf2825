"""productSet: one call that makes or changes a product with its variants. Its lists are replaced."""

from __future__ import annotations

from typing import Any

from gql.run import Context
from shop import inventory, metafields
from shop.products import (
    DEFAULT_OPTION,
    delete_product,
    delete_variant,
    media_of,
    product_errors,
    product_new,
    product_write,
    stock_input,
    title_of,
    variant_errors,
    variant_new,
    variant_write,
)
from shop.values import slug
from shop.world import World, put_given, refuse


def product_set(_: Any, args: dict, context: Context) -> dict:
    world, given = context.world, args["input"]
    product, custom, errors = set_target(world, args)
    if not errors:
        errors = product_errors(world, given, product, ["input"])
    options, plans = None, []
    if not errors:
        options, errors = options_of(given, product)
    if not errors and given.get("variants") is not None:
        plans, errors = variant_plans(world, given["variants"], options, product)
    if errors:
        return {"product": None, "productSetOperation": None, "userErrors": errors}
    created = product is None
    product = product or product_new(world, given)
    changed = product_write(world, product, given)
    changed |= put_given(product, {"options": named_options(world, options, product)}, "options")
    changed |= apply_variants(world, product, given, plans)
    errors = set_metafields(world, product, given, custom)
    if given.get("files") is not None:
        changed |= put_given(product, {"media": media_of(world, given["files"], product["media"])}, "media")
    if created or changed or given.get("metafields") is not None:
        world.touch(product, *([] if created else ["products/update"]))
    if errors and created:
        delete_product(world, product)
        world.told.clear()
    if errors:
        return {"product": None, "productSetOperation": None, "userErrors": errors}
    if args.get("synchronous", True):
        return {"product": product, "productSetOperation": None, "userErrors": []}
    operation = world.new("ProductSetOperation", {"productId": product["id"], "status": "COMPLETE"})
    return {"product": None, "productSetOperation": operation, "userErrors": []}


def set_target(world: World, args: dict) -> tuple[dict | None, dict | None, list[dict]]:
    """(product, custom id that a new one gets, errors) of productSet's identifier."""
    identifier, given = args.get("identifier") or {}, args["input"]
    if identifier and given.get("id"):
        return (
            None,
            None,
            [refuse(["input", "id"], "The id field is not allowed if identifier is provided.", "ID_NOT_ALLOWED")],
        )
    gid = identifier.get("id") or given.get("id")
    if gid:
        product = world.find("Product", gid)
        return (
            product,
            None,
            [] if product else [refuse(["identifier", "id"], "Product does not exist", "PRODUCT_DOES_NOT_EXIST")],
        )
    if identifier.get("handle"):
        if not given.get("handle"):
            return (
                None,
                None,
                [
                    refuse(
                        ["input", "handle"],
                        "The input field corresponding to the identifier is required.",
                        "MISSING_FIELD_REQUIRED",
                    )
                ],
            )
        if given["handle"] != identifier["handle"]:
            return (
                None,
                None,
                [
                    refuse(
                        ["input"],
                        "The identifier value does not match the value of the corresponding field in the input.",
                        "INPUT_MISMATCH",
                    )
                ],
            )
        return world.product_by_handle.get(slug(identifier["handle"])), None, []
    custom = identifier.get("customId")
    if not custom:
        return None, None, []
    product, why = metafields.by_custom_id(world, "Product", custom)
    if why:
        return None, None, [refuse(["identifier", "customId"], why, "INVALID_INPUT")]
    named = {
        (m.get("namespace") or metafields.APP_NAMESPACE, m.get("key")): m.get("value")
        for m in given.get("metafields") or []
    }
    name = (custom.get("namespace") or metafields.APP_NAMESPACE, custom["key"])
    if given.get("metafields") is not None and named.get(name) != custom["value"]:
        return (
            None,
            None,
            [
                refuse(
                    ["input"],
                    "The input argument `metafields` (if present) must contain the `customId` value.",
                    "METAFIELD_MISMATCH",
                )
            ],
        )
    return product, custom, []


def options_of(given: dict, product: dict | None) -> tuple[list[dict], list[dict]]:
    """The options after the call, as name and value names, and what is wrong with them."""
    field = ["input", "productOptions"]
    if given.get("productOptions") is None:
        if product is None:
            return [DEFAULT_OPTION], (
                []
                if given.get("variants") is None
                else [
                    refuse(
                        field,
                        "Product options input is required when updating variants",
                        "PRODUCT_OPTIONS_INPUT_MISSING",
                    )
                ]
            )
        if given.get("variants") is not None:
            return [], [
                refuse(
                    field, "Product options input is required when updating variants", "PRODUCT_OPTIONS_INPUT_MISSING"
                )
            ]
        return product["options"], []
    if given.get("variants") is None:
        return [], [
            refuse(
                ["input", "variants"],
                "Variants input is required when updating product options",
                "VARIANTS_INPUT_MISSING",
            )
        ]
    options = [
        {"name": one.get("name") or "", "values": [v.get("name") or "" for v in one.get("values") or []]}
        for one in given["productOptions"]
    ]
    names = [one["name"] for one in options]
    if len(options) > 3:
        return [], [refuse(field, "Options over limit", "OPTIONS_OVER_LIMIT")]
    if len(set(names)) != len(names):
        return [], [refuse(field, "Duplicated option name", "DUPLICATED_OPTION_NAME")]
    for at, one in enumerate(options):
        if not one["values"] or not one["name"]:
            return [], [
                refuse(
                    field + [at], "Each option must have at least one option value specified", "OPTION_VALUES_MISSING"
                )
            ]
        if len(set(one["values"])) != len(one["values"]):
            return [], [refuse(field + [at], "Duplicated option value", "DUPLICATED_OPTION_VALUE")]
    return options, []


def variant_plans(world: World, rows: list[dict], options: list[dict], product: dict | None) -> tuple[list, list[dict]]:
    """For each row (existing variant or None, values, row); and user errors."""
    plans, errors, taken = [], [], set()
    known = {v["id"]: v for v in world.variants_of.get((product or {}).get("id", ""), [])}
    by_values = {tuple(v["values"].values()): v for v in known.values()}
    for at, row in enumerate(rows):
        where = ["input", "variants", at]
        errors += variant_errors(row, where)
        values, error = values_of(row["optionValues"], options, where)
        if error:
            errors.append(error)
            continue
        if tuple(values.values()) in taken:
            errors.append(
                refuse(
                    where,
                    f"The variant '{title_of(values)}' already exists. Please change at least one option value.",
                    "INVALID_VARIANT",
                )
            )
        taken.add(tuple(values.values()))
        old = known.get(row["id"]) if row.get("id") else by_values.get(tuple(values.values()))
        if row.get("id") and old is None:
            errors.append(refuse(where + ["id"], "Product variant does not exist", "PRODUCT_VARIANT_DOES_NOT_EXIST"))
        for place, stock in enumerate(row.get("inventoryQuantities") or []):
            if world.find("Location", stock["locationId"]) is None:
                errors.append(
                    refuse(
                        where + ["inventoryQuantities", place, "locationId"],
                        "Location does not exist",
                        "INVALID_VARIANT",
                    )
                )
            elif old and inventory.level_at(world, old["inventoryItemId"], stock["locationId"]) is None:
                errors.append(
                    refuse(
                        where + ["inventoryQuantities", place],
                        "The variant is not stocked at the location",
                        "INVALID_VARIANT",
                    )
                )
        plans.append((old, values, row))
    return plans, errors


def values_of(given: list[dict], options: list[dict], where: list) -> tuple[dict, dict | None]:
    """optionValues as {option name: value}, in the options' order."""
    by_name = {one.get("optionName"): one.get("name") for one in given}
    values = {}
    for option in options:
        value = by_name.pop(option["name"], None)
        if value is None:
            return {}, refuse(
                where + ["optionValues"], "Each variant must specify a value for every option", "INVALID_VARIANT"
            )
        if value not in option["values"]:
            return {}, refuse(where + ["optionValues"], "Option value does not exist", "OPTION_VALUE_DOES_NOT_EXIST")
        values[option["name"]] = value
    if by_name:
        return {}, refuse(where + ["optionValues"], "Option does not exist", "OPTION_DOES_NOT_EXIST")
    return values, None


def named_options(world: World, options: list[dict], product: dict) -> list[dict]:
    """Options with ids; what was there before keeps its own."""
    old = {one["name"]: one for one in product["options"]}
    made = []
    for at, one in enumerate(options):
        before = old.get(one["name"], {})
        ids = before.get("valueIds", {})
        made.append(
            {
                "id": before.get("id") or world.gid("ProductOption"),
                "name": one["name"],
                "position": at + 1,
                "values": list(one["values"]),
                "valueIds": {v: ids.get(v) or world.gid("ProductOptionValue") for v in one["values"]},
            }
        )
    return made


def apply_variants(world: World, product: dict, given: dict, plans: list) -> bool:
    variants = world.variants_of[product["id"]]
    if given.get("variants") is None:
        if not variants:
            variant_new(world, product, {}, {"Title": "Default Title"})
        return False
    kept, changed = [], False
    for old, _, _ in plans:
        kept += [old["id"]] if old else []
    for variant in list(variants):
        if variant["id"] not in kept:
            delete_variant(world, variant)
            changed = True
    for place, (old, values, row) in enumerate(plans):
        changed |= apply_variant(world, product, place, old, values, row)
    variants.sort(key=lambda one: one["position"])
    return changed


def apply_variant(world: World, product: dict, place: int, old: dict | None, values: dict, row: dict) -> bool:
    changed = False
    if old is None:
        variant, changed = variant_new(world, product, row, values), True
    else:
        variant = old
        changed |= variant_write(world, variant, row)
        if put_given(variant, {"values": values}, "values"):
            world.touch(variant)
            changed = True
    if put_given(variant, {"position": row.get("position") or place + 1}, "position"):
        world.save(variant)
    changed |= stock_input(world, variant, row.get("inventoryQuantities") or [])
    if row.get("metafields") is not None:
        metafields.set_inputs(
            world, variant, row["metafields"], ["input", "variants", place, "metafields"], replace=True
        )
    return changed


def set_metafields(world: World, product: dict, given: dict, custom: dict | None) -> list[dict]:
    errors = []
    if given.get("metafields") is not None:
        errors = metafields.set_inputs(world, product, given["metafields"], ["input", "metafields"], replace=True)
    if custom and not errors:
        _, error = metafields.set_one(world, product, {**custom}, ["identifier", "customId"])
        errors += [error] if error else []
    for one in errors:
        one["code"] = {"TAKEN": "CAPABILITY_VIOLATION"}.get(one["code"], "INVALID_METAFIELD")
    return errors
