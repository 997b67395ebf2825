#!/usr/bin/env python3
"""A stand-in for a Salesforce org: OAuth, the REST data API, limits; and people who edit records in it.

    salesforce.py --port 0 --data DIR --ready-file FILE [--public-key FILE] ...

Written from Salesforce's public documentation (named in each module) and strict where that is strict. The modules:
sf.auth (tokens), sf.rest and sf.composite (the API), sf.soql and sf.query (SOQL), sf.schema, sf.org and sf.rules
(objects, records, business rules), with the object model in salesforce_objects.json; this file joins them to HTTP
and gives the control actions.

Faults played in the system's own words: throttle (403 REQUEST_LIMIT_EXCEEDED), lock_row (400 UNABLE_TO_LOCK_ROW),
unavailable (503), and late_commit (with "seconds": what the call saves is stamped as by a transaction that began so
much earlier).

Without --public-key a key pair is made in the data folder: DIR/server.key is what the client signs with.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
import sys
import tempfile
from typing import Any
from urllib.parse import parse_qsl

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import common
from common import Refuse, Request, Response, Server
from sf.auth import Auth, OAuthError, make_key_pair
from sf.org import Caller, Org
from sf.rest import Call, Limits, Rest, parse_body
from sf.schema import ApiError, Schema, to18

HERE = os.path.dirname(os.path.abspath(__file__))
ORG_ID = to18("00DHs00000standin"[:15])


class Salesforce:
    """One org behind one Server."""

    def __init__(self, server: Server, args: Any) -> None:
        self.server, self.args = server, args
        with open(args.objects, encoding="utf-8") as file:
            schema = Schema(json.load(file), args.multicurrency)
        self.org = Org(server.store, schema, args.username, args.currency, args.multicurrency)
        self.limits = Limits(args.daily_limit)
        self.rest = Rest(self.org, args.page_size, self.limits)
        with open(public_key(args), encoding="ascii") as file:
            self.auth = Auth(
                server.store,
                ORG_ID,
                self.org.users,
                args.consumer_key,
                args.consumer_secret,
                file.read(),
                args.token_ttl,
            )
        server.on_expire_tokens.append(self.auth.expire_all)
        server.route("POST", "/services/oauth2/token", self.token)
        server.route("POST", "/services/oauth2/revoke", self.revoke)
        server.route("GET", "/services/oauth2/userinfo", self.userinfo)
        server.route("*", "/services/data", self.data)
        server.route("*", "/", self.missing)
        for name, run, sample in self.actions():
            server.action(name, run, sample)
        server.store.commit()

    # ---- HTTP

    async def token(self, request: Request) -> Response:
        request.operation = "POST oauth2/token"
        base = "http://" + request.headers.get("host", f"127.0.0.1:{self.server.port}")
        form = {**request.query, **dict(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))}
        try:
            return Response(200, self.auth.grant(form, basic(request), base), {"Cache-Control": "no-cache, no-store"})
        except OAuthError as error:
            return Response(error.status, error.body)

    async def revoke(self, request: Request) -> Response:
        form = dict(parse_qsl(request.body.decode("utf-8", "replace")))
        if self.auth.revoke(form.get("token", "")):
            return Response(200)
        return Response(
            400, {"error": "unsupported_token_type", "error_description": "this token type is not supported"}
        )

    async def userinfo(self, request: Request) -> Response:
        user = self.auth.user_of(request.headers.get("authorization", ""))
        row = self.org.row("User", user)
        if row is None:
            return Response(403, "Missing_OAuth_Token")
        return Response(
            200,
            {
                "user_id": user,
                "organization_id": ORG_ID,
                "preferred_username": row["Username"],
                "name": row["Name"],
                "email": row["Email"],
                "active": True,
            },
        )

    async def missing(self, request: Request) -> Response:
        return Response(404, [{"message": "The requested resource does not exist", "errorCode": "NOT_FOUND"}])

    async def data(self, request: Request) -> Response:
        path = request.target.partition("?")[0]
        request.operation = operation(request.method, path)
        if path.rstrip("/") == "/services/data":
            return self.respond(request, Call(request.method, path))
        user = self.auth.user_of(request.headers.get("authorization", ""))
        if user is None:
            return Response(401, [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}])
        refused = self.refusal(request)
        if refused is not None:
            return refused
        self.limits.used += 1
        try:
            body = parse_body(request.body) if request.body else None
        except ApiError as error:
            return Response(400, error.rest(), self.limits.header())
        late = request.faults.get("late_commit")
        return self.respond(
            request,
            Call(
                request.method,
                path,
                request.query,
                request.headers,
                body,
                user,
                backdate_s=float(late.get("seconds", 60)) if late else 0,
            ),
        )

    def refusal(self, request: Request) -> Response | None:
        """What a fault or the daily limit answers in the call's place."""
        if "throttle" in request.faults or self.limits.used >= self.limits.daily_max:
            message = "TotalRequests Limit exceeded."
            return Response(403, [{"message": message, "errorCode": "REQUEST_LIMIT_EXCEEDED"}], self.limits.header())
        if "lock_row" in request.faults:
            return Response(
                400,
                [
                    {
                        "message": "unable to obtain exclusive access to this record or 1 records",
                        "fields": [],
                        "errorCode": "UNABLE_TO_LOCK_ROW",
                    }
                ],
                self.limits.header(),
            )
        if "unavailable" in request.faults:
            return Response(
                503, [{"message": "The server is temporarily unavailable.", "errorCode": "SERVER_UNAVAILABLE"}]
            )
        return None

    def respond(self, request: Request, call: Call) -> Response:
        reply = self.rest.answer(call)
        self.org.undo.clear()
        if isinstance(reply.body, list) and reply.status >= 400:
            request.outcome = f"{reply.status} {reply.body[0].get('errorCode', '')}"
        headers = {**reply.headers, **self.limits.header()}
        return Response(reply.status, b"" if reply.body is None else reply.body, headers)

    # ---- what people do

    def actions(self) -> list[tuple[str, Any, Any]]:
        return [
            ("create", self.do_create, {"object": "Account", "fields": {"Name": "Acme"}}),
            ("edit", self.do_edit, {"object": "Account", "id": "001…", "fields": {"Phone": "+49 30 1"}}),
            ("delete", self.do_delete, {"object": "Account", "id": "001…"}),
            ("set_price", self.do_set_price, {"sku": "SKU-1", "price": "12.50"}),
            ("load", self.do_load, {"object": "Account", "records": [{"Name": "Acme"}]}),
            ("query", self.do_query, {"q": "SELECT Id, Name FROM Account LIMIT 10"}),
            ("limits", self.do_limits, {"used": 0, "max": 100000}),
            ("settings", self.do_settings, {"page_size": 2000, "token_ttl": 7200}),
        ]

    def person(self, body: dict) -> Caller:
        users = {**self.org.users, **{key: key for key in self.org.users.values()}}
        user = users.get(body.get("user", self.org.person))
        if user is None:
            raise Refuse(400, f"no user {body['user']}; there are: {', '.join(self.org.users)}")
        return Caller(user, backdate_s=float(body.get("backdate_s", 0)))

    def saved(self, run: Any) -> Any:
        """Runs one save as a person; all of it or nothing."""
        mark = self.org.mark()
        try:
            result = run()
        except ApiError as error:
            self.org.rollback(mark)
            raise Refuse(error.status, error.rest()) from None
        self.org.undo.clear()
        return result

    def object_name(self, body: dict) -> str:
        found = self.org.schema.get(str(body.get("object")))
        if found is None:
            raise Refuse(400, f"no object {body.get('object')}")
        return found.name

    def the_row(self, name: str, body: dict) -> dict:
        """By {"id"} or by any external id: {"where": {"Tidegate_Key__c": "x"}} or another indexed field."""
        if "where" not in body:
            return self.org.find(self.org.schema.objects[name], str(body.get("id")))
        ((field, value),) = body["where"].items()
        rows = [row for row in self.org.rows(name).values() if not row["IsDeleted"] and row.get(field) == value]
        if len(rows) != 1:
            raise Refuse(404, f"{len(rows)} records of {name} have {field} = {value}")
        return rows[0]

    def do_create(self, body: dict) -> dict:
        name = self.object_name(body)
        key = self.saved(lambda: self.org.insert(self.person(body), name, body.get("fields", {})))
        return {"id": key, "record": self.org.row(name, key)}

    def do_edit(self, body: dict) -> dict:
        name = self.object_name(body)

        def run() -> dict:
            row = self.the_row(name, body)
            self.org.update(self.person(body), name, row, body.get("fields", {}))
            return {"id": row["Id"], "record": self.org.row(name, row["Id"])}

        return self.saved(run)

    def do_delete(self, body: dict) -> dict:
        name = self.object_name(body)

        def run() -> dict:
            row = self.the_row(name, body)
            self.org.delete(self.person(body), name, row)
            return {"id": row["Id"]}

        return self.saved(run)

    def do_set_price(self, body: dict) -> dict:
        """A person changes the price of a product in a price book (the standard one unless "pricebook" names another)."""
        return self.saved(lambda: self.set_price(body))

    def set_price(self, body: dict) -> dict:
        caller, sku, price = self.person(body), body.get("sku"), body.get("price")
        products = [
            row
            for row in self.org.rows("Product2").values()
            if not row["IsDeleted"] and sku in (row["StockKeepingUnit"], row["ProductCode"])
        ]
        if len(products) != 1:
            raise Refuse(404, f"{len(products)} products have the SKU {sku}")
        book = body.get("pricebook")
        for entry in self.org.matching("PricebookEntry", "Product2Id", products[0]["Id"]):
            known = self.org.row("Pricebook2", entry["Pricebook2Id"])
            if known["IsStandard"] if book is None else book in (known["Id"], known["Name"]):
                self.org.update(caller, "PricebookEntry", entry, {"UnitPrice": price})
                return {"id": entry["Id"], "record": self.org.row("PricebookEntry", entry["Id"])}
        if book is not None:
            raise Refuse(404, f"no price of {sku} in {book}")
        standard = next(row["Id"] for row in self.org.rows("Pricebook2").values() if row["IsStandard"])
        key = self.org.insert(
            caller,
            "PricebookEntry",
            {"Pricebook2Id": standard, "Product2Id": products[0]["Id"], "UnitPrice": price, "IsActive": True},
        )
        return {"id": key, "record": self.org.row("PricebookEntry", key)}

    def do_load(self, body: dict) -> dict:
        """Many creates as one person: {"object", "records"}; a relationship may be given by an external or unique id."""
        name, caller = self.object_name(body), self.person(body)
        return {
            "ids": self.saved(lambda: [self.org.insert(caller, name, record) for record in body.get("records", [])])
        }

    def do_query(self, body: dict) -> dict:
        reply = self.rest.answer(
            Call("GET", "/services/data/v60.0/query", {"q": str(body.get("q"))}, user=self.org.person)
        )
        if reply.status != 200:
            raise Refuse(reply.status, reply.body)
        return reply.body

    def do_limits(self, body: dict) -> dict:
        self.limits.used = int(body.get("used", self.limits.used))
        self.limits.daily_max = int(body.get("max", self.limits.daily_max))
        return {"used": self.limits.used, "max": self.limits.daily_max}

    def do_settings(self, body: dict) -> dict:
        self.rest.page_size = int(body.get("page_size", self.rest.page_size))
        self.auth.token_ttl_s = float(body.get("token_ttl", self.auth.token_ttl_s))
        return {"page_size": self.rest.page_size, "token_ttl": self.auth.token_ttl_s}


def basic(request: Request) -> tuple[str, str] | None:
    kind, _, value = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "basic":
        return None
    try:
        name, _, secret = base64.b64decode(value).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return name, secret


def operation(method: str, path: str) -> str:
    """What a call is counted as: its method, resource and object, without ids."""
    parts = path.split("/")[4:]
    if parts[:1] == ["sobjects"]:
        kind = {3: " by id", 4: " by external id"}.get(len(parts), "")
        kind = " " + parts[2] if len(parts) == 3 and parts[2] in ("describe", "deleted", "updated") else kind
        return f"{method} {'/'.join(parts[:2])}{kind}"
    return f"{method} {'/'.join(parts[:2] if parts[:1] == ['composite'] else parts[:1])}"


def public_key(args: Any) -> str:
    if args.public_key:
        return args.public_key
    folder = args.data or tempfile.mkdtemp(prefix="standin-salesforce-")
    key, public = make_key_pair(folder)
    print(f"stand-in salesforce: clients sign with {key}", file=sys.stderr, flush=True)
    return public


def options() -> Any:
    parser = common.arguments("Stand-in for a Salesforce org.")
    parser.add_argument(
        "--public-key",
        metavar="FILE",
        help="PEM public key or certificate that checks the JWT bearer "
        "assertions; without it DIR/server.key and DIR/server.pub are made",
    )
    parser.add_argument("--consumer-key", default="3MVG9.standin.consumer", help="iss of the assertions, client_id")
    parser.add_argument("--consumer-secret", default="standin-secret", help="for the client credentials flow only")
    parser.add_argument("--username", default="integration@standin.example", help="sub: the integration user")
    parser.add_argument("--token-ttl", type=float, default=7200, metavar="S", help="seconds until an access token ends")
    parser.add_argument("--daily-limit", type=int, default=5_000_000, metavar="N", help="API calls a day")
    parser.add_argument("--page-size", type=int, default=2000, metavar="N", help="records in one page of a query")
    parser.add_argument("--objects", default=os.path.join(HERE, "salesforce_objects.json"), help="the object model")
    parser.add_argument("--currency", default="USD", help="the org's currency")
    parser.add_argument("--multicurrency", action="store_true", help="the org has CurrencyIsoCode fields")
    return parser


def main() -> None:
    args = options().parse_args()
    server = Server("salesforce", args.data, args.port, args.seed)
    Salesforce(server, args)
    common.run(server, args)


if __name__ == "__main__":
    main()
