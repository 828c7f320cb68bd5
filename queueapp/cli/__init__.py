"""The command line; one file a family of commands."""

from __future__ import annotations

from queueapp.cli import acts, apikey, database, pruning, schedules, tasks, users, work
from queueapp.cli.root import cli

__all__ = ["acts", "apikey", "cli", "database", "pruning", "schedules", "tasks", "users", "work"]
