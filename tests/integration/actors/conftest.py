"""Libraries with titles on record, and runtimes with and without providers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from queueapp import bootstrap
from queueapp.bootstrap import Runtime
from queueapp.config import Settings
from queueapp.models.library import Library, LibraryKind
from queueapp.models.media import Media, MediaKind
from tests.servers import fanarttv, tmdb
from tests.servers.fanarttv import FanartTvServer
from tests.servers.tmdb import TmdbServer


@dataclass
class Shelf:
    """A library on disk and on record."""

    runtime: Runtime
    root: Path
    library_id: int

    def film(self, title: str, year: int | None = None, **more: Any) -> int:
        """A film in a folder of its own."""
        name = f"{title} ({year})" if year else title
        folder = self.root / name
        folder.mkdir(exist_ok=True)
        video = folder / f"{name}.mkv"
        video.write_bytes(b"film")
        return self._add(
            kind=MediaKind.MOVIE, title=title, year=year, folder=str(folder), main_path=str(video), **more
        )

    def show(self, title: str, **more: Any) -> int:
        """A series with its folder."""
        folder = self.root / title
        folder.mkdir(exist_ok=True)
        return self._add(kind=MediaKind.SHOW, title=title, year=None, folder=str(folder), **more)

    def season(self, show_id: int, number: int) -> int:
        """A season of a series."""
        show = self.media(show_id)
        return self._add(
            kind=MediaKind.SEASON, title=f"Season {number}", year=None, folder=show.folder, parent_id=show_id,
            show_id=show_id, season_number=number, fingerprint=None,
        )  # fmt: skip

    def episode(self, show_id: int, season_id: int, numbers: list[int], **more: Any) -> int:
        """A file with one or several episodes."""
        show, season = self.media(show_id), self.media(season_id).season_number or 0
        folder = Path(show.folder) / f"Season {season:02d}"
        folder.mkdir(exist_ok=True)
        video = folder / f"{show.title} S{season:02d}{''.join(f'E{n:02d}' for n in numbers)}.mkv"
        video.write_bytes(b"episode")
        return self._add(
            kind=MediaKind.EPISODE, title=f"Episode {numbers[0]}", year=None, folder=str(folder),
            main_path=str(video), parent_id=season_id, show_id=show_id, season_number=season,
            episode_number=numbers[0], episode_numbers=numbers, **more,
        )  # fmt: skip

    def media(self, media_id: int) -> Media:
        """A title as it is on record now."""
        with self.runtime.transaction() as session:
            return session.get_one(Media, media_id)

    def change(self, media_id: int, **values: Any) -> None:
        """Alter a title's record."""
        with self.runtime.transaction() as session:
            media = session.get_one(Media, media_id)
            for name, value in values.items():
                setattr(media, name, value)

    def _add(self, **values: Any) -> int:
        given = {"fingerprint": "f1", "parsed_title": values["title"], "parsed_year": values["year"]} | values
        with self.runtime.transaction() as session:
            media = Media(
                library_id=self.library_id, key=f"{given.get('main_path')}{given}", unit="", **given
            )
            session.add(media)
            session.flush()
            return int(media.id)


@pytest.fixture
def tmdb_server() -> Iterator[TmdbServer]:
    """A running stand-in for TMDB."""
    with TmdbServer() as server:
        yield server


@pytest.fixture
def fanarttv_server() -> Iterator[FanartTvServer]:
    """A running stand-in for fanart.tv."""
    with FanartTvServer() as server:
        yield server


@pytest.fixture
def with_providers(settings: Settings, tmdb_server: TmdbServer, fanarttv_server: FanartTvServer) -> Settings:
    """Settings with keys for both providers."""
    changes = {
        "tmdb": settings.tmdb.model_copy(
            update={
                "base_url": tmdb_server.url, "images_url": tmdb_server.images_url, "api_key": tmdb.KEY,
                "rate_per_second": 500,
            }
        ),
        "fanarttv": settings.fanarttv.model_copy(
            update={"base_url": fanarttv_server.url, "api_key": fanarttv.KEY, "rate_per_second": 500}
        ),
    }  # fmt: skip
    return settings.model_copy(update=changes)


@pytest.fixture
def make_shelf(tmp_path: Path) -> Iterator[Any]:
    """Give a function that wires a runtime and puts a library on record."""
    with ExitStack() as stack:

        def make(settings: Settings) -> Shelf:
            runtime = bootstrap.runtime(settings)
            stack.callback(runtime.close)
            root = tmp_path / "library"
            root.mkdir(exist_ok=True)
            with runtime.transaction() as session:
                library = Library(name="Library", path=str(root), kind=LibraryKind.MOVIES)
                session.add(library)
                session.flush()
                return Shelf(runtime, root, library.id)

        yield make


@pytest.fixture
def shelf(make_shelf: Any, with_providers: Settings) -> Shelf:
    """A library whose titles both providers may be asked about."""
    made: Shelf = make_shelf(with_providers)
    return made


@pytest.fixture
def offline_shelf(make_shelf: Any, settings: Settings) -> Shelf:
    """A library without a key for any provider."""
    made: Shelf = make_shelf(settings)
    return made
