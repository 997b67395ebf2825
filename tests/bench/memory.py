"""Benchmark d: what each process keeps resident after 100,000 records.

VmRSS is what is resident at the end, VmHWM the most that ever was. Of VmRSS, RssFile is pages of files: the program and
Debian's shared libraries, of which all processes together have one copy; RssAnon is the process's own. Pss counts what
several processes have in common by shares.

The router learns 100,000 records with their links through the broker, then takes changes of them. Each adapter captures
100,000 records from a stand-in that has them (50,000 of the shop's customers are 100,000: each is a contact and an
account), and then applies commands. It is looked at half a minute later: what is free and pages of libraries that are not
used have been given back by then (os_trim_memory), which happens every half minute.
"""
from __future__ import annotations

import time
from typing import Callable, Iterator

from rig import Rig, Row, at_most, note, resident_kib, wait_for
from scene import Scene

CHUNK = 1000


def mib(pid: int, what: str = "VmRSS") -> float:
    return resident_kib(pid, what) / 1024


def pss(pid: int) -> float:
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("Pss:")) / 1024


def rows_of(name: str, pid: int, aim: float, when: str, figures: str) -> list[Row]:
    return [at_most(name, mib(pid), aim, "MB"),
            Row("  its share, where processes have pages in common (Pss)", f"{pss(pid):.1f} MB"),
            Row("  of it: its own / of files, shared by all", f"{mib(pid, 'RssAnon'):.1f} / {mib(pid, 'RssFile'):.1f} MB"),
            Row(f"  {when}at its most", f"{figures}{mib(pid, 'VmHWM'):.1f} MB")]


def router(rig: Rig, records: int, changes: int, settle_s: float) -> list[Row]:
    process = rig.start_router()
    rig.tell("feed", "known", records)
    rig.router_quiet()
    rig.tell("gauge", "drain")
    rig.tell("feed", "changes", records, changes, 1)
    rig.router_quiet()
    known = rig.router_metrics()["tidegate_router_records"]
    note(f"the router knows {known:,.0f} records, and has taken {changes} changes of them")
    time.sleep(settle_s)
    rows = rows_of("router", process.pid, 40, "", "")
    rig.stop_router()
    rig.tell("gauge", "drain")  # or the adapters would find commands of records that their systems have not got
    return rows


# ---- adapters
#
# The records were written a day ago, but for the newest: an adapter reads again whatever is little older than the newest,
# and would else do nothing but read all of them again, which is not what is to be measured here.

DAY_S = 86400


def chunks(records: int) -> Iterator[tuple[range, int]]:
    """Numbers of records, and how many seconds ago they were written."""
    for at in range(0, records - 1, CHUNK):
        yield range(at, min(at + CHUNK, records - 1)), DAY_S
    yield range(records - 1, records), 0


def load_salesforce(scene: Scene, records: int) -> None:
    def load(name: str, rows: list[dict], age_s: int) -> None:
        scene.hands.salesforce.do("load", object=name, records=rows, backdate_s=age_s)

    for some, age_s in chunks(records // 2):
        load("Product2", [{"Name": f"Product number {n}", "StockKeepingUnit": f"SKU-{n}", "ProductCode": f"SKU-{n}", "IsActive": True,
                           "Description": "A longer text that says what this is good for"} for n in some], age_s)
        load("Account", [{"Name": f"Company number {n}", "AccountNumber": f"A{n:06d}", "BillingStreet": f"{n} Main St",
                          "BillingCity": "York", "BillingCountry": "United Kingdom"} for n in some], age_s)


def load_shop(scene: Scene, records: int) -> None:
    for some, age_s in chunks(records // 2):
        when = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - age_s))
        scene.hands.shop.do("bulk", webhooks=False, customers=[
            {"firstName": "Maria", "lastName": f"Number {n}", "email": f"maria{n}@shop.example", "createdAt": when,
             "addresses": [{"address1": f"{n} Main St", "city": "York", "zip": "YO1 7HH", "countryCode": "GB"}]} for n in some])


def load_erp(scene: Scene, records: int) -> None:
    for some, age_s in chunks(records):
        rows = [{"name": f"Company number {n}", "is_company": True, "ref": f"E{n:06d}", "email": f"office{n}@erp.example",
                 "street": f"{n} Main St", "city": "York"} for n in some]
        scene.hands.erp.do("load", model="res.partner", records=rows, backdate_s=age_s)


LOADS: dict[str, Callable[[Scene, int], None]] = {"salesforce": load_salesforce, "shop": load_shop, "erp": load_erp}


def adapter(scene: Scene, name: str, records: int, commands: int, settle_s: float) -> list[Row]:
    began = time.monotonic()
    LOADS[name](scene, records)
    note(f"{name}: its stand-in has {records} records after {time.monotonic() - began:.0f} s")
    began = time.monotonic()
    scene.start_adapter(name)
    pid = scene.adapters[name].pid
    wait_for(f"{name} to be open", lambda: scene.status(name)["open"], 60)
    fresh = mib(pid)
    wait_for(f"{records} records of {name}", lambda: scene.status(name)["counts"]["published"] >= records, 120 + records / 50, 0.2)
    captured = mib(pid)
    note(f"{name}: captured after {time.monotonic() - began:.0f} s")
    began = time.monotonic()
    scene.tell("feed", "commands", name, commands)
    wait_for(f"{commands} commands in {name}", lambda: ended(scene, name) >= commands, 120 + commands / 5, 0.2)
    note(f"{name}: {ended(scene, name)} commands ended after {time.monotonic() - began:.0f} s, {scene.status(name)['counts']['done']} of them done")
    time.sleep(settle_s)
    rows = rows_of(name, pid, 12, "when it had opened / captured / ", f"{fresh:.1f} / {captured:.1f} / ")
    scene.stop_adapter(name)
    return rows


def ended(scene: Scene, name: str) -> int:
    counts = scene.status(name)["counts"]
    return counts["done"] + counts["rejected"]


def measure(records: int = 100000, changes: int = 50000, commands: int = 1000, settle_s: float = 31) -> list[Row]:
    with Scene() as scene:
        rows = router(scene, records, changes, settle_s)
        scene.start_standins()
        for name in LOADS:
            rows += adapter(scene, name, records, commands, settle_s)
    return rows
