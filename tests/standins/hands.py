"""A person's hands in the three stand-ins: look at their data and act in them, by their control calls alone.

Used by the demonstration, the loader of data and the scenarios. Nothing here goes through Tidegate.
"""
from __future__ import annotations

import http.client
import json
import os
import time
from typing import Any
from urllib.parse import quote, urlsplit

ADAPTERS = {"salesforce": "SALESFORCE_URL", "storefront": "SHOPIFY_URL", "erp": "ODOO_URL"}


class Standin:
    """One stand-in's control calls. Connections are kept and made again when the stand-in was restarted."""

    def __init__(self, url: str) -> None:
        self.url, self.address = url, urlsplit(url).netloc
        self.connection: http.client.HTTPConnection | None = None

    def call(self, method: str, path: str, body: Any = None, patience_s: float = 30) -> Any:
        until = time.monotonic() + patience_s
        while True:
            try:
                return self.call_once(method, path, body)
            except (OSError, http.client.HTTPException):
                self.connection = None
                if method != "GET" or time.monotonic() > until:
                    raise
                time.sleep(0.1)

    def call_once(self, method: str, path: str, body: Any) -> Any:
        if self.connection is None:
            self.connection = http.client.HTTPConnection(self.address, timeout=120)
        self.connection.request(method, "/_control" + path, None if body is None else json.dumps(body))
        answer = self.connection.getresponse()
        data = answer.read()
        if answer.status != 200:
            raise Refused(f"{self.url} {path}: HTTP {answer.status} {data[:400].decode(errors='replace')}")
        return json.loads(data) if data else None

    def do(self, action: str, **body: Any) -> Any:
        return self.call("POST", f"/do/{action}", body)

    def table(self, name: str) -> list[dict]:
        """Every object of one table."""
        return self.call("GET", f"/dump?table={quote(name)}").get(name, [])

    def faults(self, *faults: dict) -> None:
        self.call("POST", "/faults", {"faults": list(faults)})

    def calm(self) -> None:
        self.call("DELETE", "/faults")


class Refused(Exception):
    """The stand-in did not do what was asked."""


class Salesforce(Standin):
    def query(self, soql: str) -> list[dict]:
        return self.do("query", q=soql)["records"]

    def load(self, name: str, records: list[dict]) -> list[str]:
        return self.do("load", object=name, records=records)["ids"] if records else []


class Shop(Standin):
    pass


class Odoo(Standin):
    def call_model(self, model: str, method: str, *args: Any, context: dict | None = None, **kwargs: Any) -> Any:
        return self.do("call", model=model, method=method, args=list(args), kwargs=kwargs, context=context or {})["result"]

    def find(self, model: str, domain: list, fields: list[str]) -> list[dict]:
        return self.call_model(model, "search_read", domain, fields, context={"active_test": False})

    def load(self, model: str, records: list[dict]) -> list[int]:
        return self.do("load", model=model, records=records)["ids"] if records else []


class Hands:
    """All three, found by the env files in DATA/standins/<adapter>/env."""

    def __init__(self, data: str, patience_s: float = 60) -> None:
        urls = {adapter: read_url(os.path.join(data, "standins", adapter, "env"), name, patience_s)
                for adapter, name in ADAPTERS.items()}
        self.salesforce = Salesforce(urls["salesforce"])
        self.shop = Shop(urls["storefront"])
        self.erp = Odoo(urls["erp"])
        self.all = (self.salesforce, self.shop, self.erp)


def read_url(path: str, name: str, patience_s: float) -> str:
    until = time.monotonic() + patience_s
    while True:
        try:
            with open(path, encoding="utf-8") as file:
                for line in file:
                    if line.startswith(name + "="):
                        return line.rstrip("\n").partition("=")[2]
        except FileNotFoundError:
            pass
        if time.monotonic() > until:
            raise FileNotFoundError(f"{path} does not name {name}")
        time.sleep(0.1)


def wait_for(what: str, look: Any, patience_s: float = 60, every_s: float = 0.1) -> Any:
    """Looks until there is something; TimeoutError names what was waited for."""
    until = time.monotonic() + patience_s
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > until:
            raise TimeoutError(f"{what}: not there after {patience_s:g} s")
        time.sleep(every_s)
