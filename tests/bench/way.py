"""Benchmark c: from the POST of a shop's webhook to the target's API request, at a fixed rate.

The real broker, router and adapters; the stand-ins set the scene (products, prices, companies, orders, all through the
node), and are then played from memory by the program that also sends the pushes and takes the times (way.c, memo.c).
"""
from __future__ import annotations

import subprocess
import time
from dataclasses import dataclass
from typing import Any

from rig import Row, at_most, note, percentile, processor_s, wait_for
from scene import SYSTEMS, Scene

SECRET = "shpss_standin_secret"
PRODUCTS = [(f"W-{n}", f"Tea number {n}", f"{5 + n}.50") for n in range(8)]
COMPANIES = [(f"C{n}", f"Merchant {n}", f"merchant{n}@shop.example") for n in range(4)]


class Way(Scene):
    """A scene with way.c between the adapters and the stand-ins."""

    way: subprocess.Popen | None = None

    def __exit__(self, *what: Any) -> None:
        if self.way and self.way.poll() is None:
            self.way.terminate()
            self.way.wait(30)
        super().__exit__(*what)

    def start_way(self, rate: float, seconds: float, lap_rate: float, grace_s: float) -> None:
        urls = [word for name, (_, variable) in SYSTEMS.items() for word in (f"--{name}", self.env[variable])]
        self.way = self.start("bench_way", "--secret", SECRET, "--rate", str(rate), "--seconds", str(seconds), "--lap-rate", str(lap_rate),
                              "--grace-ms", str(int(grace_s * 1000)), *urls,
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in SYSTEMS:
            name, port = self.way.stdout.readline().split()  # type: ignore[union-attr]
            self.env[SYSTEMS[name][1]] = f"http://127.0.0.1:{port}"

    def processor(self) -> dict[str, float]:
        """Seconds used until now, by process."""
        assert self.router and self.way
        found = {"broker": self.broker_pid, "router": self.router.pid, **{name: one.pid for name, one in self.adapters.items()}}
        return {name: processor_s(pid) for name, pid in {**found, "bench_way (sends, answers)": self.way.pid}.items()}

    # ---- the scene

    def found(self) -> None:
        """Before the adapters start, so that their first read finds it: products and prices in Salesforce, companies in the shop."""
        sf = self.hands.salesforce
        ids = sf.load("Product2", [{"Name": name, "StockKeepingUnit": sku, "ProductCode": sku, "IsActive": True} for sku, name, _ in PRODUCTS])
        book = sf.query("SELECT Id FROM Pricebook2 WHERE IsStandard = true")[0]["Id"]
        sf.load("PricebookEntry", [{"Pricebook2Id": book, "Product2Id": key, "UnitPrice": price, "IsActive": True}
                                   for key, (_, _, price) in zip(ids, PRODUCTS)])
        self.hands.shop.do("bulk", companies=[
            {"name": name, "externalId": number, "contact": {"firstName": "M", "lastName": name, "email": email},
             "address": {"address1": "1 Main St", "city": "York", "zip": "YO1 7HH", "countryCode": "GB"}} for number, name, email in COMPANIES])

    def wait_founded(self) -> None:
        sf, shop, erp = self.hands.salesforce, self.hands.shop, self.hands.erp
        wait_for("the companies in Salesforce", lambda: len(sf.query("SELECT Id FROM Account WHERE AccountNumber != null")) >= len(COMPANIES), 90)
        wait_for("the companies in the ERP", lambda: len(erp.find("res.partner", [["ref", "like", "C"]], ["ref"])) >= len(COMPANIES), 90)
        wait_for("the products in the ERP", lambda: len(erp.find("product.pricelist.item", [["product_id.default_code", "like", "W-"]],
                                                                 ["fixed_price"])) >= len(PRODUCTS), 90)
        wait_for("the prices in the shop", lambda: {one["sku"]: one["price"] for one in shop.table("ProductVariant")} ==
                 {sku: price for sku, _, price in PRODUCTS}, 90)

    def place_orders(self, count: int) -> list[str]:
        """Their gids. The note of order n carries mark n (mark.h)."""
        gids = []
        for n in range(count):
            lines = [{"sku": PRODUCTS[(n + l) % len(PRODUCTS)][0], "quantity": 1 + l} for l in range(1 + n % 3)]
            order = self.hands.shop.do("place_order", company=COMPANIES[n % len(COMPANIES)][0], lines=lines, note=f"way-{n:08d}",
                                       shipping={"title": "Parcel", "price": "4.90"}, webhooks=False)
            gids.append(order["admin_graphql_api_id"])
        wait_for("the orders in Salesforce", lambda: len(self.hands.salesforce.query("SELECT Id FROM Order WHERE Status = 'Activated'")) >= count,
                 60 + count, 0.5)
        wait_for("the orders in the ERP", lambda: len(self.hands.erp.find("sale.order", [["state", "=", "sale"]], ["state"])) >= count, 60 + count, 0.5)
        return gids


@dataclass
class Walked:
    pushes: list[list[float]]  # status, then the milliseconds that way.c prints
    memos: list[list[str]]  # name, answered, asked, µs
    processor_s: dict[str, float]  # by process, while pushes were sent


def walk(rate: float, seconds: float, orders: int, lap_rate: float, settle_s: float, grace_s: float) -> Walked:
    with Way() as scene:
        scene.start_standins()
        scene.found()
        scene.start_way(rate, seconds, lap_rate, grace_s)
        scene.start_router()
        for name in SYSTEMS:
            scene.start_adapter(name)
        scene.wait_founded()
        gids = scene.place_orders(orders)
        time.sleep(settle_s)  # the polls have read each order again and settled
        note(f"{orders} orders are everywhere; {seconds:g} s with {rate:g} pushes a second")
        way = scene.way
        assert way and way.stdin and way.stdout
        with way.stdin as pipe:
            pipe.write("\n".join([scene.address("shop") + "/webhooks/shopify", *gids]) + "\n")
        expect(way.stdout.readline(), "go")
        before = scene.processor()
        expect(way.stdout.readline(), "done")
        used = {name: now - before[name] for name, now in scene.processor().items()}
        lines = [line.split() for line in way.stdout]
        if way.wait(30) != 0:
            raise RuntimeError("way failed")
    return Walked([[float(word) for word in line] for line in lines if line[0] != "#"], [line[1:] for line in lines if line[0] == "#"], used)


def expect(line: str, word: str) -> None:
    if line.strip() != word:
        raise RuntimeError(f"way said {line!r} and not {word!r}")


def measure(rate: float = 200, seconds: float = 30, orders: int = 200, lap_rate: float = 25, settle_s: float = 6, grace_s: float = 2.5) -> list[Row]:
    walked = walk(rate, seconds, orders, lap_rate, settle_s, grace_s)
    pushes = walked.pushes
    refused = sum(1 for push in pushes if push[0] != 200)
    lost = sum(1 for push in pushes if push[0] == 200 and min(push[1:]) < 0)
    whole = [push for push in pushes if push[0] == 200 and min(push[1:]) >= 0]
    rows = []
    for name, at in (("Salesforce", 4), ("the ERP", 5)):
        took = [push[at] for push in whole]
        rows += [at_most(f"push to the request that writes in {name}, p50", percentile(took, 50), 10, "ms"),
                 at_most(f"push to the request that writes in {name}, p99", percentile(took, 99), 25, "ms")]
    rows += [Row(f"pushes ({rate:g}/s for {seconds:g} s)", f"{len(pushes)}"),
             Row("not answered 200 / not arrived in both", f"{refused} / {lost}", "0 / 0", refused + lost == 0)]
    for name, at in (("sent after due (this program's lateness)", 1), ("the shop is asked for the order", 2), ("the push is answered 200", 3)):
        took = [push[at] for push in whole]
        rows.append(Row(f"  of which: {name}, p50 / p99", f"{percentile(took, 50):.1f} / {percentile(took, 99):.1f} ms"))
    for name, _, answered, _, asked, _, busy in walked.memos:
        rows.append(Row(f"  {name}'s answers: from memory / by the stand-in, µs each", f"{answered} / {asked}, {busy}"))
    for name, used in walked.processor_s.items():
        rows.append(Row(f"  processor time a push: {name}", f"{used * 1e3 / len(pushes):.2f} ms"))
    return rows
