"""The pages of webhooks and downloaders, as a person uses them without JavaScript."""

from __future__ import annotations

import pytest
from flask import Flask

from queueapp.services import users
from queueapp.services.arr.webhook_intake import Delivery
from tests import arr_payloads as arr
from tests.integration.pages.reader import Reader
from tests.integration.webhooks.conftest import Sender
from tests.servers.arr import KEY
from tests.servers.radarr import RadarrServer
from webui import webhook_intake

PASSWORD = "correct horse battery"
FILM = "/movies/Nosferatu (1922)/Nosferatu (1922).mkv"


@pytest.fixture
def people(sender: Sender) -> None:
    with sender.runtime.transaction() as session:
        users.add_user(session, "anna", PASSWORD, "admin")
        users.add_user(session, "victor", PASSWORD, "viewer")


def signed_in(app: Flask, name: str) -> Reader:
    return Reader(app.test_client()).open("/login").press("Sign in", username=name, password=PASSWORD)


@pytest.mark.usefixtures("people")
def test_webhooks_are_listed_filtered_opened_and_done_again(app: Flask, sender: Sender) -> None:
    anna = signed_in(app, "anna").open("/webhooks")
    assert "Nothing received yet" in anna.text()
    film = sender.acted(arr.film_import(FILM))
    sender.acted(arr.film_import(FILM))
    sender.acted(arr.radarr("MovieAired"))
    text = anna.follow("Webhooks").text()
    for words in ("Nosferatu (1922)", "Told before", "MovieAired", "Ignored", "Queued"):
        assert words in text
    assert "Nosferatu" not in anna.follow("Ignored").text()
    anna.open("/webhooks?q=nosfer&event=Download&before=2")
    assert anna.text().count("Nosferatu (1922)") == 1
    assert "No webhook fits this filter" in anna.open("/webhooks?q=metropolis").text()
    detail = anna.open(f"/webhooks/received/{film.id}").text()
    assert '"tmdbId"' in detail
    anna.press("Do it again")
    assert "does it again" in anna.toasts()[0]
    victor = signed_in(app, "victor").open("/webhooks/")
    assert (victor.status, "Do webhook 1 again" in victor.buttons()) == (200, False)
    assert anna.open("/webhooks/received/99").status == 404


@pytest.mark.usefixtures("people")
def test_a_spool_that_waits_is_told(app: Flask) -> None:
    webhook_intake.of(app).stop()
    webhook_intake.of(app).spool.put(Delivery("radarr", "Test", "{}"))
    assert "1 webhooks wait on the disk for the database" in signed_in(app, "anna").open("/webhooks").text()


@pytest.mark.usefixtures("people")
def test_a_downloader_is_added_tried_changed_and_removed(app: Flask, sender: Sender) -> None:
    anna = signed_in(app, "anna").open("/settings/downloaders")
    with RadarrServer() as radarr:
        wrong = anna.press("Add downloader", name="Cinema", base_url="nonsense")
        assert (wrong.status, "URL" in wrong.text() or "pattern" in wrong.text()) == (422, True)
        anna.press(
            "Add downloader", name="Cinema", base_url=radarr.url, api_key=KEY, ours="/media", theirs="D:\\"
        )
        assert "wk_" in anna.text()
        assert "/webhooks/Cinema" in anna.text()
        anna.open("/settings/downloaders").press("Test Cinema")
        assert anna.toasts() == ["Radarr 5.26.2.10099 answers"]
        anna.press("Register the webhook in Cinema")
        assert "Unable to send test message" in anna.toasts()[0]
        anna.press("Take in what was missed of Cinema")
        assert "takes in what was missed" in anna.toasts()[0]
        anna.follow("Edit Cinema").press("Save", name="Cinema 4K")
        assert "Cinema 4K is changed" in anna.toasts()
        assert (KEY in anna.text(), "wk_" in anna.text()) == (False, False)
    anna.press("Leave alone Cinema 4K")
    assert "left alone" in anna.text()
    victor = signed_in(app, "victor").open("/settings/downloaders")
    assert (victor.status, victor.buttons()) == (200, [])
    anna.follow("Remove Cinema 4K").press("Remove downloader")
    assert "Cinema 4K is removed" in anna.toasts()
