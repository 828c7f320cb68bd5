"""/api/analyze."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from queueapp.runtime import Runtime
from tests.many_tracks import Track, make
from tests.waiting import eventually
from tests.workers import run_worker


@pytest.fixture
def film(tmp_path: Path) -> Path:
    return make(tmp_path / "film" / "film.mkv", Track("eng"))


@pytest.fixture
def worker(runtime: Runtime) -> Iterator[None]:
    roots = json.dumps([str(one) for one in runtime.settings.paths.allowed_roots])
    with run_worker(runtime, environ={"QUEUEAPP_PATHS__ALLOWED_ROOTS": roots}):
        yield


def test_each_analyzer_answers_with_its_result(admin: FlaskClient, film: Path, worker: None) -> None:
    body = {"path": str(film)}
    found = admin.post("/api/analyze/mediainfo", json=body)
    assert (found.status_code, found.get_json()["result"]["video"]) == (200, ["h264"])
    assert admin.post("/api/analyze/integrity", json=body).get_json()["result"]["ok"]
    assert "no pictures" in admin.post("/api/analyze/artwork", json=body).get_json()["result"]["skipped"]


def test_a_comprehensive_analysis_is_a_parent_with_children(
    admin: FlaskClient, film: Path, worker: None
) -> None:
    answer = admin.post("/api/analyze/comprehensive", json={"path": str(film), "thumbnail": True}).get_json()
    assert set(answer["result"]) == {"mediainfo", "integrity", "artwork", "thumbnail"}
    assert (film.parent / "film-thumb.jpg").exists()
    job = admin.get(f"/api/jobs/{answer['job_id']}").get_json()
    assert len(job["child_job_ids"]) == 4
    types = {admin.get(f"/api/jobs/{child}").get_json()["type"] for child in job["child_job_ids"]}
    assert types == {"analyze", "integrity", "artwork", "thumbnail"}


def test_a_thumbnail_that_fails_fails_nothing_else(
    admin: FlaskClient, film: Path, worker: None, tmp_path: Path
) -> None:
    folder = tmp_path / "pictures only"
    folder.mkdir()
    sound = make(folder / "film.mkv", Track("eng"))
    sound.write_bytes(sound.read_bytes()[:600])
    body = {"path": str(sound), "analyzers": ["integrity"], "thumbnail": True}
    answer = admin.post("/api/analyze/comprehensive", json=body).get_json()
    assert answer["status"] == "completed"
    assert answer["result"]["integrity"]["damaged"]
    assert answer["result"]["thumbnail"]["error"]


def test_an_analysis_in_the_background_answers_at_once(
    admin: FlaskClient, film: Path, runtime: Runtime
) -> None:
    answer = admin.post("/api/analyze/integrity?async=true", json={"path": str(film)})
    assert (answer.status_code, answer.get_json()["status"]) == (202, "queued")
    job = admin.get(answer.headers["Location"]).get_json()
    assert (job["job_id"], job["type"]) == (answer.get_json()["job_id"], "integrity")
    eventually(lambda: job["status"] == "queued", seconds=1)


@pytest.mark.parametrize(
    ("analyzer", "path", "status"),
    [
        ("mediainfo", "/etc/passwd", 400),
        ("mediainfo", "/nowhere", 400),
        ("magic", "", 404),
        ("mediainfo", "", 400),
    ],
)
def test_what_cannot_be_analyzed_is_refused(
    admin: FlaskClient, analyzer: str, path: str, status: int
) -> None:
    assert admin.post(f"/api/analyze/{analyzer}", json={"path": path}).status_code == status
    assert admin.get("/api/queues").get_json()["total"] == 0


def test_a_folder_is_for_pictures_only(admin: FlaskClient, film: Path, tmp_path: Path) -> None:
    assert admin.post("/api/analyze/integrity", json={"path": str(tmp_path)}).status_code == 400
    assert admin.post("/api/analyze/artwork?async=true", json={"path": str(tmp_path)}).status_code == 202
    assert (
        admin.post("/api/analyze/mediainfo", json={"path": str(tmp_path / "film" / "gone")}).status_code
        == 400
    )
    assert admin.post("/api/analyze/mediainfo", json={}).status_code == 422
