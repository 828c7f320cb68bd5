"""Workers: the processes that run items, their heartbeats and what each runs now."""

from __future__ import annotations

from flask import Blueprint, render_template, url_for
from werkzeug.wrappers import Response

from queueapp.ledger import reads
from queueapp.services import drain as draining
from webui.context import runtime
from webui.pages import answering
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


@blueprint.post("/<id:worker_id>/drain")
@requires("admin")
def drain(worker_id: int) -> Response:
    """Let a worker finish what it runs and end; its supervisor starts a new one."""

    def act() -> str:
        worker = draining.drain_worker(runtime(), worker_id)
        return f"Worker {worker.pid} on {worker.host} finishes what it runs, then ends"

    return answering.do(act, default=url_for("pages.workers.index"))
