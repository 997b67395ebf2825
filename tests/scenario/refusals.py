#!/usr/bin/python3
"""refusals: what must be refused is refused in words that a person can act on, and nothing is lost by it.

    refusals.py [TEST …]        refusals.py Refusals.test_card_number_in_a_note

One small business, one whole node, and after each refusal a good change of the same kind, which arrives. Wrong
configurations need no node: refusals_config.py.
"""
from __future__ import annotations

import os
import select
import socket
import sys
from typing import Any, Callable

import place
from business import PRODUCTS, PUSH_PATH, Business, main
from letters import change, nested, pack, post
from refusals_config import Configuration  # noqa: F401

CARD = "4111 1111 1111 1111"  # a card network's own number for tests
HUGE = 40 << 20


class Refusals(Business):
    # ---- looking

    def held_by(self, act: Callable[[], Any], **like: str) -> dict:
        """What is held since the act, and was not before."""
        before = {one["id"] for one in self.node.held()}
        act()
        return self.node.wait(f"something held: {like}", lambda: [one for one in self.node.held(**like) if one["id"] not in before])[0]

    def logged(self, *words: str) -> None:
        self.node.wait(f"a line of the log with {words}", lambda: self.node.said(*words), 10)

    # ---- the wrong direction

    def test_price_set_in_the_shop(self) -> None:
        """The line that is named is the rule's, and the owner's price is untouched."""
        held = self.held_by(lambda: self.people.wrong_price(PRODUCTS[2]), reason="refused", entity="price", system="shop")
        self.assertEqual(held["cause"], "shop may not set price.amount: that is for salesforce")
        path, _, line = held["rule"].rpartition(":")
        self.assertTrue(os.path.samefile(path, os.path.join(place.CONFIG, "rules.cfg")), held)
        with open(path, encoding="utf-8") as file:
            self.assertRegex(file.readlines()[int(line) - 1], r"^price: \{")
        self.logged("event=held", held["id"], "reason=refused", held["rule"])
        self.assertNotIn(0.07, [row["UnitPrice"] for row in self.hands.salesforce.table("PricebookEntry")])
        self.good_price("R-2")

    # ---- pushes

    def denied(self, signature: str | None, words: str) -> None:
        before = self.pushes("denied")
        code, answer = self.push(b'{"admin_graphql_api_id": "gid://shopify/Order/1"}', signature)
        self.assertEqual(code, 401, answer)
        self.assertIn(words, answer)
        self.assertEqual(self.pushes("denied"), before + 1)
        self.logged("level=warn", "event=webhook", "result=denied", words)
        self.good_order()

    def test_push_with_a_wrong_signature(self) -> None:
        self.denied(self.signed(b"something else"), "the push's signature does not fit its body")

    def test_push_without_signature(self) -> None:
        self.denied(None, "the push has no X-Shopify-Hmac-Sha256 header")

    def test_push_that_comes_again(self) -> None:
        """It is answered as one that was taken, or the shop would send it for ever; there is no second order."""
        row = self.place()
        self.arrives(row["name"])
        body = self.order_push(row)
        self.assertEqual(self.push(body, self.signed(body), "event-1")[0], 200)
        before = self.pushes("duplicate")
        self.assertEqual(self.push(body, self.signed(body), "event-1"), (200, "known\n"))
        self.assertEqual(self.pushes("duplicate"), before + 1)
        self.edit(row["name"], "after the replay")
        self.arrives(row["name"], "after the replay")  # one row in each system

    def test_push_of_40_megabytes(self) -> None:
        """Refused by its announced length before any of it is read."""
        sent, answer = self.push_parts(f"Content-Length: {HUGE}", bytes(65536), HUGE)
        self.assertRegex(answer, rb"^HTTP/1\.[01] 413 (?s:.*)body too large")
        self.assertLess(sent, HUGE)
        self.good_order()

    def test_push_of_unannounced_length(self) -> None:
        """One over the bound is told so; one that goes on and on is cut off, which may overtake the answer."""
        head, chunk = "Transfer-Encoding: chunked", b"10000\r\n" + bytes(65536) + b"\r\n"
        self.assertRegex(self.push_parts(head, chunk, 5 << 19, b"0\r\n\r\n")[1], rb"^HTTP/1\.[01] 413 (?s:.*)body too large")
        sent, answer = self.push_parts(head, chunk, HUGE)
        self.assertLess(sent, HUGE // 2)
        self.assertIn(answer[:12], (b"HTTP/1.1 413", b""))
        self.good_order()

    def push_parts(self, head: str, part: bytes, size: int, end: bytes = b"") -> tuple[int, bytes]:
        """Sends parts until there is an answer or an end; how much was sent, and the answer."""
        host, _, port = self.node.address("shop").rpartition(":")
        sent = 0
        with socket.create_connection((host, int(port)), timeout=30) as peer:
            try:
                peer.sendall(f"POST {PUSH_PATH} HTTP/1.1\r\nHost: {host}\r\nX-Shopify-Topic: orders/updated\r\n{head}\r\n\r\n".encode())
                while sent < size and not select.select([peer], [], [], 0.01)[0]:
                    peer.sendall(part)
                    sent += len(part)
                if sent >= size:
                    peer.sendall(end)
                return sent, peer.recv(4096)
            except (BrokenPipeError, ConnectionResetError):
                return sent, b""

    def garbage(self, body: bytes, words: str) -> None:
        before = self.pushes("invalid")
        code, answer = self.push(body, self.signed(body))
        self.assertEqual(code, 400, answer)
        self.assertIn(words, answer)
        self.assertEqual(self.pushes("invalid"), before + 1)
        self.logged("level=warn", "event=webhook", "result=invalid", words)

    def test_push_of_garbage(self) -> None:
        self.garbage(b'{"admin_graphql_api_id": nonsense}', "JSON, byte 25: 'n' where a value is expected")
        self.good_order()

    def test_push_of_deep_json(self) -> None:
        self.garbage(b'{"admin_graphql_api_id": ' + b"[" * 300 + b"]" * 300 + b"}", "lists and maps within another are over 32 deep")
        self.garbage(b"[" * 500_000, "lists and maps within another are over 32 deep")
        self.good_order()

    # ---- a card number

    def refused_by_shop(self, row: dict) -> list[dict]:
        return [one for one in self.node.status("shop")["refused"] if one["object"] == row["id"]]

    def test_card_number_in_a_note(self) -> None:
        """Kept out of the broker, of every file of ours and of the other systems; the order comes when its note is edited."""
        row = self.place(f"please charge {CARD}, thank you")
        shown = self.node.wait("the refusal in /status", lambda: self.refused_by_shop(row))[0]
        self.assertTrue(shown["card_number"])
        self.assertRegex(shown["reason"], r"/shopify\.cfg:\d+: order\.note: holds a payment card number$")
        self.logged("level=warn", "event=change-denied", row["id"], "order.note: holds a payment card number")
        self.good_order()  # another one is not held up
        self.assertEqual((self.in_salesforce(row["name"]), self.in_erp(row["name"])), ([], []))
        self.edit(row["name"], "charge the account")
        self.arrives(row["name"], "charge the account")
        self.node.wait("the refusal to be over", lambda: not self.refused_by_shop(row))
        self.assertTrue(self.files_with(row["id"].encode()), "the search finds what is there")
        self.assertEqual(self.files_with(CARD.encode()) + self.files_with(CARD.replace(" ", "").encode()), [])

    def files_with(self, words: bytes) -> list[str]:
        """Logs, stores, the broker's own files: all but the stand-ins'."""
        found = []
        for folder, _, names in os.walk(self.node.folder):
            for path in (os.path.join(folder, name) for name in names if "standins" not in folder.split(os.sep)):
                if os.path.isfile(path):
                    with open(path, "rb") as file:
                        found += [path] if words in file.read() else []
        return found

    # ---- tokens

    def expired(self, system: Any) -> int:
        """Calls that came with a token that was over."""
        return sum(answers.get("401", 0) for answers in system.call("GET", "/calls")["operations"].values())

    def test_expired_tokens(self) -> None:
        """A delivery itself, in the middle of its work, meets a token that is over; a new one is fetched, and it goes on."""
        row, systems = self.place(), (self.hands.salesforce, self.hands.shop)
        self.arrives(row["name"])
        before = [self.expired(one) for one in systems]
        self.hands.salesforce.faults({"kind": "expire", "match": "/composite"})
        self.edit(row["name"], "the token is over")
        self.arrives(row["name"], "the token is over")
        self.hands.shop.faults({"kind": "expire", "match": "productVariantsBulkUpdate"})
        self.good_price()
        for system, known in zip(systems, before):
            self.assertEqual(system.call("GET", "/faults")["faults"], [])  # it has struck
            self.assertGreater(self.expired(system), known)
        self.assertEqual(self.node.held(reason="rejected"), [])
        self.good_order()

    # ---- messages

    def message_held(self, body: bytes, cause: str, entity: str = "product") -> None:
        held = self.held_by(lambda: post(self.node.broker, body, f"salesforce.{entity}.upsert"), reason="invalid")
        self.assertIn(cause, held["cause"])
        self.logged("level=warn", "event=held", held["id"], "reason=invalid")
        self.good_price()

    def product_held(self, fields: Any, cause: str) -> None:
        self.message_held(pack(change("product", "01tBAD", fields)), cause)

    def test_message_that_is_no_msgpack(self) -> None:
        self.message_held(b"\xc1 is no msgpack", "message: byte 0xc1, which msgpack does not use")

    def test_message_that_is_cut(self) -> None:
        whole = pack(change("product", "01tBAD", {"sku": "R-8", "name": "Cut"}))
        self.message_held(whole[:-2], "data.fields.name: the bytes end in the middle of a value")

    def test_message_of_an_unknown_entity(self) -> None:
        self.message_held(pack(change("widget", "01tBAD", {"sku": "R-8"})),
                          'subject: there is no entity "widget"; entity files define them', "widget")

    def test_message_with_an_unknown_field(self) -> None:
        self.product_held({"sku": "R-8", "nmae": "x"}, 'product has no field "nmae"; is it "name"?')

    def test_message_that_is_no_utf_8(self) -> None:
        self.product_held({"sku": "R-8", "name": b"caf\xe9"}, "data.fields.name: the text is not valid UTF-8")

    def test_message_that_is_nested(self) -> None:
        self.product_held({"sku": "R-8", "name": nested(300)}, "lists and maps are nested more than 32 deep")

    def test_message_of_5_megabytes(self) -> None:
        """Not read, and yet not lost: it lies among the dead letters."""
        before = self.node.queues()["tidegate.dead"]
        body = pack(change("product", "01tBAD", {"sku": "R-8", "description": "x" * (5 << 20)}))
        self.message_held(body, f"a message of {len(body)} bytes; at most {4 << 20} are read. It lies in the queue tidegate.dead")
        self.node.wait("a dead letter", lambda: self.node.queues()["tidegate.dead"] == before + 1)

    def test_message_that_is_right(self) -> None:
        """What is sent in the same way, with nothing wrong, is taken: the others were refused for what is wrong in them."""
        post(self.node.broker, pack(change("product", "01tGOOD", {"sku": "R-9", "name": "Good", "active": True})), "salesforce.product.upsert")
        self.node.wait("it in the shop and the ERP", lambda: any(row["sku"] == "R-9" for row in self.hands.shop.table("ProductVariant")) and
                       any(row["default_code"] == "R-9" for row in self.hands.erp.table("product.product")))


if __name__ == "__main__":
    sys.exit(main("refusals"))
