"""Webhook payloads, in the shape of the REST resources.

Ids are JSON numbers (of 18 digits: more than a double holds); `admin_graphql_api_id` is the gid. Times are in the
shop's zone.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from shop import inventory
from shop.product_api import image_of
from shop.products import title_of
from shop.values import local
from shop.world import World, number_of


class Payloads:
    """Builds the REST shape of each kind of object."""

    def __init__(self, world: World) -> None:
        self.world = world

    def time(self, text: str | None) -> str | None:
        return local(text, self.world.settings.offset)

    def base(self, item: dict) -> dict:
        return {
            "id": number_of(item["id"]),
            "admin_graphql_api_id": item["id"],
            "created_at": self.time(item["createdAt"]),
            "updated_at": self.time(item["updatedAt"]),
        }

    def money(self, value: Any, currency: str) -> dict:
        one = {"amount": format(Decimal(value).quantize(Decimal("0.01")), "f"), "currency_code": currency}
        return {"shop_money": one, "presentment_money": one}

    def address(self, one: dict | None) -> dict | None:
        if one is None:
            return None
        name = " ".join(part for part in (one.get("firstName"), one.get("lastName")) if part)
        return {
            "first_name": one.get("firstName"),
            "address1": one["address1"],
            "phone": one.get("phone"),
            "city": one["city"],
            "zip": one["zip"],
            "province": one["province"],
            "country": one["country"],
            "last_name": one.get("lastName"),
            "address2": one["address2"],
            "company": one.get("company"),
            "latitude": None,
            "longitude": None,
            "name": name,
            "country_code": one.get("countryCodeV2"),
            "province_code": one.get("provinceCode"),
        }

    def customer(self, item: dict) -> dict:
        addresses = [
            {
                "id": number_of(one["id"]),
                "customer_id": number_of(item["id"]),
                **self.address(one),
                "country_name": one["country"],
                "default": one["id"] == item["defaultAddressId"],
            }
            for one in item["addresses"]
        ]
        state = item["marketing"] or {
            "marketingState": "NOT_SUBSCRIBED",
            "marketingOptInLevel": "SINGLE_OPT_IN",
            "consentUpdatedAt": None,
        }
        return {
            **self.base(item),
            "first_name": item["firstName"],
            "last_name": item["lastName"],
            "email": item["email"],
            "phone": item["phone"],
            "state": item["state"].lower(),
            "note": item["note"],
            "verified_email": item["verifiedEmail"],
            "multipass_identifier": None,
            "tax_exempt": item["taxExempt"],
            "tags": ", ".join(item["tags"]),
            "currency": self.world.currency,
            "addresses": addresses,
            "tax_exemptions": [],
            "email_marketing_consent": {
                "state": state["marketingState"].lower(),
                "opt_in_level": (state["marketingOptInLevel"] or "").lower(),
                "consent_updated_at": self.time(state["consentUpdatedAt"]),
            },
            "sms_marketing_consent": None,
            **({"default_address": one for one in addresses if one["default"]}),
        }

    def product(self, item: dict) -> dict:
        variants = [self.variant(one) for one in self.world.variants_of.get(item["id"], [])]
        images = [
            {
                "id": number_of(one["id"]),
                "product_id": number_of(item["id"]),
                "position": at + 1,
                "alt": one["alt"],
                "src": image_of(one)["src"],
                "variant_ids": [],
            }
            for at, one in enumerate(item["media"])
        ]
        return {
            **self.base(item),
            "title": item["title"],
            "body_html": item["descriptionHtml"],
            "handle": item["handle"],
            "vendor": item["vendor"],
            "product_type": item["productType"],
            "status": item["status"].lower(),
            "tags": ", ".join(item["tags"]),
            "template_suffix": item["templateSuffix"],
            "published_at": self.time(item["publishedAt"]),
            "published_scope": "global",
            "variants": variants,
            "options": [
                {
                    "id": number_of(one["id"]),
                    "product_id": number_of(item["id"]),
                    "name": one["name"],
                    "position": one["position"],
                    "values": one["values"],
                }
                for one in item["options"]
            ],
            "images": images,
            "image": images[0] if images else None,
            "variant_gids": [
                {"admin_graphql_api_id": one["admin_graphql_api_id"], "updated_at": one["updated_at"]}
                for one in variants
            ],
        }

    def variant(self, item: dict) -> dict:
        values = list(item["values"].values()) + [None] * 3
        quantity = inventory.available_of(self.world, item["inventoryItemId"])
        return {
            **self.base(item),
            "product_id": number_of(item["productId"]),
            "title": title_of(item["values"]),
            "price": item["price"],
            "position": item["position"],
            "inventory_policy": item["inventoryPolicy"].lower(),
            "compare_at_price": item["compareAtPrice"],
            "option1": values[0],
            "option2": values[1],
            "option3": values[2],
            "taxable": item["taxable"],
            "barcode": item["barcode"],
            "sku": item["sku"],
            "inventory_item_id": number_of(item["inventoryItemId"]),
            "inventory_quantity": quantity,
            "old_inventory_quantity": quantity,
            "image_id": None,
        }

    def line(self, order: dict, item: dict) -> dict:
        currency = order["currencyCode"]
        return {
            "id": number_of(item["id"]),
            "admin_graphql_api_id": item["id"],
            "current_quantity": item["currentQuantity"],
            "fulfillable_quantity": max(0, item["currentQuantity"] - item["fulfilled"]),
            "fulfillment_service": "manual",
            "fulfillment_status": "fulfilled" if item["fulfilled"] >= item["quantity"] else None,
            "gift_card": False,
            "grams": 0,
            "name": item["name"],
            "price": item["price"],
            "price_set": self.money(item["price"], currency),
            "product_exists": item["productId"] is not None,
            "product_id": number_of(item["productId"]) if item["productId"] else None,
            "properties": [{"name": one["key"], "value": one["value"]} for one in item["customAttributes"]],
            "quantity": item["quantity"],
            "requires_shipping": item["requiresShipping"],
            "sku": item["sku"],
            "taxable": item["taxable"],
            "title": item["title"],
            "total_discount": "0.00",
            "total_discount_set": self.money("0", currency),
            "variant_id": number_of(item["variantId"]) if item["variantId"] else None,
            "variant_title": item["variantTitle"],
            "vendor": item["vendor"],
            "tax_lines": [self.tax(one, currency) for one in item["tax_lines"]],
            "duties": [],
            "discount_allocations": [
                {
                    "amount": one["amount"],
                    "amount_set": self.money(one["amount"], currency),
                    "discount_application_index": one["index"],
                }
                for one in item["allocations"]
            ],
        }

    def tax(self, one: dict, currency: str) -> dict:
        return {
            "price": one["price"],
            "rate": float(one["rate"]),
            "title": one["title"],
            "price_set": self.money(one["price"], currency),
            "channel_liable": False,
        }

    def order(self, item: dict) -> dict:
        world, currency = self.world, item["currencyCode"]
        customer = world.find("Customer", item["customerId"])
        totals = item["totals"]
        sets = {
            f"{name}_set": self.money(totals[key], currency)
            for name, key in {
                "subtotal_price": "subtotal",
                "total_price": "total",
                "total_tax": "tax",
                "total_discounts": "discounts",
                "total_shipping_price": "shipping",
                "current_subtotal_price": "current_subtotal",
                "current_total_price": "current_total",
                "current_total_tax": "current_tax",
                "current_total_discounts": "current_discounts",
                "total_line_items_price": "subtotal",
            }.items()
        }
        status = {
            "UNFULFILLED": None,
            "FULFILLED": "fulfilled",
            "PARTIALLY_FULFILLED": "partial",
            "RESTOCKED": "restocked",
        }
        return {
            **self.base(item),
            "app_id": 580111,
            "buyer_accepts_marketing": False,
            "cancel_reason": (item["cancelReason"] or "").lower() or None,
            "cancelled_at": self.time(item["cancelledAt"]),
            "cart_token": None,
            "client_details": None,
            "closed_at": self.time(item["closedAt"]),
            "company": (
                {"id": number_of(item["companyId"]), "location_id": number_of(item["companyLocationId"])}
                if item["companyId"]
                else None
            ),
            "confirmed": True,
            "contact_email": item["email"],
            "currency": currency,
            "presentment_currency": currency,
            "discount_codes": [
                {"code": one["code"], "amount": totals["discounts"], "type": one["kind"]}
                for one in item["discounts"]
                if one["type"] == "code"
            ],
            "email": item["email"],
            "estimated_taxes": False,
            "financial_status": item["displayFinancialStatus"].lower(),
            "fulfillment_status": status.get(item["displayFulfillmentStatus"]),
            "landing_site": None,
            "name": item["name"],
            "note": item["note"],
            "note_attributes": [{"name": one["key"], "value": one["value"]} for one in item["customAttributes"]],
            "number": item["number"] - 1000,
            "order_number": item["number"],
            "payment_gateway_names": list(dict.fromkeys(one["gateway"] for one in item["transactions"])),
            "phone": item["phone"],
            "po_number": item["poNumber"],
            "processed_at": self.time(item["processedAt"]),
            "source_identifier": item["sourceIdentifier"],
            "source_name": item["sourceName"],
            "tags": ", ".join(item["tags"]),
            "taxes_included": item["taxesIncluded"],
            "test": item["test"],
            "subtotal_price": totals["subtotal"],
            "total_price": totals["total"],
            "total_tax": totals["tax"],
            "total_discounts": totals["discounts"],
            "current_subtotal_price": totals["current_subtotal"],
            "current_total_price": totals["current_total"],
            "current_total_tax": totals["current_tax"],
            "current_total_discounts": totals["current_discounts"],
            "total_outstanding": totals["current_total"],
            **sets,
            "tax_lines": [self.tax(one, currency) for one in item["tax_lines"]],
            "billing_address": self.address(item["billingAddress"]),
            "shipping_address": self.address(item["shippingAddress"]),
            "customer": self.customer(customer) if customer else None,
            "discount_applications": [
                {
                    "target_type": "line_item",
                    "type": "discount_code" if one["type"] == "code" else "manual",
                    "value": one["value"],
                    "value_type": one["kind"],
                    "allocation_method": "across",
                    "target_selection": "all",
                    "code": one.get("code"),
                    "title": one.get("title"),
                }
                for one in item["discounts"]
            ],
            "fulfillments": [],
            "refunds": [],
            "line_items": [self.line(item, one) for one in item["lines"]],
            "shipping_lines": [
                {
                    "id": number_of(one["id"]),
                    "code": one["code"],
                    "title": one["title"],
                    "source": one["source"],
                    "price": one["price"],
                    "price_set": self.money(one["price"], currency),
                    "discounted_price": str(Decimal(one["price"]) - Decimal(one.get("discount") or 0)),
                    "tax_lines": [self.tax(t, currency) for t in one["tax_lines"]],
                    "discount_allocations": [],
                }
                for one in item["shipping"]
            ],
        }

    def company(self, item: dict) -> dict:
        return {
            "admin_graphql_api_id": item["id"],
            "name": item["name"],
            "note": item["note"],
            "external_id": item["externalId"],
            "main_contact_admin_graphql_api_id": item["mainContactId"],
            "created_at": self.time(item["createdAt"]),
            "updated_at": self.time(item["updatedAt"]),
            "customer_since": self.time(item["customerSince"]),
        }

    def company_address(self, one: dict | None) -> dict | None:
        names = {
            "address1": "address1",
            "address2": "address2",
            "city": "city",
            "zip": "zip",
            "recipient": "recipient",
            "first_name": "firstName",
            "last_name": "lastName",
            "phone": "phone",
            "zone_code": "zoneCode",
            "country_code": "countryCode",
            "admin_graphql_api_id": "id",
        }
        return None if one is None else {name: one[key] for name, key in names.items()}

    def company_location(self, item: dict) -> dict:
        company = self.world.find("Company", item["companyId"])
        return {
            "admin_graphql_api_id": item["id"],
            "name": item["name"],
            "external_id": item["externalId"],
            "phone": item["phone"],
            "locale": item["locale"],
            "note": item["note"],
            "buyer_experience_configuration": None,
            "created_at": self.time(item["createdAt"]),
            "updated_at": self.time(item["updatedAt"]),
            "tax_exemptions": item["taxExemptions"],
            "company": {
                "name": company["name"],
                "note": company["note"],
                "external_id": company["externalId"],
                "admin_graphql_api_id": company["id"],
            },
            "billing_address": self.company_address(item["billingAddress"]),
            "shipping_address": self.company_address(item["shippingAddress"]),
            "tax_registration": {"tax_id": item["taxRegistrationId"]},
        }

    def company_contact(self, item: dict) -> dict:
        company, customer = self.world.find("Company", item["companyId"]), self.world.find(
            "Customer", item["customerId"]
        )
        return {
            "admin_graphql_api_id": item["id"],
            "title": item["title"],
            "locale": item["locale"],
            "created_at": self.time(item["createdAt"]),
            "updated_at": self.time(item["updatedAt"]),
            "customer_admin_graphql_api_id": customer["id"],
            "company": {
                "name": company["name"],
                "note": company["note"],
                "external_id": company["externalId"],
                "admin_graphql_api_id": company["id"],
            },
        }

    def level(self, item: dict) -> dict:
        return {
            "inventory_item_id": number_of(item["itemId"]),
            "location_id": number_of(item["locationId"]),
            "available": item["q"]["available"],
            "updated_at": self.time(item["updatedAt"]),
            "admin_graphql_api_id": item["id"],
        }

    def item(self, item: dict) -> dict:
        return {
            **self.base(item),
            "sku": item["sku"],
            "requires_shipping": item["requiresShipping"],
            "cost": item.get("cost"),
            "tracked": item["tracked"],
            "country_code_of_origin": item.get("countryCodeOfOrigin"),
            "harmonized_system_code": item.get("harmonizedSystemCode"),
        }

    def of(self, topic: str, item: dict) -> dict:
        if topic.endswith("/delete"):
            return {"id": number_of(item["id"]), "admin_graphql_api_id": item["id"]}
        made = {
            "Order": self.order,
            "Product": self.product,
            "Customer": self.customer,
            "Company": self.company,
            "CompanyLocation": self.company_location,
            "CompanyContact": self.company_contact,
            "InventoryLevel": self.level,
            "InventoryItem": self.item,
        }[item["__type"]](item)
        if topic == "orders/edited":
            return {
                "order_edit": {
                    "id": self.world.store.next("order_edit", 78912328793),
                    "order_id": made["id"],
                    "created_at": made["updated_at"],
                    "committed_at": made["updated_at"],
                    "app_id": None,
                    "notify_customer": False,
                    "reason": "",
                    "staff_note": "",
                    "line_items": {"additions": [], "removals": []},
                    "discounts": {"line_item": {"additions": [], "removals": []}},
                }
            }
        return made
