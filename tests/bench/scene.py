"""A rig with stand-ins and adapters: what a whole node is, without a supervisor, so that each part can be looked at alone."""
from __future__ import annotations

import json
import os
import signal
import subprocess
import urllib.request
from typing import Any

from rig import CONFIG, ROOT, Rig, wait_for

from hands import Hands  # tests/standins

STANDIN = os.path.join(ROOT, "tests", "standins", "standin")
SYSTEMS = {"salesforce": ("salesforce", "SALESFORCE_URL"), "shop": ("storefront", "SHOPIFY_URL"), "erp": ("erp", "ODOO_URL")}


class Scene(Rig):
    def __init__(self) -> None:
        super().__init__()
        self.env["STANDIN_OPTIONS_storefront"] = "--plan unlimited-for-tests"
        self.standins: list[subprocess.Popen] = []
        self.adapters: dict[str, subprocess.Popen] = {}

    def __exit__(self, *what: Any) -> None:
        if what[0]:
            self.show_troubles()
        for name in list(self.adapters):
            self.stop_adapter(name, bool(what[0]))
        for one in self.standins:
            one.send_signal(signal.SIGTERM)
            one.wait(30)
        super().__exit__(*what)

    def log(self, name: str) -> Any:
        return open(os.path.join(self.data, f"{name}.log"), "ab")

    def show_troubles(self) -> None:
        """After a failure: what the processes warned of."""
        for name in ("router", *self.adapters):
            with open(os.path.join(self.data, f"{name}.log"), encoding="utf-8", errors="replace") as file:
                lines = [line for line in file if "level=warn" in line or "level=error" in line]
            for line in lines[-5:]:
                print(f"  {name}: {line.rstrip()[:300]}", flush=True)

    # ---- stand-ins

    def start_standins(self) -> None:
        for adapter, _ in SYSTEMS.values():
            folder = os.path.join(self.data, "standins", adapter)
            os.makedirs(folder)
            with self.log(f"standin-{adapter}") as log:
                self.standins.append(subprocess.Popen([STANDIN, adapter, folder], env=self.env, stdin=subprocess.DEVNULL, stdout=log, stderr=log))
            wait_for(f"the stand-in of {adapter}", lambda folder=folder: os.path.exists(os.path.join(folder, "ready")))
            with open(os.path.join(folder, "env"), encoding="utf-8") as file:
                self.env.update(line.rstrip("\n").split("=", 1) for line in file)
        del self.env["SHOPIFY_WEBHOOK_URL"]  # no pushes but the benchmarks' own
        self.hands = Hands(self.data)

    # ---- adapters

    def start_adapter(self, name: str) -> None:
        with self.log(name) as log:
            self.adapters[name] = self.start(f"tidegate-{SYSTEMS[name][0]}", "--config", CONFIG, "--system", name, stdout=log, stderr=log)
        wait_for(f"the adapter of {name}", lambda: os.path.exists(os.path.join(self.data, "ports", name)))

    def stop_adapter(self, name: str, failed: bool = False) -> None:
        adapter = self.adapters.pop(name)
        adapter.send_signal(signal.SIGTERM)
        if adapter.wait(30) != 0 and not failed:
            raise RuntimeError(f"the adapter of {name} ended with {adapter.returncode}: see its log, {self.keep(name)}")

    def address(self, name: str) -> str:
        with open(os.path.join(self.data, "ports", name), encoding="ascii") as file:
            return f"http://{file.read().strip()}"

    def status(self, name: str) -> dict:
        with urllib.request.urlopen(f"{self.address(name)}/status", timeout=30) as answer:
            return json.load(answer)
