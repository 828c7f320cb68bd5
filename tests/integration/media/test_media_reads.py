from __future__ import annotations

from pathlib import Path

import pytest

from queueapp.bootstrap import Runtime
from queueapp.errors import NotFound
from queueapp.models.media import MediaKind
from queueapp.services.title import media
from queueapp.services.title.media import MediaFilter
from tests.media_tree import plant
from tests.running_scan import ScannedLibrary


@pytest.fixture
def series(runtime: Runtime, tmp_path: Path) -> ScannedLibrary:
    """One show of two seasons."""
    plant(tmp_path / "tv", ["Foundation (2021)/Season 01/Foundation - S01E01 - Peace.mkv",
                            "Foundation (2021)/Season 01/Foundation - S01E02E03.mkv",
                            "Foundation (2021)/Season 02/Foundation - S02E01.mkv"])  # fmt: skip
    library = ScannedLibrary(runtime, tmp_path / "tv", "tv")
    library.scan()
    return library


def labels(runtime: Runtime, chosen: MediaFilter, **page: int | str) -> list[str]:
    with runtime.transaction() as session:
        return [one.label for one in media.list_media(session, chosen, **page).media]  # type: ignore[arg-type]


def test_the_list_holds_films_and_shows_by_title(films: ScannedLibrary, series: ScannedLibrary) -> None:
    films.scan()
    assert labels(films.runtime, MediaFilter()) == [
        "Alien (1979)", "Brazil (1985)", "Foundation (2021)", "Heat (1995)", "M (1931)", "Ran (1985)",
        "Rio Bravo (1959)",
    ]  # fmt: skip
    assert labels(films.runtime, MediaFilter(library_id=series.id)) == ["Foundation (2021)"]
    assert labels(films.runtime, MediaFilter(), limit=2, offset=1) == ["Brazil (1985)", "Foundation (2021)"]
    assert labels(films.runtime, MediaFilter(), order_by="year", limit=1) == ["Foundation (2021)"]


def test_titles_are_searched_by_any_part(films: ScannedLibrary) -> None:
    films.scan()
    assert labels(films.runtime, MediaFilter(q="bRa")) == ["Brazil (1985)", "Rio Bravo (1959)"]
    assert labels(films.runtime, MediaFilter(q="100%")) == []


def test_a_show_has_its_seasons_and_a_season_its_episodes(series: ScannedLibrary) -> None:
    (show,) = series.titles(MediaKind.SHOW)
    with series.runtime.transaction() as session:
        detail = media.get_media(session, show.id)
        assert [one.label for one in detail.children] == ["Foundation Season 1", "Foundation Season 2"]
        season = media.get_media(session, detail.children[0].id)
        assert [one.label for one in season.children] == ["Foundation S01E01", "Foundation S01E02-E03"]
        episode = media.get_media(session, season.children[0].id)
    assert (episode.title, episode.show_title) == ("Peace", "Foundation")
    assert [one.role for one in episode.files] == ["main"]
    assert [one.phase for one in episode.history] == ["scan", "analyze", "enrich", "publish"]
    assert [one.up_to_date for one in episode.history] == [True, False, False, False]


def test_all_episodes_of_a_show_can_be_listed(series: ScannedLibrary) -> None:
    (show,) = series.titles(MediaKind.SHOW)
    chosen = MediaFilter(kind=(MediaKind.EPISODE,), show_id=show.id)
    assert len(labels(series.runtime, chosen)) == 3


def test_an_unknown_title_is_not_found(runtime: Runtime) -> None:
    with runtime.transaction() as session, pytest.raises(NotFound):
        media.get_media(session, 999)
