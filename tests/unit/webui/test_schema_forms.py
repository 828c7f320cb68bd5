from __future__ import annotations

from enum import IntEnum, StrEnum

from pydantic import BaseModel, Field
from werkzeug.datastructures import MultiDict

from queueapp import strict_json
from webui.pages import schema_forms


class Depth(IntEnum):
    """Of bits."""

    EIGHT = 8
    TEN = 10


class Colour(StrEnum):
    """Two of them."""

    RED = "red"
    BLUE = "blue"


class Inner(BaseModel):
    """Nested."""

    depth: int = 3


class Given(BaseModel):
    """One field of each kind."""

    optional: str | None = Field(None, description="May be left out")
    path: str = Field(description="Where")
    count: int = Field(5, ge=1, le=9)
    rate: float | None = None
    loud: bool = True
    colour: Colour | None = None
    bits: Depth | None = None
    sure: bool | None = None
    words: list[str] = Field(default_factory=list)
    numbers: list[int] | None = None
    inner: Inner = Inner()
    anything: dict[str, str] | None = None


FIELDS = schema_forms.fields_of(Given.model_json_schema())
BY_NAME = {field.name: field for field in FIELDS}


def form(**given: str) -> MultiDict[str, str]:
    """A form as a browser sends it."""
    return MultiDict({f"payload.{name}": text for name, text in given.items()})


def test_each_type_has_its_input_and_required_ones_come_first() -> None:
    assert {name: field.kind for name, field in BY_NAME.items()} == {
        "path": "text",
        "optional": "text",
        "count": "number",
        "rate": "number",
        "loud": "check",
        "colour": "choice",
        "bits": "choice",
        "sure": "choice",
        "words": "lines",
        "numbers": "lines",
        "inner": "group",
        "anything": "json",
    }
    assert FIELDS[0].name == "path"
    assert BY_NAME["path"].required
    assert BY_NAME["path"].hint == "Where"
    assert (BY_NAME["count"].least, BY_NAME["count"].most, BY_NAME["count"].step) == (1, 9, "1")
    assert BY_NAME["colour"].options == ("red", "blue")


def test_what_is_left_empty_is_left_out_and_the_rest_has_its_type() -> None:
    given = form(
        path="/a", count="7", words="one\n\n two ", numbers="1\n2", anything='{"a": "b"}', colour="red",
        bits="10", sure="false", rate="2",
    )  # fmt: skip
    read = schema_forms.read(FIELDS, given)
    assert strict_json.read(Given, read) == Given(
        path="/a",
        count=7,
        loud=False,
        words=["one", "two"],
        numbers=[1, 2],
        anything={"a": "b"},
        colour=Colour.RED,
        bits=Depth.TEN,
        sure=False,
        rate=2.0,
    )
    assert "optional" not in read


def test_what_does_not_parse_stays_as_it_was_given_for_the_model_to_refuse() -> None:
    read = schema_forms.read(FIELDS, form(path="/a", count="many", bits="9", anything="{"))
    assert read["bits"] == "9"
    assert read["count"] == "many"
    assert read["anything"] == "{"


def test_a_form_shows_the_defaults_and_what_was_there() -> None:
    shown = schema_forms.shown(FIELDS, {"path": "/films", "words": ["a", "b"]})
    assert shown["payload.path"] == "/films"
    assert shown["payload.words"] == "a\nb"
    assert shown["payload.count"] == "5"
    assert shown["payload.loud"] == "true"
    assert shown["payload.inner.depth"] == "3"
