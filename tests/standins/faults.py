"""Misbehaviour on demand."""

from __future__ import annotations

import asyncio
import random

from http11 import Refuse


class Faults:
    """Misbehaviour on demand. A fault is a dict:

    kind         status (status, body, headers), delay (ms or [from, to]), drop_before, drop_after, hold_before and
                 hold_after (begun, or answered, only when all faults are taken away), expire (what
                 /_control/expire_tokens does, so that this very call comes with a token that is over), or a kind
                 that the stand-in or its webhook sender plays itself
    count        how often it strikes (default 1); with probability given, the default is for ever
    probability  0..1, the chance that it strikes a call which matches
    match        a text that must be in the target or the body (for webhooks: in the topic or the body)
    skip         let so many matching calls pass first
    """

    def __init__(self, seed: int | None = None) -> None:
        self.active: list[dict] = []
        self.calmed = asyncio.Event()
        self.random = random.Random(seed)

    def add(self, faults: list[dict]) -> None:
        for fault in faults:
            if not isinstance(fault, dict) or not isinstance(fault.get("kind"), str):
                raise Refuse(400, "each fault needs a kind")
            fault.setdefault("count", -1 if "probability" in fault else 1)
            self.active.append(dict(fault))

    def clear(self) -> None:
        """Takes all away; calls that are held go on."""
        self.active.clear()
        self.calmed.set()
        self.calmed = asyncio.Event()

    def strike(self, where: str, body: bytes, kinds: tuple[str, ...] | None = None) -> dict[str, dict]:
        """The faults (at most one a kind) that hit this call; their counts go down."""
        hit: dict[str, dict] = {}
        for fault in list(self.active):
            if (kinds is not None) != fault["kind"].startswith("webhook_") or fault["kind"] in hit:
                continue
            if kinds is not None and fault["kind"] not in kinds:
                continue
            if self._hits(fault, where, body):
                hit[fault["kind"]] = fault
        return hit

    def _hits(self, fault: dict, where: str, body: bytes) -> bool:
        match = fault.get("match")
        if match and match not in where and match.encode() not in body:
            return False
        if fault.get("skip", 0) > 0:
            fault["skip"] -= 1
            return False
        if self.random.random() >= fault.get("probability", 1.0):
            return False
        if fault["count"] > 0:
            fault["count"] -= 1
            if fault["count"] == 0:
                self.active.remove(fault)
        return True

    def milliseconds(self, fault: dict, default: int = 0) -> float:
        span = fault.get("ms", default)
        return self.random.uniform(*span) if isinstance(span, list) else float(span)
