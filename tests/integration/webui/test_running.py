"""Do one thing and have its result in the answer; a real worker does it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from queueapp.runtime import Runtime
from tests.waiting import eventually
from tests.workers import run_worker

SLEEP = "/api/operations/sleep"


@pytest.fixture
def worker(runtime: Runtime) -> Iterator[None]:
    """A worker of two threads."""
    with run_worker(runtime, threads=2):
        yield


def test_the_answer_holds_the_result(admin: FlaskClient, worker: None) -> None:
    done = admin.post(SLEEP, json={"seconds": 0.05})
    assert done.status_code == 200
    body = done.get_json()
    assert (body["status"], body["error"]) == ("completed", None)
    assert admin.get(f"/jobs/{body['job_id']}").get_json()["result"] == body["result"]
    assert admin.post("/api/operations/noop").get_json()["status"] == "completed"
    background = admin.post(f"{SLEEP}?async=true", json={"seconds": 0})
    assert background.status_code == 202
    job_id = background.get_json()["job_id"]
    assert background.get_json() == {"job_id": job_id, "status": "queued"}
    assert background.headers["Location"].endswith(f"/api/jobs/{job_id}")
    eventually(lambda: admin.get(f"/jobs/{job_id}").get_json()["status"] == "completed", 10)


def test_what_takes_too_long_goes_on_behind_the_answer(
    admin: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("webui.api.running.MAX_WAIT_SECONDS", 0.2)
    response = admin.post(f"{SLEEP}?async=false", json={"seconds": 0})
    assert (response.status_code, response.get_json()["status"]) == (202, "queued")


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/api/operations/nothing", {}, 404),
        (SLEEP, {"seconds": "long"}, 422),
        (SLEEP, {"hours": 1}, 422),
        (SLEEP, [], 422),
        (f"{SLEEP}?async=perhaps", {}, 422),
        (f"{SLEEP}?wait=1", {}, 422),
    ],
)
def test_bad_requests_store_nothing(admin: FlaskClient, path: str, body: Any, status: int) -> None:
    response = admin.post(path, json=body)
    assert response.status_code == status
    assert response.mimetype == "application/problem+json"
    assert admin.get("/api/queues").get_json()["total"] == 0


def test_a_bad_field_is_named_by_its_place_in_the_body(admin: FlaskClient) -> None:
    bad = admin.post(SLEEP, json={"seconds": "long"}).get_json()
    assert bad["errors"][0]["loc"] == ["seconds"]


def test_one_operation_is_described(admin: FlaskClient) -> None:
    assert admin.get(SLEEP).get_json()["payload_schema"]["properties"]["seconds"]
    assert admin.get("/api/operations/nothing").status_code == 404


def test_a_path_outside_every_library_is_refused(
    app: Flask, admin: FlaskClient, runtime: Runtime, tmp_path: Path
) -> None:
    outside = tmp_path.parent / "elsewhere.mkv"
    inside = tmp_path / "link.mkv"
    inside.symlink_to(outside)
    named = [name for name in ("audio", "thumbnail") if name in runtime.registry]
    for operation in named:
        for path in ("/etc/passwd", "../x.mkv", f"{tmp_path}/../x.mkv", str(outside), str(inside)):
            response = admin.post(f"/api/operations/{operation}?async=true", json={"path": path})
            assert response.status_code in {400, 422}, (operation, path)
    assert admin.get("/api/queues").get_json()["total"] == 0
