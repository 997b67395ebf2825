"""Products and variants: what they are, checking their input, making, changing and deleting them.

Checks come before the first change, so that a refused call changes nothing. A write that changes nothing leaves
updatedAt as it is and tells nobody.
"""

from __future__ import annotations

from decimal import Decimal

from shop import inventory, metafields
from shop.values import money, slug
from shop.world import World, put_given, refuse

DEFAULT_OPTION = {"name": "Title", "values": ["Default Title"]}
FIELDS = ("descriptionHtml", "productType", "templateSuffix", "vendor", "requiresSellingPlan")


def title_of(values: dict) -> str:
    return " / ".join(values.values())


def product_errors(world: World, given: dict, product: dict | None, field: list) -> list[dict]:
    errors = []
    if (product is None or "title" in given) and not (given.get("title") or "").strip():
        errors.append(refuse(field + ["title"], "Title can't be blank", "INVALID_PRODUCT"))
    if len(given.get("title") or "") > 255:
        errors.append(refuse(field + ["title"], "Title is too long (maximum is 255 characters)", "INVALID_PRODUCT"))
    handle = given.get("handle")
    if handle and world.product_by_handle.get(slug(handle), product) is not product:
        errors.append(
            refuse(
                field + ["handle"],
                f"Handle '{handle}' already in use. Please provide a new handle.",
                "HANDLE_NOT_UNIQUE",
            )
        )
    return errors


def product_new(world: World, given: dict) -> dict:
    handle = free_handle(world, given.get("handle") or given["title"])
    active = given.get("status", "ACTIVE") == "ACTIVE"
    product = world.new(
        "Product",
        {
            "title": given["title"].strip(),
            "handle": handle,
            "descriptionHtml": given.get("descriptionHtml") or "",
            "vendor": given.get("vendor") or world.shop()["name"],
            "productType": given.get("productType") or "",
            "status": given.get("status", "ACTIVE"),
            "tags": tags_of(given.get("tags")),
            "templateSuffix": given.get("templateSuffix"),
            "publishedAt": world.now() if active else None,
            "seo": dict(given.get("seo") or {}),
            "media": [],
            "isGiftCard": bool(given.get("giftCard")),
            "options": [],
        },
    )
    world.product_by_handle[handle] = product
    world.variants_of[product["id"]] = []
    world.tell("products/create", product)
    if active:  # a published product tells products/update as well (community.shopify.com/t/1176031)
        world.tell("products/update", product)
    return product


def product_write(world: World, product: dict, given: dict) -> bool:
    """Changes the plain fields; says whether something changed."""
    clean = {name: (given[name] if given[name] is not None else "") for name in FIELDS if name in given}
    changed = put_given(product, clean, *FIELDS)
    if given.get("title"):
        changed |= put_given(product, {"title": given["title"].strip()}, "title")
    if given.get("status"):
        changed |= put_given(product, given, "status")
        if product["status"] == "ACTIVE" and not product["publishedAt"]:
            product["publishedAt"] = world.now()
    if given.get("tags") is not None:
        changed |= put_given(product, {"tags": tags_of(given["tags"])}, "tags")
    if given.get("seo") is not None and {**product["seo"], **given["seo"]} != product["seo"]:
        product["seo"], changed = {**product["seo"], **given["seo"]}, True
    if given.get("handle") and slug(given["handle"]) != product["handle"]:
        world.product_by_handle.pop(product["handle"], None)
        product["handle"], changed = slug(given["handle"]), True
        world.product_by_handle[product["handle"]] = product
    return changed


def free_handle(world: World, text: str) -> str:
    base = handle = slug(text)
    number = 0
    while handle in world.product_by_handle:
        number += 1
        handle = f"{base}-{number}"
    return handle


def tags_of(given: list[str] | None) -> list[str]:
    seen = {}
    for tag in given or []:
        for part in tag.split(","):
            if part.strip():
                seen.setdefault(part.strip().lower(), part.strip())
    return sorted(seen.values(), key=str.lower)


def media_of(world: World, files: list[dict], old: list[dict]) -> list[dict]:
    """The media list that replaces the old one; an unchanged source keeps its id."""
    known = {one["src"]: one for one in old} | {one["id"]: one for one in old}
    found = []
    for one in files:
        same = known.get(one.get("id") or one.get("originalSource") or "")
        src = one.get("originalSource") or (same or {}).get("src")
        found.append(
            {
                "id": (same or {}).get("id") or world.gid("MediaImage"),
                "src": src,
                "alt": one.get("alt", (same or {}).get("alt")),
                "createdAt": (same or {}).get("createdAt") or world.now(),
            }
        )
    return found


def delete_product(world: World, product: dict) -> None:
    for variant in list(world.variants_of.get(product["id"], [])):
        delete_variant(world, variant)
    for found in list(world.metafields_of.get(product["id"], {}).values()):
        metafields.remove(world, found)
    world.product_by_handle.pop(product["handle"], None)
    world.variants_of.pop(product["id"], None)
    world.remove(product)
    world.tell("products/delete", product)


def variant_errors(
    given: dict, field: list, codes: tuple[str, str] = ("INVALID_VARIANT", "INVALID_VARIANT")
) -> list[dict]:
    errors = []
    for name, label in (("price", "Price"), ("compareAtPrice", "Compare at price")):
        if given.get(name) is not None and Decimal(given[name]) < 0:
            errors.append(refuse(field + [name], f"{label} must be greater than or equal to 0", codes[0]))
    sku = given.get("sku") or (given.get("inventoryItem") or {}).get("sku") or ""
    if len(sku) > 255:
        errors.append(refuse(field + ["sku"], "SKU is too long (maximum is 255 characters)", codes[1]))
    return errors


def variant_new(world: World, product: dict, given: dict, values: dict) -> dict:
    stock = {**(given.get("inventoryItem") or {})}
    stock.setdefault("sku", given.get("sku"))
    stock["sku"] = given["sku"] if given.get("sku") is not None else stock["sku"]
    item = world.new("InventoryItem", {"tracked": False, "requiresShipping": True, "sku": None})
    inventory.write_item(item, stock)
    variants = world.variants_of[product["id"]]
    variant = world.new(
        "ProductVariant",
        {
            "productId": product["id"],
            "inventoryItemId": item["id"],
            "values": values,
            "sku": item["sku"],
            "barcode": given.get("barcode") or None,
            "price": money(given.get("price") or 0),
            "compareAtPrice": money(given["compareAtPrice"]) if given.get("compareAtPrice") is not None else None,
            "inventoryPolicy": given.get("inventoryPolicy") or "DENY",
            "taxable": given.get("taxable", True) is not False,
            "taxCode": given.get("taxCode"),
            "position": len(variants) + 1,
        },
    )
    variants.append(variant)
    world.variant_of_item[item["id"]] = variant
    inventory.activate(world, item["id"], world.primary_location()["id"])
    return variant


def variant_write(world: World, variant: dict, given: dict) -> bool:
    fields = {name: given[name] for name in ("barcode", "taxable", "taxCode", "inventoryPolicy") if name in given}
    if given.get("price") is not None:
        fields["price"] = money(given["price"])
    if "compareAtPrice" in given:
        fields["compareAtPrice"] = money(given["compareAtPrice"]) if given["compareAtPrice"] is not None else None
    changed = put_given(variant, fields, *fields)
    item, stock = world.find("InventoryItem", variant["inventoryItemId"]), dict(given.get("inventoryItem") or {})
    if "sku" in given:
        stock["sku"] = given["sku"]
    if inventory.write_item(item, stock):
        world.touch(item, "inventory_items/update")
        variant["sku"], changed = item["sku"], True
    if changed:
        world.touch(variant)
    return changed


def delete_variant(world: World, variant: dict) -> None:
    for found in list(world.metafields_of.get(variant["id"], {}).values()):
        metafields.remove(world, found)
    for level in list(world.levels_of.pop(variant["inventoryItemId"], {}).values()):
        world.remove(level)
    world.remove(world.find("InventoryItem", variant["inventoryItemId"]))
    world.variant_of_item.pop(variant["inventoryItemId"], None)
    world.variants_of[variant["productId"]].remove(variant)
    world.remove(variant)


def stock_input(world: World, variant: dict, rows: list[dict]) -> bool:
    """The inventoryQuantities of productSet: sets quantities where the variant is (or, when new, gets) stocked."""
    changed = False
    for row in rows:
        level = inventory.level_at(world, variant["inventoryItemId"], row["locationId"]) or inventory.activate(
            world, variant["inventoryItemId"], row["locationId"]
        )
        name = row.get("name", "available")
        delta = row.get("quantity", row.get("availableQuantity", 0)) - inventory.quantity(level, name)
        if delta:
            inventory.move(world, level, {"available": delta}, quiet_product=True)
            changed = True
    return changed
