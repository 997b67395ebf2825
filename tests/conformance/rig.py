"""What an adapter lives between while it is judged: a private broker, its stand-in, and us as the router.

    with Rig("erp", program, courier) as rig:
        rig.send(rig.command("x:account:1", 1, name="One")); rig.wait("…", lambda: rig.outcomes)

The adapter is started as a user's configuration would start it, and is spoken to by messages only; of its HTTP only
/readyz is asked. A background thread collects what it says: lists grow, nothing is ever taken out of them.
"""
from __future__ import annotations

import glob
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
import uuid
from datetime import datetime, timezone
from typing import Any, Callable

import msgpack

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
STANDINS = os.path.join(ROOT, "tests", "standins")
BROKER = os.path.join(ROOT, "tests", "broker")
sys.path.insert(0, STANDINS)

from systems import SYSTEMS  # noqa: E402  (needs the stand-ins' folder)

PATIENCE_S = 60
NOT_TAKEN = "keepsake"  # an entity of the user's own, which no adapter maps
FINAL = ("done", "refused", "stale")
HARMLESS = "ASan doesn't fully support makecontext/swapcontext"


class Broken(AssertionError):
    """The adapter did not keep its word."""


class Rig:
    def __init__(self, adapter: str, program: str, courier: str) -> None:
        self.played = SYSTEMS[adapter]
        self.adapter, self.program, self.courier_program = adapter, program, courier
        self.system = self.played.seat.system
        self.folder = tempfile.mkdtemp(prefix="tidegate-conform-")
        self.changes: list[dict] = []
        self.outcomes: list[dict] = []
        self.dead: list[bytes] = []
        self.process: subprocess.Popen | None = None
        self.others: list[subprocess.Popen] = []

    # ---- life

    def __enter__(self) -> "Rig":
        try:
            self.guard()
            self.write_config()
            self.open_broker()
            self.open_standin()
            self.start()
        except BaseException:
            self.__exit__(Broken)
            raise
        return self

    def __exit__(self, kind: type | None, *_: Any) -> None:
        for process in [self.process, *reversed(self.others)]:
            if process and process.poll() is None:
                process.kill()
                process.wait()
        subprocess.run([BROKER, "stop", self.path("broker")], stderr=subprocess.DEVNULL, check=False)
        if kind is None:
            shutil.rmtree(self.folder, ignore_errors=True)
        else:
            print(f"the folder is kept: {self.folder}\n{self.log_end()}", flush=True)

    def path(self, *names: str) -> str:
        return os.path.join(self.folder, *names)

    def log_end(self) -> str:
        if not os.path.exists(self.path("log")):
            return ""
        with open(self.path("log"), encoding="utf-8", errors="replace") as file:
            return "".join(file.readlines()[-25:])

    def run(self, *line: str, env: dict | None = None, **more: Any) -> subprocess.Popen:
        with open(self.path("log"), "ab") as log:
            more = {"stdin": subprocess.DEVNULL, "stdout": log, **more}
            return subprocess.Popen(line, stderr=log, cwd=ROOT, env={**os.environ, **(env or {})}, start_new_session=True, **more)

    def guard(self) -> None:
        """A suite that is killed leaves nothing behind: with it this pipe closes, and what it started is ended."""
        script = 'read nothing; "$1" stop "$2/broker"; for f in "$2"/*.pid; do kill -9 "$(cat "$f")"; done'
        self.others.append(self.run("/bin/sh", "-c", script, "guardian", BROKER, self.folder, stdin=subprocess.PIPE))

    def note_pid(self, name: str, process: subprocess.Popen) -> None:
        with open(self.path(name + ".pid"), "w", encoding="ascii") as file:
            file.write(str(process.pid))

    def write_config(self) -> None:
        """The shipped configuration, and an entity beside the shipped ones."""
        os.mkdir(self.path("entities"))
        with open(self.path("entities", NOT_TAKEN + ".cfg"), "w", encoding="utf-8") as file:
            file.write(f'{NOT_TAKEN}: {{ fields: ( {{ name = "name"; type = "text"; }} ); }};\n')
        with open(os.path.join(ROOT, "config", "tidegate.cfg"), encoding="utf-8") as file:
            text = file.read()
        text = text.replace('["../proto/entities"]', f'["{ROOT}/proto/entities", "{self.path("entities")}"]')
        text = text.replace('mapping = "', f'mapping = "{ROOT}/config/')
        with open(self.path("tidegate.cfg"), "w", encoding="utf-8") as file:
            file.write(text)

    def open_broker(self) -> None:
        started = subprocess.run([BROKER, "start", self.path("broker")], stdout=subprocess.DEVNULL, check=False)
        if started.returncode == 3:
            sys.exit(77)
        if started.returncode:
            raise Broken("the broker does not start")
        self.uri = settings(self.path("broker", "env"))["TIDEGATE_BROKER_URI"]
        self.courier = self.run(self.courier_program, self.uri, self.system, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                env=sanitizer_options(self.path("sanitizer")))
        self.others.append(self.courier)
        threading.Thread(target=self.collect, daemon=True).start()

    def open_standin(self) -> None:
        standin = self.run(os.path.join(STANDINS, "standin"), self.adapter, self.path("standin"))
        self.others.append(standin)
        self.note_pid("standin", standin)
        self.wait("the stand-in", lambda: os.path.exists(self.path("standin", "ready")))
        self.env = settings(self.path("standin", "env"))
        self.hands = self.played.hands(self.env[self.played.url])
        self.seat = self.played.seat(self.hands)

    # ---- the adapter

    def start(self) -> None:
        port = self.path("data", "ports", self.system)
        if os.path.exists(port):
            os.remove(port)
        env = {**self.env, "TIDEGATE_DATA": self.path("data"), "TIDEGATE_BROKER_URI": self.uri, **sanitizer_options(self.path("sanitizer"))}
        self.process = self.run(self.program, "--config", self.path("tidegate.cfg"), "--system", self.system, env=env)
        self.note_pid("adapter", self.process)
        self.wait("the adapter to be ready", self.ready)

    def ready(self) -> bool:
        return self.not_ready() is None

    def not_ready(self) -> str | None:
        """Why, in the adapter's words; None: it is ready."""
        if self.process and self.process.poll() is not None:
            raise Broken(f"the adapter ended with {self.process.returncode}")
        try:
            with open(self.path("data", "ports", self.system), encoding="ascii") as file:
                address = file.read().strip()
            with urllib.request.urlopen(f"http://{address}/readyz", timeout=20) as answer:
                return None if answer.status == 200 else answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.read().decode()
        except OSError as error:
            return str(error)

    def stop(self) -> None:
        assert self.process
        self.process.send_signal(signal.SIGTERM)
        code, found = self.process.wait(30), self.reports()
        if code or found:
            raise Broken(f"the adapter ended with {code} {found[:4000]}")

    def kill(self) -> None:
        assert self.process
        self.process.kill()
        self.process.wait()

    def backlog(self) -> int:
        """How many commands lie at the broker, handed to nobody. (Its count of consumers keeps those who have
        cancelled and still hold messages.)"""
        said = subprocess.run([BROKER, "ctl", self.path("broker"), "-q", "list_queues", "-p", "tidegate", "name", "messages_ready"],
                              stdout=subprocess.PIPE, check=True, text=True).stdout
        rows = dict(line.split() for line in said.splitlines() if line.startswith("tidegate."))
        return int(rows[f"tidegate.to.{self.system}"])

    def reports(self) -> str:
        """What the sanitizers said."""
        found = ""
        for path in glob.glob(self.path("sanitizer.*")):
            with open(path, encoding="utf-8", errors="replace") as file:
                found += "".join(line for line in file if line.strip() and HARMLESS not in line)
        return found

    # ---- messages

    def collect(self) -> None:
        for line in self.courier.stdout:  # type: ignore[union-attr]
            queue, _, data = line.decode().strip().partition(" ")
            if queue == "tidegate.dead":
                self.dead.append(bytes.fromhex(data))
            elif queue != "up":
                message = msgpack.unpackb(bytes.fromhex(data), raw=False)
                (self.changes if queue == "tidegate.router" else self.outcomes).append(message)

    def command(self, key: str, revision: int, native: str | None = None, entity: str = "account", **fields: Any) -> dict:
        data = {"op": "upsert", "key": key, "target": self.system, "revision": revision, "fields": fields}
        name = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{key} {self.system} {revision}"))
        return {"specversion": "1.0", "id": f"{name[:14]}7{name[15:]}", "source": "router", "type": "tidegate.command.v1",
                "subject": f"{entity}/{key}", "time": datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
                "datacontenttype": "application/vnd.tidegate+msgpack", "data": {**data, **({"native": native} if native else {})}}

    def send(self, *commands: dict) -> None:
        for one in commands:
            self.send_bytes(msgpack.packb(one), one["subject"].partition("/")[0])

    def send_bytes(self, body: bytes, entity: str) -> None:
        assert self.courier.stdin
        self.courier.stdin.write(f"{self.system}.{entity}.upsert {body.hex()}\n".encode())
        self.courier.stdin.flush()

    def answers(self, key: str) -> list[dict]:
        """The final outcomes of a record's commands, in the order in which they came."""
        return [one["data"] for one in list(self.outcomes) if one["data"]["key"] == key and one["data"]["verdict"] in FINAL]

    def answer(self, key: str, count: int = 1, patience_s: float = PATIENCE_S) -> dict:
        """The count-th final outcome of the record."""
        return self.wait(f"outcome {count} of {key}", lambda: len(self.answers(key)) >= count, patience_s) and self.answers(key)[count - 1]

    def changes_of(self, native: str) -> list[dict]:
        return [one for one in list(self.changes) if one["subject"] == f"account/{native}"]

    def wait(self, what: str, look: Callable[[], Any], patience_s: float = PATIENCE_S) -> Any:
        until = time.monotonic() + patience_s
        while True:
            found = look()
            if found:
                return found
            if time.monotonic() > until:
                raise Broken(f"waited {patience_s:g} s for {what}")
            time.sleep(0.05)


def settings(path: str) -> dict[str, str]:
    """NAME=VALUE lines."""
    with open(path, encoding="utf-8") as file:
        return dict(line.rstrip("\n").removeprefix("export ").split("=", 1) for line in file if "=" in line)


def sanitizer_options(path: str) -> dict[str, str]:
    return {"ASAN_OPTIONS": f"detect_leaks=1:abort_on_error=0:log_path={path}", "UBSAN_OPTIONS": f"print_stacktrace=1:log_path={path}",
            "LSAN_OPTIONS": f"log_path={path}"}
