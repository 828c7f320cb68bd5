"""Builds what a process needs from its settings; entry points call it, nothing else does."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

from queueapp import config, db, log, operations
from queueapp.config import Settings
from queueapp.direct import DirectConnections
from queueapp.dispatch.window import Window
from queueapp.execution import harmless as harmless  # registers the operations that are always there
from queueapp.runtime import Runtime, make_redis

__all__ = ["Runtime", "load_operations", "make_redis", "runtime", "worker_runtime"]


def load_operations(module: str) -> operations.Registry:
    """Import the package of actors, so that its operations register themselves, and return the registry.

    It is looked for on Python's path, then in the working directory and beside this package.
    """
    for place in (Path.cwd(), Path(__file__).parent.parent):
        if str(place) not in sys.path:
            sys.path.append(str(place))
    importlib.import_module(module)
    return operations.REGISTRY


def worker_runtime() -> Runtime:
    """Wire a worker process by the settings of its environment; the actors have been imported already."""
    settings = config.load()
    log.configure(settings.log.level, settings.log.format)
    return runtime(settings, with_operations=False)


def runtime(settings: Settings, *, with_operations: bool = True) -> Runtime:
    """Wire a process by its settings, which must name a database and a Redis."""
    engine = db.make_engine(settings.database_url or "")
    client = make_redis(settings.redis_url or "")
    registry = load_operations(settings.queue.actors) if with_operations else operations.REGISTRY
    return Runtime(
        settings=settings,
        engine=engine,
        dispatch_engine=db.make_dispatch_engine(settings.database_url or ""),
        sessions=db.make_sessions(engine),
        redis=client,
        registry=registry,
        window=Window(client, registry.names, registry.limits),
        direct=DirectConnections(settings.database_url or ""),
    )
