"""Body and answer of POST /api/queues/bulk."""

from __future__ import annotations

from typing import Any, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, model_validator

from queueapp.services.bulk import MAX_TASKS, Action
from webui.api.queue_models import Priority, TaskFilterBody
from webui.api.resource import Body, Id


def _given(*fields: str) -> dict[str, Any]:
    return {"required": list(fields), "properties": {field: {"not": {"type": "null"}} for field in fields}}


#: The framework leaves if/then/else out of the document, so the two cases stand side by side.
_OTHERS = [action for action in get_args(Action) if action != "priority"]
#: What `_fits` checks, as the document states it: one of filter and ids, and what belongs to one action only.
_RULES: dict[str, Any] = {
    "oneOf": [_given("filter"), _given("ids")],
    "allOf": [
        {
            "anyOf": [
                {"allOf": [_given("priority"), {"properties": {"action": {"const": "priority"}}}]},
                {"properties": {"action": {"enum": _OTHERS}, "priority": {"type": "null"}}},
            ]
        },
        {"anyOf": [_given("filter"), {"properties": {"cursor": {"type": "null"}}}]},
        {
            "anyOf": [
                {"properties": {"action": {"enum": ["delete", "priority"]}}},
                {"properties": {"undo_token": {"type": "null"}}},
            ]
        },
    ],
}


class BulkBody(Body):
    """One act on many tasks: on those with these ids, or on all that fit a filter."""

    model_config = ConfigDict(json_schema_extra=_RULES)

    action: Action
    filter: TaskFilterBody | None = Field(
        default=None, description="As in the list; {} is every task. Taken once, when the request comes"
    )
    ids: list[Id] | None = Field(default=None, min_length=1, max_length=MAX_TASKS)
    priority: Priority | None = Field(default=None, description="For the action `priority`, else left out")
    cursor: str | None = Field(
        default=None,
        max_length=500,
        description="With the same `filter`: the next_cursor of the answer before",
    )
    undo_token: str | None = Field(
        default=None,
        pattern=r"^[\w-]{1,100}$",
        description="Of the answer before: then one token takes back all of it",
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.filter is None) == (self.ids is None):
            raise ValueError("give either filter or ids")
        if (self.action == "priority") != (self.priority is not None):
            raise ValueError("priority belongs to the action 'priority', and to no other")
        if self.cursor is not None and self.filter is None:
            raise ValueError("a cursor goes on with a filter")
        if self.undo_token is not None and self.action not in {"delete", "priority"}:
            raise ValueError("undo_token belongs to 'delete' and 'priority'")
        return self


class RefusedTask(BaseModel):
    """A task on which the act was not possible."""

    task_id: int
    reason: str


class BulkResult(BaseModel):
    """How far it came: matched = done + refused + remaining; of more than 10,000 the rest is behind `next_cursor`."""

    matched: int = Field(description="Tasks the request concerned")
    matched_is_estimate: bool = Field(default=False, description="True for many more than 10,000")
    done: int
    refused: list[RefusedTask]
    remaining: list[int] = Field(description="Not reached in time; send them again as `ids`")
    next_cursor: str | None = Field(
        default=None, description="Of more than 10,000: send the same filter again with this as `cursor`"
    )
    undo_token: str | None = Field(
        description="Takes a deletion or a change of priority back within 10 s; also in the header Undo-Token"
    )
