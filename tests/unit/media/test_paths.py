from __future__ import annotations

import json
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queueapp.media import paths


@given(st.binary().filter(lambda name: b"\0" not in name))
def test_any_name_survives_storing(raw: bytes) -> None:
    name = os.fsdecode(raw)
    assert paths.on_disk(paths.stored(name)) == name


@given(st.binary(), st.binary())
def test_two_names_are_never_stored_alike(one: bytes, other: bytes) -> None:
    same = paths.stored(os.fsdecode(one)) == paths.stored(os.fsdecode(other))
    assert same == (one == other)


@given(st.binary())
def test_a_stored_name_is_text_that_json_and_the_database_take(raw: bytes) -> None:
    text = paths.stored(os.fsdecode(raw))
    assert json.loads(json.dumps(text)) == text
    text.encode("utf-8")


def test_a_name_with_a_character_of_the_escape_itself_survives() -> None:
    assert paths.on_disk(paths.stored("a\uf7e9b")) == "a\uf7e9b"
    assert paths.stored("a\uf7e9b") != paths.stored("a\udce9b")


def test_ordinary_names_are_stored_as_they_are() -> None:
    assert paths.stored("/media/七人の侍 (1954)/Amélie.mkv") == "/media/七人の侍 (1954)/Amélie.mkv"


def test_people_read_a_windows_name_as_it_was_meant() -> None:
    assert paths.readable(os.fsdecode(b"Am\xe9lie")) == "Amélie"
    assert paths.readable(paths.stored(os.fsdecode(b"Am\xe9lie"))) == "Amélie"


@pytest.mark.parametrize(
    ("path", "folder", "inside"),
    [("/a/b", "/a", True), ("/a", "/a", True), ("/ab", "/a", False), ("/a/b", "/", True), ("x", "", True)],
)
def test_what_lies_inside_what(path: str, folder: str, inside: bool) -> None:
    assert paths.is_inside(path, folder) == inside


@pytest.mark.parametrize(
    ("name", "expected"),
    [("a.MKV", ("a", "mkv")), (".hidden", (".hidden", "")), ("a", ("a", "")), ("a.b.srt", ("a.b", "srt"))],
)  # fmt: skip
def test_an_extension_is_what_follows_the_last_dot(name: str, expected: tuple[str, str]) -> None:
    assert paths.split_extension(name) == expected
