"""The command line; one file a family of commands."""

from __future__ import annotations

# Importing a family adds its commands.
from queueapp.cli import (  # noqa: F401
    acts,
    apikey,
    bench,
    database,
    demo,
    doctor,
    libraries,
    openapi,
    pruning,
    renaming,
    schedules,
    seed,
    tasks,
    up,
    users,
    work,
)
from queueapp.cli.root import cli

__all__ = ["cli"]
