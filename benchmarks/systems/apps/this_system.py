"""This program's own operations, and one more that says when it started."""

from __future__ import annotations

import importlib
import time
from functools import cache

import redis
from pydantic import BaseModel, ConfigDict

from benchmarks.systems import stamps
from benchmarks.systems.base import NAP_SECONDS
from queueapp.execution.context import Context
from queueapp.operations import operation


class Nothing(BaseModel):
    """No payload."""

    model_config = ConfigDict(extra="forbid")


@operation("benchmark_stamp", payload=Nothing, public=False)
def perform(payload: Nothing, context: Context) -> None:
    """Say when it started."""
    stamps.leave(_client(context.settings.redis_url or ""))


@operation("benchmark_nap", payload=Nothing, public=False)
def nap(payload: Nothing, context: Context) -> None:
    """Take five thousandths of a second."""
    time.sleep(NAP_SECONDS)


@cache
def _client(url: str) -> redis.Redis:
    return redis.Redis.from_url(url)


# Last: it makes the broker for all operations registered by then.
importlib.import_module("actors")
