#!/usr/bin/env python3
"""A stand-in for an Odoo server (17.0): JSON-RPC and XML-RPC over a small ORM; and people who work in it.

    odoo.py --port 0 --data DIR --ready-file FILE [--db odoo] [--login …] [--api-key …] ...

Written from Odoo's documentation and published source (named in each module). The modules: erp.schema, erp.db,
erp.domain and erp.orm (fields, rows, searching, records), erp.load (import by external id), erp.methods (what can be
called), erp.partners, erp.products, erp.stock and erp.sales (what the models do), erp.people (who works in it),
erp.seed (a new database), with the object model in odoo_models.json; this file joins them to HTTP.

Faults played in the system's own words: serialization (40001), access (AccessError), throttle (HTTP 429), and
late_commit (with "seconds").

One call is one transaction: its write_date is when it began, and an error undoes all of it. late_commit makes a call
commit now with the write_date of a transaction that began that much earlier.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
import xmlrpc.client
from typing import Any

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import common
from common import Request, Response, Server, iso
from erp import methods, partners, products, sales, seed, stock
from erp.behaviour import Behaviour
from erp.db import Db
from erp.orm import Env
from erp.people import INTEGRATION, PERSON, People
from erp.schema import OdooError, Registry, access_error

HERE = os.path.dirname(os.path.abspath(__file__))
BEHAVIOURS = (
    partners.Partner,
    partners.ModelData,
    partners.Category,
    partners.Country,
    partners.State,
    products.Template,
    products.Variant,
    products.Pricelist,
    products.PricelistItem,
    stock.Location,
    stock.Warehouse,
    stock.Quant,
    sales.Order,
    sales.OrderLine,
)
SERIALIZATION = "could not serialize access due to concurrent update\n"


class Odoo:
    """One database behind one Server."""

    def __init__(self, server: Server, args: Any) -> None:
        self.server, self.args = server, args
        with open(args.models, encoding="utf-8") as file:
            self.registry = Registry(json.load(file))
        self.behaviours = self.make_behaviours()
        self.db = Db(server.store, self.registry)
        self.sessions: dict[str, int] = {}
        if not self.db.table("res.company"):
            seed.seed(self.env(PERSON, {}), args.login, args.person, args.currency, args.default_tax, args.price_lists == "on")
            server.store.put("_keys", INTEGRATION, {"uid": INTEGRATION, "key": args.api_key})
            server.store.put("_keys", PERSON, {"uid": PERSON, "key": args.person_password})
            self.db.begin()
        server.on_expire_tokens.append(self.expire)
        for path, handler in (
            ("/jsonrpc", self.jsonrpc),
            ("/web/", self.web),
            ("/xmlrpc/2/", self.xmlrpc),
            ("/xmlrpc/", self.xmlrpc),
        ):
            server.route("POST", path, handler)
        server.route("GET", "/web/", self.web)
        server.route("*", "/", self.missing)
        for name, run, sample in People(server.store, self.transaction, args.api_key).actions():
            server.action(name, run, sample)
        server.store.commit()

    def make_behaviours(self) -> dict[str, Behaviour]:
        found = {one.model: one() for one in BEHAVIOURS}
        for name in self.registry.models:
            if name not in found:
                found[name] = Behaviour()
                found[name].model = name
        return found

    def env(self, uid: int, context: dict, back_s: float = 0) -> Env:
        now = iso(self.server.clock.now_us() - int(back_s * 1_000_000), 6, "", " ")
        return Env(self.db, self.registry, self.behaviours, uid, context, now)

    def transaction(self, uid: int, context: dict, run: Any, back_s: float = 0) -> Any:
        """Runs one call whole, or leaves nothing of it."""
        self.db.begin()
        try:
            return run(self.env(uid, context, back_s))
        except BaseException:
            self.db.rollback()
            raise

    # ---- who calls

    def login(self, db: Any, login: Any, key: Any) -> int | bool:
        self.check_db(db)
        for row in self.db.table("res.users").values():
            if row["login"] == login and row["active"] and self.password_ok(row["id"], key):
                return row["id"]
        return False

    def password_ok(self, uid: Any, key: Any) -> bool:
        known = self.server.store.get("_keys", uid)
        return bool(known and key and known["key"] == key)

    def check_db(self, db: Any) -> None:
        if db != self.args.db:
            raise OdooError(
                "psycopg2.OperationalError", f'connection to server failed: FATAL:  database "{db}" does not exist\n'
            )

    def expire(self) -> None:
        """API keys have no life of their own here: the integration's is revoked, until do/api_key gives another."""
        self.server.store.put("_keys", INTEGRATION, {"uid": INTEGRATION, "key": None})
        self.sessions.clear()

    # ---- services

    def service(self, request: Request, service: str, method: str, args: list) -> Any:
        if service == "common":
            return self.common(method, args)
        if service == "db":
            return self.db_service(method)
        if service != "object" or method not in ("execute", "execute_kw"):
            raise OdooError(
                "builtins.KeyError" if service not in ("object",) else "builtins.NameError",
                repr(service) if service != "object" else f"Method not available {method}",
            )
        if len(args) < 5:
            raise OdooError("builtins.IndexError", "tuple index out of range")
        db, uid, key, model, name = args[:5]
        self.check_db(db)
        if isinstance(uid, bool) or not isinstance(uid, int) or not self.password_ok(uid, key):
            raise OdooError("odoo.exceptions.AccessDenied", "Access Denied")
        rest = args[5:]
        given, kwargs = (
            (list(rest[0]) if rest else [], dict(rest[1]) if len(rest) > 1 and rest[1] else {})
            if method == "execute_kw"
            else (rest, {})
        )
        request.operation = f"{model}.{name}"
        return self.execute(request, uid, model, name, given, kwargs)

    def execute(self, request: Request, uid: int, model: str, name: str, args: list, kwargs: dict) -> Any:
        if "serialization" in request.faults:
            raise OdooError("psycopg2.errors.SerializationFailure", SERIALIZATION)
        if "access" in request.faults:
            raise access_error(f"You are not allowed to modify '{model}' records.")
        late = request.faults.get("late_commit")
        context = kwargs.pop("context", None) or {}
        try:
            return self.transaction(
                uid,
                context,
                lambda env: methods.call(env, model, name, args, kwargs),
                float(late.get("seconds", 60)) if late else 0,
            )
        except (
            TypeError,
            AttributeError,
            ValueError,
            KeyError,
            IndexError,
            RecursionError,
        ) as error:  # arguments of a wrong shape
            traceback.print_exc()
            raise OdooError("builtins." + type(error).__name__, str(error)) from error

    def common(self, method: str, args: list) -> Any:
        if method == "version":
            return self.version()
        if method in ("login", "authenticate"):
            return self.login(*(list(args) + [None, None, None])[:3])
        raise OdooError("builtins.Exception", f"Method not found: {method}")

    def db_service(self, method: str) -> Any:
        if method == "list":
            return [self.args.db]
        if method == "server_version":
            return self.args.version
        raise OdooError("odoo.exceptions.AccessDenied", "Access Denied")

    def version(self) -> dict:
        major, minor = (self.args.version.split(".") + ["0"])[:2]
        return {
            "server_version": self.args.version,
            "server_version_info": [int(major), int(minor), 0, "final", 0, ""],
            "server_serie": self.args.version,
            "protocol_version": 1,
        }

    # ---- HTTP

    async def jsonrpc(self, request: Request) -> Response:
        def run(params: dict) -> Any:
            service, method = params.get("service"), params.get("method")
            request.operation = f"{service}.{method}"
            return self.service(request, str(service), str(method), list(params.get("args") or []))

        return self.json(request, run)

    def json(self, request: Request, run: Any) -> Response:
        """One JSON-RPC call: errors are answered with status 200; a None result leaves "result" out."""
        if "throttle" in request.faults:
            return Response(
                429,
                "<html><title>429 Too Many Requests</title></html>",
                {"Content-Type": "text/html", "Retry-After": "1"},
            )
        try:
            body = request.json()
            params = body.get("params") or {}
            if b"\\u" in request.body:
                common.dumps(body).encode()  # half a surrogate pair is no text
        except (ValueError, AttributeError, RecursionError):
            return Response(
                400,
                f"<!doctype html>\n<title>400 Bad Request</title>\n<p>Invalid JSON data: {request.body[:80]!r}</p>\n",
                {"Content-Type": "text/html; charset=utf-8"},
            )
        answer: dict = {"jsonrpc": "2.0", "id": body.get("id")}
        try:
            result = run(params)
            if result is not None:
                answer["result"] = result
        except OdooError as error:
            request.outcome = "200 " + error.name.rpartition(".")[2]
            answer["error"] = {"code": 200, "message": "Odoo Server Error", "data": shown(error)}
        return Response(200, answer)

    async def web(self, request: Request) -> Response:
        request.operation = request.path
        known = {
            "/web/webclient/version_info": lambda _: self.version(),
            "/web/session/authenticate": lambda p: self.authenticate(p),
            "/web/session/destroy": lambda _: None,
            "/web/database/list": lambda _: [self.args.db],
        }
        if request.path == "/web/version" and request.method == "GET":
            return Response(200, {"version_info": self.version()["server_version_info"], "version": self.args.version})
        if request.path.startswith("/web/dataset/call_kw"):
            return self.json(request, lambda params: self.call_kw(request, params))
        if request.path not in known:
            return await self.missing(request)
        response = self.json(request, known[request.path])
        session = self.new_session if request.path.endswith("authenticate") else None
        if session:
            response.headers["Set-Cookie"] = f"session_id={session}; HttpOnly; Path=/"
        self.new_session = None
        return response

    new_session: str | None = None

    def authenticate(self, params: dict) -> dict:
        uid = self.login(params.get("db"), params.get("login"), params.get("password"))
        if not uid:
            raise OdooError("odoo.exceptions.AccessDenied", "Access Denied")
        self.new_session = os.urandom(20).hex()
        self.sessions[self.new_session] = uid
        user = self.db.table("res.users")[uid]
        return {
            "uid": uid,
            "is_admin": False,
            "db": self.args.db,
            "username": user["login"],
            "name": user["name"],
            "user_context": {"lang": "en_US", "tz": user.get("tz") or False, "uid": uid},
            "user_companies": {"current_company": 1, "allowed_companies": {"1": {"id": 1, "name": "Stand-in GmbH"}}},
            "partner_id": user["partner_id"],
            "server_version": self.args.version,
            "server_version_info": self.version()["server_version_info"],
            "session_id": self.new_session,
        }

    def call_kw(self, request: Request, params: dict) -> Any:
        cookies = dict(pair.strip().partition("=")[::2] for pair in request.headers.get("cookie", "").split(";"))
        uid = self.sessions.get(cookies.get("session_id", ""))
        if uid is None:
            raise OdooError("odoo.http.SessionExpiredException", "Session expired")
        request.operation = f"{params.get('model')}.{params.get('method')}"
        return self.execute(
            request,
            uid,
            str(params.get("model")),
            str(params.get("method")),
            list(params.get("args") or []),
            dict(params.get("kwargs") or {}),
        )

    async def xmlrpc(self, request: Request) -> Response:
        try:
            args, method = xmlrpc.client.loads(request.body)
        except Exception as error:  # expat and xmlrpc.client raise many kinds
            return Response(400, f"not XML-RPC: {error}")
        service = request.path.rsplit("/", 1)[-1]
        try:
            result = self.service(request, service, str(method), list(args))
            text = xmlrpc.client.dumps((result,), methodresponse=True, allow_none=False)
        except OdooError as error:
            code = {"AccessDenied": 3, "AccessError": 4, "MissingError": 2, "UserError": 2, "ValidationError": 2}.get(
                error.name.rpartition(".")[2], 1
            )
            text = xmlrpc.client.dumps(xmlrpc.client.Fault(code, error.message if code > 1 else shown(error)["debug"]))
        except TypeError as error:
            text = xmlrpc.client.dumps(
                xmlrpc.client.Fault(1, f"Traceback (most recent call last):\nTypeError: {error}\n")
            )
        return Response(200, text, {"Content-Type": "text/xml"})

    async def missing(self, request: Request) -> Response:
        return Response(
            404,
            "<!doctype html>\n<title>404 Not Found</title>\n<h1>Not Found</h1>\n",
            {"Content-Type": "text/html; charset=utf-8"},
        )


def shown(error: OdooError) -> dict:
    kind = error.name if error.name.startswith(("odoo.", "psycopg2.")) else error.name.rpartition(".")[2]
    return {
        "name": error.name,
        "message": error.message,
        "arguments": error.arguments,
        "context": {},
        "debug": f'Traceback (most recent call last):\n  File "/opt/odoo/odoo/http.py", line 1783, in _serve_db\n{kind}: {error.message}\n',
    }


def options() -> Any:
    parser = common.arguments("Stand-in for an Odoo server.")
    parser.add_argument("--db", default="odoo", help="the database's name")
    parser.add_argument("--login", default="integration@standin.example", help="the user that calls the API (uid 6)")
    parser.add_argument("--api-key", default="standin-api-key", help="that user's API key")
    parser.add_argument("--person", default="admin", help="login of the person who works in it (uid 2)")
    parser.add_argument("--person-password", default="admin")
    parser.add_argument("--version", default="17.0", help="the server version that is reported")
    parser.add_argument("--currency", default="USD", help="the company's currency")
    parser.add_argument(
        "--default-tax", type=float, default=15, metavar="PERCENT", help="tax that new products get by default; 0: none"
    )
    parser.add_argument(
        "--price-lists",
        choices=("on", "off"),
        default="on",
        help='the feature "Pricelists", off in a new database of Odoo 17 and later: without it there is no list',
    )
    parser.add_argument("--models", default=os.path.join(HERE, "odoo_models.json"), help="the object model")
    return parser


def main() -> None:
    args = options().parse_args()
    server = Server("odoo", args.data, args.port, args.seed)
    Odoo(server, args)
    common.run(server, args)


if __name__ == "__main__":
    main()
