"""Takes back what was done a moment ago."""

from __future__ import annotations

from flask import Blueprint
from werkzeug.wrappers import Response

from queueapp.models.undo import UndoableAct
from queueapp.services import undo
from webui.context import runtime
from webui.pages import answering, words
from webui.security import requires

blueprint = Blueprint("undo", __name__)


@blueprint.post("/undo/<token>", endpoint="undo")
@requires("admin")
def take_back(token: str) -> Response:
    """Take an act back, if its time is not up."""

    def act() -> str:
        done = undo.undo(runtime(), token)
        what = "restored" if done.act is UndoableAct.DELETE else "given back its priority"
        said = f"{words.plural(len(done.task_ids), 'task')} {what}"
        return said + (f"; {words.number(len(done.refused))} had gone on" if done.refused else "")

    return answering.do(act, default=answering.tasks_url())
