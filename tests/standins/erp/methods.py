"""The public methods of every model, by name, with the signatures that execute_kw binds its arguments to.

Source: Odoo developer documentation "External API" and odoo/models.py. Methods on records take ids first. A method
that answers None leaves the JSON-RPC answer without a "result", as the real server does.
"""

from __future__ import annotations

import inspect
from functools import lru_cache
from typing import Any, Callable

from erp import load as importer
from erp.orm import Env
from erp.schema import Model, OdooError, access_error


def ids_of(given: Any) -> list[int]:
    if given is None or given is False:
        return []
    return [given] if isinstance(given, int) else list(given)


def search(
    env: Env, model: Model, domain: Any, offset: int = 0, limit: int | None = None, order: str | None = None
) -> list[int]:
    env.check(model, "read")
    return env.search_ids(model.name, domain, offset or 0, limit, order)


def search_count(env: Env, model: Model, domain: Any, limit: int | None = None) -> int:
    env.check(model, "read")
    return len(env.find(model, domain)[: limit or None])


def search_read(
    env: Env,
    model: Model,
    domain: Any = None,
    fields: Any = None,
    offset: int = 0,
    limit: int | None = None,
    order: str | None = None,
    load: str | None = "_classic_read",
) -> list[dict]:
    return env.read(model, search(env, model, domain or [], offset, limit, order), fields, load)


def read(env: Env, model: Model, ids: Any, fields: Any = None, load: str | None = "_classic_read") -> list[dict]:
    env.check(model, "read")
    return env.read(model, ids_of(ids), fields, load)


def fields_get(env: Env, model: Model, allfields: Any = None, attributes: Any = None) -> dict:
    found = {}
    for name, field in model.fields.items():
        if allfields and name not in allfields:
            continue
        described = field.describe()
        found[name] = {key: value for key, value in described.items() if not attributes or key in attributes}
    return found


def create(env: Env, model: Model, vals_list: Any) -> Any:
    env.check(model, "create")
    many = isinstance(vals_list, (list, tuple))
    keys = [create_one(env, model, dict(vals)) for vals in (vals_list if many else [vals_list])]
    return keys if many else keys[0]


def create_one(env: Env, model: Model, vals: dict) -> int:
    counted = {"inventory_quantity", "inventory_quantity_auto_apply"} & set(vals)
    if model.name == "stock.quant" and env.context.get("inventory_mode") and counted:
        return env.behaviour(model.name).create_counted(env, vals)
    return env.create(model.name, vals)


def write(env: Env, model: Model, ids: Any, vals: dict) -> bool:
    env.check(model, "write")
    env.write(model.name, ids_of(ids), vals)
    return True


def unlink(env: Env, model: Model, ids: Any) -> bool:
    env.check(model, "unlink")
    env.unlink(model.name, ids_of(ids))
    return True


def load(env: Env, model: Model, fields: list[str], data: list[list]) -> dict:
    env.check(model, "create")
    env.check(model, "write")
    return importer.load(env, model, fields, data)


def name_search(
    env: Env, model: Model, name: str = "", args: Any = None, operator: str = "ilike", limit: int = 100
) -> list:
    env.check(model, "read")
    return env.name_search(model, name, operator, args, limit)


def name_get(env: Env, model: Model, ids: Any) -> list:
    return [[row["id"], env.display(model.name, row["id"])] for row in env.rows(model, ids_of(ids))]


def name_create(env: Env, model: Model, name: str) -> list:
    env.check(model, "create")
    key = env.create(model.name, {model.rec_name: name})
    return [key, env.display(model.name, key)]


def exists(env: Env, model: Model, ids: Any) -> list[int]:
    return [key for key in ids_of(ids) if key in env.db.table(model.name)]


def check_access_rights(env: Env, model: Model, operation: str, raise_exception: bool = True) -> bool:
    if not env.allowed(model, operation) and raise_exception:
        env.check(model, operation)
    return env.allowed(model, operation)


def default_get(env: Env, model: Model, fields_list: list[str]) -> dict:
    blank = env.blank(model, {})
    return {
        name: blank[name]
        for name in fields_list
        if name in blank and blank[name] is not None and model.own[name].default is not None
    }


def get_external_id(env: Env, model: Model, ids: Any) -> dict:
    found = {}
    for key in ids_of(ids):
        rows = [row for row in env.db.by("ir.model.data", "res_id", key) if row["model"] == model.name]
        found[str(key)] = rows[0]["complete_name"] if rows else ""
    return found


def check_object_reference(
    env: Env, model: Model, module: str, xml_id: str, raise_on_access_error: bool = False
) -> list:
    known = env.xid(f"{module}.{xml_id}")
    if known is None:
        raise OdooError("builtins.ValueError", f"External ID not found in the system: {module}.{xml_id}")
    return [known["model"], known["res_id"]]


def context_get(env: Env, model: Model) -> dict:
    user = env.row("res.users", env.uid) or {}
    return {"lang": user.get("lang") or "en_US", "tz": user.get("tz") or False, "uid": env.uid}


def toggle_active(env: Env, model: Model, ids: Any) -> None:
    for row in env.rows(model, ids_of(ids)):
        env.write(model.name, [row["id"]], {"active": not row.get("active")})


def action_archive(env: Env, model: Model, ids: Any) -> None:
    env.write(model.name, ids_of(ids), {"active": False})


def action_unarchive(env: Env, model: Model, ids: Any) -> None:
    env.write(model.name, ids_of(ids), {"active": True})


METHODS: dict[str, Callable] = {
    one.__name__: one
    for one in (
        search,
        search_count,
        search_read,
        read,
        fields_get,
        create,
        write,
        unlink,
        load,
        name_search,
        name_get,
        name_create,
        exists,
        check_access_rights,
        default_get,
        get_external_id,
    )
}
OF_ONE_MODEL: dict[tuple[str, str], Callable] = {
    ("ir.model.data", "check_object_reference"): check_object_reference,
    ("res.users", "context_get"): context_get,
}
ARCHIVABLE = {one.__name__: one for one in (toggle_active, action_archive, action_unarchive)}


@lru_cache(maxsize=500)
def signature(function: Callable) -> inspect.Signature:
    return inspect.signature(function)


def bound(function: Callable, *args: Any, **kwargs: Any) -> Any:
    """Calls it; wrong arguments are the TypeError that Python says."""
    try:
        signature(function).bind(*args, **kwargs)
    except TypeError as error:
        raise OdooError("builtins.TypeError", f"{getattr(function, '__name__', 'method')}() {error}") from None
    return function(*args, **kwargs)


def call(env: Env, name: str, method: str, args: list, kwargs: dict) -> Any:
    """execute_kw's call; `context` is already taken out of kwargs."""
    if method.startswith("_"):
        raise access_error(f"Private methods (such as '{name}.{method}') cannot be called remotely.")
    model = env.registry.get(name)
    env.check_context()
    if (name, method) in OF_ONE_MODEL:
        return bound(OF_ONE_MODEL[name, method], env, model, *args, **kwargs)
    if method in METHODS:
        return bound(METHODS[method], env, model, *args, **kwargs)
    if method in ARCHIVABLE and "active" in model.fields:
        return bound(ARCHIVABLE[method], env, model, *args, **kwargs)
    action = getattr(env.behaviour(name), "rpc_" + method, None)
    if action is None:
        raise OdooError("builtins.AttributeError", f"The method '{method}' does not exist on the model '{name}'")
    if not args:
        raise OdooError("builtins.IndexError", "list index out of range")
    env.check(model, "write")
    return bound(action, env, ids_of(args[0]), *args[1:], **kwargs)
