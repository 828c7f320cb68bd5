"""/api/control: steer the queue as a whole."""

from __future__ import annotations

from datetime import datetime

from flask import Response
from pydantic import BaseModel, Field

from queueapp.ledger.pauses import EVERYTHING, Paused
from queueapp.services import control
from webui.api.resource import OptionalBody, Resource, answer
from webui.context import runtime
from webui.security import current_user, requires

api = Resource("control", "Pause and resume everything or one operation.", prefix="/api/control")


class OperationBody(OptionalBody):
    """What is steered."""

    operation: str | None = Field(
        default=None, min_length=1, max_length=100, description="One operation; left out: everything"
    )


class PauseView(BaseModel):
    """A pause in force."""

    operation: str | None = Field(description="The paused operation; null: everything")
    paused_at: datetime
    paused_by: str


class ControlState(BaseModel):
    """What is paused now."""

    paused: bool = Field(description="Whether everything is paused")
    pauses: list[PauseView]


class MadeDue(BaseModel):
    """How many waiting items are due now."""

    items: int


@api.get("", responses={200: ControlState})
@requires("viewer")
def get_control() -> Response:
    """Tell what is paused."""
    return _state(200)


@api.post("/pause", responses={202: ControlState})
@requires("admin")
def pause(body: OperationBody) -> Response:
    """Finish what runs and start nothing new; the pause outlasts restarts."""
    control.pause(runtime(), body.operation, current_user.who)
    return _state(202)


@api.post("/resume", responses={202: ControlState})
@requires("admin")
def resume(body: OperationBody) -> Response:
    """Go on; 409 when there is no such pause."""
    control.resume(runtime(), body.operation)
    return _state(202)


@api.post("/process-now", responses={202: MadeDue})
@requires("admin")
def process_now(body: OperationBody) -> Response:
    """End the waits of retries, so that they run now."""
    return answer(MadeDue(items=control.process_now(runtime(), body.operation)), 202)


def _state(status: int) -> Response:
    pauses = [_view(one) for one in control.list_pauses(runtime())]
    return answer(ControlState(paused=any(one.operation is None for one in pauses), pauses=pauses), status)


def _view(one: Paused) -> PauseView:
    operation = None if one.scope == EVERYTHING else one.scope
    return PauseView(operation=operation, paused_at=one.paused_at, paused_by=one.paused_by)
