"""Benchmark b: the router, through the broker, against a bare mover.

The same changes lie in the same queue; either takes them with the same prefetch and publishes as many messages of the
same sizes to the same queues, with confirms. The mover learns number and sizes from what the router has just sent. A
third process looks at the targets' queues and takes the time, the same way for both, without the start. They take
turns, so that whatever else the machine does meets both; the ratio is of medians.
"""
from __future__ import annotations

import statistics

from rig import Rig, Row, at_least, note, processor_s


class Race:
    def __init__(self, rig: Rig, records: int, changes: int) -> None:
        self.rig, self.records, self.changes = rig, records, changes
        self.round = 0
        self.moves: list[str] = []
        self.router_cpu_us: list[float] = []
        self.broker_cpu_us: list[float] = []

    def fill(self) -> int:
        """Puts the next changes into the queue while nobody takes them; how many commands they lead to."""
        self.round += 1
        return int(self.rig.tell("feed", "changes", self.records, self.changes, self.round))

    def known(self) -> None:
        self.rig.start_router()
        self.rig.tell("feed", "known", self.records)
        self.rig.router_quiet()
        self.rig.stop_router()
        self.rig.tell("gauge", "drain")

    def router(self, binary: str | None = None) -> float:
        commands = self.fill()
        router = self.rig.start_router(binary)
        before = processor_s(self.rig.broker_pid)
        speed = float(self.rig.tell("gauge", "speed", commands))
        self.router_cpu_us.append(processor_s(router.pid) * 1e6 / self.changes)
        self.broker_cpu_us.append((processor_s(self.rig.broker_pid) - before) * 1e6 / self.changes)
        self.rig.router_quiet()
        self.rig.stop_router()
        self.learn()
        return speed * self.changes / commands

    def learn(self) -> None:
        rows = [line.split() for line in self.rig.tell("gauge", "drain").splitlines()]
        self.moves = [f"{key.split('.')[1]}={key}:{size}" for key, _, size in rows]

    def mover(self, *how: str) -> float:
        commands = self.fill()
        mover = self.rig.start("bench_mover", str(self.changes), *how, *self.moves)
        speed = float(self.rig.tell("gauge", "speed", commands))
        if mover.wait(60) != 0:
            raise RuntimeError("the mover failed")
        self.rig.tell("gauge", "drain")
        return speed * self.changes / commands


def measure(records: int = 20000, changes: int = 20000, rounds: int = 7) -> list[Row]:
    routers, movers, others = [], [], []
    with Rig() as rig:
        race = Race(rig, records, changes)
        race.known()
        note(f"{records} records are known; {rounds} rounds of {changes} changes each")
        for _ in range(rounds):
            routers.append(race.router())
            movers.append(race.mover())
            others.append(race.mover("--tasks", "8", "--batch", "64"))
            note(f"router {routers[-1]:,.0f}, mover {movers[-1]:,.0f} changes/s (in eight tasks {others[-1]:,.0f})")
    best = max(statistics.median(movers), statistics.median(others))
    return [at_least("router, of what the mover does (medians)", statistics.median(routers) / best, 0.8, "", 2),
            Row("router", f"{statistics.median(routers):,.0f} changes/s"),
            Row("bare mover, one batch of 2048 at a time", f"{statistics.median(movers):,.0f} changes/s"),
            Row("bare mover, eight tasks with batches of 64", f"{statistics.median(others):,.0f} changes/s"),
            Row("router's processor time a change", f"{statistics.median(race.router_cpu_us):.1f} µs"),
            Row("broker's processor time a change", f"{statistics.median(race.broker_cpu_us):.1f} µs")]
