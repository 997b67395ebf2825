"""Webhooks: subscriptions, headers and signatures.

A payload is built when the event happens and never again, so a late delivery carries old values.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import uuid
from typing import Any
from urllib.parse import urlsplit

from common import dumps, iso
from gql.run import Context
from shop.payloads import Payloads
from shop.search import connection, id_of, search, time_of
from shop.world import World, number_of, put_given, refuse
from webhooks import Sender

FAILURES_MAX = 8


class Hooks:
    """Subscriptions of the app, and what is sent to them. A subscription that fails 8 times in a row is deleted."""

    def __init__(self, world: World, sender_backoff_s: list[float]) -> None:
        self.world, self.payloads = world, Payloads(world)
        self.sender = Sender(world.server, sender_backoff_s, self.answered)
        self.sent = 0
        world.emit = self.emit

    def emit(self, topic: str, item: dict) -> None:
        subscriptions = [one for one in self.world.tables["WebhookSubscription"].values() if one["topicName"] == topic]
        if not subscriptions:
            return
        payload, event = self.payloads.of(topic, item), str(uuid.uuid4())
        for one in subscriptions:
            kept = (
                {name: payload[name] for name in one["includeFields"] if name in payload}
                if one["includeFields"]
                else payload
            )
            body = dumps(kept)
            self.sender.queue(topic, one["uri"], self.headers(one, topic, event, body), body, subscription=one["id"])

    def headers(self, one: dict, topic: str, event: str, body: str) -> dict[str, str]:
        """In the spelling that the options ask for: X-Shopify-…, shopify-…, or now this, now that."""
        settings = self.world.settings
        self.sent += 1
        plain = settings.webhook_headers == "unprefixed" or (
            settings.webhook_headers == "alternating" and self.sent % 2 == 0
        )
        signature = base64.b64encode(
            hmac.new(settings.secret.encode(), body.encode(), hashlib.sha256).digest()
        ).decode()
        values = {
            "Topic": topic,
            "Hmac-Sha256": signature,
            "Shop-Domain": settings.shop,
            "API-Version": settings.api_version,
            "Webhook-Id": str(uuid.uuid4()),
            "Event-Id": event,
            "Triggered-At": iso(self.world.server.clock.now_us(), 6),
            "Name": one["name"],
        }
        made = {
            ("shopify-" + name.lower() if plain else "X-Shopify-" + name): value
            for name, value in values.items()
            if value
        }
        return {"Content-Type": "application/json", "User-Agent": "Shopify-Captain-Hook", "Accept": "*/*", **made}

    def answered(self, delivery: dict, ok: bool) -> bool:
        """False: do not try again (the subscription is gone)."""
        one = self.world.find("WebhookSubscription", delivery.get("subscription"))
        if one is None:
            return False
        one["failures"] = 0 if ok else one["failures"] + 1
        if one["failures"] >= FAILURES_MAX:
            self.world.remove(one)
            return False
        self.world.save(one)
        return True


def topic_name(enum: str) -> str:
    """ORDERS_CREATE → orders/create, INVENTORY_LEVELS_UPDATE → inventory_levels/update."""
    for tail in (
        "PURCHASING_SUMMARY",
        "MARKETING_CONSENT_UPDATE",
        "LINK_REQUESTED",
        "PARTIALLY_FULFILLED",
        "ROLES_ASSIGN",
    ):
        if enum.endswith("_" + tail) and not enum.startswith("CUSTOMERS_EMAIL"):
            return enum[: -len(tail) - 1].lower() + "/" + tail.lower()
    head, _, tail = enum.rpartition("_")
    return f"{head}/{tail}".lower()


def uri_of(given: dict) -> tuple[str | None, dict | None]:
    uri = given.get("uri") or given.get("callbackUrl")
    field = ["webhookSubscription", "callbackUrl"]
    if not uri:
        return None, refuse(field, "Address can't be blank")
    parts = urlsplit(uri)
    loopback = parts.hostname in ("127.0.0.1", "localhost", "::1")  # the real one takes no http and no loopback address
    if parts.scheme not in ("https", "http") or (parts.scheme == "http" and not loopback):
        return None, refuse(field, f"Address protocol {parts.scheme or 'none'}:// is not supported")
    return uri, None


def common_errors(given: dict) -> list[dict]:
    errors = []
    if given.get("format") == "XML":
        errors.append(refuse(["webhookSubscription", "format"], "Format XML is not played by this stand-in"))
    if given.get("filter"):
        errors.append(refuse(["webhookSubscription", "filter"], "Filters are not played by this stand-in"))
    return errors


def create(_: Any, args: dict, context: Context) -> dict:
    world, given = context.world, args["webhookSubscription"]
    uri, error = uri_of(given)
    errors = [error] if error else common_errors(given)
    if not errors and any(
        one["topic"] == args["topic"] and one["uri"] == uri for one in world.tables["WebhookSubscription"].values()
    ):
        errors = [refuse(["webhookSubscription", "callbackUrl"], "Address for this topic has already been taken")]
    if errors:
        return {"webhookSubscription": None, "userErrors": errors}
    made = world.new(
        "WebhookSubscription",
        {
            "topic": args["topic"],
            "topicName": topic_name(args["topic"]),
            "uri": uri,
            "callbackUrl": uri,
            "format": "JSON",
            "filter": None,
            "name": given.get("name"),
            "includeFields": given.get("includeFields") or [],
            "metafieldNamespaces": given.get("metafieldNamespaces") or [],
            "failures": 0,
        },
    )
    return {"webhookSubscription": made, "userErrors": []}


def update(_: Any, args: dict, context: Context) -> dict:
    world, given = context.world, args["webhookSubscription"]
    one = world.find("WebhookSubscription", args["id"])
    if one is None:
        return {"webhookSubscription": None, "userErrors": [refuse(["id"], "Webhook subscription does not exist")]}
    uri, error = uri_of({"uri": one["uri"], **given})
    errors = [error] if error else common_errors(given)
    if errors:
        return {"webhookSubscription": None, "userErrors": errors}
    if put_given(
        one,
        {**given, "uri": uri, "callbackUrl": uri},
        "uri",
        "callbackUrl",
        "name",
        "includeFields",
        "metafieldNamespaces",
    ):
        world.touch(one)
    return {"webhookSubscription": one, "userErrors": []}


def delete(_: Any, args: dict, context: Context) -> dict:
    one = context.world.find("WebhookSubscription", args["id"])
    if one is None:
        return {
            "deletedWebhookSubscriptionId": None,
            "userErrors": [refuse(["id"], "Webhook subscription does not exist")],
        }
    context.world.remove(one)
    return {"deletedWebhookSubscriptionId": one["id"], "userErrors": []}


def subscriptions(_: dict, args: dict, context: Context) -> Any:
    fields = {"id": id_of(), "created_at": time_of("createdAt"), "updated_at": time_of("updatedAt")}
    found = [
        one
        for one in context.world.tables["WebhookSubscription"].values()
        if (not args.get("topics") or one["topic"] in args["topics"])
        and (args.get("uri") or args.get("callbackUrl")) in (None, one["uri"])
    ]
    return connection(search(found, args.get("query"), fields, context), args)


RESOLVERS = {
    "QueryRoot.webhookSubscription": lambda o, a, c: c.world.find("WebhookSubscription", a["id"]),
    "QueryRoot.webhookSubscriptions": subscriptions,
    "WebhookSubscription.legacyResourceId": lambda o, a, c: str(number_of(o["id"])),
    "WebhookSubscription.endpoint": lambda o, a, c: {"__type": "WebhookHttpEndpoint", "callbackUrl": o["uri"]},
    "WebhookSubscription.apiVersion": lambda o, a, c: {
        "displayName": c.world.settings.api_version,
        "handle": c.world.settings.api_version,
        "supported": True,
    },
    "Mutation.webhookSubscriptionCreate": create,
    "Mutation.webhookSubscriptionUpdate": update,
    "Mutation.webhookSubscriptionDelete": delete,
}
