"""The HTTP/1.1 that the stand-ins speak: requests off a connection, answers onto it, with bounds."""

from __future__ import annotations

import asyncio
import json
import time
from email.utils import formatdate
from typing import Any
from urllib.parse import parse_qsl, unquote

from store import dumps

HEAD_MAX = 64 * 1024
BODY_MAX = 64 * 1024 * 1024
REASONS = {
    100: "Continue",
    200: "OK",
    201: "Created",
    202: "Accepted",
    204: "No Content",
    300: "Multiple Choices",
    301: "Moved Permanently",
    302: "Found",
    304: "Not Modified",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    408: "Request Timeout",
    409: "Conflict",
    411: "Length Required",
    412: "Precondition Failed",
    413: "Content Too Large",
    414: "URI Too Long",
    415: "Unsupported Media Type",
    422: "Unprocessable Content",
    429: "Too Many Requests",
    431: "Request Header Fields Too Large",
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}


class Request:
    """One request. `path` is percent-decoded, `target` raw; `query` maps a name to its last value.

    A handler may set `operation` (what the call is counted as) and `outcome` (how it was answered; else the
    HTTP status). `faults` holds the active faults of kinds that this file does not act on itself (for example
    "throttle"), for the stand-in to play in its system's own words.
    """

    __slots__ = ("method", "path", "target", "query", "headers", "body", "operation", "outcome", "faults")

    def __init__(self, method: str, target: str, headers: dict[str, str], body: bytes) -> None:
        path, _, query = target.partition("?")
        self.method, self.target, self.headers, self.body = method, target, headers, body
        self.path = unquote(path)
        self.query: dict[str, str] = dict(parse_qsl(query, keep_blank_values=True)) if query else {}
        self.operation = ""
        self.outcome = ""
        self.faults: dict[str, dict] = {}

    def json(self) -> Any:
        """The body as JSON; raises ValueError when it is not."""
        return json.loads(self.body)


class Response:
    """A dict or list body goes out as JSON, str as text/plain unless headers say otherwise, bytes as they are."""

    __slots__ = ("status", "body", "headers")

    def __init__(self, status: int = 200, body: Any = b"", headers: dict[str, str] | None = None) -> None:
        self.status, self.headers = status, dict(headers or {})
        kinds = {k.lower() for k in self.headers}
        if isinstance(body, (dict, list)):
            body = dumps(body).encode()
            if "content-type" not in kinds:
                self.headers["Content-Type"] = "application/json; charset=utf-8"
        elif isinstance(body, str):
            body = body.encode()
            if "content-type" not in kinds:
                self.headers["Content-Type"] = "text/plain; charset=utf-8"
        self.body: bytes = body or b""

    def encode(self, head_only: bool, close: bool) -> bytes:
        lines = [f"HTTP/1.1 {self.status} {REASONS.get(self.status, 'Status')}", "Date: " + http_date()]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        if self.status not in (204, 304):
            lines.append(f"Content-Length: {len(self.body)}")
        if close:
            lines.append("Connection: close")
        head = ("\r\n".join(lines) + "\r\n\r\n").encode("utf-8")
        return head if head_only or self.status in (204, 304) else head + self.body


_date_cache: tuple[int, str] = (0, "")


def http_date() -> str:
    global _date_cache
    second = int(time.time())
    if _date_cache[0] != second:
        _date_cache = (second, formatdate(second, usegmt=True))
    return _date_cache[1]


class Refuse(Exception):
    """Raised by a handler or a control action: answer this instead."""

    def __init__(self, status: int, body: Any, headers: dict[str, str] | None = None) -> None:
        super().__init__(str(body))
        self.response = Response(status, {"error": body} if isinstance(body, str) else body, headers)


class BadRequest(Exception):
    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


class Connection(asyncio.Protocol):
    """Parses requests off one TCP connection and answers them in order."""

    def __init__(self, server: Any) -> None:
        self.server, self.buffer, self.busy, self.continued = server, bytearray(), False, False
        self.head: tuple[str, str, dict[str, str], int] | None = None
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self.server.connections.add(self)

    def connection_lost(self, error: Exception | None) -> None:
        self.transport = None
        self.server.connections.discard(self)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        if not self.busy:
            self._step()
        elif len(self.buffer) > BODY_MAX and self.transport:
            self.transport.abort()

    def _step(self) -> None:
        try:
            request = self._parse()
        except BadRequest as error:
            self._send(Response(error.status, {"error": str(error)}).encode(False, True), True)
            return
        if request is not None:
            self.busy = True
            task = asyncio.get_running_loop().create_task(self._serve(request))
            self.server.tasks.add(task)
            task.add_done_callback(self.server.tasks.discard)

    def _parse(self) -> Request | None:
        if self.head is None:
            self.head = self._parse_head()
            if self.head is None:
                return None
        method, target, headers, start = self.head
        if "chunked" in headers.get("transfer-encoding", "").lower():
            body, end = self._parse_chunks(start)
        else:
            body, end = self._parse_sized(headers, start)
        if body is None:
            if headers.get("expect", "").lower() == "100-continue" and not self.continued and self.transport:
                self.continued = True
                self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            return None
        del self.buffer[:end]
        self.head, self.continued = None, False
        return Request(method, target, headers, body)

    def _parse_head(self) -> tuple[str, str, dict[str, str], int] | None:
        while self.buffer[:2] == b"\r\n":
            del self.buffer[:2]
        end = self.buffer.find(b"\r\n\r\n")
        if end < 0 and len(self.buffer) <= HEAD_MAX:
            return None
        if end < 0 or end > HEAD_MAX:
            raise BadRequest(431, "the header is too large")
        first, *lines = bytes(self.buffer[:end]).decode("latin-1").split("\r\n")
        parts = first.split(" ")
        if len(parts) != 3 or not parts[2].startswith("HTTP/1."):
            raise BadRequest(400, "not an HTTP/1.1 request line")
        headers: dict[str, str] = {}
        for line in lines:
            name, colon, value = line.partition(":")
            if not colon or name != name.strip() or not name:
                raise BadRequest(400, "malformed header line")
            headers[name.lower()] = value.strip()
        return parts[0], parts[1], headers, end + 4

    def _parse_sized(self, headers: dict[str, str], start: int) -> tuple[bytes | None, int]:
        text = headers.get("content-length", "0")
        if not text.isdigit():
            raise BadRequest(400, "malformed Content-Length")
        size = int(text)
        if size > BODY_MAX:
            raise BadRequest(413, "the body is too large")
        if len(self.buffer) < start + size:
            return None, 0
        return bytes(self.buffer[start : start + size]), start + size

    def _parse_chunks(self, at: int) -> tuple[bytes | None, int]:
        body = bytearray()
        while True:
            end = self.buffer.find(b"\r\n", at)
            if end < 0:
                return None, 0
            try:
                size = int(bytes(self.buffer[at:end]).split(b";")[0], 16)
            except ValueError:
                raise BadRequest(400, "malformed chunk size") from None
            if size < 0 or len(body) + size > BODY_MAX:
                raise BadRequest(413, "the body is too large")
            if size == 0:
                return self._parse_trailer(body, end)
            if len(self.buffer) < end + 2 + size + 2:
                return None, 0
            body += self.buffer[end + 2 : end + 2 + size]
            at = end + 2 + size + 2

    def _parse_trailer(self, body: bytearray, end: int) -> tuple[bytes | None, int]:
        if self.buffer[end + 2 : end + 4] == b"\r\n":
            return bytes(body), end + 4
        stop = self.buffer.find(b"\r\n\r\n", end)
        return (None, 0) if stop < 0 else (bytes(body), stop + 4)

    async def _serve(self, request: Request) -> None:
        response = await self.server.answer(request)
        if response is None:
            if self.transport:
                self.transport.abort()
            return
        close = request.headers.get("connection", "").lower() == "close"
        self._send(response.encode(request.method == "HEAD", close), close)
        self.busy = False
        if self.buffer and not close:
            self._step()

    def _send(self, data: bytes, close: bool) -> None:
        if self.transport:
            self.transport.write(data)
            if close:
                self.transport.close()
