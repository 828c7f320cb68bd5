"""Leftovers: what is past its time goes, what is used or young stays."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa

from queueapp.bootstrap import Runtime
from queueapp.connectors import response_cache
from queueapp.media.image_cache import ImageCache
from queueapp.media.pictures import check
from queueapp.media.preview_cache import PreviewCache
from queueapp.media.recycle import RecycleFolder
from queueapp.models.image import Image
from queueapp.models.library import Library, LibraryKind
from queueapp.models.media import Media, MediaKind
from queueapp.models.provider_cache import CachedResponse
from queueapp.services.title import leftovers
from tests.servers import pictures


def keep_answer(runtime: Runtime, key: str, age: timedelta) -> None:
    with runtime.transaction() as session:
        response_cache.store(
            session, key=key, provider="tmdb", request="/", status=200, etag=None, body={}, life=-age
        )


def use_picture(runtime: Runtime, sha256: str) -> None:
    with runtime.transaction() as session:
        library = Library(name="L", path="/films", kind=LibraryKind.MOVIES)
        session.add(library)
        session.flush()
        place = {"folder": "/films/A", "main_path": "/films/A/a.mkv", "unit": "A", "key": "a"}
        film = Media(library_id=library.id, kind=MediaKind.MOVIE, title="A", parsed_title="A", **place)
        session.add(film)
        session.flush()
        values = {"provider": "tmdb", "url": "https://images.test/a.jpg", "sha256": sha256}
        session.add(Image(media_id=film.id, kind="poster", downloaded_at=sa.func.now(), **values))


def test_expired_answers_go_once_nobody_would_revalidate_them(runtime: Runtime) -> None:
    keep_answer(runtime, "old", timedelta(days=31))
    keep_answer(runtime, "stale", timedelta(days=1))
    assert leftovers.prune(runtime.transaction, runtime.settings.data_dir)["provider_answers"] == 1
    with runtime.transaction() as session:
        assert list(session.scalars(sa.select(CachedResponse.key))) == ["stale"]


def test_only_old_pictures_that_nothing_uses_go(runtime: Runtime) -> None:
    cache = ImageCache.of(runtime.settings.data_dir)
    used, unused, young = (
        cache.keep(check(pictures.jpeg(seed=name))) for name in ("used", "unused", "young")
    )
    for path in (used, unused):
        os.utime(path, (1, 1))
    use_picture(runtime, used.stem)
    assert leftovers.prune(runtime.transaction, runtime.settings.data_dir)["unused_pictures"] == 1
    assert {path.name for path in cache.files()} == {used.name, young.name}


def test_previews_and_marks_of_refused_ones_go_after_a_month(runtime: Runtime) -> None:
    cache = PreviewCache.of(runtime.settings.data_dir)
    urls = [f"https://images.test/{name}.jpg" for name in ("old", "young", "refused")]
    for url in urls[:2]:
        cache.keep(url, pictures.jpeg(), "image/jpeg")
    cache.let_rest(urls[2], 60)
    old = [cache.find(urls[0]), *(path for path in cache.files() if path.suffix == ".rests")]
    for path in old:
        assert path is not None
        os.utime(path, (1, 1))
    assert leftovers.prune(runtime.transaction, runtime.settings.data_dir, dry_run=True)["previews"] == 2
    assert leftovers.prune(runtime.transaction, runtime.settings.data_dir)["previews"] == 2
    assert list(cache.files()) == [cache.find(urls[1])]


def test_replaced_files_past_their_retention_go(runtime: Runtime, tmp_path: Path) -> None:
    recycle = RecycleFolder.of(runtime.settings.data_dir)
    (tmp_path / "movie.nfo").write_bytes(b"x")
    old, new = recycle.keep(tmp_path / "movie.nfo", 1), None
    old.parent.rename(old.parent.with_name("2020-01-01"))
    new = recycle.keep(tmp_path / "movie.nfo", 2)
    assert leftovers.prune(runtime.transaction, runtime.settings.data_dir)["replaced_files"] == 1
    assert new.exists()


def test_a_fresh_instance_has_nothing_to_prune(runtime: Runtime) -> None:
    found = leftovers.prune(runtime.transaction, runtime.settings.data_dir)
    assert set(found.values()) == {0}
