"""What the benchmarks share: where things are, a broker and processes of their own, figures and how they are shown.

Nothing here knows what is measured. A benchmark gives back rows; only `run` prints.
"""
from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from dataclasses import dataclass
from typing import Any, Callable, Sequence

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get("TIDEGATE_BENCH_BUILD", os.path.join(ROOT, "build", "bench"))
CONFIG = os.path.join(ROOT, "config", "tidegate.cfg")
PRIVATE_BROKER = os.path.join(ROOT, "node", "cli", "private-broker")
for _folder in ("standins", "scenario"):
    sys.path.insert(0, os.path.join(ROOT, "tests", _folder))


@dataclass
class Row:
    """A figure as it is printed: what, how much, and what it should be."""

    what: str
    figure: str
    aim: str = ""
    met: bool | None = None  # None: nothing was aimed at


def at_most(what: str, value: float, aim: float, unit: str, digits: int = 1) -> Row:
    return Row(what, f"{value:,.{digits}f} {unit}", f"≤ {aim:g} {unit}", value <= aim)


def at_least(what: str, value: float, aim: float, unit: str, digits: int = 0) -> Row:
    return Row(what, f"{value:,.{digits}f} {unit}".rstrip(), f"≥ {aim:,g} {unit}".rstrip(), value >= aim)


def show(title: str, rows: Sequence[Row]) -> None:
    print(f"\n{title}")
    for row in rows:
        verdict = "" if row.met is None else "  ok" if row.met else "  MISSED"
        print(f"  {row.what:<58} {row.figure:>20}  {row.aim:>16}{verdict}")
    sys.stdout.flush()


def note(text: str) -> None:
    print(f"  … {text}", flush=True)


def program(name: str) -> str:
    """A program of the build under test, or of the benchmarks themselves."""
    for folder in ("bin", "bench"):
        path = os.path.join(BUILD, folder, name)
        if os.path.exists(path):
            return path
    raise FileNotFoundError(f"no {name} in {BUILD}: run tests/bench/run, which builds it")


def percentile(values: Sequence[float], percent: float) -> float:
    """The value below or at which so many percent lie (nearest rank)."""
    ranked = sorted(values)
    return ranked[max(0, -(-len(ranked) * percent // 100).__int__() - 1)]


def resident_kib(pid: int, what: str = "VmRSS") -> int:
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith(what + ":"))


def processor_s(pid: int) -> float:
    """User and system time that a process has used."""
    with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def wait_for(what: str, look: Callable[[], Any], patience_s: float = 60, every_s: float = 0.05) -> Any:
    until = time.monotonic() + patience_s
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > until:
            raise TimeoutError(f"waited {patience_s:g} s for {what}")
        time.sleep(every_s)


class Rig:
    """A folder, a private broker, and the router alone; with the programs that feed and look."""

    def __init__(self) -> None:
        self.data = tempfile.mkdtemp(prefix="tidegate-bench-")
        self.env = {**os.environ, "TIDEGATE_DATA": self.data}
        self.router: subprocess.Popen | None = None

    def __enter__(self) -> "Rig":
        folder = os.path.join(self.data, "broker")
        subprocess.run([PRIVATE_BROKER, "start", folder], check=True, stdout=subprocess.DEVNULL)
        with open(os.path.join(folder, "env"), encoding="utf-8") as file:
            self.env["TIDEGATE_BROKER_URI"] = file.read().strip().partition("=")[2]
        with open(os.path.join(folder, "node.pid"), encoding="ascii") as file:
            self.broker_pid = int(file.read())
        return self

    def __exit__(self, *what: Any) -> None:
        self.stop_router(bool(what[0]))
        subprocess.run([PRIVATE_BROKER, "stop", os.path.join(self.data, "broker")], check=False)
        shutil.rmtree(self.data, ignore_errors=True)

    def start(self, name: str, *words: str, **more: Any) -> subprocess.Popen:
        return subprocess.Popen([program(name), *words], env=self.env, cwd=ROOT, **{"stdin": subprocess.DEVNULL, **more})

    def tell(self, name: str, *words: Any) -> str:
        """Runs one of our programs to its end and gives back what it printed."""
        done = subprocess.run([program("bench_" + name), *map(str, words)], env=self.env, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
        return done.stdout

    def start_router(self, binary: str | None = None) -> subprocess.Popen:
        port = os.path.join(self.data, "ports", "router")
        if os.path.exists(port):
            os.remove(port)
        with open(os.path.join(self.data, "router.log"), "ab") as log:
            self.router = subprocess.Popen([binary or program("tidegate-router"), "--config", CONFIG, "--declare"], env=self.env, cwd=ROOT,
                                           stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        wait_for("the router", lambda: os.path.exists(port), 30, 0.01)
        return self.router

    def stop_router(self, failed: bool = False) -> None:
        router, self.router = self.router, None
        if not router:
            return
        router.send_signal(signal.SIGTERM)
        if router.wait(30) != 0 and not failed:
            raise RuntimeError(f"the router ended with {router.returncode}: see its log, {self.keep('router')}")

    def keep(self, name: str) -> str:
        """Copies a process's log out of the folder that is about to be removed."""
        return shutil.copy(os.path.join(self.data, f"{name}.log"), os.path.join(tempfile.gettempdir(), f"tidegate-bench-{name}.log"))

    def router_metrics(self) -> dict[str, float]:
        with open(os.path.join(self.data, "ports", "router"), encoding="ascii") as file:
            url = f"http://{file.read().strip()}/metrics"
        with urllib.request.urlopen(url, timeout=30) as answer:
            lines = [line for line in answer.read().decode().splitlines() if line and not line.startswith("#")]
        return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}

    def router_quiet(self, patience_s: int = 300) -> None:
        """Until the router has nothing more to take, and has committed what it took."""
        self.tell("gauge", "quiet", patience_s)
        seen = None
        while (now := self.router_metrics().get("tidegate_router_batches_total")) != seen:
            seen = now
            time.sleep(0.3)
