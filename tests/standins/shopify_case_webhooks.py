"""Cases of the Shopify stand-in: webhooks. test_shopify.py runs them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time

from shopify_case import LAZYK, SECRET, ShopTest


class Webhooks(ShopTest):
    def test_signature_and_headers(self) -> None:
        receiver = self.subscribe("ORDERS_CREATE")
        self.product(title="Ünïcode <b>")
        placed = self.shop.do("place_order", {"lines": [{"sku": "NW-1"}]})
        headers, body = receiver.wait(1)[0]
        self.assertEqual(
            headers["x-shopify-hmac-sha256"],
            base64.b64encode(hmac.new(SECRET.encode(), body, hashlib.sha256).digest()).decode(),
        )
        self.assertEqual(
            (headers["x-shopify-topic"], headers["x-shopify-shop-domain"], headers["x-shopify-api-version"]),
            ("orders/create", "standin.myshopify.com", "2026-07"),
        )
        for name in ("x-shopify-webhook-id", "x-shopify-event-id", "x-shopify-triggered-at"):
            self.assertIn(name, headers)
        self.assertIn(f'"id":{placed["id"]}'.encode(), body, "a JSON number of 18 digits")
        self.assertEqual(json.loads(body)["admin_graphql_api_id"], placed["admin_graphql_api_id"])

    def test_a_published_product_tells_twice(self) -> None:
        receiver = self.subscribe("PRODUCTS_CREATE", "PRODUCTS_UPDATE", "PRODUCTS_DELETE")
        self.product()
        receiver.wait(2)
        self.assertEqual(sorted(receiver.topics()), ["products/create", "products/update"])
        self.shop.do("delete_product", {"sku": "NW-1"})
        receiver.wait(3)
        self.assertEqual(receiver.topics()[-1], "products/delete")

    def test_topics(self) -> None:
        self.product()
        receiver = self.subscribe(
            "CUSTOMERS_CREATE",
            "COMPANIES_CREATE",
            "COMPANY_LOCATIONS_CREATE",
            "ORDERS_CREATE",
            "ORDERS_UPDATED",
            "ORDERS_CANCELLED",
            "INVENTORY_LEVELS_UPDATE",
        )
        self.shop.do("create_company", LAZYK)
        self.shop.do("place_order", {"company": "LAZYK", "lines": [{"sku": "NW-1"}]})
        self.shop.do("cancel_order", {"order": "#1001"})
        receiver.wait(8)
        self.assertEqual(
            sorted(receiver.topics()),
            sorted(
                [
                    "customers/create",
                    "companies/create",
                    "company_locations/create",
                    "orders/create",
                    "inventory_levels/update",
                    "orders/cancelled",
                    "orders/updated",
                    "inventory_levels/update",
                ]
            ),
        )

    def test_retry_then_success(self) -> None:
        receiver = self.subscribe("CUSTOMERS_CREATE")
        receiver.statuses = [503, 500]
        self.shop.do("create_customer", {"email": "a@example.com"})
        got = receiver.wait(3)
        self.assertEqual(len(got), 3)
        self.assertEqual(len({headers["x-shopify-webhook-id"] for headers, _ in got}), 1)
        self.assertEqual(len({body for _, body in got}), 1)

    def test_eight_failures_delete_the_subscription(self) -> None:
        receiver = self.subscribe("CUSTOMERS_CREATE")
        receiver.statuses = [500] * 50
        for number in range(4):
            self.shop.do("create_customer", {"email": f"a{number}@example.com"})
        receiver.wait(8)
        until = time.monotonic() + 5
        while (
            time.monotonic() < until
            and self.shop.ask("{webhookSubscriptions(first: 5) {nodes {id}}}")["webhookSubscriptions"]["nodes"]
        ):
            time.sleep(0.05)
        self.assertEqual(
            self.shop.ask("{webhookSubscriptions(first: 5) {nodes {id}}}")["webhookSubscriptions"]["nodes"], []
        )

    def test_faults(self) -> None:
        receiver = self.subscribe("CUSTOMERS_CREATE")
        self.shop.faults(
            {"kind": "webhook_drop", "match": "dropped@"},
            {"kind": "webhook_double", "match": "doubled@"},
            {"kind": "webhook_late", "match": "late@", "ms": [400, 500]},
        )
        for name in ("late", "dropped", "doubled", "plain"):
            self.shop.do("create_customer", {"email": name + "@example.com"})
        emails = [json.loads(body)["email"] for _, body in receiver.wait(4)]
        self.assertEqual(
            (sorted(emails), emails[-1]),
            (
                ["doubled@example.com", "doubled@example.com", "late@example.com", "plain@example.com"],
                "late@example.com",
            ),
        )
        events = [headers["x-shopify-event-id"] for headers, body in receiver.got if b"doubled@" in body]
        self.assertEqual(len(set(events)), 1)

    def test_subscription_rules(self) -> None:
        receiver = self.subscribe("ORDERS_CREATE")
        write = "mutation($u: String!) {webhookSubscriptionCreate(topic: ORDERS_CREATE, webhookSubscription: {uri: $u}) {webhookSubscription {id} userErrors {message}}}"
        self.assertEqual(
            self.shop.ask(write, {"u": receiver.url})["webhookSubscriptionCreate"]["userErrors"],
            [{"message": "Address for this topic has already been taken"}],
        )
        self.assertEqual(
            self.shop.ask(write, {"u": "http://example.com/x"})["webhookSubscriptionCreate"]["userErrors"],
            [{"message": "Address protocol http:// is not supported"}],
        )


class UnprefixedHeaders(ShopTest):
    options = ("--webhook-headers", "unprefixed")

    def test_new_spelling(self) -> None:
        receiver = self.subscribe("CUSTOMERS_CREATE")
        self.shop.do("create_customer", {"email": "a@example.com"})
        headers, body = receiver.wait(1)[0]
        self.assertEqual(headers["shopify-topic"], "customers/create")
        self.assertEqual(
            headers["shopify-hmac-sha256"],
            base64.b64encode(hmac.new(SECRET.encode(), body, hashlib.sha256).digest()).decode(),
        )
        self.assertNotIn("x-shopify-topic", headers)
