"""What Radarr or Sonarr manage is left alone, or renamed by force; then they are told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from actors.rename import Rename, perform
from actors.rescan_downloader import RescanDownloader
from actors.rescan_downloader import perform as tell
from queueapp import errors
from queueapp.models.downloader import DownloaderKind
from queueapp.models.media import IdsSource, MediaKind
from queueapp.services.arr import downloaders
from queueapp.services.arr.downloader_views import NewDownloader
from tests.integration.actors.acting import Acting
from tests.integration.rename.conftest import Renaming
from tests.integration.rename.test_rename import FILM
from tests.servers.arr import KEY
from tests.servers.loopback import Reply, Request
from tests.servers.radarr import RadarrServer

Make = Callable[..., Renaming]


class Radarr(RadarrServer):
    """A Radarr with one film and one root folder."""

    def __init__(self) -> None:
        super().__init__()
        self.roots: list[str] = []
        self.movie: dict[str, Any] = {
            "id": 42,
            "title": "Heat",
            "tmdbId": 949,
            "path": "/movies/heat.1995.1080p-GRP",
        }
        self.commands: list[dict[str, Any]] = []

    def answer(self, request: Request) -> Reply:
        """Reply as Radarr does."""
        match request.method, request.path.removeprefix("/api/v3"):
            case "GET", "/rootfolder":
                return Reply(200, [{"id": 1, "path": root} for root in self.roots])
            case "GET", "/movie":
                return Reply(200, [self.movie])
            case "PUT", "/movie/42":
                assert request.query["moveFiles"] == "false"
                self.movie = request.json
                return Reply(202, self.movie)
            case "POST", "/command":
                self.commands.append(request.json)
                return Reply(201, {"id": 1, **request.json})
        return super().answer(request)


@pytest.fixture
def radarr() -> Iterator[Radarr]:
    with Radarr() as server:
        yield server


def add(made: Renaming, radarr: Radarr | None, *mappings: tuple[str, str]) -> int:
    new = {
        "name": "Big Radarr", "kind": DownloaderKind.RADARR,
        "path_mappings": [{"ours": ours, "theirs": theirs} for ours, theirs in mappings],
    } | ({"base_url": radarr.url, "api_key": KEY} if radarr else {})  # fmt: skip
    with made.runtime.transaction() as session:
        return downloaders.add_downloader(session, NewDownloader.model_validate(new)).id


def test_a_mapped_folder_is_left_alone(make_library: Make) -> None:
    made = make_library(FILM)
    add(made, None, (str(made.root), "/movies"))
    before = made.tree()
    with pytest.raises(errors.Permanent, match="Big Radarr manages heat"):
        made.rename(made.title(MediaKind.MOVIE).id)
    assert made.tree() == before


def test_a_root_folder_is_left_alone(make_library: Make, radarr: Radarr) -> None:
    made = make_library(FILM)
    radarr.roots = [str(made.root)]
    add(made, radarr)
    with pytest.raises(errors.Permanent, match="Big Radarr manages heat"):
        made.rename(made.title(MediaKind.MOVIE).id)


def test_what_a_downloader_knows_by_its_ids_is_left_alone(make_library: Make) -> None:
    made = make_library(FILM)
    made.finish_chain(ids_source=IdsSource.DOWNLOADER)
    with pytest.raises(errors.Permanent, match="Radarr manages heat"):
        made.rename(made.title(MediaKind.MOVIE).id)


def test_a_sonarr_manages_no_films(make_library: Make) -> None:
    made = make_library(FILM)
    with made.runtime.transaction() as session:
        mapping: list[Any] = [{"ours": str(made.root), "theirs": "/tv"}]
        new = {"name": "A", "kind": DownloaderKind.SONARR, "path_mappings": mapping}
        downloaders.add_downloader(session, NewDownloader.model_validate(new))
    made.rename(made.title(MediaKind.MOVIE).id)


def test_a_dry_run_says_who_manages_it(make_library: Make) -> None:
    made = make_library(FILM)
    add(made, None, (str(made.root), "/movies"))
    assert made.rename(made.title(MediaKind.MOVIE).id, dry_run=True)["managed_by"] == "Big Radarr"
    assert "Big Radarr manages" in made.acted[-1].warnings[0]


def test_a_library_passes_over_what_is_managed(make_library: Make) -> None:
    made = make_library(FILM)
    add(made, None, (str(made.root), "/movies"))
    result = perform(Rename(library_id=made.library.id), Acting(made.runtime).as_context)
    assert result is not None
    assert (result["titles"], result["managed"]) == (0, 1)


def test_by_force_it_is_renamed_and_radarr_is_told(make_library: Make, radarr: Radarr) -> None:
    made = make_library(FILM)
    add(made, radarr, (str(made.root), "/movies"))
    made.rename(made.title(MediaKind.MOVIE).id, force=True)
    (item,) = [one for one in made.acted[-1].added if one.type == "rescan_downloader"]
    payload = RescanDownloader.model_validate(dict(item.payload))
    assert item.optional
    tell(payload, Acting(made.runtime).as_context)
    assert radarr.movie["path"] == "/movies/heat (1995)"
    assert radarr.commands == [{"name": "RescanMovie", "movieId": 42}]
