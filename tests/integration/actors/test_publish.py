"""Publishing: what stands beside a title afterwards, and what is left alone."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from actors.enrich import Enrich
from actors.enrich import perform as enrich
from actors.publish import Publish, perform
from queueapp import errors
from queueapp.media.recycle import RecycleFolder
from queueapp.models.media import MediaStatus
from tests.integration.actors.acting import Acting
from tests.integration.actors.conftest import Shelf
from tests.servers import pictures, tmdb
from tests.servers.fanarttv import FanartTvServer
from tests.servers.tmdb import TmdbServer

STREAMS = {
    "duration_seconds": 5670.2,
    "video": [{"codec": "h264", "width": 1440, "height": 1080, "aspect": 1.333}],
    "audio": [{"codec": "aac", "channels": 2, "language": "de"}],
    "text": [{"codec": "subrip", "language": "en"}],
}


def publish(shelf: Shelf, media_id: int, **more: Any) -> dict[str, Any]:
    result = perform(Publish(media_id=media_id), Acting(shelf.runtime, **more).as_context)
    assert result is not None
    return result


def enriched_film(shelf: Shelf, tmdb_server: TmdbServer) -> tuple[int, Path]:
    tmdb_server.movies[653] = tmdb.movie(653, "Nosferatu", 1922)
    film = shelf.film("Nosferatu", 1922, streams=STREAMS)
    enrich(Enrich(media_id=film), Acting(shelf.runtime).as_context)
    return film, Path(shelf.media(film).folder)


def snapshot(root: Path) -> dict[str, tuple[int, int, int]]:
    """Size, time and inode of every file."""
    stats = {path: path.stat() for path in root.rglob("*")}
    return {str(path): (stat.st_size, stat.st_mtime_ns, stat.st_ino) for path, stat in stats.items()}


def test_a_film_gets_its_nfo_and_artwork(shelf: Shelf, tmdb_server: TmdbServer) -> None:
    film, folder = enriched_film(shelf, tmdb_server)
    publish(shelf, film, task_id=9)
    names = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    assert names == [
        ".actors/Max_Schreck.jpg", "Nosferatu (1922)-clearlogo.png", "Nosferatu (1922)-fanart.jpg",
        "Nosferatu (1922)-poster.jpg", "Nosferatu (1922)-poster1.jpg", "Nosferatu (1922).mkv",
        "Nosferatu (1922).nfo",
    ]  # fmt: skip
    root = etree.parse(folder / "Nosferatu (1922).nfo").getroot()
    assert root.findtext("title") == "Nosferatu"
    assert root.findtext("uniqueid[@type='imdb']") == "tt0000653"
    assert root.findtext("fileinfo/streamdetails/audio/language") == "ger"
    assert root.findtext("runtime") == "94"
    media = shelf.media(film)
    assert (media.published_task_id, media.published_fingerprint) == (9, "f1")
    assert set(media.published_files) == {str(folder / name) for name in names if not name.endswith(".mkv")}


def test_publishing_again_touches_nothing(shelf: Shelf, tmdb_server: TmdbServer) -> None:
    film, folder = enriched_film(shelf, tmdb_server)
    publish(shelf, film, task_id=9)
    before = snapshot(folder)
    enrich(Enrich(media_id=film), Acting(shelf.runtime).as_context)
    result = publish(shelf, film, task_id=10)
    assert snapshot(folder) == before
    assert (result["written"], result["unchanged"]) == ([], 6)
    assert shelf.media(film).published_task_id == 9


def test_a_dry_run_tells_and_touches_nothing(shelf: Shelf, tmdb_server: TmdbServer) -> None:
    film, folder = enriched_film(shelf, tmdb_server)
    before = snapshot(folder)
    result = publish(shelf, film, dry_run=True)
    assert snapshot(folder) == before
    assert len(result["written"]) == 6
    assert shelf.media(film).published_at is None


def test_without_a_key_there_is_an_nfo_of_local_facts(offline_shelf: Shelf) -> None:
    film = offline_shelf.film("Nosferatu", 1922, streams=STREAMS)
    enrich(Enrich(media_id=film), Acting(offline_shelf.runtime).as_context)
    publish(offline_shelf, film)
    root = etree.parse(Path(offline_shelf.media(film).folder) / "Nosferatu (1922).nfo").getroot()
    assert [root.findtext(tag) for tag in ("title", "year", "runtime")] == ["Nosferatu", "1922", "95"]


def test_a_film_that_was_never_enriched_can_be_published(offline_shelf: Shelf) -> None:
    film = offline_shelf.film("Nosferatu", 1922)
    assert publish(offline_shelf, film)["written"]


def test_artwork_of_others_is_left_alone_and_ours_replaced(shelf: Shelf, tmdb_server: TmdbServer) -> None:
    film, folder = enriched_film(shelf, tmdb_server)
    theirs = pictures.png(seed="theirs")
    (folder / "poster.png").write_bytes(theirs)
    (folder / "Nosferatu (1922)-fanart.jpg").write_bytes(pictures.jpeg(seed="theirs too"))
    result = publish(shelf, film)
    kept = sorted(Path(path).name for path in result["kept"])
    assert kept == ["Nosferatu (1922)-fanart.jpg", "Nosferatu (1922)-poster.jpg"]
    assert (folder / "poster.png").read_bytes() == theirs
    assert not (folder / kept[1]).exists()


def test_what_a_person_put_over_our_artwork_stays(shelf: Shelf, tmdb_server: TmdbServer) -> None:
    film, folder = enriched_film(shelf, tmdb_server)
    publish(shelf, film)
    poster = folder / "Nosferatu (1922)-poster.jpg"
    poster.write_bytes(pictures.jpeg(seed="mine"))
    assert publish(shelf, film)["kept"] == [str(poster)]


def test_artwork_no_longer_chosen_is_taken_back(shelf: Shelf, tmdb_server: TmdbServer) -> None:
    film, folder = enriched_film(shelf, tmdb_server)
    publish(shelf, film)
    one_poster = {"config": {"enrichment": {"maxPoster": 1}}}
    enrich(Enrich(media_id=film), Acting(shelf.runtime, meta=one_poster).as_context)
    result = publish(shelf, film, task_id=12)
    assert result["removed"] == [str(folder / "Nosferatu (1922)-poster1.jpg")]
    recycled = RecycleFolder.of(shelf.runtime.settings.data_dir).of_task(12)
    assert [origin.name for _, origin in recycled] == ["Nosferatu (1922)-poster1.jpg"]


def test_with_artwork_switched_off_only_the_nfo_is_written(shelf: Shelf, tmdb_server: TmdbServer) -> None:
    film, folder = enriched_film(shelf, tmdb_server)
    publish(shelf, film)
    off = {"config": {"publish": {"assets": False, "actors": False}}}
    (folder / "Nosferatu (1922).nfo").unlink()
    result = publish(shelf, film, meta=off)
    assert [Path(path).name for path in result["written"]] == ["Nosferatu (1922).nfo"]
    poster = folder / "Nosferatu (1922)-poster.jpg"
    assert poster.exists()
    publish(shelf, film)
    assert str(poster) in shelf.media(film).published_files


def test_a_movie_nfo_that_stands_there_is_kept_up(offline_shelf: Shelf) -> None:
    film = offline_shelf.film("Nosferatu", 1922)
    folder = Path(offline_shelf.media(film).folder)
    (folder / "movie.nfo").write_text("<movie><title>N</title><userrating>9</userrating></movie>")
    publish(offline_shelf, film)
    assert [path.name for path in folder.glob("*.nfo")] == ["movie.nfo"]
    assert etree.parse(folder / "movie.nfo").getroot().findtext("userrating") == "9"


def test_what_a_lone_nfo_of_another_name_holds_is_kept(offline_shelf: Shelf) -> None:
    film = offline_shelf.film("Nosferatu", 1922)
    lone = Path(offline_shelf.media(film).folder) / "old name.nfo"
    lone.write_text("<movie><playcount>3</playcount></movie>")
    publish(offline_shelf, film)
    written = lone.with_name("Nosferatu (1922).nfo")
    assert etree.parse(written).getroot().findtext("playcount") == "3"
    assert publish(offline_shelf, film)["written"] == []


def test_a_release_groups_notes_are_not_written_over(offline_shelf: Shelf) -> None:
    film = offline_shelf.film("Nosferatu", 1922)
    notes = Path(offline_shelf.media(film).folder) / "Nosferatu (1922).nfo"
    notes.write_bytes(b"\xdb\xdb GROUP presents: Nosferatu. Greetings to all.")
    before = notes.read_bytes()
    publish(offline_shelf, film)
    assert notes.read_bytes() == before
    assert (notes.parent / "movie.nfo").exists()


def test_a_film_that_shares_its_folder_uses_names_of_its_own(shelf: Shelf, tmdb_server: TmdbServer) -> None:
    film, folder = enriched_film(shelf, tmdb_server)
    shelf.change(film, own_folder=False)
    publish(shelf, film)
    (folder / "movie.nfo").write_text("<movie><title>Another film's</title></movie>")
    (folder / "poster.jpg").write_bytes(b"another film's")
    assert publish(shelf, film)["kept"] == []
    names = {path.name for path in folder.iterdir()}
    assert {"Nosferatu (1922).nfo", "Nosferatu (1922)-poster.jpg"} <= names


def test_an_episode_publishes_its_show_once(
    shelf: Shelf, tmdb_server: TmdbServer, fanarttv_server: FanartTvServer
) -> None:
    tmdb_server.shows[7] = tmdb.show(7, "Dark Rooms", 2011)
    tmdb_server.seasons[7, 1] = tmdb.season(7, 1, 3, 2011)
    show = shelf.show("Dark Rooms")
    season = shelf.season(show, 1)
    episodes = [shelf.episode(show, season, [1, 2], streams=STREAMS), shelf.episode(show, season, [3])]
    for episode in episodes:
        enrich(Enrich(media_id=episode), Acting(shelf.runtime).as_context)
    results = [publish(shelf, episode, task_id=4) for episode in episodes]
    assert [bool(result.get("show")) for result in results] == [True, False]
    folder = shelf.root / "Dark Rooms"
    names = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    assert names == [
        "Season 01/Dark Rooms S01E01E02-thumb.jpg", "Season 01/Dark Rooms S01E01E02.mkv",
        "Season 01/Dark Rooms S01E01E02.nfo", "Season 01/Dark Rooms S01E03-thumb.jpg",
        "Season 01/Dark Rooms S01E03.mkv", "Season 01/Dark Rooms S01E03.nfo", "poster.jpg",
        "season01-poster.jpg", "tvshow.nfo",
    ]  # fmt: skip
    double = (folder / "Season 01" / "Dark Rooms S01E01E02.nfo").read_text()
    assert double.count("<episodedetails>") == 2
    assert "<showtitle>Dark Rooms</showtitle>" in double
    tvshow = etree.parse(folder / "tvshow.nfo").getroot()
    assert tvshow.findtext("thumb[@season='1']")
    assert (shelf.media(show).published_task_id, shelf.media(show).published_fingerprint) == (4, "f1")
    before = snapshot(shelf.root)
    assert all("show" not in publish(shelf, episode) for episode in episodes)
    assert snapshot(shelf.root) == before


class EnrichingMeanwhile(Acting):
    """A publication during which an episode is enriched, and with it the pictures of its season."""

    episode: int | None = None

    def confirm_claim(self) -> None:
        """Let the other come in between: what is published has been read already."""
        episode, self.episode = self.episode, None
        if episode is not None:
            enrich(Enrich(media_id=episode), Acting(self.runtime).as_context)


def test_a_season_enriched_while_its_show_is_published_is_published_with_the_next_episode(
    shelf: Shelf, tmdb_server: TmdbServer, fanarttv_server: FanartTvServer
) -> None:
    tmdb_server.shows[7] = tmdb.show(7, "Dark Rooms", 2011)
    tmdb_server.seasons[7, 1] = tmdb.season(7, 1, 3, 2011)
    show = shelf.show("Dark Rooms")
    episode = shelf.episode(show, shelf.season(show, 1), [3])
    enrich(Enrich(media_id=show), Acting(shelf.runtime).as_context)
    meanwhile = EnrichingMeanwhile(shelf.runtime)
    meanwhile.episode = episode
    perform(Publish(media_id=show), meanwhile.as_context)
    poster = shelf.root / "Dark Rooms" / "season01-poster.jpg"
    assert not poster.exists()
    publish(shelf, episode)
    assert poster.exists()
    assert "show" not in publish(shelf, episode)


def test_a_show_without_a_folder_of_its_own_gets_no_nfo(offline_shelf: Shelf) -> None:
    show = offline_shelf.show("Loose", own_folder=False)
    result = publish(offline_shelf, show)
    assert result["written"] == []
    assert "no folder of its own" in result["notes"][0]


def test_names_that_are_no_text_are_published(offline_shelf: Shelf) -> None:
    folder = os.fsencode(offline_shelf.root) + b"/caf\xe9"
    os.mkdir(folder)
    with open(folder + b"/caf\xe9.mkv", "wb") as video:
        video.write(b"film")
    stored = f"{offline_shelf.root}/caf\uf7e9"
    film = offline_shelf.film("Cafe")
    offline_shelf.change(film, folder=stored, main_path=f"{stored}/caf\uf7e9.mkv")
    publish(offline_shelf, film)
    assert b"caf\xe9.nfo" in os.listdir(folder)
    assert list(offline_shelf.media(film).published_files) == [f"{stored}/caf\uf7e9.nfo"]


def test_a_folder_that_vanished_is_a_clear_error(offline_shelf: Shelf) -> None:
    film = offline_shelf.film("Nosferatu", 1922)
    folder = Path(offline_shelf.media(film).folder)
    folder.rename(folder.with_name("Renamed"))
    with pytest.raises(errors.Permanent, match="not there any more"):
        publish(offline_shelf, film)


def test_a_library_that_became_a_link_elsewhere_is_refused(offline_shelf: Shelf, tmp_path: Path) -> None:
    film = offline_shelf.film("Nosferatu", 1922)
    folder = Path(offline_shelf.media(film).folder)
    folder.rename(tmp_path / "moved")
    folder.symlink_to(tmp_path / "moved")
    with pytest.raises(errors.Permanent, match="outside"):
        publish(offline_shelf, film)


def test_a_gone_title_is_skipped(offline_shelf: Shelf) -> None:
    film = offline_shelf.film("Nosferatu", 1922)
    with offline_shelf.runtime.transaction() as session:
        media = session.get_one(type(offline_shelf.media(film)), film)
        media.status, media.gone_at = MediaStatus.GONE, media.added_at
    with pytest.raises(errors.Skip):
        publish(offline_shelf, film)
