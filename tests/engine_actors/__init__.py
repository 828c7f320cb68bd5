"""Operations for tests of the engine; `dramatiq tests.engine_actors` serves them."""

from __future__ import annotations

from queueapp import bootstrap, operations
from queueapp.execution.broker import install
from tests.engine_actors import script

broker = install(operations.REGISTRY, bootstrap.worker_runtime)

__all__ = ["broker", "script"]
