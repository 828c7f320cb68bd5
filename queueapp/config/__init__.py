"""Settings: the only reader of environment variables and of `queueapp.toml`."""

from __future__ import annotations

from queueapp.config.load import load
from queueapp.config.secrets import session_secret
from queueapp.config.settings import Settings

__all__ = ["Settings", "load", "session_secret"]
