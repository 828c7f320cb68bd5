"""Finds the files of a batch."""

from __future__ import annotations

from typing import Any

from queueapp.execution.context import Context
from queueapp.media import paths
from queueapp.operations import operation
from queueapp.services.batch import batches
from queueapp.services.batch.batch_views import NewBatch
from queueapp.services.batch.batch_walk import find_files


class Batch(NewBatch):
    """What the search for the files of a batch is given."""


@operation(
    "batch",
    payload=Batch,
    timeout_seconds=3600,
    title=lambda payload: f"Find the files in {paths.readable(payload.path)}",
    grows=True,
    public=False,
    rejoin=batches.rejoin,
)
def perform(payload: Batch, context: Context) -> dict[str, Any]:
    """Find the files of a batch, and have its operation done to each."""
    return find_files(context, payload)
