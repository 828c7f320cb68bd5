"""The smaller resources of the API."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask.testing import FlaskClient

from queueapp.models.worker import Worker
from queueapp.runtime import Runtime
from queueapp.services.schedule import schedules


@pytest.fixture
def films(tmp_path: Path) -> Path:
    """A folder with one film."""
    folder = tmp_path / "films" / "Nosferatu (1922)"
    folder.mkdir(parents=True)
    (folder / "Nosferatu (1922).mkv").write_bytes(b"no film, but a file")
    return folder.parent


def test_adding_a_library_enqueues_its_scan(admin: FlaskClient, films: Path) -> None:
    body = {"name": "Films", "path": str(films), "kind": "movies"}
    response = admin.post("/api/libraries", json=body)
    assert response.status_code == 201
    added = response.get_json()
    assert admin.get(response.headers["Location"]).get_json()["name"] == "Films"
    task = admin.get(f"/api/queues/{added['task_id']}").get_json()
    assert (task["type"], task["status"]) == ("scan", "queued")
    assert task["created_by"] == "key:test admin"
    assert task["meta"]["config"]["publish"]["assets"] is True


def test_the_same_folder_is_no_second_library(admin: FlaskClient, films: Path) -> None:
    body = {"name": "Films", "path": str(films), "kind": "movies"}
    admin.post("/api/libraries", json=body)
    assert admin.post("/api/libraries", json=body).status_code == 409
    inside = body | {"path": str(films / "Nosferatu (1922)")}
    assert admin.post("/api/libraries", json=inside).status_code == 409
    assert admin.get("/api/libraries").get_json()["total"] == 1


def test_a_library_is_renamed_scanned_and_forgotten_with_its_files_left(
    admin: FlaskClient, films: Path
) -> None:
    body = {"name": "Films", "path": str(films), "kind": "movies"}
    added = admin.post("/api/libraries", json=body).get_json()
    url = f"/api/libraries/{added['library']['id']}"
    assert admin.patch(url, json={"name": "Old films"}).get_json()["name"] == "Old films"
    scan = admin.post(f"{url}/scan")
    assert (scan.status_code, scan.get_json()) == (202, {"task_id": added["task_id"], "created": False})
    assert admin.delete(url).status_code == 204
    assert admin.get(url).status_code == 404
    assert list(films.rglob("*.mkv"))


def test_a_scan_by_path_finds_its_library(admin: FlaskClient, films: Path) -> None:
    body = {"name": "Films", "path": str(films), "kind": "movies"}
    library_id = admin.post("/api/libraries", json=body).get_json()["library"]["id"]
    scan = {"type": "scan", "items": [{"path": str(films / "Nosferatu (1922)")}]}
    task_id = admin.post("/api/queues/tasks", json=scan).get_json()["task_id"]
    item = admin.get(f"/api/queues/{task_id}").get_json()["items"][0]
    payload = admin.get(f"/api/queues/{task_id}/items/{item['id']}").get_json()["payload"]
    assert (payload["library_id"], payload["kind"]) == (library_id, "movies")


def test_phases_are_configured_and_reset(admin: FlaskClient) -> None:
    changed = admin.patch("/api/phase-config/enrichment", json={"maxPoster": 1, "language": "de"})
    assert changed.status_code == 200
    assert (changed.get_json()["maxPoster"], changed.get_json()["maxFanart"]) == (1, 5)
    assert admin.get("/api/phase-config").get_json()["enrichment"]["language"] == "de"
    assert admin.post("/api/phase-config/reset").get_json()["enrichment"]["language"] == "en"
    assert admin.get("/api/phase-config/enrichment").get_json()["maxPoster"] == 3


@pytest.mark.parametrize(
    ("phase", "change", "loc"),
    [
        ("scan", {"enabled": False}, ["enabled"]),
        ("scan", {"extensions": []}, ["extensions"]),
        ("scan", {"minFileSizeMb": -1}, ["minFileSizeMb"]),
        ("enrichment", {"language": "English"}, ["language"]),
        ("playerSync", {"delaySeconds": "soon"}, ["delaySeconds"]),
    ],
)
def test_a_change_of_a_phase_that_does_not_fit_changes_nothing(
    admin: FlaskClient, phase: str, change: dict[str, object], loc: list[str]
) -> None:
    before = admin.get("/api/phase-config").get_json()
    response = admin.patch(f"/api/phase-config/{phase}", json=change)
    assert response.status_code == 422
    assert [each["loc"] for each in response.get_json(force=True)["errors"]] == [loc]
    assert admin.get("/api/phase-config").get_json() == before


def test_a_schedule_is_shown_changed_and_run(admin: FlaskClient, runtime: Runtime) -> None:
    with runtime.transaction() as session:
        schedules.ensure_built_in(session, runtime.settings, runtime.registry.names())
    cleanup = next(
        each for each in admin.get("/api/schedules").get_json()["schedules"] if each["name"] == "cleanup"
    )
    url = f"/api/schedules/{cleanup['id']}"
    assert admin.patch(url, json={"enabled": False}).get_json()["enabled"] is False
    assert admin.patch(url, json={"cron": "never"}).status_code == 422
    run = admin.post(f"{url}/run")
    assert run.status_code == 202
    task_id = run.get_json()["task_id"]
    assert admin.get(f"/api/queues/{task_id}").get_json()["type"] == "cleanup"
    again = admin.post(f"{url}/run")
    assert (again.status_code, again.get_json(force=True)["task_id"]) == (409, task_id)


def test_a_players_secret_goes_in_and_never_comes_out(admin: FlaskClient) -> None:
    body = {"name": "Kodi", "kind": "kodi", "url": "http://127.0.0.1:9", "secret": "hunter2 hunter2"}
    made = admin.post("/api/players", json=body)
    assert made.status_code == 201
    url = made.headers["Location"]
    changed = admin.patch(url, json={"name": "Living room", "secret": "***"})
    tried = admin.post(f"{url}/test")
    assert (tried.status_code, tried.get_json()["ok"]) == (200, False)
    for response in (
        made,
        changed,
        tried,
        admin.get(url),
        admin.get("/api/players"),
        admin.get("/api/audit"),
    ):
        assert "hunter2" not in response.get_data(as_text=True)
    assert admin.get(url).get_json()["secret"] == "***"
    assert admin.delete(url).status_code == 204


def test_workers_are_listed_and_make_the_process_ready(admin: FlaskClient, runtime: Runtime) -> None:
    with runtime.transaction() as session:
        session.add(Worker(broker_id="b", host="here", pid=7, lanes=["high"], threads=4))
    [worker] = admin.get("/api/workers").get_json()["workers"]
    assert (worker["host"], worker["pid"], worker["alive"], worker["running"]) == ("here", 7, True, [])
    ready = admin.get("/ready")
    assert (ready.status_code, ready.get_json()["status"]) == (200, "ready")


def test_operations_are_listed_with_their_schemas(admin: FlaskClient) -> None:
    by_name = {each["name"]: each for each in admin.get("/api/operations").get_json()["operations"]}
    assert {"noop", "sleep", "scan", "analyze", "enrich", "publish", "cleanup"} <= set(by_name)
    assert "seconds" in by_name["sleep"]["payload_schema"]["properties"]
    assert all(each["description"] for each in by_name.values())


def test_a_task_gets_another_title(admin: FlaskClient) -> None:
    made = admin.post("/api/queues/tasks", json={"type": "noop", "items": [{}]}).get_json()
    url = f"/api/queues/{made['task_id']}"
    assert admin.patch(url, json={"title": "Mine"}).get_json()["title"] == "Mine"
    assert admin.get(url).get_json()["title"] == "Mine"
    for bad in ({}, {"title": ""}, {"title": "  "}, {"status": "completed"}):
        assert admin.patch(url, json=bad).status_code == 422


def test_the_audit_log_is_read_page_by_page(admin: FlaskClient) -> None:
    for number in range(5):
        admin.post("/api/keys", json={"name": f"key {number}"})
    first = admin.get("/api/audit?limit=3").get_json()
    second = admin.get(f"/api/audit?limit=3&before={first['next_before']}").get_json()
    names = [each["detail"]["name"] for each in first["entries"] + second["entries"]]
    assert names == [f"key {number}" for number in (4, 3, 2, 1, 0)]
    assert second["next_before"] is None


def test_a_library_may_have_rules_of_its_own_for_audio(admin: FlaskClient, films: Path) -> None:
    body = {"name": "Films", "path": str(films), "kind": "movies"}
    url = admin.post("/api/libraries", json=body).headers["Location"]
    assert admin.get(url).get_json()["audio"] == {}
    changed = admin.patch(url, json={"audio": {"languages": ["ger", "original"], "hard_links": "copy"}})
    assert changed.get_json()["audio"] == {"languages": ["ger", "original"], "hard_links": "copy"}
    for wrong in ({"languages": ["klingonish"]}, {"excluded_titles": "("}, {"unknown": 1}, {"languages": []}):
        assert admin.patch(url, json={"audio": wrong}).status_code == 422
    assert admin.patch(url, json={"audio": {}}).get_json()["audio"] == {}
