"""The REST data API of the Salesforce stand-in, without HTTP: Call in, status and body out.

Source: REST API Developer Guide: sObject Rows, sObject Rows by External ID, Query and QueryAll, sObject
Collections, Composite, Limits, headers (Sforce-Auto-Assign, Sforce-Query-Options, If-(Un)Modified-Since).
A call runs whole or not at all: whatever it had saved before it failed is rolled back.
"""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass, field
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import parse_qsl, quote, unquote

import sf.query as finder
import sf.soql as soql
from sf.org import Caller, Org
from sf.schema import ApiError, SObject, to18

COLLECTION_MAX = 200
VERSIONS = range(31, 67)
NOT_FOUND = "The requested resource does not exist"


@dataclass
class Call:
    """One API call or composite subrequest. `path` is percent-encoded and starts at /services/data."""

    method: str
    path: str
    query: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None
    user: str = ""
    depth: int = 0  # 1 in a composite request
    all_or_none: bool = False  # the composite request's, which overrides a collection's own
    backdate_s: float = 0  # stamp what is saved so much earlier


@dataclass
class Reply:
    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


def not_found() -> ApiError:
    return ApiError(404, "NOT_FOUND", NOT_FOUND)


class Rest:
    def __init__(self, org: Org, page_size: int, limits: "Limits") -> None:
        self.org, self.page_size, self.limits = org, page_size, limits
        self.locators: dict[str, tuple[finder.Answer, int]] = {}
        self.locator_number = 0

    # ---- routing

    def answer(self, call: Call) -> Reply:
        """Never raises for what a client can cause."""
        mark = self.org.mark()
        try:
            return self.route(call)
        except ApiError as error:
            self.org.rollback(mark)
            return Reply(error.status, error.rest())
        except soql.SoqlError as error:
            self.org.rollback(mark)
            return Reply(400, [{"message": error.message, "errorCode": error.code}])
        except RecursionError:
            self.org.rollback(mark)
            return Reply(400, [{"message": "the request is nested too deeply", "errorCode": "MALFORMED_QUERY"}])
        except Exception:  # a mistake of the stand-in must not leave half a call
            self.org.rollback(mark)
            raise

    def route(self, call: Call) -> Reply:
        parts = [unquote(part) for part in call.path.split("/") if part][2:]
        if not parts:
            return self.only(
                call,
                "GET",
                lambda: Reply(
                    200, [{"label": "API", "url": f"/services/data/v{n}.0", "version": f"{n}.0"} for n in VERSIONS]
                ),
            )
        base = f"/services/data/{parts[0]}"
        match = re.fullmatch(r"v(\d+)\.0", parts[0])
        if not match or int(match.group(1)) > VERSIONS[-1]:
            raise not_found()
        if int(match.group(1)) < VERSIONS[0]:
            raise ApiError(410, "UNSUPPORTED_API_VERSION", f"API version {parts[0][1:]} is no longer supported")
        name = parts[1] if len(parts) > 1 else ""
        known = {
            "": self.resources,
            "sobjects": self.sobjects,
            "query": self.query,
            "queryAll": self.query,
            "composite": self.composite,
            "limits": self.show_limits,
        }
        if name not in known:
            raise not_found()
        return known[name](call, base, parts[2:])

    @staticmethod
    def only(call: Call, method: str, run: Any) -> Reply:
        allowed = method.split("|")
        if call.method not in allowed and not (call.method == "HEAD" and "GET" in allowed):
            raise ApiError(
                405, "METHOD_NOT_ALLOWED", f"HTTP Method '{call.method}' not allowed. Allowed are {','.join(allowed)}"
            )
        return run()

    def resources(self, call: Call, base: str, _: list[str]) -> Reply:
        return self.only(
            call,
            "GET",
            lambda: Reply(
                200, {name: f"{base}/{name}" for name in ("sobjects", "query", "queryAll", "composite", "limits")}
            ),
        )

    def show_limits(self, call: Call, _: str, __: list[str]) -> Reply:
        return self.only(call, "GET", lambda: Reply(200, self.limits.show()))

    # ---- rows

    def sobjects(self, call: Call, base: str, parts: list[str]) -> Reply:
        schema = self.org.schema
        if not parts:
            return self.only(
                call,
                "GET",
                lambda: Reply(
                    200,
                    {
                        "encoding": "UTF-8",
                        "maxBatchSize": 200,
                        "sobjects": [found.brief(base) for found in schema.objects.values()],
                    },
                ),
            )
        found = schema.get(parts[0])
        if found is None:
            raise not_found()
        if len(parts) == 1:
            if call.method in ("GET", "HEAD"):
                return Reply(200, {"objectDescribe": found.brief(base), "recentItems": []})
            return self.only(call, "POST", lambda: self.create(call, found))
        if len(parts) == 2 and parts[1] == "describe":
            return self.only(call, "GET", lambda: Reply(200, found.describe(base)))
        if len(parts) == 2 and parts[1] in ("deleted", "updated"):
            return self.only(call, "GET", lambda: self.changes(call, found, parts[1]))
        if len(parts) == 2:
            return self.by_id(call, base, found, parts[1])
        if len(parts) == 3:
            return self.by_external(call, base, found, parts[1], parts[2])
        raise not_found()

    def caller(self, call: Call) -> Caller:
        assign = call.headers.get("sforce-auto-assign", "TRUE").strip().upper() != "FALSE"
        return Caller(call.user, assign, call.backdate_s)

    def create(self, call: Call, found: SObject) -> Reply:
        key = self.org.insert(self.caller(call), found.name, call.body)
        return Reply(201, {"id": key, "success": True, "errors": []})

    def by_id(self, call: Call, base: str, found: SObject, key: str) -> Reply:
        row = self.org.find(found, key)
        if call.method == "PATCH":
            self.precondition(call, row)
            self.org.update(self.caller(call), found.name, row, call.body)
            return Reply(204)
        if call.method == "DELETE":
            self.org.delete(self.caller(call), found.name, row)
            return Reply(204)
        return self.only(call, "GET", lambda: self.show(call, base, found, row))

    def show(self, call: Call, base: str, found: SObject, row: dict) -> Reply:
        since = header_time(call.headers.get("if-modified-since"))
        if since and row_time(row) <= since:
            return Reply(304)
        names = (
            [found.field(name.strip()).name for name in call.query["fields"].split(",")]
            if call.query.get("fields")
            else list(found.fields)
        )
        record = {"attributes": {"type": found.name, "url": f"{base}/sobjects/{found.name}/{row['Id']}"}}
        record.update({name: row[name] for name in names})
        record.setdefault("Id", row["Id"])
        return Reply(200, record, {"Last-Modified": row_time(row).strftime("%a, %d %b %Y %H:%M:%S GMT")})

    @staticmethod
    def precondition(call: Call, row: dict) -> None:
        until = header_time(call.headers.get("if-unmodified-since"))
        if until and row_time(row) > until:
            raise ApiError(
                412,
                "PRECONDITION_FAILED",
                "The request couldn't be fulfilled because one or more of the " "preconditions weren't satisfied.",
            )

    def by_external(self, call: Call, base: str, found: SObject, name: str, value: str) -> Reply:
        known = self.org.lookup_field(found, name)
        if call.method == "POST" and known.type == "id":
            return self.create(call, found)
        rows = self.org.find_external(found, known, value)
        if len(rows) > 1:
            return Reply(300, [f"{base}/sobjects/{found.name}/{row['Id']}" for row in rows])
        if call.method == "PATCH":
            return self.upsert(call, found, known.name, value, rows)
        if not rows:
            raise not_found()
        if call.method == "DELETE":
            self.org.delete(self.caller(call), found.name, rows[0])
            return Reply(204)
        return self.only(call, "GET", lambda: self.show(call, base, found, rows[0]))

    def upsert(self, call: Call, found: SObject, name: str, value: str, rows: list[dict]) -> Reply:
        if isinstance(call.body, dict) and name.lower() in {key.lower() for key in call.body}:
            raise ApiError(400, "INVALID_FIELD", f"The {name} field should not be specified in the sobject data.")
        if rows:
            self.precondition(call, rows[0])
            self.org.update(self.caller(call), found.name, rows[0], call.body)
            return Reply(200, {"id": rows[0]["Id"], "success": True, "errors": [], "created": False})
        if call.query.get("updateOnly", "").lower() == "true" or name == "Id":
            raise not_found()
        if not isinstance(call.body, dict):
            raise ApiError(400, "JSON_PARSER_ERROR", "The value provided is not an sObject at [line:1, column:1]")
        key = self.org.insert(self.caller(call), found.name, {**call.body, name: value})
        return Reply(201, {"id": key, "success": True, "errors": [], "created": True})

    def changes(self, call: Call, found: SObject, kind: str) -> Reply:
        """Get Deleted and Get Updated: ids by time, start inclusive, end exclusive, at least a minute apart."""
        try:
            start, end = (soql.normal_datetime(call.query.get(name, "")) for name in ("start", "end"))
        except ValueError as error:
            raise ApiError(400, "INVALID_REPLICATION_DATE", f"not a date-time: {error}") from None
        if start >= end:
            raise ApiError(400, "INVALID_REPLICATION_DATE", "startDate before endDate is required")
        rows = [row for row in self.org.rows(found.name).values() if start <= row["SystemModstamp"] < end]
        if kind == "updated":
            return Reply(200, {"ids": [row["Id"] for row in rows if not row["IsDeleted"]], "latestDateCovered": end})
        gone = [{"id": row["Id"], "deletedDate": row["SystemModstamp"]} for row in rows if row["IsDeleted"]]
        return Reply(
            200,
            {"deletedRecords": gone, "earliestDateAvailable": "2020-01-01T00:00:00.000+0000", "latestDateCovered": end},
        )

    # ---- queries

    def query(self, call: Call, base: str, parts: list[str]) -> Reply:
        everything = "/queryAll" in call.path
        if parts:
            return self.only(call, "GET", lambda: self.more(base, parts[0]))
        if call.method not in ("GET", "HEAD"):
            self.only(call, "GET", None)
        if "q" not in call.query:
            raise ApiError(400, "MALFORMED_QUERY", "A query string has to be specified")
        answer = finder.run(self.org, soql.parse(call.query["q"]), base, everything)
        return Reply(200, self.page(base, answer, 0, self.batch(call)))

    def batch(self, call: Call) -> int:
        match = re.search(r"batchSize\s*=\s*(\d+)", call.headers.get("sforce-query-options", ""))
        return min(max(int(match.group(1)), 200), self.page_size) if match else self.page_size

    def more(self, base: str, locator: str) -> Reply:
        name, _, start = locator.rpartition("-")
        known = self.locators.get(name)
        if known is None or not start.isdigit():
            raise ApiError(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
        return Reply(200, self.page(base, known[0], int(start), known[1], name))

    def page(self, base: str, answer: finder.Answer, start: int, size: int, name: str = "") -> dict:
        rows, end = answer.rows[start : start + size], start + size
        body: dict = {"totalSize": answer.total, "done": end >= len(answer.rows)}
        if not body["done"]:
            name = name or self.new_locator(answer, size)
            body["nextRecordsUrl"] = f"{base}/query/{name}-{end}"
        body["records"] = [answer.show(row) for row in rows]
        return body

    def new_locator(self, answer: finder.Answer, size: int) -> str:
        self.locator_number += 1
        name = to18(f"01g{time.time_ns() % 10**6:06d}{self.locator_number:06d}")
        self.locators[name] = (answer, size)
        while len(self.locators) > 50:
            del self.locators[next(iter(self.locators))]
        return name

    # ---- composite: the two families

    def composite(self, call: Call, base: str, parts: list[str]) -> Reply:
        import sf.composite as bulk

        if not parts:
            return self.only(call, "POST", lambda: bulk.composite(self, call, base))
        if parts[0] != "sobjects":
            raise not_found()
        return bulk.collections(self, call, base, parts[1:])


class Limits:
    """API calls in the last 24 hours against the org's allocation."""

    def __init__(self, daily_max: int) -> None:
        self.daily_max, self.used = daily_max, 0

    def header(self) -> dict[str, str]:
        return {"Sforce-Limit-Info": f"api-usage={self.used}/{self.daily_max}"}

    def show(self) -> dict:
        one = {"Max": self.daily_max, "Remaining": max(0, self.daily_max - self.used)}
        return {
            "DailyApiRequests": one,
            "DailyBulkV2QueryJobs": {"Max": 10000, "Remaining": 10000},
            "DailyBulkApiBatches": {"Max": 15000, "Remaining": 15000},
            "DataStorageMB": {"Max": 1024, "Remaining": 1000},
        }


def header_time(text: str | None) -> datetime | None:
    if not text:
        return None
    try:
        return parsedate_to_datetime(text)
    except (TypeError, ValueError):
        raise ApiError(400, "INVALID_HEADER", f"not an HTTP date: {text}") from None


def row_time(row: dict) -> datetime:
    return datetime.strptime(row["LastModifiedDate"][:19], "%Y-%m-%dT%H:%M:%S").replace(tzinfo=timezone.utc)


def split_url(url: str) -> tuple[str, dict[str, str]]:
    path, _, query = url.partition("?")
    return quote(path, safe="/%@{}.:_-~!$&'()*+,;="), dict(parse_qsl(query, keep_blank_values=True))


def parse_body(raw: bytes) -> Any:
    try:
        body = json.loads(raw)
        if b"\\u" in raw:
            json.dumps(body, ensure_ascii=False).encode()  # half a surrogate pair is no text
        return body
    except (ValueError, RecursionError) as error:
        raise ApiError(400, "JSON_PARSER_ERROR", f"{error}") from None
