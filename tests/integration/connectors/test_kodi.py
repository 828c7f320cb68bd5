"""Kodi: what it knows is refreshed, what is new is scanned for, and no scan is ever stopped by us."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from queueapp import errors
from queueapp.connectors.kodi import Kodi
from queueapp.connectors.kodi_update import MAX_FOLDER_SCANS, ChangedTitle, KodiUpdate, Told
from tests.servers.kodi import KodiServer
from tests.servers.loopback import GARBAGE, Reply


@pytest.fixture
def server() -> Iterator[KodiServer]:
    with KodiServer() as running:
        yield running


def film(number: int, *, is_gone: bool = False) -> ChangedTitle:
    folder = f"nfs://nas/films/Film {number}/"
    return ChangedTitle("movie", f"{folder}film.mkv", folder, is_gone)


def update(server: KodiServer, *changed: ChangedTitle, clean_first: bool = False) -> Told:
    how = KodiUpdate(Kodi("Kodi", server.url), lambda _: None, lambda _: None)
    return how.run(changed, clean_first=clean_first)


def test_a_known_film_is_refreshed_and_a_new_one_scanned_for(server: KodiServer) -> None:
    server.library["movie"][5] = film(1).file
    told = update(server, film(1), film(2))
    assert server.state.refreshed == [("movie", 5)]
    assert server.state.scanned == ["nfs://nas/films/Film 2/"]
    assert (told.refreshed, told.scanned) == (1, ["nfs://nas/films/Film 2/"])


def test_scans_wait_for_one_another_and_for_anybody_elses(server: KodiServer) -> None:
    server.begin_scan()
    update(server, *(film(number) for number in range(4)))
    assert len(server.state.scanned) == 4
    assert server.state.stopped_scans == 0


def test_many_new_folders_are_one_scan_of_everything(server: KodiServer) -> None:
    told = update(server, *(film(number) for number in range(MAX_FOLDER_SCANS + 1)))
    assert told.scanned == [""]
    assert server.methods().count("VideoLibrary.GetMovies") == MAX_FOLDER_SCANS + 1


def test_for_very_many_titles_the_list_is_read_once(server: KodiServer) -> None:
    server.library["movie"] = {number: film(number).file for number in range(60)}
    told = update(server, *(film(number) for number in range(60)))
    assert told.refreshed == 60
    assert server.methods().count("VideoLibrary.GetMovies") == 1


def test_new_episodes_are_one_scan_of_their_show_with_a_trailing_slash(server: KodiServer) -> None:
    show = "smb://nas/tv/Show/"
    told = update(
        server,
        ChangedTitle("episode", f"{show}Season 01/e1.mkv", show),
        ChangedTitle("episode", f"{show}Season 01/e2.mkv", show),
        ChangedTitle("tvshow", show, show),
    )
    assert told.scanned == [show]


def test_a_show_and_an_episode_that_are_known_are_refreshed(server: KodiServer) -> None:
    show = "smb://nas/tv/Show/"
    server.library["tvshow"][1] = show
    server.library["episode"][9] = f"{show}Season 01/e1.mkv"
    update(
        server, ChangedTitle("tvshow", show, show), ChangedTitle("episode", f"{show}Season 01/e1.mkv", show)
    )
    assert server.state.refreshed == [("tvshow", 1), ("episode", 9)]
    assert server.state.scanned == []


def test_what_is_gone_is_taken_out_and_never_scanned_for(server: KodiServer) -> None:
    server.library["movie"][5] = film(1).file
    told = update(server, film(1, is_gone=True), film(2, is_gone=True))
    assert server.state.removed == [("movie", 5)]
    assert (told.removed, told.scanned) == (1, [])


def test_clean_first_waits_for_a_running_scan(server: KodiServer) -> None:
    server.begin_scan()
    told = update(server, film(1), clean_first=True)
    assert told.cleaned
    assert server.state.cleaned == 1


def test_a_kodi_without_filters_is_asked_for_the_whole_list() -> None:
    with KodiServer(knows_filters=False) as server:
        server.library["movie"][5] = film(1).file
        assert update(server, film(1)).refreshed == 1


def test_a_wrong_password_is_permanent() -> None:
    with KodiServer(password="right") as server:
        with pytest.raises(errors.Permanent, match="refuses the user or password"):
            Kodi("Kodi", server.url, "kodi", "wrong").ping()
        assert Kodi("Kodi", server.url, "kodi", "right").ping()


def test_the_version_is_read(server: KodiServer) -> None:
    assert Kodi("Kodi", f"{server.url}/jsonrpc").version() == "20.1"


def test_an_unknown_method_is_permanent_though_http_says_200(server: KodiServer) -> None:
    with pytest.raises(errors.Permanent, match="-32601"):
        Kodi("Kodi", server.url).call("VideoLibrary.Refresh")


@pytest.mark.parametrize(
    "fault", [GARBAGE, Reply(200, []), Reply(503, b""), Reply(200, {"x": 1}, cut_after=3)]
)
def test_an_answer_that_is_none_is_tried_later(server: KodiServer, fault: Reply) -> None:
    server.faults.append(fault)
    with pytest.raises(errors.RetryLater):
        Kodi("Kodi", server.url).ping()


def test_what_is_no_kodi_is_permanent(server: KodiServer) -> None:
    with pytest.raises(errors.Permanent, match="web server"):
        Kodi("Kodi", f"{server.url}/other").ping()


def test_a_kodi_that_is_off_is_tried_later() -> None:
    with pytest.raises(errors.RetryLater, match="cannot connect"):
        Kodi("Kodi", "http://127.0.0.1:1").ping()
