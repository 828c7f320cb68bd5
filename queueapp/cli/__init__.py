"""The command line; one file a family of commands."""

from __future__ import annotations

from queueapp.cli import acts, apikey, database, libraries, pruning, schedules, tasks, up, users, work
from queueapp.cli.root import cli

__all__ = [
    "acts",
    "apikey",
    "cli",
    "database",
    "libraries",
    "pruning",
    "schedules",
    "tasks",
    "up",
    "users",
    "work",
]
