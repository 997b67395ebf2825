"""Do we and another implementation of msgpack read each other's bytes?

Python's msgpack writes values and messages, in its own way and in every other legal way; our C program (given as the
first argument, see proto_interop.c) reads them, and writes them again for Python to read. The ids that C derives are
compared with those of the program in docs/messages.md, and that page's example is taken at its word.
"""

import json
import pathlib
import random
import re
import struct
import subprocess
import sys

import msgpack

PAGE = pathlib.Path("docs/messages.md").read_text(encoding="utf-8")
documented: dict = {}
exec(re.search(r"```python\n(.*?)```", PAGE, re.S).group(1), documented)

TIME, MILLISECONDS = "2026-11-21T10:00:00.000000Z", 1795255200000
UUID = "019aa4b6-4500-769f-bac7-ad6dd144c5c7"


def ask(mode: str, frames: list[bytes]) -> list[dict]:
    """C's answers to frames, one each."""
    stdin = b"".join(struct.pack(">I", len(f)) + f for f in frames)
    run = subprocess.run([sys.argv[1], mode], input=stdin, stdout=subprocess.PIPE, check=True, timeout=100)
    answers = [json.loads(line) for line in run.stdout.splitlines()]
    assert len(answers) == len(frames), f"{len(answers)} answers to {len(frames)} frames"
    return answers


def unpack(hexadecimal: str):
    return msgpack.unpackb(bytes.fromhex(hexadecimal), raw=False, strict_map_key=True)


def equal(found, expected, about) -> None:
    """Equal in type as well: True is not 1."""
    if repr(found) != repr(expected):
        sys.exit(f"interop: {about}\n  found    {found!r}\n  expected {expected!r}")


# ---- any legal encoding ----

def head(number: int, *forms: tuple[int, int]) -> bytes:
    """One of the forms (type byte, bytes of the number) that the number fits in, by chance."""
    fitting = [(kind, size) for kind, size in forms if number < 1 << 8 * size]
    kind, size = random.choice(fitting)
    return bytes([kind]) + number.to_bytes(size, "big")


def encode_int(i: int) -> bytes:
    forms = []
    if -32 <= i < 128:
        forms.append(struct.pack("b", i))
    for kind, code in ((0xD0, ">b"), (0xD1, ">h"), (0xD2, ">i"), (0xD3, ">q"), (0xCC, ">B"), (0xCD, ">H"), (0xCE, ">I"), (0xCF, ">Q")):
        try:
            forms.append(bytes([kind]) + struct.pack(code, i))
        except struct.error:
            pass
    return random.choice(forms)


def encode(v) -> bytes:
    """msgpack by hand, with a width drawn for everything that has one."""
    if v is None or isinstance(v, bool):
        return {None: b"\xc0", False: b"\xc2", True: b"\xc3"}[v]
    if isinstance(v, int):
        return encode_int(v)
    if isinstance(v, str):
        data = v.encode()
        short = [bytes([0xA0 | len(data)])] if len(data) < 32 else []
        return random.choice(short + [head(len(data), (0xD9, 1), (0xDA, 2), (0xDB, 4))]) + data
    short = [bytes([(0x90 if isinstance(v, list) else 0x80) | len(v)])] if len(v) < 16 else []
    if isinstance(v, list):
        return random.choice(short + [head(len(v), (0xDC, 2), (0xDD, 4))]) + b"".join(map(encode, v))
    members = b"".join(encode(k) + encode(e) for k, e in v.items())
    return random.choice(short + [head(len(v), (0xDE, 2), (0xDF, 4))]) + members


def draw(depth: int = 0):
    """A value with sizes around the widths' limits."""
    kind = random.randrange(6 if depth < 4 else 4)
    if kind == 0:
        return random.choice([None, True, False])
    if kind == 1:
        edge = 1 << random.choice([5, 7, 8, 15, 16, 31, 32, 62, 63])
        return max(-(1 << 63), min((1 << 63) - 1, random.choice([-1, 1]) * edge + random.randrange(-2, 2)))
    if kind in (2, 3):
        return "".join(random.choices("aZ0 \"\\\n\x01é€😀", k=random.choice([0, 1, 31, 32, 33, 255, 256, 300])))
    if kind == 4:
        return [draw(depth + 1) for _ in range(random.choice([0, 1, 3, 15, 16, 17]))]
    return {f"n{i}{'x' * random.choice([0, 0, 40])}": draw(depth + 1) for i in range(random.choice([0, 1, 3, 15, 16, 17, 40]))}


def check_values() -> None:
    random.seed(20261121)
    values = [draw() for _ in range(400)]
    values += [{"long": "x" * 70000}, [0] * 60000, {str(i): i for i in range(30000)}]
    for name, packer in (("Python's", msgpack.packb), ("any", encode)):
        for v, a in zip(values, ask("values", [packer(v) for v in values])):
            equal(a.get("error"), None, f"C reads {name} encoding of {v!r:.100}")
            equal(a["json"], v, f"C reads {name} encoding")
            equal(unpack(a["bytes"]), v, "Python reads C's encoding")
            equal(bytes.fromhex(a["bytes"]), msgpack.packb(v), "both write the shortest form")


def check_refusals() -> None:
    rows = [
        (msgpack.packb({"name": b"abc"}), "name: binary (msgpack type bin); texts travel as type str"),
        (msgpack.packb({"price": 9.5}), "price: floating point; money and quantities travel as decimal text"),
        (msgpack.packb({"at": msgpack.Timestamp(1, 0)}), "at: an extension (msgpack type ext); a time travels as text"),
        (msgpack.packb({"n": 1 << 63}), "n: the integer is over 9223372036854775807"),
        (msgpack.packb({1: 2}), "message: a member's name is not a text (msgpack type str)"),
        (msgpack.packb({b"a": 2}), "message: a member's name is not a text (msgpack type str)"),
        (msgpack.packb("é".encode("latin-1"), use_bin_type=False), "message: the text is not valid UTF-8"),
        (msgpack.packb(1) + msgpack.packb(2), "message: bytes behind its end"),
        (msgpack.packb({"a": "b"})[:-1], "a: the bytes end in the middle of a value"),
    ]
    for (frame, expected), a in zip(rows, ask("values", [frame for frame, _ in rows])):
        equal(a.get("error"), expected, f"C refuses {frame!r}")


# ---- messages ----

def event(kind: str, source: str, subject: str, data: dict, **more) -> dict:
    return {"specversion": "1.0", "id": UUID, "source": source, "type": f"tidegate.{kind}.v1", "subject": subject,
            "time": TIME, **more, "datacontenttype": "application/vnd.tidegate+msgpack", "data": data}


ORDER = {"number": "#1001", "placed_at": TIME, "currency": "EUR", "account": "7", "note": None, "lifecycle": "placed",
         "lines": [{"key": "1", "product": "gid://shopify/ProductVariant/42", "sku": "CHAI", "quantity": "2", "unit_price": "18"}],
         "prices_include_tax": True, "total": "36"}
KEY = {"op": "upsert", "key": "shop:order:1001"}
ANSWERS = {**KEY, "command": UUID, "revision": 3}
MESSAGES = [
    event("change", "shop", "order/1001", {"op": "upsert", "key": "k", "version": "2026", "fields": ORDER}),
    event("change", "shop", "order/1001", {"op": "delete", "fields": {}},
          traceparent="00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", replayed=True),
    event("change", "erp", "product/ä/€:1", {"op": "upsert", "fields": {"name": "Ćevapčići 😀", "active": False, "images": []}}),
    event("command", "router", "order/shop:order:1001", {**KEY, "target": "erp", "revision": 1 << 40, "native": "9", "fields": ORDER}),
    event("command", "router", "order/shop:order:1001", {**KEY, "target": "erp", "revision": 1, "fields": {}}),
    event("outcome", "erp", "order/shop:order:1001", {**ANSWERS, "verdict": "done", "native": "9", "version": "5", "fields": {"total": "36"}}),
    event("outcome", "erp", "order/shop:order:1001", {**ANSWERS, "verdict": "retry", "reason": "later", "retry_at": TIME}),
    event("outcome", "erp", "order/shop:order:1001", {**ANSWERS, "verdict": "refused", "class": "value", "reason": "no"}),
    event("outcome", "erp", "order/shop:order:1001", {**ANSWERS, "verdict": "stale"}),
]


def derived_id(m: dict) -> str:
    entity, _, native = m["subject"].partition("/")
    data = m["data"]
    if m["type"] == "tidegate.command.v1":
        return documented["command_id"](MILLISECONDS, data["key"], data["target"], data["revision"])
    return documented["change_id"](MILLISECONDS, m["source"], entity, native, data["op"], data.get("version", ""), data.get("fields", {}))


def check_messages() -> None:
    random.seed(7)
    for packer in (msgpack.packb, encode):
        for m, a in zip(MESSAGES, ask("messages", [packer(m) for m in MESSAGES])):
            equal(a.get("error"), None, f"C reads {m!r}")
            equal(a["json"], {**m, "datacontenttype": "application/json"}, "C's JSON of a message")
            equal(unpack(a["bytes"]), m, "Python reads C's message")
            if m["type"] != "tidegate.outcome.v1":
                equal(a["id"], derived_id(m), "the id that C derives is the documented one")


def check_canonical_forms() -> None:
    fields = {"total": "036.50", "placed_at": "2026-11-21T11:00:00+01:00", "subtotal": 36, "lines": [{"quantity": "2.0", "key": "1"}]}
    expected = {"placed_at": TIME, "lines": [{"key": "1", "quantity": "2"}], "subtotal": "36", "total": "36.5"}
    a = ask("messages", [msgpack.packb(event("change", "shop", "order/1", {"op": "upsert", "fields": fields}))])[0]
    equal(unpack(a["bytes"])["data"]["fields"], expected, "canonical forms")
    a = ask("messages", [msgpack.packb(event("change", "shop", "order/1", {"op": "upsert", "fields": {"total": 36.5}}))])[0]
    equal(a["error"], "data.fields.total: floating point; money and quantities travel as decimal text", "a float is refused")


def check_the_page() -> None:
    """The example of docs/messages.md: its bytes are its JSON, its id follows from it, and C reads it."""
    shown = json.loads(re.search(r"```json\n(.*?)```", PAGE, re.S).group(1))
    data = bytes.fromhex(re.search(r"```hex\n(.*?)```", PAGE, re.S).group(1))
    equal(data, msgpack.packb({**shown, "datacontenttype": "application/vnd.tidegate+msgpack"}), "the page's bytes are its JSON")
    equal(f"({len(data)} bytes)" in PAGE, True, "the page tells their number")
    equal(shown["id"], derived_id(shown), "the page's id follows from it")
    a = ask("messages", [data])[0]
    equal(a.get("error"), None, "C reads the page's example")
    equal(a["json"], shown, "C's JSON is the page's")


if __name__ == "__main__":
    check_values()
    check_refusals()
    check_messages()
    check_canonical_forms()
    check_the_page()
    print("interop: C and Python read each other")
