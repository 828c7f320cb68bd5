"""Workers: the processes that run items, their heartbeats and what each runs now."""

from __future__ import annotations

from flask import Blueprint, render_template

from queueapp.ledger import reads
from webui.pages.reading import session
from webui.security import requires

blueprint = Blueprint("workers", __name__, url_prefix="/workers")


@blueprint.get("")
@requires("viewer")
def index() -> str:
    """All worker processes, those that are gone behind the others."""
    known = reads.list_workers(session(), include_gone=True)
    alive = [worker for worker in known if worker.alive]
    gone = [worker for worker in known if not worker.alive]
    return render_template("workers/index.html", alive=alive, gone=gone[:10])
