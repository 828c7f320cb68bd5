"""This program's own operations, and one more that says when it started."""

from __future__ import annotations

import importlib

import redis
from pydantic import BaseModel, ConfigDict

from benchmarks.systems import stamps
from queueapp.execution.context import Context
from queueapp.operations import operation

importlib.import_module("actors")

_clients: dict[str, redis.Redis] = {}


class Nothing(BaseModel):
    """No payload."""

    model_config = ConfigDict(extra="forbid")


@operation("benchmark_stamp", payload=Nothing, public=False)
def perform(payload: Nothing, context: Context) -> None:
    """Say when it started."""
    url = context.settings.redis_url or ""
    if url not in _clients:
        _clients[url] = redis.Redis.from_url(url)
    stamps.leave(_clients[url])
