"""The Odoo stand-in behaves on the wire as Odoo 17 does. Run: python3 -m unittest test_odoo"""

from __future__ import annotations

import os
import sys
import unittest
import xmlrpc.client
from typing import Any

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from process import StandIn

DB, LOGIN, KEY, UID = "odoo", "integration@standin.example", "standin-api-key", 6


class Refused(Exception):
    def __init__(self, data: dict) -> None:
        super().__init__(data["message"])
        self.name, self.message = data["name"], data["message"]


class Case(unittest.TestCase):
    OPTIONS: tuple[str, ...] = ()
    odoo: StandIn

    @classmethod
    def setUpClass(cls) -> None:
        cls.odoo = StandIn("odoo.py", *cls.OPTIONS)

    @classmethod
    def tearDownClass(cls) -> None:
        calls = cls.odoo.call("GET", "/_control/calls")[1]
        cls.odoo.close()
        assert calls["bugs"] == 0, calls

    def rpc(self, service: str, method: str, *args: Any) -> dict:
        status, answer, _ = self.odoo.call(
            "POST",
            "/jsonrpc",
            {
                "jsonrpc": "2.0",
                "method": "call",
                "id": 7,
                "params": {"service": service, "method": method, "args": args},
            },
        )
        self.assertEqual((status, answer["jsonrpc"], answer["id"]), (200, "2.0", 7))
        return answer

    def kw(self, model: str, method: str, *args: Any, **kwargs: Any) -> Any:
        answer = self.rpc("object", "execute_kw", DB, UID, KEY, model, method, list(args), kwargs)
        if "error" in answer:
            self.assertEqual((answer["error"]["code"], answer["error"]["message"]), (200, "Odoo Server Error"))
            raise Refused(answer["error"]["data"])
        return answer.get("result")

    def refused(self, name: str, part: str, model: str, method: str, *args: Any, **kwargs: Any) -> None:
        with self.assertRaises(Refused) as caught:
            self.kw(model, method, *args, **kwargs)
        self.assertEqual(caught.exception.name, name, caught.exception.message)
        self.assertIn(part, caught.exception.message)

    def one(self, model: str, key: int, *names: str, **kwargs: Any) -> dict:
        return self.kw(model, "read", [key], list(names), **kwargs)[0]

    def load(self, model: str, fields: list, *rows: list, **kwargs: Any) -> dict:
        return self.kw(model, "load", fields, list(rows), **kwargs)

    def xids(self, *domain: list) -> int:
        """How many external ids there are; only an administrator may look."""
        call = {"model": "ir.model.data", "method": "search_count", "args": [list(domain)], "kwargs": {}}
        return self.odoo.do("call", **call)["result"]

    def partner(self, **vals: Any) -> int:
        return self.kw("res.partner", "create", {"name": "Acme", **vals})

    def product(self, code: str, stock: float = 0, **vals: Any) -> int:
        key = self.kw(
            "product.product",
            "create",
            {"name": "P " + code, "default_code": code, "type": "product", "list_price": 10, **vals},
        )
        if stock:
            self.odoo.do("set_stock", sku=code, quantity=stock)
        return key

    def order(self, *lines: dict, **vals: Any) -> int:
        return self.kw(
            "sale.order",
            "create",
            {"partner_id": self.partner(), "order_line": [[0, 0, line] for line in lines], **vals},
        )

    def stamp(self, model: str, key: int) -> str:
        return self.odoo_row(model, key)["write_date"]

    def odoo_row(self, model: str, key: int) -> dict:
        rows = self.odoo.call("GET", f"/_control/dump?table={model}")[1][model]
        return next(row for row in rows if row["id"] == key)


class Transport(Case):
    def test_login(self) -> None:
        self.assertEqual(self.rpc("common", "version")["result"]["server_version"], "17.0")
        self.assertEqual(self.rpc("common", "authenticate", DB, LOGIN, KEY, {})["result"], UID)
        self.assertEqual(self.rpc("common", "login", DB, LOGIN, "wrong")["result"], False)
        self.assertEqual(
            self.rpc("common", "login", "other", LOGIN, KEY)["error"]["data"]["name"], "psycopg2.OperationalError"
        )
        answer = self.rpc("object", "execute_kw", DB, UID, "wrong", "res.partner", "search", [[]])
        self.assertEqual(answer["error"]["data"]["name"], "odoo.exceptions.AccessDenied")
        self.odoo.call("POST", "/_control/expire_tokens")
        self.assertEqual(self.rpc("common", "login", DB, LOGIN, KEY)["result"], False)
        self.odoo.do("api_key", key=KEY)
        self.assertEqual(self.rpc("common", "login", DB, LOGIN, KEY)["result"], UID)

    def test_web(self) -> None:
        self.assertEqual(self.odoo.call("GET", "/web/version")[1]["version"], "17.0")
        body = {
            "jsonrpc": "2.0",
            "method": "call",
            "id": 1,
            "params": {"db": DB, "login": "admin", "password": "admin"},
        }
        _, answer, headers = self.odoo.call("POST", "/web/session/authenticate", body)
        self.assertEqual(answer["result"]["uid"], 2)
        call = {
            "jsonrpc": "2.0",
            "id": 2,
            "params": {"model": "res.users", "method": "read", "args": [[2], ["login"]], "kwargs": {}},
        }
        cookie = headers["set-cookie"].split(";")[0]
        self.assertEqual(
            self.odoo.call("POST", "/web/dataset/call_kw", call, {"Cookie": cookie})[1]["result"],
            [{"id": 2, "login": "admin"}],
        )
        self.assertIn("error", self.odoo.call("POST", "/web/dataset/call_kw", call)[1])

    def test_xmlrpc(self) -> None:
        common = xmlrpc.client.ServerProxy(self.odoo.url + "/xmlrpc/2/common")
        self.assertEqual(common.authenticate(DB, LOGIN, KEY, {}), UID)
        models = xmlrpc.client.ServerProxy(self.odoo.url + "/xmlrpc/2/object")
        self.assertEqual(models.execute_kw(DB, UID, KEY, "res.country", "search_count", [[("code", "=", "DE")]]), 1)
        with self.assertRaises(xmlrpc.client.Fault):
            models.execute_kw(DB, UID, KEY, "foo", "search", [[]])
        for proxy in (common, models):
            proxy("close")()

    def test_bad_calls(self) -> None:
        self.assertEqual(self.odoo.call("POST", "/jsonrpc", "{")[0], 400)
        self.assertEqual(self.odoo.call("GET", "/nothing")[0], 404)
        for name, part, args in (
            ("odoo.exceptions.UserError", "Object foo doesn't exist", ("foo", "read", [1])),
            (
                "builtins.AttributeError",
                "The method 'foo' does not exist on the model 'res.partner'",
                ("res.partner", "foo", [1]),
            ),
            (
                "odoo.exceptions.AccessError",
                "Private methods (such as 'res.partner._write')",
                ("res.partner", "_write", [1]),
            ),
            (
                "builtins.ValueError",
                "Invalid field 'foo' on model 'res.partner'",
                ("res.partner", "create", {"name": "x", "foo": 1}),
            ),
            (
                "builtins.ValueError",
                "Invalid field 'foo' on model 'res.partner'",
                ("res.partner", "search_read", [], ["foo"]),
            ),
            (
                "builtins.ValueError",
                "Invalid field res.partner.foo in leaf",
                ("res.partner", "search", [["foo", "=", 1]]),
            ),
            ("builtins.ValueError", "Invalid field 'foo'", ("res.partner", "search", [], 0, 1, "foo desc")),
            ("odoo.exceptions.UserError", 'Invalid "order"', ("res.partner", "search", [], 0, 1, "name sideways")),
            ("builtins.ValueError", "Invalid leaf", ("res.partner", "search", [["name", "like"]])),
            ("builtins.ValueError", "Invalid leaf", ("res.partner", "search", [["name", "~", 1]])),
            (
                "odoo.exceptions.MissingError",
                "Record does not exist or has been deleted.\n(Record: res.partner(9999,), User: 6)",
                ("res.partner", "read", [9999]),
            ),
            ("odoo.exceptions.MissingError", "Record does not exist", ("res.partner", "write", [9999], {"name": "x"})),
            ("odoo.exceptions.MissingError", "Record does not exist", ("res.partner", "unlink", [9999])),
            ("builtins.TypeError", "missing a required argument: 'vals'", ("res.partner", "write", [1])),
            (
                "odoo.exceptions.AccessError",
                "not allowed to modify 'User' (res.users)",
                ("res.users", "write", [2], {"name": "x"}),
            ),
        ):
            with self.subTest(part):
                self.refused(name, part, *args)
        self.refused(
            "odoo.exceptions.AccessError",
            "unauthorized or invalid companies",
            "res.partner",
            "search",
            [],
            context={"allowed_company_ids": [9]},
        )
        self.refused(
            "odoo.exceptions.UserError", "Invalid language code", "res.partner", "search", [], context={"lang": "xx_XX"}
        )

    def test_faults(self) -> None:
        self.odoo.fault(kind="serialization", count=1)
        self.refused(
            "psycopg2.errors.SerializationFailure",
            "could not serialize access due to concurrent update",
            "res.partner",
            "search",
            [],
        )
        self.odoo.fault(kind="throttle", count=1)
        self.assertEqual(self.odoo.call("POST", "/jsonrpc", {})[0], 429)
        self.odoo.do("access", model="sale.order", denied=["create"])
        self.refused(
            "odoo.exceptions.AccessError",
            "not allowed to create 'Sales Order'",
            "sale.order",
            "create",
            {"partner_id": 1},
        )
        self.assertFalse(self.kw("sale.order", "check_access_rights", "create", raise_exception=False))
        self.odoo.do("access", model="sale.order", denied=[])
        self.assertTrue(self.kw("sale.order", "check_access_rights", "create", raise_exception=False))


class Orm(Case):
    def test_values(self) -> None:
        country = self.kw("res.country", "search", [["code", "=", "DE"]])[0]
        key = self.partner(name="Café  ", email="A@B.de", country_id=country, customer_rank="3", comment=False)
        self.assertEqual(
            self.one(
                "res.partner", key, "name", "email", "country_id", "phone", "customer_rank", "country_code", "parent_id"
            ),
            {
                "id": key,
                "name": "Café  ",
                "email": "A@B.de",
                "country_id": [country, "Germany"],
                "phone": False,
                "customer_rank": 3,
                "country_code": "DE",
                "parent_id": False,
            },
        )
        self.assertEqual(self.kw("res.partner", "read", [key], ["country_id"], load="")[0]["country_id"], country)
        self.assertTrue(self.kw("res.partner", "write", [key], {"phone": "1", "email": None}))
        self.assertEqual(self.one("res.partner", key, "email")["email"], False)
        self.assertEqual(len(self.kw("res.partner", "create", [{"name": "a"}, {"name": "b"}])), 2)
        for vals, name, part in (
            ({"name": False}, "odoo.exceptions.ValidationError", "Contacts require a name"),
            ({"type": "home"}, "builtins.ValueError", "Wrong value for res.partner.type: 'home'"),
            ({"country_id": 9999}, "odoo.exceptions.ValidationError", "res_partner_country_id_fkey"),
            ({"country_id": "Germany"}, "builtins.ValueError", "Wrong value"),
            ({"color": "red"}, "builtins.ValueError", "invalid literal"),
            ({"parent_id": key}, "odoo.exceptions.ValidationError", "recursive"),
        ):
            with self.subTest(part):
                self.refused(name, part, "res.partner", "write", [key], {**vals})
        self.assertEqual(self.one("res.partner", key, "name")["name"], "Café  ")

    def test_texts_as_they_are_kept(self) -> None:
        key = self.partner(comment="a & b", website="acme.example", phone="")
        self.assertEqual(
            self.one("res.partner", key, "comment", "website", "phone"),
            {"id": key, "comment": "<p>a &amp; b</p>", "website": "http://acme.example", "phone": ""},
        )
        self.refused("builtins.ValueError", "NUL", "res.partner", "write", [key], {"phone": "a\0b"})
        for value in (float("inf"), 1e30):
            self.refused(
                "psycopg2.errors.NumericValueOutOfRange",
                "overflow",
                "product.product",
                "create",
                {"name": "x", "list_price": value},
            )
        self.refused(
            "psycopg2.errors.NumericValueOutOfRange", "out of range", "res.partner", "write", [key], {"color": 2**40}
        )
        self.assertEqual(self.odoo.call("POST", "/jsonrpc", '{"params": "\\ud800"}')[0], 400)
        self.assertEqual(self.odoo.call("POST", "/jsonrpc", "[" * 100000)[0], 400)

    def test_required_is_worded_as_by_postgres(self) -> None:
        self.refused(
            "odoo.exceptions.ValidationError",
            "Model: Sales Order (sale.order)\nField: Customer (partner_id)",
            "sale.order",
            "create",
            {},
        )

    def test_domains(self) -> None:
        de, fr = (self.kw("res.country", "search", [["code", "=", code]])[0] for code in ("DE", "FR"))
        company = self.partner(name="Dom Co", is_company=True, country_id=de, ref="d1", color=1)
        child = self.partner(name="Dom Child", parent_id=company, country_id=fr, ref="d2", color=2)
        loner = self.partner(name="dom loner", ref="d3", color=3)
        gone = self.partner(name="Dom Gone", ref="d4", active=False, color=4)
        every = [company, child, loner]
        for domain, wanted in (
            ([["name", "=like", "Dom%"]], [company, child]),
            ([["name", "ilike", "dom l"]], [loner]),
            ([["name", "like", "dom l"]], [loner]),
            ([["country_id", "=", de]], [company]),
            ([["country_id", "!=", de]], [child, loner]),
            ([["country_id", "=", False]], [loner]),
            ([["country_id.code", "in", ["DE", "FR"]]], [company, child]),
            ([["country_id", "ilike", "germ"]], [company]),
            ([["parent_id.country_id.code", "=", "DE"]], [child]),
            ([["child_ids", "!=", False]], [company]),
            ([["child_ids.ref", "=", "d2"]], [company]),
            (["|", ["ref", "=", "d1"], ["ref", "=", "d3"]], [company, loner]),
            (["!", ["ref", "=", "d1"]], [child, loner]),
            (["&", "|", ["color", "=", 1], ["color", "=", 2], ["is_company", "=", False]], [child]),
            ([["color", ">=", 2], ["color", "<", 3]], [child]),
            ([["phone", "=", False]], every),
            ([["ref", "not in", ["d1", False]]], [child, loner]),
            ([["id", "child_of", company]], [company, child]),
            ([["id", "parent_of", child]], [company, child]),
            ([["active", "=", False]], [gone]),
            ([["active", "in", [True, False]]], every + [gone]),
            ([["ref", "=?", False]], every),
        ):
            with self.subTest(domain):
                found = self.kw("res.partner", "search", [["ref", "=like", "d_"]] + domain, order="id")
                self.assertEqual(found, sorted(wanted))
        found = self.kw(
            "res.partner", "search", [["ref", "=like", "d_"]], order="id desc", context={"active_test": False}
        )
        self.assertEqual(found, sorted(every + [gone], reverse=True))
        self.assertEqual(
            self.kw("res.partner", "search", [["ref", "=like", "d_"]], offset=1, limit=1, order="id"), [child]
        )
        self.assertEqual(self.kw("res.partner", "search_count", [["ref", "=like", "d_"]]), 3)
        self.assertEqual(
            self.one("res.partner", child, "display_name", "commercial_partner_id"),
            {"id": child, "display_name": "Dom Co, Dom Child", "commercial_partner_id": [company, "Dom Co"]},
        )
        self.assertEqual(self.kw("res.partner", "name_search", "Dom Child", limit=5), [[child, "Dom Co, Dom Child"]])

    def test_order_by_nulls_and_relation(self) -> None:
        a, b, c = (self.partner(name=n, barcode="ob", ref=r) for n, r in (("A", "2"), ("B", False), ("C", "1")))
        where = [["barcode", "=", "ob"]]
        self.assertEqual(self.kw("res.partner", "search", where, order="ref"), [c, a, b])
        self.assertEqual(self.kw("res.partner", "search", where, order="ref desc, id"), [b, a, c])

    def test_write_date_is_the_transactions_start(self) -> None:
        key = self.partner()
        first = self.stamp("res.partner", key)
        self.assertRegex(first, r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}$")
        shown = self.one("res.partner", key, "write_date")["write_date"]
        self.assertEqual(shown, first[:19])
        self.assertIn(key, self.kw("res.partner", "search", [["write_date", ">=", shown]]))
        self.kw("res.partner", "write", [key], {"name": "Acme"})
        self.assertGreater(self.stamp("res.partner", key), first, "a write that changes nothing moves write_date too")
        late = self.odoo.do("edit", model="res.partner", id=key, vals={"phone": "1"}, backdate_s=90)["record"]
        self.assertLess(late["write_date"], first)
        self.assertEqual(late["write_uid"], 2)
        self.odoo.fault(kind="late_commit", seconds=60, match="late one", count=1)
        key = self.partner(name="late one")
        self.assertLess(self.stamp("res.partner", key), first)

    def test_unlink(self) -> None:
        key = self.partner()
        self.kw("sale.order", "create", {"partner_id": key})
        self.refused(
            "odoo.exceptions.ValidationError",
            "another model requires the record being deleted",
            "res.partner",
            "unlink",
            [key],
        )
        lone = self.partner()
        self.assertTrue(self.kw("res.partner", "unlink", [lone]))
        self.assertEqual(self.kw("res.partner", "exists", [lone, key]), [key])

    def test_fields_get(self) -> None:
        found = self.kw(
            "sale.order",
            "fields_get",
            ["state", "partner_id", "x_tidegate_key"],
            attributes=["type", "required", "selection", "relation"],
        )
        self.assertEqual(found["partner_id"], {"type": "many2one", "required": True, "relation": "res.partner"})
        self.assertEqual([key for key, _ in found["state"]["selection"]], ["draft", "sent", "sale", "cancel"])
        self.assertIn("x_tidegate_key", found)


class Load(Case):
    def test_create_then_update(self) -> None:
        fields = ["id", "name", "email", "country_id/id", "is_company", "color"]
        made = self.load(
            "res.partner",
            fields,
            ["shop.c1", "One", "o@x.de", "base.de", "True", "3"],
            ["c2", "Two", "", "base.fr", "0", ""],
        )
        self.assertEqual((len(made["ids"]), made["messages"]), (2, []))
        self.assertEqual(
            self.one("res.partner", made["ids"][0], "name", "country_id", "color")["country_id"][1], "Germany"
        )
        again = self.load("res.partner", fields, ["shop.c1", "Uno", "", "base.de", "1", "4"])
        self.assertEqual(again["ids"], made["ids"][:1])
        self.assertEqual(
            self.one("res.partner", made["ids"][0], "name", "email"),
            {"id": made["ids"][0], "name": "Uno", "email": False},
        )
        self.assertEqual(
            self.kw("res.partner", "get_external_id", made["ids"]),
            {str(made["ids"][0]): "shop.c1", str(made["ids"][1]): "__import__.c2"},
        )
        self.assertEqual(
            self.kw("ir.model.data", "check_object_reference", "shop", "c1"), ["res.partner", made["ids"][0]]
        )
        self.kw("res.partner", "unlink", made["ids"][:1])
        self.assertEqual(self.xids(["name", "=", "c1"]), 0)
        self.assertNotEqual(self.load("res.partner", ["id", "name"], ["shop.c1", "New"])["ids"], made["ids"][:1])

    def test_contact_below_its_company(self) -> None:
        company, fields = self.partner(name="Mother", is_company=True), [".id", "child_ids/id", "child_ids/name"]
        for name in ("Ann", "Anna"):
            made = self.load("res.partner", fields, [str(company), "shop.kid", name])
            self.assertEqual((made["ids"], made["messages"]), ([company], []))
        model, kid = self.kw("ir.model.data", "check_object_reference", "shop", "kid")
        self.assertEqual(model, "res.partner")
        row = self.one("res.partner", kid, "name", "parent_id")
        self.assertEqual((row["name"], row["parent_id"][0]), ("Anna", company))
        self.assertEqual(self.kw("res.partner", "search_count", [["parent_id", "=", company]]), 1)
        gone = self.load("res.partner", fields, ["999999", "shop.kid2", "Nobody"])
        self.assertEqual(gone["ids"], False)

    def test_external_ids_are_the_administrators(self) -> None:
        self.refused(
            "odoo.exceptions.AccessError", "Model Data", "ir.model.data", "search_read", [["module", "=", "shop"]]
        )

    def test_order_with_lines(self) -> None:
        one, two = self.product("L1"), self.product("L2")
        partner = self.partner(name="Load Buyer")
        fields = [
            "id",
            "partner_id/.id",
            "client_order_ref",
            "order_line/id",
            "order_line/product_id/.id",
            "order_line/product_uom_qty",
            "order_line/price_unit",
        ]
        made = self.load(
            "sale.order",
            fields,
            ["shop.o1", str(partner), "1001", "shop.o1_1", str(one), "2", "9.99"],
            ["", "", "", "shop.o1_2", str(two), "1", "0"],
            ["shop.o2", str(partner), "1002", "shop.o2_1", str(one), "1", "1"],
        )
        self.assertEqual((len(made["ids"]), made["messages"]), (2, []))
        order = self.one("sale.order", made["ids"][0], "amount_untaxed", "amount_total", "order_line", "client_order_ref")
        self.assertEqual((order["amount_untaxed"], order["amount_total"], len(order["order_line"])), (19.98, 22.98, 2))
        again = self.load("sale.order", fields, ["shop.o1", str(partner), "1001", "shop.o1_1", str(one), "3", "9.99"])
        self.assertEqual(again["ids"], made["ids"][:1])
        after = self.one("sale.order", made["ids"][0], "amount_total", "order_line")
        self.assertEqual((after["amount_total"], after["order_line"]), (34.47, order["order_line"]))

    def test_nothing_is_kept_after_an_error(self) -> None:
        for fields, bad, part in (
            (
                ["id", "name", "country_id/id"],
                ["shop.x2", "X2", "base.nowhere"],
                "No matching record found for external id 'base.nowhere' in field 'Country'",
            ),
            (
                ["id", "name", "country_id"],
                ["shop.x2", "X2", "Atlantis"],
                "No matching record found for name 'Atlantis' in field 'Country'",
            ),
            (
                ["id", "name", "country_id/.id"],
                ["shop.x2", "X2", "9999"],
                "No matching record found for database id '9999'",
            ),
            (
                ["id", "name", "color"],
                ["shop.x2", "X2", "red"],
                "'red' does not seem to be an integer for field 'Color Index'",
            ),
            (
                ["id", "name", "type"],
                ["shop.x2", "X2", "home"],
                "Value 'home' not found in selection field 'Address Type'",
            ),
            (["id", "name", "ref"], ["shop.x2", "", "r"], "Contacts require a name"),
            ([".id", "name", "ref"], ["99999", "X", "r"], "Unknown database identifier '99999'"),
        ):
            with self.subTest(part):
                good = ["shop.x1" if fields[0] == "id" else "", "Kept?", ""]
                answer = self.load("res.partner", fields, good, bad)
                self.assertEqual(answer["ids"], False)
                errors = [one for one in answer["messages"] if one["type"] == "error"]
                self.assertIn(part, errors[0]["message"])
                self.assertEqual(errors[0]["rows"], {"from": 1, "to": 1})
                self.assertEqual(self.kw("res.partner", "search_count", [["name", "=", "Kept?"]]), 0)
                self.assertEqual(self.xids(["module", "=", "shop"], ["name", "like", "x1"]), 0)
        answer = self.load("sale.order", ["id", "client_order_ref"], ["shop.y", "1"])
        self.assertEqual(
            answer["messages"][0]["message"], "Missing required value for the field 'Customer' (partner_id)"
        )
        self.refused("builtins.KeyError", "'foo'", "res.partner", "load", ["id", "foo"], [["a", "b"]])

    def test_times_are_read_in_the_users_zone(self) -> None:
        partner = str(self.partner())
        for context, wanted in (({}, "2026-07-01 12:00:00"), ({"tz": "Europe/Berlin"}, "2026-07-01 10:00:00")):
            made = self.load(
                "sale.order",
                ["id", "partner_id/.id", "date_order"],
                ["shop.t", partner, "2026-07-01 12:00:00"],
                context=context,
            )
            self.assertEqual(self.one("sale.order", made["ids"][0], "date_order")["date_order"], wanted)


class Products(Case):
    def test_variant_and_template(self) -> None:
        key = self.product("V1", barcode="4000")
        tmpl = self.one("product.product", key, "product_tmpl_id")["product_tmpl_id"][0]
        before = self.stamp("product.template", tmpl)
        self.kw("product.product", "write", [key], {"name": "New name", "lst_price": "12.345"})
        self.assertEqual(
            self.one("product.template", tmpl, "name", "list_price", "default_code", "barcode", "display_name"),
            {
                "id": tmpl,
                "name": "New name",
                "list_price": 12.35,
                "default_code": "V1",
                "barcode": "4000",
                "display_name": "[V1] New name",
            },
        )
        self.assertGreater(self.stamp("product.template", tmpl), before)
        before = self.stamp("product.product", key)
        self.kw("product.template", "write", [tmpl], {"list_price": 13})
        self.assertGreater(self.stamp("product.product", key), before)
        self.assertEqual(
            self.one("product.product", key, "lst_price", "list_price"),
            {"id": key, "lst_price": 13.0, "list_price": 13.0},
        )
        self.kw("product.template", "write", [tmpl], {"active": False})
        self.assertEqual(self.kw("product.product", "search", [["default_code", "=", "V1"]]), [])
        self.assertEqual(
            self.kw("product.product", "search", [["default_code", "=", "V1"]], context={"active_test": False}), [key]
        )
        self.refused(
            "odoo.exceptions.ValidationError",
            "Barcode(s) already assigned",
            "product.product",
            "create",
            {"name": "x", "barcode": "4000"},
        )

    def test_template_makes_its_variant(self) -> None:
        tmpl = self.kw(
            "product.template", "create", {"name": "T", "default_code": "T1", "barcode": "77", "weight": 1.5}
        )
        row = self.one("product.template", tmpl, "product_variant_ids", "product_variant_id")
        self.assertEqual(
            self.one("product.product", row["product_variant_ids"][0], "default_code", "barcode", "weight", "name"),
            {"id": row["product_variant_id"][0], "default_code": "T1", "barcode": "77", "weight": 1.5, "name": "T"},
        )

    def test_prices(self) -> None:
        key = self.product("PR", list_price=20)
        tmpl = self.one("product.product", key, "product_tmpl_id")["product_tmpl_id"][0]
        lists = self.kw("product.pricelist", "create", {"name": "Wholesale"})
        self.kw(
            "product.pricelist.item",
            "create",
            [
                {
                    "pricelist_id": lists,
                    "applied_on": "1_product",
                    "product_tmpl_id": tmpl,
                    "fixed_price": 18,
                    "min_quantity": 0,
                },
                {
                    "pricelist_id": lists,
                    "applied_on": "1_product",
                    "product_tmpl_id": tmpl,
                    "fixed_price": 15.5,
                    "min_quantity": 10,
                },
                {"pricelist_id": lists, "compute_price": "percentage", "percent_price": 50},
            ],
        )
        other = self.product("PR2", list_price=7)
        order = self.order(
            {"product_id": key}, {"product_id": key, "product_uom_qty": 10}, {"product_id": other}, pricelist_id=lists
        )
        lines = self.kw("sale.order.line", "search_read", [["order_id", "=", order]], ["price_unit"], order="id")
        self.assertEqual([line["price_unit"] for line in lines], [18.0, 15.5, 3.5])
        self.refused(
            "odoo.exceptions.ValidationError",
            "Please specify the product variant",
            "product.pricelist.item",
            "create",
            {"pricelist_id": lists, "applied_on": "0_product_variant", "fixed_price": 1},
        )


class Stock(Case):
    def test_empty_quants_go_and_moves_stay(self) -> None:
        product = self.product("Z1", stock=3)
        self.odoo.do("set_stock", sku="Z1", quantity=0)
        of_it = [["product_id", "=", product]]
        self.assertEqual(self.kw("stock.quant", "search_count", of_it), 1)
        self.kw("stock.quant", "action_view_inventory", [])
        self.assertEqual(self.kw("stock.quant", "search_count", of_it), 0)
        place = self.kw("stock.location", "search", [["complete_name", "=", "WH/Stock"]])[0]
        moves = self.kw("stock.move.line", "search_read", of_it, ["location_id", "location_dest_id", "quantity", "state"])
        self.assertEqual([(one["quantity"], one["state"]) for one in moves], [(3.0, "done"), (3.0, "done")])
        self.assertEqual((moves[0]["location_dest_id"][0], moves[1]["location_id"][0]), (place, place))

    def quant(self, product: int) -> dict:
        return self.kw(
            "stock.quant",
            "search_read",
            [["product_id", "=", product], ["location_id.usage", "=", "internal"]],
            ["quantity", "reserved_quantity", "available_quantity", "inventory_quantity", "inventory_quantity_set"],
        )[0]

    def test_inventory(self) -> None:
        product = self.product("S1")
        place = self.kw("ir.model.data", "check_object_reference", "stock", "stock_location_stock")[1]
        mode = {"inventory_mode": True}
        vals = {"product_id": product, "location_id": place, "inventory_quantity": 10}
        key = self.kw("stock.quant", "create", vals, context=mode)
        self.assertEqual((self.quant(product)["quantity"], self.quant(product)["inventory_quantity_set"]), (0.0, True))
        self.assertIsNone(self.kw("stock.quant", "action_apply_inventory", [key], context=mode))
        self.assertEqual(
            self.quant(product),
            {
                "id": key,
                "quantity": 10.0,
                "reserved_quantity": 0.0,
                "available_quantity": 10.0,
                "inventory_quantity": 0.0,
                "inventory_quantity_set": False,
            },
        )
        self.assertEqual(self.kw("stock.quant", "create", {**vals, "inventory_quantity": 4}, context=mode), key)
        self.kw("stock.quant", "action_apply_inventory", [key], context=mode)
        self.assertEqual(self.quant(product)["quantity"], 4.0)
        self.assertEqual(
            self.one("product.product", product, "qty_available", "free_qty"),
            {"id": product, "qty_available": 4.0, "free_qty": 4.0},
        )
        self.assertNotEqual(
            self.kw("stock.quant", "create", vals), key, "outside inventory mode a second quant is made"
        )

    def test_none_result_is_left_out(self) -> None:
        product = self.product("S4", stock=1)
        answer = self.rpc(
            "object",
            "execute_kw",
            DB,
            UID,
            KEY,
            "stock.quant",
            "action_apply_inventory",
            [[self.quant(product)["id"]]],
            {},
        )
        self.assertEqual(set(answer), {"jsonrpc", "id"})

    def test_refusals(self) -> None:
        product = self.product("S2", stock=3)
        key = self.quant(product)["id"]
        restricted = "Quant's editing is restricted"
        self.refused("odoo.exceptions.UserError", restricted, "stock.quant", "write", [key], {"quantity": 5})
        self.refused(
            "odoo.exceptions.UserError",
            restricted,
            "stock.quant",
            "write",
            [key],
            {"location_id": 1},
            context={"inventory_mode": True},
        )
        service = self.product("S3", type="service")
        self.refused(
            "odoo.exceptions.ValidationError",
            "consumables or services",
            "stock.quant",
            "create",
            {"product_id": service, "location_id": 7},
        )

    def test_outdated_count_applies_nothing(self) -> None:
        product = self.product("S5", stock=10)
        key = self.quant(product)["id"]
        self.kw("stock.quant", "write", [key], {"inventory_quantity": 7}, context={"inventory_mode": True})
        order = self.order({"product_id": product, "product_uom_qty": 2})
        self.kw("sale.order", "action_confirm", [order])
        self.odoo.do("ship", order=order)
        answer = self.kw("stock.quant", "action_apply_inventory", [key])
        self.assertEqual(answer["res_model"], "stock.inventory.conflict")
        self.assertEqual(self.quant(product)["quantity"], 8.0)


class Sales(Case):
    def test_amounts(self) -> None:
        product = self.product("A1")
        tax19, tax_in = (self.kw("account.tax", "search", [["name", "=", name]])[0] for name in ("19%", "19% incl."))
        order = self.order(
            {
                "product_id": product,
                "product_uom_qty": 3,
                "price_unit": 9.99,
                "discount": 10,
                "tax_id": [[6, 0, [tax19]]],
            },
            {"product_id": product, "product_uom_qty": 1, "price_unit": 11.90, "tax_id": [[6, 0, [tax_in]]]},
            {"display_type": "line_note", "name": "thanks"},
        )
        self.assertEqual(
            self.one("sale.order", order, "amount_untaxed", "amount_tax", "amount_total"),
            {"id": order, "amount_untaxed": 36.97, "amount_tax": 7.02, "amount_total": 43.99},
        )

    def test_taxes_come_from_the_product(self) -> None:
        product = self.product("A2")
        order = self.order({"product_id": product, "price_unit": 10})
        line = self.one("sale.order", order, "order_line")["order_line"][0]
        for vals, tax in (
            ({}, 1.5),  # the company's default
            ({"tax_id": [[6, 0, []]]}, 0),
            ({"price_unit": 20}, 0),
            ({"product_id": product, "price_unit": 20}, 3.0),  # written again, and taken from it again
        ):
            with self.subTest(vals):
                self.kw("sale.order.line", "write", [line], vals)
                self.assertEqual(self.one("sale.order.line", line, "price_tax")["price_tax"], tax)

    def test_defaults(self) -> None:
        company = self.partner(name="Head", is_company=True)
        delivery = self.partner(name="Dock", parent_id=company, type="delivery")
        order = self.kw("sale.order", "create", {"partner_id": company, "date_order": "2026-11-21 10:00:00"})
        row = self.one(
            "sale.order",
            order,
            "name",
            "state",
            "partner_shipping_id",
            "partner_invoice_id",
            "date_order",
            "delivery_status",
            "currency_id",
        )
        self.assertRegex(row["name"], r"^S\d{5}$")
        self.assertEqual(
            (
                row["state"],
                row["partner_shipping_id"][0],
                row["partner_invoice_id"][0],
                row["date_order"],
                row["delivery_status"],
                row["currency_id"][1],
            ),
            ("draft", delivery, company, "2026-11-21 10:00:00", False, "USD"),
        )
        for text in ("2026-11-21T10:00:00Z", "yesterday"):
            self.refused("builtins.ValueError", "", "sale.order", "write", [order], {"date_order": text})

    def test_confirm_reserves_and_delivers(self) -> None:
        product = self.product("C1", stock=5)
        order = self.order({"product_id": product, "product_uom_qty": 8}, date_order="2026-01-01 00:00:00")
        quant = self.kw("stock.quant", "search", [["product_id", "=", product]])[0]
        before = self.stamp("stock.quant", quant)
        self.assertTrue(self.kw("sale.order", "action_confirm", [order]))
        self.assertGreater(self.stamp("stock.quant", quant), before)
        row = self.one("sale.order", order, "state", "delivery_status", "date_order", "order_line")
        self.assertEqual((row["state"], row["delivery_status"]), ("sale", "pending"))
        self.assertNotEqual(row["date_order"], "2026-01-01 00:00:00")
        self.assertEqual(
            self.one("stock.quant", quant, "reserved_quantity", "available_quantity"),
            {"id": quant, "reserved_quantity": 5.0, "available_quantity": 0.0},
        )
        line = row["order_line"][0]
        stamp = self.stamp("sale.order", order)
        self.odoo.do("ship", order=order, quantities={"C1": 2})
        self.assertEqual(self.one("sale.order", order, "delivery_status")["delivery_status"], "partial")
        self.assertGreater(self.stamp("sale.order", order), stamp)
        stamp, line_stamp = self.stamp("sale.order", order), self.stamp("sale.order.line", line)
        self.odoo.do("ship", order=order, quantities={"C1": 1})
        self.assertEqual(self.stamp("sale.order", order), stamp, "still partial: only the line moves")
        self.assertGreater(self.stamp("sale.order.line", line), line_stamp)
        self.assertEqual(
            self.one("stock.quant", quant, "quantity", "reserved_quantity"),
            {"id": quant, "quantity": 2.0, "reserved_quantity": 2.0},
        )
        self.refused(
            "odoo.exceptions.UserError",
            "cannot be decreased below",
            "sale.order.line",
            "write",
            [line],
            {"product_uom_qty": 2},
        )
        self.refused(
            "odoo.exceptions.UserError", "you can't remove one of its lines", "sale.order.line", "unlink", [line]
        )
        self.refused(
            "odoo.exceptions.UserError",
            "you can't remove one of its lines",
            "sale.order",
            "write",
            [order],
            {"order_line": [[2, line]]},
        )
        self.refused(
            "odoo.exceptions.UserError",
            "not in a state requiring confirmation",
            "sale.order",
            "action_confirm",
            [order],
        )
        self.refused("odoo.exceptions.UserError", "You must first cancel it", "sale.order", "unlink", [order])
        self.kw("sale.order.line", "write", [line], {"product_uom_qty": 3, "price_unit": 10})
        self.assertEqual(self.one("sale.order", order, "delivery_status")["delivery_status"], "full")
        self.assertEqual(self.one("stock.quant", quant, "reserved_quantity")["reserved_quantity"], 0.0)

    def test_cancel(self) -> None:
        product = self.product("X1", stock=5)
        order = self.order({"product_id": product, "product_uom_qty": 2})
        self.kw("sale.order", "action_confirm", [order])
        self.assertEqual(self.kw("sale.order", "action_cancel", [order])["res_model"], "sale.order.cancel")
        self.assertEqual(self.one("sale.order", order, "state")["state"], "sale")
        self.assertTrue(self.kw("sale.order", "action_cancel", [order], context={"disable_cancel_warning": True}))
        row = self.one("sale.order", order, "state", "delivery_status")
        self.assertEqual((row["state"], row["delivery_status"]), ("cancel", False))
        self.assertEqual(self.one("product.product", product, "free_qty")["free_qty"], 5.0)
        self.assertTrue(self.kw("sale.order", "action_draft", [order]))
        self.assertTrue(self.kw("sale.order", "unlink", [order]))

    def test_price_follows_the_quantity(self) -> None:
        product = self.product("Q1", list_price=10)
        order = self.order({"product_id": product, "price_unit": 8})
        line = self.one("sale.order", order, "order_line")["order_line"][0]
        self.kw("sale.order.line", "write", [line], {"product_uom_qty": 2})
        self.assertEqual(self.one("sale.order.line", line, "price_unit")["price_unit"], 10.0)
        self.kw("sale.order.line", "write", [line], {"product_uom_qty": 3, "price_unit": 8})
        self.assertEqual(self.one("sale.order.line", line, "price_unit")["price_unit"], 8.0)

    def test_write_date_of_the_order_and_its_children(self) -> None:
        product = self.product("W1")
        order = self.order({"product_id": product, "price_unit": 8})
        line = self.one("sale.order", order, "order_line")["order_line"][0]
        before = self.stamp("sale.order", order)
        self.kw("sale.order.line", "write", [line], {"name": "other words"})
        self.assertEqual(self.stamp("sale.order", order), before)
        self.kw("sale.order.line", "write", [line], {"price_unit": 9})
        self.assertGreater(self.stamp("sale.order", order), before, "amount_total is stored and has changed")

    def test_x2many_commands(self) -> None:
        product = self.product("M1")
        order = self.order({"product_id": product}, {"product_id": product})
        one, two = self.one("sale.order", order, "order_line")["order_line"]
        self.kw(
            "sale.order",
            "write",
            [order],
            {"order_line": [[1, one, {"x_tidegate_key": "k"}], [2, two, 0], [0, 0, {"product_id": product}]]},
        )
        lines = self.one("sale.order", order, "order_line")["order_line"]
        self.assertEqual((lines[0], len(lines), two in lines), (one, 2, False))
        self.assertEqual(self.kw("sale.order", "search", [["order_line.x_tidegate_key", "=", "k"]]), [order])
        taxes = self.kw("account.tax", "search", [])
        self.kw("sale.order.line", "write", [one], {"tax_id": [[5], [4, taxes[0]], [4, taxes[1]]]})
        self.kw("sale.order.line", "write", [one], {"tax_id": [[3, taxes[0]]]})
        self.assertEqual(self.one("sale.order.line", one, "tax_id")["tax_id"], [taxes[1]])
        self.kw("sale.order", "write", [order], {"order_line": [[5]]})
        self.assertEqual(
            self.one("sale.order", order, "order_line", "amount_total"),
            {"id": order, "order_line": [], "amount_total": 0.0},
        )
        self.refused(
            "odoo.exceptions.ValidationError",
            "Missing required fields on accountable sale order line",
            "sale.order",
            "write",
            [order],
            {"order_line": [[0, 0, {"name": "no product", "price_unit": 1}]]},
        )

    def test_an_error_undoes_the_whole_call(self) -> None:
        product, count = self.product("U1"), self.kw("sale.order", "search_count", [])
        with self.assertRaises(Refused):
            self.order({"product_id": product}, {"product_id": 99999})
        self.assertEqual(self.kw("sale.order", "search_count", []), count)


class NoPriceLists(Case):
    """A new database of Odoo 17 or later: the feature "Pricelists" is off, and there is none."""

    OPTIONS = ("--price-lists", "off")

    def test_none_then_one(self) -> None:
        self.assertEqual(self.kw("product.pricelist", "search_read", [], ["name"]), [])
        order = self.kw("sale.order", "create", {"partner_id": self.partner(), "client_order_ref": "1"})
        row = self.one("sale.order", order, "pricelist_id", "currency_id")
        self.assertEqual((row["pricelist_id"], row["currency_id"][1]), (False, "USD"))
        made = self.load("product.pricelist", ["id", "name", "currency_id/id"], ["shop.standard", "Standard", "base.EUR"])
        self.assertEqual(made["messages"], [])
        made = self.load(
            "sale.order",
            ["id", "partner_id/.id", "pricelist_id/.id"],
            ["shop.o1", str(self.partner()), str(made["ids"][0])],
        )
        self.assertEqual(self.one("sale.order", made["ids"][0], "currency_id")["currency_id"][1], "EUR")


class Kept(Case):
    def test_after_kill(self) -> None:
        key = self.partner(name="Kept", x_tidegate_key="k1")
        product = self.product("K1", stock=3)
        order = self.order({"product_id": product})
        self.kw("sale.order", "action_confirm", [order])
        before = self.kw("sale.order", "read", [order])
        self.odoo.restart()
        self.assertEqual(self.kw("sale.order", "read", [order]), before)
        self.assertEqual(self.kw("res.partner", "search", [["x_tidegate_key", "=", "k1"]]), [key])
        self.assertEqual(self.one("product.product", product, "free_qty")["free_qty"], 2.0)
        self.assertGreater(self.partner(), key)

    def test_load_by_a_person(self) -> None:
        made = self.odoo.do(
            "load",
            model="product.product",
            records=[
                {
                    "name": f"N{n}",
                    "default_code": f"N{n}",
                    "type": "product",
                    "list_price": n,
                    "_xid": f"base_data.n{n}",
                    "_stock": n,
                }
                for n in range(5)
            ],
        )["ids"]
        self.assertEqual(
            [row["qty_available"] for row in self.kw("product.product", "read", made, ["qty_available"])],
            [0.0, 1.0, 2.0, 3.0, 4.0],
        )
        self.odoo.do("set_price", sku="N3", price=99)
        self.assertEqual(self.one("product.product", made[3], "lst_price", "write_uid")["lst_price"], 99.0)
        answer = self.odoo.do("call", model="res.partner", method="search_count", args=[[]])
        self.assertGreater(answer["result"], 0)


if __name__ == "__main__":
    unittest.main()
