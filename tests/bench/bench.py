"""Runs the benchmarks and prints a table. `tests/bench/run` builds what they need, and calls this.

docs/performance.md says what each measures and what the figures mean.
"""
from __future__ import annotations

import argparse
import os
import platform
import sys

import broker
import decide
import memory
import way
from rig import Row, show

TITLES = {
    "a": "a. Deciding, in memory: decode, decide, encode, with 100,000 records known",
    "b": "b. Through the broker: the router against a bare mover",
    "c": "c. From the push of a webhook to the target's API request",
    "d": "d. Resident memory after 100,000 records",
}
BENCHES = {"a": decide.measure, "b": broker.measure, "c": way.measure, "d": memory.measure}
TINY = {
    "a": {"changes": 2000, "records": 5000, "callgrind": False},
    "b": {"records": 500, "changes": 500, "rounds": 1},
    "c": {"rate": 20, "seconds": 2, "orders": 4, "lap_rate": 4, "settle_s": 0, "grace_s": 0.5},
    "d": {"records": 400, "changes": 400, "commands": 10, "settle_s": 0},
}


def machine() -> str:
    """Its class only: cores, memory, distribution."""
    gib = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    try:
        system = platform.freedesktop_os_release().get("PRETTY_NAME", "?")
    except OSError:
        system = "?"
    return f"{os.cpu_count()} cores, {gib:.0f} GB, {system}; load {os.getloadavg()[0]:.1f} before"


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests/bench/run", description="Measures Tidegate: see docs/performance.md.")
    parser.add_argument("--only", default="abcd", help="which of a, b, c, d (default: all; some ten minutes)")
    parser.add_argument("--tiny", action="store_true", help="smallest sizes, to see that they run: the figures mean nothing")
    args = parser.parse_args()
    if set(args.only) - set(BENCHES):
        parser.error("--only takes letters of abcd")
    print(machine(), flush=True)
    missed = 0
    for letter in args.only:
        rows = BENCHES[letter](**(TINY[letter] if args.tiny else {}))
        if args.tiny:  # aims are for full size
            rows = [Row(row.what, row.figure) for row in rows]
        show(TITLES[letter] + (" (tiny)" if args.tiny else ""), rows)
        missed += sum(1 for row in rows if row.met is False)
    print(f"\n{missed} figures miss their aim." if missed else "\nDone.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
