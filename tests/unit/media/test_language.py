"""Language codes in all their spellings."""

from __future__ import annotations

import pytest

from queueapp.media import language


@pytest.mark.parametrize(
    ("code", "short", "long"),
    [
        ("fre", "fr", "fre"), ("fra", "fr", "fre"), ("fr", "fr", "fre"), ("ger", "de", "ger"), ("deu", "de", "ger"),
        ("en-US", "en", "eng"), ("pt_BR", "pt", "por"), ("chi", "zh", "chi"), ("cn", "yue", "yue"), ("mo", "ro", "rum"),
        ("xx", "", ""), ("und", "", ""), ("00", "", ""), ("", "", ""), (None, "", ""), ("nonsense!", "", ""),
    ],
)  # fmt: skip
def test_every_spelling_is_brought_to_one(code: str | None, short: str, long: str) -> None:
    assert language.normalise(code) == short
    assert language.three_letters(code) == long


def test_no_language_is_the_same_as_no_other() -> None:
    assert language.same("fre", "fra")
    assert not language.same("und", "und")
    assert not language.same("en", "de")
