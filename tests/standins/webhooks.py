"""Sends webhooks: a queue with retries and back-off that survives a restart, and faults to try a receiver with.

Each delivery is a row of the store's table "_webhooks" until it was answered with 2xx or given up. The order of
sending is by due time, not by event: as with the real systems, order is not guaranteed.

Faults (kinds for common.Faults; `match` looks at the topic and the body):
webhook_drop     never sent, and nobody is told
webhook_double   sent twice, the same headers and body
webhook_late     sent after ms ([from, to] or one number; default 2000)
webhook_reorder  held back 300..900 ms, so that later ones overtake it
"""

from __future__ import annotations

import asyncio
import heapq
import ssl
from typing import Any, Callable
from urllib.parse import urlsplit

from common import Server

CONNECT_S = 1.0
TOTAL_S = 5.0
AT_ONCE = 32
KINDS = ("webhook_drop", "webhook_double", "webhook_late", "webhook_reorder")


class Sender:
    """backoff_s: the waits between the attempts; after the last one a delivery is given up.
    on_result(delivery, ok) is told after each attempt, before the next one is planned."""

    def __init__(self, server: Server, backoff_s: list[float], on_result: Callable[[dict, bool], Any]) -> None:
        self.server, self.backoff_s, self.on_result = server, backoff_s, on_result
        self.table = server.store.table("_webhooks")
        self.heap: list[tuple[int, int]] = []
        self.wake = asyncio.Event()
        self.slots = asyncio.Semaphore(AT_ONCE)
        self.counts = {"queued": 0, "sent": 0, "failed": 0, "given_up": 0, "dropped": 0, "doubled": 0, "late": 0}
        self.task: asyncio.Task | None = None
        server.on_start.append(self.start)
        server.on_stop.append(self.stop)

    def queue(self, topic: str, url: str, headers: dict[str, str], body: str, **more: Any) -> None:
        """Plans one delivery; `more` is kept with it for on_result."""
        hit = self.server.faults.strike(topic, body.encode(), KINDS) if self.server.faults.active else {}
        self.counts["queued"] += 1
        if "webhook_drop" in hit:
            self.counts["dropped"] += 1
            return
        wait_ms = 0.0
        if "webhook_late" in hit:
            wait_ms += self.server.faults.milliseconds(hit["webhook_late"], 2000)
            self.counts["late"] += 1
        if "webhook_reorder" in hit:
            wait_ms += self.server.faults.random.uniform(300, 900)
            self.counts["late"] += 1
        for copy in range(2 if "webhook_double" in hit else 1):
            self.counts["doubled"] += copy
            self._plan(
                {
                    "id": self.server.store.next("_webhook"),
                    "topic": topic,
                    "url": url,
                    "headers": headers,
                    "body": body,
                    "attempts": 0,
                    **more,
                },
                wait_ms,
            )

    def pending(self) -> int:
        return len(self.table)

    def start(self) -> None:
        for row in list(self.table.values()):
            heapq.heappush(self.heap, (row["due_us"], row["id"]))
        self.task = asyncio.get_running_loop().create_task(self._run())

    def stop(self) -> None:
        if self.task:
            self.task.cancel()

    def _plan(self, row: dict, wait_ms: float) -> None:
        row["due_us"] = self.server.clock.now_us() + int(wait_ms * 1000)
        self.server.store.put("_webhooks", row["id"], row)
        heapq.heappush(self.heap, (row["due_us"], row["id"]))
        self.wake.set()

    async def _run(self) -> None:
        while True:
            wait_s = (self.heap[0][0] - self.server.clock.now_us()) / 1e6 if self.heap else 3600.0
            if wait_s > 0:
                self.wake.clear()
                try:
                    await asyncio.wait_for(self.wake.wait(), wait_s)
                except asyncio.TimeoutError:
                    pass
                continue
            row = self.table.get(heapq.heappop(self.heap)[1])
            if row is not None:
                await self.slots.acquire()
                task = asyncio.get_running_loop().create_task(self._attempt(row))
                self.server.tasks.add(task)
                task.add_done_callback(self.server.tasks.discard)

    async def _attempt(self, row: dict) -> None:
        try:
            ok = await self._post(row)
            row["attempts"] += 1
            self.counts["sent" if ok else "failed"] += 1
            keep = self.on_result(row, ok)
            if ok or keep is False or row["attempts"] > len(self.backoff_s):
                self.counts["given_up"] += 0 if ok else 1
                self.server.store.delete("_webhooks", row["id"])
            else:
                self._plan(row, self.backoff_s[row["attempts"] - 1] * 1000)
            self.server.store.commit()
        finally:
            self.slots.release()

    async def _post(self, row: dict) -> bool:
        try:
            status = await asyncio.wait_for(post(row["url"], row["headers"], row["body"].encode()), TOTAL_S)
        except (OSError, asyncio.TimeoutError, EOFError, ValueError, asyncio.LimitOverrunError):
            return False
        return 200 <= status < 300


async def post(url: str, headers: dict[str, str], body: bytes) -> int:
    """One POST on a connection of its own; the status. Redirects are not followed (they count as failures)."""
    parts = urlsplit(url)
    secure = ssl.create_default_context() if parts.scheme == "https" else None
    port = parts.port or (443 if secure else 80)
    reader, writer = await asyncio.wait_for(asyncio.open_connection(parts.hostname, port, ssl=secure), CONNECT_S)
    try:
        target = (parts.path or "/") + ("?" + parts.query if parts.query else "")
        head = [
            f"POST {target} HTTP/1.1",
            f"Host: {parts.netloc}",
            f"Content-Length: {len(body)}",
            "Connection: close",
            *(f"{name}: {value}" for name, value in headers.items()),
        ]
        writer.write(("\r\n".join(head) + "\r\n\r\n").encode() + body)
        while True:
            line = (await reader.readuntil(b"\r\n")).split(b" ")
            status = int(line[1])
            if status != 100:
                return status
            await reader.readuntil(b"\r\n")
    finally:
        writer.close()
