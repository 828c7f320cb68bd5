"""Writes each successful change, and each login, to the audit log."""

from __future__ import annotations

from typing import Any

import structlog
from flask import Flask, Response, g, request
from flask_login import current_user

from queueapp.errors import QueueAppError
from queueapp.services import audit
from webui.context import runtime

log = structlog.get_logger(__name__)
WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})


def install(app: Flask) -> None:
    """Record every write that succeeded."""
    app.after_request(_record_write)


def add_detail(**detail: Any) -> None:
    """Say more in this request's audit entry; never a secret."""
    g.setdefault("audit_detail", {}).update(detail)


def note_login(name: str, *, succeeded: bool) -> None:
    """Record a login, or an attempt at one."""
    g.audited = True
    _record(who=name if succeeded else "", action="login" if succeeded else "login refused", target=name)


def _record_write(response: Response) -> Response:
    succeeded = request.method in WRITES and response.status_code < 400
    if succeeded and not g.get("audited") and current_user.is_authenticated:
        detail = {**g.get("audit_detail", {}), "status": response.status_code}
        action = f"{request.method} {request.endpoint}"
        _record(who=current_user.who, action=action, target=request.path, detail=detail)
    return response


def _record(*, who: str, action: str, target: str, detail: dict[str, Any] | None = None) -> None:
    # The act itself is done and committed; a log that cannot be written must not turn it into an error.
    try:
        with runtime().transaction() as db:
            audit.record(
                db, who=who, action=action, target=target, detail=detail, address=request.remote_addr
            )
    except QueueAppError as error:
        log.error("audit entry lost", who=who, action=action, target=target, error=error.message)
