"""The tables of the Odoo stand-in: rows that are replaced and never changed in place, indexes, and undo.

One RPC call is one transaction: `begin` forgets the undo log, `rollback` to a mark restores every row, index and
savepoint. Sequences are not rolled back, as in PostgreSQL. Keys of rows are ints.
"""

from __future__ import annotations

from typing import Any

from erp.schema import Registry


class Db:
    def __init__(self, store: Any, registry: Registry) -> None:
        self.store, self.registry = store, registry
        self.undo: list[tuple[str, int, dict | None]] = []
        self.index: dict[str, dict[str, dict[Any, dict[int, None]]]] = {}
        for model in registry.models.values():
            self.index[model.name] = {name: {} for name in model.indexed}
            for row in store.table(model.name).values():
                self.reindex(model.name, None, row)

    def table(self, model: str) -> dict[int, dict]:
        return self.store.table(model)

    def next_id(self, model: str) -> int:
        return self.store.next("id:" + model)

    def put(self, model: str, row: dict) -> dict:
        key = row["id"]
        old = self.table(model).get(key)
        self.undo.append((model, key, old))
        self.store.put(model, key, row)
        self.reindex(model, old, row)
        return row

    def delete(self, model: str, key: int) -> None:
        old = self.store.delete(model, key)
        self.undo.append((model, key, old))
        self.reindex(model, old, None)

    def reindex(self, model: str, old: dict | None, new: dict | None) -> None:
        for name, buckets in self.index[model].items():
            before, after = old.get(name) if old else None, new.get(name) if new else None
            if old and before == after and new:
                continue
            if old and before is not None:
                buckets[before].pop(old["id"], None)
            if new and after is not None:
                buckets.setdefault(after, {})[new["id"]] = None

    def by(self, model: str, field: str, value: Any) -> list[dict]:
        """Rows whose indexed field has the value."""
        table = self.table(model)
        return [table[key] for key in self.index[model][field].get(value, ())]

    def mark(self) -> int:
        return len(self.undo)

    def begin(self) -> None:
        self.undo.clear()

    def rollback(self, mark: int = 0) -> None:
        while len(self.undo) > mark:
            model, key, old = self.undo.pop()
            now = self.table(model).get(key)
            if old is None:
                self.store.delete(model, key)
            else:
                self.store.put(model, key, old)
            self.reindex(model, now, old)
