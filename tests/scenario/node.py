"""A whole node in a folder of its own, as a user runs it: `tidegate up` with the stand-ins, killed and watched from outside.

    node = Node("flow"); node.start(); node.hands.shop.do(...); node.wait_quiet(); node.kill("erp"); node.stop()

What a test may rely on
- Processes are found by TIDEGATE_DATA in their environment, so only this node's are ever killed.
- Quiet means: every queue is empty, nobody holds, retries or re-reads anything, the shop has no webhook to send, and
  all of that stayed so, with no counter of a process moving, for longer than two polls of the slowest feed.
- stop() fails on a sanitizer's report, on an exit status other than 0 and on a process left behind. A failed node keeps
  its folder, so that its logs can be read.
"""
from __future__ import annotations

import glob
import json
import os
import re
import shutil
import signal
import subprocess
import time
import urllib.error
import urllib.request
from typing import Any, Callable, Iterable

import place
from hands import Hands  # tests/standins

SYSTEMS = ("salesforce", "shop", "erp")
PROGRAMS = {"router": "tidegate-router", "salesforce": "tidegate-salesforce", "shop": "tidegate-storefront", "erp": "tidegate-erp"}
PLAYED = {"standin-salesforce": "salesforce.py", "standin-shop": "shopify.py", "standin-erp": "odoo.py"}
SANITIZED = ("AddressSanitizer", "LeakSanitizer", "runtime error:", "UndefinedBehaviorSanitizer", "Assertion `")
HARMLESS = "ASan doesn't fully support makecontext/swapcontext"
POLL_S = 2.0  # the slowest feed that tells of anything but a sweep
QUIET_S = 2.5 * POLL_S


class Broken(AssertionError):
    """The node is not as it must be."""


class Node:
    def __init__(self, name: str, config: str | None = None, folder: str | None = None, **env: str) -> None:
        self.folder = folder or place.new_folder(name)
        self.data = os.path.join(self.folder, "data")
        self.log_path = os.path.join(self.folder, "up.log")
        self.config = config or os.path.join(place.CONFIG, "tidegate.cfg")
        self.bin = place.programs()
        self.env = {**os.environ, **env, "TIDEGATE_DATA": self.data, **sanitizer_options(self.folder)}
        self.up: subprocess.Popen | None = None
        self.tail_process: subprocess.Popen | None = None
        self.guardian: subprocess.Popen | None = None
        self.broker = os.path.join(self.data, "broker")
        self.hands: Hands = None  # type: ignore[assignment]

    # ---- life

    def start(self, patience_s: float = 180) -> "Node":
        os.makedirs(self.folder, exist_ok=True)
        with open(self.log_path, "ab") as log:
            self.up = subprocess.Popen([os.path.join(self.bin, "tidegate"), "up", "--verbose", "--config", self.config, "--standins", place.STANDINS],
                                       cwd=place.ROOT, env=self.env, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        self.guard()
        self.wait("the node to be ready", self.all_ready, patience_s)
        self.hands = Hands(self.data)
        self.trace()
        self.guard()
        return self

    def guard(self) -> None:
        """A test that is killed leaves no node behind: the pipe to this shell closes with the test, and `up` is told to stop."""
        self.unguard()
        pids = [str(one.pid) for one in (self.up, self.tail_process) if one]
        self.guardian = subprocess.Popen(["/bin/sh", "-c", "read nothing; kill -TERM $*", "guardian", *pids], stdin=subprocess.PIPE,
                                         stderr=subprocess.DEVNULL, start_new_session=True)

    def unguard(self) -> None:
        if self.guardian:
            self.guardian.kill()
            self.guardian.wait()
            self.guardian = None

    def trace(self) -> None:
        """Every message goes to FOLDER/trace.jsonl, for whoever has to explain a failure."""
        if self.tail_process is None:
            with open(os.path.join(self.folder, "trace.jsonl"), "ab") as out:
                self.tail_process = subprocess.Popen([os.path.join(self.bin, "tidegate"), "tail", "--json", "--config", self.config], env=self.env,
                                                     cwd=place.ROOT, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True)

    def end_helpers(self) -> None:
        self.unguard()
        if self.tail_process:
            self.tail_process.terminate()
            self.tail_process.wait(30)
            self.tail_process = None

    def check_up(self) -> None:
        if self.up and self.up.poll() is not None:
            raise Broken(f"tidegate up ended with {self.up.returncode}:\n{self.tail()}")

    def all_ready(self) -> bool:
        self.check_up()
        return all(self.ready(name) for name in PROGRAMS)

    def ready(self, name: str) -> bool:
        try:
            return self.get(name, "/readyz")[0] == 200
        except OSError:
            return False

    def stop(self, patience_s: float = 60, ctrl_c: bool = False) -> None:
        """By SIGTERM to `up`, or by SIGINT to it and all in its process group, as a terminal does at Ctrl-C; everything that
        must be so afterwards is checked."""
        if self.up is None:
            return
        self.end_helpers()
        up, self.up = self.up, None
        if ctrl_c:
            os.killpg(up.pid, signal.SIGINT)
        else:
            up.send_signal(signal.SIGTERM)
        try:
            code = up.wait(patience_s)
        except subprocess.TimeoutExpired:
            self.kill_all(up)
            raise Broken(f"tidegate up did not stop within {patience_s:g} s:\n{self.tail()}") from None
        left = self.everybody()
        self.kill_all()
        if code != 0:
            raise Broken(f"tidegate up ended with {code}:\n{self.tail()}")
        if left:
            raise Broken(f"still running after the stop: {left}")
        self.check_reports()

    def crash(self) -> None:
        """-9 to everything at once, the broker too, as a power cut does."""
        up, self.up = self.up, None
        assert up
        self.end_helpers()
        up.kill()
        for pid in self.everybody().values():
            kill_9(pid)
        self.kill("broker")
        up.wait()
        self.wait("all to be gone", lambda: not self.everybody(), 60)

    def kill_all(self, up: subprocess.Popen | None = None) -> None:
        self.end_helpers()
        if up:
            up.kill()
            up.wait()
        for pid in self.everybody().values():
            kill_9(pid)
        subprocess.run([place.PRIVATE_BROKER, "stop", self.broker], stderr=subprocess.DEVNULL, check=False)

    def remove(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> "Node":
        try:
            return self.start()
        except BaseException:
            self.__exit__(Broken)
            raise

    def __exit__(self, kind: type | None, *_: Any) -> None:
        """After a failure everything is killed and the folder is kept."""
        if kind is None:
            self.stop()
            self.remove()
            return
        print(f"the node's folder is kept: {self.folder}", flush=True)
        up, self.up = self.up, None
        self.kill_all(up)
        for line in self.reports():
            print(line, flush=True)

    # ---- sanitizers and logs

    def reports(self) -> list[str]:
        """What the sanitizers had to say, and assertions."""
        found = []
        for path in glob.glob(os.path.join(self.folder, "sanitizer.*")):
            with open(path, encoding="utf-8", errors="replace") as file:
                text = "".join(line for line in file if line.strip() and HARMLESS not in line)
            if text:
                found.append(f"{path}:\n{text[:6000]}")
        return found + [line for line in self.lines() if any(word in line for word in SANITIZED)]

    def check_reports(self) -> None:
        found = self.reports()
        if found:
            raise Broken("a sanitizer or an assertion spoke:\n" + "\n".join(found))

    def lines(self) -> Iterable[str]:
        if os.path.exists(self.log_path):
            with open(self.log_path, encoding="utf-8", errors="replace") as file:
                yield from (line.rstrip("\n") for line in file)

    def tail(self, count: int = 30) -> str:
        return "\n".join(list(self.lines())[-count:])

    def said(self, *words: str) -> str | None:
        """The newest line of the log with all these words."""
        return next((line for line in reversed(list(self.lines())) if all(word in line for word in words)), None)

    # ---- HTTP of the programs

    def address(self, name: str) -> str:
        with open(os.path.join(self.data, "ports", name), encoding="ascii") as file:
            return file.read().strip()

    def get(self, name: str, path: str) -> tuple[int, bytes]:
        return self.ask(name, "GET", path)

    def ask(self, name: str, method: str, path: str, body: bytes | None = None, headers: dict | None = None) -> tuple[int, bytes]:
        request = urllib.request.Request(f"http://{self.address(name)}{path}", body, headers or {}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def status(self, name: str) -> dict:
        code, body = self.get(name, "/status")
        if code != 200:
            raise Broken(f"/status of {name}: HTTP {code}")
        return json.loads(body)

    def metrics(self, name: str) -> dict[str, float]:
        found = {}
        for line in self.get(name, "/metrics")[1].decode().splitlines():
            if line and not line.startswith("#"):
                what, _, value = line.rpartition(" ")
                found[what] = float(value)
        return found

    def held(self, **like: str) -> list[dict]:
        """Everything held that has these values."""
        code, body = self.get("router", "/held?limit=10000")
        if code != 200:
            raise Broken(f"/held: HTTP {code} {body[:200]!r}")
        return [one for one in json.loads(body)["held"] if all(one.get(name) == value for name, value in like.items())]

    # ---- processes

    def pids(self) -> dict[str, int]:
        """Each running process by its name here: router, salesforce, shop, erp, standin-…"""
        found = {}
        for pid, line in self.commands():
            for name, program in PROGRAMS.items():
                if os.path.basename(line[0]) == program:
                    found[name] = pid
            for name, script in PLAYED.items():
                if any(os.path.basename(word) == script for word in line[:3]):
                    found[name] = pid
        return found

    def everybody(self) -> dict[str, int]:
        """Every process of this node but the broker's own."""
        return {f"{pid} {' '.join(line)[:100]}": pid for pid, line in self.commands()}

    def commands(self) -> Iterable[tuple[int, list[str]]]:
        mine = f"TIDEGATE_DATA={self.data}".encode()
        for entry in os.listdir("/proc"):
            if not entry.isdigit() or int(entry) == os.getpid():
                continue
            try:
                with open(f"/proc/{entry}/environ", "rb") as file:
                    environ = file.read()
                if mine not in environ.split(b"\0") or b"TIDEGATE_BROKER_DIR=" in environ:
                    continue
                with open(f"/proc/{entry}/cmdline", "rb") as file:
                    line = file.read().decode(errors="replace").split("\0")
            except OSError:
                continue
            if line[0] and not (self.tail_process and self.tail_process.pid == int(entry)):
                yield int(entry), line

    def kill(self, name: str) -> bool:
        """-9 to one process; False when it is not running just now."""
        if name == "broker":
            return subprocess.run([place.PRIVATE_BROKER, "kill", self.broker], stderr=subprocess.DEVNULL, check=False).returncode == 0
        if name == "up":
            return self.kill_up()
        pid = self.pids().get(name)
        return pid is not None and kill_9(pid)

    def kill_up(self) -> bool:
        """-9 to the supervisor, whose children then stop; and a new one is started, as a person would."""
        assert self.up
        up, self.up = self.up, None
        up.kill()
        up.wait()
        self.wait("the orphans to end", lambda: not self.pids(), 60)
        with open(self.log_path, "ab") as log:
            log.write(b"== killed and started again\n")
        self.start()
        return True

    def broker_runs(self) -> bool:
        return subprocess.run([place.PRIVATE_BROKER, "status", self.broker], stderr=subprocess.DEVNULL, check=False).returncode == 0

    # ---- waiting

    def wait(self, what: str, look: Callable[[], Any], patience_s: float = 60, every_s: float = 0.1) -> Any:
        until = time.monotonic() + patience_s
        while True:
            found = look()
            if found:
                return found
            if time.monotonic() > until:
                raise Broken(f"waited {patience_s:g} s for {what}\n{self.tail()}")
            time.sleep(every_s)

    def queues(self) -> dict[str, int]:
        answer = subprocess.run([place.PRIVATE_BROKER, "ctl", self.broker, "list_queues", "-q", "-p", "tidegate", "--no-table-headers",
                                 "name", "messages", "type"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False)
        if answer.returncode != 0:
            raise OSError("the broker does not answer")
        rows = [line.split("\t") for line in answer.stdout.splitlines() if line.count("\t") == 2]
        return {name: int(count) for name, count, kind in rows if "stream" not in kind}

    def busy(self, dead: int = 0) -> str:
        """What is still under way, in words; empty: nothing."""
        for name in PROGRAMS:
            if not self.ready(name):
                return f"{name} is not ready"
        for name in SYSTEMS:
            one = self.status(name)
            for what in ("commands_held", "lanes_running", "refresh_pending"):
                if one[what]:
                    return f"{name}: {what} {one[what]}"
            if one["parked"]:
                return f"{name}: parked {one['parked'][0]}"
            behind = [feed["name"] for feed in one["feeds"] if feed["failures"] or feed["age_s"] is None]
            if behind:
                return f"{name}: feeds behind: {behind}"
        pending = self.hands.shop.do("webhooks")["pending"]
        return f"{pending} webhooks to send" if pending else ""

    def counters(self) -> dict[str, float]:
        """What moves when anything but an idle poll happens."""
        idle = re.compile(r"duplicate|api_calls|api_budget|feed_age|batch|_seconds|microseconds|polling")
        return {f"{name} {what}": value for name in PROGRAMS for what, value in self.metrics(name).items() if not idle.search(what)}

    def wait_quiet(self, patience_s: float = 600, dead: int = 0) -> None:
        """Until nothing is under way (module head). `dead`: dead letters that the test itself brought about."""
        until = time.monotonic() + patience_s
        since, before, why = time.monotonic(), None, "counters move"
        while time.monotonic() < until:
            self.check_up()
            try:
                why = self.busy()
                now = self.counters()
                if not why and now != before:
                    why = "counters move"
                if not why and time.monotonic() - since >= QUIET_S:
                    why = full(self.queues(), dead)
                    if not why:
                        return
            except (OSError, KeyError, ValueError) as error:
                why, now = f"{type(error).__name__}: {error}", None
            if why:
                since, before = time.monotonic(), now
            time.sleep(0.5)
        raise Broken(f"not quiet after {patience_s:g} s: {why}\n{self.tail()}")


def full(queues: dict[str, int], dead: int) -> str:
    """The queue of a `tidegate tail` that has ended fills until the broker drops it; that is nobody's work."""
    for name, count in sorted(queues.items()):
        if not name.startswith("tidegate.tap.") and count != (dead if name == "tidegate.dead" else 0):
            return f"queue {name} has {count} messages"
    return ""


def sanitizer_options(folder: str) -> dict[str, str]:
    """Reports go to files of their own, where nothing else mixes with them."""
    path = os.path.join(folder, "sanitizer")
    return {"ASAN_OPTIONS": f"detect_leaks=1:abort_on_error=0:log_path={path}", "UBSAN_OPTIONS": f"print_stacktrace=1:log_path={path}",
            "LSAN_OPTIONS": f"log_path={path}"}


def kill_9(pid: int) -> bool:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True
