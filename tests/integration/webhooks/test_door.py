"""The door for webhooks: who is let in, what is refused, and that all else is kept before the answer."""

from __future__ import annotations

import base64
import json
import logging
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from queueapp.models.downloader import DownloaderKind
from queueapp.models.webhook import Outcome
from queueapp.runtime import Runtime
from queueapp.services import api_keys, users
from queueapp.services.arr import downloaders
from queueapp.services.arr.downloader_views import DownloaderChanges, NewDownloader
from tests import arr_payloads as arr
from tests.integration.webhooks.conftest import Sender

KEY = "wk_a-key-of-sixteen-or-more"
TEST = arr.radarr("Test", movie=arr.movie("C:\\testpath", "Test Title", 1970))


@pytest.fixture
def cinema(runtime: Runtime) -> int:
    """A downloader named Cinema."""
    new = NewDownloader(name="Cinema", kind=DownloaderKind.RADARR, webhook_key=KEY)
    with runtime.transaction() as session:
        return downloaders.add_downloader(session, new).id


@pytest.fixture
def client(app: Flask, cinema: int) -> FlaskClient:
    """Somebody who has to show what opens the door."""
    del cinema
    return app.test_client()


def basic(name: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{name}:{password}".encode("iso-8859-1")).decode()}


@pytest.mark.parametrize(
    "path", ["/webhooks/radarr", "/webhooks/radarr/", "/webhooks/cinema", "//webhooks//Cinema"]
)
def test_a_downloader_is_let_in_by_its_key(client: FlaskClient, path: str) -> None:
    shown = [basic("radarr", KEY), basic("", KEY), basic(KEY, ""), {"X-Api-Key": KEY}]
    for headers in (*shown, {"Authorization": f"Bearer {KEY}"}):
        for method in ("POST", "PUT"):
            # Not as the address: there `//` would begin a host.
            plain = {"PATH_INFO": path}
            answer = client.open("/", method=method, json=TEST, headers=headers, environ_overrides=plain)
            assert (answer.status_code, answer.get_json()["status"]) == (200, "stored")


def test_a_key_in_the_address_opens_too(client: FlaskClient) -> None:
    for end in ("", "/"):
        assert client.post(f"/webhooks/sonarr/{KEY}{end}", json=TEST).status_code == 200


def test_an_admins_key_and_password_open_and_a_viewers_key_does_not(
    client: FlaskClient, runtime: Runtime
) -> None:
    with runtime.transaction() as session:
        admin, viewer = (api_keys.create_key(session, role, role)[1] for role in ("admin", "viewer"))
        users.add_user(session, "anna", "correct horse battery", "admin")
    assert client.post("/webhooks/radarr", json=TEST, headers={"X-Api-Key": admin}).status_code == 200
    assert (
        client.post("/webhooks/radarr", json=TEST, headers=basic("anna", "correct horse battery")).status_code
        == 200
    )
    assert client.post("/webhooks/radarr", json=TEST, headers=basic("anna", "wrong horse")).status_code == 401
    assert client.post("/webhooks/radarr", json=TEST, headers={"X-Api-Key": viewer}).status_code == 403


def test_bad_credentials_are_refused_and_nothing_is_stored(client: FlaskClient, runtime: Runtime) -> None:
    for headers in ({}, {"X-Api-Key": "wrong"}, basic("a", "b"), {"X-Api-Key": "\xfcnicode"}):
        answer = client.post("/webhooks/radarr", json=TEST, headers=headers)
        assert answer.status_code == 401
        assert answer.mimetype == "application/problem+json"
    assert client.post("/webhooks/radarr/wrong", json=TEST).status_code == 401
    with runtime.transaction() as session:
        assert session.scalar(sa.text("SELECT count(*) FROM webhooks")) == 0


def test_a_revoked_key_and_one_of_a_downloader_switched_off_open_nothing(
    client: FlaskClient, runtime: Runtime, cinema: int
) -> None:
    with runtime.transaction() as session:
        row, key = api_keys.create_key(session, "old", "admin")
    assert client.post("/webhooks/radarr", json=TEST, headers={"X-Api-Key": key}).status_code == 200
    with runtime.transaction() as session:
        api_keys.revoke_key(session, row.id)
        downloaders.change_downloader(session, cinema, DownloaderChanges(enabled=False))
    assert client.post("/webhooks/radarr", json=TEST, headers={"X-Api-Key": key}).status_code == 401
    assert client.post("/webhooks/radarr", json=TEST, headers={"X-Api-Key": KEY}).status_code == 401


def test_what_is_no_webhook_is_refused(client: FlaskClient) -> None:
    bodies = [
        b"",
        b"{",
        b"[]",
        b'"text"',
        b"null",
        b"\xff\xfe",
        b"{}",
        b'{"eventType": 5}',
        b'{"eventType": " "}',
    ]
    for body in (*bodies, b"[" * 100_000, b'{"eventType": "Test"} x'):
        answer = client.post("/webhooks/radarr", data=body, headers={"X-Api-Key": KEY})
        assert answer.status_code == 400, body[:20]
        assert answer.get_json()["detail"]


def test_any_content_type_that_carries_json_will_do(client: FlaskClient) -> None:
    body = b"\xef\xbb\xbf" + json.dumps(TEST, indent=2).encode()
    for mimetype in ("application/json", "text/plain", "application/octet-stream", None):
        options: dict[str, Any] = {"content_type": mimetype} if mimetype else {}
        headers = {"X-Api-Key": KEY}
        assert client.post("/webhooks/radarr", data=body, headers=headers, **options).status_code == 200


def test_a_webhook_has_at_most_a_mebibyte(client: FlaskClient) -> None:
    frame = len(json.dumps({"eventType": "Test", "x": ""}))
    for length, status in ((1024 * 1024, 200), (1024 * 1024 + 1, 413)):
        body = json.dumps({"eventType": "Test", "x": "a" * (length - frame)})
        assert len(body) == length
        assert client.post("/webhooks/radarr", data=body, headers={"X-Api-Key": KEY}).status_code == status


def test_an_unknown_name_is_not_found(client: FlaskClient) -> None:
    assert client.post("/webhooks/nobody", json=TEST, headers={"X-Api-Key": KEY}).status_code == 404
    assert client.post("/webhooks/nobody", json=TEST).status_code == 401


def test_other_methods_are_refused_without_a_redirect(client: FlaskClient) -> None:
    for method in ("GET", "DELETE", "PATCH"):
        assert client.open("/webhooks/radarr", method=method, headers={"X-Api-Key": KEY}).status_code == 405


def test_what_asks_for_nothing_is_recorded_and_what_is_unknown_ignored(sender: Sender) -> None:
    known = ["Test", "Grab", "Health", "HealthRestored", "ApplicationUpdate", "ManualInteractionRequired"]
    for event in (*known, "MovieAired", "\u2603"):
        outcome = Outcome.RECORDED if event in known else Outcome.IGNORED
        for payload in (arr.radarr(event), arr.sonarr(event, series=arr.series()), {"eventType": event}):
            webhook = sender.acted(payload)
            assert (webhook.event, webhook.outcome, webhook.task_id) == (event, outcome, None)
            assert json.loads(webhook.body) == payload
            assert webhook.reason or outcome is Outcome.RECORDED


def test_odd_shapes_are_kept_and_do_no_harm(sender: Sender) -> None:
    odd: list[dict[str, Any]] = [
        {}, {"movie": None}, {"movie": []}, {"series": {}}, {"movie": {"id": "x"}, "deletedFiles": True},
        {"movie": {"id": 2**70, "title": "\ud800\x00"}, "movieFile": {"path": 3}, "renamedMovieFiles": [1, {}]},
    ]  # fmt: skip
    for event in ("Download", "Rename", "MovieDelete", "MovieFileDelete", "MovieAdded", "SeriesAdd"):
        for members in odd:
            webhook = sender.acted({"eventType": event, **members})
            assert webhook.outcome in {Outcome.ERROR, Outcome.RECORDED, Outcome.TASK}
            assert webhook.reason or webhook.outcome is not Outcome.ERROR


def test_the_sender_is_found_by_key_name_or_being_the_only_one(sender: Sender, cinema: int) -> None:
    assert sender.acted(TEST).downloader_id == cinema
    with sender.runtime.transaction() as session:
        other = NewDownloader(name="Radarr 4K", kind=DownloaderKind.RADARR, base_url="http://radarr.lan:7878")
        four = downloaders.add_downloader(session, other).id
    assert sender.acted(TEST).downloader_id == four
    assert sender.acted(TEST | {"applicationUrl": ""}).downloader_id is None
    assert sender.acted(TEST | {"applicationUrl": "", "instanceName": "cinema"}).downloader_id == cinema
    sender.key = KEY
    assert sender.acted(TEST).downloader_id == cinema
    assert sender.acted(TEST, "Radarr 4K").downloader_id == four


def test_keys_in_addresses_reach_no_log(client: FlaskClient, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    client.post(f"/webhooks/radarr/{KEY}", json=TEST)
    client.post(f"/webhooks/radarr/{KEY}", data=b"{")
    assert KEY not in caplog.text
