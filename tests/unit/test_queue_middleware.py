"""What the middleware refuses on another project's broker, before anything connects."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import dramatiq
import pytest
from dramatiq.brokers.redis import RedisBroker
from dramatiq.brokers.stub import StubBroker
from dramatiq.middleware import MiddlewareError
from pydantic import BaseModel

import queueapp
from queueapp.execution.broker import QueueMiddleware
from queueapp.operations import Registry, operation
from queueapp.runtime import Runtime


class Nothing(BaseModel):
    """No fields."""


def no_runtime() -> Runtime:
    raise AssertionError("the engine was started")


def on(broker: dramatiq.Broker) -> QueueMiddleware:
    registry = Registry()
    operation("transcode", payload=Nothing, registry=registry)(transcode)
    middleware = QueueMiddleware(no_runtime, registry)
    broker.add_middleware(middleware)
    return middleware


def transcode(payload: Nothing, context: Any) -> None:
    """Transcode."""


def worker(*queues: str) -> Any:
    return SimpleNamespace(consumer_whitelist=set(queues), worker_threads=1)


def test_a_queue_of_the_project_may_not_be_named_like_a_lane() -> None:
    broker = RedisBroker()
    broker.declare_queue("low")
    with pytest.raises(SystemExit) as stopped:
        on(broker).before_worker_boot(broker, worker())
    assert stopped.value.code == 5


def test_an_actor_of_the_project_may_not_be_named_like_an_operation() -> None:
    broker = RedisBroker()
    dramatiq.actor(actor_name="transcode", broker=broker)(lambda: None)
    with pytest.raises(SystemExit) as stopped:
        on(broker).before_worker_boot(broker, worker())
    assert stopped.value.code == 5


def test_another_kind_of_broker_is_refused() -> None:
    broker = StubBroker()
    with pytest.raises(SystemExit) as stopped:
        on(broker).before_worker_boot(broker, worker())
    assert stopped.value.code == 5


def test_a_message_into_a_lane_is_refused() -> None:
    broker = RedisBroker()
    on(broker)
    stray = dramatiq.actor(queue_name="high", actor_name="stray", broker=broker)(lambda: None)
    with pytest.raises(MiddlewareError, match="create a task"):
        stray.send()


def test_a_worker_of_other_queues_starts_no_engine() -> None:
    broker = RedisBroker()
    on(broker).before_worker_boot(broker, worker("default"))
    assert broker.get_declared_queues() == set()


def test_the_package_names_what_a_project_needs() -> None:
    assert queueapp.QueueMiddleware is QueueMiddleware
    assert queueapp.operation is operation
    with pytest.raises(AttributeError):
        _ = queueapp.nothing_of_that_name
