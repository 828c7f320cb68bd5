"""What an import webhook sets going, through a real worker: from the file to the NFO beside it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from queueapp.models.downloader import DownloaderKind
from queueapp.models.webhook import Outcome
from queueapp.services.arr import downloaders
from queueapp.services.arr.downloader_views import DownloaderMapping, NewDownloader
from tests import arr_payloads as arr
from tests.integration.webhooks.conftest import Sender
from tests.servers import tmdb
from tests.servers.kodi import KodiServer
from tests.servers.tmdb import TmdbServer
from tests.waiting import eventually

Put = Callable[[Path], Path]
pytestmark = pytest.mark.usefixtures("worker")


def test_an_imported_film_is_published(sender: Sender, films: Path, video: Put) -> None:
    path = video(films / "Nosferatu (1922)" / "Nosferatu (1922).mkv")
    webhook = sender.acted(arr.film_import(str(path)))
    assert (webhook.outcome, webhook.title) == (Outcome.TASK, "Nosferatu (1922)")
    task = sender.finished(webhook.task_id)
    assert (task.status, task.priority, task.type) == ("completed", 1, "import")
    assert path.with_suffix(".nfo").is_file()
    assert [one.type for one in sender.items(task.id)] == ["import", "analyze", "enrich", "publish"]
    (film,) = sender.titles()
    assert (film.tmdb_id, film.imdb_id, film.ids_source) == (653, "tt0013442", "downloader")


def test_a_pack_told_of_once_for_each_file_and_once_more_is_imported_once(
    sender: Sender, shows: Path, video: Put
) -> None:
    folder = shows / "Lantern Street (1958)"
    for number in (1, 2, 3):
        video(Path(arr.episode_file(str(folder), number)["path"]))
    told = [sender.acted(arr.episode_import(str(folder), number), "sonarr") for number in (1, 2, 3)]
    told.append(sender.acted(arr.pack_import(str(folder), [1, 2, 3]), "sonarr"))
    assert told[-1].outcome is Outcome.DUPLICATE
    tasks = {one.task_id for one in told}
    items = [item for task_id in tasks for item in sender.items(sender.finished(task_id).id)]
    kinds = sorted(item.type for item in items)
    assert kinds.count("import") == kinds.count("analyze") == 3
    assert [item.status for item in items] == ["completed"] * len(items)
    assert len(list(folder.rglob("*S01E*.nfo"))) == 3


def test_a_renamed_film_takes_its_files_along_and_nothing_is_fetched_again(
    sender: Sender, films: Path, video: Put, tmdb_server: TmdbServer
) -> None:
    tmdb_server.movies[653] = tmdb.movie(653, "Nosferatu", 1922)
    folder = films / "Nosferatu (1922)"
    old = video(folder / "nosferatu.1922.x264-GRP.mkv")
    sender.finished(sender.acted(arr.film_import(str(old))).task_id)
    (folder / "nosferatu.1922.x264-GRP.en.srt").write_text("1")
    (before,) = sender.titles()
    files = sorted(one.name for one in folder.iterdir())
    assert "nosferatu.1922.x264-GRP-poster.jpg" in files
    asked = len(tmdb_server.requests)
    new = old.rename(folder / "Nosferatu (1922) Bluray.mkv")
    renamed = arr.movie_file(str(new)) | {"previousPath": str(old), "previousRelativePath": old.name}
    webhook = sender.acted(arr.radarr("Rename", movie=arr.movie(str(folder)), renamedMovieFiles=[renamed]))
    task = sender.finished(webhook.task_id)
    assert (task.status, task.priority) == ("completed", 1)
    assert sorted(one.name for one in folder.iterdir()) == [
        name.replace("nosferatu.1922.x264-GRP", "Nosferatu (1922) Bluray") for name in files
    ]
    (after,) = sender.titles()
    assert (after.id, after.main_path, after.title) == (before.id, str(new), before.title)
    assert after.fingerprint == after.published_fingerprint
    assert (after.metadata_, after.enriched_at) == (before.metadata_, before.enriched_at)
    assert [one.type for one in sender.items(task.id)] == ["follow_rename", "publish"]
    assert len(tmdb_server.requests) == asked


def test_a_rename_told_without_its_files_is_found_in_the_folder(
    sender: Sender, films: Path, video: Put, tmdb_server: TmdbServer
) -> None:
    tmdb_server.movies[653] = tmdb.movie(653, "Nosferatu", 1922)
    folder = films / "Nosferatu (1922)"
    old = video(folder / "nosferatu.1922.x264-GRP.mkv")
    sender.finished(sender.acted(arr.film_import(str(old))).task_id)
    (before,) = sender.titles()
    new = old.rename(folder / "Nosferatu (1922) Bluray.mkv")
    webhook = sender.acted(arr.radarr("Rename", movie=arr.movie(str(folder))))
    assert (webhook.outcome, webhook.reason) == (
        Outcome.TASK,
        "it names no renamed file, so its folder is scanned",
    )
    task = sender.finished(webhook.task_id)
    assert (task.status, task.priority, task.type) == ("completed", 1, "import")
    (after,) = sender.titles()
    assert (after.id, after.main_path, after.status) == (before.id, str(new), "present")
    assert new.with_suffix(".nfo").is_file()


def test_a_deleted_film_is_gone_and_the_players_are_told(
    sender: Sender, films: Path, video: Put, kodi: KodiServer
) -> None:
    video(films / "Heat (1995)" / "Heat (1995).mkv")
    path = video(films / "Nosferatu (1922)" / "Nosferatu (1922).mkv")
    first = sender.finished(sender.acted(arr.film_import(str(path))).task_id)
    assert [one.type for one in sender.items(first.id)].count("notify_kodi") == 1
    about = arr.movie(str(path.parent))
    kept = sender.acted(arr.radarr("MovieDelete", movie=about, deletedFiles=True))
    task = sender.finished(kept.task_id)
    assert [one.type for one in sender.items(task.id)] == ["check_gone"]
    assert sender.titles()[-1].status == "present"
    shutil.rmtree(path.parent)
    told = len(kodi.requests)
    task = sender.finished(sender.acted(arr.radarr("MovieDelete", movie=about, deletedFiles=True)).task_id)
    assert (task.status, sender.titles()[-1].status) == ("completed", "gone")
    assert [one.type for one in sender.items(task.id)] == ["check_gone", "notify_kodi"]
    assert len(kodi.requests) > told
    shutil.rmtree(films)
    films.mkdir()
    task = sender.finished(sender.acted(arr.radarr("MovieDelete", movie=about, deletedFiles=True)).task_id)
    assert task.status == "failed"


def test_an_upgrade_leaves_one_film_with_the_new_file(sender: Sender, films: Path, video: Put) -> None:
    folder = films / "Nosferatu (1922)"
    old = video(folder / "Nosferatu (1922) DVD.mkv")
    sender.finished(sender.acted(arr.film_import(str(old), number=77)).task_id)
    (before,) = sender.titles()
    gone = arr.movie_file(str(old), 77)
    sender.acted(
        arr.radarr("MovieFileDelete", movie=arr.movie(str(folder)), movieFile=gone, deleteReason="upgrade")
    )
    new = old.rename(folder / "Nosferatu (1922) Bluray.mkv")
    with new.open("ab") as better:
        better.write(b"better")
    webhook = sender.acted(arr.film_import(str(new), number=78, isUpgrade=True, deletedFiles=[gone]))
    assert sender.finished(webhook.task_id).status == "completed"
    (after,) = sender.titles()
    assert (after.id, after.main_path, after.status) == (before.id, str(new), "present")


def test_a_file_is_waited_for_and_then_missed(sender: Sender, films: Path, video: Put) -> None:
    path = films / "Nosferatu (1922)" / "Nosferatu (1922).mkv"
    webhook = sender.acted(arr.film_import(str(path)))
    eventually(lambda: sender.items(webhook.task_id)[0].display_status in ("retrying", "scheduled"), 20)
    video(path)
    task = sender.finished(webhook.task_id)
    assert task.status == "completed"
    assert sender.items(task.id)[0].attempt <= 1
    missed = sender.finished(sender.acted(arr.film_import(str(films / "Heat (1995)" / "Heat.mkv"))).task_id)
    assert missed.status == "failed"
    assert "is not visible here, 3 s after radarr told of it" in sender.error(missed.id)


def test_paths_are_mapped_and_a_missing_mapping_is_named(sender: Sender, films: Path, video: Put) -> None:
    with sender.runtime.transaction() as session:
        mapping = DownloaderMapping(ours=str(films), theirs="D:\\Movies\\")
        new = NewDownloader(name="Radarr", kind=DownloaderKind.RADARR, path_mappings=[mapping])
        downloaders.add_downloader(session, new)
    path = video(films / "Nosferatu (1922)" / "Nosferatu (1922).mkv")
    told = sender.acted(arr.film_import("d:/movies\\Nosferatu (1922)\\Nosferatu (1922).mkv"))
    assert sender.finished(told.task_id).status == "completed"
    assert path.with_suffix(".nfo").is_file()
    elsewhere = sender.finished(sender.acted(arr.film_import("E:\\Films\\Heat (1995)\\Heat.mkv")).task_id)
    assert "no path mapping of Radarr covers E:\\Films\\Heat (1995)\\Heat.mkv" in sender.error(elsewhere.id)
    outside = sender.finished(sender.acted(arr.film_import("/elsewhere/Heat.mkv"), "sonarr").task_id)
    error = sender.error(outside.id)
    assert "lies in no library" in error
    assert "path mapping from /elsewhere" in error


def test_a_film_to_come_is_described_ahead_and_its_import_asks_nothing_twice(
    sender: Sender, films: Path, video: Put, tmdb_server: TmdbServer
) -> None:
    tmdb_server.movies[653] = tmdb.movie(653, "Nosferatu", 1922)
    folder = films / "Nosferatu (1922)"
    task = sender.finished(sender.acted(arr.radarr("MovieAdded", movie=arr.movie(str(folder)))).task_id)
    assert (task.status, sender.titles(), list(films.iterdir())) == ("completed", [], [])
    asked = tmdb_server.paths()
    assert "/movie/653" in asked
    path = video(folder / "Nosferatu (1922).mkv")
    assert sender.finished(sender.acted(arr.film_import(str(path))).task_id).status == "completed"
    assert "<plot>The plot of Nosferatu.</plot>" in path.with_suffix(".nfo").read_text()
    assert tmdb_server.paths().count("/movie/653") == asked.count("/movie/653")
    with sender.runtime.transaction() as session:
        assert session.scalar(sa.text("SELECT count(*) FROM expected_titles")) == 0
