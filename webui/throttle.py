"""Bounds the number of failed logins per address, counted in Redis, or in memory while Redis is away."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import cast

import flask_limiter
from flask import Flask, current_app, g
from flask_limiter.util import get_remote_address

from queueapp.runtime import Runtime
from webui.context import KEY as RUNTIME

#: failed logins per address
FAILED_LOGINS = "10 per minute; 100 per hour"
KEY = "queueapp.login_limiter"


def install(app: Flask) -> None:
    """Give the app a limiter that shares the process's Redis connections."""
    runtime = cast("Runtime", app.extensions[RUNTIME])
    app.extensions[KEY] = flask_limiter.Limiter(
        get_remote_address,
        app=app,
        storage_uri="redis://",
        storage_options={"connection_pool": runtime.redis.connection_pool},  # type: ignore[dict-item]
        in_memory_fallback_enabled=True,
        swallow_errors=True,
        key_prefix="queueapp:login",
    )


def failures_limited() -> AbstractContextManager[object]:
    """Refuse with 429 when this address has failed too often; counts only what `note_failure` marks."""
    limiter: flask_limiter.Limiter = current_app.extensions[KEY]
    limit = limiter.limit(FAILED_LOGINS, scope="login", deduct_when=lambda _: bool(g.get("login_failed")))
    return cast("AbstractContextManager[object]", limit)


def note_failure() -> None:
    """Count this request as a failed login."""
    g.login_failed = True
