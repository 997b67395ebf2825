"""Many records in one call: sObject Collections and Composite.

Source: REST API Developer Guide, "sObject Collections" (200 records, answered in order with 200 OK, errors as
statusCode) and "Composite" (25 subrequests, 5 of them queries or collections, @{reference.path}, allOrNone,
collateSubrequests; a subrequest takes its own headers except Accept, Authorization and Content-Type, so it does
not inherit Sforce-Auto-Assign). With collateSubrequests (the default from v49) the order of independent
subrequests is not promised: here the ones of the same method and object are drawn together.
"""

from __future__ import annotations

import re
from typing import Any

from sf.rest import COLLECTION_MAX, Call, Reply, Rest, not_found, split_url
from sf.schema import ApiError, SObject

SUBREQUESTS_MAX = 25
CHUNKS_MAX = 10
QUERIES_MAX = 5
REFERENCE = re.compile(r"@\{([A-Za-z0-9_]+)((?:\.[A-Za-z0-9_]+|\[\d+\])*)\}")
INHERITED = {"accept", "authorization", "content-type"}
ROLLED_BACK = "The transaction was rolled back since another operation in the same transaction failed."
NOT_ALL = "Record rolled back because not all records were valid and the request was using AllOrNone header"


# ---- collections


def collections(rest: Rest, call: Call, base: str, parts: list[str]) -> Reply:
    if not parts and call.method == "DELETE":
        return delete_many(rest, call)
    if not parts and call.method in ("POST", "PATCH"):
        return save_many(rest, call, None, None)
    found = rest.org.schema.get(parts[0]) if parts else None
    if len(parts) == 2 and call.method == "PATCH" and found:
        return save_many(rest, call, found, rest.org.lookup_field(found, parts[1]).name)
    if len(parts) == 1 and found and call.method in ("GET", "POST"):
        return read_many(rest, call, base, found)
    raise not_found()


def records_of(call: Call) -> tuple[list, bool]:
    body = call.body if isinstance(call.body, dict) else {}
    records = body.get("records")
    if not isinstance(records, list):
        raise ApiError(400, "JSON_PARSER_ERROR", "records is required")
    check_size(len(records))
    check_chunks(records)
    return records, call.all_or_none or body.get("allOrNone", False) is True


def check_chunks(records: list) -> None:
    """Records of one type in a row make a chunk."""
    types = [
        (
            record.get("attributes", {}).get("type")
            if isinstance(record, dict) and isinstance(record.get("attributes"), dict)
            else None
        )
        for record in records
    ]
    chunks = sum(1 for at, kind in enumerate(types) if at == 0 or kind != types[at - 1])
    if chunks > CHUNKS_MAX:
        raise ApiError(400, "TOO_MANY_CHUNKS", f"cannot have more than {CHUNKS_MAX} chunks in a single operation")


def check_size(count: int) -> None:
    if count > COLLECTION_MAX:
        raise ApiError(
            400,
            "EXCEEDED_ID_LIMIT",
            f"record limit reached. cannot submit more than {COLLECTION_MAX} records " "into this call",
        )


def save_many(rest: Rest, call: Call, found: SObject | None, external: str | None) -> Reply:
    records, all_or_none = records_of(call)
    seen: set[str] = set()

    def save(record: dict) -> dict:
        target, body = typed(rest, record, found)
        caller = rest.caller(call)
        if external and external != "Id":
            return upsert_one(rest, caller, target, body, external, seen)
        if call.method == "POST":
            return {"id": rest.org.insert(caller, target.name, body), "success": True, "errors": []}
        key = next((body.pop(name) for name in list(body) if name.lower() == "id"), None)
        if not isinstance(key, str):
            raise ApiError(400, "MISSING_ARGUMENT", "Id not specified in an update call", ["Id"])
        row = existing(rest, target, key)
        rest.org.update(caller, target.name, row, body)
        return {"id": row["Id"], "success": True, "errors": []}

    return Reply(200, each(rest, records, save, all_or_none))


def existing(rest: Rest, found: SObject, key: str) -> dict:
    try:
        return rest.org.find(found, key)
    except ApiError as error:
        code = "MALFORMED_ID" if not error.message.startswith(("The req", "entity")) else "INVALID_CROSS_REFERENCE_KEY"
        if error.code == "ENTITY_IS_DELETED":
            raise ApiError(400, "ENTITY_IS_DELETED", "entity is deleted", []) from None
        raise ApiError(
            400,
            code,
            (
                f"{found.label} ID: id value of incorrect type: {key}"
                if code == "MALFORMED_ID"
                else "invalid cross reference id"
            ),
            ["Id"] if code == "MALFORMED_ID" else [],
        ) from None


def typed(rest: Rest, record: Any, found: SObject | None) -> tuple[SObject, dict]:
    if not isinstance(record, dict) or not isinstance(record.get("attributes"), dict):
        raise ApiError(400, "INVALID_INPUT", "attributes and type are required in each record")
    name = str(record["attributes"].get("type"))
    target = rest.org.schema.get(name)
    if target is None:
        raise ApiError(400, "INVALID_TYPE", f"sObject type '{name}' is not supported.")
    if found and target is not found:
        raise ApiError(400, "INVALID_TYPE", f"{target.name} is not of type {found.name}")
    return target, {key: value for key, value in record.items() if key != "attributes"}


def upsert_one(rest: Rest, caller: Any, found: SObject, body: dict, external: str, seen: set[str]) -> dict:
    value = next((v for k, v in body.items() if k.lower() == external.lower()), None)
    if not isinstance(value, str) or not value.strip():
        raise ApiError(400, "MISSING_ARGUMENT", f"{external} not specified", [])
    if value.strip().lower() in seen:
        raise ApiError(400, "DUPLICATE_VALUE", f"Duplicate external id specified: {value}", [external])
    seen.add(value.strip().lower())
    rows = rest.org.find_external(found, found.field(external), value)
    if len(rows) > 1:
        raise ApiError(
            400,
            "DUPLICATE_EXTERNAL_ID",
            f"{external}: more than one record found for external id field: "
            f"[{', '.join(row['Id'] for row in rows)}]",
            [external],
        )
    if rows:
        rest.org.update(caller, found.name, rows[0], body)
        return {"id": rows[0]["Id"], "success": True, "errors": [], "created": False}
    return {"id": rest.org.insert(caller, found.name, body), "success": True, "errors": [], "created": True}


def each(rest: Rest, records: list, save: Any, all_or_none: bool) -> list[dict]:
    """Every record on its own; with all_or_none one failure undoes them all."""
    start, results, failed = rest.org.mark(), [], False
    for record in records:
        mark = rest.org.mark()
        try:
            results.append(save(record))
        except ApiError as error:
            rest.org.rollback(mark)
            results.append({"success": False, "errors": [error.result()]})
            failed = True
    if failed and all_or_none:
        rest.org.rollback(start)
        halted = {"statusCode": "ALL_OR_NONE_OPERATION_ROLLED_BACK", "message": NOT_ALL, "fields": []}
        results = [{"success": False, "errors": [halted]} if result["success"] else result for result in results]
    return results


def delete_many(rest: Rest, call: Call) -> Reply:
    ids = [key for key in call.query.get("ids", "").split(",") if key]
    check_size(len(ids))

    def gone(key: str) -> dict:
        found = rest.org.schema.by_prefix.get(key[:3])
        if found is None:
            raise ApiError(400, "MALFORMED_ID", f"malformed id {key}", [])
        row = existing(rest, found, key)
        rest.org.delete(rest.caller(call), found.name, row)
        return {"id": row["Id"], "success": True, "errors": []}

    return Reply(200, each(rest, ids, gone, call.all_or_none or call.query.get("allOrNone", "").lower() == "true"))


def read_many(rest: Rest, call: Call, base: str, found: SObject) -> Reply:
    body = (
        call.body
        if call.method == "POST" and isinstance(call.body, dict)
        else {name: call.query.get(name, "").split(",") for name in ("ids", "fields")}
    )
    names = [found.field(str(name)).name for name in body.get("fields", []) if name]
    ids = body.get("ids", [])
    if len(ids) > 2000:
        raise ApiError(400, "EXCEEDED_ID_LIMIT", "The 2000 record limit was exceeded")
    records = []
    for key in ids:
        try:
            row = rest.org.find(found, str(key))
        except ApiError:
            records.append(None)
            continue
        records.append(
            {
                "attributes": {"type": found.name, "url": f"{base}/sobjects/{found.name}/{row['Id']}"},
                **{name: row[name] for name in names},
                "Id": row["Id"],
            }
        )
    return Reply(200, records)


# ---- composite


def composite(rest: Rest, call: Call, base: str) -> Reply:
    body = call.body if isinstance(call.body, dict) else {}
    requests = body.get("compositeRequest")
    check_requests(requests, call.depth)
    all_or_none, replies = body.get("allOrNone", False) is True, {}
    start, failed = rest.org.mark(), False
    version = int(re.sub(r"\D", "", base.split("/v")[1].split(".")[0]))
    for request in in_order(requests, body.get("collateSubrequests", version >= 49) is True):
        reply = run_one(rest, call, request, replies, all_or_none)
        replies[request["referenceId"]] = reply
        failed = failed or bad(reply)
        if failed and all_or_none:
            break
    if failed and all_or_none:
        rest.org.rollback(start)
        replies = {request["referenceId"]: halted(replies.get(request["referenceId"])) for request in requests}
    return Reply(200, {"compositeResponse": [shown(request, replies[request["referenceId"]]) for request in requests]})


def bad(reply: Reply) -> bool:
    """Failed, or a collection with a record that did."""
    return reply.status >= 300 or (
        isinstance(reply.body, list)
        and any(isinstance(one, dict) and one.get("success") is False for one in reply.body)
    )


def halted(reply: Reply | None) -> Reply:
    if reply is not None and bad(reply):
        return reply
    return Reply(400, [{"errorCode": "PROCESSING_HALTED", "message": ROLLED_BACK}])


def shown(request: dict, reply: Reply) -> dict:
    headers = dict(reply.headers)
    if reply.status == 201 and isinstance(reply.body, dict) and reply.body.get("id"):
        path = request["url"].split("?")[0].rstrip("/").split("/sobjects/")
        headers["Location"] = f"{path[0]}/sobjects/{path[-1].split('/')[0]}/{reply.body['id']}"
    return {
        "body": reply.body,
        "httpHeaders": headers,
        "httpStatusCode": reply.status,
        "referenceId": request["referenceId"],
    }


def check_requests(requests: Any, depth: int) -> None:
    def refuse(message: str, code: str = "INVALID_INPUT") -> ApiError:
        return ApiError(400, code, message)

    if depth or not isinstance(requests, list) or not requests:
        raise refuse("compositeRequest is required", "JSON_PARSER_ERROR")
    if len(requests) > SUBREQUESTS_MAX:
        raise refuse(f"Limit of {SUBREQUESTS_MAX} subrequests exceeded: {len(requests)}", "LIMIT_EXCEEDED")
    names: set[str] = set()
    queries = 0
    for request in requests:
        if not isinstance(request, dict) or not {"method", "url", "referenceId"} <= set(request):
            raise refuse("method, url and referenceId are required in each subrequest")
        name = request["referenceId"]
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", str(name)):
            raise refuse(
                f"Provided referenceId ('{name}') must start with a letter and contain only letters, numbers and _"
            )
        if name in names:
            raise refuse(f"Duplicate referenceId provided: {name}")
        names.add(name)
        if not str(request["url"]).startswith("/services/data/"):
            raise refuse(f"invalid subrequest url: {request['url']}")
        if not isinstance(request.get("httpHeaders") or {}, dict):
            raise refuse("httpHeaders must be an object", "JSON_PARSER_ERROR")
        if INHERITED & {header.lower() for header in request.get("httpHeaders") or {}}:
            raise refuse("Accept, Authorization and Content-Type cannot be specified in a subrequest")
        queries += re.match(r"/services/data/v[\d.]+/(query|composite/sobjects)", str(request["url"])) is not None
    if queries > QUERIES_MAX:
        raise refuse(f"Limit of {QUERIES_MAX} query and collection subrequests exceeded: {queries}", "LIMIT_EXCEEDED")


def needs(request: dict) -> set[str]:
    text = f"{request['url']} {request.get('body')!r}"
    return {match.group(1) for match in REFERENCE.finditer(text)}


def in_order(requests: list[dict], collate: bool) -> list[dict]:
    """The order of execution: as given, or independent ones drawn together by method and object."""
    if not collate:
        return requests
    left, done, order = list(requests), set(), []
    while left:
        ready = [r for r in left if not (needs(r) & {x["referenceId"] for x in left} - {r["referenceId"]})] or left[:1]
        ready.sort(key=lambda r: (r["method"], r["url"].split("?")[0].split("/")[5:6] or [""]))
        order += ready
        done |= {r["referenceId"] for r in ready}
        left = [r for r in left if r["referenceId"] not in done]
    return order


def run_one(rest: Rest, outer: Call, request: dict, replies: dict[str, Reply], all_or_none: bool) -> Reply:
    try:
        url, body = fill(request["url"], replies), fill(request.get("body"), replies)
    except ApiError as error:
        return Reply(error.status, error.rest())
    path, query = split_url(url)
    headers = {name.lower(): str(value) for name, value in (request.get("httpHeaders") or {}).items()}
    return rest.answer(
        Call(str(request["method"]), path, query, headers, body, outer.user, 1, all_or_none, outer.backdate_s)
    )


def fill(value: Any, replies: dict[str, Reply]) -> Any:
    """The value with each @{reference.path} replaced by what that subrequest answered."""
    if isinstance(value, dict):
        return {key: fill(inner, replies) for key, inner in value.items()}
    if isinstance(value, list):
        return [fill(inner, replies) for inner in value]
    if not isinstance(value, str) or "@{" not in value:
        return value
    return REFERENCE.sub(lambda match: str(look_up(match, replies)), value)


def look_up(match: re.Match, replies: dict[str, Reply]) -> Any:
    name, path = match.group(1), match.group(2)
    reply = replies.get(name)
    if reply is None or reply.status >= 400:
        raise ApiError(
            400, "PROCESSING_HALTED", f"Invalid reference specified. No value for {name}{path} found in {name}"
        )
    at = reply.body
    for key, index in re.findall(r"\.([A-Za-z0-9_]+)|\[(\d+)\]", path):
        try:
            at = at[int(index)] if index else at[key]
        except (KeyError, IndexError, TypeError):
            raise ApiError(
                400,
                "PROCESSING_HALTED",
                f"Invalid reference specified. No value for {name}{path} found in "
                f"{name}. Provided reference: {match.group(0)}",
            ) from None
    return at
