"""What every answer carries, and where the app stands behind a proxy."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from flask import Flask, request
from flask.testing import FlaskClient

from queueapp import bootstrap, config
from queueapp.config import Settings
from webui.app import close_app, create_app


@pytest.fixture
def make_app(settings: Settings) -> Iterator[Callable[..., Flask]]:
    """Makes the application with other settings of the web section."""
    made: list[tuple[bootstrap.Runtime, Flask]] = []

    def make(**web: object) -> Flask:
        changed = settings.model_dump() | {"web": settings.web.model_dump() | web}
        runtime = bootstrap.runtime(config.Settings.model_validate(changed))
        app = create_app(runtime)
        made.append((runtime, app))
        return app

    yield make
    for runtime, app in made:
        close_app(app)
        runtime.close()


@pytest.mark.parametrize("path", ["/login", "/health", "/api/queues", "/nowhere", "/docs", "/api/nowhere"])
def test_every_answer_has_the_security_headers(admin: FlaskClient, path: str) -> None:
    headers = admin.get(path).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"


def test_answers_are_not_kept_by_caches(admin: FlaskClient) -> None:
    assert admin.get("/api/queues").headers["Cache-Control"] == "no-store"


def test_under_https_cookies_are_secure_and_hsts_is_sent(make_app: Callable[..., Flask]) -> None:
    app = make_app(https=True)
    response = app.test_client().get("/login", base_url="https://localhost")
    assert "max-age" in response.headers["Strict-Transport-Security"]
    assert "Secure" in response.headers["Set-Cookie"]


def test_a_base_path_is_kept_in_links_whether_the_proxy_strips_it_or_not(
    make_app: Callable[..., Flask],
) -> None:
    client = make_app(base_path="/queue").test_client()
    for path in ("/queue/health", "/health"):
        assert client.get(path).status_code == 200
    response = client.get("/queue/tasks")
    assert response.status_code == 302
    assert response.location.startswith("/queue/login?next=")
    assert "Path=/queue" in client.get("/queue/login").headers["Set-Cookie"]


def test_forwarding_headers_of_strangers_are_not_believed(make_app: Callable[..., Flask]) -> None:
    told = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https"}
    seen: list[str | None] = []
    for count in (0, 1):
        app = make_app(trusted_proxies=count)

        @app.before_request
        def note() -> None:
            seen.append(f"{request.scheme} {request.remote_addr}")

        app.test_client().get("/health", headers=told)
    assert seen == ["http 127.0.0.1", "https 203.0.113.9"]


def test_sessions_work_without_a_configured_secret(make_app: Callable[..., Flask]) -> None:
    first, second = make_app(session_secret=None), make_app(session_secret=None)
    cookie = first.test_client().get("/login").headers["Set-Cookie"]
    assert "queueapp_session" in cookie
    second.test_client().get("/login")
    assert first.secret_key == second.secret_key
