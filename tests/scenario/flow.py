#!/usr/bin/python3
"""flow: a business at work in three systems, with Tidegate between them; then the oracle compares what each system holds.

    flow.py [--set generated|northwind] [--seed N] [--size C,P,O] [--chaos KILLS]

The phases are those of a real start: what is in two systems before Tidegate's first start, other companies and products
where they are at home, stock, every order at once with edits while they are under way, later work in all systems. With
--chaos everything is killed (-9) at random times meanwhile, pushes are dropped, doubled and late, and every API misbehaves
(chaos.py). Then calm, quiet, and no difference at all.
"""
from __future__ import annotations

import argparse
import random
import sys
import time
from typing import Callable

import place  # noqa: F401
from agreed import small
from chaos import Chaos
from dataset import Dataset, Order, generated, northwind
from node import Broken, Node
from oracle import Expected, Oracle
from people import People
from standins_alone import StandinsAlone


class Flow:
    def __init__(self, node: Node, data: Dataset, seed: int) -> None:
        self.node, self.data = node, data
        self.people = People(node.hands, data)
        self.dice = random.Random(seed)
        self.expected = Expected(twin_numbers={one.number for one in data.twins})
        self.started = time.monotonic()

    def say(self, text: str) -> None:
        print(f"{time.monotonic() - self.started:7.1f} s  {text}", flush=True)

    def run(self, storm: Chaos) -> None:
        """Phases begin when what they need has arrived, and so, under chaos, in the middle of everything else."""
        self.open()
        self.orders()
        self.later()
        rounds = 0
        while storm.raging():
            rounds += 1
            self.more(rounds)

    def arrived(self, what: str, look: Callable[[], bool]) -> None:
        """Looks at the stand-ins, which may be dead just now."""
        def there() -> bool:
            self.node.check_up()
            return self.people.persist(look)
        self.node.wait(what, there, 1200, 0.5)
        self.say(what)

    # ---- phases

    def open(self) -> None:
        people, data = self.people, self.data
        people.open_business()
        self.say(f"{len(data.companies)} companies, {len(data.products)} products with prices")
        self.arrived("they are everywhere", people.opened)
        people.count_stock()
        people.twins()
        self.say("stock is counted; twins by e-mail address have come")

    def orders(self) -> None:
        """Edits come while the orders before them are still under way."""
        to_edit: list[tuple[int, Order, str]] = []
        for at, one in enumerate(self.data.orders):
            self.people.place(one)
            to_edit += [(at + self.dice.randint(0, 12), one, edit) for edit in one.edits]
            due = [entry for entry in to_edit if entry[0] <= at]
            for entry in due:
                to_edit.remove(entry)
                self.people.change_mind(entry[1], entry[2])
        for _, one, edit in to_edit:
            self.people.change_mind(one, edit)
        self.say(f"{len(self.data.orders)} orders are placed")
        self.arrived("they are everywhere", self.people.all_placed)

    def later(self) -> None:
        people, data = self.people, self.data
        people.recount()
        people.reprice()
        for one in data.products[1::18]:
            people.wrong_price(one)
            self.expected.wrong_prices.add(one.sku)
        for one in data.companies[::13]:
            people.rename_account(one, "Renamed in Salesforce " + one.number)
        for one in data.companies[5::13]:
            people.rename_company(one, "Renamed in the shop " + one.number)
        kept = [one for one in data.orders if "cancel" not in one.edits]
        for at, one in enumerate(kept[::9]):
            people.ship(one, some=at % 3 == 0)
        self.say("counted again, prices changed, names changed, deliveries made")

    def more(self, rounds: int) -> None:
        """Work goes on for as long as the storm rages."""
        data = self.data
        product, company, order = (self.dice.choice(some) for some in (data.products, data.companies, data.orders))
        self.people.recount_one(product, product.stock + rounds)
        self.people.rename_account(company, f"Round {rounds} {company.number}")
        self.people.note(order, f"round {rounds}")
        time.sleep(self.dice.uniform(0, 1))


def check(node: Node, flow: Flow) -> int:
    found = Oracle(node.hands, node.held(), flow.expected).compare()
    for line in found[:200]:
        print("DIFFERENCE  " + line)
    return len(found)


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--set", choices=("generated", "northwind"), default="generated")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randint(1, 10**6))
    parser.add_argument("--size", default="91,77,830", help="companies, products, orders")
    parser.add_argument("--chaos", type=int, default=0, metavar="KILLS")
    return parser.parse_args()


def dataset(args: argparse.Namespace) -> Dataset | None:
    sizes = [int(part) for part in args.size.split(",")]
    if args.set == "generated":
        return generated(args.seed, *sizes)
    folder = place.northwind()
    return small(northwind(folder), *sizes) if folder else None


def main() -> int:
    args = options()
    data = dataset(args)
    if data is None:
        print("Northwind is not on this machine (TIDEGATE_NORTHWIND names its folder): skipped")
        return 77
    print(f"{data.name}, seed {args.seed}, {len(data.companies)} companies, {len(data.products)} products, {len(data.orders)} orders", flush=True)
    new = Node("chaos" if args.chaos else "flow")
    with StandinsAlone(data=new.data) as hands:
        People(hands, data).before()
    with new as node:
        flow = Flow(node, data, args.seed)
        chaos = Chaos(node, args.chaos, args.seed)
        with chaos:
            flow.run(chaos)
        node.wait_quiet(1200)
        flow.say("quiet")
        differences = check(node, flow)
        if differences:
            raise Broken(f"{differences} differences; repeat with --seed {args.seed}")
    print("no difference, no double")
    return 0


if __name__ == "__main__":
    sys.exit(main())
