"""A POST that is sent again with its Idempotency-Key; no worker runs here."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from queueapp import errors
from queueapp.models.api_key import ApiKey
from queueapp.models.audit import AuditEntry
from queueapp.models.idempotency import IdempotencyKey
from queueapp.models.task import Task
from queueapp.runtime import Runtime
from queueapp.services import enqueue, idempotency
from webui.problems import MIMETYPE

TASKS = "/api/queues/tasks"
BODY = {"type": "noop", "items": [{}]}


def _post(client: FlaskClient, key: str, url: str = TASKS, **body: Any) -> TestResponse:
    return client.post(url, json=body or BODY, headers={"Idempotency-Key": key})


def _count(runtime: Runtime, model: Any) -> int:
    with runtime.transaction() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(model)) or 0


def _age(runtime: Runtime, by: timedelta) -> None:
    with runtime.transaction() as session:
        session.execute(sa.update(IdempotencyKey).values(created_at=sa.func.now() - by))


def test_the_same_request_gets_the_same_answer_and_is_done_once(admin: FlaskClient, runtime: Runtime) -> None:
    first = _post(admin, "a-1")
    entries = _count(runtime, AuditEntry)
    again = _post(admin, "a-1")
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.data == first.data
    assert again.headers["Location"] == first.headers["Location"]
    assert again.headers["Content-Type"] == first.headers["Content-Type"]
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert _count(runtime, Task) == 1
    assert _count(runtime, AuditEntry) == entries
    assert _post(admin, "a-2").get_json()["task_id"] != first.get_json()["task_id"]


def test_the_same_key_with_another_body_or_path_is_422(admin: FlaskClient, runtime: Runtime) -> None:
    _post(admin, "a-1")
    for other in (
        _post(admin, "a-1", type="noop", items=[{}, {}]),
        _post(admin, "a-1", "/api/control/pause"),
    ):
        assert (other.status_code, other.mimetype) == (422, MIMETYPE)
        assert other.get_json(force=True)["code"] == "idempotency_key_reused"
    assert _count(runtime, Task) == 1


def test_two_callers_may_use_one_key(
    app: Flask, admin: FlaskClient, make_key: Callable[[str], str], runtime: Runtime
) -> None:
    other = app.test_client()
    other.environ_base["HTTP_X_API_KEY"] = make_key("admin")
    assert _post(admin, "a-1").data != _post(other, "a-1").data
    assert _count(runtime, Task) == 2


def test_while_the_first_runs_the_second_is_told_to_come_back(
    app: Flask, admin: FlaskClient, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    entered, leave, create = threading.Event(), threading.Event(), enqueue.create_task

    def slowly(*arguments: Any) -> enqueue.Created:
        entered.set()
        assert leave.wait(20)
        return create(*arguments)

    monkeypatch.setattr(enqueue, "create_task", slowly)
    slow = app.test_client()
    slow.environ_base.update(admin.environ_base)
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(_post, slow, "a-1")
        try:
            assert entered.wait(20)
            refused = _post(admin, "a-1")
        finally:
            leave.set()
        first = running.result(20)
    assert (refused.status_code, refused.mimetype) == (409, MIMETYPE)
    assert int(refused.headers["Retry-After"]) >= 1
    assert first.status_code == 201
    assert _post(admin, "a-1").data == first.data
    assert _count(runtime, Task) == 1


def test_of_many_at_once_one_is_done(app: Flask, admin: FlaskClient, runtime: Runtime) -> None:
    start = threading.Barrier(4)

    def send(_: int) -> TestResponse:
        client = app.test_client()
        client.environ_base.update(admin.environ_base)
        start.wait(20)
        return _post(client, "a-1")

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(send, range(4)))
    done = {answer.data for answer in answers if answer.status_code == 201}
    assert len(done) == 1
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert _count(runtime, Task) == 1


def test_a_refusal_is_kept_and_a_failure_is_not(
    admin: FlaskClient, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = _post(admin, "a-1", type="nope", items=[{}])
    assert refused.status_code == 422
    again = _post(admin, "a-1", type="nope", items=[{}])
    assert (again.status_code, again.mimetype, again.data) == (422, MIMETYPE, refused.data)

    def fail(*_: Any) -> None:
        raise errors.DatabaseUnavailable("away")

    with monkeypatch.context() as patch:
        patch.setattr(enqueue, "create_task", fail)
        assert _post(admin, "a-2").status_code == 503
    assert _post(admin, "a-2").status_code == 201
    assert _count(runtime, Task) == 1


def test_what_the_guard_refuses_takes_no_key(
    admin: FlaskClient, viewer: FlaskClient, runtime: Runtime
) -> None:
    assert _post(viewer, "a-1").status_code == 403
    headers = {"Idempotency-Key": "a-1"}
    assert admin.post(TASKS, data=b"{", headers=headers, content_type="application/json").status_code == 400
    assert _count(runtime, IdempotencyKey) == 0


@pytest.mark.parametrize("key", ["", "with space", "x" * 256, "é"])
def test_a_key_that_cannot_be_one_is_422(admin: FlaskClient, runtime: Runtime, key: str) -> None:
    assert _post(admin, key).status_code == 422
    assert _count(runtime, Task) == 0


def test_a_secret_is_not_kept_and_yet_made_once(admin: FlaskClient, runtime: Runtime) -> None:
    made = _post(admin, "a-1", "/api/keys", name="radarr")
    before = _count(runtime, ApiKey)
    again = _post(admin, "a-1", "/api/keys", name="radarr")
    assert (made.status_code, again.status_code) == (201, 409)
    assert again.get_json(force=True)["code"] == "already_done"
    assert _count(runtime, ApiKey) == before
    with runtime.transaction() as session:
        assert session.scalars(sa.select(IdempotencyKey.body)).all() == [None]


def test_an_answer_is_kept_for_a_day(admin: FlaskClient, runtime: Runtime) -> None:
    first = _post(admin, "a-1")
    _age(runtime, timedelta(hours=23, minutes=59))
    assert _post(admin, "a-1").data == first.data
    with runtime.transaction() as session:
        assert idempotency.prune(session) == 0
    _age(runtime, timedelta(hours=24, minutes=1))
    assert _post(admin, "a-1").data != first.data
    _age(runtime, timedelta(hours=24, minutes=1))
    with runtime.transaction() as session:
        assert idempotency.prune(session) == 1


def test_a_request_that_died_with_its_process_may_be_sent_again(admin: FlaskClient, runtime: Runtime) -> None:
    _post(admin, "a-1")
    with runtime.transaction() as session:
        session.execute(sa.update(IdempotencyKey).values(status=None, body=None))
    assert _post(admin, "a-1").status_code == 409
    _age(runtime, timedelta(minutes=6))
    assert _post(admin, "a-1", type="noop", items=[{}, {}]).status_code == 422
    assert _post(admin, "a-1").status_code == 201


def test_every_post_of_the_document_takes_the_header(admin: FlaskClient) -> None:
    for path, methods in admin.get("/openapi.json").get_json()["paths"].items():
        if "post" in methods and path.startswith("/api/"):
            named = {one["name"] for one in methods["post"].get("parameters", [])}
            assert "Idempotency-Key" in named, path
