"""Webhooks while the database or the disk is away: none is lost, none is doubled, and no answer lies."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import sqlalchemy as sa
from flask import Flask

from queueapp import db
from queueapp.embedded.postgres import Postgres
from queueapp.models.webhook import Origin, Outcome
from queueapp.services.arr import webhook_spool
from queueapp.services.arr.webhook_intake import Delivery, store
from queueapp.services.arr.webhook_spool import Spool, SpoolFull
from tests import arr_payloads as arr
from tests.integration.webhooks.conftest import Sender
from tests.waiting import eventually
from webui import webhook_intake


@contextmanager
def stopped(postgres: Postgres) -> Iterator[None]:
    """PostgreSQL is away for the length of a block."""
    postgres.stop()
    try:
        yield
    finally:
        postgres.start()


def test_what_comes_while_the_database_is_away_is_taken_in_afterwards_in_order(
    sender: Sender, app: Flask, postgres: Postgres
) -> None:
    intake = webhook_intake.of(app)
    before = sender.acted(arr.radarr("Test"))
    eventually(lambda: intake.known.file.exists(), what="the keys being known")
    with stopped(postgres):
        answers = [sender.send(arr.radarr("Grab", release={"releaseTitle": f"No {n}"})) for n in range(20)]
        assert {one.status_code for one in answers} == {200}
        assert {one.get_json()["status"] for one in answers} == {"spooled"}
        assert sender.client.post("/webhooks/radarr", json=arr.radarr("Test")).status_code == 401
        wrong = {"X-Api-Key": "wrong"}
        assert (
            sender.client.post("/webhooks/radarr", json=arr.radarr("Test"), headers=wrong).status_code == 401
        )
        assert intake.spool.health().waiting == 20
    eventually(intake.spool.is_empty, 30, what="the spool being taken in")
    after = sender.acted(arr.radarr("Test"))
    told = sender.webhooks()
    assert [one.id for one in told] == sorted(one.id for one in told)
    assert (told[0].id, told[-1].id) == (before.id, after.id)
    assert [json.loads(one.body)["release"]["releaseTitle"] for one in told[1:-1]] == [
        f"No {n}" for n in range(20)
    ]
    assert {one.origin for one in told[1:-1]} == {Origin.SPOOL}
    eventually(lambda: {one.outcome for one in sender.webhooks()} == {Outcome.RECORDED})


def test_keys_are_known_after_a_restart_without_the_database(
    sender: Sender, app: Flask, postgres: Postgres
) -> None:
    known = webhook_intake.of(app).known
    sender.acted(arr.radarr("Test"))
    eventually(known.file.exists, what="the keys being kept")
    assert sender.key not in known.file.read_text()
    webhook_intake.stop(app)
    with stopped(postgres):
        webhook_intake.install(app)
        assert sender.send(arr.radarr("Test")).get_json()["status"] == "spooled"
    assert eventually(lambda: len(sender.webhooks()) == 2, 30, what="the spooled webhook")


def test_a_webhook_taken_in_twice_is_stored_once(sender: Sender, app: Flask) -> None:
    spool = Spool(webhook_intake.of(app).spool.folder.parent / "elsewhere")
    delivery = Delivery("radarr", "Test", json.dumps(arr.radarr("Test")))
    stored: list[int | None] = []

    def take(one: Delivery) -> None:
        with sender.runtime.transaction() as session:
            stored.append(store(db.raw(session), one))

    spool.put(delivery)
    assert spool.take(take) == 1
    spool.put(delivery)  # as if the process had died between the commit and the end of the file
    assert spool.take(take) == 1
    assert stored[0] is not None
    assert stored[1] is None
    assert len(sender.webhooks()) == 1


def test_a_damaged_file_is_put_aside_and_holds_up_nothing(app: Flask) -> None:
    spool = Spool(webhook_intake.of(app).spool.folder.parent / "elsewhere")
    spool.put(Delivery("radarr", "Test", "{}"))
    (spool.folder / f"{1:020d}-cut-short.json").write_text('{"source": "rad')
    taken: list[Delivery] = []
    assert spool.health().waiting == 2
    assert spool.take(taken.append) == 1
    assert [one.event for one in taken] == ["Test"]
    assert (spool.health().waiting, spool.health().damaged) == (0, 1)


def test_with_no_room_anywhere_the_answer_is_503(
    sender: Sender, app: Flask, postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    sender.acted(arr.radarr("Test"))
    eventually(lambda: webhook_intake.of(app).known.file.exists())
    monkeypatch.setattr(webhook_spool.os, "fsync", full)
    with stopped(postgres):
        answer = sender.send(arr.radarr("Grab"))
    assert answer.status_code == 503
    assert "No space left" in answer.get_json()["detail"]
    assert webhook_intake.of(app).spool.health().waiting == 0
    with pytest.raises(SpoolFull):
        webhook_intake.of(app).spool.put(Delivery("radarr", "Test", "{}"))


def test_what_was_stored_but_not_acted_on_is_acted_on_at_the_next_start(sender: Sender, app: Flask) -> None:
    with sender.runtime.transaction() as session:
        for number in range(25):
            store(db.raw(session), Delivery("radarr", "Grab", json.dumps(arr.radarr("Grab", number=number))))
    webhook_intake.of(app).start()
    eventually(lambda: {one.outcome for one in sender.webhooks()} == {Outcome.RECORDED})


def test_one_that_cannot_be_acted_on_holds_up_no_other(sender: Sender, app: Flask) -> None:
    with sender.runtime.transaction() as session:
        store(db.raw(session), Delivery("radarr", "Download", "not JSON at all"))
        store(db.raw(session), Delivery("radarr", "Test", json.dumps(arr.radarr("Test"))))
    webhook_intake.of(app).start()

    def outcomes() -> list[Outcome]:
        return [one.outcome for one in sender.webhooks()]

    eventually(lambda: outcomes() == [Outcome.ERROR, Outcome.RECORDED])
    with sender.runtime.transaction() as session:
        assert session.scalar(sa.text("SELECT count(*) FROM queue_tasks")) == 0
