"""A stand-in's memory: tables of objects, written through to SQLite; and its clock."""

from __future__ import annotations

import json
import os
import sqlite3
import time
from typing import Any, Iterable


def dumps(value: Any) -> str:
    """Compact JSON, UTF-8 kept as it is."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


class Clock:
    """UTC microseconds that never repeat and never step back within a process."""

    def __init__(self) -> None:
        self._last = 0

    def now_us(self) -> int:
        self._last = max(self._last + 1, time.time_ns() // 1000)
        return self._last


def iso(us: int, digits: int = 0, zone: str = "Z", sep: str = "T") -> str:
    """Microseconds since 1970 as ISO 8601 in UTC with `digits` (0..6) fraction digits, cut off, not rounded."""
    seconds, fraction = divmod(us, 1_000_000)
    text = time.strftime("%Y-%m-%d" + sep + "%H:%M:%S", time.gmtime(seconds))
    return text + ("." + f"{fraction:06d}"[:digits] if digits else "") + zone


class Store:
    """Tables of id → dict, kept in memory and written through to one SQLite file (none when folder is None).

    After changing an object in place call put() again: put() is what marks it for the next commit().
    Ids are int or str and keep their kind across a restart. Tables named with a leading "_" are the
    stand-in's own and are left out of the dump.
    """

    def __init__(self, folder: str | None, tables: Iterable[str] = ()) -> None:
        self.tables: dict[str, dict] = {name: {} for name in tables}
        self.counters: dict[str, int] = {}
        self._dirty: dict[tuple[str, Any], dict | None] = {}
        self._counted: set[str] = set()
        self._db: sqlite3.Connection | None = None
        if folder:
            os.makedirs(folder, exist_ok=True)
            self._open(os.path.join(folder, "standin.sqlite"))

    def _open(self, path: str) -> None:
        self._db = sqlite3.connect(path, isolation_level=None)
        for line in (
            "PRAGMA journal_mode=WAL",
            "PRAGMA synchronous=OFF",
            "CREATE TABLE IF NOT EXISTS object(tab TEXT, id, seq INTEGER PRIMARY KEY, body TEXT)",
            "CREATE UNIQUE INDEX IF NOT EXISTS object_id ON object(tab, id)",
            "CREATE TABLE IF NOT EXISTS counter(name TEXT PRIMARY KEY, value INTEGER)",
        ):
            self._db.execute(line)
        for tab, key, body in self._db.execute("SELECT tab, id, body FROM object ORDER BY seq"):
            self.table(tab)[key] = json.loads(body)
        self.counters = dict(self._db.execute("SELECT name, value FROM counter"))

    def table(self, name: str) -> dict:
        """The live dict of a table, made when it is new."""
        found = self.tables.get(name)
        if found is None:
            found = self.tables[name] = {}
        return found

    def get(self, table: str, key: Any) -> dict | None:
        return self.table(table).get(key)

    def all(self, table: str) -> list[dict]:
        """Every object of a table, in the order in which they were first put."""
        return list(self.table(table).values())

    def put(self, table: str, key: Any, value: dict) -> dict:
        self.table(table)[key] = value
        self._dirty[(table, key)] = value
        return value

    def delete(self, table: str, key: Any) -> dict | None:
        self._dirty[(table, key)] = None
        return self.table(table).pop(key, None)

    def next(self, counter: str, start: int = 1, step: int = 1) -> int:
        """The next value of a named counter; the first one is `start`."""
        value = self.counters.get(counter, start - step) + step
        self.counters[counter] = value
        self._counted.add(counter)
        return value

    def commit(self) -> None:
        """Writes what changed since the last commit, in one transaction."""
        if self._db is None or not (self._dirty or self._counted):
            self._dirty.clear()
            return
        self._db.execute("BEGIN")
        puts = [(t, k, dumps(v)) for (t, k), v in self._dirty.items() if v is not None]
        gone = [key for key, v in self._dirty.items() if v is None]
        self._db.executemany(
            "INSERT INTO object(tab, id, body) VALUES(?,?,?)" " ON CONFLICT(tab, id) DO UPDATE SET body=excluded.body",
            puts,
        )
        self._db.executemany("DELETE FROM object WHERE tab=? AND id=?", gone)
        self._db.executemany(
            "INSERT INTO counter VALUES(?,?) ON CONFLICT(name) DO UPDATE SET value=excluded.value",
            [(name, self.counters[name]) for name in self._counted],
        )
        self._db.execute("COMMIT")
        self._dirty.clear()
        self._counted.clear()

    def close(self) -> None:
        self.commit()
        if self._db is not None:
            self._db.close()
