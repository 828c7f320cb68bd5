"""What webhooks about one title set going together, without a worker: tasks, items and what is told twice."""

from __future__ import annotations

from typing import Any

import pytest

from queueapp.models.downloader import DownloaderKind
from queueapp.models.webhook import Origin, Outcome
from queueapp.services import cancel
from queueapp.services.arr import downloaders, webhook_intake, webhooks
from queueapp.services.arr.downloader_views import DownloaderChanges, NewDownloader
from tests import arr_payloads as arr
from tests.integration.webhooks.conftest import Sender

FILM = "/movies/Nosferatu (1922)/Nosferatu (1922).mkv"
SERIES = "/tv/Lantern Street (1958)"


def file_delete(path: str, reason: str, number: int = 77) -> dict[str, Any]:
    return arr.radarr(
        "MovieFileDelete", movie=arr.movie(), movieFile=arr.movie_file(path, number), deleteReason=reason
    )


def test_an_import_is_one_task_at_critical_priority(sender: Sender) -> None:
    webhook = sender.acted(arr.film_import(FILM))
    (item,) = sender.items(webhook.task_id)
    assert (item.type, item.title, item.status) == ("import", "Nosferatu (1922).mkv", "queued")
    with sender.runtime.transaction() as session:
        view = webhooks.get_webhook(session, webhook.id)
    assert (view.task_status, view.payload["movie"]["tmdbId"]) == ("queued", 653)


def test_the_files_of_a_pack_join_one_task(sender: Sender) -> None:
    told = [sender.acted(arr.episode_import(SERIES, number), "sonarr") for number in (1, 2)]
    told.append(sender.acted(arr.pack_import(SERIES, [1, 2, 3]), "sonarr"))
    told.append(sender.acted(arr.episode_import(SERIES, 3), "sonarr"))
    assert len({one.task_id for one in told}) == 1
    assert [one.outcome for one in told] == [Outcome.TASK, Outcome.TASK, Outcome.TASK, Outcome.DUPLICATE]
    assert told[3].duplicate_of == told[2].id
    assert len(sender.items(told[0].task_id, "import")) == 3


def test_a_windows_path_is_the_same_in_any_spelling(sender: Sender) -> None:
    first = sender.acted(arr.film_import("D:\\Movies\\Nosferatu (1922)\\Nosferatu.mkv"))
    again = sender.acted(arr.film_import("d:/movies/Nosferatu (1922)/nosferatu.mkv"))
    assert (again.outcome, again.duplicate_of) == (Outcome.DUPLICATE, first.id)
    unix = [sender.acted(arr.film_import(path)) for path in (FILM, FILM.replace("N", "n"))]
    assert [one.outcome for one in unix] == [Outcome.TASK, Outcome.TASK]


def test_old_shapes_without_ids_and_paths_are_imported_too(sender: Sender) -> None:
    webhook = sender.acted(arr.old_film_import("C:\\movies\\Nosferatu (1922)", "sub\\Nosferatu.mkv"))
    (item,) = sender.items(webhook.task_id)
    assert item.title == "Nosferatu.mkv"
    assert (
        sender.acted(arr.old_film_import("C:\\movies\\Nosferatu (1922)", "sub\\Nosferatu.mkv")).outcome
        == "duplicate"
    )
    bare = sender.acted({"eventType": "Download", "series": {"path": SERIES}}, "sonarr")
    assert (bare.outcome, bare.title) == (Outcome.TASK, "Lantern Street (1958)")


def test_a_failed_or_canceled_import_is_no_reason_to_do_nothing(sender: Sender) -> None:
    first = sender.acted(arr.film_import(FILM))
    assert first.task_id is not None
    cancel.cancel_task(sender.runtime, first.task_id, "somebody")
    again = sender.acted(arr.film_import(FILM))
    assert again.outcome is Outcome.TASK
    assert again.task_id != first.task_id


@pytest.mark.parametrize("delete_first", [True, False])
def test_an_upgrade_is_one_story_whichever_half_comes_first(sender: Sender, delete_first: bool) -> None:
    old = FILM.replace(".mkv", " DVD.mkv")
    new = arr.film_import(
        FILM,
        number=78,
        isUpgrade=True,
        deletedFiles=[arr.movie_file(old, 77) | {"recycleBinPath": "/r/x.mkv"}],
    )
    events = [file_delete(old, "upgrade"), new]
    told = [sender.acted(one) for one in (events if delete_first else reversed(events))]
    outcomes = {sender.outcome(one.id).outcome for one in told}
    tasks = {sender.outcome(one.id).task_id for one in told}
    assert outcomes == {Outcome.TASK}
    (task_id,) = tasks
    assert [one.type for one in sender.items(task_id)] == ["import"]


def test_an_upgrade_at_the_same_path_is_another_file(sender: Sender) -> None:
    first = sender.acted(arr.film_import(FILM, number=77))
    sender.acted(file_delete(FILM, "upgrade", 77))
    better = sender.acted(arr.film_import(FILM, number=78, isUpgrade=True))
    assert (better.outcome, better.task_id) == (Outcome.TASK, first.task_id)
    assert sender.acted(arr.film_import(FILM, number=78)).outcome is Outcome.DUPLICATE


def test_an_upgrade_whose_import_never_comes_is_looked_after(sender: Sender) -> None:
    waiting = sender.acted(file_delete(FILM, "upgrade"))
    assert waiting.outcome is Outcome.WAITING
    assert webhook_intake.settle_waiting(sender.runtime) == 0
    with sender.runtime.transaction() as session:
        late = session.get_one(type(waiting), waiting.id)
        late.received_at -= 2 * webhook_intake.UPGRADE
    assert webhook_intake.settle_waiting(sender.runtime) == 1
    (item,) = sender.items(sender.outcome(waiting.id).task_id)
    assert item.type == "check_gone"


def test_deletions_are_checked_after_a_time_of_grace(sender: Sender) -> None:
    told = [
        sender.acted(file_delete(FILM, "manual")),
        sender.acted(arr.radarr("MovieDelete", movie=arr.movie(), deletedFiles=True, movieFolderSize=5)),
    ]
    assert [one.outcome for one in told] == [Outcome.TASK] * 2
    assert len({one.task_id for one in told}) == 1
    for item in sender.items(told[0].task_id):
        assert (item.type, item.display_status) == ("check_gone", "scheduled")
    kept = sender.acted(arr.radarr("MovieDelete", movie=arr.movie(), deletedFiles=False))
    assert (kept.outcome, kept.reason) == (Outcome.RECORDED, "its files were kept")


def test_what_comes_back_after_a_deletion_is_imported_again(sender: Sender) -> None:
    first = sender.acted(arr.film_import(FILM))
    cancel.cancel_task(sender.runtime, first.task_id or 0, "somebody")
    sender.acted(file_delete(FILM, "manual"))
    assert sender.acted(arr.film_import(FILM)).outcome is Outcome.TASK


def test_a_replay_does_it_again_whatever_came_of_it(sender: Sender) -> None:
    first = sender.acted(arr.film_import(FILM))
    again = webhooks.replay(sender.runtime, first.id)
    assert (again.origin, again.replay_of, again.outcome) == (Origin.REPLAY, first.id, Outcome.TASK)
    assert again.task_id not in (None, first.task_id)
    assert sender.acted(arr.film_import(FILM)).outcome is Outcome.DUPLICATE


def test_a_downloader_switched_off_meanwhile_is_not_listened_to(sender: Sender) -> None:
    with sender.runtime.transaction() as session:
        new = NewDownloader(name="Cinema", kind=DownloaderKind.RADARR)
        cinema = downloaders.add_downloader(session, new).id
        downloaders.change_downloader(session, cinema, DownloaderChanges(enabled=False))
    webhook = sender.acted(arr.film_import(FILM), "cinema")
    assert (webhook.outcome, webhook.reason) == (Outcome.IGNORED, "Cinema is switched off")


def test_titles_to_come_are_described_ahead(sender: Sender) -> None:
    added = sender.acted(arr.radarr("MovieAdded", movie=arr.movie(), addMethod="manual"))
    assert [one.type for one in sender.items(added.task_id)] == ["expect"]
    series = sender.acted(arr.sonarr("SeriesAdd", series=arr.series()), "sonarr")
    assert series.title == "Lantern Street (1958)"
