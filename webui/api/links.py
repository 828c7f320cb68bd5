"""Links of the API document: what an answer names can be asked for next, so programs and fuzzers can follow."""

from __future__ import annotations

from collections.abc import Iterable

from flask_openapi3 import OpenAPI
from flask_openapi3.models import Link, PathItem

#: Answers that name a thing: method, path, status, the field that names it, and the parameter that takes it.
SOURCES: tuple[tuple[str, str, str, str, str], ...] = (
    ("post", "/api/queues/tasks", "201", "task_id", "task_id"),
    ("post", "/api/libraries", "201", "library/id", "library_id"),
    ("post", "/api/libraries", "201", "task_id", "task_id"),
    ("post", "/api/libraries/{library_id}/scan", "202", "task_id", "task_id"),
    ("post", "/api/players", "201", "id", "player_id"),
    ("post", "/api/downloaders", "201", "id", "downloader_id"),
    ("post", "/api/views", "201", "id", "view_id"),
    ("post", "/api/users", "201", "name", "name"),
    ("post", "/api/operations/{type}", "202", "job_id", "job_id"),
    ("post", "/api/operations/{type}", "200", "job_id", "job_id"),
    ("post", "/api/queues/bulk", "202", "undo_token", "token"),
    ("post", "/batch", "202", "job_id", "job_id"),
    ("get", "/api/queues", "200", "tasks/0/id", "task_id"),
    ("get", "/api/jobs", "200", "jobs/0/job_id", "job_id"),
    ("get", "/api/media", "200", "media/0/id", "media_id"),
    ("get", "/api/workers", "200", "workers/0/id", "worker_id"),
    ("get", "/api/schedules", "200", "schedules/0/id", "schedule_id"),
)
#: Only acts below these take the thing; a name is a name elsewhere too.
PLACES = {"name": "/api/users/", "token": "/api/undo/"}


def describe(app: OpenAPI) -> None:
    """Add the links to the document."""
    for method, path, status, field, parameter in SOURCES:
        operation = getattr(app.paths.get(path, PathItem()), method)
        if operation is None or not operation.responses or status not in operation.responses:
            continue
        links = {
            name: Link(operationId=name, parameters={parameter: f"$response.body#/{field}"})
            for name in _takers(app, parameter)
        }
        response = operation.responses[status]
        response.links = {**(response.links or {}), **links}


def _takers(app: OpenAPI, parameter: str) -> Iterable[str]:
    """The operations whose path takes this parameter and nothing else."""
    for path, item in app.paths.items():
        taken = path.count("{") == 1 and f"{{{parameter}}}" in path
        if not taken or not path.startswith(PLACES.get(parameter, "/")):
            continue
        for method in ("get", "post", "put", "patch", "delete"):
            operation = getattr(item, method)
            if operation is not None and operation.operationId:
                yield operation.operationId
