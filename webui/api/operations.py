"""/api/operations: what can be enqueued."""

from __future__ import annotations

from typing import Any

from flask import Response
from pydantic import BaseModel, Field

from queueapp import errors
from queueapp.operations import Operation
from webui.api.resource import Resource, answer
from webui.api.small_lists import Cut, SmallList, SmallListQuery
from webui.context import runtime
from webui.security import requires

api = Resource("operations", "The types of tasks and items.", prefix="/api/operations")


class OperationInfo(BaseModel):
    """One operation."""

    name: str
    description: str
    phase: str | None
    public: bool = Field(description="Offered to people; internal steps are not")
    timeout_seconds: float
    max_attempts: int
    lane: str | None = Field(description="Lane of a task of this type whose priority nobody gives")
    max_concurrency: int | None = Field(description="Items that run at a time over all workers")
    rate_limit: float | None = Field(description="Items that start in any second over all workers")
    isolated: bool = Field(description="Runs in a process of its own, which can be killed")
    payload_schema: dict[str, Any] = Field(description="JSON Schema of its payload")


class OperationInfoList(SmallList):
    """All operations."""

    operations: list[OperationInfo]


class OperationName(BaseModel):
    """Names a type of work."""

    type: str = Field(max_length=100)


@api.get("", responses={200: OperationInfoList})
@requires("viewer")
def list_operations(query: SmallListQuery) -> Response:
    """List the operations, each with the JSON Schema of its payload."""
    views = [_view(operation) for operation in runtime().registry.all()]
    cut = Cut(views, query, lambda one: (one.name,))
    return answer(OperationInfoList(operations=cut.shown, **cut.page))


@api.get("/<type>", responses={200: OperationInfo})
@requires("viewer")
def get_operation(path: OperationName) -> Response:
    """Read one operation."""
    operation = runtime().registry.find(path.type)
    if operation is None:
        raise errors.NotFound(f"there is no operation {path.type!r}")
    return answer(_view(operation))


def _view(operation: Operation) -> OperationInfo:
    return OperationInfo(
        name=operation.name,
        description=operation.doc,
        phase=operation.phase,
        public=operation.public,
        timeout_seconds=operation.timeout_seconds,
        max_attempts=operation.max_attempts,
        lane=operation.lane,
        max_concurrency=operation.max_concurrency,
        rate_limit=operation.rate_limit,
        isolated=operation.isolated,
        payload_schema=operation.payload.model_json_schema(),
    )
