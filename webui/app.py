"""Builds the web application."""

from __future__ import annotations

from typing import Any

from flask import Flask
from flask_openapi3 import Info, OpenAPI

from queueapp import bootstrap, config, log
from queueapp.runtime import Runtime
from webui import (
    api,
    audit_trail,
    bodies,
    context,
    docs,
    errors,
    events,
    headers,
    idempotency,
    metrics,
    pages,
    proxies,
    security,
    sessions,
    status,
    webhook_intake,
    webhooks,
    widget,
)
from webui.api import links
from webui.problems import Problem
from webui.status import VERSION

DESCRIPTION = (
    "An operations queue for a self-hosted media library. Everything long-running is a task: enqueue it, "
    "watch it, cancel it, retry it. Times are RFC 3339 in UTC; errors are problem documents (RFC 9457)."
)
SECURITY_SCHEMES: dict[str, Any] = {
    "key": {"type": "apiKey", "in": "header", "name": "X-Api-Key"},
    "bearer": {"type": "http", "scheme": "bearer"},
}


def create_app(runtime: Runtime | None = None) -> Flask:
    """Return the application on `runtime`, or on one wired by the environment's settings."""
    runtime = runtime or _own_runtime()
    web = runtime.settings.web
    app = OpenAPI(
        "webui",
        info=Info(title="queueapp", version=VERSION, description=DESCRIPTION),
        security_schemes=SECURITY_SCHEMES,
        validation_error_model=Problem,
        validation_error_callback=errors.unfit_request,
        doc_ui=False,
    )
    # A slash too many is an unknown address: programs, downloaders above all, do not follow redirects.
    app.url_map.merge_slashes = False
    context.attach(app, runtime)
    sessions.install(app, secret=web.session_secret, https=web.https, base_path=web.base_path, port=web.port)
    headers.install(app, https=web.https)
    widget.install(app)
    audit_trail.install(app)
    bodies.install(app)
    security.install(app)
    bodies.install_check(app)
    idempotency.install(app)
    errors.install(app)
    api.register(app)
    idempotency.describe(app)
    links.describe(app)
    status.register(app)
    metrics.register(app)
    events.register(app)
    docs.register(app)
    pages.register(app)
    webhooks.register(app)
    proxies.install(app, base_path=web.base_path, trusted_proxies=web.trusted_proxies)
    return app


def close_app(app: Flask) -> None:
    """End what an app does beside its requests; its runtime may be closed after that."""
    events.end_streams(app)
    webhook_intake.stop(app)


def _own_runtime() -> Runtime:
    settings = config.load()
    log.configure(settings.log.level, settings.log.format)
    return bootstrap.runtime(settings)
