"""Errors at the edge: problem documents (RFC 9457) for programs, a page for people."""

from __future__ import annotations

import http
from typing import Any

import redis
import sqlalchemy as sa
import structlog
from flask import Flask, Response, json, render_template, request
from flask.typing import ResponseReturnValue
from jinja2 import TemplateNotFound
from pydantic import ValidationError
from werkzeug.exceptions import HTTPException, NotFound

from queueapp import errors
from queueapp.operations import field_errors
from webui.problems import MIMETYPE
from webui.redaction import redact

log = structlog.get_logger(__name__)


RETRY_AFTER_SECONDS = 5

#: Paths that programs use; everything else is pages.
PROGRAM_PATHS = (
    "/api",
    "/jobs",
    "/batch",
    "/webhooks",
    "/events",
    "/health",
    "/ready",
    "/metrics",
    "/openapi.json",
)

#: Pages whose addresses begin as those of programs do.
PAGES_AMONG = ("/webhooks", "/webhooks/")
PAGES_BELOW = ("/webhooks/received/",)

#: Each named error of the domain, its HTTP status and its code; the first that fits counts.
STATUSES: tuple[tuple[type[errors.QueueAppError], int, str], ...] = (
    (errors.NotFound, 404, "not_found"),
    (errors.Gone, 410, "gone"),
    (errors.UnknownOperation, 422, "unknown_operation"),
    (errors.BadPayload, 422, "bad_payload"),
    (errors.AlreadyQueued, 409, "already_queued"),
    (errors.QueueFull, 503, "queue_full"),
    (errors.TaskLimitReached, 503, "task_limit_reached"),
    (errors.WrongStatus, 409, "wrong_status"),
    (errors.Conflict, 409, "conflict"),
    (errors.TooLarge, 413, "too_large"),
    (errors.PathRefused, 400, "path_refused"),
    (errors.DatabaseUnavailable, 503, "database_unavailable"),
    (errors.RedisUnavailable, 503, "redis_unavailable"),
    (errors.ProviderUnavailable, 503, "provider_unavailable"),
)


def is_for_programs(path: str) -> bool:
    """Whether errors under this path are problem documents."""
    below = any(path == prefix or path.startswith(f"{prefix}/") for prefix in PROGRAM_PATHS)
    return below and not (path in PAGES_AMONG or path.startswith(PAGES_BELOW))


def problem(status: int, code: str, detail: str | None = None, **members: Any) -> Response:
    """A problem document. `members` with a value of None are left out."""
    document = {
        "type": "about:blank",
        "title": http.HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
        **members,
    }
    body = json.dumps({key: value for key, value in document.items() if value is not None})
    response = Response(body, status, mimetype=MIMETYPE)
    if status == http.HTTPStatus.SERVICE_UNAVAILABLE:
        response.headers["Retry-After"] = str(members.get("retry_after", RETRY_AFTER_SECONDS))
    return response


def unfit_request(error: ValidationError) -> Response:
    """The answer to a request that does not fit its model."""
    return problem(422, "unfit_request", "the request does not fit", errors=field_errors(error))


def install(app: Flask) -> None:
    """Translate every error that leaves a view."""
    app.register_error_handler(errors.QueueAppError, _domain_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(sa.exc.DBAPIError, _database_error)
    app.register_error_handler(sa.exc.TimeoutError, _database_busy)
    app.register_error_handler(redis.RedisError, _redis_error)
    app.register_error_handler(Exception, _unexpected)


def _domain_error(error: errors.QueueAppError) -> ResponseReturnValue:
    status, code = next(((s, c) for kind, s, c in STATUSES if isinstance(error, kind)), (500, "internal"))
    if status == 500:
        return _unexpected(error)
    members: dict[str, Any] = {}
    if isinstance(error, errors.BadPayload):
        members["errors"] = error.errors
    elif isinstance(error, errors.UnknownOperation):
        members["errors"] = [{"loc": ["type"], "msg": error.message}]
    elif isinstance(error, errors.AlreadyQueued):
        members["task_id"] = error.task_id
    elif isinstance(error, errors.WrongStatus):
        members["current_status"] = error.status
    elif isinstance(error, errors.TaskLimitReached):
        members["retry_after"] = error.retry_after_seconds
    return _answer(status, code, error.message, **members)


def _http_error(error: HTTPException) -> ResponseReturnValue:
    if error.response is not None:
        return error.response
    status = error.code or 500
    if status < 400:
        return error.get_response()
    code = http.HTTPStatus(status).name.lower()
    response = _answer(status, code, error.description)
    for name, value in error.get_headers():
        if name.lower() not in {"content-type", "content-length"}:
            response.headers[name] = value
    if status == http.HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def _database_error(error: sa.exc.DBAPIError) -> ResponseReturnValue:
    if isinstance(error, sa.exc.OperationalError | sa.exc.InterfaceError) or error.connection_invalidated:
        return _answer(503, "database_unavailable", "the database cannot be reached; try again soon")
    if isinstance(error, sa.exc.DataError):
        log.warning(
            "value refused by the database", path=redact(request.path), error=type(error.orig).__name__
        )
        return _answer(422, "unfit_request", "a value is out of the range that can be stored")
    return _unexpected(error)


def _database_busy(error: sa.exc.TimeoutError) -> ResponseReturnValue:
    return _answer(503, "database_unavailable", "all database connections are in use; try again soon")


def _redis_error(error: redis.RedisError) -> ResponseReturnValue:
    return _answer(503, "redis_unavailable", "Redis cannot be reached; try again soon")


def _unexpected(error: Exception) -> ResponseReturnValue:
    log.error("unexpected error", path=redact(request.path), method=request.method, exc_info=error)
    return _answer(500, "internal", "an unexpected error; the log of the web process has the details")


def _answer(status: int, code: str, detail: str | None, **members: Any) -> Response:
    document = problem(status, code, detail, **members)
    if is_for_programs(request.path):
        return document
    try:
        page = render_template(
            "errors/error.html",
            status=status,
            title=http.HTTPStatus(status).phrase,
            # What the router says of every unknown address is for programs; the page has its own words for it.
            detail=None if detail == NotFound.description else detail,
        )
    except TemplateNotFound:
        return document
    response = Response(page, status, mimetype="text/html")
    if "Retry-After" in document.headers:
        response.headers["Retry-After"] = document.headers["Retry-After"]
    return response
