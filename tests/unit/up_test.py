"""`tidegate up` as a person starts and stops it: up_test.py FOLDER-OF-PROGRAMS

One data folder has one `up`; Ctrl-C stops every process that it started; the next start goes on; a configuration with a
fault starts nothing and says what is wrong with file and line. Exit 77 where RabbitMQ is not installed.
"""
from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request

PROGRAMS = os.path.abspath(sys.argv.pop(1))
READY_S, STOP_S = 90, 60


class Up:
    """One `tidegate up` with stand-ins on a data folder, in a process group of its own."""

    def __init__(self, data: str, config: str = "config/tidegate.cfg", **environment: str) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("TIDEGATE_", "SHOPIFY_"))}
        self.output = os.path.join(data, "said")
        with open(self.output, "w", encoding="utf-8") as said:
            self.process = subprocess.Popen(
                [os.path.join(PROGRAMS, "tidegate"), "up", "--config", config, "--standins", "tests/standins"],
                env={**kept, "TIDEGATE_DATA": data, **environment}, stdout=said, stderr=subprocess.STDOUT)

    def said(self) -> str:
        with open(self.output, encoding="utf-8") as file:
            return file.read()

    def await_line(self, words: str) -> None:
        until = time.monotonic() + READY_S
        while words not in self.said():
            if self.process.poll() is not None or time.monotonic() > until:
                raise AssertionError(f"never said {words!r}:\n{self.said()}")
            time.sleep(0.1)

    def stop(self, with_signal: int = signal.SIGINT) -> int:
        self.process.send_signal(with_signal)
        return self.process.wait(STOP_S)


def processes_of(folder: str) -> list[str]:
    """Command lines of the living processes that have the folder in their arguments or environment."""
    found = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/cmdline", "rb") as line, open(f"/proc/{name}/environ", "rb") as environment:
                words = line.read()
                if int(name) != os.getpid() and folder.encode() in words + environment.read():
                    found.append(words.replace(b"\0", b" ").decode(errors="replace"))
        except OSError:
            continue
    return found


def left_of(folder: str) -> list[str]:
    """What lives 5 s later: RabbitMQ's helpers end a moment after it."""
    until = time.monotonic() + 5
    while (left := processes_of(folder)) and time.monotonic() < until:
        time.sleep(0.1)
    return left


def fetch(url: str, method: str = "GET") -> bytes:
    with urllib.request.urlopen(urllib.request.Request(url, method=method), timeout=10) as answer:
        return answer.read()


class UpTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory(prefix="tidegate-up-")
        self.addCleanup(folder.cleanup)
        self.data = folder.name
        self.running: list[Up] = []
        self.addCleanup(lambda: [up.process.poll() is None and up.stop(signal.SIGTERM) for up in self.running])

    def start(self, *more: str, **environment: str) -> Up:
        up = Up(self.data, *more, **environment)
        self.running.append(up)
        return up

    def test_starts_alone_stops_whole_and_goes_on(self) -> None:
        first = self.start()
        first.await_line("Everything runs.")
        for system in ("salesforce", "shop", "erp"):
            self.assertRegex(first.said(), rf"  {system} +a stand-in, nothing real is touched; look into it at http://127\.0\.0\.1:\d+/")
        second = subprocess.run([os.path.join(PROGRAMS, "tidegate"), "up", "--standins", "tests/standins"], check=False,
                                env={**os.environ, "TIDEGATE_DATA": self.data}, capture_output=True, text=True)
        self.assertEqual(second.returncode, 1)
        self.assertIn(f"another `tidegate up` (process {first.process.pid}) works in {self.data}", second.stderr)
        self.assertEqual(first.stop(), 0, first.said())
        self.assertIn("stopped; nothing is lost", first.said())
        self.assertEqual(left_of(self.data), [])
        self.assertEqual(os.listdir(os.path.join(self.data, "ports")), [])
        other = self.start("config/tidegate.cfg", ODOO_URL="https://erp.example", ODOO_DATABASE="d", ODOO_USERNAME="u",
                           ODOO_API_KEY="k")
        self.assertEqual(other.process.wait(READY_S), 2)
        self.assertIn(f'{self.data} was used with another system "erp" (erp standin)', other.said())
        again = self.start()
        again.await_line("Everything runs.")
        self.assertEqual(again.stop(signal.SIGHUP), 0, again.said())
        self.assertEqual(left_of(self.data), [])

    def test_a_token_that_is_taken_back(self) -> None:
        up = self.start()
        up.await_line("Everything runs.")
        with open(os.path.join(self.data, "standins", "storefront", "port"), encoding="ascii") as file:
            control = f"http://127.0.0.1:{file.read().strip()}/_control"
        fetch(control + "/expire_tokens", "POST")
        polled = self.calls(control, "query orders")
        until = time.monotonic() + READY_S
        while self.calls(control, "query orders") < polled + 2:
            self.assertLess(time.monotonic(), until, up.said())
            time.sleep(0.2)
        self.assertNotIn("HTTP 401", up.said())

    @staticmethod
    def calls(control: str, operation: str) -> int:
        """How often the stand-in has answered this with 200."""
        return json.loads(fetch(control + "/calls"))["operations"].get(operation, {}).get("ok", 0)

    def test_stopped_while_starting(self) -> None:
        up = self.start()
        up.await_line("broker")
        time.sleep(0.5)
        self.assertEqual(up.stop(), 0, up.said())
        self.assertEqual(left_of(self.data), [])

    def test_credentials_that_are_missing(self) -> None:
        up = self.start("config/tidegate.cfg", SHOPIFY_URL="https://tea.myshopify.com", ODOO_URL="https://erp.example")
        self.assertEqual(up.process.wait(READY_S), 2)
        self.assertRegex(up.said(), r"config/tidegate\.cfg:\d+: system shop: to log in it needs client_id and secret")
        self.assertRegex(up.said(), r"config/tidegate\.cfg:\d+: system erp: still empty, though it has a url: database \(")
        self.assertIn("nothing was started", up.said())
        self.assertFalse(os.path.exists(os.path.join(self.data, "broker")))

    def test_a_configuration_that_is_not_there(self) -> None:
        up = self.start("config/nothing.cfg")
        self.assertEqual(up.process.wait(READY_S), 1)
        self.assertIn("config/nothing.cfg: no such configuration file", up.said())


if __name__ == "__main__":
    if not os.path.exists("/usr/lib/rabbitmq/bin/rabbitmq-server"):
        print("rabbitmq-server is not installed")
        sys.exit(77)
    unittest.main(verbosity=2)
