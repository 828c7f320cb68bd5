"""/api/queues/{id}/…: what can be done to a task."""

from __future__ import annotations

from flask import Response, request

from queueapp.ledger import reads
from queueapp.ledger.views import TaskView
from queueapp.services import bulk, cancel, enqueue, pause, reprioritize, retitle, retry, undo
from queueapp.services import run_next as next_one
from queueapp.services.rename import reverting
from webui.api.bulk_models import BulkBody, BulkResult, RefusedTask
from webui.api.queue_models import (
    RetriedTask,
    RetryBody,
    RevertBody,
    RevertingTask,
    TaskChange,
    TaskPath,
)
from webui.api.resource import Resource, answer
from webui.api.undo import UNDO_TOKEN
from webui.audit_trail import add_detail
from webui.context import runtime
from webui.security import current_user, requires

api = Resource("queue_acts", "Acts on tasks.", prefix="/api/queues", tag_name="queues")


@api.post("/<id:task_id>/cancel", responses={202: TaskView})
@requires("admin")
def cancel_task(path: TaskPath) -> Response:
    """Cancel a task: nothing of it starts any more, what runs is stopped, what is done stays done."""
    cancel.cancel_task(runtime(), path.task_id, current_user.who)
    return _task(path.task_id, 202)


@api.post("/<id:task_id>/retry", responses={202: RetriedTask})
@requires("admin")
def retry_task(path: TaskPath, body: RetryBody) -> Response:
    """Give new attempts to the failed and canceled items of a finished task, or to all its items."""
    retried = retry_by(body, path.task_id)
    return answer(RetriedTask(task_id=path.task_id, retried=retried), 202)


@api.post("/<id:task_id>/pause", responses={202: TaskView})
@requires("admin")
def pause_task(path: TaskPath) -> Response:
    """Pause a task: what runs is finished, nothing new is started."""
    pause.pause_task(runtime(), path.task_id, current_user.who)
    return _task(path.task_id, 202)


@api.post("/<id:task_id>/resume", responses={202: TaskView})
@requires("admin")
def resume_task(path: TaskPath) -> Response:
    """Go on with a paused task."""
    pause.resume_task(runtime(), path.task_id, current_user.who)
    return _task(path.task_id, 202)


@api.post("/<id:task_id>/next", responses={202: TaskView})
@requires("admin")
def run_next(path: TaskPath) -> Response:
    """Let a task go before all that wait: critical priority, and its retries and start are due now."""
    next_one.run_next(runtime(), path.task_id)
    return _task(path.task_id, 202)


@api.post("/<id:task_id>/close", responses={200: TaskView})
@requires("admin")
def close_task(path: TaskPath) -> Response:
    """Say that an open task gets no more items."""
    enqueue.close_task(runtime(), path.task_id)
    return _task(path.task_id, 200)


@api.post("/<id:task_id>/revert", responses={202: RevertingTask})
@requires("admin")
def revert_task(path: TaskPath, body: RevertBody) -> Response:
    """Take back what a finished task did to files, as a task of its own: renames, and what publish wrote or replaced.

    409 when the task is not finished, or there is nothing (any more) to take back. A title of which a file was changed
    since stays as it is; its item fails and names each such file.
    """
    origin = "ui" if current_user.via == "session" else "api"
    made = reverting.start(runtime(), path.task_id, by=current_user.who, origin=origin, dry_run=body.dry_run)
    add_detail(revert_task_id=made.task_id)
    location = f"{request.script_root}/api/queues/{made.task_id}"
    return answer(RevertingTask(task_id=made.task_id, created=made.created), 202, {"Location": location})


@api.patch("/<id:task_id>", responses={200: TaskView})
@requires("admin")
def change_task(path: TaskPath, body: TaskChange) -> Response:
    """Give a task another title or priority; a priority is for a task that is not finished, else 409."""
    if body.title is not None:
        retitle.retitle_task(runtime(), path.task_id, body.title)
    if body.priority is not None:
        reprioritize.set_priority(runtime(), path.task_id, body.priority)
    return _task(path.task_id, 200)


@api.delete("/<id:task_id>", responses={204: None})
@requires("admin")
def delete_task(path: TaskPath) -> Response:
    """Delete a finished task with its items and logs; 409 for one that is not finished.

    For 10 seconds `POST /api/undo/{token}` with the token in the header `Undo-Token` brings it back.
    """
    token = undo.delete_task(runtime(), path.task_id, current_user.who)
    return Response(status=204, headers={UNDO_TOKEN: token})


@api.post("/bulk", responses={202: BulkResult})
@requires("admin")
def act_on_many(body: BulkBody) -> Response:
    """Do one thing to many tasks, each by itself; what 5 seconds do not suffice for is in `remaining`.

    Where more than 10,000 fit a filter, `next_cursor` leads on, and nothing is in `remaining`.
    """
    if body.filter is not None:
        found = bulk.matching(runtime(), body.filter.filter(), body.cursor)
    else:
        ids = list(dict.fromkeys(body.ids or []))
        found = bulk.Matching(ids, len(ids), False, {})
    end = bulk.act_on(
        runtime(), body.action, found.ids, by=current_user.who, priority=body.priority, token=body.undo_token
    )
    add_detail(action=body.action, matched=found.total, done=end.done)
    begun = found.ids[: len(found.ids) - len(end.remaining)]
    result = BulkResult(
        matched=found.total,
        matched_is_estimate=found.is_estimate,
        done=end.done,
        refused=[RefusedTask(task_id=one.task_id, reason=one.reason) for one in end.refused],
        remaining=[] if found.places else end.remaining,
        next_cursor=found.cursor_behind(begun[-1]) if begun else None,
        undo_token=end.undo_token,
    )
    return answer(result, 202, {UNDO_TOKEN: end.undo_token} if end.undo_token else None)


def retry_by(body: RetryBody, task_id: int) -> int:
    """Retry a task as a body asks for; return how many items that concerned."""
    if body.payload is None:
        return retry.retry_task(runtime(), task_id, scope=body.scope, by=current_user.who)
    return retry.retry_with_payload(runtime(), task_id, body.payload, scope=body.scope, by=current_user.who)


def _task(task_id: int, status: int) -> Response:
    with runtime().transaction() as session:
        return answer(reads.get_task(session, task_id), status)
