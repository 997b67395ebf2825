"""Benchmark a: how many changes a second one core decides (decide.c), and how many instructions one takes (callgrind).

Instructions are the figure to compare from one day to the next: they do not depend on what else the machine does.
"""
from __future__ import annotations

import os
import re
import statistics
import subprocess
import tempfile

from rig import ROOT, Row, at_least, note, program

AIM = 300000


def speed(records: int, changes: int) -> float:
    out = subprocess.run([program("bench_decide"), "--records", str(records), "--changes", str(changes)], cwd=ROOT, check=True,
                         stdout=subprocess.PIPE, text=True).stdout
    found = re.search(r"([0-9]+) changes/s", out)
    if not found:
        raise RuntimeError(f"bench_decide said {out!r}")
    return float(found[1])


def instructions(records: int, changes: int) -> float:
    """Per change, of what is measured alone."""
    with tempfile.NamedTemporaryFile(prefix="tidegate-callgrind-") as file:
        subprocess.run(["valgrind", "--tool=callgrind", f"--callgrind-out-file={file.name}", "--toggle-collect=measured*", "--collect-atstart=no",
                        program("bench_decide"), "--records", str(records), "--changes", str(changes)], cwd=ROOT, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        found = re.search(rb"^(?:totals|summary): ([0-9]+)", file.read(), re.MULTILINE)
    if not found:
        raise RuntimeError("callgrind gave no totals")
    return int(found[1]) / changes


def measure(records: int = 100000, changes: int = 300000, rounds: int = 5, callgrind: bool = True) -> list[Row]:
    speeds = []
    for _ in range(rounds if callgrind else 1):
        speeds.append(speed(records, changes))
        note(f"{speeds[-1]:,.0f} changes/s")
    rows = [at_least(f"changes decided a second on one core (median of {len(speeds)})", statistics.median(speeds), AIM, "/s"),
            Row("the best of them", f"{max(speeds):,.0f} /s")]
    if callgrind:
        note("callgrind counts; that takes a minute or two")
        rows.append(Row("instructions a change", f"{instructions(records, 20000):,.0f}"))
    return rows
