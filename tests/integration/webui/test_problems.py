"""Bad requests: each gets a clear problem document, and nothing is stored."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from queueapp.models.task import Task
from queueapp.runtime import Runtime

TASKS = "/api/queues/tasks"


def _problem(response: TestResponse, status: int) -> dict[str, Any]:
    assert response.status_code == status, response.text
    assert response.mimetype == "application/problem+json"
    document: dict[str, Any] = response.get_json(force=True)
    assert document["status"] == status
    assert document["title"]
    assert "Traceback" not in response.text
    return document


def _stored(runtime: Runtime) -> int:
    with runtime.transaction() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(Task)) or 0


@pytest.mark.parametrize(
    "body", [b"{", b'{"type": NaN}', b"\xff\xfe", b"[" * 100_000, b'{"type":"noop\\u0000","items":[{}]}', b""]
)
def test_what_is_not_json_is_400(admin: FlaskClient, runtime: Runtime, body: bytes) -> None:
    _problem(admin.post(TASKS, data=body, content_type="application/json"), 400)
    assert _stored(runtime) == 0


def test_another_content_type_is_415(admin: FlaskClient) -> None:
    _problem(admin.post(TASKS, data="type=noop", content_type="application/x-www-form-urlencoded"), 415)
    _problem(admin.post(TASKS, data=b"{}", content_type="text/plain"), 415)


@pytest.mark.parametrize(
    ("body", "loc"),
    [
        ({"items": [{}]}, ["type"]),
        ({"type": "noop"}, ["items"]),
        ({"type": "noop", "items": []}, ["items"]),
        ({"type": "noop", "items": {}}, ["items"]),
        ({"type": "noop", "items": [{}], "priority": "urgent"}, ["priority"]),
        ({"type": "noop", "items": [{}], "max_parallel": 0}, ["max_parallel"]),
        ({"type": "noop", "items": [{}], "colour": "red"}, ["colour"]),
        ({"type": "nonsense", "items": [{}]}, ["type"]),
        ({"type": "noop", "items": [{}, {"surprise": 1}]}, ["items", 1, "surprise"]),
        ({"type": "sleep", "items": [{"seconds": "long"}]}, ["items", 0, "seconds"]),
        ({"type": "noop", "items": [{"payload": {}, "kind": "x"}]}, ["items", 0, "kind"]),
        ({"type": "noop", "items": [{}], "dry_run": "perhaps"}, ["dry_run"]),
    ],
)
def test_what_does_not_fit_is_422_and_names_the_field(
    admin: FlaskClient, runtime: Runtime, body: dict[str, Any], loc: list[str | int]
) -> None:
    document = _problem(admin.post(TASKS, json=body), 422)
    assert loc in [each["loc"] for each in document["errors"]]
    assert _stored(runtime) == 0


@pytest.mark.parametrize("body", ["[]", '"text"', "12", "null"])
def test_json_that_is_no_object_is_422(admin: FlaskClient, body: str) -> None:
    _problem(admin.post(TASKS, data=body, content_type="application/json"), 422)


def test_bounds_are_kept(admin: FlaskClient, runtime: Runtime) -> None:
    many = {"type": "noop", "items": [{}] * 100_001}
    assert _problem(admin.post(TASKS, json=many), 422)["errors"][0]["loc"] == ["items"]
    large = admin.post(TASKS, data=b" " * (64 * 1024 * 1024 + 1), content_type="application/json")
    _problem(large, 413)
    wide = {"type": "scan", "items": [{"path": "/" + "x" * 300_000}]}
    assert admin.post(TASKS, json=wide).status_code in {400, 413, 422}
    assert _stored(runtime) == 0


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=101",
        "limit=many",
        "offset=-1",
        "offset=10001",
        "status=sleeping",
        "order_by=colour",
        "order=sideways",
        "since=yesterday",
        "priority=11",
        "cursor=%FF",
        "cursor=bm90IGEgY3Vyc29y",
        "unknown=1",
        "q=%00",
        "type=a%00b",
    ],
)
def test_bad_filters_are_422(admin: FlaskClient, query: str) -> None:
    _problem(admin.get(f"/api/queues?{query}"), 422)


@pytest.mark.parametrize(
    "value", ['"text"', "{}", "[]", "null", "1e400", '"9999-99-99"', str(10**30), '"2026-01-01"']
)
def test_a_forged_cursor_is_422_or_harmless(admin: FlaskClient, value: str) -> None:
    for order_by in ("created_at", "priority"):
        packed = f'["{order_by}","desc",{value},1]'.encode()
        cursor = base64.urlsafe_b64encode(packed).decode().rstrip("=")
        response = admin.get(f"/api/queues?order_by={order_by}&cursor={cursor}")
        assert response.status_code in {200, 422}, response.text


@pytest.mark.parametrize(
    "path",
    [
        "/api/queues/1",
        "/api/queues/99999999999999999999",
        "/api/queues/0",
        "/api/queues/-1",
        "/api/queues/abc",
        "/api/queues/1/items/1",
        "/api/libraries/7",
        "/api/media/7",
        "/api/players/7",
        "/api/schedules/7",
        "/api/phase-config/lunch",
        "/api/nothing",
        "/events/nothing",
    ],
)
def test_what_is_not_there_is_404(admin: FlaskClient, path: str) -> None:
    _problem(admin.get(path), 404)


@pytest.mark.parametrize("act", ["cancel", "retry", "pause", "resume", "close"])
def test_acts_on_an_unknown_task_are_404(admin: FlaskClient, act: str) -> None:
    _problem(admin.post(f"/api/queues/99/{act}"), 404)


def test_a_wrong_method_is_405_and_names_the_right_ones(admin: FlaskClient) -> None:
    response = admin.put("/api/queues/1")
    _problem(response, 405)
    assert "GET" in response.headers["Allow"]


@pytest.mark.parametrize(
    "path", ["relative/films", "/media/../etc", "/nowhere/at/all", "/etc", "/", "/tmp/\x00x", ""]
)
def test_a_path_that_may_not_be_scanned_is_refused(admin: FlaskClient, runtime: Runtime, path: str) -> None:
    response = admin.post(TASKS, json={"type": "scan", "items": [{"path": path}]})
    assert response.status_code in {400, 422}, response.text
    assert _stored(runtime) == 0


@pytest.mark.parametrize(
    "path", ["relative/films", "/media/../etc", "/nowhere/at/all", "/etc", "/", "/proc/1"]
)
def test_a_folder_that_may_not_be_a_library_is_refused(
    admin: FlaskClient, runtime: Runtime, path: str
) -> None:
    response = admin.post("/api/libraries", json={"name": "Films", "path": path, "kind": "movies"})
    assert response.status_code in {400, 422}, response.text
    assert admin.get("/api/libraries").get_json()["total"] == 0
    assert _stored(runtime) == 0


def test_a_link_that_leads_outside_is_refused(admin: FlaskClient, tmp_path: Path, runtime: Runtime) -> None:
    (tmp_path / "films").symlink_to("/etc")
    response = admin.post(TASKS, json={"type": "scan", "items": [{"path": str(tmp_path / "films")}]})
    _problem(response, 400)
    library = {"name": "Films", "path": str(tmp_path / "films"), "kind": "movies"}
    _problem(admin.post("/api/libraries", json=library), 400)
    assert _stored(runtime) == 0


def test_sql_in_a_filter_is_only_text(admin: FlaskClient) -> None:
    for text in ("'; DROP TABLE queue_tasks; --", "%", "_", "\\", "(", "[", "a' OR '1'='1"):
        response = admin.get("/api/queues", query_string={"q": text, "created_by": text, "type": text})
        assert response.status_code == 200, response.text
        assert admin.get("/api/media", query_string={"q": text}).status_code == 200


def test_without_the_database_answers_are_503_and_say_when_to_come_back(
    app_without_database: FlaskClient,
) -> None:
    for response in (
        app_without_database.get("/api/queues", headers={"X-Api-Key": "any"}),
        app_without_database.post(TASKS, json={}, headers={"X-Api-Key": "any"}),
        app_without_database.get("/ready"),
    ):
        _problem(response, 503)
        assert int(response.headers["Retry-After"]) > 0
    assert app_without_database.get("/ready").get_json(force=True)["failing"][0] == "database"
    health = app_without_database.get("/health")
    assert health.status_code == 200
    assert health.get_json()["tasks"] is None


def test_an_unexpected_error_tells_nothing_of_the_inside(
    admin: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def explode(*_: object, **__: object) -> None:
        raise RuntimeError("SELECT secret FROM vault")

    monkeypatch.setattr("queueapp.ledger.reads.list_tasks", explode)
    response = admin.get("/api/queues")
    _problem(response, 500)
    assert "vault" not in response.text


def test_ready_names_what_is_missing(stranger: FlaskClient) -> None:
    document = _problem(stranger.get("/ready"), 503)
    assert document["failing"] == ["workers"]
    assert document["parts"]["migrations"] == "ok"
    assert json.dumps(document)


def test_without_the_database_pages_say_so_too(app_without_database: FlaskClient) -> None:
    with app_without_database.session_transaction() as session:
        session["_user_id"] = "1.abc"
    for path in ("/", "/tasks"):
        with app_without_database.get(path) as response:
            assert (response.status_code, response.mimetype) == (503, "text/html")
            assert "Retry-After" in response.headers
