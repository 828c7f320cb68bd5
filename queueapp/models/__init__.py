"""Every table of the product; importing this package fills the one metadata."""

from __future__ import annotations

import importlib
import pkgutil

from queueapp.models.base import Base

for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")

__all__ = ["Base"]
