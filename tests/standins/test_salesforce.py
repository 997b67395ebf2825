"""The Salesforce stand-in behaves on the wire as the documentation says. Run: python3 -m unittest test_salesforce"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import time
import unittest
from typing import Any
from urllib.parse import quote, urlencode

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from process import StandIn
from sf import soql
from sf.schema import make_id, to18

V = "/services/data/v60.0"
CONSUMER, USER = "3MVG9.standin.consumer", "integration@standin.example"


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def assertion(key: str, **claims: Any) -> str:
    """Signed with the openssl command, so by other code than the stand-in checks it with."""
    given = {
        "iss": CONSUMER,
        "sub": USER,
        "aud": "https://login.salesforce.com",
        "exp": int(time.time()) + 180,
        **claims,
    }
    text = b64(b'{"alg":"RS256"}') + "." + b64(json.dumps(given).encode())
    signed = subprocess.run(
        ["openssl", "dgst", "-sha256", "-sign", key], input=text.encode(), capture_output=True, check=True
    )
    return text + "." + b64(signed.stdout)


class Case(unittest.TestCase):
    OPTIONS: tuple[str, ...] = ()
    org: StandIn
    token: str

    @classmethod
    def setUpClass(cls) -> None:
        cls.org = StandIn("salesforce.py", *cls.OPTIONS)
        cls.key = os.path.join(cls.org.folder, "data", "server.key")
        cls.token = cls.login()["access_token"]

    @classmethod
    def tearDownClass(cls) -> None:
        cls.org.close()

    @classmethod
    def login(cls, **claims: Any) -> dict:
        form = {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": assertion(cls.key, **claims)}
        return cls.org.call(
            "POST", "/services/oauth2/token", urlencode(form), {"Content-Type": "application/x-www-form-urlencoded"}
        )[1]

    def api(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any, dict]:
        given = {"Authorization": f"Bearer {self.token}", **{k.replace("_", "-"): v for k, v in headers.items()}}
        return self.org.call(method, V + path, body, given)

    def create(self, name: str, **fields: Any) -> str:
        status, body, _ = self.api("POST", f"/sobjects/{name}", fields)
        self.assertEqual(status, 201, body)
        return body["id"]

    def get(self, name: str, key: str) -> dict:
        status, body, _ = self.api("GET", f"/sobjects/{name}/{key}")
        self.assertEqual(status, 200, body)
        return body

    def soql(self, text: str) -> list[dict]:
        status, body, _ = self.api("GET", "/query?q=" + quote(text))
        self.assertEqual(status, 200, body)
        return body["records"]

    def refused(self, answer: tuple[int, Any, dict], status: int, code: str, fields: list[str] | None = None) -> str:
        self.assertEqual((answer[0], answer[1][0]["errorCode"]), (status, code), answer[1])
        if fields is not None:
            self.assertEqual(answer[1][0]["fields"], fields)
        return answer[1][0]["message"]

    def priced(self, sku: str, price: float = 10) -> tuple[str, str]:
        """A product with a standard price: ids of product and entry."""
        product = self.create("Product2", Name=sku, ProductCode=sku, StockKeepingUnit=sku, IsActive=True)
        return product, self.create(
            "PricebookEntry", Pricebook2Id=self.standard(), Product2Id=product, UnitPrice=price, IsActive=True
        )

    def standard(self) -> str:
        return self.soql("SELECT Id FROM Pricebook2 WHERE IsStandard = true")[0]["Id"]

    def draft(self, **fields: Any) -> str:
        account = self.create("Account", Name="Buyer")
        return self.create(
            "Order",
            **{
                "AccountId": account,
                "EffectiveDate": "2026-11-21",
                "Status": "Draft",
                "Pricebook2Id": self.standard(),
                **fields,
            },
        )


class Ids(unittest.TestCase):
    def test_checksum_of_known_ids(self) -> None:
        for short, long in (("001A000000006Vm", "001A000000006VmIAI"), ("00530000003xqAb", "00530000003xqAbAAI")):
            self.assertEqual(to18(short), long)
        self.assertEqual(len(make_id("801", 123456789)), 18)


class Soql(unittest.TestCase):
    def test_refused(self) -> None:
        for text in (
            "SELECT Id FROM",
            "SELECT FROM Account",
            "UPDATE Account",
            "SELECT Id FROM A WHERE a = 1 AND b = 2 OR c = 3",
            "SELECT Id FROM A WHERE a = 'x",
            "SELECT Id FROM A WHERE a == 1",
            "SELECT Id FROM A LIMIT x",
            "SELECT Id FROM A WHERE a = 'b\\q'",
            "SELECT *, Id FROM A",
            "SELECT Id FROM A ORDER",
            "SELECT Id FROM A;",
        ):
            with self.subTest(text), self.assertRaises(soql.SoqlError) as caught:
                soql.parse(text)
            self.assertEqual(caught.exception.code, "MALFORMED_QUERY")

    def test_strings_and_times(self) -> None:
        where = soql.parse(r"SELECT Id FROM A WHERE N = 'O\'Neil \\ \n'").where
        self.assertEqual(where.value.value, "O'Neil \\ \n")
        for text in ("2026-11-21T10:00:00Z", "2026-11-21T12:00:00+02:00", "2026-11-21T10:00:00.000+0000"):
            where = soql.parse(f"SELECT Id FROM A WHERE T >= {text}").where
            self.assertEqual(where.value.value, "2026-11-21T10:00:00.000+0000")


class OAuth(Case):
    def test_granted(self) -> None:
        grant = self.login()
        self.assertEqual(grant["instance_url"], self.org.url)
        self.assertEqual(grant["token_type"], "Bearer")
        self.assertNotIn("expires_in", grant)
        self.assertNotIn("refresh_token", grant)
        self.assertIn("access_token", self.login(aud=self.org.url, exp=str(int(time.time()) + 100)))

    def test_refused(self) -> None:
        for claims, error in (
            ({"iss": "other"}, "invalid_client_id"),
            ({"sub": "nobody@x.example"}, "invalid_grant"),
            ({"aud": "https://evil.example"}, "invalid_grant"),
            ({"exp": int(time.time()) - 60}, "invalid_grant"),
            ({"exp": int(time.time()) + 3600}, "invalid_grant"),
            ({"exp": None}, "invalid_grant"),
        ):
            with self.subTest(claims):
                self.assertEqual(self.login(**claims)["error"], error)
        self.assertEqual(self.login(sub="nobody@x.example")["error_description"], "user hasn't approved this consumer")

    def test_wrong_key_and_damage(self) -> None:
        other = os.path.join(self.org.folder, "other.key")
        subprocess.run(
            ["openssl", "genpkey", "-quiet", "-algorithm", "RSA", "-out", other], check=True, stderr=subprocess.DEVNULL
        )
        good = assertion(self.key)
        for text in (
            assertion(other),
            good[:-8] + "AAAAAAAA",
            good.rsplit(".", 1)[0] + ".",
            "x.y.z",
            "",
            good + "=.",
            b64(b'{"alg":"none"}') + "." + good.split(".")[1] + ".",
        ):
            form = urlencode({"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": text})
            status, body, _ = self.org.call("POST", "/services/oauth2/token", form)
            self.assertEqual((status, body["error"]), (400, "invalid_grant"))

    def test_certificate_as_key(self) -> None:
        from sf.auth import rsa_numbers

        cert = subprocess.run(
            ["openssl", "req", "-x509", "-new", "-key", self.key, "-subj", "/CN=standin", "-days", "2"],
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        with open(self.key.replace(".key", ".pub"), encoding="ascii") as file:
            self.assertEqual(rsa_numbers(cert), rsa_numbers(file.read()))

    def test_session_ends(self) -> None:
        old = self.token
        self.assertEqual(self.api("GET", "/limits")[0], 200)
        self.org.call("POST", "/_control/expire_tokens")
        self.assertEqual(
            self.refused(self.api("GET", "/limits"), 401, "INVALID_SESSION_ID"), "Session expired or invalid"
        )
        type(self).token = self.login()["access_token"]
        self.assertNotEqual(old, self.token)
        self.assertEqual(self.api("GET", "/limits")[0], 200)
        self.org.fault(kind="expire", match="/composite")
        self.assertEqual(self.api("GET", "/limits")[0], 200)
        self.refused(self.api("POST", "/composite", {"compositeRequest": []}), 401, "INVALID_SESSION_ID")
        type(self).token = self.login()["access_token"]
        self.org.do("settings", token_ttl=0)
        type(self).token = self.login()["access_token"]
        time.sleep(0.01)
        self.refused(self.api("GET", "/limits"), 401, "INVALID_SESSION_ID")
        self.org.do("settings", token_ttl=7200)
        type(self).token = self.login()["access_token"]


class Rows(Case):
    def test_create_read_update_delete(self) -> None:
        key = self.create(
            "Account", Name="  Café Ünïcode 株式会社 ", Phone="", Email__c="Info@Example.COM", AnnualRevenue="12.6"
        )
        row = self.get("Account", key[:15])
        self.assertEqual(
            (row["Id"], row["Name"], row["Phone"], row["Email__c"], row["AnnualRevenue"]),
            (key, "Café Ünïcode 株式会社", None, "info@example.com", 13.0),
        )
        self.assertRegex(row["SystemModstamp"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000\+0000$")
        self.assertEqual(row["attributes"], {"type": "Account", "url": f"{V}/sobjects/Account/{key}"})
        self.assertEqual(self.api("PATCH", f"/sobjects/Account/{key}", {"Name": "B"})[:2], (204, b""))
        self.assertEqual(
            set(self.api("GET", f"/sobjects/Account/{key}?fields=Name,Id")[1]), {"attributes", "Name", "Id"}
        )
        self.assertEqual(self.api("DELETE", f"/sobjects/Account/{key}")[0], 204)
        self.refused(self.api("DELETE", f"/sobjects/Account/{key}"), 404, "ENTITY_IS_DELETED")
        self.refused(self.api("GET", f"/sobjects/Account/{key}"), 404, "ENTITY_IS_DELETED")
        self.assertEqual(self.soql(f"SELECT Id FROM Account WHERE Id = '{key}'"), [])
        body = self.api("GET", "/queryAll?q=" + quote(f"SELECT Id, IsDeleted FROM Account WHERE Id = '{key}'"))[1]
        self.assertTrue(body["records"][0]["IsDeleted"])

    def test_refusals(self) -> None:
        before = self.soql("SELECT COUNT(Id) FROM Account")
        for body, code, fields in (
            ({}, "REQUIRED_FIELD_MISSING", ["Name"]),
            ({"Name": "  "}, "REQUIRED_FIELD_MISSING", ["Name"]),
            ({"Name": "x", "Foo__c": 1}, "INVALID_FIELD", None),
            ({"Name": "x" * 256}, "STRING_TOO_LONG", ["Name"]),
            ({"Name": 5}, "JSON_PARSER_ERROR", None),
            ({"Name": "x", "AnnualRevenue": "a"}, "JSON_PARSER_ERROR", None),
            ({"Name": "x", "AnnualRevenue": 1e20}, "NUMBER_OUTSIDE_VALID_RANGE", ["AnnualRevenue"]),
            ({"Name": "x", "Email__c": "a@b"}, "INVALID_EMAIL_ADDRESS", ["Email__c"]),
            ({"Name": "x", "Kind__c": "robot"}, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", ["Kind__c"]),
            ({"Name": "x", "ParentId": "nonsense"}, "MALFORMED_ID", ["ParentId"]),
            ({"Name": "x", "ParentId": make_id("003", 1)}, "MALFORMED_ID", ["ParentId"]),
            ({"Name": "x", "ParentId": make_id("001", 99999)}, "INVALID_CROSS_REFERENCE_KEY", ["ParentId"]),
            ({"Name": "x", "CreatedDate": "2020-01-01T00:00:00Z"}, "INVALID_FIELD_FOR_INSERT_UPDATE", ["CreatedDate"]),
            ({"Name": "x", "Id": make_id("001", 1)}, "INVALID_FIELD", None),
            ([], "JSON_PARSER_ERROR", None),
            ("{", "JSON_PARSER_ERROR", None),
            ('{"Name": "\\ud800"}', "JSON_PARSER_ERROR", None),
            ("[" * 100000, "JSON_PARSER_ERROR", None),
            (b'{"Name": "\xff"}', "JSON_PARSER_ERROR", None),
        ):
            with self.subTest(body):
                self.refused(self.api("POST", "/sobjects/Account", body), 400, code, fields)
        self.refused(self.api("POST", "/sobjects/Acount", {}), 404, "NOT_FOUND")
        self.refused(self.api("GET", "/sobjects/Account/abc"), 404, "NOT_FOUND")
        self.refused(self.api("PUT", "/sobjects/Account", {}), 405, "METHOD_NOT_ALLOWED")
        self.assertEqual(before, self.soql("SELECT COUNT(Id) FROM Account"))

    def test_describe(self) -> None:
        fields = {f["name"]: f for f in self.api("GET", "/sobjects/Order/describe")[1]["fields"]}
        self.assertEqual(fields["AccountId"]["referenceTo"], ["Account"])
        self.assertTrue(fields["Tidegate_Key__c"]["externalId"])
        self.assertFalse(fields["TotalAmount"]["updateable"])
        self.assertFalse(fields["EffectiveDate"]["nillable"])

    def test_upsert(self) -> None:
        path = "/sobjects/Account/Tidegate_Key__c/" + quote("shop:account:1/ä b", safe="")
        status, body, _ = self.api("PATCH", path, {"Name": "One"})
        self.assertEqual((status, body["created"], body["success"]), (201, True, True))
        status, again, _ = self.api("PATCH", path, {"Name": "Uno"})
        self.assertEqual((status, again), (200, {"id": body["id"], "success": True, "errors": [], "created": False}))
        self.assertEqual(self.api("GET", path)[1]["Tidegate_Key__c"], "shop:account:1/ä b")
        self.refused(self.api("PATCH", path, {"Name": "x", "Tidegate_Key__c": "y"}), 400, "INVALID_FIELD")
        self.refused(
            self.api("PATCH", "/sobjects/Account/Tidegate_Key__c/none?updateOnly=true", {"Name": "x"}), 404, "NOT_FOUND"
        )
        self.refused(self.api("PATCH", "/sobjects/Account/Name/x", {"Phone": "1"}), 404, "NOT_FOUND")
        message = self.refused(
            self.api("POST", "/sobjects/Account", {"Name": "x", "Tidegate_Key__c": "SHOP:account:1/ä b"}),
            400,
            "DUPLICATE_VALUE",
        )
        self.assertIn(f"Tidegate_Key__c duplicates value on record with id: {body['id'][:15]}", message)

    def test_upsert_on_lookup_with_several_matches(self) -> None:
        ids = [self.create("Contact", LastName="Twin", Email="twin@example.com") for _ in range(2)]
        status, body, _ = self.api("PATCH", "/sobjects/Contact/Email/twin@example.com", {"FirstName": "A"})
        self.assertEqual((status, body), (300, [f"{V}/sobjects/Contact/{key}" for key in ids]))

    def test_parent_by_external_id(self) -> None:
        self.create("Account", Name="Parent", Tidegate_Key__c="p1")
        key = self.create("Contact", LastName="Child", Account={"Tidegate_Key__c": "p1"})
        self.assertEqual(
            self.soql(f"SELECT Account.Name FROM Contact WHERE Id = '{key}'")[0]["Account"]["Name"], "Parent"
        )
        self.refused(
            self.api("POST", "/sobjects/Contact", {"LastName": "x", "Account": {"Tidegate_Key__c": "nope"}}),
            400,
            "INVALID_FIELD",
        )

    def test_auto_assign(self) -> None:
        for header, mine in (
            ({}, False),
            ({"Sforce_Auto_Assign": "TRUE"}, False),
            ({"Sforce_Auto_Assign": "FALSE"}, True),
        ):
            key = self.api("POST", "/sobjects/Account", {"Name": "x"}, **header)[1]["id"]
            row = self.get("Account", key)
            self.assertEqual(row["OwnerId"] == row["CreatedById"], mine, header)

    def test_conditional(self) -> None:
        key = self.create("Account", Name="x")
        moment = self.api("GET", f"/sobjects/Account/{key}")[2]["last-modified"]
        self.assertEqual(self.api("GET", f"/sobjects/Account/{key}", If_Modified_Since=moment)[0], 304)
        self.assertEqual(
            self.api("PATCH", f"/sobjects/Account/{key}", {"Phone": "1"}, If_Unmodified_Since=moment)[0], 204
        )
        old = "Sat, 01 Jan 2022 00:00:00 GMT"
        self.assertEqual(self.api("PATCH", f"/sobjects/Account/{key}", {"Phone": "2"}, If_Unmodified_Since=old)[0], 412)

    def test_limits(self) -> None:
        used, _ = self.api("GET", "/limits")[2]["sforce-limit-info"].removeprefix("api-usage=").split("/")
        self.assertGreater(int(used), 0)
        self.org.do("limits", used=99, max=100)
        self.assertEqual(self.api("GET", "/limits")[2]["sforce-limit-info"], "api-usage=100/100")
        self.refused(self.api("GET", "/limits"), 403, "REQUEST_LIMIT_EXCEEDED")
        self.org.do("limits", used=0, max=100000)
        self.org.fault(kind="throttle", count=1)
        self.refused(self.api("GET", "/limits"), 403, "REQUEST_LIMIT_EXCEEDED")
        self.assertEqual(self.api("GET", "/limits")[0], 200)

    def test_versions(self) -> None:
        self.assertEqual(self.org.call("GET", "/services/data")[0], 200)
        head = {"Authorization": f"Bearer {self.token}"}
        self.assertEqual(self.org.call("GET", "/services/data/v99.0/limits", None, head)[0], 404)
        self.assertEqual(self.org.call("GET", "/services/data/v29.0/limits", None, head)[0], 410)


class Queries(Case):
    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        rows = [
            {
                "Name": f"Firm {n:02d}",
                "AnnualRevenue": n if n % 3 else None,
                "Tidegate_Key__c": f"k{n}",
                "BillingCity": "Köln" if n % 2 else "Łódź",
            }
            for n in range(20)
        ]
        cls.ids = cls.org.do("load", object="Account", records=rows)["ids"]
        cls.org.do(
            "load", object="Contact", records=[{"LastName": f"L{n}", "AccountId": cls.ids[n % 2]} for n in range(6)]
        )

    def names(self, where: str) -> list[int]:
        return [int(row["Name"][5:]) for row in self.soql(f"SELECT Name FROM Account WHERE {where}")]

    def test_where(self) -> None:
        every = list(range(20))
        for where, wanted in (
            ("Name = 'firm 03'", [3]),
            ("Name IN ('Firm 01', 'FIRM 02', 'x')", [1, 2]),
            ("Name LIKE 'Firm 1%'", list(range(10, 20))),
            ("Name LIKE 'firm _5'", [5, 15]),
            ("AnnualRevenue = null", every[::3]),
            ("AnnualRevenue != null AND AnnualRevenue < 5", [1, 2, 4]),
            ("AnnualRevenue != 1", [n for n in every if n != 1]),
            ("NOT (AnnualRevenue > 2)", [0, 1, 2, 3, 6, 9, 12, 15, 18]),
            ("(Name = 'Firm 00' OR Name = 'Firm 01') AND BillingCity = 'köln'", [1]),
            ("Tidegate_Key__c = 'K7'", [7]),
            ("Tidegate_Key__c NOT IN ('k0') AND Name < 'Firm 03'", [1, 2]),
            ("AnnualRevenue >= 18.0", [19]),
            (f"Id = '{self.ids[4][:15]}'", [4]),
            (f"Id IN ('{self.ids[4]}', '{self.ids[5]}')", [4, 5]),
            ("Id IN (SELECT AccountId FROM Contact)", [0, 1]),
            ("Owner.Name = 'Erika Mustermann' AND Name <= 'Firm 01'", [0, 1]),
            ("CreatedDate = TODAY AND Name = 'Firm 00'", [0]),
            ("CreatedDate > LAST_N_DAYS:0 AND Name = 'Firm 00'", []),
            ("SystemModstamp > 2100-01-01T00:00:00Z", []),
            ("IsDeleted = false AND Name = 'Firm 00'", [0]),
        ):
            with self.subTest(where):
                self.assertEqual(self.names(where), wanted)

    def test_order_limit_offset(self) -> None:
        rows = self.soql(
            "SELECT Name FROM Account ORDER BY BillingCity DESC, AnnualRevenue ASC NULLS LAST, Name LIMIT 3 OFFSET 6"
        )
        self.assertEqual([row["Name"] for row in rows], ["Firm 00", "Firm 06", "Firm 12"])
        rows = self.soql("SELECT Name FROM Account ORDER BY AnnualRevenue, Name LIMIT 2")
        self.assertEqual([row["Name"] for row in rows], ["Firm 00", "Firm 03"])

    def test_shapes(self) -> None:
        row = self.soql(
            "SELECT name, Parent.Name, (SELECT lastname, Account.Name FROM Contacts ORDER BY LastName DESC LIMIT 2) "
            "FROM Account a WHERE a.Name = 'Firm 00'"
        )[0]
        self.assertEqual((row["Name"], row["Parent"]), ("Firm 00", None))
        self.assertEqual([c["LastName"] for c in row["Contacts"]["records"]], ["L4", "L2"])
        self.assertEqual(row["Contacts"]["records"][0]["Account"]["Name"], "Firm 00")
        body = self.api("GET", "/query?q=" + quote("SELECT COUNT() FROM Account"))[1]
        self.assertEqual((body["totalSize"], body["records"]), (20, []))
        rows = self.soql("SELECT BillingCity, COUNT(Id) n, MAX(AnnualRevenue) FROM Account GROUP BY BillingCity")
        self.assertEqual(
            {r["BillingCity"]: (r["n"], r["expr0"]) for r in rows}, {"Łódź": (10, 16.0), "Köln": (10, 19.0)}
        )

    def test_refused(self) -> None:
        for text, code in (
            ("SELECT Foo FROM Account", "INVALID_FIELD"),
            ("SELECT Id FROM Acount", "INVALID_TYPE"),
            ("SELECT Boss.Name FROM Account", "INVALID_FIELD"),
            ("SELECT Id FROM Account WHERE", "MALFORMED_QUERY"),
            ("SELECT Id FROM Account WHERE SystemModstamp > '2026-01-01T00:00:00Z'", "INVALID_FIELD"),
            ("SELECT Id FROM Account WHERE AnnualRevenue = '5'", "INVALID_FIELD"),
            ("SELECT Id FROM Account WHERE Name = 5", "INVALID_FIELD"),
            ("SELECT Id FROM Account WHERE Description = 'x'", "INVALID_FIELD"),
            ("SELECT Id FROM Account WHERE Id = 'x'", "INVALID_QUERY_FILTER_OPERATOR"),
            ("SELECT Id, (SELECT Id FROM Foos) FROM Account", "INVALID_TYPE"),
        ):
            with self.subTest(text):
                self.refused(self.api("GET", "/query?q=" + quote(text)), 400, code)

    def test_pages(self) -> None:
        self.org.do("settings", page_size=7)
        _, body, _ = self.api("GET", "/query?q=" + quote("SELECT Name FROM Account ORDER BY Name"))
        found, pages = [], 0
        while True:
            pages += 1
            found += [row["Name"] for row in body["records"]]
            self.assertEqual(body["totalSize"], 20)
            if body["done"]:
                break
            body = self.org.call("GET", body["nextRecordsUrl"], None, {"Authorization": f"Bearer {self.token}"})[1]
        self.assertEqual((pages, found), (3, [f"Firm {n:02d}" for n in range(20)]))
        self.refused(self.api("GET", "/query/01gxx0000000000AAA-2000"), 400, "INVALID_QUERY_LOCATOR")
        self.org.do("settings", page_size=2000)


class Selling(Case):
    def test_standard_price_first(self) -> None:
        product = self.create("Product2", Name="P", ProductCode="P")
        book = self.create("Pricebook2", Name="Web", IsActive=True)
        entry = {"Pricebook2Id": book, "Product2Id": product, "UnitPrice": 5, "IsActive": True}
        self.refused(self.api("POST", "/sobjects/PricebookEntry", entry), 400, "STANDARD_PRICE_NOT_DEFINED")
        standard = self.create("PricebookEntry", **{**entry, "Pricebook2Id": self.standard(), "UnitPrice": "18.005"})
        self.assertEqual(self.get("PricebookEntry", standard)["UnitPrice"], 18.01)
        self.create("PricebookEntry", **entry)
        message = self.refused(self.api("POST", "/sobjects/PricebookEntry", entry), 400, "FIELD_INTEGRITY_EXCEPTION")
        self.assertIn("already exists in this price book", message)
        self.refused(
            self.api("PATCH", f"/sobjects/PricebookEntry/{standard}", {"Product2Id": product}),
            400,
            "INVALID_FIELD_FOR_INSERT_UPDATE",
        )

    def test_use_standard_price(self) -> None:
        product, standard = self.priced("FOLLOW")
        book = self.create("Pricebook2", Name="Follow", IsActive=True)
        key = self.create("PricebookEntry", Pricebook2Id=book, Product2Id=product, UseStandardPrice=True, IsActive=True)
        self.assertEqual(self.get("PricebookEntry", key)["UnitPrice"], 10.0)
        self.refused(
            self.api("PATCH", f"/sobjects/PricebookEntry/{key}", {"UnitPrice": 3}), 400, "FIELD_INTEGRITY_EXCEPTION"
        )
        self.org.do("set_price", sku="FOLLOW", price="12.34")
        self.assertEqual(self.get("PricebookEntry", key)["UnitPrice"], 12.34)
        self.assertNotEqual(
            self.get("PricebookEntry", standard)["LastModifiedById"], self.get("Product2", product)["CreatedById"]
        )

    def test_order_life(self) -> None:
        _, entry = self.priced("LIFE", 18)
        order = self.draft()
        activate = {"Status": "Activated"}
        self.refused(self.api("PATCH", f"/sobjects/Order/{order}", activate), 400, "FAILED_ACTIVATION", ["Status"])
        line = {"OrderId": order, "PricebookEntryId": entry, "Quantity": 3, "UnitPrice": "9.99"}
        item = self.create("OrderItem", **line)
        row = self.soql(
            f"SELECT Status, StatusCode, TotalAmount, OrderNumber, (SELECT Quantity, UnitPrice, ListPrice, TotalPrice, "
            f"Product2.StockKeepingUnit FROM OrderItems) FROM Order WHERE Id = '{order}'"
        )[0]
        self.assertEqual((row["StatusCode"], row["TotalAmount"]), ("Draft", 29.97))
        inner = row["OrderItems"]["records"][0]
        self.assertEqual(
            (inner["Quantity"], inner["ListPrice"], inner["Product2"]["StockKeepingUnit"]), (3.0, 18.0, "LIFE")
        )
        self.refused(
            self.api("PATCH", f"/sobjects/Order/{order}", {**activate, "Note__c": "x"}), 400, "FAILED_ACTIVATION"
        )
        self.assertEqual(self.api("PATCH", f"/sobjects/Order/{order}", activate)[0], 204)
        self.assertEqual(self.get("Order", order)["StatusCode"], "Activated")
        message = self.refused(self.api("POST", "/sobjects/OrderItem", line), 400, "ENTITY_IS_LOCKED")
        self.assertIn("Unable to modify activated or superseded Order", message)
        self.refused(self.api("DELETE", f"/sobjects/OrderItem/{item}"), 400, "DELETE_FAILED")
        self.refused(self.api("DELETE", f"/sobjects/Order/{order}"), 400, "DELETE_FAILED")
        self.refused(
            self.api("PATCH", f"/sobjects/OrderItem/{item}", {"Quantity": 4, "UnitPrice": 9.99}),
            400,
            "ENTITY_IS_LOCKED",
        )
        self.assertEqual(self.api("PATCH", f"/sobjects/OrderItem/{item}", {"Description": "ok"})[0], 204)
        other = self.create("Account", Name="Other")
        self.refused(
            self.api("PATCH", f"/sobjects/Order/{order}", {"AccountId": other}), 400, "FIELD_INTEGRITY_EXCEPTION"
        )
        self.assertEqual(self.api("PATCH", f"/sobjects/Order/{order}", {"Payment_Status__c": "paid"})[0], 204)
        self.assertEqual(self.api("PATCH", f"/sobjects/Order/{order}", {"Status": "Draft"})[0], 204)
        self.assertEqual(self.api("DELETE", f"/sobjects/OrderItem/{item}")[0], 204)
        self.assertEqual(self.get("Order", order)["TotalAmount"], 0.0)

    def test_order_refusals(self) -> None:
        product, entry = self.priced("REFUSE")
        account = self.create("Account", Name="A")
        full = {"AccountId": account, "EffectiveDate": "2026-11-21", "Status": "Draft"}
        for missing in full:
            body = {k: v for k, v in full.items() if k != missing}
            self.refused(self.api("POST", "/sobjects/Order", body), 400, "REQUIRED_FIELD_MISSING", [missing])
        self.refused(self.api("POST", "/sobjects/Order", {**full, "Status": "Activated"}), 400, "FAILED_ACTIVATION")
        self.refused(
            self.api("POST", "/sobjects/Order", {**full, "EffectiveDate": "21.11.2026"}), 400, "JSON_PARSER_ERROR"
        )
        bare = self.create("Order", **full)
        line = {"OrderId": bare, "PricebookEntryId": entry, "Quantity": 1, "UnitPrice": 1}
        self.refused(
            self.api("POST", "/sobjects/OrderItem", line), 400, "FIELD_INTEGRITY_EXCEPTION", ["PricebookEntryId"]
        )
        book = self.create("Pricebook2", Name="Other", IsActive=True)
        foreign = self.create("PricebookEntry", Pricebook2Id=book, Product2Id=product, UnitPrice=1, IsActive=False)
        order = self.draft()
        for change, code in (
            ({"PricebookEntryId": foreign}, "FIELD_INTEGRITY_EXCEPTION"),
            ({"Quantity": 0}, "FIELD_INTEGRITY_EXCEPTION"),
            ({"UnitPrice": None}, "REQUIRED_FIELD_MISSING"),
            ({"Product2Id": product}, "INVALID_FIELD_FOR_INSERT_UPDATE"),
        ):
            self.refused(self.api("POST", "/sobjects/OrderItem", {**line, "OrderId": order, **change}), 400, code)
        self.create("OrderItem", **{**line, "OrderId": order})
        self.refused(
            self.api("PATCH", f"/sobjects/Order/{order}", {"Pricebook2Id": book}), 400, "FIELD_INTEGRITY_EXCEPTION"
        )

    def test_quantity_alone_keeps_the_total(self) -> None:
        _, entry = self.priced("TOTAL")
        item = self.create("OrderItem", OrderId=self.draft(), PricebookEntryId=entry, Quantity=2, UnitPrice=10)
        self.api("PATCH", f"/sobjects/OrderItem/{item}", {"Quantity": 4})
        row = self.get("OrderItem", item)
        self.assertEqual((row["UnitPrice"], row["TotalPrice"]), (5.0, 20.0))

    def test_modstamp_of_the_order_moves_only_with_its_total(self) -> None:
        _, entry = self.priced("STAMP")
        order = self.draft()
        item = self.create("OrderItem", OrderId=order, PricebookEntryId=entry, Quantity=2, UnitPrice=10)
        before = self.get("Order", order)
        time.sleep(1.1)
        self.api("PATCH", f"/sobjects/OrderItem/{item}", {"Description": "x"})
        self.assertEqual(self.get("Order", order)["SystemModstamp"], before["SystemModstamp"])
        self.api("PATCH", f"/sobjects/OrderItem/{item}", {"UnitPrice": 11})
        after = self.get("Order", order)
        self.assertGreater(after["SystemModstamp"], before["SystemModstamp"])
        self.assertEqual(after["LastModifiedDate"], before["LastModifiedDate"])


class Bulk(Case):
    def composite(self, requests: list, **options: Any) -> list[dict]:
        status, body, _ = self.api("POST", "/composite", {"compositeRequest": requests, **options})
        self.assertEqual(status, 200, body)
        return body["compositeResponse"]

    def test_collection(self) -> None:
        records = [
            {"attributes": {"type": "Account"}, "Name": n, "Tidegate_Key__c": k}
            for n, k in (("A", "c1"), (None, "c2"), ("C", "c1"), ("D", "c4"), ("E", None))
        ]
        status, body, _ = self.api("PATCH", "/composite/sobjects/Account/Tidegate_Key__c", {"records": records})
        self.assertEqual(status, 200)
        self.assertEqual([one["success"] for one in body], [True, False, False, True, False])
        self.assertEqual(
            body[1]["errors"],
            [
                {
                    "statusCode": "REQUIRED_FIELD_MISSING",
                    "fields": ["Name"],
                    "message": "Required fields are missing: [Name]",
                }
            ],
        )
        self.assertEqual(
            [one["errors"][0]["statusCode"] for one in (body[2], body[4])], ["DUPLICATE_VALUE", "MISSING_ARGUMENT"]
        )
        body = self.api("PATCH", "/composite/sobjects/Account/Tidegate_Key__c", {"records": records[:1]})[1]
        self.assertFalse(body[0]["created"])
        _, body, _ = self.api(
            "POST",
            "/composite/sobjects",
            {
                "allOrNone": True,
                "records": [{"attributes": {"type": "Account"}, "Name": "Z"}, {"attributes": {"type": "Contact"}}],
            },
        )
        self.assertEqual(
            [one["errors"][0]["statusCode"] for one in body],
            ["ALL_OR_NONE_OPERATION_ROLLED_BACK", "REQUIRED_FIELD_MISSING"],
        )
        self.assertEqual(self.soql("SELECT Id FROM Account WHERE Name = 'Z'"), [])
        self.refused(self.api("POST", "/composite/sobjects", {"records": records * 41}), 400, "EXCEEDED_ID_LIMIT")

    def test_collection_by_id(self) -> None:
        ids = [self.create("Account", Name=name) for name in "XY"]
        body = self.api(
            "PATCH",
            "/composite/sobjects",
            {"records": [{"attributes": {"type": "Account"}, "id": ids[0], "Phone": "1"}]},
        )[1]
        self.assertTrue(body[0]["success"])
        body = self.api("GET", f"/composite/sobjects/Account?ids={','.join(ids)}&fields=Name,Phone")[1]
        self.assertEqual([row["Phone"] for row in body], ["1", None])
        body = self.api("DELETE", f"/composite/sobjects?ids={','.join(ids)},{make_id('001', 10**6)}")[1]
        self.assertEqual([one["success"] for one in body], [True, True, False])

    def order_requests(self, status: str) -> list[dict]:
        _, entry = self.priced("COMP" + status)
        u = V + "/sobjects/"
        return [
            {
                "method": "PATCH",
                "url": u + "Account/Tidegate_Key__c/" + status,
                "referenceId": "account",
                "body": {"Name": "Comp"},
                "httpHeaders": {"Sforce-Auto-Assign": "FALSE"},
            },
            {
                "method": "PATCH",
                "url": u + f"Order/Tidegate_Key__c/{status}",
                "referenceId": "order",
                "body": {
                    "AccountId": "@{account.id}",
                    "EffectiveDate": "2026-11-21",
                    "Status": "Draft",
                    "Pricebook2Id": self.standard(),
                },
            },
            {
                "method": "POST",
                "url": u + "OrderItem",
                "referenceId": "item",
                "body": {"OrderId": "@{order.id}", "PricebookEntryId": entry, "Quantity": 1, "UnitPrice": 2},
            },
            {"method": "PATCH", "url": u + "Order/@{order.id}", "referenceId": "activate", "body": {"Status": status}},
            {
                "method": "GET",
                "url": V + "/query?q=SELECT+Status+FROM+Order+WHERE+Id='@{order.id}'",
                "referenceId": "look",
            },
        ]

    def test_composite(self) -> None:
        answers = self.composite(self.order_requests("Activated"), allOrNone=True, collateSubrequests=False)
        self.assertEqual([one["httpStatusCode"] for one in answers], [201, 201, 201, 204, 200])
        self.assertEqual(answers[4]["body"]["records"][0]["Status"], "Activated")
        self.assertEqual(answers[1]["httpHeaders"]["Location"], f"{V}/sobjects/Order/{answers[1]['body']['id']}")

    def test_composite_rolls_back(self) -> None:
        answers = self.composite(self.order_requests("Nonsense"), allOrNone=True, collateSubrequests=False)
        self.assertEqual(
            [one["body"][0]["errorCode"] for one in answers],
            ["PROCESSING_HALTED"] * 3 + ["INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", "PROCESSING_HALTED"],
        )
        self.assertEqual(self.soql("SELECT Id FROM Order WHERE Tidegate_Key__c = 'Nonsense'"), [])

    def test_a_failed_record_of_a_collection_undoes_an_all_or_none_composite(self) -> None:
        records = [{"attributes": {"type": "Account"}, "Name": "In"}, {"attributes": {"type": "Account"}}]
        answers = self.composite(
            [
                {"method": "POST", "url": V + "/sobjects/Account", "referenceId": "a", "body": {"Name": "Before"}},
                {"method": "POST", "url": V + "/composite/sobjects", "referenceId": "c", "body": {"records": records}},
            ],
            allOrNone=True,
            collateSubrequests=False,
        )
        self.assertEqual(answers[0]["body"][0]["errorCode"], "PROCESSING_HALTED")
        self.assertEqual(
            [one["errors"][0]["statusCode"] for one in answers[1]["body"]],
            ["ALL_OR_NONE_OPERATION_ROLLED_BACK", "REQUIRED_FIELD_MISSING"],
        )
        self.assertEqual(self.soql("SELECT Id FROM Account WHERE Name IN ('Before', 'In')"), [])

    def test_chunks(self) -> None:
        records = [
            {"attributes": {"type": kind}, "Name": "n", "LastName": "n"}
            for _ in range(6)
            for kind in ("Account", "Contact")
        ]
        self.refused(self.api("POST", "/composite/sobjects", {"records": records}), 400, "TOO_MANY_CHUNKS")

    def test_composite_goes_on_without_all_or_none(self) -> None:
        answers = self.composite(
            [
                {"method": "POST", "url": V + "/sobjects/Account", "referenceId": "a", "body": {}},
                {
                    "method": "POST",
                    "url": V + "/sobjects/Contact",
                    "referenceId": "b",
                    "body": {"LastName": "x", "AccountId": "@{a.id}"},
                },
                {"method": "POST", "url": V + "/sobjects/Contact", "referenceId": "c", "body": {"LastName": "y"}},
            ]
        )
        self.assertEqual([one["httpStatusCode"] for one in answers], [400, 400, 201])
        self.assertEqual(answers[1]["body"][0]["errorCode"], "PROCESSING_HALTED")

    def test_composite_refused(self) -> None:
        one = {"method": "GET", "url": V + "/limits", "referenceId": "r"}
        query = {"method": "GET", "url": V + "/query?q=SELECT+Id+FROM+Account"}
        for requests in (
            [],
            [one, one],
            [{**one, "referenceId": f"r{n}"} for n in range(26)],
            [{"url": "/x"}],
            [{**query, "referenceId": f"q{n}"} for n in range(6)],
            [{**one, "httpHeaders": {"Accept": "x"}}],
        ):
            status, body, _ = self.api("POST", "/composite", {"compositeRequest": requests})
            self.assertEqual(status, 400, body)

    def test_a_call_counts_once(self) -> None:
        self.org.do("limits", used=0)
        self.composite(self.order_requests("Draft"))
        self.assertEqual(self.org.do("limits")["used"], 5)  # the product, its entry, two look-ups, the composite


class People(Case):
    def test_edits_by_a_person(self) -> None:
        key = self.create("Account", Name="x", Tidegate_Key__c="edit-me")
        self.org.do("edit", object="Account", where={"Tidegate_Key__c": "edit-me"}, fields={"Phone": "1"})
        row = self.get("Account", key)
        self.assertEqual(row["Phone"], "1")
        self.assertNotEqual(row["LastModifiedById"], row["CreatedById"])
        made = self.org.do("create", object="Account", fields={"Name": "late"}, backdate_s=60)["record"]
        self.assertLess(made["SystemModstamp"], row["SystemModstamp"])
        self.org.do("delete", object="Account", id=key)
        self.refused(self.api("GET", f"/sobjects/Account/{key}"), 404, "ENTITY_IS_DELETED")
        status, body, _ = self.org.call("POST", "/_control/do/create", {"object": "Account", "fields": {}})
        self.assertEqual((status, body[0]["errorCode"]), (400, "REQUIRED_FIELD_MISSING"))

    def test_kept_after_kill(self) -> None:
        account = self.create("Account", Name="kept", Tidegate_Key__c="kept")
        before = self.get("Account", account)
        self.org.restart()
        self.assertEqual(self.get("Account", account), before)
        self.assertEqual(
            self.api("PATCH", "/sobjects/Account/Tidegate_Key__c/kept", {"Name": "kept"})[1]["id"], account
        )
        self.assertNotEqual(self.create("Account", Name="new"), account)

    def test_late_commit(self) -> None:
        before = self.get("Account", self.create("Account", Name="x"))["SystemModstamp"]
        self.org.fault(kind="late_commit", seconds=90, match="sobjects/Account")
        self.assertLess(self.get("Account", self.create("Account", Name="late"))["SystemModstamp"], before)
        self.org.fault(kind="lock_row")
        self.refused(self.api("POST", "/sobjects/Account", {"Name": "x"}), 400, "UNABLE_TO_LOCK_ROW")

    def test_torn_connection_after_apply(self) -> None:
        self.org.fault(kind="drop_after", match="Torn", count=1)
        with self.assertRaises(Exception):
            self.api("POST", "/sobjects/Account", {"Name": "Torn"})
        self.org.connection.close()
        self.assertEqual(len(self.soql("SELECT Id FROM Account WHERE Name = 'Torn'")), 1)


if __name__ == "__main__":
    unittest.main()
