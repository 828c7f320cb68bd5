"""What is read out of webhooks, in the shapes of several versions."""

from __future__ import annotations

from typing import Any

import pytest

from queueapp.connectors.arr_events import Act, ToldFile, read
from tests import arr_payloads as arr

FILM = "/movies/Nosferatu (1922)/Nosferatu (1922).mkv"
SERIES = "/tv/Lantern Street (1958)"


@pytest.mark.parametrize(
    ("event", "act"),
    [
        ("Test", Act.RECORD), ("Grab", Act.RECORD), ("Download", Act.IMPORT), ("Rename", Act.RENAME),
        ("MovieAdded", Act.EXPECT), ("SeriesAdd", Act.EXPECT), ("MovieFileDelete", Act.DELETE),
        ("EpisodeFileDelete", Act.DELETE), ("Health", Act.RECORD), ("HealthRestored", Act.RECORD),
        ("ApplicationUpdate", Act.RECORD), ("ManualInteractionRequired", Act.RECORD), ("MovieAired", Act.UNKNOWN),
    ],
)  # fmt: skip
def test_every_event_has_its_act_however_little_comes_with_it(event: str, act: Act) -> None:
    assert read({"eventType": event}).act is act
    assert read({"eventType": event.lower(), "movie": {}, "series": None}).act is act


def test_an_import_names_its_file_its_title_and_its_ids() -> None:
    told = read(arr.film_import(FILM))
    assert told.files == (ToldFile(FILM, "id 77"),)
    assert told.title is not None
    assert (told.title.kind, told.title.tmdb_id, told.title.imdb_id) == ("movies", 653, "tt0013442")
    assert (told.label, told.instance) == ("Nosferatu (1922)", "Radarr")


def test_a_pack_names_each_file_once() -> None:
    told = read(arr.pack_import(SERIES, [1, 2, 3]) | {"episodeFile": arr.episode_file(SERIES, 2)})
    assert sorted(one.mark or "" for one in told.files) == ["id 901", "id 902", "id 903"]
    assert told.label == "Lantern Street (1958) S01, 3 episodes"
    assert read(arr.episode_import(SERIES, 7)).label == "Lantern Street (1958) S01E07"


@pytest.mark.parametrize(
    ("folder", "below", "whole"),
    [
        ("/movies/A/", "A.mkv", "/movies/A/A.mkv"),
        ("C:\\movies\\A", "sub\\A.mkv", "C:\\movies\\A\\sub\\A.mkv"),
        ("\\\\nas\\movies\\A\\", "A.mkv", "\\\\nas\\movies\\A\\A.mkv"),
    ],
)
def test_a_path_left_out_is_made_of_folder_and_name(folder: str, below: str, whole: str) -> None:
    assert [one.path for one in read(arr.old_film_import(folder, below)).files] == [whole]


def test_files_without_an_id_are_told_apart_by_size_and_date() -> None:
    file = arr.movie_file(FILM)
    del file["id"]
    assert (
        read(arr.film_import(FILM) | {"movieFile": file}).files[0].mark
        == "9663676416 2026-02-14T09:31:07.1234567Z"
    )


def test_a_deletion_for_an_upgrade_is_no_deletion() -> None:
    for event, name in (("MovieFileDelete", "movieFile"), ("EpisodeFileDelete", "episodeFile")):
        payload: dict[str, Any] = {"eventType": event, "movie": arr.movie(), name: arr.movie_file(FILM)}
        assert read(payload | {"deleteReason": "upgrade"}).act is Act.REPLACED
        for reason in ("missingFromDisk", "manual", "noLinkedEpisodes", "manualOverride", "unheard"):
            assert read(payload | {"deleteReason": reason}).act is Act.DELETE


def test_a_title_whose_files_were_kept_is_only_recorded() -> None:
    assert read(arr.radarr("MovieDelete", movie=arr.movie(), deletedFiles=False)).act is Act.RECORD
    told = read(arr.sonarr("SeriesDelete", series=arr.series(), deletedFiles=True))
    assert (told.act, told.whole) == (Act.DELETE, True)


def test_what_is_recorded_says_what_it_is_about() -> None:
    health = arr.radarr("Health", level="warning", message="Indexers are away", type="IndexerStatusCheck")
    assert read(health).label == "warning: Indexers are away"
    update = arr.radarr("ApplicationUpdate", message="x", previousVersion="6.0.3", newVersion="6.1.0")
    assert read(update).note == "6.0.3 → 6.1.0"
    manual = arr.sonarr(
        "ManualInteractionRequired",
        downloadInfo={"title": "A.Pack"},
        downloadStatusMessages=[{"title": "a.mkv", "messages": ["No files found", 5]}, "odd"],
    )
    assert read(manual).note == "A.Pack: No files found; 5"
    assert read(arr.radarr("Grab", release={"releaseTitle": "A.Release"})).note == "A.Release"


@pytest.mark.parametrize("value", [0, -1, True, 2**31, "x", 1.5, None, [], "9" * 99])
def test_what_is_no_id_is_none(value: Any) -> None:
    told = read({"eventType": "MovieAdded", "movie": {"tmdbId": value, "id": value, "imdbId": value}})
    assert told.title is not None
    assert (told.title.tmdb_id, told.title.id, told.title.imdb_id) == (None, None, None)
