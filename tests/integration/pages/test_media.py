from __future__ import annotations

import hashlib
import io
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from PIL import Image as Picture

from queueapp.bootstrap import Runtime
from queueapp.media.details import Details
from queueapp.media.ids import Ids
from queueapp.media.image_cache import ImageCache
from queueapp.media.pictures import check
from queueapp.models.image import Image
from queueapp.models.library import Library
from queueapp.models.media import MatchState, Media, MediaKind
from queueapp.models.media_file import MediaFile
from queueapp.services.title import expected_titles
from queueapp.services.title.enrichment import Description
from tests.integration.pages.reader import Reader

STREAMS = {
    "container": "mkv",
    "duration_seconds": 5673.0,
    "size_bytes": 4_400_000_000,
    "video": [{"codec": "hevc", "width": 1920, "height": 1080, "hdr": "hdr10", "frame_rate": 23.976}],
    "audio": [{"codec": "eac3", "channels": 6, "language": "de", "default": True}],
}
FACTS = {
    "plot": "A vampire moves house.",
    "genres": ["Horror"],
    "directors": ["F. W. Murnau"],
    "actors": [{"name": "Max Schreck", "role": "Graf Orlok"}],
    "ratings": [{"name": "tmdb", "value": 7.69, "votes": 2100}],
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of the film, with its NFO."""
    made = tmp_path / "Nosferatu (1922)"
    made.mkdir()
    (made / "movie.nfo").write_text("<movie><title>Nosferatu</title></movie>")
    return made


@pytest.fixture
def film(runtime: Runtime, folder: Path) -> int:
    """A film that went through the whole chain; its id."""
    with runtime.transaction() as session:
        library = Library(name="Films", path=str(folder.parent), kind="movies")
        session.add(library)
        session.flush()
        media = add_title(
            session, library.id, "Nosferatu", folder, streams=STREAMS, metadata_=FACTS, match_state="matched",
            tmdb_id=653, published_files={str(folder / "movie.nfo"): [39, 0]}, analyzed_at=sa.func.now(),
        )  # fmt: skip
        path = str(folder / "Nosferatu (1922).mkv")
        session.add(MediaFile(media_id=media.id, role="main", path=path, size_bytes=5, mtime_ns=1, inode=1))
        return int(media.id)


def add_title(session: Any, library_id: int, title: str, folder: Path, **columns: Any) -> Media:
    """Insert a film."""
    media = Media(
        library_id=library_id, kind="movie", title=title, parsed_title=title, year=1922, parsed_year=1922,
        key=title, unit=folder.name, folder=str(folder), main_path=str(folder / f"{title}.mkv"), **columns,
    )  # fmt: skip
    session.add(media)
    session.flush()
    return media


def test_no_titles_yet_says_what_to_do_first(admin: Reader) -> None:
    assert "No titles yet" in admin.open("/media").text()
    assert admin.follow("Add a library").path == "/libraries"


@pytest.mark.parametrize("view", ["grid", "list"])
def test_titles_are_found_by_a_part_of_their_name(admin: Reader, film: int, view: str) -> None:
    assert "Nosferatu" in admin.open(f"/media?view={view}&q=osfera").text()
    assert "No title fits" in admin.open(f"/media?view={view}&q=metropolis").text()
    assert "No title fits" in admin.open(f"/media?view={view}&state=unsure").text()
    assert admin.open("/media?kind=nonsense&order=x&library=y&from=-3").status == 200


def test_a_title_shows_facts_streams_files_and_its_nfo(admin: Reader, film: int) -> None:
    text = admin.open(f"/media/{film}").text()
    for said in (
        "A vampire moves house.", "F. W. Murnau", "Graf Orlok", "1920 × 1080, hdr10", "6 channels", "653",
        "<movie><title>Nosferatu</title></movie>", "Nosferatu (1922).mkv", "1 h 34 min", "4.1 GiB",
    ):  # fmt: skip
        assert said in text


def test_an_nfo_that_is_gone_is_just_not_shown(admin: Reader, film: int, folder: Path) -> None:
    (folder / "movie.nfo").unlink()
    assert "NFO as written" not in admin.open(f"/media/{film}").text()


def test_a_poster_is_served_small_and_whole_to_those_signed_in(
    app: Flask, admin: Reader, runtime: Runtime, film: int
) -> None:
    sha256 = add_poster(runtime, film)
    client = admin._client
    with client.get(f"/media/pictures/{sha256}/small") as small:
        assert Picture.open(io.BytesIO(small.data)).size == (360, 540)
        assert "immutable" in small.headers["Cache-Control"]
    with client.get(f"/media/pictures/{sha256}") as whole:
        assert hashlib.sha256(whole.data).hexdigest() == sha256
    assert client.get("/media/pictures/../../etc/passwd").status_code == 404
    assert client.get(f"/media/pictures/{'0' * 64}").status_code == 404
    assert app.test_client().get(f"/media/pictures/{sha256}").status_code == 302
    assert f"/media/pictures/{sha256}/small" in admin.open("/media").page.xpath("//main//img/@src")


def test_a_small_logo_keeps_its_transparency(admin: Reader, runtime: Runtime, film: int) -> None:
    sha256 = add_poster(runtime, film, Picture.new("RGBA", (800, 310), (255, 0, 0, 51)), "PNG")
    for _ in range(2):
        with admin._client.get(f"/media/pictures/{sha256}/small") as small:
            shown = Picture.open(io.BytesIO(small.data))
            assert (small.mimetype, shown.width, shown.getpixel((5, 5))) == (
                "image/png",
                360,
                (255, 0, 0, 51),
            )


def test_a_picture_that_cannot_be_shrunk_is_served_whole(admin: Reader, runtime: Runtime, film: int) -> None:
    sha256 = add_poster(runtime, film)
    path = ImageCache.of(runtime.settings.data_dir).path(sha256, "image/jpeg")
    path.write_bytes(b"damaged on the disk")
    with admin._client.get(f"/media/pictures/{sha256}/small") as small:
        assert (small.status_code, small.data) == (200, b"damaged on the disk")


def add_poster(
    runtime: Runtime, media_id: int, picture: Picture.Image | None = None, encoding: str = "JPEG"
) -> str:
    """Put a poster into the cache and choose it for a title; returns its digest."""
    encoded = io.BytesIO()
    (picture or Picture.new("RGB", (800, 1200), "navy")).save(encoded, encoding)
    poster = check(encoded.getvalue())
    ImageCache.of(runtime.settings.data_dir).keep(poster)
    with runtime.transaction() as session:
        session.add(
            Image(
                media_id=media_id, kind="poster", provider="tmdb", url="https://images.example/p.jpg",
                selected=True, selected_by="auto", sha256=poster.sha256, content_type=poster.content_type,
                downloaded_at=sa.func.now(),
            )
        )  # fmt: skip
    return poster.sha256


def test_a_title_is_refreshed_and_published_from_its_page(admin: Reader, film: int) -> None:
    assert admin.open(f"/media/{film}").press("Refresh").path.startswith("/tasks/")
    assert "Refresh Nosferatu (1922)" in admin.text()
    assert admin.open(f"/media/{film}").press("Publish").path.startswith("/tasks/")
    assert "Publish Nosferatu (1922)" in admin.text()


def test_one_of_the_titles_it_may_be_is_chosen_by_a_button(
    admin: Reader, runtime: Runtime, film: int
) -> None:
    candidates = [
        {"id": 653, "title": "Nosferatu", "year": 1922, "score": 0.7},
        {"id": 6114, "title": "Other"},
    ]
    with runtime.transaction() as session:
        title = session.get_one(Media, film)
        title.match_state, title.match_candidates, title.tmdb_id = "unsure", candidates, None
    assert "70 % alike" in admin.open(f"/media/{film}").text()
    admin.open(f"/media/{film}").press("Take this", tmdb_id="none")
    assert admin.toasts() == ["The id of a title at TMDB is a number, such as 653"]
    admin.open(f"/media/{film}").press("It is Other")
    assert admin.path.startswith("/tasks/")
    with runtime.transaction() as session:
        title = session.get_one(Media, film)
        assert (title.tmdb_id, title.match_state) == (6114, "manual")


def test_a_viewer_sees_no_button_that_changes_a_title(viewer: Reader, film: int) -> None:
    assert viewer.open(f"/media/{film}").buttons() == []


def test_titles_to_come_are_listed_until_their_files_are_there(runtime: Runtime, admin: Reader) -> None:
    with runtime.transaction() as session:
        for number, title in enumerate(("Nosferatu", "Metropolis", "Lantern Street")):
            kind = MediaKind.SHOW if title.startswith("Lantern") else MediaKind.MOVIE
            media = expected_titles.unfiled(kind, title, 1920 + number, Ids(tmdb=100 + number))
            details = Details(kind="movie", source="tmdb", title=title, plot=f"About {title}.")
            found = Description(details, MatchState.MATCHED, "by its id")
            expected_titles.keep(session, media, found, None)
    page = admin.open("/media?state=expected").page
    rows = ["".join(row.itertext()) for row in page.xpath("//main//tbody/tr")]
    assert [title in rows[place] for place, title in enumerate(("Lantern Street", "Metropolis", "Nosferatu"))] == [
        True, True, True
    ]  # fmt: skip
    assert "Metropolis: About Metropolis." in page.xpath("//main//tbody//@title")
    films = admin.open("/media?state=expected&kind=movies&q=nos").text()
    assert ("Nosferatu" in films, "Metropolis" in films, "Lantern" in films) == (True, False, False)
    api = admin._client
    listed = api.get("/api/media/expected?limit=2").get_json()
    assert ([one["title"] for one in listed["expected"]], listed["total"]) == (
        ["Lantern Street", "Metropolis"],
        3,
    )
    assert {(one["status"], one["match_state"]) for one in listed["expected"]} == {("expected", "matched")}
    rest = api.get(f"/api/media/expected?limit=2&cursor={listed['next_cursor']}").get_json()
    assert ([one["title"] for one in rest["expected"]], rest["next_cursor"]) == (["Nosferatu"], None)
    with runtime.transaction() as session:
        for number in range(3):
            kind = MediaKind.SHOW if number == 2 else MediaKind.MOVIE
            here = expected_titles.unfiled(kind, "x", None, Ids(tmdb=100 + number))
            expected_titles.arrived(session, [here])
    assert api.get("/api/media/expected").get_json()["total"] == 0
    assert "No title is expected" in admin.open("/media?state=expected").text()
