"""What somebody with ill will tries: forged writes, paths that lead elsewhere, smuggled statements, floods."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import structlog
from flask import Flask
from flask.testing import FlaskClient

from queueapp.events import keys as event_keys
from queueapp.models.task import Task
from queueapp.runtime import Runtime
from tests.integration.webui.browser import Browser
from tests.integration.webui.conftest import PASSWORD
from webui import security
from webui.bodies import MAX_BODY_BYTES

WRITES = {"POST", "PUT", "PATCH", "DELETE"}
HIDDEN = "hunter2-never-to-be-seen"
#: opened by a downloader's key or credentials, never by a session
BY_KEY_ALONE = "/webhooks/<name>"
STATEMENTS = (
    "'; DROP TABLE queue_tasks; --",
    "1 OR 1=1",
    '" OR ""="',
    "%' UNION SELECT password_hash FROM users --",
)
BROKEN_LINES = ("a\r\nX-Evil: 1", "a\nSet-Cookie: evil=1", "a%0d%0aX-Evil:%201")


def _url(rule: str) -> str:
    phase = re.sub(r"<any\((\w+)[^>]*>", r"\1", rule)
    return re.sub(r"<[^>]+>", "1", phase)


def test_every_write_in_a_session_needs_the_csrf_token(app: Flask, people: None) -> None:
    browser = Browser(app)
    browser.log_in("anna", PASSWORD)
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith(BY_KEY_ALONE) or security.rule_of(app, rule.endpoint) == "public":
            continue
        for method in WRITES & (rule.methods or set()):
            response = browser.client.open(_url(rule.rule), method=method)
            assert response.status_code == 400, (method, rule.rule)
            assert b"CSRF" in response.get_data(), (method, rule.rule)


def test_a_token_of_another_session_is_no_token(app: Flask, people: None) -> None:
    mine, theirs = Browser(app), Browser(app)
    mine.log_in("anna", PASSWORD)
    theirs.log_in("victor", PASSWORD)
    forged = mine.client.post("/api/control/pause", headers={"X-CSRFToken": theirs.token})
    assert forged.status_code == 400


@pytest.mark.parametrize(
    ("door", "body"),
    [
        ("/api/queues/tasks", lambda path: {"type": "scan", "items": [{"path": path}]}),
        (
            "/api/queues/tasks",
            lambda path: {"type": "noop", "items": [{"type": "scan", "payload": {"path": path}}]},
        ),
        ("/api/operations/scan?async=true", lambda path: {"path": path}),
        ("/api/operations/audio?async=true", lambda path: {"path": path}),
        ("/api/analyze/mediainfo?async=true", lambda path: {"path": path}),
        ("/batch", lambda path: {"path": path}),
        ("/api/libraries", lambda path: {"name": "x", "path": path, "kind": "movies"}),
    ],
)
def test_no_path_leads_out_of_the_libraries(
    app: Flask, admin: FlaskClient, runtime: Runtime, tmp_path: Path, door: str, body: Any
) -> None:
    assert app.url_map.bind("localhost").test(door.partition("?")[0], method="POST")
    root = tmp_path / "films"
    root.mkdir()
    (root / "link").symlink_to("/etc")
    (root / "deep").symlink_to("/")
    for path in (
        "/etc", "/etc/passwd", "/proc/self/environ", "relative/films", "", "~", "~root",
        f"{root}/../../../../../../etc", f"{root}/./../..", f"{root}/link", f"{root}/deep/etc/passwd",
        f"{root}\0/x", str(runtime.settings.data_dir),
    ):  # fmt: skip
        response = admin.post(door, json=body(path))
        assert response.status_code in {400, 422}, (door, path, response.get_data())
        assert "root:x:" not in response.get_data(as_text=True)
    assert admin.get("/api/queues").get_json()["total"] == 0


@pytest.mark.parametrize("text", STATEMENTS)
def test_sql_is_only_text_wherever_it_is_sent(admin: FlaskClient, runtime: Runtime, text: str) -> None:
    made = admin.post(
        "/api/queues/tasks",
        json={
            "type": "noop",
            "items": [{}],
            "title": text,
            "dedup_key": text,
            "ordering_key": text,
            "meta": {text: text},
        },
    )
    task_id = made.get_json()["task_id"]
    for path in (
        "/api/queues", "/api/queues/export", "/api/media", "/api/audit", "/api/jobs", "/api/lists/operations",
        f"/api/queues/{task_id}", "/tasks", "/media", "/audit",
    ):  # fmt: skip
        for name in ("q", "who", "target", "created_by", "order_by", "cursor", "type", "since", "user_id"):
            assert admin.get(path, query_string={name: text}).status_code < 500, (path, name)
    assert admin.post(f"/api/undo/{text}").status_code in {404, 405}
    assert admin.post("/api/views", json={"name": text, "query": text}).status_code == 201
    assert admin.get(f"/api/queues/{task_id}").get_json()["title"] == text
    with runtime.transaction() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Task)) == 1


@pytest.mark.parametrize("text", BROKEN_LINES)
def test_no_header_can_be_smuggled_into_an_answer(
    app: Flask, admin: FlaskClient, people: None, text: str
) -> None:
    made = admin.post(
        "/api/queues/tasks", json={"type": "noop", "items": [{}], "title": text, "dedup_key": text}
    )
    answers = [
        made,
        admin.get("/login", query_string={"next": text}),
        admin.get("/api/queues/export", query_string={"q": text, "format": "jsonl"}),
        admin.get("/api/queues", query_string={"q": text}),
        admin.post("/api/views", json={"name": text}),
    ]
    browser = Browser(app)
    browser.client.get("/login", query_string={"next": f"/{text}"})
    answers.append(browser.log_in("anna", PASSWORD))
    for answer in answers:
        assert answer.status_code < 500
        assert "X-Evil" not in answer.headers
        assert all("evil" not in value.lower() for value in answer.headers.getlist("Set-Cookie"))


def test_secrets_are_in_no_answer_no_log_and_no_event(
    app: Flask, admin: FlaskClient, runtime: Runtime, capfd: pytest.CaptureFixture[str]
) -> None:
    with structlog.testing.capture_logs() as logs:
        player = admin.post(
            "/api/players",
            json={
                "name": "k",
                "kind": "kodi",
                "url": "http://127.0.0.1:9",
                "username": "u",
                "secret": HIDDEN,
            },
        )
        assert player.status_code == 201, player.text
        user = admin.post("/api/users", json={"name": "eve", "password": HIDDEN, "role": "viewer"})
        assert user.status_code == 201, user.text
        admin.patch("/api/users/eve", json={"password": f"{HIDDEN}-2"})
        admin.post("/login", data={"username": "eve", "password": HIDDEN})
        admin.post(f"/api/players/{player.get_json()['id']}/test")
        admin.post("/api/users", json={"name": "eve", "password": f"{HIDDEN}-3"})
        admin.post("/api/users", json={"name": "", "password": f"{HIDDEN}-4"})
        answers = [player, user, *_read_everything(app, admin)]
    seen = "".join(answer.get_data(as_text=True) for answer in answers)
    told = json.dumps(logs, default=str) + "".join(capfd.readouterr())
    events = str(runtime.redis.xrange(event_keys.EVENTS))
    assert all(HIDDEN not in text for text in (seen, told, events))


def _read_everything(app: Flask, client: FlaskClient) -> list[Any]:
    answers = []
    for rule in app.url_map.iter_rules():
        ends = not rule.rule.endswith(("/stream", "/events/queues"))
        if "GET" in (rule.methods or set()) and ends and not rule.endpoint.endswith("static"):
            response = client.get(_url(rule.rule))
            assert response.status_code < 500 or rule.rule == "/ready", rule.rule
            answers.append(response)
    return answers


def test_a_body_is_read_up_to_its_bound_and_no_further(admin: FlaskClient) -> None:
    told = admin.post(
        "/api/queues/tasks",
        data=b"{}",
        content_type="application/json",
        environ_overrides={"CONTENT_LENGTH": str(MAX_BODY_BYTES + 1)},
    )
    assert told.status_code == 413


@pytest.mark.parametrize("key", ["qk_" + "x" * 10_000, "\x00", "ключ", "' OR 1=1 --"])
def test_a_key_that_is_none_opens_nothing(stranger: FlaskClient, key: str) -> None:
    response = stranger.get("/api/queues", headers={"X-Api-Key": key.encode().decode("latin-1")})
    assert response.status_code == 401
