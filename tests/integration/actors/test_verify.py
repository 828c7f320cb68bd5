"""Verification: what stands beside a title, compared with the database."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from actors.enrich import Enrich
from actors.enrich import perform as enrich
from actors.publish import Publish
from actors.publish import perform as publish
from actors.verify import Verify, perform
from queueapp import errors
from queueapp.media.image_cache import ImageCache
from queueapp.models.media_file import FileRole, MediaFile
from tests.integration.actors.acting import Acting
from tests.integration.actors.conftest import Shelf
from tests.servers import tmdb
from tests.servers.tmdb import TmdbServer


@pytest.fixture
def film(shelf: Shelf, tmdb_server: TmdbServer) -> int:
    """A film that has been published."""
    tmdb_server.movies[653] = tmdb.movie(653, "Nosferatu", 1922)
    made = shelf.film("Nosferatu", 1922)
    enrich(Enrich(media_id=made), Acting(shelf.runtime).as_context)
    publish(Publish(media_id=made), Acting(shelf.runtime).as_context)
    return made


def verify(shelf: Shelf, media_id: int, *, dry_run: bool = False) -> dict[str, Any]:
    result = perform(Verify(media_id=media_id), Acting(shelf.runtime, dry_run=dry_run).as_context)
    assert result is not None
    return result


def folder_of(shelf: Shelf, film: int) -> Path:
    return Path(shelf.media(film).folder)


def test_a_title_as_it_was_published_is_right(shelf: Shelf, film: int) -> None:
    result = verify(shelf, film)
    assert result["ok"]
    assert result["message"] == f"All {result['checked']} files stand as they should"


def test_what_was_lost_is_restored(shelf: Shelf, film: int) -> None:
    folder = folder_of(shelf, film)
    nfo, poster = folder / "Nosferatu (1922).nfo", folder / "Nosferatu (1922)-poster.jpg"
    before = (nfo.read_bytes(), poster.read_bytes())
    nfo.unlink()
    poster.unlink()
    foreseen = verify(shelf, film, dry_run=True)
    assert foreseen["message"].startswith("Would restore 2 of")
    assert not nfo.exists()
    result = verify(shelf, film)
    assert sorted(result["missing"]) == [str(poster), str(nfo)]
    assert (nfo.read_bytes(), poster.read_bytes()) == before
    assert verify(shelf, film)["ok"]


def test_a_lost_or_broken_cache_is_restored_from_what_was_published(
    shelf: Shelf, film: int, tmdb_server: TmdbServer
) -> None:
    cache = ImageCache.of(shelf.runtime.settings.data_dir)
    files = sorted(cache.files())
    before = {path: path.read_bytes() for path in files}
    files[0].unlink()
    files[1].write_bytes(b"broken")
    result = verify(shelf, film)
    assert (len(result["cache_restored"]), result["cache_lost"], result["ok"]) == (2, [], False)
    assert {path: path.read_bytes() for path in cache.files()} == before


def test_a_picture_lost_everywhere_is_fetched_again(shelf: Shelf, film: int) -> None:
    folder = folder_of(shelf, film)
    for path in [
        *folder.glob("*.jpg"),
        *folder.glob("*.png"),
        *ImageCache.of(shelf.runtime.settings.data_dir).files(),
    ]:
        path.unlink()
    result = verify(shelf, film)
    assert result["cache_lost"] == []
    assert (folder / "Nosferatu (1922)-poster.jpg").exists()
    assert verify(shelf, film)["ok"]


def test_a_title_is_found_by_its_file(shelf: Shelf, film: int) -> None:
    path = shelf.media(film).main_path or ""
    with pytest.raises(errors.Skip, match="no title"):
        perform(Verify(path=path), Acting(shelf.runtime).as_context)
    with shelf.runtime.transaction() as session:
        session.add(
            MediaFile(media_id=film, role=FileRole.MAIN, path=path, size_bytes=4, mtime_ns=1, inode=1)
        )
    result = perform(Verify(path=path), Acting(shelf.runtime).as_context)
    assert result is not None
    assert result["ok"]


def test_nothing_is_restored_where_the_video_is_gone(shelf: Shelf, film: int) -> None:
    Path(shelf.media(film).main_path or "").unlink()
    with pytest.raises(errors.Permanent, match="is not there"):
        verify(shelf, film)


def test_what_was_never_published_is_left_to_publish(shelf: Shelf) -> None:
    with pytest.raises(errors.Skip, match="not been published"):
        verify(shelf, shelf.film("Unknown", 1999))
