"""Settings: the only reader of environment variables and of `queueapp.toml`."""

from __future__ import annotations

from queueapp.config.export import child_environment
from queueapp.config.load import load
from queueapp.config.settings import Settings

__all__ = ["Settings", "child_environment", "load"]
