#!/usr/bin/python3
"""Pins how strict the Shopify stand-in is. Run: /usr/bin/python3 tests/standins/test_shopify.py"""

from __future__ import annotations


import http.client
import http.server
import json
import os
import sys
import threading
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from shopify_case import LAZYK, SECRET, TOKEN, ShopTest  # noqa: E402
from shopify_case_webhooks import UnprefixedHeaders, Webhooks  # noqa: E402
from shopify_case_writes import Catalogue, Orders, People, Stock, TwoLocations  # noqa: E402

__all__ = ["Catalogue", "Orders", "People", "Stock", "TwoLocations", "UnprefixedHeaders", "Webhooks"]


class Requests(ShopTest):
    def test_bad_token(self) -> None:
        status, body, _ = self.shop.raw("{shop {name}}", token="shpat_wrong")
        self.assertEqual(
            (status, body),
            (401, {"errors": "[API] Invalid API key or access token (unrecognized login or wrong password)"}),
        )

    def test_versions(self) -> None:
        self.assertEqual(self.shop.raw("{shop {name}}")[2]["x-shopify-api-version"], "2026-07")
        self.assertEqual(self.shop.raw("{shop {name}}", version="2024-04")[2]["x-shopify-api-version"], "2026-01")
        self.assertEqual(self.shop.raw("{shop {name}}", version="2031-01")[0], 404)

    def test_granted_token_expires(self) -> None:
        ask = {"client_id": "standin_client", "client_secret": SECRET, "grant_type": "client_credentials"}
        status, body, _ = self.shop.http("POST", "/admin/oauth/access_token", ask)
        self.assertEqual((status, body["expires_in"]), (200, 86399))
        self.assertEqual(self.shop.raw("{shop {name}}", token=body["access_token"])[0], 200)
        self.shop.http("POST", "/_control/expire_tokens", {})
        self.assertEqual(self.shop.raw("{shop {name}}", token=body["access_token"])[0], 401)
        self.assertEqual(self.shop.http("POST", "/admin/oauth/access_token", {**ask, "client_secret": "no"})[0], 400)

    def test_no_query(self) -> None:
        self.assertEqual(
            self.shop.http("POST", "/admin/api/2026-07/graphql.json", b"{", {"X-Shopify-Access-Token": TOKEN})[0], 400
        )

    def test_static_errors(self) -> None:
        cases = [  # what is wrong, the document, the code, a part of the message
            ("unknown field", "{shop {name colour}}", "undefinedField", "Field 'colour' doesn't exist on type 'Shop'"),
            (
                "unknown argument",
                "{products(first: 1, size: 2) {nodes {id}}}",
                "argumentNotAccepted",
                "doesn't accept argument 'size'",
            ),
            ("missing argument", "{product {id}}", "missingRequiredArguments", "missing required arguments: id"),
            ("no selections", "{shop}", "selectionMismatch", "has no selections"),
            ("selections on a scalar", "{shop {name {x}}}", "selectionMismatch", "Selections can't be made on scalars"),
            ("undeclared variable", "{product(id: $x) {id}}", "variableNotDefined", "$x is used"),
            ("unused variable", "query($x: Int) {shop {name}}", "variableNotUsed", "$x is declared"),
            ("wrong variable type", "query($x: String!) {product(id: $x) {id}}", "variableMismatch", "(String! / ID!)"),
            ("nullable variable", "query($x: ID) {product(id: $x) {id}}", "variableMismatch", "Nullability mismatch"),
            (
                "bad enum",
                "{products(first: 1, sortKey: COLOUR) {nodes {id}}}",
                "argumentLiteralsIncompatible",
                "invalid value",
            ),
            (
                "unknown input field",
                'mutation {customerCreate(input: {mail: "a"}) {userErrors {message}}}',
                "argumentNotAccepted",
                "InputObject 'CustomerInput'",
            ),
            ("unknown fragment", "{shop {...F}}", "useAndDefineFragment", "Fragment F was used, but not defined"),
            ("unknown directive", "{shop @once {name}}", "undefinedDirective", "@once is not defined"),
            (
                "directive in the wrong place",
                'mutation @idempotent(key: "k") {orderClose(input: {id: "gid://shopify/Order/1"}) {order {id}}}',
                "directiveCannotBeApplied",
                "can't be applied to mutations",
            ),
            ("not a gid", '{product(id: "123") {id}}', "argumentLiteralsIncompatible", "Invalid global id '123'"),
        ]
        for what, query, code, part in cases:
            with self.subTest(what):
                error = self.error(query)
                self.assertEqual(error["extensions"]["code"], code)
                self.assertIn(part, error["message"])

    def test_syntax_error(self) -> None:
        self.assertIn("syntax error", self.error("{shop {name}")["message"])

    def test_variable_errors(self) -> None:
        query = "mutation($i: InventorySetQuantitiesInput!) {inventorySetQuantities(input: $i) {userErrors {message}}}"
        error = self.error(
            query, {"i": {"name": "available", "reason": "correction", "quantities": [], "ignoreCompareQuantity": True}}
        )
        self.assertEqual(error["extensions"]["code"], "INVALID_VARIABLE")
        self.assertIn("ignoreCompareQuantity (Field is not defined on InventorySetQuantitiesInput)", error["message"])
        error = self.error(query, {"i": {"name": "available", "quantities": []}})
        self.assertEqual(
            error["extensions"]["problems"], [{"path": ["reason"], "explanation": "Expected value to not be null"}]
        )

    def test_lists_over_250_are_refused(self) -> None:
        error = self.error("query($ids: [ID!]!) {nodes(ids: $ids) {id}}", {"ids": ["gid://shopify/Order/1"] * 251})
        self.assertEqual(error["extensions"]["code"], "MAX_INPUT_SIZE_EXCEEDED")

    def test_fragments_aliases_and_conditions(self) -> None:
        self.product()
        data = self.shop.ask(
            "query Q($no: Boolean!) {a: products(first: 1) {nodes {...P title @skip(if: $no)}} b: shop {__typename}} fragment P on Product {handle}",
            {"no": True},
        )
        self.assertEqual(data, {"a": {"nodes": [{"handle": "chai-nw-1"}]}, "b": {"__typename": "Shop"}})

    def test_drop_after_applies_and_tears(self) -> None:
        self.shop.faults({"kind": "drop_after", "match": "customerCreate"})
        with self.assertRaises((http.client.RemoteDisconnected, ConnectionResetError)):
            self.shop.raw('mutation {customerCreate(input: {email: "torn@example.com"}) {customer {id}}}')
        self.assertEqual(
            len(
                self.shop.ask('{customers(first: 5, query: "email:torn@example.com") {nodes {id}}}')["customers"][
                    "nodes"
                ]
            ),
            1,
        )

    def held(self, kind: str) -> list[dict]:
        """What a query for customers gives that is held while one is made."""
        self.shop.faults({"kind": kind, "match": "customers("})
        query, found = '{customers(first: 5, query: "email:held@example.com") {nodes {id}}}', []
        asks = threading.Thread(target=lambda: found.append(self.shop.ask(query)))
        asks.start()
        while self.shop.http("GET", "/_control/faults")[1]["faults"]:
            time.sleep(0.01)
        self.shop.do("create_customer", {"email": "held@example.com"})
        self.assertEqual(found, [])
        self.shop.http("DELETE", "/_control/faults")
        asks.join()
        return found[0]["customers"]["nodes"]

    def test_held_until_calm(self) -> None:
        self.assertEqual(self.held("hold_after"), [])
        self.shop.do("edit_customer", {"customer": "held@example.com", "email": "other@example.com"})
        self.assertEqual(len(self.held("hold_before")), 1)

    def test_status_and_internal_faults(self) -> None:
        self.shop.faults(
            {"kind": "status", "status": 503, "headers": {"Retry-After": "2"}}, {"kind": "internal", "skip": 1}
        )
        self.assertEqual(self.shop.raw("{shop {name}}")[0], 503)
        self.assertEqual(self.error("{shop {name}}")["extensions"]["code"], "INTERNAL_SERVER_ERROR")
        self.assertEqual(self.shop.raw("{shop {name}}")[0], 200)


class Limits(ShopTest):
    options = ("--plan", "standard")

    def test_cost_and_throttle(self) -> None:
        query = "{products(first: 250) {nodes {id variants(first: 20) {nodes {id inventoryItem {id}}}}}}"
        _, body, _ = self.shop.raw(query)
        cost = body["extensions"]["cost"]
        self.assertEqual(cost["throttleStatus"]["maximumAvailable"], 2000)
        self.assertLessEqual(cost["actualQueryCost"], cost["requestedQueryCost"])
        mutation = 'mutation {customerUpdate(input: {id: "gid://shopify/Customer/1"}) {userErrors {message}}}'
        for _ in range(300):
            status, body, _ = self.shop.raw(mutation)
            if "errors" in body:
                break
        self.assertEqual(status, 200)
        self.assertEqual(
            (body["errors"][0]["message"], body["errors"][0]["extensions"]["code"]), ("Throttled", "THROTTLED")
        )
        self.assertNotIn("data", body)
        self.assertEqual(body["extensions"]["cost"]["requestedQueryCost"], 10)
        self.assertLess(body["extensions"]["cost"]["throttleStatus"]["currentlyAvailable"], 10)
        time.sleep(0.3)
        self.assertNotIn("errors", self.shop.raw(mutation)[1], "the bucket must refill")

    def test_single_query_maximum(self) -> None:
        deep = "{orders(first: 250) {nodes {id lineItems(first: 250) {nodes {id variant {id} originalUnitPriceSet {shopMoney {amount}} taxLines {title priceSet {shopMoney {amount} presentmentMoney {amount}}}}}}}}"
        self.assertEqual(self.error(deep)["extensions"]["code"], "MAX_COST_EXCEEDED")

    def test_seen_cost_of_the_real_system(self) -> None:
        _, body, _ = self.shop.raw(
            '{product(id: "gid://shopify/Product/1") {variants(first: 250) {nodes {inventoryItem {id tracked}}}}}'
        )
        self.assertEqual(body["extensions"]["cost"]["requestedQueryCost"], 25)

    def test_throttle_fault(self) -> None:
        self.shop.faults({"kind": "throttle", "status": 429})
        status, body, _ = self.shop.raw("{shop {name}}")
        self.assertEqual((status, body["errors"][0]["extensions"]["code"]), (429, "THROTTLED"))


class Reading(ShopTest):
    def test_paging_and_sorting(self) -> None:
        self.shop.do(
            "bulk",
            {"products": [{"title": f"P{n:03}", "sku": f"S-{n}", "price": n} for n in range(60)], "webhooks": False},
        )
        seen, after = [], None
        while True:
            page = self.shop.ask(
                "query($a: String) {products(first: 25, after: $a, sortKey: UPDATED_AT) {nodes {title updatedAt} pageInfo {hasNextPage endCursor}}}",
                {"a": after},
            )["products"]
            seen += [one["title"] for one in page["nodes"]]
            after = page["pageInfo"]["endCursor"]
            if not page["pageInfo"]["hasNextPage"]:
                break
        self.assertEqual(seen, [f"P{n:03}" for n in range(60)])
        back = self.shop.ask(
            "{products(first: 10, reverse: true, sortKey: TITLE) {edges {cursor node {title}} pageInfo {hasNextPage endCursor}}}"
        )["products"]
        self.assertEqual([one["node"]["title"] for one in back["edges"]], [f"P{n:03}" for n in range(59, 49, -1)])
        next_page = self.shop.ask(
            "query($a: String) {products(first: 2, after: $a, reverse: true, sortKey: TITLE) {nodes {title}}}",
            {"a": back["edges"][4]["cursor"]},
        )
        self.assertEqual([one["title"] for one in next_page["products"]["nodes"]], ["P054", "P053"])
        last = self.shop.ask("{products(last: 2) {nodes {title} pageInfo {hasPreviousPage hasNextPage}}}")["products"]
        self.assertEqual(
            (last["nodes"][1]["title"], last["pageInfo"]), ("P059", {"hasPreviousPage": True, "hasNextPage": False})
        )

    def test_page_size_is_asked_and_bounded(self) -> None:
        self.assertEqual(self.error("{products {nodes {id}}}")["message"], "you must provide one of first or last")
        self.assertEqual(self.error("{locations(first: 251) {nodes {id}}}")["extensions"]["code"], "BAD_REQUEST")
        self.assertEqual(
            self.error('{products(first: 1, after: "x") {nodes {id}}}')["message"],
            "Invalid cursor for current pagination sort.",
        )

    def test_updated_at_filter_has_whole_seconds(self) -> None:
        self.product("A-1")
        at = self.shop.ask("{products(first: 1) {nodes {updatedAt}}}")["products"]["nodes"][0]["updatedAt"]
        self.assertRegex(at, r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        for op, count in ((">=", 1), (">", 0), ("<", 0), ("<=", 1)):
            with self.subTest(op):
                data = self.shop.ask(
                    "query($q: String) {products(first: 5, query: $q) {nodes {id}}}", {"q": f"updated_at:{op}'{at}'"}
                )
                self.assertEqual(len(data["products"]["nodes"]), count)

    def test_search_words_and_unknown_fields(self) -> None:
        self.product("AB-1")
        self.product("AB-1-RED")
        self.product("XY-9")

        def skus(query: str) -> list[str]:
            found = self.shop.ask(
                "query($q: String) {productVariants(first: 50, query: $q) {nodes {sku}}}", {"q": query}
            )["productVariants"]["nodes"]
            return [one["sku"] for one in found]

        self.assertEqual(skus("sku:XY-9"), ["XY-9"])
        self.assertEqual(skus("sku:AB-1"), ["AB-1", "AB-1-RED"], "a SKU search matches words, as the real one")
        self.assertEqual(skus("sku:AB-1 AND NOT sku:AB-1-RED"), ["AB-1"])
        self.assertEqual(skus("sku:XY-9 OR (sku:AB-1 -sku:RED)"), ["AB-1", "XY-9"])
        self.assertEqual(skus("sku:X*"), ["XY-9"])
        _, body, _ = self.shop.raw('{productVariants(first: 5, query: "colour:red") {nodes {id}}}')
        self.assertEqual(len(body["data"]["productVariants"]["nodes"]), 3, "a term on an unknown field says nothing")
        self.assertEqual(body["extensions"]["search"][0]["warnings"][0]["code"], "invalid_field")

    def test_ids_above_doubles(self) -> None:
        self.product()
        first, second = (self.shop.do("place_order", {"lines": [{"sku": "NW-1"}]}) for _ in range(2))
        self.assertNotEqual(first["id"], second["id"])
        self.assertEqual(float(first["id"]), float(second["id"]), "a reader with doubles takes them for one")
        self.assertEqual(first["admin_graphql_api_id"], f"gid://shopify/Order/{first['id']}")


class Restart(ShopTest):
    def test_data_survives_kill(self) -> None:
        self.shop.do(
            "bulk",
            {
                "products": [{"title": "Chai", "sku": "NW-1", "price": "18", "quantity": 9}],
                "companies": [LAZYK],
                "webhooks": False,
            },
        )
        receiver = self.subscribe("ORDERS_CREATE")
        gid = self.shop.do("place_order", {"company": "LAZYK", "lines": [{"sku": "NW-1", "quantity": 2}]})[
            "admin_graphql_api_id"
        ]
        receiver.wait(1)
        before = self.shop.http("GET", "/_control/dump")[1]
        self.shop.kill()
        self.shop.start()
        after = self.shop.http("GET", "/_control/dump")[1]
        after["WebhookSubscription"][0]["failures"] = before["WebhookSubscription"][0]["failures"]
        self.assertEqual(before, after)
        self.assertEqual(self.shop.ask("query($i: ID!) {order(id: $i) {name}}", {"i": gid})["order"]["name"], "#1001")
        self.assertEqual(self.shop.do("place_order", {"company": "LAZYK", "lines": [{"sku": "NW-1"}]})["name"], "#1002")
        self.assertEqual(json.loads(receiver.wait(2)[1][1])["name"], "#1002", "the subscription is still there")
        self.assertEqual(
            self.shop.ask('mutation {customerCreate(input: {email: "john@example.com"}) {userErrors {message}}}')[
                "customerCreate"
            ]["userErrors"][0]["message"],
            "Email has already been taken",
            "the indexes are rebuilt",
        )

    def test_a_waiting_webhook_survives_kill(self) -> None:
        receiver = self.subscribe("CUSTOMERS_CREATE")
        self.shop.faults({"kind": "webhook_late", "ms": 300})
        self.shop.do("create_customer", {"email": "a@example.com"})
        self.shop.kill()
        self.assertEqual(receiver.got, [])
        self.shop.start()
        self.assertEqual(len(receiver.wait(1)), 1)


class Control(ShopTest):
    def test_page_and_calls(self) -> None:
        self.product()
        self.shop.ask("{shop {name}}")
        status, page, _ = self.shop.http("GET", "/_control/")
        self.assertEqual(status, 200)
        self.assertIn(b"place_order", page)
        self.assertIn(b"Chai NW-1", page)
        self.assertEqual(self.shop.http("GET", "/_control/calls")[1]["operations"], {"query shop": {"ok": 1}})
        self.assertEqual(self.shop.http("POST", "/_control/do/place_order", {"lines": [{"sku": "none"}]})[0], 404)
        self.assertEqual(self.shop.http("POST", "/_control/do/no_such_thing", {})[0], 404)


if __name__ == "__main__":
    unittest.main(verbosity=1)
