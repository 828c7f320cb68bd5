"""Every registered operation is whole: a strict payload model, an actor, words for people, and tests of its own."""

from __future__ import annotations

import re
from pathlib import Path

import dramatiq
import pytest
from pydantic import BaseModel

from queueapp import bootstrap
from queueapp.execution.broker import QueueMiddleware
from queueapp.operations import Operation, Registry

TESTS = Path(__file__).parents[1]


def registry() -> Registry:
    """All operations of the product."""
    return bootstrap.load_operations("actors")


@pytest.fixture(params=registry().names())
def operation(request: pytest.FixtureRequest) -> Operation:
    return registry().get(request.param)


def test_its_payload_is_a_model_that_refuses_what_it_does_not_know(operation: Operation) -> None:
    assert issubclass(operation.payload, BaseModel)
    assert operation.payload.model_config.get("extra") == "forbid"


def test_each_field_of_its_payload_says_what_it_is(operation: Operation) -> None:
    silent = [name for name, field in operation.payload.model_fields.items() if not field.description]
    assert not silent


def test_it_says_in_one_line_what_it_does(operation: Operation) -> None:
    assert operation.doc
    assert operation.doc.endswith(".")
    assert "\n" not in operation.doc


def test_it_has_an_actor_of_its_name(operation: Operation) -> None:
    broker = dramatiq.brokers.redis.RedisBroker(url="redis://127.0.0.1:1", middleware=[])
    QueueMiddleware(lambda: None, registry())._declare(broker)  # type: ignore[arg-type, return-value]
    assert operation.name in broker.get_declared_actors()


def test_it_is_tested(operation: Operation) -> None:
    named = re.compile(rf"""actors(\.| import .*\b){operation.name}\b|["']{operation.name}["']""")
    texts = (path.read_text(encoding="utf-8") for path in TESTS.glob("*/**/test_*.py"))
    assert any(named.search(text) for text in texts)
