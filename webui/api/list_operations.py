"""/api/lists/operations and /api/lists/processor: what is wished of lists, and who carries it out."""

from __future__ import annotations

from typing import Annotated, Any

from flask import Response
from pydantic import BaseModel, BeforeValidator, Field

from queueapp.models.list_operation import ListOperationType
from queueapp.services.lists import acts, operation_views, processor
from queueapp.services.lists.operation_views import (
    ListOperationStatus,
    ListOperationView,
    OperationCounts,
    OperationFilter,
    UserOperationCounts,
)
from queueapp.services.lists.processor import ProcessorStatus
from webui.api.resource import Body, Id, IdCursor, PageQuery, Query, Resource, answer
from webui.context import runtime
from webui.security import current_user, requires

api = Resource(
    "list operations", "What is wished of lists at TMDB, and who carries it out.", prefix="/api/lists"
)


def _words(value: Any) -> Any:
    """Several words, repeated or with commas between them; `canceled` is understood too."""
    given = value if isinstance(value, list) else [value]
    words = [word.strip() for each in given for word in str(each).split(",") if word.strip()]
    return ["cancelled" if word == "canceled" else word for word in words]


class OperationPath(BaseModel):
    """Names one operation."""

    operation_id: Id


class UserFilter(Query):
    """Whose operations."""

    user_id: Id | None = Field(None, description="Only those of this TMDB user")


class OperationsQuery(PageQuery):
    """Which operations, and which page of them."""

    user_id: Id | None = Field(None, description="Only those of this TMDB user")
    list_id: Id | None = Field(None, description="Only those on this list, by our id")
    status: Annotated[list[ListOperationStatus], BeforeValidator(_words)] = []
    operation_type: Annotated[list[ListOperationType], BeforeValidator(_words)] = []
    cursor: IdCursor | None = Field(
        None, description="The next_cursor of the page before, instead of an offset"
    )


class ListOperations(BaseModel):
    """A page of operations."""

    operations: list[ListOperationView]
    total: int
    limit: int
    offset: int
    next_cursor: str | None


class OperationStatsView(OperationCounts):
    """Operations by status, altogether and for each user."""

    users: list[UserOperationCounts]


class OperationsStarted(BaseModel):
    """How many operations are tried now."""

    operations: int


class ProcessorSwitch(Body):
    """Whether operations are carried out by themselves."""

    enabled: bool


@api.get("/operations", responses={200: ListOperations})
@requires("viewer")
def list_operations(query: OperationsQuery) -> Response:
    """List operations, newest first."""
    chosen = _filter(query)
    before = int(query.cursor) if query.cursor else None
    offset = 0 if before else query.offset
    with runtime().transaction() as session:
        rows = operation_views.list_operations(session, chosen, query.limit + 1, offset, before)
        total = operation_views.count_operations(session, chosen)
    shown = [row.view for row in rows[: query.limit]]
    cursor = str(shown[-1].id) if len(rows) > query.limit else None
    return answer(
        ListOperations(operations=shown, total=total, limit=query.limit, offset=offset, next_cursor=cursor)
    )


@api.get("/operations/stats", responses={200: OperationStatsView})
@requires("viewer")
def get_stats(query: UserFilter) -> Response:
    """Count operations by status, of all users or one."""
    with runtime().transaction() as session:
        counted = operation_views.stats(session, query.user_id)
        users = operation_views.stats_by_user(session)
    chosen = [one for one in users if query.user_id in (None, one.tmdb_user_id)]
    return answer(OperationStatsView(**counted.model_dump(), users=chosen))


@api.post("/operations/process", responses={202: OperationsStarted})
@requires("admin")
def process_operations(query: UserFilter) -> Response:
    """Have all operations that wait tried now, of all users or one; also while the processor is off."""
    return answer(OperationsStarted(operations=acts.process_all(runtime(), query.user_id)), 202)


@api.get("/operations/<id:operation_id>", responses={200: ListOperationView})
@requires("viewer")
def get_operation(path: OperationPath) -> Response:
    """Read one operation."""
    with runtime().transaction() as session:
        return answer(operation_views.get_operation(session, path.operation_id).view)


@api.post("/operations/<id:operation_id>/process", responses={202: ListOperationView})
@requires("admin")
def process_operation(path: OperationPath) -> Response:
    """Have a pending operation tried now, after those before it on the same list; 409 when it is not pending."""
    return answer(acts.process(runtime(), path.operation_id).view, 202)


@api.post("/operations/<id:operation_id>/retry", responses={202: ListOperationView})
@requires("admin")
def retry_operation(path: OperationPath) -> Response:
    """Try a failed or cancelled operation again, behind what waits on the same list; else 409."""
    return answer(acts.retry(runtime(), path.operation_id, current_user.who).view, 202)


@api.post("/operations/<id:operation_id>/cancel", responses={200: ListOperationView})
@requires("admin")
def cancel_operation(path: OperationPath) -> Response:
    """Cancel a pending operation, and with a list's creation all that waits for it; else 409."""
    return answer(acts.cancel(runtime(), path.operation_id, current_user.who).view)


@api.get("/processor", responses={200: ProcessorStatus})
@requires("viewer")
def get_processor() -> Response:
    """Tell whether operations are carried out by themselves, and what waits."""
    with runtime().transaction() as session:
        return answer(processor.status(session))


@api.put("/processor", responses={200: ProcessorStatus})
@requires("admin")
def switch_processor(body: ProcessorSwitch) -> Response:
    """Carry operations out by themselves, or hold back what has not begun until it is processed by hand."""
    return answer(acts.switch_processor(runtime(), body.enabled, current_user.who))


def _filter(query: OperationsQuery) -> OperationFilter:
    return OperationFilter(query.user_id, query.list_id, query.status, query.operation_type)
