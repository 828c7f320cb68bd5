"""/api/phase-config: how scan, enrichment, publish and player sync behave."""

from __future__ import annotations

from typing import Any, Literal

from flask import Response
from pydantic import BaseModel, ConfigDict, RootModel

from queueapp.services import phase_config
from queueapp.services.phase_config import PHASES, PhaseConfig
from webui.api.resource import Resource, answer
from webui.context import runtime
from webui.security import current_user, requires

api = Resource(
    "phase-config",
    "Phases are configured, never switched off. A running task keeps the configuration it started with.",
    prefix="/api/phase-config",
)


#: The router knows the phases, so that no other word below this prefix is taken for one.
PHASE = f"/<any({', '.join(PHASES)}):phase>"


class PhasePath(BaseModel):
    """Names a phase: scan, enrichment, publish or playerSync."""

    phase: Literal["scan", "enrichment", "publish", "playerSync"]


class PhaseView(RootModel[dict[str, Any]]):
    """The values of one phase."""


def _some_of(model: type[BaseModel]) -> dict[str, Any]:
    values = model.model_json_schema()["properties"]
    return {"type": "object", "title": model.__name__, "properties": values, "additionalProperties": False}


class PhaseChange(RootModel[dict[str, Any]]):
    """The values to change, those of the phase; what is left out stays."""

    model_config = ConfigDict(json_schema_extra={"anyOf": [_some_of(model) for model in PHASES.values()]})


@api.get("", responses={200: PhaseConfig})
@requires("viewer")
def read_all() -> Response:
    """Read the configuration of all phases."""
    with runtime().transaction() as session:
        return answer(phase_config.read(session))


@api.get(PHASE, responses={200: PhaseView})
@requires("viewer")
def read_one(path: PhasePath) -> Response:
    """Read the configuration of one phase."""
    with runtime().transaction() as session:
        return answer(PhaseView(phase_config.snapshot(session)[path.phase]))


@api.patch(PHASE, responses={200: PhaseView})
@requires("admin")
def change_one(path: PhasePath, body: PhaseChange) -> Response:
    """Change some values of one phase."""
    with runtime().transaction() as session:
        return answer(phase_config.change(session, path.phase, body.root, current_user.who))


@api.post("/reset", responses={200: PhaseConfig})
@requires("admin")
def reset() -> Response:
    """Go back to the defaults in all phases."""
    with runtime().transaction() as session:
        return answer(phase_config.reset(session))
