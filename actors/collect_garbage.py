"""Deletes what media operations leave behind and nobody uses any more."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict

from queueapp.execution.context import Context
from queueapp.operations import operation
from queueapp.services.title import leftovers


class CollectGarbage(BaseModel):
    """What a garbage collection is given: nothing."""

    model_config = ConfigDict(extra="forbid")


@operation(
    "collect_garbage",
    payload=CollectGarbage,
    timeout_seconds=3600,
    title=lambda _: "Delete unused pictures and replaced files",
)
def perform(payload: CollectGarbage, context: Context) -> dict[str, Any]:
    """Delete replaced files past their retention, expired answers of providers, and pictures that nothing uses."""
    del payload
    found = leftovers.prune(context.transaction, context.settings.data_dir, dry_run=context.dry_run)
    word = "Would delete" if context.dry_run else "Deleted"
    for what, count in found.items():
        context.log(f"{word} {count} {what.replace('_', ' ')}")
    return {**found, **({"dry_run": True} if context.dry_run else {})}
