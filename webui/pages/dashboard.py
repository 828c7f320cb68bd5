"""The overview: what runs now, what failed lately, who works."""

from __future__ import annotations

from flask import Blueprint, render_template, request

from queueapp import states
from queueapp.ledger import lately, reads
from queueapp.ledger.views import TaskView
from queueapp.priorities import LANES
from webui.context import runtime
from webui.pages import charts
from webui.pages.reading import session
from webui.security import requires

blueprint = Blueprint("dashboard", __name__)


@blueprint.get("/")
@requires("viewer")
def index() -> str:
    """The overview."""
    chosen = request.args.get("range", charts.USUAL)
    chosen = chosen if chosen in charts.RANGES else charts.USUAL
    active = _tasks(states.TaskStatus.RUNNING, states.TaskStatus.QUEUED, limit=8)
    depths = reads.lane_depths(session())
    return render_template(
        "dashboard/index.html",
        operations=runtime().registry.names(),
        charts=charts.read(session(), chosen),
        ranges=[(key, label, key == chosen) for key, (label, _, _) in charts.RANGES.items()],
        counts=reads.counts_by_status(session()),
        active=sorted(active, key=lambda task: (task.status != "running", task.paused)),
        failed=_tasks(states.TaskStatus.FAILED, limit=6),
        finished=_tasks(states.TaskStatus.COMPLETED, states.TaskStatus.CANCELED, limit=8),
        workers=[worker for worker in reads.list_workers(session()) if worker.alive],
        lanes=[(name, depths.get(number, 0)) for number, name in enumerate(LANES)],
        most_depth=reads.MOST_DEPTH,
        is_estimate=reads.is_estimate,
    )


def _tasks(*statuses: states.TaskStatus, limit: int) -> list[TaskView]:
    """The newest of some statuses; by creation, which an index serves for each, and shown by what happened last."""
    found = [task for status in statuses for task in lately.newest(session(), [status], limit)]
    newest = sorted(found, key=lambda task: (task.created_at, task.id), reverse=True)[:limit]
    return sorted(newest, key=lambda task: task.updated_at, reverse=True)
