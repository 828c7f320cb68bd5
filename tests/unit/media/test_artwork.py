"""Artwork: which pictures are used, and what their files are called."""

from __future__ import annotations

from queueapp.connectors.offered import Offered
from queueapp.media import artwork, artwork_names
from queueapp.media.artwork import ArtKind


def picture(
    name: str, kind: ArtKind = ArtKind.POSTER, language: str = "en", size: tuple[int, int] = (1000, 1500),
    votes: int = 4, average: float = 5.3,
) -> Offered:  # fmt: skip
    width, height = size
    return Offered("tmdb", kind, name, None, "", language, width, height, votes, average)


def ranked(*pictures: Offered, original: str = "") -> list[str]:
    return [one.url for one in artwork.rank(pictures, "de", original, 720)]


def test_posters_in_the_wanted_language_come_first_then_english_then_original() -> None:
    found = ranked(
        picture("none", language=""), picture("fr", language="fr"), picture("ja", language="ja"),
        picture("en"), picture("ger", language="ger"), original="ja",
    )  # fmt: skip
    assert found == ["ger", "en", "ja", "none", "fr"]


def test_backdrops_without_words_come_first() -> None:
    wide = (1920, 1080)
    found = ranked(
        picture("de", ArtKind.FANART, "de", wide), picture("plain", ArtKind.FANART, "", wide),
        picture("en", ArtKind.FANART, "en", wide),
    )  # fmt: skip
    assert found == ["plain", "de", "en"]


def test_a_few_enthusiastic_votes_do_not_beat_many_good_ones() -> None:
    few, many = picture("few", votes=1, average=10), picture("many", votes=80, average=7.5)
    assert ranked(few, many) == ["many", "few"]


def test_of_equal_pictures_the_larger_is_better() -> None:
    assert ranked(picture("small"), picture("large", size=(2000, 3000))) == ["large", "small"]


def test_a_picture_below_the_least_resolution_is_used_only_for_want_of_another() -> None:
    tiny, fit = picture("tiny", language="de", size=(200, 300)), picture("fit", language="fr")
    assert ranked(tiny, fit) == ["fit", "tiny"]
    chosen = artwork.choose([tiny, fit], {"poster": 3}, "de", "", 720)
    assert [one.url for one in chosen] == ["fit"]
    assert [one.url for one in artwork.choose([tiny], {"poster": 3}, "de", "", 720)] == ["tiny"]


def test_each_kind_has_its_limit_and_one_without_a_limit_gives_one() -> None:
    pictures = [picture(f"p{n}") for n in range(5)] + [picture(f"b{n}", ArtKind.BANNER) for n in range(3)]
    chosen = artwork.choose(pictures, {"poster": 2, "clearlogo": 0}, "de", "", 0)
    assert sorted(one.url for one in chosen) == ["b0", "p0", "p1"]


def test_ranking_does_not_depend_on_the_order_of_arrival() -> None:
    pictures = [picture(f"p{n}") for n in range(6)]
    assert ranked(*pictures) == ranked(*reversed(pictures))


def test_names_of_a_film_and_of_a_series() -> None:
    names = [
        artwork_names.for_file("/m/A (1999)/A.1999.mkv", "fanart", number, ".jpg") for number in range(3)
    ]
    assert names == [f"/m/A (1999)/A.1999-fanart{number}.jpg" for number in ("", 1, 2)]
    assert artwork_names.for_folder("/tv/S", "poster", 0, ".png") == "/tv/S/poster.png"


def test_names_of_seasons_episodes_and_actors() -> None:
    assert artwork_names.for_season("/tv/S", 1, "poster", ".jpg") == "/tv/S/season01-poster.jpg"
    assert artwork_names.for_season("/tv/S", 0, "poster", ".jpg") == "/tv/S/season-specials-poster.jpg"
    assert artwork_names.for_file("/tv/S/e.v1.mkv", "thumb", 0, ".jpg") == "/tv/S/e.v1-thumb.jpg"
    assert artwork_names.for_actor("/m", "A/C: d'Or ", ".jpg") == "/m/.actors/AC_d'Or.jpg"
