"""The task manager in pages of other sites: what a token opens, for whom, and until when."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from queueapp.runtime import Runtime
from webui import widget

SITE = "http://wall.example:8080"


@pytest.fixture(autouse=True)
def _allowed(monkeypatch: pytest.MonkeyPatch, runtime: Runtime) -> None:
    web = runtime.settings.web.model_copy(update={"embed_origins": [SITE]})
    monkeypatch.setattr(runtime, "settings", runtime.settings.model_copy(update={"web": web}))


@pytest.fixture
def token(admin: FlaskClient) -> str:
    """A token as an admin makes it."""
    answer = admin.post("/api/widget/tokens", json={"days": 2})
    assert answer.status_code == 201
    assert answer.json is not None
    assert answer.json["token"] in answer.json["script"]
    assert answer.json["origins"] == [SITE]
    return str(answer.json["token"])


def bearer(token: str, origin: str = SITE) -> dict[str, str]:
    """The headers that a page of a site sends."""
    return {"Authorization": f"Bearer {token}", "Origin": origin}


def test_a_token_reads_what_the_task_manager_shows(stranger: FlaskClient, token: str) -> None:
    answer = stranger.get("/api/manager", headers=bearer(token))
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == SITE
    assert answer.json is not None
    assert answer.json["active"] == 0
    assert stranger.get("/api/queues", headers=bearer(token)).status_code == 200


def test_a_token_opens_nothing_else(stranger: FlaskClient, token: str) -> None:
    for path in ("/api/media", "/api/audit", "/api/keys", "/api/workers", "/metrics", "/tasks"):
        assert stranger.get(path, headers=bearer(token)).status_code in {302, 401}, path
    made = stranger.post("/api/queues/tasks", json={"type": "noop", "items": [{}]}, headers=bearer(token))
    assert made.status_code in {400, 401, 403}


def test_a_token_is_good_for_the_sites_on_the_list_only(stranger: FlaskClient, token: str) -> None:
    answer = stranger.get("/api/manager", headers=bearer(token, "http://other.example"))
    assert answer.status_code == 401
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_other_sites_are_allowed_nothing_by_a_session_or_key(admin: FlaskClient) -> None:
    answer = admin.get("/api/manager", headers={"Origin": "http://other.example"})
    assert answer.status_code == 200
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert "Access-Control-Allow-Origin" not in admin.get("/api/media", headers={"Origin": SITE}).headers


def test_a_browser_may_ask_before_it_sends_the_token(stranger: FlaskClient) -> None:
    asks = {"Origin": SITE, "Access-Control-Request-Method": "GET"}
    answer = stranger.options("/api/manager", headers=asks)
    assert answer.status_code == 204
    assert answer.headers["Access-Control-Allow-Origin"] == SITE
    assert "Authorization" in answer.headers["Access-Control-Allow-Headers"]
    assert answer.headers["Access-Control-Allow-Methods"] == "GET"
    refused = stranger.options("/api/manager", headers={**asks, "Origin": "http://other.example"})
    assert "Access-Control-Allow-Origin" not in refused.headers


def test_a_forged_an_expired_and_a_void_token_open_nothing(
    app: Flask, admin: FlaskClient, stranger: FlaskClient, token: str, runtime: Runtime
) -> None:
    assert stranger.get("/api/manager", headers=bearer(token[:-3] + "abc")).status_code == 401
    with app.test_request_context(), runtime.transaction() as session:
        expired = widget.make_token(session, -1)
    assert stranger.get("/api/manager", headers=bearer(expired)).status_code == 401
    assert admin.delete("/api/widget/tokens").status_code == 200
    assert stranger.get("/api/manager", headers=bearer(token)).status_code == 401


def test_a_viewer_makes_no_token(viewer: FlaskClient) -> None:
    assert viewer.post("/api/widget/tokens", json={}).status_code == 403


def test_the_script_is_open_and_may_be_loaded_by_the_sites_on_the_list(stranger: FlaskClient) -> None:
    with stranger.get("/embed.js", headers={"Origin": SITE}) as script:
        assert script.data
    assert script.status_code == 200
    assert script.mimetype == "text/javascript"
    assert script.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    with stranger.get("/static/js/manager/element.js", headers={"Origin": SITE}) as part:
        assert part.data
    assert part.headers["Access-Control-Allow-Origin"] == SITE
    with stranger.get("/static/js/main.js", headers={"Origin": SITE}) as other:
        assert other.data
    assert "Access-Control-Allow-Origin" not in other.headers


def test_the_task_manager_groups_tasks_and_tells_what_may_be_done(admin: FlaskClient) -> None:
    waits = {"type": "noop", "items": [{}], "title": "Waits", "scheduled_for": "2999-01-01T00:00:00Z"}
    assert admin.post("/api/queues/tasks", json=waits).status_code == 201
    answer = admin.get("/api/manager").json
    assert answer is not None
    assert [task["title"] for task in answer["queued"]] == ["Waits"]
    assert answer["queued"][0]["can_cancel"] is True
    assert answer["queued"][0]["can_retry"] is False
    assert (answer["active"], answer["queued_total"], answer["running_total"]) == (1, 1, 0)
