"""Where things are: the checkout, the build's programs, and the stand-ins' Python on the import path."""
from __future__ import annotations

import os
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
STANDINS = os.path.join(ROOT, "tests", "standins")
PRIVATE_BROKER = os.path.join(ROOT, "node", "cli", "private-broker")
CONFIG = os.path.join(ROOT, "config")
sys.path.insert(0, STANDINS)


def programs() -> str:
    """The folder of the programs under test: TIDEGATE_BIN, which ctest sets, or the first build that has them."""
    given = os.environ.get("TIDEGATE_BIN")
    for folder in [given] if given else [os.path.join(ROOT, "build", name, "bin") for name in ("test", "scenario", "release")]:
        if os.path.exists(os.path.join(folder, "tidegate")):
            return folder
    raise FileNotFoundError(f"no tidegate in {given or 'build/*/bin'}: build it, and name its folder in TIDEGATE_BIN")


def northwind() -> str | None:
    """The folder of the Northwind CSV files, where it is there."""
    for folder in (os.environ.get("TIDEGATE_NORTHWIND"), os.path.join(os.path.dirname(ROOT), "shared", "data", "northwind")):
        if folder and os.path.exists(os.path.join(folder, "orders.csv")):
            return folder
    return None


def new_folder(name: str) -> str:
    """A short path: it becomes part of names whose length is bounded."""
    return tempfile.mkdtemp(prefix=f"tidegate-{name}-")
