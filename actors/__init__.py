"""Every operation of the media library; `dramatiq actors` starts here."""

from __future__ import annotations

import importlib
import pkgutil

from queueapp import collector

with collector.paused():
    from queueapp import bootstrap, operations
    from queueapp.execution.broker import install
    from queueapp.services.arr.webhook_acting import keep_acting

    for _module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{_module.name}")

    broker = install(operations.REGISTRY, bootstrap.worker_runtime, [keep_acting])
