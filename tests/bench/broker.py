"""Benchmark b: the router, through the broker, against a bare mover.

The same changes lie in the same queue; either takes them with the same prefetch and publishes as many messages of the
same sizes to the same queues, with confirms. The mover learns number and sizes from what the router has just sent. A
third process looks at the targets' queues and takes the time, the same way for both, without the start. They take
turns, so that whatever else the machine does meets both; the ratio is the median of the turns' ratios, against the mover
that does better.
"""
from __future__ import annotations

import statistics

from rig import Rig, Row, at_least, note, processor_s


class Race:
    def __init__(self, rig: Rig, records: int, changes: int) -> None:
        self.rig, self.records, self.changes = rig, records, changes
        self.round = 0
        self.moves: list[str] = []
        self.cpu_us: dict[str, list[float]] = {}

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

    def speed(self, what: str, pid: int, commands: int) -> float:
        """Changes a second, as the commands arrive; and what the process and the broker have used for one."""
        before = processor_s(self.rig.broker_pid)
        speed = float(self.rig.tell("gauge", "speed", commands))
        self.note_cpu(what, processor_s(pid))
        self.note_cpu(f"broker, with the {what}", processor_s(self.rig.broker_pid) - before)
        return speed * self.changes / commands

    def note_cpu(self, whose: str, seconds: float) -> None:
        self.cpu_us.setdefault(whose, []).append(seconds * 1e6 / self.changes)

    def router(self, binary: str | None = None) -> float:
        commands = self.fill()
        router = self.rig.start_router(binary)
        speed = self.speed("router", router.pid, commands)
        self.rig.router_quiet()
        self.rig.stop_router()
        self.learn()
        return speed

    def learn(self) -> None:
        rows = [line.split() for line in self.rig.tell("gauge", "drain").splitlines()]
        self.moves = [f"{key.split('.')[1]}={key}:{size}" for key, _, size in rows]

    def mover(self, *how: str) -> float:
        commands = self.fill()
        mover = self.rig.start("bench_mover", str(self.changes), *how, *self.moves)
        speed = self.speed("mover", mover.pid, commands)
        if mover.wait(60) != 0:
            raise RuntimeError("the mover failed")
        self.rig.tell("gauge", "drain")
        return speed


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
    ratio = min(statistics.median(r / m for r, m in zip(routers, by)) for by in (movers, others))
    return [at_least("router, of what the mover does (median of the turns)", ratio, 0.8, "", 2),
            Row("router", f"{statistics.median(routers):,.0f} changes/s"),
            Row("bare mover, one batch of 2048 at a time", f"{statistics.median(movers):,.0f} changes/s"),
            Row("bare mover, eight tasks with batches of 64", f"{statistics.median(others):,.0f} changes/s"),
            *(Row(f"processor time a change: {whose}", f"{statistics.median(us):.1f} µs") for whose, us in race.cpu_us.items())]
