"""Cases of the Shopify stand-in: products, stock, people, companies, orders. test_shopify.py runs them."""

from __future__ import annotations

from typing import Any

from shopify_case import LAZYK, ShopTest


class Catalogue(ShopTest):
    SET = "mutation($i: ProductSetInput!, $w: ProductSetIdentifiers) {productSet(input: $i, identifier: $w, synchronous: true) {product {id title vendor variants(first: 20) {nodes {id title sku price inventoryItem {tracked}}} metafields(first: 9) {nodes {key value}}} userErrors {field message code}}}"

    def set(self, given: dict, identifier: dict | None = None) -> dict:
        return self.shop.ask(self.SET, {"i": given, "w": identifier})["productSet"]

    def define(self) -> None:
        data = self.shop.ask(
            'mutation {metafieldDefinitionCreate(definition: {namespace: "tide", key: "key", name: "Key", type: "id", ownerType: PRODUCT}) {createdDefinition {id capabilities {uniqueValues {enabled}}} userErrors {code}}}'
        )
        self.assertTrue(
            data["metafieldDefinitionCreate"]["createdDefinition"]["capabilities"]["uniqueValues"]["enabled"]
        )

    def test_product_set_replaces_lists(self) -> None:
        sizes = {
            "productOptions": [{"name": "Size", "values": [{"name": "S"}, {"name": "M"}]}],
            "variants": [
                {
                    "optionValues": [{"optionName": "Size", "name": size}],
                    "sku": "T-" + size,
                    "price": 9.5,
                    "inventoryItem": {"tracked": True},
                }
                for size in "SM"
            ],
        }
        made = self.set({"title": "T-shirt", "vendor": "Ours", **sizes})["product"]
        self.assertEqual(
            [(one["title"], one["sku"], one["price"]) for one in made["variants"]["nodes"]],
            [("S", "T-S", "9.50"), ("M", "T-M", "9.50")],
        )
        kept = made["variants"]["nodes"][1]["id"]
        cut = {"productOptions": [{"name": "Size", "values": [{"name": "M"}]}], "variants": sizes["variants"][1:]}
        after = self.set({"title": "T-shirt 2", **cut}, {"id": made["id"]})["product"]
        self.assertEqual(
            (after["title"], after["vendor"], [one["id"] for one in after["variants"]["nodes"]]),
            ("T-shirt 2", "Ours", [kept]),
        )

    def test_product_set_refuses(self) -> None:
        option = {"productOptions": [{"name": "Size", "values": [{"name": "S"}]}]}
        cases = [
            ({"vendor": "x"}, None, "INVALID_PRODUCT"),
            ({"title": "x", "variants": []}, None, "PRODUCT_OPTIONS_INPUT_MISSING"),
            ({"title": "x"}, {"id": "gid://shopify/Product/9"}, "PRODUCT_DOES_NOT_EXIST"),
            ({"title": "x"}, {"customId": {"namespace": "tide", "key": "key", "value": "1"}}, "INVALID_INPUT"),
            ({"title": "x"}, {"handle": "x"}, "MISSING_FIELD_REQUIRED"),
            (
                {"title": "x", **option, "variants": [{"optionValues": [{"optionName": "Size", "name": "L"}]}]},
                None,
                "OPTION_VALUE_DOES_NOT_EXIST",
            ),
            (
                {
                    "title": "x",
                    **option,
                    "variants": [{"optionValues": [{"optionName": "Size", "name": "S"}], "price": "-1"}],
                },
                None,
                "INVALID_VARIANT",
            ),
        ]
        for given, identifier, code in cases:
            with self.subTest(code):
                answer = self.set(given, identifier)
                self.assertIsNone(answer["product"])
                self.assertEqual(answer["userErrors"][0]["code"], code)
        self.assertEqual(self.shop.ask("{productsCount {count}}")["productsCount"]["count"], 0)

    def test_custom_id_upsert(self) -> None:
        self.define()
        who = {"customId": {"namespace": "tide", "key": "key", "value": "sf:1"}}
        first, second = self.set({"title": "One"}, who)["product"], self.set({"title": "One again"}, who)["product"]
        self.assertEqual(
            (first["id"], second["title"], second["metafields"]["nodes"]),
            (second["id"], "One again", [{"key": "key", "value": "sf:1"}]),
        )
        found = self.shop.ask(
            "query($w: ProductIdentifierInput!) {productByIdentifier(identifier: $w) {id}}", {"w": who}
        )
        self.assertEqual(found["productByIdentifier"]["id"], first["id"])
        other = self.set({"title": "Two", "metafields": [{"namespace": "tide", "key": "key", "value": "sf:1"}]})
        self.assertEqual((other["product"], other["userErrors"][0]["message"]), (None, "Value has already been taken"))
        mismatch = self.set({"title": "One", "metafields": [{"namespace": "tide", "key": "key", "value": "sf:2"}]}, who)
        self.assertEqual(mismatch["userErrors"][0]["code"], "METAFIELD_MISMATCH")

    def test_metafields_set(self) -> None:
        product = self.product()
        self.define()
        write = "mutation($m: [MetafieldsSetInput!]!) {metafieldsSet(metafields: $m) {metafields {value compareDigest} userErrors {code field}}}"
        done = self.shop.ask(
            write, {"m": [{"ownerId": product["id"], "namespace": "tide", "key": "key", "value": "1"}]}
        )["metafieldsSet"]
        self.assertEqual(done["userErrors"], [])
        stale = self.shop.ask(
            write,
            {"m": [{"ownerId": product["id"], "namespace": "tide", "key": "key", "value": "2", "compareDigest": "no"}]},
        )
        self.assertEqual(stale["metafieldsSet"]["userErrors"][0]["code"], "STALE_OBJECT")
        other = self.product("B-2")
        taken = self.shop.ask(
            write,
            {
                "m": [
                    {
                        "ownerId": other["id"],
                        "namespace": "tide",
                        "key": "note",
                        "type": "single_line_text_field",
                        "value": "x",
                    },
                    {"ownerId": other["id"], "namespace": "tide", "key": "key", "value": "1"},
                ]
            },
        )["metafieldsSet"]
        self.assertEqual(taken["userErrors"][0]["code"], "TAKEN")
        left = self.shop.ask(
            "query($i: ID!) {product(id: $i) {metafields(first: 5) {nodes {key}}}}", {"i": other["id"]}
        )
        self.assertEqual(left["product"]["metafields"]["nodes"], [], "all or nothing")

    def test_bulk_price_update(self) -> None:
        product = self.product()
        variant = self.shop.ask('{productVariants(first: 1, query: "sku:NW-1") {nodes {id}}}')["productVariants"][
            "nodes"
        ][0]["id"]
        write = "mutation($p: ID!, $v: [ProductVariantsBulkInput!]!) {productVariantsBulkUpdate(productId: $p, variants: $v) {productVariants {price compareAtPrice} userErrors {code field}}}"
        done = self.shop.ask(
            write, {"p": product["id"], "v": [{"id": variant, "price": "19.9", "compareAtPrice": "25"}]}
        )["productVariantsBulkUpdate"]
        self.assertEqual(done["productVariants"], [{"price": "19.90", "compareAtPrice": "25.00"}])
        again = self.shop.ask(write, {"p": product["id"], "v": [{"id": variant, "compareAtPrice": None}]})[
            "productVariantsBulkUpdate"
        ]
        self.assertEqual(
            again["productVariants"], [{"price": "19.90", "compareAtPrice": None}], "null empties, absent leaves"
        )
        wrong = self.shop.ask(
            write,
            {
                "p": product["id"],
                "v": [{"id": variant, "price": "1"}, {"id": "gid://shopify/ProductVariant/1", "price": "1"}],
            },
        )
        self.assertEqual(
            wrong["productVariantsBulkUpdate"]["userErrors"],
            [{"code": "PRODUCT_VARIANT_DOES_NOT_EXIST", "field": ["variants", "1", "id"]}],
        )
        self.assertEqual(
            self.shop.ask("query($i: ID!) {productVariant(id: $i) {price}}", {"i": variant})["productVariant"]["price"],
            "19.90",
            "all or nothing",
        )

    def test_no_change_is_no_update(self) -> None:
        product, receiver = self.product(), self.subscribe("PRODUCTS_UPDATE")
        self.set({"title": product["title"]}, {"id": product["id"]})
        self.shop.do("edit_price", {"sku": "NW-1", "price": "18.00"})
        self.shop.do("edit_price", {"sku": "NW-1", "price": "18.01"})
        self.assertEqual(len(receiver.wait(1)), 1)


class Stock(ShopTest):
    SET = "mutation($i: InventorySetQuantitiesInput!, $k: String!) {inventorySetQuantities(input: $i) @idempotent(key: $k) {inventoryAdjustmentGroup {id changes {name delta}} userErrors {code field message}}}"

    def setUp(self) -> None:
        super().setUp()
        self.product()
        data = self.shop.ask(
            '{productVariants(first: 1, query: "sku:NW-1") {nodes {inventoryItem {id inventoryLevels(first: 1) {nodes {id location {id}}}}}}}'
        )
        item = data["productVariants"]["nodes"][0]["inventoryItem"]
        self.item, self.place = item["id"], item["inventoryLevels"]["nodes"][0]["location"]["id"]

    def rows(self, quantity: int, **more: Any) -> dict:
        return {
            "name": "available",
            "reason": "correction",
            "quantities": [{"inventoryItemId": self.item, "locationId": self.place, "quantity": quantity, **more}],
        }

    def set(self, key: str, given: dict) -> dict:
        return self.shop.ask(self.SET, {"k": key, "i": given})["inventorySetQuantities"]

    def quantities(self) -> dict[str, int]:
        data = self.shop.ask(
            'query($i: ID!) {inventoryItem(id: $i) {inventoryLevels(first: 1) {nodes {quantities(names: ["available", "on_hand", "committed"]) {name quantity}}}}}',
            {"i": self.item},
        )
        return {
            one["name"]: one["quantity"] for one in data["inventoryItem"]["inventoryLevels"]["nodes"][0]["quantities"]
        }

    def test_compare_and_swap(self) -> None:
        self.assertEqual(self.set("a", self.rows(30, changeFromQuantity=39))["userErrors"], [])
        stale = self.set("b", self.rows(20, changeFromQuantity=39))
        self.assertEqual(
            (stale["inventoryAdjustmentGroup"], stale["userErrors"][0]["code"]), (None, "CHANGE_FROM_QUANTITY_STALE")
        )
        self.assertEqual(stale["userErrors"][0]["field"], ["input", "quantities", "0", "changeFromQuantity"])
        self.assertEqual(self.set("c", self.rows(20, changeFromQuantity=None))["userErrors"], [])
        self.assertEqual(self.quantities()["available"], 20)

    def test_must_say_what_it_changes_from(self) -> None:
        error = self.error(self.SET, {"k": "a", "i": self.rows(1)})
        self.assertEqual(
            (error["message"], error["extensions"]["code"]),
            (
                "InventoryQuantityInput must include the following argument: changeFromQuantity.",
                "INVALID_FIELD_ARGUMENTS",
            ),
        )

    def test_idempotency(self) -> None:
        error = self.error(
            self.SET.replace(" @idempotent(key: $k)", "").replace(", $k: String!", ""),
            {"i": self.rows(1, changeFromQuantity=None)},
        )
        self.assertEqual(
            (error["message"], error["extensions"]["code"]),
            ("The @idempotent directive is required for this mutation but was not provided.", "BAD_REQUEST"),
        )
        first = self.set("k1", self.rows(30, changeFromQuantity=39))
        self.set("k2", self.rows(25, changeFromQuantity=30))
        again = self.set("k1", self.rows(30, changeFromQuantity=39))
        self.assertEqual((again, self.quantities()["available"]), (first, 25), "the first answer, and nothing done")
        self.assertEqual(
            self.set("k1", self.rows(31, changeFromQuantity=39))["userErrors"][0]["code"],
            "IDEMPOTENCY_KEY_PARAMETER_MISMATCH",
        )

    def test_refusals(self) -> None:
        cases = [
            ({**self.rows(1, changeFromQuantity=None), "name": "committed"}, "INVALID_NAME"),
            ({**self.rows(1, changeFromQuantity=None), "reason": "why"}, "INVALID_REASON"),
            (
                self.rows(1, changeFromQuantity=None, inventoryItemId="gid://shopify/InventoryItem/1"),
                "INVALID_INVENTORY_ITEM",
            ),
            (self.rows(1, changeFromQuantity=None, locationId="gid://shopify/Location/1"), "INVALID_LOCATION"),
            (self.rows(2_000_000_000, changeFromQuantity=None), "INVALID_QUANTITY_TOO_HIGH"),
        ]
        for given, code in cases:
            with self.subTest(code):
                self.assertEqual(self.set(code, given)["userErrors"][0]["code"], code)

    def test_an_order_commits_stock(self) -> None:
        order = self.shop.do("place_order", {"lines": [{"sku": "NW-1", "quantity": 4}]})
        self.assertEqual(self.quantities(), {"available": 35, "committed": 4, "on_hand": 39})
        self.shop.do("place_order", {"lines": [{"sku": "NW-1", "quantity": 4}], "inventory": "bypass"})
        self.assertEqual(self.quantities()["available"], 35)
        self.assertEqual(self.set("a", {**self.rows(50, changeFromQuantity=39), "name": "on_hand"})["userErrors"], [])
        self.assertEqual(self.quantities(), {"available": 46, "committed": 4, "on_hand": 50})
        self.shop.do("cancel_order", {"order": order["admin_graphql_api_id"]})
        self.assertEqual(self.quantities(), {"available": 50, "committed": 0, "on_hand": 50})


class TwoLocations(ShopTest):
    options = ("--plan", "unlimited-for-tests", "--locations", "Main, Second")

    def test_activation(self) -> None:
        self.product()
        data = self.shop.ask(
            "{locations(first: 5, sortKey: ID) {nodes {id name}} inventoryItems(first: 1) {nodes {id}}}"
        )
        item, second = data["inventoryItems"]["nodes"][0]["id"], data["locations"]["nodes"][1]["id"]
        given = {
            "name": "available",
            "reason": "correction",
            "quantities": [{"inventoryItemId": item, "locationId": second, "quantity": 5, "changeFromQuantity": None}],
        }
        self.assertEqual(
            self.shop.ask(Stock.SET, {"k": "a", "i": given})["inventorySetQuantities"]["userErrors"][0]["code"],
            "ITEM_NOT_STOCKED_AT_LOCATION",
        )
        activate = 'mutation($i: ID!, $l: ID!) {inventoryActivate(inventoryItemId: $i, locationId: $l, available: 7) %s {inventoryLevel {id quantities(names: ["available"]) {quantity}} userErrors {message}}}'
        self.assertIn("@idempotent", self.error(activate % "", {"i": item, "l": second})["message"])
        done = self.shop.ask(activate % '@idempotent(key: "b")', {"i": item, "l": second})["inventoryActivate"]
        self.assertEqual((done["inventoryLevel"]["quantities"], done["userErrors"]), ([{"quantity": 7}], []))
        self.assertIn("?inventory_item_id=", done["inventoryLevel"]["id"])
        self.assertEqual(self.shop.ask(Stock.SET, {"k": "c", "i": given})["inventorySetQuantities"]["userErrors"], [])


class People(ShopTest):
    def create(self, **given: Any) -> dict:
        return self.shop.ask(
            "mutation($i: CustomerInput!) {customerCreate(input: $i) {customer {id email phone} userErrors {field message}}}",
            {"i": given},
        )["customerCreate"]

    def test_email_and_phone_are_unique(self) -> None:
        first = self.create(email="maria@example.com", phone="+49 30 0074321")
        self.assertEqual(first["customer"]["phone"], "+49300074321")
        self.assertEqual(
            self.create(email="MARIA@example.com")["userErrors"],
            [{"field": ["email"], "message": "Email has already been taken"}],
        )
        self.assertEqual(
            self.create(email="m2@example.com", phone="+49300074321")["userErrors"],
            [{"field": ["phone"], "message": "Phone has already been taken"}],
        )
        self.assertEqual(self.create(email="nothing")["userErrors"][0]["message"], "Email is invalid")
        self.assertEqual(
            self.create(email="m3@example.com", phone="030-0074321")["userErrors"][0]["message"], "Phone is invalid"
        )
        self.assertEqual(
            self.create(note="x")["userErrors"][0]["message"], "A name, phone number, or email address must be present"
        )

    def test_customer_set(self) -> None:
        write = "mutation($i: CustomerSetInput!, $w: CustomerSetIdentifiers) {customerSet(input: $i, identifier: $w) {customer {id firstName addresses {city countryCodeV2 province}} userErrors {code}}}"
        town = {"city": "Walla Walla", "country": "United States", "province": "Washington"}
        first = self.shop.ask(
            write,
            {"i": {"email": "a@example.com", "firstName": "A", "addresses": [town]}, "w": {"email": "a@example.com"}},
        )["customerSet"]
        second = self.shop.ask(
            write, {"i": {"email": "a@example.com", "addresses": []}, "w": {"email": "a@example.com"}}
        )["customerSet"]
        self.assertEqual(
            first["customer"]["addresses"], [{"city": "Walla Walla", "countryCodeV2": "US", "province": "Washington"}]
        )
        self.assertEqual(second["customer"], {"id": first["customer"]["id"], "firstName": "A", "addresses": []})
        self.assertEqual(
            self.shop.ask(write, {"i": {"firstName": "B"}, "w": {"email": "a@example.com"}})["customerSet"][
                "userErrors"
            ],
            [{"code": "MISSING_FIELD_REQUIRED"}],
        )
        self.assertEqual(
            self.shop.ask('{customerByIdentifier(identifier: {emailAddress: "A@example.com"}) {firstName}}')[
                "customerByIdentifier"
            ],
            {"firstName": "A"},
        )

    def test_companies(self) -> None:
        write = "mutation($i: CompanyCreateInput!) {companyCreate(input: $i) {company {id externalId locations(first: 5) {nodes {id name billingAddress {city countryCode zoneCode}}} mainContact {id customer {id email}} contactRoles(first: 5) {nodes {name}}} userErrors {field code message}}}"
        given = {
            "company": {"name": "Acme", "externalId": "sf:001"},
            "companyContact": {"email": "joe@acme.example", "firstName": "Joe"},
            "companyLocation": {
                "name": "HQ",
                "billingSameAsShipping": True,
                "shippingAddress": {"address1": "1 Way", "city": "Ottawa", "zoneCode": "ON", "countryCode": "CA"},
            },
        }
        made = self.shop.ask(write, {"i": given})["companyCreate"]
        self.assertEqual(made["userErrors"], [])
        company = made["company"]
        self.assertEqual(
            company["locations"]["nodes"][0]["billingAddress"],
            {"city": "Ottawa", "countryCode": "CA", "zoneCode": "ON"},
        )
        cases = [
            ({"company": {"name": ""}}, ["input", "company", "name"], "BLANK"),
            ({"company": {"name": "B", "externalId": "sf:001"}}, ["input", "company", "externalId"], "TAKEN"),
            (
                {"company": {"name": "B"}, "companyContact": {"firstName": "No mail"}},
                ["input", "companyContact"],
                "INVALID",
            ),
            (
                {"company": {"name": "B"}, "companyContact": {"email": "joe@acme.example"}},
                ["input", "companyContact"],
                "TAKEN",
            ),
            (
                {"company": {"name": "B"}, "companyLocation": {"shippingAddress": {"city": "X", "countryCode": "CA"}}},
                ["input", "companyLocation", "shippingAddress", "address1"],
                "BLANK",
            ),
        ]
        for bad, field, code in cases:
            with self.subTest(field=field, code=code):
                answer = self.shop.ask(write, {"i": bad})["companyCreate"]
                self.assertEqual(
                    (answer["company"], answer["userErrors"][0]["field"], answer["userErrors"][0]["code"]),
                    (None, field, code),
                )
        plain = self.shop.ask(write, {"i": {"company": {"name": "Plain"}}})["companyCreate"]["company"]
        self.assertEqual(
            [one["name"] for one in plain["locations"]["nodes"]], ["Plain"], "a company gets a location of its own name"
        )
        profile = self.shop.ask(
            "query($i: ID!) {customer(id: $i) {companyContactProfiles {isMainContact company {externalId}}}}",
            {"i": company["mainContact"]["customer"]["id"]},
        )
        self.assertEqual(
            profile["customer"]["companyContactProfiles"],
            [{"isMainContact": True, "company": {"externalId": "sf:001"}}],
        )
        found = self.shop.ask("{companies(first: 5, query: \"external_id:'sf:001'\") {nodes {name}}}")
        self.assertEqual(found["companies"]["nodes"], [{"name": "Acme"}])

    def test_assign_customer_as_contact(self) -> None:
        company = self.shop.do("create_company", LAZYK)
        write = "mutation($c: ID!, $p: ID!) {companyAssignCustomerAsContact(companyId: $c, customerId: $p) {companyContact {id customer {email}} userErrors {code}}}"
        person, nameless = (
            self.create(email="p@example.com")["customer"]["id"],
            self.create(phone="+4930123456")["customer"]["id"],
        )
        self.assertEqual(
            self.shop.ask(write, {"c": company["id"], "p": person})["companyAssignCustomerAsContact"]["userErrors"], []
        )
        for who in (person, nameless, "gid://shopify/Customer/1"):
            self.assertNotEqual(
                self.shop.ask(write, {"c": company["id"], "p": who})["companyAssignCustomerAsContact"]["userErrors"], []
            )


class Orders(ShopTest):
    ORDER = """query($i: ID!) {order(id: $i) {name number displayFinancialStatus displayFulfillmentStatus taxesIncluded cancelledAt edited
      customer {email} purchasingEntity {... on PurchasingCompany {company {externalId} contact {id} location {id}} ... on Customer {id}}
      subtotalPriceSet {shopMoney {amount currencyCode}} totalPriceSet {shopMoney {amount}} totalTaxSet {shopMoney {amount}} currentTotalPriceSet {shopMoney {amount}}
      totalDiscountsSet {shopMoney {amount}} totalShippingPriceSet {shopMoney {amount}} shippingAddress {city countryCodeV2} taxLines {title rate priceSet {shopMoney {amount}}}
      lineItems(first: 50) {nodes {sku quantity currentQuantity originalUnitPriceSet {shopMoney {amount}} discountedTotalSet {shopMoney {amount}}
        discountAllocations {allocatedAmountSet {shopMoney {amount}} discountApplication {index}} taxLines {rate priceSet {shopMoney {amount}}} variant {id}}}}}"""

    def order(self, gid: str) -> dict:
        return self.shop.ask(self.ORDER, {"i": gid})["order"]

    def test_checkout(self) -> None:
        self.shop.do("create_company", LAZYK)
        self.product("NW-1")
        self.product("NW-2", price="10.00")
        placed = self.shop.do(
            "place_order",
            {
                "company": "LAZYK",
                "taxRate": "0.19",
                "shipping": {"title": "Express", "price": "32.38"},
                "lines": [
                    {"sku": "NW-1", "quantity": 3, "price": "14.40", "discountPercent": 5},
                    {"sku": "NW-2", "quantity": 1},
                ],
            },
        )
        order = self.order(placed["admin_graphql_api_id"])
        lines = order["lineItems"]["nodes"]
        self.assertEqual(
            (
                order["name"],
                order["purchasingEntity"]["company"]["externalId"],
                order["customer"]["email"],
                order["shippingAddress"]["city"],
            ),
            ("#1001", "LAZYK", "john@example.com", "Walla Walla"),
        )
        self.assertEqual(
            (
                lines[0]["discountedTotalSet"]["shopMoney"]["amount"],
                lines[0]["discountAllocations"][0]["allocatedAmountSet"]["shopMoney"]["amount"],
            ),
            ("41.04", "2.16"),
        )
        self.assertEqual(
            (
                order["subtotalPriceSet"]["shopMoney"]["amount"],
                order["totalTaxSet"]["shopMoney"]["amount"],
                order["totalPriceSet"]["shopMoney"]["amount"],
            ),
            ("51.04", "9.7", "93.12"),
        )
        self.assertEqual(
            order["taxLines"], [{"title": "VAT", "rate": 0.19, "priceSet": {"shopMoney": {"amount": "9.7"}}}]
        )
        self.assertEqual(
            (placed["total_price"], placed["line_items"][0]["discount_allocations"][0]["amount"]), ("93.12", "2.16")
        )

    def test_edit_and_cancel(self) -> None:
        self.product()
        self.product("NW-2", price="10.00")
        gid = self.shop.do("place_order", {"lines": [{"sku": "NW-1", "quantity": 3}]})["admin_graphql_api_id"]
        self.shop.do(
            "edit_order", {"order": "#1001", "lines": [{"sku": "NW-1", "quantity": 1}, {"sku": "NW-2", "quantity": 2}]}
        )
        order = self.order(gid)
        self.assertEqual(
            [(one["sku"], one["quantity"], one["currentQuantity"]) for one in order["lineItems"]["nodes"]],
            [("NW-1", 3, 1), ("NW-2", 2, 2)],
        )
        self.assertEqual(
            (
                order["edited"],
                order["currentTotalPriceSet"]["shopMoney"]["amount"],
                order["totalPriceSet"]["shopMoney"]["amount"],
            ),
            (True, "38.0", "74.0"),
        )
        self.shop.do("cancel_order", {"order": gid})
        order = self.order(gid)
        self.assertIsNotNone(order["cancelledAt"])
        self.assertEqual(
            (order["displayFinancialStatus"], order["currentTotalPriceSet"]["shopMoney"]["amount"]), ("VOIDED", "0.0")
        )

    def test_order_create(self) -> None:
        write = "mutation($o: OrderCreateOrderInput!, $p: OrderCreateOptionsInput) {orderCreate(order: $o, options: $p) {order {id sourceIdentifier displayFinancialStatus totalPriceSet {shopMoney {amount}} customer {email}} userErrors {code field message}}}"
        self.product()
        variant = self.shop.ask("{productVariants(first: 1) {nodes {id}}}")["productVariants"]["nodes"][0]["id"]
        usd = lambda amount: {"shopMoney": {"amount": amount, "currencyCode": "USD"}}  # noqa: E731
        given = {
            "email": "new@example.com",
            "sourceIdentifier": "crm-1",
            "lineItems": [{"variantId": variant, "quantity": 2, "priceSet": usd("15.5")}],
            "shippingLines": [{"title": "Post", "priceSet": usd(4)}],
            "transactions": [{"kind": "SALE", "amountSet": usd("35.00")}],
        }
        made = self.shop.ask(write, {"o": given, "p": {"inventoryBehaviour": "DECREMENT_OBEYING_POLICY"}})[
            "orderCreate"
        ]
        self.assertEqual(
            (
                made["order"]["displayFinancialStatus"],
                made["order"]["totalPriceSet"]["shopMoney"]["amount"],
                made["order"]["customer"]["email"],
            ),
            ("PAID", "35.0", "new@example.com"),
        )
        cases = [
            ({"lineItems": []}, "INVALID"),
            ({"lineItems": [{"quantity": 1}]}, "INVALID"),
            ({**given, "processedAt": "2099-01-01T00:00:00Z"}, "PROCESSED_AT_INVALID"),
            (
                {
                    **given,
                    "customerId": "gid://shopify/Customer/1",
                    "customer": {"toAssociate": {"email": "new@example.com"}},
                },
                "REDUNDANT_CUSTOMER_FIELDS",
            ),
        ]
        for bad, code in cases:
            answer = self.shop.ask(write, {"o": bad})["orderCreate"]
            self.assertEqual((answer["order"], answer["userErrors"][0]["code"]), (None, code))
        many = {**given, "lineItems": [{"variantId": variant, "quantity": 500}]}
        self.assertEqual(
            self.shop.ask(write, {"o": many, "p": {"inventoryBehaviour": "DECREMENT_OBEYING_POLICY"}})["orderCreate"][
                "userErrors"
            ][0]["code"],
            "INVENTORY_CLAIM_FAILED",
        )
