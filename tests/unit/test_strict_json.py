"""At the door a payload has the types of its model's schema; what runs or was stored is read less strictly."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from enum import IntEnum, StrEnum
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

import pytest
from pydantic import BaseModel, ConfigDict

from queueapp import errors
from queueapp.operations import Operation


class Colour(StrEnum):
    """Two of them."""

    RED = "red"
    BLUE = "blue"


class Depth(IntEnum):
    """Of bits."""

    EIGHT = 8
    TEN = 10


class Inner(BaseModel):
    """Nested."""

    depth: Depth = Depth.EIGHT


class Given(BaseModel):
    """One field of each type."""

    model_config = ConfigDict(extra="forbid")

    count: int = 0
    rate: float = 0.0
    loud: bool = False
    name: str = ""
    path: Path | None = None
    due: datetime | None = None
    key: UUID | None = None
    colour: Colour | None = None
    price: Decimal | None = None
    words: set[str] = set()
    sizes: tuple[int, ...] = ()
    mode: Literal["fast", "slow"] = "fast"
    inner: Inner = Inner()
    #: of any shape
    more: dict[str, Any] = {}


OPERATION = Operation("given", Given, lambda payload, context: None, "Take one of each.")


@pytest.mark.parametrize(
    ("payload", "place"),
    [
        ({"count": "5"}, ["count"]),
        ({"count": True}, ["count"]),
        ({"count": 5.5}, ["count"]),
        ({"rate": "0.5"}, ["rate"]),
        ({"rate": True}, ["rate"]),
        ({"loud": 1}, ["loud"]),
        ({"loud": 0}, ["loud"]),
        ({"loud": "true"}, ["loud"]),
        ({"name": 5}, ["name"]),
        ({"due": 1795341600}, ["due"]),
        ({"key": 7}, ["key"]),
        ({"sizes": [1, "2"]}, ["sizes", 1]),
        ({"words": "one"}, ["words"]),
        ({"inner": {"depth": "10"}}, ["inner", "depth"]),
        ({"unknown": 1}, ["unknown"]),
    ],
)
def test_another_type_is_refused_at_its_place(payload: dict[str, Any], place: list[Any]) -> None:
    with pytest.raises(errors.BadPayload) as refused:
        OPERATION.parse(payload)
    assert [one["loc"] for one in refused.value.errors] == [place]


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ({"rate": 5}, Given(rate=5.0)),
        ({"count": 5.0}, Given(count=5)),
        ({"path": "/films/Ä"}, Given(path=Path("/films/Ä"))),
        ({"due": "2026-11-22T10:08:00Z"}, Given(due=datetime(2026, 11, 22, 10, 8, tzinfo=UTC))),
        (
            {"key": "6f1f7b5e-3c2a-4b7e-9d55-0d2f3a1c9e10"},
            Given(key=UUID("6f1f7b5e-3c2a-4b7e-9d55-0d2f3a1c9e10")),
        ),
        ({"colour": "red", "mode": "slow"}, Given(colour=Colour.RED, mode="slow")),
        ({"price": "1.50"}, Given(price=Decimal("1.50"))),
        ({"words": ["a", "b"], "sizes": [1, 2]}, Given(words={"a", "b"}, sizes=(1, 2))),
        ({"inner": {"depth": 10}}, Given(inner=Inner(depth=Depth.TEN))),
        ({"more": {"ratio": 5.0, "deep": [{"a": None}]}}, Given(more={"ratio": 5.0, "deep": [{"a": None}]})),
    ],
)
def test_what_json_has_no_type_for_is_taken_as_text(payload: dict[str, Any], expected: Given) -> None:
    assert OPERATION.parse(payload) == expected
    assert OPERATION.parse(json.loads(json.dumps(payload))) == expected


def test_services_may_give_paths_times_and_members_themselves() -> None:
    due = datetime(2026, 11, 22, tzinfo=UTC)
    payload = {"path": Path("/films"), "due": due, "colour": Colour.BLUE, "inner": {"depth": Depth.TEN}}
    assert OPERATION.parse(payload) == Given(
        path=Path("/films"), due=due, colour=Colour.BLUE, inner=Inner(depth=Depth.TEN)
    )


def test_text_that_no_json_can_hold_is_refused() -> None:
    with pytest.raises(errors.BadPayload, match="does not fit operation given"):
        OPERATION.parse({"name": "half of a pair: \ud800"})


def test_what_an_older_release_stored_and_what_an_operation_makes_is_converted() -> None:
    assert OPERATION.parse_stored('{"count": "5", "loud": 1}') == Given(count=5, loud=True)
    assert OPERATION.parse_own({"count": "5", "loud": 1}) == Given(count=5, loud=True)
    with pytest.raises(errors.BadPayload, match="stored payload does not fit operation given"):
        OPERATION.parse_stored('{"count": "many"}')
    with pytest.raises(errors.BadPayload):
        OPERATION.parse_own({"count": "many"})
