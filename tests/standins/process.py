"""For tests: a stand-in as a process of its own, killed and started again at will, and a plain HTTP client to it."""

from __future__ import annotations

import atexit
import http.client
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from typing import Any

HERE = os.path.dirname(os.path.abspath(__file__))


class StandIn:
    def __init__(self, script: str, *options: str) -> None:
        self.script, self.options = script, options
        self.folder = tempfile.mkdtemp(prefix="standin-")
        self.process: subprocess.Popen | None = None
        self.connection: http.client.HTTPConnection | None = None
        self.url = ""
        atexit.register(self.kill)
        self.start()

    def start(self) -> None:
        ready = os.path.join(self.folder, "ready")
        if os.path.exists(ready):
            os.remove(ready)
        self.process = subprocess.Popen(
            [
                sys.executable,
                os.path.join(HERE, self.script),
                "--data",
                os.path.join(self.folder, "data"),
                "--ready-file",
                ready,
                *self.options,
            ],
            stderr=subprocess.DEVNULL,
        )
        for _ in range(400):
            if os.path.exists(ready):
                break
            if self.process.poll() is not None:
                raise RuntimeError(f"{self.script} ended with {self.process.returncode}")
            time.sleep(0.025)
        with open(ready, encoding="ascii") as file:
            self.url = file.read().strip()
        self.connection = http.client.HTTPConnection(self.url.removeprefix("http://"), timeout=30)

    def kill(self) -> None:
        if self.connection:
            self.connection.close()
        if self.process:
            self.process.kill()
            self.process.wait()

    def restart(self) -> None:
        self.kill()
        self.start()

    def close(self) -> None:
        self.kill()
        atexit.unregister(self.kill)
        shutil.rmtree(self.folder)

    def call(self, method: str, path: str, body: Any = None, headers: dict | None = None) -> tuple[int, Any, dict]:
        """Status, body (JSON where it is), headers with lower-case names."""
        assert self.connection
        raw = body if isinstance(body, (bytes, str, type(None))) else json.dumps(body)
        self.connection.request(method, path, raw, headers or {})
        answer = self.connection.getresponse()
        data = answer.read()
        kind = answer.headers.get("Content-Type", "")
        return (
            answer.status,
            json.loads(data) if data and "json" in kind else data,
            {name.lower(): value for name, value in answer.headers.items()},
        )

    def do(self, action: str, **body: Any) -> Any:
        status, answer, _ = self.call("POST", f"/_control/do/{action}", body)
        if status != 200:
            raise AssertionError(f"{action}: {status} {answer}")
        return answer

    def fault(self, **fault: Any) -> None:
        assert self.call("POST", "/_control/faults", {"faults": [fault]})[0] == 200
