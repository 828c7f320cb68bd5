"""TMDB as an instance under a browser meets it: titles, pictures and the lists of people."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.servers.loopback import Reply, Request
from tests.servers.tmdb import TOKEN, TmdbServer
from tests.servers.tmdb_lists import APP_TOKEN, TmdbListsServer


class Titles(TmdbServer):
    """Films and series for the token that opens the lists too; pictures in `drawn` are sent as they are."""

    def __init__(self) -> None:
        super().__init__()
        self.drawn: dict[str, bytes] = {}

    def answer(self, request: Request) -> Reply:
        """Reply as TMDB does."""
        drawn = self.drawn.get(request.path.rpartition("/")[2])
        if drawn is not None:
            return Reply(200, drawn, {"Content-Type": "image/jpeg"})
        if request.headers.get("authorization") == f"Bearer {APP_TOKEN}":
            request.headers["authorization"] = f"Bearer {TOKEN}"
        return super().answer(request)


@dataclass(frozen=True)
class Tmdb:
    """Both halves of TMDB."""

    titles: Titles
    lists: TmdbListsServer

    def environ(self) -> dict[str, str]:
        """The settings of an instance that asks these instead of TMDB."""
        return {
            "QUEUEAPP_TMDB__BASE_URL": self.titles.url,
            "QUEUEAPP_TMDB__IMAGES_URL": self.titles.images_url,
            "QUEUEAPP_TMDB__V4_BASE_URL": f"{self.lists.url}/4",
            "QUEUEAPP_TMDB__ACCESS_TOKEN": APP_TOKEN,
        }


@contextmanager
def serving() -> Iterator[Tmdb]:
    """TMDB on loopback for a while."""
    with Titles() as titles, TmdbListsServer() as lists:
        yield Tmdb(titles, lists)
