"""What the stand-in servers share: an HTTP/1.1 server, a store, faults, control calls, a clock.

A stand-in behaves on the wire as one real system does. Everything that does not depend on which system it is
lives here; this file knows nothing of Tidegate and shares no code with its adapters.

    server = Server("shopify", args.data, args.port)
    server.route("POST", "/admin/api/", handler)            # async def handler(request) -> Response
    server.action("place_order", place_order, {"sku": "A"}) # def place_order(body: dict) -> dict
    run(server, args)

Invariants
- The working copy is in memory (`Store.tables`); everything changed by a request is committed to SQLite before
  its answer is written, so what a client was told survives kill -9 (not a power cut: synchronous=OFF).
- One request of a connection is answered before the next one is begun; connections interleave at awaits only.
- Faults are looked at in one place, before the handler; the control calls never suffer from them.
"""

from __future__ import annotations

import argparse
import asyncio
import inspect
import os
import signal
import sys
import traceback
from collections import Counter
from typing import Any, Awaitable, Callable

from faults import Faults
from http11 import BODY_MAX, Connection, Refuse, Request, Response
from store import Clock, Store, dumps, iso

__all__ = [
    "Clock",
    "Faults",
    "Refuse",
    "Request",
    "Response",
    "Server",
    "Store",
    "arguments",
    "dumps",
    "iso",
    "run",
    "settle",
    "write_atomically",
    "BODY_MAX",
]


Handler = Callable[[Request], Awaitable[Response]]


class Server:
    """Routes, store, faults, counters and control calls of one stand-in. It listens on 127.0.0.1 only."""

    def __init__(self, name: str, data_dir: str | None = None, port: int = 0, seed: int | None = None) -> None:
        self.name, self.port, self.clock = name, port, Clock()
        self.store, self.faults = Store(data_dir), Faults(seed)
        self.calls: dict[str, Counter] = {}
        self.bugs = 0
        self.routes: list[tuple[str, str, Handler]] = []
        self.actions: dict[str, tuple[Callable[[dict], Any], Any]] = {}
        self.on_expire_tokens: list[Callable[[], Any]] = []
        self.on_start: list[Callable[[], Any]] = []
        self.on_stop: list[Callable[[], Any]] = []
        self.connections: set[Connection] = set()
        self.tasks: set[asyncio.Task] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def route(self, method: str, path_prefix: str, handler: Handler) -> None:
        """The longest matching prefix wins; method "*" takes every method."""
        self.routes.append((method, path_prefix, handler))
        self.routes.sort(key=lambda route: -len(route[1]))

    def action(self, name: str, run_action: Callable[[dict], Any], sample: Any = None) -> None:
        """POST /_control/do/<name>: what a person in that system does. run_action (plain or async) takes the JSON
        body and returns what to answer; raise Refuse(400, "why"). sample is shown on the control page."""
        self.actions[name] = (run_action, sample if sample is not None else {})

    async def answer(self, request: Request) -> Response | None:
        """The answer to one request, or None: tear the connection."""
        if request.path == "/_control" or request.path.startswith("/_control/"):
            import control

            return await self._guarded(request, lambda r: control.handle(self, r))
        return await self._answer_api(request)

    async def _answer_api(self, request: Request) -> Response | None:
        request.faults = self.faults.strike(request.target, request.body) if self.faults.active else {}
        if "delay" in request.faults:
            await asyncio.sleep(self.faults.milliseconds(request.faults.pop("delay")) / 1000)
        if "hold_before" in request.faults:
            await self.faults.calmed.wait()
        if "expire" in request.faults:
            self.expire_tokens()
        response: Response | None = None
        if "drop_before" not in request.faults:
            status = request.faults.pop("status", None)
            if status:
                response = Response(
                    status.get("status", 503), status.get("body", {"errors": "stand-in fault"}), status.get("headers")
                )
            else:
                response = await self._guarded(request, self._find(request))
        if "hold_after" in request.faults:
            await self.faults.calmed.wait()
        if response is None or "drop_after" in request.faults:
            self._count(request, "dropped")
            return None
        self._count(request, request.outcome or str(response.status))
        return response

    def expire_tokens(self) -> None:
        for expire in self.on_expire_tokens:
            expire()

    def _find(self, request: Request) -> Handler:
        known = False
        for method, prefix, handler in self.routes:
            if request.path.startswith(prefix):
                if method in ("*", request.method):
                    return handler
                known = True

        async def missing(_: Request) -> Response:
            return Response(405 if known else 404, {"errors": "Method Not Allowed" if known else "Not Found"})

        return missing

    async def _guarded(self, request: Request, handler: Handler) -> Response:
        try:
            response = await handler(request)
        except Refuse as refusal:
            response = refusal.response
        except Exception:  # a mistake of the stand-in: shown, counted, answered
            self.bugs += 1
            traceback.print_exc()
            response = Response(500, {"errors": "the stand-in failed: " + traceback.format_exc(limit=-1)})
        self.store.commit()
        return response

    def _count(self, request: Request, outcome: str) -> None:
        operation = request.operation or f"{request.method} {request.path}"
        self.calls.setdefault(operation, Counter())[outcome] += 1

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        self._listener = await loop.create_server(lambda: Connection(self), "127.0.0.1", self.port, backlog=512)
        self.port = self._listener.sockets[0].getsockname()[1]
        for begin in self.on_start:
            await settle(begin())

    async def stop(self) -> None:
        self._listener.close()
        for end in self.on_stop:
            await settle(end())
        for connection in list(self.connections):
            if connection.transport:
                connection.transport.abort()
        self.store.close()


async def settle(value: Any) -> Any:
    """Awaits what is awaitable, and passes on what is not."""
    return await value if inspect.isawaitable(value) else value


def arguments(description: str) -> argparse.ArgumentParser:
    """The options that every stand-in has."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; 0 picks a free one")
    parser.add_argument("--data", metavar="DIR", help="keep the data here across restarts; without it, in memory")
    parser.add_argument("--ready-file", metavar="FILE", help="write the base URL here once listening")
    parser.add_argument("--seed", type=int, help="make the faults' chances repeatable")
    return parser


def write_atomically(path: str, text: str) -> None:
    with open(path + ".new", "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(path + ".new", path)


def run(server: Server, args: argparse.Namespace) -> None:
    """Serves until SIGTERM or SIGINT."""

    async def main() -> None:
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await server.start()
        print(
            f"stand-in {server.name}: {server.url}  (control page {server.url}/_control/)", file=sys.stderr, flush=True
        )
        if args.ready_file:
            write_atomically(args.ready_file, server.url + "\n")
        await stop.wait()
        await server.stop()

    asyncio.run(main())
