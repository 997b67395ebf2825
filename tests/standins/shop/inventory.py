"""Stock: items, locations, levels, and the writes with compare-and-swap and idempotency keys.

A level holds each state's quantity; on_hand is their sum (available + committed + reserved + damaged +
safety_stock + quality_control). An order moves units from available to committed, on_hand stays.
"""

from __future__ import annotations

from typing import Any, Callable

from common import dumps
from gql.run import Context, Fault
from shop.search import Connection, Term, compare, connection, counted, id_of, listed, text_of, time_of
from shop.values import amount
from shop.world import PREFIX, World, number_of, put_given, refuse

STATES = ("available", "committed", "reserved", "damaged", "safety_stock", "quality_control")
NAMES = STATES + ("on_hand", "incoming")
REASONS = frozenset("""correction cycle_count_available damaged movement_created movement_updated movement_received
    movement_canceled other promotion quality_control received reservation_created reservation_deleted
    reservation_updated restock safety_stock shrinkage""".split())
LIMIT = 1_000_000_000


def on_hand(level: dict) -> int:
    return sum(level["q"][state] for state in STATES)


def quantity(level: dict, name: str) -> int:
    return on_hand(level) if name == "on_hand" else level["q"].get(name, 0)


def level_at(world: World, item_id: str, location_id: str) -> dict | None:
    return world.levels_of.get(item_id, {}).get(location_id)


def activate(world: World, item_id: str, location_id: str, available: int = 0) -> dict:
    """The level of an item at a location, made when it is new."""
    level = level_at(world, item_id, location_id)
    if level is None:
        number = world.store.next("InventoryLevel", 523463154)
        gid = f"{PREFIX}InventoryLevel/{number}?inventory_item_id={number_of(item_id)}"
        level = world.new(
            "InventoryLevel",
            {
                "itemId": item_id,
                "locationId": location_id,
                "isActive": True,
                "canDeactivate": True,
                "q": {**dict.fromkeys(STATES, 0), "incoming": 0, "available": available},
            },
            gid,
        )
        world.levels_of.setdefault(item_id, {})[location_id] = level
        world.tell("inventory_levels/connect", level)
    return level


def move(world: World, level: dict, changes: dict[str, int], quiet_product: bool = False) -> None:
    """Adds to states of a level, tells it, and (as the real one) moves the product's updatedAt along."""
    for state, delta in changes.items():
        level["q"][state] += delta
    world.touch(level, "inventory_levels/update")
    variant = world.variant_of_item.get(level["itemId"])
    product = world.find("Product", variant["productId"]) if variant else None
    if product and world.settings.stock_touches_product and not quiet_product:
        world.touch(product, "products/update")


def available_of(world: World, item_id: str) -> int:
    return sum(level["q"]["available"] for level in world.levels_of.get(item_id, {}).values())


# ---------------------------------------------------------------------- idempotency


def once(name: str, run: Callable[[World, dict], dict]) -> Callable[[Any, dict, Context], dict]:
    """A mutation that must carry @idempotent(key:) from version 2026-04 on. The same key with the same
    parameters gets the first answer again; with others, an error. Answers hold ids only, so that they keep."""

    def resolver(_: Any, args: dict, context: Context) -> dict:
        world, directive = context.world, context.directive("idempotent")
        if directive is None:
            raise Fault("The @idempotent directive is required for this mutation but was not provided.", "BAD_REQUEST")
        key = directive["key"]
        if not isinstance(key, str) or not 1 <= len(key) <= 255:
            raise Fault("The idempotency key must be a text of 1 to 255 characters.", "BAD_REQUEST")
        asked, known = dumps([name, args]), world.store.get("_idempotency", key)
        if known is None:
            known = world.store.put("_idempotency", key, {"asked": asked, "answer": run(world, args)})
        elif known["asked"] != asked:
            return {
                "userErrors": [
                    refuse(
                        [],
                        "The same idempotency key cannot be used with different operation parameters.",
                        "IDEMPOTENCY_KEY_PARAMETER_MISMATCH",
                    )
                ]
            }
        return {
            field: world.any(value) if isinstance(value, str) else value for field, value in known["answer"].items()
        }

    return resolver


# ---------------------------------------------------------------------- writes


def check_change(world: World, one: dict, at: int, field: str, name: str) -> tuple[dict | None, dict | None]:
    """(level, None) or (None, user error) for one row of a write."""
    where = ["input", field, at]
    if world.find("InventoryItem", one["inventoryItemId"]) is None:
        return None, refuse(
            where + ["inventoryItemId"], "The specified inventory item could not be found.", "INVALID_INVENTORY_ITEM"
        )
    if world.find("Location", one["locationId"]) is None:
        return None, refuse(where + ["locationId"], "The specified location could not be found.", "INVALID_LOCATION")
    level = level_at(world, one["inventoryItemId"], one["locationId"])
    if level is None:
        return None, refuse(
            where + ["locationId"],
            "The specified inventory item is not stocked at the location.",
            "ITEM_NOT_STOCKED_AT_LOCATION",
        )
    if one["changeFromQuantity"] is not None and quantity(level, name) != one["changeFromQuantity"]:
        return None, refuse(
            where + ["changeFromQuantity"],
            "The changeFromQuantity argument no longer matches the persisted quantity.",
            "CHANGE_FROM_QUANTITY_STALE",
        )
    return level, None


def common_errors(given: dict, rows: str, kind: str, names: tuple, bad_name: str) -> list[dict]:
    for one in given[rows]:
        if "changeFromQuantity" not in one:
            raise Fault(f"{kind} must include the following argument: changeFromQuantity.", "INVALID_FIELD_ARGUMENTS")
    errors = []
    if given["name"] not in names:
        allowed = "'available' or 'on_hand'" if rows == "quantities" else ", ".join(names)
        errors.append(refuse(["input", "name"], f"The quantity name must be either {allowed}.", bad_name))
    if given["reason"] not in REASONS:
        errors.append(refuse(["input", "reason"], "The specified reason is invalid.", "INVALID_REASON"))
    uri = given.get("referenceDocumentUri")
    if uri is not None and "://" not in uri:
        errors.append(
            refuse(
                ["input", "referenceDocumentUri"],
                "The specified reference document is invalid.",
                "INVALID_REFERENCE_DOCUMENT",
            )
        )
    return errors


def group(world: World, given: dict, changes: list[dict]) -> dict:
    found = world.new(
        "InventoryAdjustmentGroup",
        {"reason": given["reason"], "referenceDocumentUri": given.get("referenceDocumentUri"), "changes": changes},
    )
    if len(world.tables["InventoryAdjustmentGroup"]) > 5000:  # history, of which only the latest is asked for
        world.remove(next(iter(world.tables["InventoryAdjustmentGroup"].values())))
    return found


def set_quantities(world: World, args: dict) -> dict:
    given = args["input"]
    errors = common_errors(given, "quantities", "InventoryQuantityInput", ("available", "on_hand"), "INVALID_NAME")
    seen, rows = set(), []
    for at, one in enumerate(given["quantities"]):
        where = ["input", "quantities", at]
        pair = (one["inventoryItemId"], one["locationId"])
        if pair in seen:
            errors.append(
                refuse(
                    where + ["locationId"],
                    "The combination of inventoryItemId and locationId must be unique.",
                    "NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR",
                )
            )
        seen.add(pair)
        if one["quantity"] < 0 and given["name"] == "on_hand":
            errors.append(refuse(where + ["quantity"], "The quantity can't be negative.", "INVALID_QUANTITY_NEGATIVE"))
        elif abs(one["quantity"]) > LIMIT:
            side = "higher than 1,000,000,000" if one["quantity"] > 0 else "lower than -1,000,000,000"
            errors.append(
                refuse(
                    where + ["quantity"],
                    f"The total quantity can't be {side}.",
                    "INVALID_QUANTITY_TOO_HIGH" if one["quantity"] > 0 else "INVALID_QUANTITY_TOO_LOW",
                )
            )
        if not errors:
            level, error = check_change(world, one, at, "quantities", given["name"])
            errors += [error] if error else []
            rows.append((level, one["quantity"]))
    if errors:
        return {"inventoryAdjustmentGroup": None, "userErrors": errors}
    return applied(world, given, [(level, wanted - quantity(level, given["name"])) for level, wanted in rows])


def adjust_quantities(world: World, args: dict) -> dict:
    given = args["input"]
    errors = common_errors(given, "changes", "InventoryChangeInput", STATES + ("incoming",), "INVALID_QUANTITY_NAME")
    rows = []
    for at, one in enumerate(given["changes"]):
        if not errors:
            level, error = check_change(world, one, at, "changes", given["name"])
            errors += [error] if error else []
            rows.append((level, one["delta"]))
    if errors:
        return {"inventoryAdjustmentGroup": None, "userErrors": errors}
    return applied(world, given, rows)


def applied(world: World, given: dict, rows: list[tuple[dict, int]]) -> dict:
    """Applies deltas by name; a write that changes nothing makes no group and no event."""
    state = "available" if given["name"] == "on_hand" else given["name"]
    changes = []
    for level, delta in rows:
        if delta == 0:
            continue
        move(world, level, {state: delta})
        names = (state,) if state == "incoming" else (state, "on_hand")
        changes += [
            {
                "name": name,
                "delta": delta,
                "quantityAfterChange": quantity(level, name) if name == "on_hand" else None,
                "itemId": level["itemId"],
                "locationId": level["locationId"],
            }
            for name in names
        ]
    return {"inventoryAdjustmentGroup": group(world, given, changes)["id"] if changes else None, "userErrors": []}


def inventory_activate(world: World, args: dict) -> dict:
    item, location = world.find("InventoryItem", args["inventoryItemId"]), world.find("Location", args["locationId"])
    if item is None or location is None:
        name = "inventoryItemId" if item is None else "locationId"
        text = "inventory item" if item is None else "location"
        return {
            "inventoryLevel": None,
            "userErrors": [refuse([name], f"The product couldn't be stocked because the {text} wasn't found.")],
        }
    known = level_at(world, item["id"], location["id"])
    wanted = args.get("available") if args.get("available") is not None else args.get("onHand")
    if known and wanted is not None:
        return {
            "inventoryLevel": known["id"],
            "userErrors": [
                refuse(
                    ["available" if args.get("available") is not None else "onHand"],
                    "Not allowed to set available quantity when the item is already active at the location.",
                )
            ],
        }
    level = known or activate(world, item["id"], location["id"], wanted or 0)
    return {"inventoryLevel": level["id"], "userErrors": []}


def item_update(_: dict, args: dict, context: Context) -> dict:
    world, given = context.world, args["input"]
    item = world.find("InventoryItem", args["id"])
    if item is None:
        return {"inventoryItem": None, "userErrors": [refuse(["id"], "The inventory item does not exist.")]}
    if write_item(item, given):
        world.touch(item, "inventory_items/update")
        variant = world.variant_of_item[item["id"]]
        if variant.get("sku") != item.get("sku"):
            variant["sku"] = item.get("sku")
            world.touch(variant)
            world.touch(world.find("Product", variant["productId"]), "products/update")
    return {"inventoryItem": item, "userErrors": []}


def write_item(item: dict, given: dict) -> bool:
    changed = put_given(
        item, given, "sku", "tracked", "requiresShipping", "countryCodeOfOrigin", "harmonizedSystemCode"
    )
    if "cost" in given and item.get("cost") != given["cost"]:
        item["cost"], changed = given["cost"], True
    weight = (given.get("measurement") or {}).get("weight")
    if weight and item.get("weight") != weight:
        item["weight"], changed = weight, True
    return changed


# ---------------------------------------------------------------------- reads


def quantities(level: dict, args: dict, _: Context) -> list[dict]:
    for name in args["names"]:
        if name not in NAMES:
            raise Fault("The specified quantity name is invalid.", "BAD_REQUEST")
    return [
        {
            "id": f"{PREFIX}InventoryQuantity/{number_of(level['id'])}?inventory_item_id={number_of(level['itemId'])}&name={name}",
            "name": name,
            "quantity": quantity(level, name),
            "updatedAt": level["updatedAt"],
            "__type": "InventoryQuantity",
        }
        for name in args["names"]
    ]


def levels(items: list[dict], args: dict, context: Context) -> Connection:
    from shop.search import search

    return connection(search(items, args.get("query"), LEVEL_FIELDS, context), args)


def unit_cost(item: dict, _: dict, context: Context) -> dict | None:
    cost = item.get("cost")
    return None if cost is None else {"amount": amount(cost), "currencyCode": context.world.currency}


def quantity_field(item: dict, term: Term) -> bool:
    return term.value.lstrip("-").isdigit() and compare(term.op, item["q"]["available"], int(term.value))


ITEM_FIELDS = {
    "id": id_of(),
    "sku": text_of("sku"),
    "created_at": time_of("createdAt"),
    "updated_at": time_of("updatedAt"),
    "default": text_of("sku"),
}
LEVEL_FIELDS = {
    "id": id_of(),
    "created_at": time_of("createdAt"),
    "updated_at": time_of("updatedAt"),
    "inventory_item_id": id_of("itemId"),
    "location_id": id_of("locationId"),
    "quantities.available": quantity_field,
}
LOCATION_FIELDS = {
    "id": id_of(),
    "name": text_of("name"),
    "active": lambda i, t: t.value.lower() == str(i["isActive"]).lower(),
    "default": text_of("name"),
}

RESOLVERS = {
    "QueryRoot.inventoryItem": lambda o, a, c: c.world.find("InventoryItem", a["id"]),
    "QueryRoot.inventoryItems": lambda o, a, c: listed(c.world, "InventoryItem", a, c, ITEM_FIELDS, {}),
    "QueryRoot.inventoryLevel": lambda o, a, c: c.world.find("InventoryLevel", a["id"]),
    "QueryRoot.location": lambda o, a, c: (
        c.world.find("Location", a["id"]) if a.get("id") else c.world.primary_location()
    ),
    "QueryRoot.locations": lambda o, a, c: listed(c.world, "Location", a, c, LOCATION_FIELDS, {"NAME": "name"}),
    "Location.legacyResourceId": lambda o, a, c: str(number_of(o["id"])),
    "Location.inventoryLevel": lambda o, a, c: level_at(c.world, a["inventoryItemId"], o["id"]),
    "Location.inventoryLevels": lambda o, a, c: levels(
        [one for one in c.world.tables["InventoryLevel"].values() if one["locationId"] == o["id"]], a, c
    ),
    "InventoryItem.legacyResourceId": lambda o, a, c: str(number_of(o["id"])),
    "InventoryItem.inventoryLevel": lambda o, a, c: level_at(c.world, o["id"], a["locationId"]),
    "InventoryItem.inventoryLevels": lambda o, a, c: levels(list(c.world.levels_of.get(o["id"], {}).values()), a, c),
    "InventoryItem.locationsCount": lambda o, a, c: counted(list(c.world.levels_of.get(o["id"], {}))),
    "InventoryItem.variant": lambda o, a, c: c.world.variant_of_item.get(o["id"]),
    "InventoryItem.unitCost": unit_cost,
    "InventoryItem.duplicateSkuCount": lambda o, a, c: sum(
        1 for one in c.world.tables["InventoryItem"].values() if one.get("sku") and one.get("sku") == o.get("sku")
    )
    - 1,
    "InventoryItem.measurement": lambda o, a, c: {
        "id": PREFIX + f"InventoryItemMeasurement/{number_of(o['id'])}",
        "weight": o.get("weight"),
        "__type": "InventoryItemMeasurement",
    },
    "InventoryLevel.item": lambda o, a, c: c.world.find("InventoryItem", o["itemId"]),
    "InventoryLevel.location": lambda o, a, c: c.world.find("Location", o["locationId"]),
    "InventoryLevel.quantities": quantities,
    "InventoryChange.item": lambda o, a, c: c.world.find("InventoryItem", o["itemId"]),
    "InventoryChange.location": lambda o, a, c: c.world.find("Location", o["locationId"]),
    "Mutation.inventorySetQuantities": once("inventorySetQuantities", set_quantities),
    "Mutation.inventoryAdjustQuantities": once("inventoryAdjustQuantities", adjust_quantities),
    "Mutation.inventoryActivate": once("inventoryActivate", inventory_activate),
    "Mutation.inventoryItemUpdate": item_update,
}
