"""/batch: what is asked, answered and refused, and how a batch goes with a real worker."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from queueapp.models.item import Item
from queueapp.models.player import PlayerKind
from queueapp.runtime import Runtime
from queueapp.services import control
from queueapp.services.player import players
from queueapp.services.player.player_views import NewPlayer
from tests.many_tracks import Track, defaults, make, needs_programs
from tests.servers.kodi import KodiServer
from tests.waiting import eventually
from tests.workers import WorkerHandle, run_worker


@pytest.fixture
def films(tmp_path: Path) -> Path:
    """A folder in an allowed root."""
    return files(tmp_path / "films", 6)


@pytest.fixture
def worker(runtime: Runtime) -> Iterator[WorkerHandle]:
    with run_worker(runtime, environ=_roots(runtime)) as handle:
        yield handle


def _roots(runtime: Runtime) -> dict[str, str]:
    return {
        "QUEUEAPP_PATHS__ALLOWED_ROOTS": json.dumps(
            [str(one) for one in runtime.settings.paths.allowed_roots]
        )
    }


def files(folder: Path, number: int) -> Path:
    for each in range(number):
        path = folder / f"{each // 100:03d}" / f"film {each:05d}.mkv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"no video")
    return folder


def start(admin: FlaskClient, path: Path, **more: Any) -> str:
    response = admin.post("/batch", json={"path": str(path), **more})
    assert response.status_code == 202, response.get_json()
    return str(response.get_json()["job_id"])


def get(client: FlaskClient, job_id: str, **query: Any) -> dict[str, Any]:
    response = client.get(f"/batch/{job_id}", query_string=query)
    assert response.status_code == 200, response.get_json()
    return dict(response.get_json())


def finished(client: FlaskClient, job_id: str, seconds: float = 60) -> dict[str, Any]:
    def over() -> bool:
        return get(client, job_id)["status"] in ("completed", "failed", "cancelled")

    eventually(over, seconds=seconds, every=0.1, what=f"the end of {job_id}")
    return get(client, job_id)


def test_a_batch_is_accepted_with_an_estimate(admin: FlaskClient, films: Path) -> None:
    body = {
        "path": str(films), "recursive": True, "pattern": "**/*.mkv", "dry_run": False, "priority": "normal",
        "operation": "audio",
        "filters": {"min_size_mb": 0, "max_age_days": 30, "exclude_patterns": ["*sample*", "*trailer*"]},
    }  # fmt: skip
    response = admin.post("/batch", json=body)
    assert response.status_code == 202
    started = response.get_json()
    assert set(started) == {"status", "job_id", "estimated_files", "message"}
    assert (started["status"], started["estimated_files"]) == ("started", 6)
    assert response.headers["Location"].endswith(f"/batch/{started['job_id']}")
    shown = get(admin, started["job_id"])
    assert set(shown) >= {
        "job_id", "status", "path", "recursive", "dry_run", "priority", "progress", "started_at", "updated_at",
        "completed_at", "results",
    }  # fmt: skip
    assert set(shown["progress"]) == {
        "total_files", "processed", "success", "skipped", "failed", "remaining", "percent", "eta_seconds",
    }  # fmt: skip
    assert (shown["status"], shown["path"], shown["priority"]) == ("queued", str(films), "normal")
    assert get(admin, started["job_id"].removeprefix("job_")) == get(admin, started["job_id"])


def test_the_estimate_is_null_when_counting_takes_long(
    admin: FlaskClient, films: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("queueapp.services.batch.batches.COUNT_SECONDS", -1.0)
    assert admin.post("/batch", json={"path": str(films)}).get_json()["estimated_files"] is None


@pytest.mark.parametrize(
    "change",
    [
        {"path": "/nowhere/at/all"}, {"path": "/etc"}, {"path": ""}, {"path": "films"}, {"path": "/tmp/../etc"},
        {"pattern": "[a"}, {"pattern": "../*.mkv"}, {"pattern": "/x/*.mkv"}, {"pattern": "**.mkv"}, {"pattern": ""},
        {"filters": {"exclude_patterns": ["[a"]}},
    ],
)  # fmt: skip
def test_a_bad_path_or_pattern_is_400(admin: FlaskClient, films: Path, change: dict[str, Any]) -> None:
    response = admin.post("/batch", json={"path": str(films), **change})
    assert response.status_code == 400
    assert response.mimetype == "application/problem+json"
    assert admin.get("/api/queues?type=batch").get_json()["total"] == 0


@pytest.mark.parametrize(
    "change",
    [
        {"operation": "format"}, {"priority": "critical"}, {"priority": "soon"}, {"filters": {"min_size_mb": -1}},
        {"filters": {"max_age_days": 0}}, {"recursive": "maybe"}, {"unknown": 1},
    ],
)  # fmt: skip
def test_what_does_not_fit_is_422(admin: FlaskClient, films: Path, change: dict[str, Any]) -> None:
    assert admin.post("/batch", json={"path": str(films), **change}).status_code == 422


def test_a_file_is_no_folder(admin: FlaskClient, films: Path) -> None:
    assert admin.post("/batch", json={"path": str(films / "000" / "film 00000.mkv")}).status_code == 400


def test_a_link_out_of_every_root_is_refused(admin: FlaskClient, films: Path) -> None:
    (films / "out").symlink_to("/usr")
    assert admin.post("/batch", json={"path": str(films / "out")}).status_code == 400


def test_batches_do_not_overlap(admin: FlaskClient, films: Path) -> None:
    inside, beside = films / "000", films.parent / "films of others"
    beside.mkdir()
    (films.parent / "link").symlink_to(films)
    job_id = start(admin, films)
    for path in (films, inside, films.parent, films.parent / "link"):
        response = admin.post("/batch", json={"path": str(path)})
        assert response.status_code == 409
        assert job_id in response.get_json()["detail"]
    start(admin, beside)
    assert admin.delete(f"/batch/{job_id}").status_code == 200
    start(admin, inside)
    assert admin.post("/batch", json={"path": str(films)}).status_code == 409


def test_a_full_queue_is_503(admin: FlaskClient, runtime: Runtime, tmp_path: Path) -> None:
    bounds = runtime.settings.batch.model_copy(update={"max_queue_size": 2})
    runtime.settings = runtime.settings.model_copy(update={"batch": bounds})
    for name in "ab":
        start(admin, files(tmp_path / name, 1))
    response = admin.post("/batch", json={"path": str(files(tmp_path / "c", 1))})
    assert (response.status_code, response.get_json()["code"]) == (503, "queue_full")
    assert int(response.headers["Retry-After"]) > 0


def test_batches_need_a_login_and_writes_an_admin(
    viewer: FlaskClient, stranger: FlaskClient, admin: FlaskClient, films: Path
) -> None:
    job_id = start(admin, films)
    assert stranger.post("/batch", json={"path": str(films)}).status_code == 401
    assert stranger.get(f"/batch/{job_id}").status_code == 401
    assert viewer.post("/batch", json={"path": str(films)}).status_code == 403
    assert viewer.delete(f"/batch/{job_id}").status_code == 403
    assert viewer.get(f"/batch/{job_id}").status_code == 200


def test_a_batch_sent_twice_with_a_key_is_one(admin: FlaskClient, films: Path) -> None:
    headers = {"Idempotency-Key": "once"}
    first = admin.post("/batch", json={"path": str(films)}, headers=headers)
    again = admin.post("/batch", json={"path": str(films)}, headers=headers)
    assert (again.status_code, again.get_json()) == (202, first.get_json())


def test_other_tasks_are_no_batches(admin: FlaskClient) -> None:
    task = admin.post("/api/queues/tasks", json={"type": "noop", "items": [{}]}).get_json()["task_id"]
    for job_id in (f"job_{task}", "job_999999", "nonsense", f"job_{task}_0"):
        assert admin.get(f"/batch/{job_id}").status_code == 404
        assert admin.delete(f"/batch/{job_id}").status_code == 404


def test_a_canceled_batch_cannot_be_canceled_again(admin: FlaskClient, films: Path) -> None:
    job_id = start(admin, films)
    response = admin.delete(f"/batch/{job_id}")
    assert response.status_code == 200
    assert response.get_json() == {
        "status": "cancelled", "message": "Batch cancelled after 0 of 0 files", "processed_before_cancel": 0,
    }  # fmt: skip
    again = admin.delete(f"/batch/{job_id}")
    assert (again.status_code, again.get_json()["current_status"]) == (409, "cancelled")
    assert get(admin, job_id)["status"] == "cancelled"


@needs_programs
def test_audio_is_set_in_every_file(admin: FlaskClient, tmp_path: Path, worker: WorkerHandle) -> None:
    folder = tmp_path / "films"
    german_first = (Track("ger", "", "default"), Track("eng"))
    for name in ("a.mkv", "b.mp4", "Deep/Deeper/c.mkv", "Deep/d-sample.mkv"):
        make(folder / name, *german_first)
    (folder / "e.mkv").write_bytes(b"damaged")
    make(folder / "f.mkv", Track("eng", "", "default"))
    dry = finished(admin, start(admin, folder, dry_run=True, filters={"exclude_patterns": ["*sample*"]}))
    assert [defaults(folder / name) for name in ("a.mkv", "b.mp4")] == [[0], [0]]
    assert {one["status"] for one in dry["results"]} == {"success", "skipped", "failed"}
    assert dry["results"][0]["message"] == "Would do: Set default audio track to 'eng'"
    done = finished(admin, start(admin, folder, filters={"exclude_patterns": ["*sample*"]}))
    assert [(Path(one["file"]).name, one["status"]) for one in done["results"]] == [
        ("c.mkv", "success"), ("a.mkv", "success"), ("b.mp4", "success"), ("e.mkv", "failed"), ("f.mkv", "skipped"),
    ]  # fmt: skip
    assert done["results"][1]["message"] == "Set default audio track to 'eng'"
    assert done["progress"] == {
        "total_files": 5, "processed": 5, "success": 3, "skipped": 1, "failed": 1, "remaining": 0, "percent": 100.0,
        "eta_seconds": None,
    }  # fmt: skip
    assert done["status"] == "failed"
    assert admin.delete(f"/batch/{done['job_id']}").status_code == 409
    assert [defaults(folder / name) for name in ("a.mkv", "b.mp4", "Deep/Deeper/c.mkv")] == [[1]] * 3
    assert defaults(folder / "Deep/d-sample.mkv") == [0]


@needs_programs
def test_a_file_that_is_being_played_is_skipped_when_that_is_wanted(
    admin: FlaskClient, tmp_path: Path, runtime: Runtime
) -> None:
    folder = tmp_path / "films"
    for name in ("a.mkv", "b.mkv"):
        make(folder / name, Track("ger", "", "default"), Track("eng"))
    with KodiServer() as kodi:
        with runtime.transaction() as session:
            players.add_player(session, NewPlayer(name="Room", kind=PlayerKind.KODI, url=kodi.url))
        kodi.playing = [("video", str(folder / "a.mkv"))]
        with run_worker(runtime, environ=_roots(runtime) | {"QUEUEAPP_AUDIO__SKIP_PLAYING": "true"}):
            done = finished(admin, start(admin, folder))
    assert [(one["status"], one["message"]) for one in done["results"]] == [
        ("skipped", "Room shows it at the moment"),
        ("success", "Set default audio track to 'eng'"),
    ]


@pytest.mark.parametrize("operation", ["analyze", "thumbnail", "verify", "publish"])
def test_each_operation_says_what_became_of_each_file(
    admin: FlaskClient, films: Path, worker: WorkerHandle, operation: str
) -> None:
    make(films / "real.mkv", Track("eng", "", "default"))
    done = finished(admin, start(admin, films, operation=operation))
    assert done["progress"]["processed"] == 7
    assert all(one["message"] for one in done["results"])
    expected = "success" if operation in ("analyze", "thumbnail") else "skipped"
    assert [one["status"] for one in done["results"] if one["file"].endswith("real.mkv")] == [expected]


def test_a_thousand_files_are_found_in_pieces_and_all_done(
    admin: FlaskClient, tmp_path: Path, runtime: Runtime, worker: WorkerHandle
) -> None:
    folder = files(tmp_path / "many", 1000)
    job_id = start(admin, folder, operation="verify")
    done = finished(admin, job_id)
    assert (done["progress"]["total_files"], done["progress"]["skipped"]) == (1000, 1000)
    assert (done["results_total"], len(done["results"])) == (1000, 50)
    assert get(admin, job_id, limit=100, offset=950)["results"][-1]["file"].endswith("film 00999.mkv")
    assert get(admin, job_id, status="failed")["results_total"] == 0
    rows = list(csv.reader(io.StringIO(admin.get(f"/batch/{job_id}/results?format=csv").text)))
    assert (rows[0], len(rows)) == (["file", "status", "message", "duration_ms"], 1001)
    lines = admin.get(f"/batch/{job_id}/results?format=jsonl").text.splitlines()
    assert len({json.loads(line)["file"] for line in lines}) == 1000
    assert admin.get(f"/batch/{job_id}?limit=101").status_code == 422
    assert admin.get(f"/batch/{job_id}?status=odd").status_code == 422


def test_running_all_of_a_batch_again_finds_no_file_twice(
    admin: FlaskClient, films: Path, worker: WorkerHandle
) -> None:
    job_id = start(admin, films, operation="verify")
    finished(admin, job_id)
    assert admin.post(f"/api/jobs/{job_id}/retry", json={"scope": "all"}).status_code == 200
    assert finished(admin, job_id)["progress"]["total_files"] == 6


def test_a_batch_canceled_halfway_says_how_much_was_done(
    admin: FlaskClient, tmp_path: Path, runtime: Runtime
) -> None:
    folder = files(tmp_path / "many", 400)
    script = tmp_path / "ffmpeg"
    # The first half is looked at and skipped at once; then ffmpeg never ends.
    script.write_text("#!/bin/sh\nsleep 600\n")
    script.chmod(0o755)
    for number in range(390, 400):
        make(folder / "zzz" / f"{number}.mkv", seconds=0.3)
    environ = _roots(runtime) | {"QUEUEAPP_TOOLS__FFMPEG": str(script)}
    with run_worker(runtime, environ=environ):
        job_id = start(admin, folder, operation="thumbnail")
        eventually(lambda: get(admin, job_id)["progress"]["processed"] == 400, seconds=60, every=0.1)
        running = get(admin, job_id)
        assert (running["status"], running["progress"]["remaining"]) == ("running", 10)
        answer = admin.delete(f"/batch/{job_id}").get_json()
        assert answer["processed_before_cancel"] == 400
        eventually(
            lambda: get(admin, job_id, status="cancelled")["results_total"] > 0, what="the stopped ones"
        )
    after = get(admin, job_id)
    assert (after["status"], after["progress"]["processed"]) == ("cancelled", 400)
    assert not list(folder.rglob(".queueapp-*"))


def test_two_batches_run_and_the_third_waits_its_turn(
    admin: FlaskClient, tmp_path: Path, runtime: Runtime, worker: WorkerHandle
) -> None:
    # A paused operation keeps the first two from ending.
    pause_operation(runtime, "verify", on=True)
    jobs = [start(admin, files(tmp_path / name, 3), operation="verify") for name in "abc"]
    eventually(lambda: [get(admin, one)["progress"]["total_files"] for one in jobs[:2]] == [3, 3], seconds=30)
    third = get(admin, jobs[2])
    assert (third["status"], third["progress"]["total_files"]) == ("queued", 0)
    eventually(lambda: "waits its turn" in (get(admin, jobs[2])["message"] or ""), what="the reason")
    assert get(admin, jobs[0])["status"] == "running"
    listed = admin.get(f"/api/queues/{jobs[2].removeprefix('job_')}").get_json()
    assert (listed["status"], listed["started_at"]) == ("queued", None)
    assert (
        listed["waiting_for"]
        == f"waits its turn: 2 run at a time, task {jobs[0].removeprefix('job_')} and 1 more came before"
    )
    admin.delete(f"/batch/{jobs[0]}")
    eventually(lambda: get(admin, jobs[2])["progress"]["total_files"] == 3, seconds=30)
    pause_operation(runtime, "verify", on=False)
    for one in jobs[1:]:
        done = finished(admin, one)
        assert (done["status"], done["progress"]["skipped"]) == ("completed", 3)


def pause_operation(runtime: Runtime, operation: str, *, on: bool) -> None:
    if on:
        control.pause(runtime, operation, "test")
    else:
        control.resume(runtime, operation)


def test_an_urgent_item_does_not_wait_for_a_batch(
    admin: FlaskClient, tmp_path: Path, runtime: Runtime
) -> None:
    folder = files(tmp_path / "many", 3000)
    job_id = start(admin, folder, operation="verify")
    urgent = {"type": "noop", "items": [{}], "priority": "critical"}
    with run_worker(runtime, environ=_roots(runtime), threads=1):
        eventually(lambda: get(admin, job_id)["progress"]["total_files"] >= 1000, seconds=30)
        task = admin.post("/api/queues/tasks", json=urgent).get_json()["task_id"]
        eventually(lambda: admin.get(f"/api/queues/{task}").get_json()["status"] == "completed", seconds=20)
        ended = admin.get(f"/api/queues/{task}").get_json()["finished_at"]
        finished(admin, job_id)
    with runtime.transaction() as session:
        last = session.scalar(sa.select(sa.func.max(Item.finished_at)).where(Item.task_id == int(job_id[4:])))
    assert last is not None
    assert ended < last.isoformat()


@needs_programs
def test_a_cancel_amid_a_remux_leaves_the_original_alone(
    admin: FlaskClient, tmp_path: Path, runtime: Runtime
) -> None:
    path = make(tmp_path / "films" / "film.mp4", Track("ger", "", "default"), Track("eng"))
    before, note, script = path.read_bytes(), tmp_path / "pid", tmp_path / "ffmpeg"
    script.write_text(f'#!/bin/sh\nfor last; do :; done\necho begun > "$last"\necho $$ > {note}\nsleep 600\n')
    script.chmod(0o755)
    tools = {"QUEUEAPP_TOOLS__FFMPEG": str(script), "QUEUEAPP_TOOLS__FFPROBE": shutil.which("ffprobe") or ""}
    with run_worker(runtime, environ=_roots(runtime) | tools):
        job_id = start(admin, path.parent)
        eventually(lambda: note.exists() and note.read_text().strip(), seconds=60, what="the slow ffmpeg")
        assert len(list(path.parent.iterdir())) == 2
        assert admin.delete(f"/batch/{job_id}").get_json()["processed_before_cancel"] == 0
        eventually(lambda: list(path.parent.iterdir()) == [path], what="the end of the temporary file")
        eventually(lambda: not Path(f"/proc/{note.read_text().strip()}").exists(), what="the end of ffmpeg")
    assert path.read_bytes() == before


def retry(client: FlaskClient, job_id: str) -> Any:
    return client.post(f"/api/queues/{job_id.removeprefix('job_')}/retry", json={"scope": "failed"})


def canceled(admin: FlaskClient, path: Path, **more: Any) -> str:
    """A batch that was started, and canceled before it began."""
    job_id = start(admin, path, **more)
    assert admin.delete(f"/batch/{job_id}").status_code == 200
    return job_id


def test_a_batch_is_not_retried_while_another_works_on_its_folder_or_above_or_below(
    admin: FlaskClient, films: Path
) -> None:
    again = canceled(admin, films)
    for place in (films, films / "000", films.parent):
        other = start(admin, place)
        for refused in (
            retry(admin, again),
            admin.post(f"/jobs/{again}/retry", json={}),
            admin.post(f"/jobs/{again}_0/retry", json={}),
        ):
            assert refused.status_code == 409
            assert other in refused.get_json()["detail"]
        assert get(admin, again)["status"] == "cancelled"
        admin.delete(f"/batch/{other}")
    assert retry(admin, again).status_code == 202
    assert admin.post("/batch", json={"path": str(films)}).status_code == 409


def test_a_retried_batch_counts_against_the_full_queue(
    admin: FlaskClient, runtime: Runtime, tmp_path: Path
) -> None:
    bounds = runtime.settings.batch.model_copy(update={"max_queue_size": 2})
    runtime.settings = runtime.settings.model_copy(update={"batch": bounds})
    again = canceled(admin, files(tmp_path / "a", 1))
    others = [start(admin, files(tmp_path / name, 1)) for name in "bc"]
    refused = retry(admin, again)
    assert (refused.status_code, refused.get_json()["code"]) == (503, "queue_full")
    ids = [int(again.removeprefix("job_"))]
    bulk = admin.post("/api/queues/bulk", json={"action": "retry", "ids": ids})
    assert "max_queue_size" in str(bulk.get_json())
    assert get(admin, again)["status"] == "cancelled"
    admin.delete(f"/batch/{others[0]}")
    assert retry(admin, again).status_code == 202
    assert admin.post("/batch", json={"path": str(files(tmp_path / "d", 1))}).status_code == 503


def test_a_retried_batch_waits_its_turn_and_later_ones_wait_for_it(
    admin: FlaskClient, tmp_path: Path, runtime: Runtime
) -> None:
    again = canceled(admin, files(tmp_path / "again", 3), operation="verify")
    first, second, third = (
        start(admin, files(tmp_path / name, 3), operation="verify") for name in ("a", "b", "c")
    )
    assert retry(admin, again).status_code == 202
    late = start(admin, files(tmp_path / "late", 3), operation="verify")
    pause_operation(runtime, "verify", on=True)  # keeps those whose turn it is from ending
    with run_worker(runtime, environ=_roots(runtime)):
        assert waiting(admin, first, second, third, again, late) == {third, again, late}
        for ended, next_one in ((first, third), (second, again), (third, late)):
            admin.delete(f"/batch/{ended}")
            eventually(lambda one=next_one: get(admin, one)["progress"]["total_files"] == 3, seconds=30)
            assert next_one not in waiting(admin, third, again, late)
            assert len(waiting(admin, third, again, late)) == {third: 2, again: 1, late: 0}[next_one]
        pause_operation(runtime, "verify", on=False)
        assert [finished(admin, one)["status"] for one in (again, late)] == ["completed"] * 2


def waiting(admin: FlaskClient, *job_ids: str) -> set[str]:
    """Those of the batches that wait their turn."""
    shown = {one: admin.get(f"/api/queues/{one.removeprefix('job_')}").get_json() for one in job_ids}
    return {one for one, task in shown.items() if "waits its turn" in (task["waiting_for"] or "")}
