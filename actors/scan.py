"""Finds the titles of a library and starts the chain for those that are new or changed."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator

from queueapp.errors import PathRefused
from queueapp.execution.context import Context
from queueapp.models.library import LibraryKind
from queueapp.operations import operation
from queueapp.services.library.library_paths import checked_path
from queueapp.services.library.scanning import Scanning
from queueapp.services.rename import renaming


class Scan(BaseModel):
    """What a scan is given."""

    model_config = ConfigDict(extra="forbid")

    path: str = Field(
        min_length=1, max_length=4096, description="Folder to look through: a library, or a folder inside one"
    )
    library_id: int | None = Field(
        None, ge=1, description="The library it belongs to; empty: found by the path"
    )
    kind: LibraryKind | None = Field(
        None, description="What a folder that is no library yet holds; empty: found out by its names"
    )
    accept_gone: bool = Field(
        False, description="Believe it when more than a fifth of the titles are gone, or the folder is empty"
    )

    @field_validator("path")
    @classmethod
    def _well_formed(cls, value: str) -> str:
        try:
            return checked_path(value)
        except PathRefused as refused:
            raise ValueError(refused.message) from None


@operation(
    "scan",
    payload=Scan,
    phase="scan",
    timeout_seconds=6 * 3600,
    isolated=True,
    concurrency_key=lambda payload: str(payload.library_id or payload.path),
    title=lambda payload: f"Scan {payload.path}",
    grows=True,
)
def perform(payload: Scan, context: Context) -> dict[str, Any]:
    """Find films and series in a folder, and have what is new or changed analyzed, enriched and published."""
    if payload.library_id is not None and not context.dry_run:
        renaming.take_back_leftovers(context, payload.library_id)
    return Scanning(
        context, payload.path, payload.library_id, payload.kind, accept_gone=payload.accept_gone
    ).run()
