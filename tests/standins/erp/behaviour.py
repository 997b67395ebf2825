"""What a model does beyond its fields. Each model's file subclasses Behaviour; these are the hooks, all optional.

Methods whose name begins with rpc_ can be called from outside on records: rpc_action_confirm(env, ids, …). A method
compute_<field>(env, row) gives the value of a field that is not stored, inverse_<field>(env, row, value) takes a
written one. A row is never changed in place, except `row` in before_create and before_write, which is not put yet.
"""

from __future__ import annotations

from typing import Any


class Behaviour:
    model = ""

    def prepare(self, env: Any, vals: dict) -> dict:
        """The values of a create before anything is done with them; may make other records first."""
        return vals

    def before_create(self, env: Any, row: dict, vals: dict) -> None:
        """Fills in stored computed fields; `vals` is what was given."""

    def after_create(self, env: Any, row: dict, vals: dict) -> None:
        """The row and its x2many records are there."""

    def before_write(self, env: Any, old: dict, row: dict, vals: dict) -> None:
        """Checks and completes a change."""

    def after_write(self, env: Any, old: dict, row: dict, vals: dict) -> None:
        """The change is there."""

    def before_unlink(self, env: Any, row: dict) -> None:
        """Refuses."""

    def after_unlink(self, env: Any, row: dict) -> None:
        """The row is gone."""

    def display_name(self, env: Any, row: dict) -> Any:
        model = env.registry.get(self.model)
        if model.rec_name == "id":
            return f"{self.model},{row['id']}"
        field = model.fields[model.rec_name]
        value = env.value(model, row, model.rec_name)
        return env.display(field.relation, value) if field.relation and value else value or f"{self.model},{row['id']}"

    def name_domain(self, env: Any, text: str, operator: str) -> list:
        model = env.registry.get(self.model)
        return [(model.rec_name if model.rec_name != "id" else "id", operator, text)]
