"""Connectors on real Redis and PostgreSQL, against the stand-ins in tests/servers."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from queueapp import bootstrap
from queueapp.connectors.provider import Means, Provider
from tests.servers.tmdb import TmdbServer


@pytest.fixture
def means(runtime: bootstrap.Runtime) -> Means:
    """What connectors work with in a worker."""
    return Means(runtime.redis, runtime.transaction, time.sleep)


@pytest.fixture
def tmdb_server() -> Iterator[TmdbServer]:
    """A running stand-in for TMDB."""
    with TmdbServer() as server:
        yield server


@pytest.fixture
def provider(means: Means, tmdb_server: TmdbServer) -> Provider:
    """TMDB as a bare provider, fast enough not to be waited for."""
    return Provider(means, "tmdb", tmdb_server.url, 500, params={"api_key": "test-key"})
