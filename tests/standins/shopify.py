#!/usr/bin/python3
"""A stand-in for one Shopify shop: the GraphQL Admin API, OAuth's client-credentials grant, webhooks.

Written from shopify.dev (Admin API 2026-04 schema, rate limits, webhooks, search syntax, idempotency). It is strict
where the real system is: unknown fields and arguments, wrong ids, missing @idempotent, stale compare-and-swap
values, taken e-mail addresses, costs over the bucket. It knows nothing of Tidegate.

    /usr/bin/python3 shopify.py --port 0 --ready-file url.txt --data DIR
    POST {url}/admin/api/2026-07/graphql.json     X-Shopify-Access-Token: shpat_standin_token
    POST {url}/admin/oauth/access_token           grant_type=client_credentials
    {url}/_control/                               look at it, act in it, make it misbehave (control.py)

Faults that this stand-in plays itself: "throttle" (a THROTTLED answer, "status": 429 for the other spelling),
"internal" (HTTP 200 with INTERNAL_SERVER_ERROR; with "applied": true after the mutation was carried out), and the
webhook kinds of webhooks.py.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import sys
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from common import Request, Response, Server, arguments, run  # noqa: E402
from gql.run import Context, Engine, Program, Refused  # noqa: E402
from gql.schema import Schema, scalar_date_time, scalar_decimal, scalar_text  # noqa: E402
from shop import actions, company_api, customers, hooks, inventory, metafields, order_api, product_api  # noqa: E402
from shop.world import PREFIX, World, kind_of  # noqa: E402

VERSIONS = ("2026-01", "2026-04", "2026-07", "2026-10")
PLANS = {
    "standard": (2000, 100),
    "advanced": (4000, 200),
    "plus": (20000, 1000),
    "enterprise": (40000, 2000),
    "unlimited-for-tests": (10**9, 10**9),
}
COST_MAX = 1000
LIST_MAX = 250
BAD_TOKEN = {"errors": "[API] Invalid API key or access token (unrecognized login or wrong password)"}
BACKOFF_S = [10.0, 60.0, 180.0, 600.0, 1800.0, 3600.0, 3600.0, 4500.0]  # 8 more tries within 4 hours
SCOPES = (
    "read_products,write_products,read_orders,write_orders,read_all_orders,read_customers,write_customers,"
    "read_companies,write_companies,read_inventory,write_inventory,read_locations"
)


class Bucket:
    """The leaky bucket of one app on one shop: `restore` points a second, up to `size`."""

    def __init__(self, plan: str, now_us: int) -> None:
        self.size, self.restore = PLANS[plan]
        self.level, self.at_us = float(self.size), now_us

    def refill(self, now_us: int) -> None:
        self.level = min(self.size, self.level + (now_us - self.at_us) / 1e6 * self.restore)
        self.at_us = now_us

    def status(self) -> dict:
        return {
            "maximumAvailable": float(self.size),
            "currentlyAvailable": int(self.level),
            "restoreRate": float(self.restore),
        }


class Shopify:
    """The endpoints over the world."""

    def __init__(self, server: Server, settings: Any) -> None:
        self.server, self.settings = server, settings
        self.world = World(server, settings)
        self.hooks = hooks.Hooks(self.world, [one * settings.webhook_retry_scale for one in BACKOFF_S])
        self.bucket = Bucket(settings.plan, server.clock.now_us())
        self.engine = Engine(read_schema(), resolvers(), lambda value: value["__type"])
        server.route("POST", "/admin/api/", self.graphql)
        server.route("POST", "/admin/oauth/access_token", self.oauth)
        server.on_expire_tokens.append(self.expire_tokens)
        for name, (act, sample) in actions.ACTIONS.items():
            server.action(name, self.action(act), sample)
        server.action("webhooks", lambda _: {**self.hooks.sender.counts, "pending": self.hooks.sender.pending()})

    # ------------------------------------------------------------------ the API

    async def graphql(self, request: Request) -> Response:
        match = re.fullmatch(r"/admin/api/([\w-]+)/graphql\.json", request.path)
        version = served_version(match.group(1)) if match else None
        if version is None:
            return Response(404, {"errors": "Not Found"})
        headers = {"X-Shopify-API-Version": version, "X-Request-Id": secrets.token_hex(16)}
        if not self.token_ok(request.headers.get("x-shopify-access-token", "")):
            return Response(401, BAD_TOKEN, headers)
        asked = read_body(request)
        if isinstance(asked, str):
            return Response(400, {"errors": {"query": asked}}, headers)
        status, body = self.answer(request, *asked)
        self.world.finish()
        return Response(status, body, headers)

    def answer(self, request: Request, query: str, given: dict, name: str | None) -> tuple[int, dict]:
        try:
            program = self.engine.prepare(query, name)
            request.operation = called(program)
            variables = self.engine.variables(program.operation, given)
        except Refused as refused:
            request.outcome = "invalid"
            return 200, {"errors": refused.errors}
        long = longest(given)
        if long > LIST_MAX:
            request.outcome = "invalid"
            return 200, {
                "errors": [
                    {
                        "message": f"The input array size of {long} is greater than the maximum allowed of {LIST_MAX}.",
                        "extensions": {"code": "MAX_INPUT_SIZE_EXCEEDED"},
                    }
                ]
            }
        cost = self.engine.cost(program, variables)
        refused_answer = self.limits(request, cost)
        return refused_answer or self.execute(request, program, variables, cost)

    def limits(self, request: Request, cost: int) -> tuple[int, dict] | None:
        """The answer when the query costs more than one may, or more than is left."""
        if cost > COST_MAX:
            request.outcome = "MAX_COST_EXCEEDED"
            return 200, {
                "errors": [
                    {
                        "message": f"Query cost is {cost}, which exceeds the single query max cost limit ({COST_MAX}).",
                        "extensions": {
                            "code": "MAX_COST_EXCEEDED",
                            "cost": cost,
                            "maxCost": COST_MAX,
                            "documentation": "https://shopify.dev/api/usage/rate-limits",
                        },
                    }
                ]
            }
        self.bucket.refill(self.server.clock.now_us())
        fault = request.faults.get("throttle")
        if fault is None and self.bucket.level >= cost:
            return None
        request.outcome = "THROTTLED"
        status = {**self.bucket.status(), **({"currentlyAvailable": 0} if fault else {})}
        return (fault or {}).get("status", 200), {
            "errors": [
                {
                    "message": "Throttled",
                    "extensions": {"code": "THROTTLED", "documentation": "https://shopify.dev/api/usage/rate-limits"},
                }
            ],
            "extensions": {"cost": {"requestedQueryCost": cost, "actualQueryCost": None, "throttleStatus": status}},
        }

    def execute(self, request: Request, program: Program, variables: dict, cost: int) -> tuple[int, dict]:
        fault = request.faults.get("internal")
        if fault and not fault.get("applied"):
            request.outcome = "INTERNAL_SERVER_ERROR"
            return 200, internal_error()
        data, context = self.engine.execute(program, variables, self.world)
        if fault:
            request.outcome = "INTERNAL_SERVER_ERROR"
            return 200, internal_error()
        actual = cost if program.operation.kind == "mutation" else min(cost, max(1, context.objects - 1))
        self.bucket.level -= actual
        body: dict[str, Any] = {"data": data}
        if context.errors:
            body["errors"] = context.errors
        extensions: dict[str, Any] = {
            "cost": {"requestedQueryCost": cost, "actualQueryCost": actual, "throttleStatus": self.bucket.status()}
        }
        if context.notes:
            extensions["search"] = context.notes
        body["extensions"] = extensions
        request.outcome = "errors" if context.errors else "userErrors" if has_user_errors(data) else "ok"
        return 200, body

    # ------------------------------------------------------------------ tokens

    def token_ok(self, token: str) -> bool:
        if secrets.compare_digest(token.encode(), self.settings.token.encode()):
            return True
        known = self.world.store.get("_token", token)
        return known is not None and known["until_us"] > self.server.clock.now_us()

    async def oauth(self, request: Request) -> Response:
        """The client-credentials grant (shopify.dev, "Using the client credentials grant"): a token for 24 hours."""
        request.operation = "oauth access_token"
        json_body = "json" in request.headers.get("content-type", "")
        try:
            given = request.json() if json_body else dict(parse_qsl(request.body.decode()))
        except ValueError:
            return Response(400, {"error": "invalid_request"})
        if given.get("grant_type") != "client_credentials":
            return Response(
                400, {"error": "unsupported_grant_type", "error_description": "only client_credentials is played here"}
            )
        if (given.get("client_id"), given.get("client_secret")) != (self.settings.client_id, self.settings.secret):
            return Response(400, {"error": "invalid_client", "error_description": "Client authentication failed"})
        token = "shpat_" + secrets.token_hex(16)
        seconds = self.settings.token_seconds
        self.world.store.put("_token", token, {"until_us": self.server.clock.now_us() + seconds * 1_000_000})
        return Response(200, {"access_token": token, "scope": SCOPES, "expires_in": seconds - 1})

    def expire_tokens(self) -> None:
        for token in list(self.world.store.table("_token")):
            self.world.store.delete("_token", token)

    # ------------------------------------------------------------------ control actions

    def action(self, act: Any) -> Any:
        def run_action(body: dict) -> dict:
            self.world.quiet = body.get("webhooks") is False
            try:
                result = act(self.world, body)
                told = self.hooks.payloads.order(result) if result.get("__type") == "Order" else result
                self.world.finish()
            finally:
                self.world.quiet = False
                self.world.told.clear()
            return told

        return run_action


# ---------------------------------------------------------------------- what the endpoints need


def read_schema() -> Schema:
    with open(
        os.path.join(os.path.dirname(os.path.abspath(__file__)), "shop", "schema.graphql"), encoding="utf-8"
    ) as file:
        return Schema(
            file.read(),
            {
                "ID": global_id,
                "DateTime": scalar_date_time,
                "Decimal": scalar_decimal,
                "Money": scalar_decimal,
                "HTML": scalar_text,
                "URL": scalar_text,
                "JSON": lambda value: value,
                "UnsignedInt64": lambda value: str(int(value)),
            },
        )


def global_id(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise ValueError
    if not re.fullmatch(r"gid://[\w-]+/\w+/[\w?=&.%-]+", str(value)):
        raise ValueError(f"Invalid global id '{value}'")
    return str(value)


def node(_: Any, args: dict, context: Context) -> dict | None:
    kind = kind_of(args["id"])
    if kind == "Shop":
        return context.world.shop()
    return context.world.any(args["id"])


def resolvers() -> dict:
    own = {
        "QueryRoot.shop": lambda o, a, c: c.world.shop(),
        "QueryRoot.node": node,
        "QueryRoot.nodes": lambda o, a, c: [node(o, {"id": gid}, c) for gid in a["ids"]],
        "Shop.plan": lambda o, a, c: o["plan"],
        "QueryRoot.currentAppInstallation": lambda o, a, c: {
            "__type": "AppInstallation",
            "id": PREFIX + "AppInstallation/580112",
            "accessScopes": [{"handle": one, "description": one} for one in SCOPES.split(",")],
            "app": {
                "__type": "App",
                "id": PREFIX + "App/580111",
                "title": "Integration",
                "handle": "integration",
                "apiKey": c.world.settings.client_id,
            },
        },
    }
    made = dict(own)
    for module in (product_api, inventory, customers, company_api, order_api, metafields, hooks):
        made |= module.RESOLVERS
    return made


def served_version(asked: str) -> str | None:
    """The version that answers: an old one falls forward to the oldest supported, an unknown one is none."""
    if asked == "unstable" or asked in VERSIONS:
        return asked
    return VERSIONS[0] if re.fullmatch(r"20\d\d-(01|04|07|10)", asked) and asked < VERSIONS[0] else None


def read_body(request: Request) -> tuple[str, dict, str | None] | str:
    """(query, variables, operation name), or what is wrong. Numbers keep their digits."""
    kind = request.headers.get("content-type", "")
    if "application/graphql" in kind:
        return request.body.decode("utf-8", "replace"), {}, None
    try:
        body = json.loads(request.body, parse_float=Decimal)
    except (ValueError, UnicodeDecodeError):
        return "Required parameter missing or invalid"
    if "json" not in kind or not isinstance(body, dict) or not isinstance(body.get("query"), str):
        return "Required parameter missing or invalid"
    variables = body.get("variables") or {}
    return (
        (body["query"], variables, body.get("operationName"))
        if isinstance(variables, dict)
        else "Required parameter missing or invalid"
    )


def called(program: Program) -> str:
    return (
        program.operation.kind
        + " "
        + ",".join(sorted({getattr(one, "name", "...") for one in program.operation.selections}))
    )


def longest(value: Any) -> int:
    """The length of the longest list in it."""
    if isinstance(value, dict):
        return max((longest(item) for item in value.values()), default=0)
    if isinstance(value, list):
        return max([len(value), *(longest(item) for item in value if isinstance(item, (dict, list)))])
    return 0


def has_user_errors(data: dict | None) -> bool:
    return any(isinstance(one, dict) and one.get("userErrors") for one in (data or {}).values())


def internal_error() -> dict:
    return {
        "errors": [
            {
                "message": "Internal error. Looks like something went wrong on our end.\nRequest ID: "
                + secrets.token_hex(8)
                + " (include this in support requests).",
                "extensions": {"code": "INTERNAL_SERVER_ERROR", "requestId": secrets.token_hex(8)},
            }
        ]
    }


def main() -> None:
    parser = arguments("A stand-in for one Shopify shop.")
    env = os.environ.get
    parser.add_argument(
        "--token", default=env("SHOPIFY_TOKEN", "shpat_standin_token"), help="the custom app's access token"
    )
    parser.add_argument(
        "--client-id", default=env("SHOPIFY_CLIENT_ID", "standin_client"), help="for the client-credentials grant"
    )
    parser.add_argument(
        "--secret",
        default=env("SHOPIFY_SECRET", "shpss_standin_secret"),
        help="the app's client secret: signs webhooks",
    )
    parser.add_argument("--token-seconds", type=int, default=86400, help="life of a granted token")
    parser.add_argument("--shop", default="standin.myshopify.com", help="the shop's domain")
    parser.add_argument("--plan", choices=sorted(PLANS), default="plus", help="decides the rate limit")
    parser.add_argument("--currency", default="USD", help="the shop's currency")
    parser.add_argument("--country", default="US", help="the shop's country")
    parser.add_argument(
        "--locations",
        default="Main warehouse",
        help="stock locations, separated by commas; the first is the primary one",
    )
    parser.add_argument("--offset", default="-05:00", help="the shop's zone, as webhook payloads show times")
    parser.add_argument("--api-version", default="2026-07", help="version of webhook payloads")
    parser.add_argument(
        "--webhook-headers",
        choices=("prefixed", "unprefixed", "alternating"),
        default="prefixed",
        help="X-Shopify-Topic, shopify-topic, or now this, now that",
    )
    parser.add_argument(
        "--webhook-retry-scale", type=float, default=1.0, help="multiplies the waits between webhook attempts"
    )
    parser.add_argument(
        "--stock-touches-product",
        type=int,
        choices=(0, 1),
        default=1,
        help="a stock change moves the product's updatedAt",
    )
    parser.add_argument(
        "--search-lag-ms", type=int, default=0, help="new objects are found by `query:` only after so long"
    )
    args = parser.parse_args()
    server = Server("shopify", args.data, args.port, args.seed)
    Shopify(server, args)
    run(server, args)


if __name__ == "__main__":
    main()
