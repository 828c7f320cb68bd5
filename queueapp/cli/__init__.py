"""The command line; one file a family of commands."""

from __future__ import annotations

from queueapp.cli import apikey, database, users
from queueapp.cli.root import cli

__all__ = ["apikey", "cli", "database", "users"]
