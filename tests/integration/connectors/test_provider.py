"""Asking a provider: the cache, and what each kind of failure becomes."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sqlalchemy as sa

from queueapp import bootstrap, errors
from queueapp.connectors import circuit, http
from queueapp.connectors.provider import Provider
from queueapp.connectors.response_cache import DETAILS_LIFE
from queueapp.models.provider_cache import CachedResponse
from tests.servers import tmdb
from tests.servers.loopback import GARBAGE, Reply
from tests.servers.tmdb import TmdbServer


@pytest.fixture(autouse=True)
def a_film(tmdb_server: TmdbServer) -> None:
    tmdb_server.movies[653] = tmdb.movie(653, "Nosferatu", 1922)


def expire_everything(runtime: bootstrap.Runtime) -> None:
    with runtime.transaction() as session:
        session.execute(sa.update(CachedResponse).values(expires_at=sa.func.now() - DETAILS_LIFE))


def test_an_answer_is_asked_for_once(provider: Provider, tmdb_server: TmdbServer) -> None:
    first = provider.get("/movie/653", {"language": "en"})
    assert provider.get("/movie/653", {"language": "en"}) == first
    assert first["title"] == "Nosferatu"
    assert len(tmdb_server.requests) == 1


def test_another_language_is_another_question(provider: Provider, tmdb_server: TmdbServer) -> None:
    provider.get("/movie/653", {"language": "en"})
    provider.get("/movie/653", {"language": "de"})
    assert len(tmdb_server.requests) == 2


def test_an_expired_answer_that_did_not_change_lives_on(
    provider: Provider, tmdb_server: TmdbServer, runtime: bootstrap.Runtime
) -> None:
    first = provider.get("/movie/653")
    expire_everything(runtime)
    assert provider.get("/movie/653") == first
    assert tmdb_server.not_modified == 1
    assert provider.get("/movie/653") == first
    assert len(tmdb_server.requests) == 2


def test_a_refresh_asks_even_when_the_answer_is_fresh(provider: Provider, tmdb_server: TmdbServer) -> None:
    provider.get("/movie/653")
    tmdb_server.movies[653]["title"] = "Nosferatu!"
    assert provider.get("/movie/653")["title"] == "Nosferatu"
    assert provider.get("/movie/653", revalidate=True)["title"] == "Nosferatu!"


def test_nothing_there_is_an_answer_too(provider: Provider, tmdb_server: TmdbServer) -> None:
    assert provider.get("/movie/1") is None
    assert provider.get("/movie/1") is None
    assert len(tmdb_server.requests) == 1


def test_no_credential_is_stored(provider: Provider, runtime: bootstrap.Runtime) -> None:
    provider.get("/movie/653", {"language": "en"})
    with runtime.transaction() as session:
        [row] = session.scalars(sa.select(CachedResponse)).all()
    assert row.request == "/movie/653?language=en"
    assert "test-key" not in repr([row.key, row.request, row.body])
    assert "test-key" not in repr(provider)


def test_what_postgres_cannot_store_is_left_out(provider: Provider, tmdb_server: TmdbServer) -> None:
    tmdb_server.movies[653]["title"] = "a\0b\ud800c"
    assert provider.get("/movie/653")["title"] == "ab?c"


def test_too_many_requests_hold_all_workers_and_use_no_attempt(
    provider: Provider, tmdb_server: TmdbServer
) -> None:
    tmdb_server.faults.append(Reply(429, {"status_code": 25}, {"Retry-After": "30"}))
    with pytest.raises(errors.RetryLater) as refused:
        provider.get("/movie/653")
    assert (refused.value.seconds, refused.value.uses_attempt) == (30, False)
    with pytest.raises(errors.RetryLater, match="no faster than allowed") as held:
        provider.get("/movie/653")
    assert 28 <= (held.value.seconds or 0) <= 40
    assert not held.value.uses_attempt
    assert len(tmdb_server.requests) == 1


def test_a_retry_after_that_is_a_date_is_understood() -> None:
    headers = http.httpx.Headers({"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"})
    assert http.Answer(429, headers, b"").retry_after_seconds() == 0
    assert http.Answer(429, http.httpx.Headers({"Retry-After": "soon"}), b"").retry_after_seconds() is None


@pytest.mark.parametrize("status", [401, 403])
def test_refused_credentials_open_the_circuit_until_a_person_acts(
    provider: Provider, tmdb_server: TmdbServer, runtime: bootstrap.Runtime, status: int
) -> None:
    tmdb_server.faults.append(Reply(status, {"status_code": 7}))
    for _ in range(3):
        with pytest.raises(errors.CircuitOpen, match="credentials") as refused:
            provider.get("/movie/653")
        assert not refused.value.uses_attempt
    assert len(tmdb_server.requests) == 1
    [view] = circuit.open_circuits(runtime.redis)
    assert (view.name, view.kind, view.probe_at) == ("tmdb", "credentials", None)
    circuit.reset(runtime.redis, "tmdb")
    assert provider.get("/movie/653")


def test_new_credentials_start_a_new_circuit(provider: Provider, tmdb_server: TmdbServer) -> None:
    bad = replace(provider, params={"api_key": "wrong"})
    with pytest.raises(errors.CircuitOpen):
        bad.get("/movie/653")
    assert provider.get("/movie/653")
    with pytest.raises(errors.CircuitOpen):
        bad.get("/movie/1")
    assert len(tmdb_server.requests) == 2


@pytest.mark.parametrize("status", [400, 405, 422])
def test_a_refused_request_is_permanent(provider: Provider, tmdb_server: TmdbServer, status: int) -> None:
    tmdb_server.faults.append(Reply(status, {"status_code": 22}))
    with pytest.raises(errors.Permanent, match=str(status)):
        provider.get("/movie/653")


@pytest.mark.parametrize(
    "fault",
    [
        Reply(500, {"status_code": 11}),
        Reply(503, {"status_code": 9}, {"Retry-After": "7"}),
        GARBAGE,
        Reply(200, {"title": "cut" * 1000}, cut_after=100),
    ],
)
def test_a_failing_provider_is_tried_later(provider: Provider, tmdb_server: TmdbServer, fault: Reply) -> None:
    tmdb_server.faults.append(fault)
    with pytest.raises(errors.RetryLater) as failed:
        provider.get("/movie/653")
    assert failed.value.uses_attempt
    assert failed.value.seconds == (7 if fault.status == 503 else None)
    assert provider.get("/movie/653")["title"] == "Nosferatu"


def test_a_server_that_never_answers_is_given_up(
    provider: Provider, tmdb_server: TmdbServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    impatient = http.httpx.Client(timeout=0.2)
    monkeypatch.setattr(http, "shared_client", lambda: impatient)
    tmdb_server.faults.append(Reply(200, {}, delay_seconds=30))
    with pytest.raises(errors.RetryLater, match="no answer in time"):
        provider.get("/movie/653")
    impatient.close()


def test_an_answer_that_drips_is_given_up(tmdb_server: TmdbServer) -> None:
    tmdb_server.faults.append(Reply(200, {}, delay_seconds=30))
    with pytest.raises(http.Unreachable, match="no answer in time"):
        http.send("GET", tmdb_server.url, timeout_seconds=0.2)


def test_a_server_that_is_not_there_is_tried_later(provider: Provider) -> None:
    nowhere = replace(provider, base_url="http://127.0.0.1:1")
    with pytest.raises(errors.RetryLater, match="cannot connect") as failed:
        nowhere.get("/movie/653")
    assert "api_key" not in str(failed.value)


@pytest.mark.parametrize("fault", [Reply(500, {}), GARBAGE])
def test_failures_in_a_row_open_the_circuit(
    provider: Provider, tmdb_server: TmdbServer, runtime: bootstrap.Runtime, fault: Reply
) -> None:
    tmdb_server.faults.extend([fault] * circuit.FAILURES_TO_OPEN)
    for _ in range(circuit.FAILURES_TO_OPEN):
        with pytest.raises(errors.RetryLater):
            provider.get("/movie/653")
    with pytest.raises(errors.CircuitOpen) as refused:
        provider.get("/movie/653")
    assert not refused.value.uses_attempt
    assert 0 < (refused.value.seconds or 0) <= 30
    assert len(tmdb_server.requests) == circuit.FAILURES_TO_OPEN
    [view] = circuit.open_circuits(runtime.redis)
    assert view.kind == "failing"
    assert view.probe_at is not None


def test_redis_away_means_wait_not_fail(provider: Provider, tmdb_server: TmdbServer) -> None:
    away = bootstrap.make_redis("redis://127.0.0.1:1/0")
    cut_off = replace(provider, means=replace(provider.means, redis=away))
    with pytest.raises(errors.RetryLater, match="Redis") as failed:
        cut_off.get("/movie/653")
    assert not failed.value.uses_attempt
    assert tmdb_server.requests == []
    away.close()
