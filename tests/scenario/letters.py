"""Messages as an adapter publishes them, and broken ones: msgpack in a few lines, so that nothing corrects what is wrong."""
from __future__ import annotations

import os
import subprocess
import time
import uuid
from typing import Any

import place


def pack(value: Any) -> bytes:
    """Bytes are written as a text, whatever they are."""
    if value is None or isinstance(value, bool):
        return {None: b"\xc0", False: b"\xc2", True: b"\xc3"}[value]
    if isinstance(value, int):
        return b"\xd3" + value.to_bytes(8, "big", signed=True)
    if isinstance(value, (str, bytes)):
        data = value.encode() if isinstance(value, str) else value
        return b"\xdb" + len(data).to_bytes(4, "big") + data
    if isinstance(value, list):
        return b"\xdd" + len(value).to_bytes(4, "big") + b"".join(map(pack, value))
    return b"\xdf" + len(value).to_bytes(4, "big") + b"".join(pack(name) + pack(one) for name, one in value.items())


def nested(depth: int) -> list:
    whole: list = []
    for _ in range(depth - 1):
        whole = [whole]
    return whole


def change(entity: str, native: str, fields: Any) -> dict:
    """A change from Salesforce, right in all but what the caller makes wrong."""
    return {"specversion": "1.0", "id": uuid7(), "source": "salesforce", "type": "tidegate.change.v1", "subject": f"{entity}/{native}",
            "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "datacontenttype": "application/vnd.tidegate+msgpack",
            "data": {"op": "upsert", "fields": fields}}


def uuid7() -> str:
    low = uuid.uuid4().int & ((1 << 76) - 1) & ~(3 << 62) | 2 << 62
    return str(uuid.UUID(int=time.time_ns() // 10**6 << 80 | 7 << 76 | low))


def publisher() -> str:
    """publish.c, built beside the programs under test."""
    return os.environ.get("TIDEGATE_PUBLISH") or os.path.join(os.path.dirname(place.programs()), "scenario", "scenario_publish")


def post(broker: str, body: bytes, routing_key: str) -> None:
    """Publishes it as it is; the broker has it when this returns. `broker`: the private broker's folder."""
    with open(os.path.join(broker, "env"), encoding="ascii") as file:
        uri = file.read().strip().partition("=")[2]
    subprocess.run([publisher(), "tidegate.changes", routing_key], input=body, check=True, timeout=60,
                   env={**os.environ, "TIDEGATE_BROKER_URI": uri})
