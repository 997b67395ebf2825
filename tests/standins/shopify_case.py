"""What the tests of the Shopify stand-in share: a running server, a receiver of webhooks, the base of the cases."""

from __future__ import annotations

import http.client
import http.server
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from typing import Any

HERE = os.path.dirname(os.path.abspath(__file__))
TOKEN, SECRET = "shpat_standin_token", "shpss_standin_secret"
LAZYK = {
    "name": "Lazy K",
    "externalId": "LAZYK",
    "contact": {"firstName": "John", "lastName": "Steel", "email": "john@example.com"},
    "address": {
        "address1": "12 Orchestra Terrace",
        "city": "Walla Walla",
        "provinceCode": "WA",
        "zip": "99362",
        "country": "USA",
    },
}


class StandIn:
    """One running server."""

    def __init__(self, *options: str) -> None:
        self.folder = tempfile.TemporaryDirectory(prefix="standin-")
        self.options = options
        self.start()

    def start(self) -> None:
        ready = os.path.join(self.folder.name, "url")
        if os.path.exists(ready):
            os.remove(ready)
        self.process = subprocess.Popen(
            [
                sys.executable,
                os.path.join(HERE, "shopify.py"),
                "--data",
                os.path.join(self.folder.name, "data"),
                "--ready-file",
                ready,
                *self.options,
            ],
            stderr=subprocess.PIPE,
            text=True,
        )
        until = time.monotonic() + 10
        while not os.path.exists(ready):
            if time.monotonic() > until or self.process.poll() is not None:
                raise RuntimeError(
                    "the stand-in did not start: " + (self.process.stderr.read() if self.process.stderr else "")
                )
            time.sleep(0.01)
        with open(ready, encoding="utf-8") as file:
            self.port = int(file.read().rsplit(":", 1)[1])

    def kill(self, number: int = signal.SIGKILL) -> None:
        self.process.send_signal(number)
        self.process.wait(10)
        if self.process.stderr:
            self.process.stderr.close()

    def stop(self) -> None:
        self.kill(signal.SIGTERM)
        self.folder.cleanup()

    def http(self, method: str, path: str, body: Any = None, headers: dict | None = None) -> tuple[int, Any, dict]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        data = body if isinstance(body, (bytes, type(None))) else json.dumps(body).encode()
        connection.request(method, path, data, {"Content-Type": "application/json", **(headers or {})})
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        return (
            answer.status,
            json.loads(text) if text[:1] in (b"{", b"[") else text,
            {k.lower(): v for k, v in answer.getheaders()},
        )

    def raw(
        self, query: str, variables: dict | None = None, version: str = "2026-07", token: str = TOKEN
    ) -> tuple[int, Any, dict]:
        return self.http(
            "POST",
            f"/admin/api/{version}/graphql.json",
            {"query": query, "variables": variables or {}},
            {"X-Shopify-Access-Token": token},
        )

    def ask(self, query: str, variables: dict | None = None) -> dict:
        """data of a call that must have no top-level errors."""
        status, body, _ = self.raw(query, variables)
        assert status == 200 and "errors" not in body, body
        return body["data"]

    def do(self, action: str, body: dict) -> Any:
        status, answer, _ = self.http("POST", "/_control/do/" + action, body)
        assert status == 200, answer
        return answer

    def faults(self, *faults: dict) -> None:
        self.http("POST", "/_control/faults", {"faults": list(faults)})

    def bugs(self) -> int:
        return self.http("GET", "/_control/calls")[1]["bugs"]


class Receiver:
    """Takes webhooks; answers with the statuses given, then 200."""

    def __init__(self) -> None:
        self.got: list[tuple[dict, bytes]] = []
        self.statuses: list[int] = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.got.append(({k.lower(): v for k, v in self.headers.items()}, body))
                self.send_response(outer.statuses.pop(0) if outer.statuses else 200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hooks"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def wait(self, count: int, seconds: float = 5) -> list[tuple[dict, bytes]]:
        until = time.monotonic() + seconds
        while len(self.got) < count and time.monotonic() < until:
            time.sleep(0.02)
        return self.got

    def topics(self) -> list[str]:
        return [headers["x-shopify-topic"] for headers, _ in self.got]

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


class ShopTest(unittest.TestCase):
    options: tuple[str, ...] = ("--plan", "unlimited-for-tests", "--webhook-retry-scale", "0.005")

    def setUp(self) -> None:
        self.shop = StandIn(*self.options)
        self.addCleanup(self.shop.stop)

    def tearDown(self) -> None:
        if self.shop.process.poll() is None:
            self.assertEqual(self.shop.bugs(), 0, "the stand-in itself failed")

    def error(self, query: str, variables: dict | None = None) -> dict:
        status, body, _ = self.shop.raw(query, variables)
        self.assertEqual(status, 200)
        self.assertIn("errors", body)
        return body["errors"][0]

    def product(self, sku: str = "NW-1", **more: Any) -> dict:
        return self.shop.do(
            "create_product", {"title": "Chai " + sku, "sku": sku, "price": "18.00", "quantity": 39, **more}
        )

    def subscribe(self, *topics: str) -> Receiver:
        receiver = Receiver()
        self.addCleanup(receiver.close)
        for topic in topics:
            data = self.shop.ask(
                "mutation($t: WebhookSubscriptionTopic!, $u: String!) {webhookSubscriptionCreate(topic: $t, webhookSubscription: {uri: $u})"
                " {webhookSubscription {id} userErrors {message}}}",
                {"t": topic, "u": receiver.url},
            )
            self.assertEqual(data["webhookSubscriptionCreate"]["userErrors"], [])
        return receiver
