"""Renames taken back: the exact former state, or a refusal that names what changed since."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from queueapp import errors
from queueapp.models.journal import JournalState
from queueapp.models.media import MediaKind
from tests.integration.rename.conftest import Renaming
from tests.integration.rename.test_rename import FILM, SERIES

Make = Callable[..., Renaming]


def test_a_film_is_exactly_as_it_was(make_library: Make) -> None:
    made = make_library(FILM)
    before, film = made.tree(), made.title(MediaKind.MOVIE)
    made.rename(film.id)
    result = made.revert(made.journals()[0].id)
    assert made.tree() == before
    assert result["total_files"] == len(FILM)
    now = made.title(MediaKind.MOVIE)
    assert (now.id, now.main_path, now.key) == (film.id, film.main_path, film.key)
    assert now.fingerprint == now.published_fingerprint
    assert made.scan().items == []
    first, second = made.journals()
    assert (first.state, first.reverted_by, second.state) == (JournalState.REVERTED, 90, JournalState.DONE)


def test_a_series_is_exactly_as_it_was(make_library: Make) -> None:
    made = make_library(
        [*SERIES, "Foundation.S02.720p/Foundation.s02e01.mkv", "Foundation.S02.720p/notes.pdf"], "tv"
    )
    os.chmod(made.root / "Foundation.S02.720p", 0o750)
    before, modes = made.tree(), (made.root / "Foundation.S02.720p").stat().st_mode
    made.rename(made.title(MediaKind.SHOW).id)
    assert made.tree() != before
    made.revert(made.journals()[0].id)
    assert made.tree() == before
    assert (made.root / "Foundation.S02.720p").stat().st_mode == modes
    assert made.scan().items == []


def test_what_was_taken_back_can_be_done_again_and_taken_back_again(make_library: Make) -> None:
    made = make_library(FILM)
    before = made.tree()
    made.rename(made.title(MediaKind.MOVIE).id)
    renamed = made.names()
    made.revert(made.journals()[0].id)
    made.revert(made.journals()[1].id, task_id=91)
    assert made.names() == renamed
    made.revert(made.journals()[2].id, task_id=92)
    assert made.tree() == before


def test_a_file_that_was_changed_since_has_it_refused(make_library: Make) -> None:
    made = make_library(FILM)
    made.rename(made.title(MediaKind.MOVIE).id)
    (made.root / "heat (1995)/heat (1995).nfo").write_bytes(b"edited by hand")
    (made.root / "heat (1995)/fanart.jpg").unlink()
    before = made.tree()
    with pytest.raises(errors.Permanent) as refused:
        made.revert(made.journals()[0].id)
    assert "heat (1995).nfo was changed since" in refused.value.message
    assert "fanart.jpg is not there any more" in refused.value.message
    assert made.tree() == before
    assert made.journals()[0].state is JournalState.DONE


def test_a_former_place_that_is_taken_has_it_refused(make_library: Make) -> None:
    made = make_library(FILM)
    made.rename(made.title(MediaKind.MOVIE).id)
    (made.root / "heat.1995.1080p-GRP").mkdir()
    (made.root / "heat.1995.1080p-GRP/heat.1080p.mkv").write_bytes(b"came back")
    before = made.tree()
    with pytest.raises(errors.Permanent, match="taken by something else"):
        made.revert(made.journals()[0].id)
    assert made.tree() == before


def test_taking_back_twice_does_nothing(make_library: Make) -> None:
    made = make_library(FILM)
    made.rename(made.title(MediaKind.MOVIE).id)
    made.revert(made.journals()[0].id)
    before = made.tree()
    with pytest.raises(errors.Skip, match="already"):
        made.revert(made.journals()[0].id, task_id=91)
    assert made.tree() == before


def test_a_dry_run_tells_the_way_back_and_goes_nowhere(make_library: Make) -> None:
    made = make_library(FILM)
    made.rename(made.title(MediaKind.MOVIE).id)
    before = made.tree()
    result = made.revert(made.journals()[0].id, dry_run=True)
    assert made.tree() == before
    assert {one["after"] for one in result["files"]} == {str(made.root / name) for name in FILM}
