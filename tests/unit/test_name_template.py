"""Templates of names: what they give, and how bad ones are refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queueapp.name_template import BadTemplate, NameTooLong, TemplateKind, parse, sanitised

FILM = "{title} ({year})/{title} ({year}).{ext}"
EPISODE = "{show} ({year})/Season {season:02}/{show} - S{season:02}E{episode:02} - {title}.{ext}"


def film(template: str, **values: object) -> str:
    read = parse(template, TemplateKind.MOVIE)
    folders = [read.folder(number, values) for number in range(read.folders)]  # type: ignore[arg-type]
    return "/".join([*folders, read.stem(values, 24)])  # type: ignore[arg-type]


def episode(**values: object) -> str:
    given_values = {"show": "Foundation", "year": 2021, "season": 1, "title": "Pilot"} | values
    return parse(EPISODE, TemplateKind.EPISODE).stem(given_values, 24)  # type: ignore[arg-type]


def test_a_film_is_named_by_title_and_year() -> None:
    assert film(FILM, title="Heat", year=1995) == "Heat (1995)/Heat (1995)"


def test_an_empty_token_takes_its_brackets_along() -> None:
    assert film(FILM, title="Heat", year=None) == "Heat/Heat"
    assert film("{title} [{resolution}] - {edition}", title="Heat") == "Heat"


def test_a_section_is_left_out_when_a_token_in_it_is_empty() -> None:
    template = "{title}< - {edition}>< {{tmdb-{tmdb}}}>"
    assert film(template, title="Heat", tmdb=949) == "Heat {tmdb-949}"
    assert film(template, title="Heat", edition="Extended") == "Heat - Extended"


def test_several_episodes_of_one_file_are_named_so_that_players_see_them() -> None:
    assert episode(episode=[1]) == "Foundation - S01E01 - Pilot"
    assert episode(episode=[2, 3]) == "Foundation - S01E02-E03 - Pilot"
    assert episode(episode=[2, 3, 4]) == "Foundation - S01E02-E04 - Pilot"
    assert episode(episode=[2, 7]) == "Foundation - S01E02E07 - Pilot"


def test_what_file_systems_refuse_is_replaced_or_left_out() -> None:
    assert film("{title}", title="Face/Off: What? *Now*") == "Face-Off - What Now"
    assert film("{title}", title="... Wait...") == "Wait"
    assert film("{title}", title="CON") == "CON_"
    assert sanitised('"A" | B\x07') == "'A' - B"


def test_a_long_name_is_cut_at_its_title_and_not_inside_a_character() -> None:
    stem = parse(EPISODE, TemplateKind.EPISODE).stem(
        {"show": "Show", "season": 1, "episode": [5], "title": "七" * 200}, 30
    )
    assert stem.startswith("Show - S01E05 - 七")
    assert 220 <= len(stem.encode()) <= 225


def test_a_name_that_cannot_be_cut_enough_is_refused() -> None:
    with pytest.raises(NameTooLong, match="255 bytes"):
        film("x" * 300 + "{title}", title="Heat")


@pytest.mark.parametrize(
    ("template", "position", "said"),
    [
        ("{title", 1, "begins a token"),
        ("{title} {titel}", 9, "there is no token {titel}"),
        ("a{title}//{title}", 10, "no empty name"),
        ("../{title}", 1, "no '..'"),
        ("{title}/", 9, "no empty name"),
        ("{title}<a", 10, "no '>'"),
        ("{title}<a<b>>", 10, "nested"),
        ("{title}>", 8, "without"),
        ("{title:02}", 1, "a width"),
        ("{ext}{title}", 1, "very end"),
        ("{title}?", 8, "may not stand"),
        ("x{year}", 1, "tells no two titles apart"),
        ("{title}/{title} {season}", 17, "no meaning"),
    ],
)
def test_a_bad_template_is_refused_with_its_place(template: str, position: int, said: str) -> None:
    with pytest.raises(BadTemplate, match=f"at character {position}") as refused:
        parse(template, TemplateKind.MOVIE)
    assert refused.value.position == position
    assert said in str(refused.value)


def test_an_episode_needs_a_folder_of_its_series_and_a_number() -> None:
    for bad in (
        "{show} S{season}E{episode}",
        "{season}/{episode}",
        "{show}/{show} {season}",
        "{show} {part}/{episode}",
    ):
        with pytest.raises(BadTemplate):
            parse(bad, TemplateKind.EPISODE)


def test_what_no_name_can_do_without_is_named() -> None:
    assert parse(EPISODE, TemplateKind.EPISODE).missing({"show": "A", "season": 1, "title": "B"}) == [
        "episode"
    ]
    assert parse("{title}/{title} ({year})", TemplateKind.MOVIE).missing({"title": "B"}) == []


@given(st.text(min_size=1, max_size=300), st.none() | st.integers(1900, 2030))
def test_every_name_is_one_that_file_systems_take(title: str, year: int | None) -> None:
    read = parse(FILM, TemplateKind.MOVIE)
    try:
        names = [
            read.folder(0, {"title": title, "year": year}),
            read.stem({"title": title, "year": year}, 30),
        ]
    except NameTooLong:
        return
    for name in names:
        assert name not in ("", ".", "..")
        assert not set(name) & set('/\\:*?"<>|\0')
        assert name == name.strip(" ").rstrip(".")
        assert len(name.encode("utf-8", "surrogatepass")) <= 255
