"""The products' other mutations, and how products and variants are read."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from gql.run import Context, Fault
from shop import inventory, metafields
from shop.product_set import named_options, product_set
from shop.products import (
    DEFAULT_OPTION,
    delete_product,
    delete_variant,
    media_of,
    product_errors,
    product_new,
    product_write,
    stock_input,
    tags_of,
    title_of,
    variant_errors,
    variant_new,
    variant_write,
)
from shop.search import Term, compare, connection, counted, exact, flag_of, id_of, in_order, listed, text_of, time_of
from shop.values import amount
from shop.world import World, number_of, put_given, refuse


def product_create(_: Any, args: dict, context: Context) -> dict:
    world, given = context.world, args.get("product")
    shop = world.shop()
    if given is None:
        raise Fault("productCreate needs the argument product", "BAD_REQUEST")
    errors = product_errors(world, given, None, ["product"])
    if errors:
        return {"product": None, "shop": shop, "userErrors": errors}
    product = product_new(world, given)
    options = [
        {"name": one.get("name") or "", "values": [v.get("name") or "" for v in one.get("values") or []]}
        for one in given.get("productOptions") or []
    ] or [DEFAULT_OPTION]
    product["options"] = named_options(world, options, product)
    variant_new(world, product, {}, {one["name"]: one["values"][0] for one in product["options"]})
    product["media"] = media_of(world, args.get("media") or [], [])
    errors = metafields.set_inputs(world, product, given.get("metafields") or [], ["product", "metafields"])
    if errors:
        delete_product(world, product)
        world.told.clear()
        return {"product": None, "shop": shop, "userErrors": errors}
    world.save(product)
    return {"product": product, "shop": shop, "userErrors": []}


def product_update(_: Any, args: dict, context: Context) -> dict:
    world, given = context.world, args.get("product") or {}
    identifier = args.get("identifier") or ({"id": given["id"]} if given.get("id") else {})
    if not identifier:
        return {"product": None, "userErrors": [refuse(["product", "id"], "Product id can't be blank")]}
    product = metafields.identified(world, "Product", identifier, {"handle": world.product_by_handle.get})
    if product is None:
        return {"product": None, "userErrors": [refuse(["id"], "Product does not exist")]}
    errors = product_errors(world, given, product, ["product"])
    errors = errors or metafields.set_inputs(world, product, given.get("metafields") or [], ["product", "metafields"])
    if errors:
        return {"product": product, "userErrors": errors}
    changed = product_write(world, product, given)
    if args.get("media"):
        product["media"], changed = product["media"] + media_of(world, args["media"], []), True
    if changed or given.get("metafields"):
        world.touch(product, "products/update")
    return {"product": product, "userErrors": []}


def product_delete(_: Any, args: dict, context: Context) -> dict:
    world = context.world
    product = world.find("Product", args["input"]["id"])
    if product is None:
        return {
            "deletedProductId": None,
            "shop": world.shop(),
            "userErrors": [refuse(["id"], "Product does not exist")],
        }
    delete_product(world, product)
    return {"deletedProductId": product["id"], "shop": world.shop(), "userErrors": []}


def bulk_update(_: Any, args: dict, context: Context) -> dict:
    world, product = context.world, context.world.find("Product", args["productId"])
    if product is None:
        return {
            "product": None,
            "productVariants": None,
            "userErrors": [refuse(["productId"], "Product does not exist", "PRODUCT_DOES_NOT_EXIST")],
        }
    rows, errors = [], []
    for at, row in enumerate(args["variants"]):
        where = ["variants", at]
        found = bulk_errors(world, product, row, where)
        errors += found
        if not found:
            rows.append((world.find("ProductVariant", row["id"]), row))
    if errors and not args.get("allowPartialUpdates"):
        return {"product": product, "productVariants": None, "userErrors": errors}
    changed = [variant_write(world, variant, row) for variant, row in rows]
    for at, (variant, row) in enumerate(rows):
        errors += metafields.set_inputs(world, variant, row.get("metafields") or [], ["variants", at, "metafields"])
    if any(changed):
        world.touch(product, "products/update")
    return {"product": product, "productVariants": [variant for variant, _ in rows], "userErrors": errors}


def bulk_errors(world: World, product: dict, row: dict, where: list) -> list[dict]:
    if not row.get("id"):
        return [refuse(where + ["id"], "Product variant is missing ID attribute", "PRODUCT_VARIANT_ID_MISSING")]
    variant = world.find("ProductVariant", row["id"])
    if variant is None or variant["productId"] != product["id"]:
        return [refuse(where + ["id"], "Product variant does not exist", "PRODUCT_VARIANT_DOES_NOT_EXIST")]
    if row.get("inventoryQuantities"):
        return [
            refuse(
                where + ["inventoryQuantities"],
                "Inventory quantities can only be provided during create. To update inventory "
                "for existing variants, use inventoryAdjustQuantities.",
                "NO_INVENTORY_QUANTITIES_ON_VARIANTS_UPDATE",
            )
        ]
    return variant_errors(row, where, ("GREATER_THAN_OR_EQUAL_TO", "TOO_LONG"))


def bulk_create(_: Any, args: dict, context: Context) -> dict:
    world, product = context.world, context.world.find("Product", args["productId"])
    if product is None:
        return {
            "product": None,
            "productVariants": None,
            "userErrors": [refuse(["productId"], "Product does not exist", "PRODUCT_DOES_NOT_EXIST")],
        }
    variants, errors, plans = world.variants_of[product["id"]], [], []
    standalone = len(variants) == 1 and list(variants[0]["values"].values()) == ["Default Title"]
    replace = args["strategy"] == "REMOVE_STANDALONE_VARIANT" or (args["strategy"] == "DEFAULT" and standalone)
    taken = {tuple(v["values"].values()) for v in variants if not replace}
    for at, row in enumerate(args["variants"]):
        where = ["variants", at]
        errors += variant_errors(row, where, ("GREATER_THAN_OR_EQUAL_TO", "TOO_LONG"))
        given = {one.get("optionName"): one.get("name") for one in row.get("optionValues") or []}
        values = {one["name"]: given.get(one["name"]) for one in product["options"]}
        if None in values.values():
            errors.append(
                refuse(
                    where,
                    "You need to add option values for " + ", ".join(n for n, v in values.items() if v is None),
                    "NEED_TO_ADD_OPTION_VALUES",
                )
            )
            continue
        if tuple(values.values()) in taken:
            errors.append(refuse(where, f"The variant '{title_of(values)}' already exists.", "VARIANT_ALREADY_EXISTS"))
        taken.add(tuple(values.values()))
        plans.append((values, row))
    if errors:
        return {"product": product, "productVariants": None, "userErrors": errors}
    if replace and len(variants) == 1:
        delete_variant(world, variants[0])
    made = []
    for values, row in plans:
        made.append(variant_new(world, product, row, values))
        stock_input(world, made[-1], row.get("inventoryQuantities") or [])
        metafields.set_inputs(world, made[-1], row.get("metafields") or [], ["variants", len(made) - 1, "metafields"])
    options = [
        {"name": o["name"], "values": list(dict.fromkeys([v["values"][o["name"]] for v in variants]))}
        for o in product["options"]
    ]
    product["options"] = named_options(world, options, product)
    world.touch(product, "products/update")
    return {"product": product, "productVariants": made, "userErrors": []}


def bulk_delete(_: Any, args: dict, context: Context) -> dict:
    world, product = context.world, context.world.find("Product", args["productId"])
    if product is None:
        return {
            "product": None,
            "userErrors": [refuse(["productId"], "Product does not exist", "PRODUCT_DOES_NOT_EXIST")],
        }
    found = [world.find("ProductVariant", gid) for gid in args["variantsIds"]]
    errors = [
        refuse(
            ["variantsIds", at],
            "At least one variant does not belong to the product",
            "AT_LEAST_ONE_VARIANT_DOES_NOT_BELONG_TO_THE_PRODUCT",
        )
        for at, one in enumerate(found)
        if one is None or one["productId"] != product["id"]
    ]
    if not errors and len(found) == len(world.variants_of[product["id"]]):
        errors = [refuse(["variantsIds"], "Cannot delete last variant", "CANNOT_DELETE_LAST_VARIANT")]
    if errors:
        return {"product": product, "userErrors": errors}
    for one in found:
        delete_variant(world, one)
    world.touch(product, "products/update")
    return {"product": product, "userErrors": []}


def tags_add(_: Any, args: dict, context: Context) -> dict:
    world = context.world
    item = world.any(args["id"])
    if item is None or item["__type"] not in ("Product", "Customer", "Order"):
        return {"node": None, "userErrors": [refuse(["id"], "Resource does not exist")]}
    if put_given(item, {"tags": tags_of(item["tags"] + args["tags"])}, "tags"):
        world.touch(
            item,
            {"Product": "products/update", "Customer": "customers/update", "Order": "orders/updated"}[item["__type"]],
        )
    return {"node": item, "userErrors": []}


def price_range(product: dict, _: dict, context: Context) -> dict:
    prices = [Decimal(v["price"]) for v in context.world.variants_of[product["id"]]] or [Decimal(0)]
    currency = context.world.currency
    return {
        "minVariantPrice": {"amount": amount(min(prices)), "currencyCode": currency},
        "maxVariantPrice": {"amount": amount(max(prices)), "currencyCode": currency},
    }


def image_of(one: dict) -> dict:
    return {
        "id": one["id"].replace("MediaImage", "ImageSource"),
        "url": one["src"],
        "src": one["src"],
        "altText": one["alt"],
        "width": None,
        "height": None,
    }


def media_node(one: dict) -> dict:
    return {
        "__type": "MediaImage",
        "id": one["id"],
        "alt": one["alt"],
        "mediaContentType": "IMAGE",
        "status": "READY",
        "createdAt": one["createdAt"],
        "updatedAt": one["createdAt"],
        "mimeType": "image/jpeg",
        "image": image_of(one),
    }


def total(product: dict, _: dict, context: Context) -> int:
    world = context.world
    return sum(
        inventory.available_of(world, v["inventoryItemId"])
        for v in world.variants_of[product["id"]]
        if world.tables["InventoryItem"][v["inventoryItemId"]]["tracked"]
    )


def selected(variant: dict, _: dict, context: Context) -> list[dict]:
    product = context.world.tables["Product"][variant["productId"]]
    ids = {one["name"]: one["valueIds"] for one in product["options"]}
    return [
        {
            "name": name,
            "value": value,
            "optionValue": {
                "__type": "ProductOptionValue",
                "name": value,
                "hasVariants": True,
                "id": ids.get(name, {}).get(value),
            },
        }
        for name, value in variant["values"].items()
    ]


def display_name(variant: dict, _: dict, context: Context) -> str:
    return context.world.tables["Product"][variant["productId"]]["title"] + " - " + title_of(variant["values"])


def sale(variant: dict, _: dict, context: Context) -> bool:
    item = context.world.tables["InventoryItem"][variant["inventoryItemId"]]
    return (
        not item["tracked"]
        or variant["inventoryPolicy"] == "CONTINUE"
        or inventory.available_of(context.world, item["id"]) > 0
    )


def of_variants(name: str) -> Any:
    """A product search field that looks into the product's variants; needs the world, so it is made per call."""

    def make(world: World) -> Any:
        test = text_of(name)
        return lambda item, term: any(test(v, term) for v in world.variants_of[item["id"]])

    return make


def product_fields(world: World) -> dict:
    sku, barcode = of_variants("sku")(world), of_variants("barcode")(world)
    title = text_of("title")
    return {
        "id": id_of(),
        "title": title,
        "handle": exact("handle"),
        "status": exact("status"),
        "vendor": exact("vendor"),
        "product_type": exact("productType"),
        "tag": exact("tags"),
        "tag_not": lambda i, t: not exact("tags")(i, t),
        "created_at": time_of("createdAt"),
        "updated_at": time_of("updatedAt"),
        "published_at": time_of("publishedAt"),
        "sku": sku,
        "barcode": barcode,
        "published_status": flag_of(lambda i: "published visible" if i["publishedAt"] else "unpublished hidden"),
        "variant_id": lambda i, t: any(t.value.endswith(str(number_of(v["id"]))) for v in world.variants_of[i["id"]]),
        "default": lambda i, t: title(i, t) or sku(i, t) or text_of("vendor")(i, t),
    }


def variant_fields(world: World) -> dict:
    def of_product(test: Any) -> Any:
        return lambda item, term: test(world.tables["Product"][item["productId"]], term)

    def stock(item: dict, term: Term) -> bool:
        return term.value.lstrip("-").isdigit() and compare(
            term.op, inventory.available_of(world, item["inventoryItemId"]), int(term.value)
        )

    return {
        "id": id_of(),
        "sku": text_of("sku"),
        "barcode": exact("barcode"),
        "product_id": id_of("productId"),
        "updated_at": time_of("updatedAt"),
        "title": lambda i, t: text_of("t")({"t": title_of(i["values"])}, t),
        "product_status": of_product(exact("status")),
        "vendor": of_product(exact("vendor")),
        "tag": of_product(exact("tags")),
        "product_type": of_product(exact("productType")),
        "inventory_quantity": stock,
        "default": lambda i, t: text_of("sku")(i, t) or of_product(text_of("title"))(i, t),
    }


PRODUCT_SORT = {
    "CREATED_AT": "createdAt",
    "UPDATED_AT": "updatedAt",
    "TITLE": "title",
    "VENDOR": "vendor",
    "PRODUCT_TYPE": "productType",
    "PUBLISHED_AT": "publishedAt",
}

RESOLVERS = {
    "QueryRoot.product": lambda o, a, c: c.world.find("Product", a["id"]),
    "QueryRoot.products": lambda o, a, c: listed(c.world, "Product", a, c, product_fields(c.world), PRODUCT_SORT),
    "QueryRoot.productsCount": lambda o, a, c: counted(list(c.world.tables["Product"])),
    "QueryRoot.productByIdentifier": lambda o, a, c: metafields.identified(
        c.world, "Product", a["identifier"], {"handle": c.world.product_by_handle.get}
    ),
    "QueryRoot.productVariant": lambda o, a, c: c.world.find("ProductVariant", a["id"]),
    "QueryRoot.productVariants": lambda o, a, c: listed(
        c.world, "ProductVariant", a, c, variant_fields(c.world), {"SKU": "sku", "POSITION": "position"}
    ),
    "QueryRoot.productVariantByIdentifier": lambda o, a, c: metafields.identified(
        c.world, "ProductVariant", a["identifier"], {}
    ),
    "Product.legacyResourceId": lambda o, a, c: str(number_of(o["id"])),
    "Product.description": lambda o, a, c: strip_tags(o["descriptionHtml"]),
    "Product.options": lambda o, a, c: o["options"][: a.get("first") or None],
    "ProductOption.optionValues": lambda o, a, c: [
        {"__type": "ProductOptionValue", "id": gid, "name": name, "hasVariants": True}
        for name, gid in o["valueIds"].items()
    ],
    "Product.variants": lambda o, a, c: connection(
        c.world.variants_of[o["id"]], a, None if a.get("sortKey") == "ID" else "position"
    ),
    "Product.variantsCount": lambda o, a, c: counted(c.world.variants_of[o["id"]]),
    "Product.totalVariants": lambda o, a, c: len(c.world.variants_of[o["id"]]),
    "Product.totalInventory": total,
    "Product.tracksInventory": lambda o, a, c: any(
        c.world.tables["InventoryItem"][v["inventoryItemId"]]["tracked"] for v in c.world.variants_of[o["id"]]
    ),
    "Product.hasOnlyDefaultVariant": lambda o, a, c: [v["values"] for v in c.world.variants_of[o["id"]]]
    == [{"Title": "Default Title"}],
    "Product.media": lambda o, a, c: in_order([media_node(one) for one in o["media"]], a),
    "Product.images": lambda o, a, c: in_order([image_of(one) for one in o["media"]], a),
    "Product.featuredImage": lambda o, a, c: image_of(o["media"][0]) if o["media"] else None,
    "Product.featuredMedia": lambda o, a, c: media_node(o["media"][0]) if o["media"] else None,
    "Product.priceRangeV2": price_range,
    "ProductVariant.legacyResourceId": lambda o, a, c: str(number_of(o["id"])),
    "ProductVariant.title": lambda o, a, c: title_of(o["values"]),
    "ProductVariant.displayName": display_name,
    "ProductVariant.product": lambda o, a, c: c.world.find("Product", o["productId"]),
    "ProductVariant.inventoryItem": lambda o, a, c: c.world.find("InventoryItem", o["inventoryItemId"]),
    "ProductVariant.inventoryQuantity": lambda o, a, c: inventory.available_of(c.world, o["inventoryItemId"]),
    "ProductVariant.availableForSale": sale,
    "ProductVariant.selectedOptions": selected,
    "ProductSetOperation.product": lambda o, a, c: c.world.find("Product", o["productId"]),
    "ProductSetOperation.userErrors": lambda o, a, c: [],
    "Mutation.productSet": product_set,
    "Mutation.productCreate": product_create,
    "Mutation.productUpdate": product_update,
    "Mutation.productDelete": product_delete,
    "Mutation.productVariantsBulkUpdate": bulk_update,
    "Mutation.productVariantsBulkCreate": bulk_create,
    "Mutation.productVariantsBulkDelete": bulk_delete,
    "Mutation.tagsAdd": tags_add,
}


def strip_tags(text: str) -> str:
    import re

    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", text)).strip()
