"""/api/control: steer the queue as a whole."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from flask import Response
from pydantic import BaseModel, Field

from queueapp.connectors.circuit import CircuitView
from queueapp.ledger.pauses import EVERYTHING, Paused
from queueapp.services import circuits, control
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


class OpenCircuit(BaseModel):
    """A provider that is left alone for now."""

    provider: str
    kind: Literal["failing", "credentials"] = Field(
        description="failing: tried again by itself; credentials: it refuses ours, until a person acts"
    )
    reason: str
    opened_at: datetime
    probe_at: datetime | None = Field(description="When it is tried again; null: when a person has acted")


class CircuitPath(BaseModel):
    """Names a provider."""

    provider: str = Field(min_length=1, max_length=100)


class ControlState(BaseModel):
    """What is paused now."""

    paused: bool = Field(description="Whether everything is paused")
    pauses: list[PauseView]
    circuits: list[OpenCircuit] | None = Field(
        description="Providers that are left alone for now; null while Redis is away"
    )


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


@api.post("/circuits/<string:provider>/reset", responses={202: MadeDue})
@requires("admin")
def reset_circuit(path: CircuitPath) -> Response:
    """Try a provider again at once, with all that waits for it; 404 when it is not left alone."""
    return answer(MadeDue(items=circuits.try_again(runtime(), path.provider)), 202)


def _state(status: int) -> Response:
    pauses = [_view(one) for one in control.list_pauses(runtime())]
    left_alone = circuits.list_circuits(runtime())
    state = ControlState(
        paused=any(one.operation is None for one in pauses),
        pauses=pauses,
        circuits=None if left_alone is None else [_circuit(one) for one in left_alone],
    )
    return answer(state, status)


def _circuit(one: CircuitView) -> OpenCircuit:
    return OpenCircuit(
        provider=one.name, kind=one.kind, reason=one.reason, opened_at=one.opened_at, probe_at=one.probe_at
    )


def _view(one: Paused) -> PauseView:
    operation = None if one.scope == EVERYTHING else one.scope
    return PauseView(operation=operation, paused_at=one.paused_at, paused_by=one.paused_by)
