"""Publications taken back: what they wrote goes, what they replaced comes back byte for byte."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from actors.revert import Revert, perform
from queueapp import errors
from queueapp.media.recycle import RecycleFolder
from queueapp.models.journal import Journal, JournalState
from tests.integration.actors.acting import Acting
from tests.integration.actors.conftest import Shelf
from tests.integration.actors.test_publish import enriched_film, publish
from tests.servers.tmdb import TmdbServer

THEIRS = b"<movie><title>Nosferatu</title><userrating>9</userrating><mine>kept</mine></movie>"


def journals(shelf: Shelf) -> list[Journal]:
    with shelf.runtime.transaction() as session:
        return list(session.scalars(sa.select(Journal).order_by(Journal.id)))


def revert(shelf: Shelf, **more: Any) -> dict[str, Any]:
    context = Acting(shelf.runtime, task_id=50, item_id=50, **more)
    result = perform(Revert(journal_id=journals(shelf)[-1].id), context.as_context)
    assert result is not None
    return result


def tree(folder: Path) -> dict[str, tuple[bytes, int, int] | None]:
    return {
        str(path.relative_to(folder)): (path.read_bytes(), path.stat().st_mtime_ns, path.stat().st_mode)
        if path.is_file()
        else None
        for path in folder.rglob("*")
    }


def test_what_was_written_goes_and_what_was_replaced_comes_back(
    shelf: Shelf, tmdb_server: TmdbServer
) -> None:
    film, folder = enriched_film(shelf, tmdb_server)
    nfo = folder / "Nosferatu (1922).nfo"
    nfo.write_bytes(THEIRS)
    nfo.chmod(0o640)
    os.utime(nfo, ns=(10**18, 10**18 + 123_456_789))
    before = tree(folder)
    publish(shelf, film, task_id=9)
    assert tree(folder) != before
    result = revert(shelf)
    assert tree(folder) == before
    assert (len(result["restored"]), len(result["removed"])) == (1, 5)
    media = shelf.media(film)
    assert (media.published_files, media.published_at, media.last_task_id) == ({}, None, 50)
    # The next scan does not do it all over again.
    assert media.published_fingerprint == media.fingerprint
    assert journals(shelf)[0].state is JournalState.REVERTED


def test_publishing_what_stands_there_already_needs_no_journal(shelf: Shelf, tmdb_server: TmdbServer) -> None:
    film, _ = enriched_film(shelf, tmdb_server)
    publish(shelf, film, task_id=9)
    publish(shelf, film, task_id=10)
    assert [one.task_id for one in journals(shelf)] == [9]


def test_a_file_that_was_changed_since_has_it_refused(shelf: Shelf, tmdb_server: TmdbServer) -> None:
    film, folder = enriched_film(shelf, tmdb_server)
    publish(shelf, film, task_id=9)
    (folder / "Nosferatu (1922).nfo").write_bytes(b"<movie><title>By hand</title></movie>")
    before = tree(folder)
    with pytest.raises(errors.Permanent, match=r"Nosferatu \(1922\).nfo was changed since"):
        revert(shelf)
    assert tree(folder) == before


def test_a_replaced_file_that_is_not_kept_any_more_has_it_refused(
    shelf: Shelf, tmdb_server: TmdbServer
) -> None:
    film, folder = enriched_film(shelf, tmdb_server)
    (folder / "Nosferatu (1922).nfo").write_bytes(THEIRS)
    publish(shelf, film, task_id=9)
    before = tree(folder)
    for copy, _ in RecycleFolder.of(shelf.runtime.settings.data_dir).of_task(9):
        copy.unlink()
    with pytest.raises(errors.Permanent, match="not kept any more"):
        revert(shelf)
    assert tree(folder) == before


def test_a_publication_that_was_cut_short_is_taken_back_too(
    shelf: Shelf, tmdb_server: TmdbServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    film, folder = enriched_film(shelf, tmdb_server)
    (folder / "Nosferatu (1922).nfo").write_bytes(THEIRS)
    before = tree(folder)

    class Killed(BaseException):
        pass

    def die(*_: object) -> None:
        raise Killed

    monkeypatch.setattr("queueapp.services.title.published_files.record", die)
    with pytest.raises(Killed):
        publish(shelf, film, task_id=9)
    monkeypatch.undo()
    assert tree(folder) != before
    revert(shelf)
    assert tree(folder) == before


def test_an_attempt_after_a_crash_goes_on_with_the_same_journal(
    shelf: Shelf, tmdb_server: TmdbServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    film, folder = enriched_film(shelf, tmdb_server)
    (folder / "Nosferatu (1922).nfo").write_bytes(THEIRS)
    before = tree(folder)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError("disk gone")))
        with pytest.raises(OSError, match="disk gone"):
            publish(shelf, film, task_id=9)
    publish(shelf, film, task_id=9)
    assert [one.state for one in journals(shelf)] == [JournalState.DONE]
    revert(shelf)
    assert tree(folder) == before


def test_a_dry_run_tells_what_would_come_back(shelf: Shelf, tmdb_server: TmdbServer) -> None:
    film, folder = enriched_film(shelf, tmdb_server)
    publish(shelf, film, task_id=9)
    before = tree(folder)
    assert len(revert(shelf, dry_run=True)["removed"]) == 6
    assert tree(folder) == before
