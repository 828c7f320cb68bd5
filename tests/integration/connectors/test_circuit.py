"""The circuit: failures open it, one probe at a time tries it, success closes it."""

from __future__ import annotations

from typing import cast

import pytest
import redis

from queueapp import bootstrap, errors
from queueapp.connectors.circuit import FAILURES_TO_OPEN, Circuit, open_circuits


@pytest.fixture
def circuit(runtime: bootstrap.Runtime) -> Circuit:
    return Circuit(runtime.redis, "tmdb")


def open_it(circuit: Circuit) -> None:
    for _ in range(FAILURES_TO_OPEN):
        circuit.record_failed("it answered 500")


def let_the_rest_pass(connection: redis.Redis) -> None:
    connection.hset("queueapp:circuit:tmdb", "closed_until", 1)


def rest_ms(connection: redis.Redis) -> float:
    seconds, micros = cast("tuple[int, int]", connection.time())
    until = float(cast("bytes", connection.hget("queueapp:circuit:tmdb", "closed_until")))
    return until - (seconds * 1000 + micros / 1000)


def test_a_circuit_at_rest_admits(circuit: Circuit, runtime: bootstrap.Runtime) -> None:
    assert circuit.admit() == "closed"
    assert runtime.redis.keys("queueapp:circuit*") == []


def test_a_few_failures_are_only_watched(circuit: Circuit, runtime: bootstrap.Runtime) -> None:
    circuit.record_failed("it answered 500")
    assert circuit.admit() == "watched"
    assert open_circuits(runtime.redis) == []
    circuit.record_succeeded()
    assert circuit.admit() == "closed"


def test_one_probe_at_a_time_is_let_through_after_the_rest(
    circuit: Circuit, runtime: bootstrap.Runtime
) -> None:
    open_it(circuit)
    let_the_rest_pass(runtime.redis)
    assert circuit.admit() == "probe"
    with pytest.raises(errors.CircuitOpen):
        circuit.admit()


def test_a_probe_that_succeeds_closes_the_circuit(circuit: Circuit, runtime: bootstrap.Runtime) -> None:
    open_it(circuit)
    let_the_rest_pass(runtime.redis)
    circuit.admit()
    circuit.record_succeeded()
    assert circuit.admit() == "closed"
    assert open_circuits(runtime.redis) == []


def test_each_failed_probe_doubles_the_rest_up_to_ten_minutes(
    circuit: Circuit, runtime: bootstrap.Runtime
) -> None:
    open_it(circuit)
    rests = [rest_ms(runtime.redis)]
    for _ in range(6):
        let_the_rest_pass(runtime.redis)
        circuit.admit()
        circuit.record_failed("still down")
        rests.append(rest_ms(runtime.redis))
    assert [round(rest / 1000) for rest in rests] == [30, 60, 120, 240, 480, 600, 600]


def test_failures_of_requests_on_the_way_do_not_lengthen_the_rest(
    circuit: Circuit, runtime: bootstrap.Runtime
) -> None:
    open_it(circuit)
    for _ in range(10):
        circuit.record_failed("late news")
    assert rest_ms(runtime.redis) <= 30_000
