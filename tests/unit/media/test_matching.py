"""Matching: sure matches are taken, doubtful ones are left to a person."""

from __future__ import annotations

import pytest

from queueapp.media.matching import Candidate, comparable, judge


def film(number: int, title: str, year: int | None, original: str = "", popularity: float = 1) -> Candidate:
    return Candidate(id=number, title=title, year=year, original_title=original, popularity=popularity)


@pytest.mark.parametrize(
    ("title", "year", "result"),
    [
        ("Nosferatu", 1922, film(1, "Nosferatu", 1922)),
        ("Alien 3", 1992, film(1, "Alien³", 1992)),
        ("Amelie", 2001, film(1, "Amélie", 2001)),
        ("七人の侍", 1954, film(1, "Seven Samurai", 1954, "七人の侍")),
        ("The Thing", 1982, film(1, "Thing, The", 1982, "The Thing")),
        ("Rocky 2", 1979, film(1, "Rocky II", 1979)),
        ("Fast and Furious", 2009, film(1, "Fast & Furious", 2009)),
        ("Movie Shown At A Festival", 2010, film(1, "Movie Shown at a Festival", 2011)),
        ("Blade Runner", None, film(1, "Blade Runner", 1982)),
    ],
)
def test_the_same_title_is_matched(title: str, year: int | None, result: Candidate) -> None:
    verdict = judge(title, year, [result, film(9, "Something Quite Different", year)])
    assert verdict.chosen is not None
    assert verdict.chosen.id == 1


@pytest.mark.parametrize(
    ("title", "year", "results"),
    [
        ("Alien 3", 1992, [film(1, "Aliens", 1986), film(2, "Alien", 1979)]),
        ("Nosferatu", 1922, [film(1, "Nosferatu", 2024)]),
        ("Dune", None, [film(1, "Dune", 1984), film(2, "Dune", 2021, popularity=99)]),
        ("The Office", 2001, [film(1, "The Office", 2001), film(2, "The Office", 2001)]),
        ("Blade Runner", 1982, [film(1, "Blade Runner: The Final Cut", 1982)]),
        ("Home Video", 2015, [film(1, "Nosferatu", 1922)]),
        ("Home Video", 2015, []),
    ],
)
def test_a_doubtful_title_is_left_to_a_person(title: str, year: int | None, results: list[Candidate]) -> None:
    verdict = judge(title, year, results)
    assert verdict.chosen is None
    assert verdict.reason


def test_candidates_come_best_first_and_the_better_known_before_its_namesake() -> None:
    results = [film(1, "Dune", 1984), film(2, "Dune", 2021, popularity=99), film(3, "Dune World", 2021)]
    assert [one.id for one in judge("Dune", None, results).candidates] == [2, 1, 3]


def test_a_name_of_punctuation_only_matches_nothing() -> None:
    assert comparable("…!?") == ""
    assert judge("…", None, [film(1, "!", None)]).chosen is None
