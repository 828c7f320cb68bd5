"""/api/undo: take back what was done a moment ago."""

from __future__ import annotations

from flask import Response
from pydantic import BaseModel, Field

from queueapp.models.undo import UndoableAct
from queueapp.services import undo
from webui.api.resource import Resource, answer
from webui.audit_trail import add_detail
from webui.context import runtime
from webui.problems import GONE
from webui.security import requires

#: The header in which an act that can be taken back names its token.
UNDO_TOKEN = "Undo-Token"  # noqa: S105

api = Resource("undo", "Take back a deletion or a change of priority.", prefix="/api/undo", tag_name="queues")


class UndoPath(BaseModel):
    """Names one act."""

    token: str = Field(max_length=200)


class UndoneView(BaseModel):
    """What was taken back."""

    action: UndoableAct
    task_ids: list[int] = Field(description="The tasks that are as they were before")
    refused: list[int] = Field(description="Tasks that have gone on since and stay as they are")


@api.post("/<token>", responses={200: UndoneView, **GONE})
@requires("admin")
def undo_act(path: UndoPath) -> Response:
    """Take an act back within 10 seconds; 410 when it is too late or done already."""
    done = undo.undo(runtime(), path.token)
    add_detail(action=done.act.value, tasks=len(done.task_ids))
    return answer(UndoneView(action=done.act, task_ids=done.task_ids, refused=done.refused))
