"""Does an adapter keep the promises of docs/messages.md? One suite for all of them, driven by messages alone.

    conformance.py ADAPTER --program tidegate-ADAPTER --courier conformance_courier [--only CASE]

The cases know no system: what an account is called there, and how a person changes it, is in systems.py. Every case
uses records of its own and leaves the stand-in calm, so the cases may run in any order and on one adapter process.
Exit: 0 all kept, 1 not, 77 no RabbitMQ is installed.
"""
from __future__ import annotations

import argparse
import sys
import time
import traceback

from rig import NOT_TAKEN, Broken, Rig

MANY = 20
LIMITED_S = 150  # a system's own pause after a limit may be a minute


def check(holds: bool, what: str) -> None:
    if not holds:
        raise Broken(what)


def equal(found: object, wanted: object, what: str) -> None:
    check(found == wanted, f"{what}: found {found!r}, wanted {wanted!r}")


def key(name: str) -> str:
    return f"elsewhere:account:{name}"


def holders(rig: Rig, name: str) -> list[str]:
    """Native ids of the objects of this name."""
    return [native for native, found in rig.seat.names().items() if found == name]


def create(rig: Rig, name: str, revision: int = 1) -> str:
    rig.send(rig.command(key(name), revision, name=name))
    return done(rig, name)


def done(rig: Rig, name: str, patience_s: float = 60) -> str:
    """The record was answered with done, by the id of the one object of that name."""
    said = rig.answer(key(name), patience_s=patience_s)
    equal(said["verdict"], "done", f"{name} ({said.get('reason')})")
    equal(holders(rig, name), [said["native"]], f"objects called {name}")
    return said["native"]


def all_done(rig: Rig, names: list[str], patience_s: float = 60) -> None:
    for name in names:
        done(rig, name, patience_s)
    for name in names:
        equal({one["verdict"] for one in rig.answers(key(name))}, {"done"}, f"outcomes of {name}")


def many(rig: Rig, prefix: str, first: int, end: int) -> list[str]:
    names = [f"{prefix} {i:02d}" for i in range(first, end)]
    rig.send(*[rig.command(key(name), 1, name=name) for name in names])
    return names


# ---- cases


def created_once(rig: Rig) -> None:
    command = rig.command(key("Once"), 1, name="Once")
    rig.send(command)
    native = done(rig, "Once")
    equal(rig.answer(key("Once"))["command"], command["id"], "the outcome's command")
    rig.send(command)
    again = rig.answer(key("Once"), 2)
    equal((again["verdict"], again["native"], again["revision"]), ("done", native, 1), "the answer to the duplicate")
    equal(holders(rig, "Once"), [native], "objects after the duplicate")


def updated(rig: Rig) -> None:
    native = create(rig, "Before")
    rig.send(rig.command(key("Before"), 2, native, name="After"))
    said = rig.answer(key("Before"), 2)
    equal((said["verdict"], said["native"], said["revision"]), ("done", native, 2), "the update's outcome")
    equal(rig.seat.names()[native], "After", "the name")
    equal(holders(rig, "Before"), [], "objects of the old name")


def older_is_stale(rig: Rig) -> None:
    native = create(rig, "New", revision=5)
    rig.send(rig.command(key("New"), 3, native, name="Old"))
    said = rig.answer(key("New"), 2)
    equal((said["verdict"], said["revision"]), ("stale", 5), "the older revision's outcome")
    equal(rig.seat.names()[native], "New", "the name after an older revision")
    equal(holders(rig, "Old"), [], "objects of the older revision")


def torn_create(rig: Rig) -> None:
    rig.hands.faults({"kind": "drop_after", "match": "Torn", "count": 1})
    create(rig, "Torn")
    equal(rig.hands.call("GET", "/faults")["faults"], [], "faults that have not struck")


def any_key(rig: Rig) -> None:
    """Whatever a record's key is made of, the object is found by it again."""
    for name in ("a  b", "Größe/日本 #1", "100%25 \"'\\", "long " + 200 * "x", "long " + 199 * "x" + "y"):
        rig.hands.faults({"kind": "drop_after", "match": "Any key", "count": 1})
        rig.send(rig.command(key(name), 1, name="Any key"))
        said = rig.answer(key(name), patience_s=60)
        equal(said["verdict"], "done", f"{name} ({said.get('reason')})")
        equal(rig.hands.call("GET", "/faults")["faults"], [], "faults that have not struck")
        equal(holders(rig, "Any key"), [said["native"]], f"objects of the key {name}")
        rig.send(rig.command(key(name), 2, said["native"], name=f"Had key {len(name)}"))
        equal(rig.answer(key(name), 2)["verdict"], "done", "the name")
        told_key = rig.wait("the change", lambda: rig.changes_of(said["native"]))[-1]["data"].get("key")
        check(told_key in (key(name), None), f"the key that is told: {told_key}")


def outage(rig: Rig) -> None:
    rig.hands.faults({"kind": "status", "status": 503, "count": -1})
    names = many(rig, "Outage", 0, MANY // 2)
    rig.wait("the outage to be noticed", lambda: not rig.ready())
    names += many(rig, "Outage", MANY // 2, MANY)
    rig.wait("the backlog to stay at the broker", lambda: rig.backlog() >= MANY // 2)
    equal([one for name in names for one in rig.answers(key(name))], [], "outcomes while the system is away")
    why = rig.not_ready() or ""
    check("HTTP 503" in why and "check " not in why, f"what is shown must blame the system, not the settings: {why}")
    rig.hands.calm()
    all_done(rig, names)


def throttled(rig: Rig) -> None:
    names = many(rig, "Throttled", 0, MANY // 2)
    rig.hands.faults({"kind": "throttle", "match": "Throttled", "count": 1})
    names += many(rig, "Throttled", MANY // 2, MANY)
    rig.wait("the limit to be met", lambda: not rig.hands.call("GET", "/faults")["faults"], LIMITED_S)
    all_done(rig, names, LIMITED_S)


def killed(rig: Rig) -> None:
    rig.hands.faults({"kind": "delay", "ms": 150, "count": -1})
    names = many(rig, "Killed", 0, MANY)
    rig.wait("the first object", lambda: any(name.startswith("Killed") for name in rig.seat.names().values()))
    rig.kill()
    check(not all(rig.answers(key(name)) for name in names), "killed too late to show anything")
    rig.hands.calm()
    rig.start()
    all_done(rig, names)


def undecodable(rig: Rig) -> None:
    broken = b"\x93\x01\xff no message"
    rig.send_bytes(broken, "account")
    create(rig, "Behind it")
    rig.wait("the dead letter", lambda: rig.dead)
    equal(rig.dead, [broken], "dead letters")


def unsupported(rig: Rig) -> None:
    rig.send(rig.command("elsewhere:keepsake:1", 1, entity=NOT_TAKEN, name="x"))
    said = rig.answer("elsewhere:keepsake:1")
    equal((said["verdict"], said.get("class")), ("refused", "unsupported"), "the outcome")
    create(rig, "Beside it")


def told_once(rig: Rig) -> None:
    """What else an object shows that we made is told, once; a person's edit is, once. The echo of a write is not, unless
    the write met a change whose confirm was still on its way."""
    native, other = create(rig, "Made", revision=7), create(rig, "Other")
    rig.wait("the rest of the object", lambda: told(rig, native, "Made"))
    rig.send(rig.command(key("Made"), 8, native, name="Ours"))
    equal(rig.answer(key("Made"), 2)["verdict"], "done", "our write")
    rig.seat.edit(other, "While we wait")
    rig.wait("a change after our write", lambda: told(rig, other, "While we wait"))
    rig.seat.edit(native, "A person's")
    rig.wait("the change", lambda: told(rig, native, "A person's"))
    rig.stop()
    rig.start()
    rig.seat.edit(other, "Another's")
    rig.wait("a change after the restart", lambda: told(rig, other, "Another's"))
    time.sleep(3)  # longer than a poll; each reads what the last one before it has read
    said = [one["data"]["fields"]["name"] for one in rig.changes_of(native)]
    check(said in (["Made", "A person's"], ["Made", "Ours", "A person's"]), f"changes that tell of the object: {said}")
    change = told(rig, native, "A person's")[0]
    equal((change["source"], change["data"]["op"]), (rig.system, "upsert"), "the change")
    equal([one["data"].get("revision") for one in rig.changes_of(native)], [7] + [8] * (len(said) - 1), "revisions of the changes")


def told(rig: Rig, native: str, name: str) -> list[dict]:
    return [one for one in rig.changes_of(native) if one["data"]["fields"]["name"] == name]


CASES = (created_once, updated, older_is_stale, torn_create, any_key, outage, killed, undecodable, unsupported, told_once, throttled)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("adapter", choices=("salesforce", "storefront", "erp"))
    parser.add_argument("--program", required=True)
    parser.add_argument("--courier", required=True)
    parser.add_argument("--only", action="append", choices=[case.__name__ for case in CASES])
    given = parser.parse_args()
    failed = []
    with Rig(given.adapter, given.program, given.courier) as rig:
        for case in CASES:
            if given.only and case.__name__ not in given.only:
                continue
            began = time.monotonic()
            try:
                case(rig)
                print(f"ok      {case.__name__}  {time.monotonic() - began:.1f} s", flush=True)
            except Exception:
                print(f"FAILED  {case.__name__}\n{traceback.format_exc()}", flush=True)
                failed.append(case.__name__)
                rig.hands.calm()
                if rig.process and rig.process.poll() is not None:
                    rig.start()
        rig.stop()
        if failed:
            raise Broken(f"{given.adapter}: {', '.join(failed)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
