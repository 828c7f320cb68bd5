"""/api/downloaders and /api/webhooks: manage, try, register, read the history, page through what came."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.serving import make_server

from actors.recover_history import RecoverHistory, perform
from queueapp.errors import Permanent, RetryLater, Skip
from queueapp.models.webhook import Origin, Outcome
from tests import arr_payloads as arr
from tests.integration.actors.acting import Acting
from tests.integration.webhooks.conftest import Sender
from tests.servers.arr import KEY, ArrServer
from tests.servers.loopback import GARBAGE, Reply
from tests.servers.radarr import RadarrServer
from tests.servers.sonarr import SonarrServer

MAPPINGS = [{"ours": "/media/films", "theirs": "D:\\Movies"}]
FILM = "/movies/Nosferatu (1922)/Nosferatu (1922).mkv"
NOW = datetime.now(UTC)


@pytest.fixture
def radarr() -> Iterator[RadarrServer]:
    """A running Radarr."""
    with RadarrServer() as server:
        yield server


@pytest.fixture
def sonarr() -> Iterator[SonarrServer]:
    """A running Sonarr."""
    with SonarrServer() as server:
        yield server


@pytest.fixture
def api(sender: Sender) -> FlaskClient:
    """A program with an admin's key."""
    sender.client.environ_base["HTTP_X_API_KEY"] = sender.key
    return sender.client


@pytest.fixture
def own_address(app: Flask) -> Iterator[str]:
    """Our own web server, as a downloader reaches it."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def added(api: FlaskClient, server: ArrServer | None = None, **more: Any) -> dict[str, Any]:
    kind = server.app.lower() if server else "radarr"
    body = {"name": kind.capitalize(), "kind": kind} | more
    if server:
        body |= {"base_url": server.url, "api_key": KEY}
    answer = api.post("/api/downloaders", json=body)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.get_json()
    return found


def test_secrets_go_in_and_only_the_webhook_key_comes_out_once(api: FlaskClient, app: Flask) -> None:
    made = added(api, api_key="secret-of-radarr", base_url="http://radarr:7878", path_mappings=MAPPINGS)
    assert made["webhook_key"].startswith("wk_")
    url = f"/api/downloaders/{made['id']}"
    for shown in (api.get(url).get_json(), api.get("/api/downloaders").get_json()["downloaders"][0]):
        assert (shown["api_key"], shown["webhook_key"]) == ("***", "***")
        assert (shown["path_mappings"], shown["webhook_path"]) == (MAPPINGS, "/webhooks/Radarr")
    assert api.patch(url, json={"api_key": "***", "name": "Radarr 4K"}).get_json()["api_key"] == "***"
    assert api.patch(url, json={"api_key": None}).get_json()["api_key"] is None
    key = {"X-Api-Key": made["webhook_key"]}
    assert (
        app.test_client().post("/webhooks/Radarr%204K", json=arr.radarr("Test"), headers=key).status_code
        == 200
    )
    assert api.delete(url).status_code == 204
    assert api.get(url).status_code == 404
    assert app.test_client().post("/webhooks/radarr", json=arr.radarr("Test"), headers=key).status_code == 401


def test_what_does_not_fit_is_refused(api: FlaskClient) -> None:
    added(api)
    good: dict[str, Any] = {"name": "Other", "kind": "sonarr"}
    for status, change in (
        (409, {"name": "RADARR", "kind": "radarr"}), (422, {"name": "radarr", "kind": "sonarr"}),
        (422, {"name": "a/b"}), (422, {"name": "received"}), (422, {"kind": "lidarr"}), (422, {"base_url": "nas"}),
        (422, {"webhook_key": "short"}), (422, {"path_mappings": [{"ours": "/a"}]}), (422, {"colour": "red"}),
    ):  # fmt: skip
        answer = api.post("/api/downloaders", json=good | change)
        assert answer.status_code == status, (change, answer.text)
    number = api.get("/api/downloaders").get_json()["downloaders"][0]["id"]
    for act in ("test", "register", "recover"):
        assert api.post(f"/api/downloaders/{number}/{act}").status_code == 409
        assert api.post(f"/api/downloaders/{number + 1}/{act}").status_code == 404


def test_trying_says_what_is_wrong_in_words(
    api: FlaskClient, radarr: RadarrServer, sonarr: SonarrServer
) -> None:
    url = f"/api/downloaders/{added(api, radarr)['id']}"
    assert api.post(f"{url}/test").get_json()["version"] == "5.26.2.10099"
    for fault, words in (
        (Reply(429, b"", {"Retry-After": "5"}), "answered 429"), (Reply(503, b""), "answered 503"),
        (GARBAGE, "not the JSON"), (Reply(200, {"hello": 1}), "does not answer as Radarr"),
        (Reply(200, b"{}" * 9, cut_after=1), "connection broke"),
    ):  # fmt: skip
        radarr.faults.append(fault)
        outcome = api.post(f"{url}/test").get_json()
        assert (outcome["ok"], words in outcome["message"]) == (False, True), outcome
    api.patch(url, json={"api_key": "wrong"})
    assert "refuses the API key" in api.post(f"{url}/test").get_json()["message"]
    api.patch(url, json={"api_key": KEY, "base_url": sonarr.url})
    assert "is Sonarr, not Radarr" in api.post(f"{url}/test").get_json()["message"]
    api.patch(url, json={"base_url": "http://127.0.0.1:1"})
    assert "cannot connect" in api.post(f"{url}/test").get_json()["message"]


@pytest.mark.parametrize("kind", ["radarr", "sonarr"])
def test_registering_creates_the_webhook_once_and_it_works(
    api: FlaskClient, app: Flask, sender: Sender, own_address: str, kind: str,
    radarr: RadarrServer, sonarr: SonarrServer,
) -> None:  # fmt: skip
    server = radarr if kind == "radarr" else sonarr
    number = added(api, server)["id"]
    for _ in range(2):
        answer = api.post(f"/api/downloaders/{number}/register", json={"url": own_address}).get_json()
        assert (answer["ok"], answer["notification_id"]) == (True, 1), answer
    (made,) = server.notifications.values()
    values = {one["name"]: one["value"] for one in made["fields"]}
    assert (values["url"], values["method"]) == (f"{own_address}/webhooks/{server.app}", 1)
    assert all(made[event] is True for event in server.events)
    assert "onBookRetag" not in made
    assert server.answered == [200, 200]
    assert server.send(values, arr.radarr("Grab")) == 200
    assert {one.downloader_id for one in sender.webhooks()} == {number}
    assert api.get(f"/api/downloaders/{number}").get_json()["registered_at"]
    failed = api.post(f"/api/downloaders/{number}/register", json={"url": "http://127.0.0.1:1"}).get_json()
    assert (failed["ok"], "Unable to send test message" in failed["message"]) == (False, True)
    del app


def recovered(sender: Sender, number: int) -> Any:
    return perform(RecoverHistory(downloader_id=number), Acting(sender.runtime).as_context)


@pytest.mark.parametrize("knows_since", [True, False])
def test_what_was_missed_is_taken_in_once(api: FlaskClient, sender: Sender, knows_since: bool) -> None:
    with RadarrServer(knows_since=knows_since) as radarr:
        number = added(api, radarr)["id"]
        heard, missed = FILM, FILM.replace("Nosferatu", "Metropolis")
        sender.acted(arr.film_import(heard, number=77))
        radarr.imported(heard, NOW - timedelta(hours=2), 77)
        radarr.imported(missed, NOW - timedelta(hours=3), 80)
        radarr.imported(missed, NOW - timedelta(hours=1), 81)
        radarr.history.append({"id": 99, "eventType": "grabbed", "date": NOW.isoformat(), "data": {}})
        assert recovered(sender, number)["missed"] == [missed]
        found = sender.webhooks()[-1]
        assert (found.origin, found.outcome, found.downloader_id) == (Origin.HISTORY, Outcome.TASK, number)
        assert sender.items(found.task_id)[0].type == "import"
        assert recovered(sender, number)["missed"] == []
        late = sender.acted(arr.film_import(missed, number=81))
        assert (late.outcome, late.duplicate_of) == (Outcome.DUPLICATE, found.id)
        assert api.get(f"/api/downloaders/{number}").get_json()["history_read_until"]


def test_renames_and_deletions_that_were_missed_are_followed_and_those_heard_are_not(
    api: FlaskClient, sender: Sender, radarr: RadarrServer
) -> None:
    number = added(api, radarr)["id"]
    folder = "/movies/Nosferatu (1922)"
    pair = {"path": f"{folder}/heard.mkv", "previousPath": f"{folder}/old.mkv"}
    sender.acted(arr.radarr("Rename", movie=arr.movie(), renamedMovieFiles=[pair]))
    heard = arr.radarr(
        "MovieFileDelete",
        movie=arr.movie(),
        movieFile=arr.movie_file(f"{folder}/x.mkv"),
        deleteReason="manual",
    )
    sender.acted(heard)
    now = datetime.now(UTC)
    radarr.renamed(pair["previousPath"], pair["path"], now)
    radarr.deleted(f"{folder}/x.mkv", "Manual", now)
    radarr.renamed(f"{folder}/a.mkv", f"{folder}/b.mkv", now)
    radarr.deleted(f"{folder}/y.mkv", "MissingFromDisk", now)
    found = recovered(sender, number)
    assert sorted(found["missed"]) == [f"{folder}/b.mkv", f"{folder}/y.mkv"]
    assert found["taken"] == {"imports": 0, "renames": 1, "deletions": 1}
    renamed, gone = sender.webhooks()[-2:]
    assert (renamed.event, renamed.outcome, renamed.origin) == ("Rename", Outcome.TASK, Origin.HISTORY)
    (moved,) = sender.items(renamed.task_id, "follow_rename")[-1:]
    assert moved.title == "b.mkv"
    assert (gone.event, gone.outcome) == ("MovieFileDelete", Outcome.TASK)
    assert recovered(sender, number)["missed"] == []
    late = heard | {"movieFile": arr.movie_file(f"{folder}/y.mkv")}
    known = sender.acted(late)
    assert (known.outcome, known.duplicate_of, known.task_id) == (Outcome.DUPLICATE, gone.id, gone.task_id)


def test_an_upgrade_that_was_missed_is_one_story(
    api: FlaskClient, sender: Sender, radarr: RadarrServer
) -> None:
    number = added(api, radarr)["id"]
    folder = "/movies/Nosferatu (1922)"
    now = datetime.now(UTC)
    radarr.deleted(f"{folder}/sd.mkv", "Upgrade", now)
    radarr.imported(f"{folder}/hd.mkv", now, 90)
    assert recovered(sender, number)["missed"] == [f"{folder}/hd.mkv"]
    (one,) = sender.webhooks()
    assert (one.outcome, one.reason) == (Outcome.TASK, "an upgrade")
    assert [item.type for item in sender.items(one.task_id)] == ["import"]


def test_an_episode_missed_is_taken_in(api: FlaskClient, sender: Sender, sonarr: SonarrServer) -> None:
    number = added(api, sonarr)["id"]
    folder = "/tv/Lantern Street (1958)"
    for episode in (1, 2):
        path = arr.episode_file(folder, episode)["path"]
        sonarr.imported(folder, path, NOW - timedelta(minutes=episode), 900 + episode, episode)
    assert len(recovered(sender, number)["missed"]) == 2
    assert {one.title for one in sender.webhooks()} == {
        "Lantern Street (1958) S01E01",
        "Lantern Street (1958) S01E02",
    }
    assert len({one.task_id for one in sender.webhooks()}) == 1


def test_each_downloader_is_read_on_its_own_and_faults_are_told_apart(
    api: FlaskClient, sender: Sender, radarr: RadarrServer, sonarr: SonarrServer
) -> None:
    numbers = [added(api, server)["id"] for server in (radarr, sonarr)]
    acting = Acting(sender.runtime)
    perform(RecoverHistory(), acting.as_context)
    assert [item.payload for item in acting.added] == [{"downloader_id": number} for number in numbers]
    radarr.faults.append(Reply(429, b"", {"Retry-After": "7"}))
    with pytest.raises(RetryLater) as told:
        recovered(sender, numbers[0])
    assert told.value.seconds == 7
    radarr.faults.append(Reply(401, b""))
    with pytest.raises(Permanent, match="refuses the API key"):
        recovered(sender, numbers[0])
    with pytest.raises(Skip):
        recovered(sender, 10**6)


def test_the_list_pages_and_filters(api: FlaskClient, sender: Sender) -> None:
    for number in range(5):
        sender.acted(arr.radarr("Grab", movie=arr.movie(title=f"Film {number}", year=2000 + number)))
    sender.acted(arr.sonarr("Nonsense"), "sonarr")
    page = api.get("/api/webhooks?limit=4").get_json()
    assert (page["total"], page["offset"], len(page["webhooks"])) == (6, 0, 4)
    rest = api.get(f"/api/webhooks?limit=4&cursor={page['next_cursor']}").get_json()
    assert [one["id"] for one in page["webhooks"] + rest["webhooks"]] == [6, 5, 4, 3, 2, 1]
    assert (rest["next_cursor"], rest["spool"]["waiting"]) == (None, 0)
    for query, count in (
        ("source=sonarr", 1), ("event=grab,test", 5), ("outcome=ignored", 1), ("outcome=recorded", 5),
        ("q=film 3", 1), ("origin=http", 6), ("origin=replay", 0), ("task_id=1", 0), ("since=2100-01-01T00:00:00Z", 0),
    ):  # fmt: skip
        assert api.get(f"/api/webhooks?{query}").get_json()["total"] == count, query
    for query in ("outcome=nonsense", "cursor=x", "limit=101", "colour=red", "since=yesterday"):
        assert api.get(f"/api/webhooks?{query}").status_code == 422, query
    assert api.get("/api/webhooks/1").get_json()["payload"]["movie"]["title"] == "Film 0"
    assert api.get("/api/webhooks/99").status_code == 404


def test_a_replay_answers_with_the_new_webhook(api: FlaskClient, sender: Sender) -> None:
    first = sender.acted(arr.film_import(FILM))
    answer = api.post(f"/api/webhooks/{first.id}/replay")
    assert answer.status_code == 202
    assert (answer.get_json()["replay_of"], answer.get_json()["outcome"]) == (first.id, "task")
    assert answer.headers["Location"] == f"/api/webhooks/{answer.get_json()['id']}"
    assert api.post("/api/webhooks/99/replay").status_code == 404
