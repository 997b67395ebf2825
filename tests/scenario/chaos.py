"""Chaos: everything is killed (-9) at random times, pushes go wrong, every API misbehaves, until calm().

The broker takes seconds to come back and the supervisor takes everything with it, so they are killed more seldom. The
next victim is drawn only when the last one runs again: otherwise a fast dice would keep the node down instead of
surprising it at work.
"""
from __future__ import annotations

import http.client
import random
import threading
import time
from collections import Counter
from typing import Any

from hands import Hands, Standin
from node import Node

VICTIMS = ["router"] * 6 + ["salesforce", "shop", "erp"] * 5 + ["standin-salesforce", "standin-shop", "standin-erp"] * 2 + ["broker"] * 2
FAULTS = {  # kind, more of it, how many of a thousand calls: an order costs a dozen calls, and one that fails costs seconds
    "salesforce": [("status", {"status": 503}, 2), ("throttle", {}, 1), ("lock_row", {}, 3), ("drop_before", {}, 2), ("drop_after", {}, 3),
                   ("delay", {"ms": [50, 900]}, 10)],
    "shop": [("status", {"status": 503}, 2), ("throttle", {}, 3), ("throttle", {"status": 429}, 1), ("internal", {}, 2),
             ("internal", {"applied": True}, 2), ("drop_before", {}, 2), ("drop_after", {}, 3), ("delay", {"ms": [50, 900]}, 10),
             ("webhook_drop", {}, 100), ("webhook_double", {}, 100), ("webhook_late", {"ms": [500, 6000]}, 100), ("webhook_reorder", {}, 100)],
    "erp": [("status", {"status": 503}, 1), ("throttle", {}, 1), ("serialization", {}, 3), ("drop_before", {}, 1), ("drop_after", {}, 2),
            ("delay", {"ms": [50, 900]}, 10)],
}


class Chaos:
    def __init__(self, node: Node, kills: int, seed: int) -> None:
        self.node, self.kills, self.dice = node, kills, random.Random(seed)
        self.hands = Hands(node.data)  # of its own: connections are not for two threads
        self.killed: Counter[str] = Counter()
        self.calmed = threading.Event()
        self.thread = threading.Thread(target=self.work, daemon=True)
        self.error: Exception | None = None

    def __enter__(self) -> "Chaos":
        if self.kills:
            self.thread.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self.calm()

    # ---- the storm

    def work(self) -> None:
        try:
            self.faults()
            while not self.calmed.is_set() and sum(self.killed.values()) < self.kills:
                self.strike(self.victim())
                self.calmed.wait(self.dice.uniform(0.2, 3))
        except Exception as error:  # shown by calm(), in the test's own thread
            self.error = error

    def victim(self) -> str:
        """The supervisor once, half-way; the others by the dice."""
        if sum(self.killed.values()) == self.kills // 2 and not self.killed["up"]:
            return "up"
        return self.dice.choice(VICTIMS)

    def strike(self, name: str) -> None:
        if not self.node.kill(name):
            return
        self.killed[name] += 1
        self.await_back(name)
        if name.startswith("standin-") or name == "up":
            self.faults()

    def await_back(self, name: str) -> None:
        """Until it runs again, not until it is ready: the next blow may come in the middle of its start."""
        until = time.monotonic() + 60
        while not self.runs(name) and time.monotonic() < until and not self.calmed.is_set():
            time.sleep(0.1)

    def runs(self, name: str) -> bool:
        if name == "broker":
            return self.node.broker_runs()
        return name == "up" or name in self.node.pids()

    def faults(self) -> None:
        """A stand-in forgets its faults when it is killed."""
        hands = self.hands
        for standin, name in ((hands.salesforce, "salesforce"), (hands.shop, "shop"), (hands.erp, "erp")):
            try:
                if not standin.call("GET", "/faults", patience_s=20)["faults"]:
                    standin.faults(*({"kind": kind, "probability": chance / 1000, **more} for kind, more, chance in FAULTS[name]))
            except OSError:
                continue

    # ---- after the storm

    def raging(self) -> bool:
        return self.kills > 0 and self.thread.is_alive()

    def calm(self) -> None:
        """Everybody behaves again, and nobody is killed any more."""
        if not self.kills:
            return
        self.calmed.set()
        self.thread.join()
        for one in self.hands.all:
            self.node.wait("a stand-in that listens", lambda one=one: self.calmed_down(one))
        print("killed:", ", ".join(f"{name} {count}" for name, count in sorted(self.killed.items())), flush=True)
        if self.error:
            raise self.error

    def calmed_down(self, one: Standin) -> bool:
        try:
            one.calm()
        except (OSError, http.client.HTTPException):
            return False
        return True
