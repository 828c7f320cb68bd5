from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from queueapp.bootstrap import Runtime
from queueapp.models.media import Media, MediaKind
from tests.film_library import EPISODES, FILMS, make_library
from tests.media_tree import plant
from tests.running_scan import ScannedLibrary


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """The library of 30 films and 2 series."""
    return make_library(tmp_path)


def test_every_film_is_found_and_nothing_else(
    runtime: Runtime, folders: tuple[Path, Path], refuse_to_list: Callable[[Path], None]
) -> None:
    films = ScannedLibrary(runtime, folders[0])
    plant(films.folder, ["Locked/Secret (2020)/Secret (2020).mkv"])
    refuse_to_list(films.folder / "Locked")
    running = films.scan()
    assert films.films() == sorted(FILMS.values())
    assert {one.main_path for one in films.titles()} == {f"{films.folder}/{name}" for name in FILMS}
    assert running.result["unreadable"] == ["Locked"]
    assert len(running.chained) == 30


def test_a_second_scan_of_the_films_changes_nothing(runtime: Runtime, folders: tuple[Path, Path]) -> None:
    films = ScannedLibrary(runtime, folders[0])
    films.scan()
    films.publish_all()
    before = [(one.id, one.updated_at) for one in films.titles()]
    running = films.scan()
    assert running.items == []
    assert [(one.id, one.updated_at) for one in films.titles()] == before


def test_every_episode_is_found_and_nothing_else(runtime: Runtime, folders: tuple[Path, Path]) -> None:
    series = ScannedLibrary(runtime, folders[1], "tv")
    running = series.scan()
    shows = {one.id: one for one in series.titles(MediaKind.SHOW)}

    def told(episode: Media) -> tuple[str, int | None, tuple[int, ...]]:
        assert episode.show_id is not None
        return shows[episode.show_id].title, episode.season_number, tuple(episode.episode_numbers)

    assert sorted(told(one) for one in series.titles(MediaKind.EPISODE)) == sorted(EPISODES.values())
    assert {one.folder for one in shows.values()} == {
        f"{series.folder}/Foundation (2021)", f"{series.folder}/進撃の巨人",
    }  # fmt: skip
    assert len(running.chained) == len(EPISODES) + 2
