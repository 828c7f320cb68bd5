"""What is left to be done of what a downloader did unheard."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from queueapp.connectors import arr_history
from queueapp.connectors.arr_history import Happened, What
from queueapp.services.arr.missed_events import outcome_of

BEGAN = datetime(2026, 11, 1, 12, tzinfo=UTC)


def record(number: int, event: str, data: dict[str, str], **more: Any) -> dict[str, Any]:
    """A record of Radarr's history, one hour after the one before."""
    made = BEGAN + timedelta(hours=number)
    return {"id": number, "eventType": event, "date": made.isoformat(), "movieId": 42, "data": data} | more


def imported(number: int, path: str) -> dict[str, Any]:
    return record(number, "downloadFolderImported", {"importedPath": path, "fileId": str(number)})


def renamed(number: int, before: str, now: str) -> dict[str, Any]:
    return record(number, "movieFileRenamed", {"sourcePath": before, "path": now}, sourceTitle=before)


def deleted(number: int, path: str, reason: str = "Manual", **more: Any) -> dict[str, Any]:
    return record(number, "movieFileDeleted", {"reason": reason}, sourceTitle=path, **more)


def left(*records: dict[str, Any], known: tuple[int, ...] = ()) -> list[tuple[str, str, str]]:
    events = arr_history.read(list(reversed(records)))
    done = outcome_of(events, lambda one: one.number in known)
    return [(one.what.value, one.before, one.path) for one in done]


def test_what_happened_once_and_unheard_is_to_be_done() -> None:
    assert left(imported(1, "/a")) == [("imported", "", "/a")]
    assert left(renamed(1, "/a", "/b")) == [("renamed", "/a", "/b")]
    assert left(deleted(1, "/a")) == [("deleted", "", "/a")]


def test_what_was_heard_is_not_done_again() -> None:
    assert left(imported(1, "/a"), renamed(2, "/a", "/b"), deleted(3, "/b"), known=(1, 2, 3)) == []


def test_an_import_is_looked_for_where_its_file_is_by_now() -> None:
    assert left(imported(1, "/a"), renamed(2, "/a", "/b")) == [("imported", "", "/b")]
    assert left(imported(1, "/a"), renamed(2, "/a", "/b"), known=(2,)) == [("imported", "", "/b")]


def test_two_renames_are_one_move_and_there_and_back_is_none() -> None:
    assert left(renamed(1, "/a", "/b"), renamed(2, "/b", "/c")) == [("renamed", "/a", "/c")]
    assert left(renamed(1, "/a", "/b"), renamed(2, "/b", "/a")) == []


def test_what_came_and_went_again_asks_for_nothing_that_fails() -> None:
    assert left(imported(1, "/a"), deleted(2, "/a")) == [("deleted", "", "/a")]
    assert left(imported(1, "/a"), deleted(2, "/a"), known=(2,)) == []


def test_a_file_renamed_and_deleted_is_gone_from_where_it_was_known() -> None:
    assert left(renamed(1, "/a", "/b"), deleted(2, "/b")) == [("deleted", "", "/a")]
    assert left(renamed(1, "/a", "/b"), deleted(2, "/b"), known=(2,)) == [("deleted", "", "/a")]


def test_an_upgrade_is_one_import_that_names_what_it_replaced() -> None:
    events = arr_history.read(
        [deleted(1, "/a", "Upgrade", date=BEGAN.isoformat()), imported(2, "/b") | {"date": BEGAN.isoformat()}]
    )
    (upgrade,) = outcome_of(events, lambda one: False)
    assert (upgrade.what, upgrade.path, upgrade.replaced) == (What.IMPORTED, "/b", ("/a",))
    payload = arr_history.payload_of(upgrade, "radarr")
    assert (payload["isUpgrade"], payload["deletedFiles"]) == (True, [{"path": "/a"}])
    assert outcome_of(events, lambda one: one.number == 2) == []


def test_a_deletion_for_an_upgrade_that_never_came_stays_a_deletion() -> None:
    assert left(deleted(1, "/a", "Upgrade"), imported(2, "/b")) == [
        ("deleted", "", "/a"),
        ("imported", "", "/b"),
    ]


def test_a_file_that_came_back_is_not_looked_for_as_deleted() -> None:
    assert left(deleted(1, "/a"), imported(2, "/a")) == [("imported", "", "/a")]


def test_the_records_of_the_episodes_of_one_file_are_one_event() -> None:
    both = [
        {
            "id": number, "eventType": "episodeFileDeleted", "date": BEGAN.isoformat(), "seriesId": 15,
            "sourceTitle": "/tv/Show/S01E01-E02.mkv", "data": {"reason": "MissingFromDisk"},
            "episode": {"id": number, "seasonNumber": 1, "episodeNumber": number},
        }
        for number in (1, 2)
    ]  # fmt: skip
    (event,) = arr_history.read(both)
    assert [one["id"] for one in event.episodes] == [1, 2]
    payload = arr_history.payload_of(event, "sonarr")
    assert payload["eventType"] == "EpisodeFileDelete"
    assert payload["deleteReason"] == "missingFromDisk"
    assert payload["episodeFile"] == {"path": "/tv/Show/S01E01-E02.mkv"}


def test_records_that_name_no_file_or_mean_nothing_are_left_out() -> None:
    broken: list[dict[str, Any]] = [
        {}, {"eventType": "downloadFolderImported"}, imported(1, ""), deleted(2, "A.Release-GROUP"),
        renamed(3, "", "/b"), imported(4, "/a") | {"date": "yesterday"}, imported(5, "/a") | {"data": None},
        record(6, "grabbed", {"importedPath": "/a"}),
    ]  # fmt: skip
    assert arr_history.read(broken) == []


def test_windows_paths_are_paths() -> None:
    (event,) = arr_history.read([deleted(1, "D:\\Movies\\A\\a.mkv")])
    assert arr_history.payload_of(event, "radarr")["movie"]["folderPath"] == "D:\\Movies\\A"


def test_reading_only_the_end_of_a_story_again_names_it_the_same() -> None:
    whole = arr_history.read([renamed(1, "/a", "/b"), renamed(2, "/b", "/c")])
    end: list[Happened] = whole[1:]
    numbers = [[one.number for one in outcome_of(events, lambda one: False)] for events in (whole, end)]
    assert numbers == [[2], [2]]
