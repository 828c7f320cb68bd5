"""What clients send by mistake or on purpose: each is answered in the one form of errors, and nothing is stored."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from queueapp.models.task import Task
from queueapp.runtime import Runtime

TASKS = "/api/queues/tasks"
JSON = "application/json"
#: no place in these is an id that exists
PROGRAM_PATHS = ("/api/", "/jobs", "/batch")


def _is_problem(response: TestResponse, status: int) -> bool:
    document: Any = response.get_json(force=True)
    is_one = response.mimetype == "application/problem+json" and document["status"] == status
    return bool(is_one and document["title"] and document["code"]) and response.status_code == status


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"type": "noop", "items": [{}]', 400),
        (b"\xff\xfe", 400),
        (b'{"type": "noop\xff", "items": [{}]}', 400),
        (b'{"type": "noop", "items": [{}], "title": "a\\u0000b"}', 400),
        (b'{"type": "noop", "items": [{}], "title": "\\ud800"}', 400),
        (b'{"type": "noop", "items": [{}], "priority": NaN}', 400),
        (b'{"type": "sleep", "items": [{"seconds": Infinity}]}', 400),
        (b'{"type": "sleep", "items": [{"seconds": -Infinity}]}', 400),
        (b'{"type": "sleep", "items": [{"seconds": 1e999}]}', 422),
        (b'{"type": "noop", "items": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", 400),
        (b'{"type": "noop", "items": [{}], "max_parallel": 1' + b"0" * 5_000 + b"}", 400),
        (b'{"type": "noop", "items": [{}], "max_parallel": 1' + b"0" * 30 + b"}", 422),
        (b'{"type": "noop", "items": [{}], "depends_on": [1' + b"0" * 30 + b"]}", 422),
        (b'{"type": "noop", "items": [{}], "priority": 5.5}', 422),
        (b'{"type": "noop", "items": [{}], "meta": {"a": "\xed\xa0\x80"}}', 400),
        ('{"type": "noop", "items": [{}]}'.encode("utf-16"), 400),
        (b'"{\\"type\\": \\"noop\\", \\"items\\": [{}]}"', 422),
        (b'{"type": "noop", "items": [{}], "dry_run": 0}', 422),
        (b'{"type": "noop", "items": [{}], "dry_run": "false"}', 422),
        (b'{"type": "noop", "items": [{}], "max_parallel": "2"}', 422),
        (b'{"type": "noop", "items": [{}], "max_parallel": true}', 422),
        (b'{"type": "noop", "items": [{}], "scheduled_for": 1e9}', 422),
        (b'{"type": "sleep", "items": [{"seconds": "1"}]}', 422),
        (b'{"type": "sleep", "items": [{"seconds": true}]}', 422),
        (b'{"type": "cleanup", "items": [{"older_than_days": "5"}]}', 422),
        (b'{"type": "noop", "items": [{"payload": {}, "optional": 1}]}', 422),
        (b'{"type": "noop", "items": []}', 422),
        (b'{"type": "noop"}', 422),
        (b"[]", 422),
        (b"", 400),
    ],
)
def test_a_bad_body_is_a_problem_and_stores_nothing(
    admin: FlaskClient, runtime: Runtime, body: bytes, status: int
) -> None:
    response = admin.post(TASKS, data=body, content_type=JSON)
    assert _is_problem(response, status), (response.status_code, response.text[:300])
    with runtime.transaction() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Task)) == 0


def test_types_are_those_of_json_and_of_its_schema(admin: FlaskClient) -> None:
    body = b"""\xef\xbb\xbf{"type": "noop", "items": [{}], "max_parallel": 2.0, "priority": "low", "dry_run": true,
        "scheduled_for": "2999-01-01T00:00:00+02:00", "meta": {"kept": 1.5}}"""
    made = admin.post(TASKS, data=body, content_type=JSON)
    assert made.status_code == 201, made.text
    task = admin.get(f"/api/queues/{made.get_json()['task_id']}").get_json()
    assert (task["max_parallel"], task["priority"], task["dry_run"]) == (2, 8, True)
    assert (task["scheduled_for"], task["meta"]) == ("2998-12-31T22:00:00Z", {"kept": 1.5})


def test_a_payload_of_another_type_is_named_by_its_place(admin: FlaskClient) -> None:
    body = {"type": "sleep", "items": [{}, {"payload": {"seconds": "1"}}]}
    refused = admin.post(TASKS, json=body)
    assert _is_problem(refused, 422)
    assert refused.get_json()["code"] == "bad_payload"
    assert [one["loc"] for one in refused.get_json()["errors"]] == [["items", 1, "seconds"]]


def test_a_number_may_be_given_whole_and_a_whole_one_with_a_point(admin: FlaskClient) -> None:
    for body in (
        b'{"type": "sleep", "items": [{"seconds": 1}]}',
        b'{"type": "cleanup", "items": [{"older_than_days": 5.0}]}',
    ):
        assert admin.post(TASKS, data=body, content_type=JSON).status_code == 201


@pytest.mark.parametrize(
    "since", ["0003-07-23T22:59:18-19:01", "0001-01-01T00:00:00%2B23:59", "9999-12-31T23:59:59-23:59"]
)
def test_a_time_at_the_ends_of_the_calendar_is_a_time(admin: FlaskClient, since: str) -> None:
    admin.post(TASKS, json={"type": "noop", "items": [{}]})
    found = admin.get(f"/api/queues?since={since}")
    assert found.status_code == 200
    assert len(found.get_json()["tasks"]) == (0 if since.startswith("9") else 1)


def test_a_priority_is_a_word_or_any_spelling_of_a_whole_number(admin: FlaskClient) -> None:
    admin.post(TASKS, json={"type": "noop", "items": [{}], "priority": 5})
    for priority in ("5", "5.0", "normal"):
        assert admin.get(f"/api/queues?priority={priority}").get_json()["total"] == 1
    assert _is_problem(admin.get("/api/queues?priority=5.5"), 422)


@pytest.mark.parametrize("wrong", [{"minFileSizeMb": "1"}, {"followSymlinks": 1}, {"min_file_size_mb": 1}])
def test_the_configuration_of_a_phase_takes_its_own_types_and_names_only(
    admin: FlaskClient, wrong: dict[str, Any]
) -> None:
    assert _is_problem(admin.patch("/api/phase-config/scan", json=wrong), 422)


@pytest.mark.parametrize("query", ["until=0.5", "since=5", "outcome=none-such", "cursor=x"])
def test_a_bad_filter_of_webhooks_is_422(admin: FlaskClient, query: str) -> None:
    assert _is_problem(admin.get(f"/api/webhooks?{query}"), 422)


@pytest.mark.parametrize("path", ["/api//queues", "/jobs//stats"])
def test_a_slash_too_many_is_never_a_redirect(admin: FlaskClient, path: str) -> None:
    assert _is_problem(admin.post(path, json={}), 404)


def test_a_name_given_twice_is_refused_rather_than_guessed_at(admin: FlaskClient) -> None:
    body = b'{"type": "noop", "type": "sleep", "items": [{}]}'
    assert _is_problem(admin.post(TASKS, data=body, content_type=JSON), 400)
    within = b'{"type": "noop", "items": [{}], "meta": {"a": {"b": 1, "b": 2}}}'
    assert _is_problem(admin.post(TASKS, data=within, content_type=JSON), 400)


@pytest.mark.parametrize(
    "content_type", [None, "text/plain", "application/x-www-form-urlencoded", "text/json"]
)
def test_another_type_of_body_is_415(admin: FlaskClient, content_type: str | None) -> None:
    body = b'{"type": "noop", "items": [{}]}'
    assert _is_problem(admin.post(TASKS, data=body, content_type=content_type), 415)


def test_every_address_for_programs_answers_wrong_methods_in_the_one_form(
    app: Flask, admin: FlaskClient
) -> None:
    adapter = app.url_map.bind("localhost")
    for path in ("/api/queues", TASKS, "/api/queues/1", "/jobs", "/jobs/stats", "/batch", "/api/undo/x"):
        allowed = set(adapter.allowed_methods(path))
        for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "TRACE"} - allowed:
            response = admin.open(path, method=method)
            assert _is_problem(response, 405), f"{method} {path}: {response.status_code}"
            assert set(response.headers["Allow"].split(", ")) == allowed
        options = admin.options(path)
        assert options.status_code == 200
        assert set(options.headers["Allow"].split(", ")) == allowed


def test_head_answers_as_get_does_without_a_body(admin: FlaskClient) -> None:
    for path in (
        "/api/queues",
        "/api/queues/ongoing",
        "/api/queues/stats",
        "/jobs",
        "/health",
        "/api/control",
    ):
        asked, told = admin.get(path), admin.head(path)
        assert (told.status_code, told.mimetype, told.data) == (asked.status_code, asked.mimetype, b""), path
    assert admin.head("/api/queues/999999").status_code == 404


@pytest.mark.parametrize(
    "path",
    ["/api", "/api/nothing", "/api/queues/0", "/api/queues/-1", "/api/queues/1e3", "/api/queues/" + "9" * 40,
     "/api/queues/%00", "/api/queues/1/items/" + "9" * 18, "/jobs/job_", "/jobs/job_1_2_3", "/batch/%F0%28%8C"],
)  # fmt: skip
def test_an_address_of_nothing_is_404_in_the_one_form(admin: FlaskClient, path: str) -> None:
    response = admin.get(path)
    assert response.status_code in {404, 422}
    assert _is_problem(response, response.status_code), path


@pytest.mark.parametrize("key", ["", " ", "two words", "x" * 256, "ключ"])
def test_an_idempotency_key_that_is_none_is_refused(admin: FlaskClient, key: str) -> None:
    headers = {"Idempotency-Key": key.encode().decode("latin-1")}
    response = admin.post(TASKS, json={"type": "noop", "items": [{}]}, headers=headers)
    assert response.status_code in {400, 422}
    assert _is_problem(response, response.status_code)
