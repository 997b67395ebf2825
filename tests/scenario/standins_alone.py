"""The three stand-ins without a node, in a folder of their own."""
from __future__ import annotations

import os
import shutil
import subprocess
import time
from typing import Any

import place
from hands import ADAPTERS, Hands  # tests/standins


class StandinsAlone:
    """Given a folder it keeps the data there, for a node that is started on it afterwards."""

    def __init__(self, name: str = "standins", data: str | None = None) -> None:
        self.kept = data is not None
        self.folder = os.path.dirname(data) if data else place.new_folder(name)
        self.data = data or os.path.join(self.folder, "data")
        self.processes: list[subprocess.Popen] = []

    def __enter__(self) -> Hands:
        for adapter in ADAPTERS:
            folder = os.path.join(self.data, "standins", adapter)
            if os.path.exists(os.path.join(folder, "ready")):  # of one that was killed
                os.remove(os.path.join(folder, "ready"))
            with open(os.path.join(self.folder, adapter + ".log"), "wb") as log:
                self.processes.append(subprocess.Popen([os.path.join(place.STANDINS, "standin"), adapter, folder], stderr=log))
        for adapter in ADAPTERS:
            self.await_ready(os.path.join(self.data, "standins", adapter, "ready"))
        return Hands(self.data)

    def await_ready(self, path: str) -> None:
        until = time.monotonic() + 30
        while not os.path.exists(path):
            if time.monotonic() > until:
                raise TimeoutError(f"{path} is not there; see {self.folder}")
            time.sleep(0.05)

    def __exit__(self, *_: Any) -> None:
        for one in self.processes:
            one.terminate()
            one.wait()
        if not self.kept:
            shutil.rmtree(self.folder, ignore_errors=True)
