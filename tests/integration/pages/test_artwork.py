"""Choose artwork by its page: what is offered, what choosing does, and who may."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from queueapp.bootstrap import Runtime
from queueapp.models.audit import AuditEntry
from queueapp.models.image import ChosenBy, Image
from queueapp.models.item import Item
from queueapp.models.library import Library
from queueapp.models.media import Media, MediaKind, MediaStatus
from queueapp.services import phase_config
from tests.integration.pages.reader import Reader

#: Pictures that lie in the cache need not be fetched.
FETCHED = {"sha256": "a" * 64, "content_type": "image/jpeg", "downloaded_at": sa.func.now()}


@pytest.fixture
def film(runtime: Runtime, tmp_path: Path) -> int:
    """A film that nothing is offered for yet; its id."""
    return add_title(runtime, tmp_path, MediaKind.MOVIE, "Nosferatu")


def add_title(runtime: Runtime, folder: Path, kind: MediaKind, title: str, **columns: Any) -> int:
    """Insert a title in a library of its own."""
    with runtime.transaction() as session:
        library = Library(name=title, path=str(folder / title), kind="movies")
        session.add(library)
        session.flush()
        media = Media(
            library_id=library.id, kind=kind, title=title, parsed_title=title, year=1922, key=title, unit=title,
            folder=str(folder), main_path=str(folder / "film.mkv") if kind is MediaKind.MOVIE else None,
            **columns,
        )  # fmt: skip
        session.add(media)
        session.flush()
        return int(media.id)


def offer(runtime: Runtime, media_id: int, kind: str, *names: str, **columns: Any) -> list[str]:
    """Offer pictures of a kind; returns their ids as a form has them."""
    with runtime.transaction() as session:
        images = [
            Image(
                media_id=media_id, kind=kind, url=f"http://127.0.0.1:1/original/{kind}-{name}.jpg",
                **{"provider": "tmdb", "width": 1000, "height": 1500, "position": place, **columns},
            )
            for place, name in enumerate(names)
        ]  # fmt: skip
        session.add_all(images)
        session.flush()
        return [str(one.id) for one in images]


def in_use(runtime: Runtime, media_id: int, kind: str) -> list[tuple[str, ChosenBy | None]]:
    """Ids of the pictures in use, in their order, and who chose them."""
    with runtime.transaction() as session:
        query = sa.select(Image).where(Image.media_id == media_id, Image.kind == kind, Image.selected)
        return [(str(one.id), one.selected_by) for one in session.scalars(query.order_by(Image.position))]


def operations(runtime: Runtime, reader: Reader) -> list[str]:
    """What the task does whose page is shown."""
    with runtime.transaction() as session:
        task_id = int(reader.path.rpartition("/")[2])
        return list(session.scalars(sa.select(Item.type).where(Item.task_id == task_id).order_by(Item.index)))


def ids_shown(reader: Reader, kind: str) -> list[str]:
    """The ids of the pictures of a kind, in the order of the page."""
    return [str(one) for one in reader.page.xpath(f"//*[@id='{kind}']//input[@name='image']/@value")]


def test_what_is_offered_is_shown_by_kind_those_in_use_first(
    admin: Reader, runtime: Runtime, film: int
) -> None:
    german, french = offer(runtime, film, "poster", "de", "fr", language="de", votes=1234, vote_average=5.31)
    used = offer(runtime, film, "poster", "used", selected=True, selected_by="auto", language="en")
    offer(runtime, film, "clearlogo", "l", provider="fanarttv", votes=3, width=800, height=310, language="")
    offer(runtime, film, "actor", "max", label="Max Schreck")
    text = admin.open(f"/media/{film}/artwork").text()
    for said in (
        "1000 × 1500",
        "800 × 310",
        "TMDB, 5.3 (1,234)",
        "fanart.tv, 3 likes",
        "In use",
    ):
        assert said in text
    assert ids_shown(admin, "poster") == [*used, german, french]
    assert admin.page.xpath("//*[@id='actor']") == []


def test_pictures_that_fit_the_language_come_before_those_with_more_votes(
    admin: Reader, runtime: Runtime, film: int
) -> None:
    liked = offer(runtime, film, "poster", "fr", language="fr", votes=5000, vote_average=9.9)
    fitting = offer(runtime, film, "poster", "en", language="en", votes=1, vote_average=1.0)
    assert ids_shown(admin.open(f"/media/{film}/artwork"), "poster") == [*fitting, *liked]


def test_posters_are_chosen_in_the_order_of_the_page_with_one_in_front(
    admin: Reader, runtime: Runtime, film: int
) -> None:
    first, second, third, fourth = offer(runtime, film, "poster", "a", "b", "c", "d")
    admin.open(f"/media/{film}/artwork")
    admin.press("Use these: posters", image=[first, second, fourth], first=fourth)
    assert in_use(runtime, film, "poster") == [(one, ChosenBy.USER) for one in (fourth, first, second)]
    assert "Refresh Nosferatu (1922)" in admin.text()
    assert operations(runtime, admin)[0] == "enrich"
    assert "Chosen by hand" in admin.open(f"/media/{film}/artwork").text()
    assert ids_shown(admin, "poster") == [fourth, first, second, third]


def test_what_lies_in_the_cache_is_only_published(admin: Reader, runtime: Runtime, film: int) -> None:
    here = offer(runtime, film, "poster", "here", **FETCHED)
    admin.open(f"/media/{film}/artwork").press("Use these: posters", image=here)
    assert operations(runtime, admin)[0] == "publish"


def test_a_second_choice_is_not_left_to_a_publication_that_began_before(
    admin: Reader, runtime: Runtime, film: int
) -> None:
    one, other = offer(runtime, film, "poster", "one", "other", **FETCHED)
    tasks = [
        admin.open(f"/media/{film}/artwork").press("Use these: posters", image=each).path
        for each in (one, other)
    ]
    assert tasks[0] != tasks[1]
    assert in_use(runtime, film, "poster") == [(other, ChosenBy.USER)]


def test_a_choice_is_given_back_to_the_ranking(admin: Reader, runtime: Runtime, film: int) -> None:
    offer(runtime, film, "poster", "a", selected=True, selected_by="user")
    admin.open(f"/media/{film}/artwork").press("Let posters be ranked again")
    assert in_use(runtime, film, "poster") == []
    assert operations(runtime, admin)[0] == "enrich"
    assert "Let posters be ranked again" not in admin.open(f"/media/{film}/artwork").buttons()


def test_without_automatic_choice_the_page_says_so_and_none_can_be_used(
    admin: Reader, runtime: Runtime, film: int
) -> None:
    with runtime.transaction() as session:
        phase_config.change(session, "enrichment", {"autoSelectAssets": False}, "anna")
    offer(runtime, film, "poster", "a", selected=True, selected_by="user")
    assert "Nothing is chosen by itself" in admin.open(f"/media/{film}/artwork").text()
    admin.press("Use none of the posters")
    assert in_use(runtime, film, "poster") == []


def test_a_choice_is_in_the_audit_log(admin: Reader, runtime: Runtime, film: int) -> None:
    [poster] = offer(runtime, film, "poster", "a")
    admin.open(f"/media/{film}/artwork").press("Use these: posters", image=poster)
    with runtime.transaction() as session:
        entry = session.scalars(sa.select(AuditEntry).order_by(AuditEntry.id.desc())).first()
        assert entry is not None
        assert (entry.who, entry.target) == ("anna", f"/media/{film}/artwork/poster")
        assert (entry.detail["kind"], entry.detail["image_ids"]) == ("poster", [int(poster)])
    assert "Choose artwork" in admin.open("/audit").text()


@pytest.mark.parametrize(
    ("kind", "ticked", "said"),
    [
        ("poster", 0, "Choose at least one picture"),
        ("poster", 51, "Choose 50 at most"),
        ("banner", 2, "It has one banner only"),
    ],
)
def test_a_choice_that_cannot_be_is_refused_where_it_was_made(
    admin: Reader, runtime: Runtime, film: int, kind: str, ticked: int, said: str
) -> None:
    ids = offer(runtime, film, kind, *(str(number) for number in range(max(ticked, 1))))
    words = {"poster": "Use these: posters", "banner": "Use this one: banners"}[kind]
    admin.open(f"/media/{film}/artwork").press(words, image=ids[:ticked])
    assert (admin.toasts(), admin.path) == ([said], f"/media/{film}/artwork")
    assert in_use(runtime, film, kind) == []


def test_of_a_season_one_poster_is_chosen(admin: Reader, runtime: Runtime, tmp_path: Path) -> None:
    show = add_title(runtime, tmp_path, MediaKind.SHOW, "Foundation")
    below = {"parent_id": show, "show_id": show, "season_number": 1}
    season = add_title(runtime, tmp_path, MediaKind.SEASON, "Season 1", **below)
    offer(runtime, season, "poster", "a", "b")
    assert "Use this one: posters" in admin.open(f"/media/{season}/artwork").buttons()
    assert admin.page.xpath("//input[@name='image']/@type") == ["radio", "radio"]


def test_the_picture_of_another_title_is_refused(
    admin: Reader, runtime: Runtime, film: int, tmp_path: Path
) -> None:
    other = add_title(runtime, tmp_path, MediaKind.MOVIE, "Faust")
    foreign = offer(runtime, other, "poster", "x")
    offer(runtime, film, "poster", "a")
    admin.open(f"/media/{film}/artwork").press("Use these: posters", image=foreign)
    assert admin.toasts() == [f"Title {film} is offered no poster {foreign[0]}"]
    assert admin.open(f"/media/{film}/artwork").press("Use these: posters", image="9" * 30).status == 200


def test_a_viewer_may_look_and_not_choose(viewer: Reader, runtime: Runtime, film: int) -> None:
    poster = offer(runtime, film, "poster", "a")
    assert "1000 × 1500" in viewer.open(f"/media/{film}/artwork").text()
    assert viewer.buttons() == []
    assert viewer.page.xpath("//main//input[not(@type='hidden')]") == []
    token = viewer.page.xpath("//input[@name='csrf_token']/@value")[0]
    data = {"csrf_token": token, "image": poster}
    assert viewer._client.post(f"/media/{film}/artwork/poster", data=data).status_code == 403
    assert in_use(runtime, film, "poster") == []


def test_a_choice_without_the_token_of_the_page_is_refused(
    admin: Reader, runtime: Runtime, film: int
) -> None:
    poster = offer(runtime, film, "poster", "a")
    answer = admin._client.post(f"/media/{film}/artwork/poster", data={"image": poster})
    assert answer.status_code == 400
    assert in_use(runtime, film, "poster") == []


def test_a_kind_that_does_not_exist_and_a_title_that_does_not_are_not_found(
    app: Flask, admin: Reader, runtime: Runtime, film: int
) -> None:
    offer(runtime, film, "poster", "a")
    token = admin.open(f"/media/{film}/artwork").page.xpath("//input[@name='csrf_token']/@value")[0]
    for path in (f"/media/{film}/artwork/actor", f"/media/{film}/artwork/x", "/media/99999/artwork/poster"):
        assert admin._client.post(path, data={"csrf_token": token, "image": "1"}).status_code == 404
    assert admin.open("/media/99999/artwork").status == 404
    assert app.test_client().get(f"/media/{film}/artwork").status_code == 302


def test_nothing_is_chosen_for_a_title_that_is_gone(admin: Reader, runtime: Runtime, film: int) -> None:
    poster = offer(runtime, film, "poster", "a")
    admin.open(f"/media/{film}/artwork")
    with runtime.transaction() as session:
        title = session.get_one(Media, film)
        title.status, title.gone_at = MediaStatus.GONE, sa.func.now()
    admin.press("Use these: posters", image=poster)
    assert admin.toasts() == [f"The files of title {film} are gone"]
    assert admin.open(f"/media/{film}/artwork").buttons() == []


def test_without_pictures_the_page_says_what_to_do(
    admin: Reader, viewer: Reader, runtime: Runtime, film: int
) -> None:
    assert "No key for TMDB is set" in admin.open(f"/media/{film}/artwork").text()
    assert "queueapp.toml" in admin.text()
    keyed = runtime.settings.tmdb.model_copy(update={"api_key": "k"})
    object.__setattr__(runtime, "settings", runtime.settings.model_copy(update={"tmdb": keyed}))
    assert "No picture is offered" in viewer.open(f"/media/{film}/artwork").text()
    assert viewer.buttons() == []
    assert operations(runtime, admin.open(f"/media/{film}/artwork").press("Refresh"))[0] == "enrich"
    with runtime.transaction() as session:
        phase_config.change(session, "enrichment", {"fetchProviderAssets": False}, "anna")
    assert "no artwork is asked for" in admin.open(f"/media/{film}/artwork").text()
    offer(runtime, film, "poster", "a")
    assert "only what has been fetched before" in admin.open(f"/media/{film}/artwork").text()


def test_the_title_leads_to_it_also_when_nothing_is_chosen_yet(
    admin: Reader, viewer: Reader, runtime: Runtime, film: int
) -> None:
    assert "Choose artwork" not in admin.open(f"/media/{film}").text()
    offer(runtime, film, "poster", "a", "b")
    assert "2 pictures offered, none in use yet" in admin.open(f"/media/{film}").text()
    assert admin.follow("Choose artwork").path == f"/media/{film}/artwork"
    assert viewer.open(f"/media/{film}").follow("All that is offered").path == f"/media/{film}/artwork"


def test_many_are_folded_and_all_can_be_chosen(admin: Reader, runtime: Runtime, film: int) -> None:
    ids = offer(runtime, film, "fanart", *(str(number) for number in range(30)))
    admin.open(f"/media/{film}/artwork")
    assert len(admin.page.xpath("//*[@id='fanart']//details//input[@name='image']")) == 18
    assert sorted(ids_shown(admin, "fanart")) == sorted(ids)
