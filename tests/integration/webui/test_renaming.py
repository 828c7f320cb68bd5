"""Renames and their way back by HTTP: what is enqueued, what is refused, and the pages for both."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from queueapp.ledger import reads
from queueapp.models.downloader import DownloaderKind
from queueapp.models.journal import Journal, JournalAct, JournalState
from queueapp.models.media import MediaKind
from queueapp.runtime import Runtime
from queueapp.services import cancel
from queueapp.services.arr import downloaders
from queueapp.services.arr.downloader_views import NewDownloader
from queueapp.services.rename import journal
from tests.integration.webui.browser import Browser
from tests.integration.webui.conftest import PASSWORD
from tests.media_tree import plant
from tests.running_scan import ScannedLibrary


@pytest.fixture
def film(runtime: Runtime, tmp_path: Path) -> int:
    plant(tmp_path / "films", ["heat.1995.1080p-GRP/heat.mkv", "heat.1995.1080p-GRP/heat.nfo"])
    library = ScannedLibrary(runtime, tmp_path / "films")
    library.scan()
    return library.titles(MediaKind.MOVIE)[0].id


@pytest.fixture
def anna(app: Flask, people: None) -> Browser:
    signed_in = Browser(app)
    signed_in.log_in("anna", PASSWORD)
    return signed_in


def managed_by_radarr(runtime: Runtime, folder: Path) -> None:
    mapping: list[Any] = [{"ours": str(folder), "theirs": "/movies"}]
    with runtime.transaction() as session:
        new = NewDownloader.model_validate(
            {"name": "Big Radarr", "kind": DownloaderKind.RADARR, "path_mappings": mapping}
        )
        downloaders.add_downloader(session, new)


def test_a_rename_is_a_task(admin: FlaskClient, runtime: Runtime, film: int) -> None:
    answer = admin.post(
        f"/api/media/{film}/rename", json={"template": "{title}/{title}.{ext}", "dry_run": True}
    )
    assert answer.status_code == 202, answer.text
    assert answer.json["created"] is True
    assert answer.headers["Location"].endswith(f"/api/queues/{answer.json['task_id']}")
    with runtime.transaction() as session:
        task = reads.get_task(session, answer.json["task_id"])
        ((item,), _) = reads.list_items(session, task.id)
        detail = reads.get_item(session, task.id, item.id)
    assert (task.type, task.title, task.dry_run) == ("rename", "Rename heat (1995)", True)
    assert detail.payload["template"] == "{title}/{title}.{ext}"
    assert "config" in task.meta


def test_the_same_rename_twice_is_one_task(admin: FlaskClient, film: int) -> None:
    first, second = (admin.post(f"/api/media/{film}/rename").json for _ in range(2))
    assert first["task_id"] == second["task_id"]
    assert (first["created"], second["created"]) == (True, False)


def test_a_bad_template_is_refused_with_its_place(admin: FlaskClient, film: int) -> None:
    answer = admin.post(f"/api/media/{film}/rename", json={"template": "{title}/{titel}.{ext}"})
    assert answer.status_code == 422
    assert answer.json["errors"][0]["loc"] == ["template"]
    assert "at character 9" in answer.json["errors"][0]["msg"]
    assert admin.post("/api/media/999999/rename").status_code == 404
    unknown = admin.post(f"/api/media/{film}/rename", json={"name": "x"})
    assert unknown.status_code == 422
    bad = {"type": "rename", "items": [{"media_id": film, "template": "../{title}.{ext}"}]}
    assert admin.post("/api/queues/tasks", json=bad).status_code == 422


def test_what_radarr_manages_is_refused_unless_forced(
    admin: FlaskClient, runtime: Runtime, film: int, tmp_path: Path
) -> None:
    managed_by_radarr(runtime, tmp_path / "films")
    refused = admin.post(f"/api/media/{film}/rename")
    assert refused.status_code == 409
    assert "Big Radarr manages heat (1995)" in refused.json["detail"]
    assert admin.post(f"/api/media/{film}/rename", json={"force": True}).status_code == 202
    assert admin.post(f"/api/media/{film}/rename", json={"dry_run": True}).status_code == 202


def test_a_viewer_renames_nothing(viewer: FlaskClient, film: int) -> None:
    assert viewer.post(f"/api/media/{film}/rename").status_code == 403
    assert viewer.post("/api/queues/1/revert").status_code == 403


def test_a_library_has_templates_of_its_own(admin: FlaskClient, runtime: Runtime, film: int) -> None:
    library = admin.get("/api/libraries").json["libraries"][0]["id"]
    mine = {"rename": {"movie": "{title}/{title} {year}.{ext}"}}
    assert admin.patch(f"/api/libraries/{library}", json=mine).json["rename"] == mine["rename"]
    bad = admin.patch(f"/api/libraries/{library}", json={"rename": {"movie": "{nothing}"}})
    assert bad.status_code == 422
    assert "at character 1" in bad.json["errors"][0]["msg"]


def finished(runtime: Runtime, film: int, admin: FlaskClient, state: JournalState | None) -> int:
    """A task that has ended, with a journal or without."""
    task_id = int(admin.post(f"/api/media/{film}/rename").json["task_id"])
    if state is not None:
        with runtime.transaction() as session:
            entry = Journal(
                act=JournalAct.RENAME, task_id=task_id, item_id=1, library_id=1, media_id=film, label="Heat", record={}
            )  # fmt: skip
            session.add(entry)
            session.flush()
            journal.close(session, entry.id, state)
    cancel.cancel_task(runtime, task_id, "test")
    return task_id


def test_what_a_task_did_is_taken_back_by_a_task(admin: FlaskClient, runtime: Runtime, film: int) -> None:
    task_id = finished(runtime, film, admin, JournalState.DONE)
    answer = admin.post(f"/api/queues/{task_id}/revert")
    assert answer.status_code == 202, answer.text
    with runtime.transaction() as session:
        task = reads.get_task(session, answer.json["task_id"])
    assert (task.type, task.parent_task_id, task.max_parallel) == ("revert", task_id, 1)
    again = admin.post(f"/api/queues/{task_id}/revert").json
    assert again == {"task_id": task.id, "created": False}


def test_taking_back_is_refused_with_its_reason(admin: FlaskClient, runtime: Runtime, film: int) -> None:
    running = admin.post(f"/api/media/{film}/rename").json["task_id"]
    answer = admin.post(f"/api/queues/{running}/revert")
    assert (answer.status_code, answer.json["code"]) == (409, "wrong_status")
    cancel.cancel_task(runtime, running, "test")
    nothing = admin.post(f"/api/queues/{running}/revert")
    assert nothing.status_code == 409
    assert "changed no files" in nothing.json["detail"]
    assert admin.post("/api/queues/999999/revert").status_code == 404


def test_the_page_shows_the_plan_and_renames(
    anna: Browser, runtime: Runtime, film: int, tmp_path: Path
) -> None:
    page = anna.get(f"/media/{film}/rename").text
    assert "heat (1995)/heat (1995).mkv" in page
    bad = anna.get(f"/media/{film}/rename?template={{nothing}}")
    assert (bad.status_code, "at character 1" in bad.text) == (422, True)
    assert f"/media/{film}/rename" in anna.get(f"/media/{film}").text
    made = anna.post(f"/media/{film}/rename", data={"template": ""})
    assert made.status_code == 303
    assert "/tasks/" in made.headers["Location"]
    managed_by_radarr(runtime, tmp_path / "films")
    assert "Rename all the same" in anna.get(f"/media/{film}/rename").text


def test_a_finished_task_offers_the_way_back(
    anna: Browser, admin: FlaskClient, runtime: Runtime, film: int
) -> None:
    task_id = finished(runtime, film, admin, JournalState.DONE)
    assert f"/tasks/{task_id}/revert" in anna.get(f"/tasks/{task_id}").text
    assert "1 title" in anna.get(f"/tasks/{task_id}/revert").text
    assert anna.post(f"/tasks/{task_id}/revert").status_code == 303
