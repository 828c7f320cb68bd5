from __future__ import annotations

import pytest
from flask import Flask

from queueapp import db
from queueapp.bootstrap import Runtime
from queueapp.models.control import Pause
from queueapp.services.schedule import schedules
from tests.integration.pages.conftest import signed_in
from tests.integration.pages.reader import Reader
from tests.integration.pages.rows import add_task


@pytest.fixture
def cleanup(runtime: Runtime) -> None:
    """The built-in schedules, as the scheduler makes them."""
    with runtime.transaction() as session:
        schedules.ensure_built_in(session, runtime.settings, runtime.registry.names())


def test_the_overview_shows_what_runs_what_failed_and_who_works(admin: Reader, runtime: Runtime) -> None:
    add_task(runtime, "running", title="Scan Films")
    add_task(runtime, "failed", title="Scan Anime", error="The folder is missing")
    text = admin.open("/").text()
    for said in ("Scan Films", "Scan Anime", "The folder is missing", "nas:4100"):
        assert said in text


def test_no_worker_is_said_on_every_page(admin: Reader) -> None:
    for path in ("/", "/tasks", "/libraries"):
        assert "No worker is running" in admin.open(path).text()


def test_a_pause_of_an_operation_is_said_on_every_page(admin: Reader, runtime: Runtime) -> None:
    with runtime.transaction() as session:
        session.add(Pause(scope="publish", paused_by="anna"))
    assert "Operation publish is paused by anna" in admin.open("/media").text()


def test_workers_show_what_they_run(admin: Reader, runtime: Runtime) -> None:
    add_task(runtime, "running", [{"status": "running", "title": "Reading Nosferatu"}])
    text = admin.open("/workers").text()
    assert "1 of 8 threads busy" in text
    assert "Reading Nosferatu" in text


def test_a_schedule_is_run_now_and_leads_to_its_task(admin: Reader, cleanup: None) -> None:
    admin.open("/schedules").press("Run Delete old finished tasks now")
    assert admin.path.startswith("/tasks/")
    assert "cleanup" in admin.text()


def test_a_schedule_whose_run_is_going_on_leads_to_that_run(admin: Reader, cleanup: None) -> None:
    first = admin.open("/schedules").press("Run Delete old finished tasks now").path
    assert admin.open("/schedules").press("Run Delete old finished tasks now").path == first
    assert admin.toasts() == ["Its last run is going on already"]


def test_a_schedule_is_switched_off_and_on(admin: Reader, cleanup: None) -> None:
    admin.open("/schedules").press("Switch off Delete old finished tasks")
    assert "Off" in admin.text()
    admin.press("Switch on Delete old finished tasks")
    assert "Off" not in admin.text()


def test_a_player_is_added_changed_and_removed(admin: Reader) -> None:
    admin.open("/players").press(
        "Add player",
        name="Living room",
        kind="kodi",
        url="http://127.0.0.1:9",
        username="kodi",
        secret="s3cret",
    )
    assert "Kodi, http://127.0.0.1:9" in admin.text()
    admin.follow("Edit Living room")
    assert "s3cret" not in admin.page.text_content()
    assert admin.page.xpath("//input[@name='secret']/@value") == [""]
    admin.press("Save", name="Cellar")
    assert admin.toasts() == ["Cellar is changed"]
    admin.press("Test Cellar")
    assert "cannot connect" in admin.toasts()[0]
    admin.press("Leave alone Cellar")
    assert "left alone" in admin.text()
    admin.follow("Remove Cellar").press("Remove player")
    assert admin.path == "/players"
    assert "Cellar" not in admin.text()


def test_a_player_with_a_bad_address_is_refused_beside_the_field(admin: Reader) -> None:
    admin.open("/players").press("Add player", name="Kodi", kind="kodi", url="not an address")
    assert admin.status == 422
    assert admin.page.xpath("//input[@name='url']/@aria-invalid") == ["true"]
    assert admin.page.xpath("//input[@name='name']/@value") == ["Kodi"]


def test_pages_say_that_the_database_is_away_and_come_back(app: Flask, runtime: Runtime) -> None:
    reader = signed_in(app, "anna")
    sessions, runtime.sessions = runtime.sessions, _unreachable()
    reader.open("/tasks")
    assert reader.status == 503
    assert "Nothing is lost" in reader.text()
    runtime.sessions = sessions
    assert reader.open("/tasks").status == 200


def _unreachable() -> object:
    engine = db.make_engine("postgresql://nobody@127.0.0.1:9/nothing")
    return db.make_sessions(engine)


@pytest.mark.parametrize(
    "path", ["/", "/tasks", "/libraries", "/media", "/schedules", "/workers", "/players"]
)
def test_pages_are_sent_compressed_to_those_who_take_it(admin: Reader, path: str) -> None:
    answer = admin._client.get(path, headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in answer.headers["Vary"]
    assert "Content-Encoding" not in admin._client.get(path).headers


@pytest.mark.parametrize("path", ["/", "/tasks", "/players"])
def test_no_page_has_inline_script_or_style(admin: Reader, path: str) -> None:
    page = admin.open(path).page
    assert not page.xpath("//*[@style] | //style | //script[not(@src)]")
    assert not [name for element in page.iter() for name in element.attrib if name.startswith("on")]
