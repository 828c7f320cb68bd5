"""An operations queue on Dramatiq and PostgreSQL; these names are what another project's operations need."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from queueapp.execution.broker import QueueMiddleware
    from queueapp.execution.context import Context
    from queueapp.operations import operation

__all__ = ["Context", "QueueMiddleware", "operation"]

_HOMES = {
    "Context": "queueapp.execution.context",
    "QueueMiddleware": "queueapp.execution.broker",
    "operation": "queueapp.operations",
}


def __getattr__(name: str) -> Any:
    """Import a public name at its first use: most of the package has no need of them."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)
