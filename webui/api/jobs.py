"""/jobs and /api/jobs: tasks and items in one flat shape."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Response

from queueapp import errors
from queueapp.ledger import reads
from queueapp.services import cancel, jobs, retry, undo
from queueapp.services.job_figures import job_figures
from webui import job_ids
from webui.api.job_models import (
    CHILDREN,
    JobList,
    JobListQuery,
    JobPath,
    JobStats,
    JobView,
    view_of_figures,
    view_of_item,
    view_of_task,
)
from webui.api.queue_acts import retry_by
from webui.api.queue_models import RetryBody
from webui.api.resource import Resource, answer
from webui.api.undo import UNDO_TOKEN
from webui.context import runtime
from webui.events.jobs import STREAM, stream_jobs
from webui.job_ids import JobId
from webui.kept import KeptWhileDear
from webui.security import current_user, requires

View = Callable[..., Response]

_stats: KeptWhileDear[JobStats] = KeptWhileDear()


def list_jobs(query: JobListQuery) -> Response:
    """List jobs. `cursor` goes to any depth."""
    with runtime().transaction() as session:
        page = reads.list_tasks(session, query.filter(), query.page())
        found = jobs.of_tasks(session, page.tasks)
    views = [view_of_task(job, runtime().registry) for job in found]
    return answer(
        JobList(
            jobs=views,
            total=page.total,
            total_is_estimate=page.total_is_estimate,
            limit=page.limit,
            offset=page.offset,
            next_cursor=page.next_cursor,
        )
    )


def stats() -> Response:
    """How many jobs there are, how many went well and how long they took; by type, and of the last 24 hours."""
    return answer(_stats.get(runtime(), _read_stats))


def get_job(path: JobPath) -> Response:
    """Read a job, or a child of one."""
    return answer(_view(job_ids.parse(path.job_id)))


def cancel_job(path: JobPath) -> Response:
    """Cancel a job, or one child of it, and return it; 409 when it has ended otherwise."""
    named = job_ids.parse(path.job_id)
    _cancel(named)
    return answer(_view(named))


def retry_job(path: JobPath, body: RetryBody) -> Response:
    """Give new attempts to what failed or was canceled of an ended job, or to all of it, and return it."""
    named = job_ids.parse(path.job_id)
    if named.item_index is None:
        retry_by(body, named.task_id)
    else:
        item_id = _item_id(named)
        retry.retry_item(runtime(), named.task_id, item_id, current_user.who, payload=body.payload)
    return answer(_view(named))


def delete_job(path: JobPath) -> Response:
    """Cancel a job that is active (200, the job), remove one that has ended (204, to be undone by `Undo-Token`)."""
    named = job_ids.parse(path.job_id)
    view = _view(named)
    if view.cancelable:
        _cancel(named)
        return answer(_view(named))
    if named.item_index is not None:
        raise errors.Conflict("a child is removed with its parent job")
    token = undo.delete_task(runtime(), named.task_id, current_user.who)
    return Response(status=204, headers={UNDO_TOKEN: token})


#: Method, path below the prefix, view, and what it answers.
ROUTES: tuple[tuple[str, str, View, dict[Any, Any]], ...] = (
    ("GET", "", list_jobs, {200: JobList}),
    ("GET", "/stats", stats, {200: JobStats}),
    ("GET", "/stream", stream_jobs, STREAM),
    ("GET", "/<job:job_id>", get_job, {200: JobView}),
    ("POST", "/<job:job_id>/cancel", cancel_job, {200: JobView}),
    ("POST", "/<job:job_id>/retry", retry_job, {200: JobView}),
    ("DELETE", "/<job:job_id>", delete_job, {200: JobView, 204: None}),
)


def _resource(prefix: str, name: str) -> Resource:
    """The routes under one prefix."""
    api = Resource(name, "The same tasks, as a flat list of jobs.", prefix=prefix, tag_name="jobs")
    for method, path, view, responses in ROUTES:
        rule = requires("viewer" if method == "GET" else "admin")(view)
        getattr(api, method.lower())(path, responses=responses)(rule)
    return api


api = _resource("/api/jobs", "api_jobs")
plain_api = _resource("/jobs", "jobs")


def _view(named: JobId) -> JobView:
    with runtime().transaction() as session:
        if named.item_index is None:
            return view_of_task(jobs.get_job(session, named.task_id), runtime().registry, CHILDREN)
        return view_of_item(*jobs.get_child(session, named.task_id, named.item_index), runtime().registry)


def _item_id(named: JobId) -> int:
    with runtime().transaction() as session:
        return jobs.item_id(session, named.task_id, named.item_index or 0)


def _cancel(named: JobId) -> None:
    if named.item_index is None:
        cancel.cancel_task(runtime(), named.task_id, current_user.who)
    else:
        cancel.cancel_item(runtime(), named.task_id, _item_id(named), current_user.who)


def _read_stats() -> JobStats:
    with runtime().transaction() as session:
        return view_of_figures(job_figures(session))
