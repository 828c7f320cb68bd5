"""What is asked of batches and shown of them."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

#: What can be done to each file of a folder.
BatchOperation = Literal["audio", "analyze", "thumbnail", "verify", "publish"]
OPERATIONS: tuple[str, ...] = get_args(BatchOperation)
#: Import webhooks are critical, and no batch may stand in their way.
BatchPriority = Literal["high", "normal", "low"]
BatchStatus = Literal["queued", "running", "completed", "failed", "cancelled"]
FileStatus = Literal["success", "skipped", "failed", "cancelled"]


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid")


class BatchFilters(_Asked):
    """Which of the files that fit the pattern are worked on."""

    min_size_mb: float = Field(0, ge=0, le=1e9, description="Smaller files (MiB) are passed over")
    max_age_days: float | None = Field(
        None, gt=0, le=36500, description="Files modified longer ago are passed over"
    )
    exclude_patterns: list[str] = Field(
        default_factory=list,
        max_length=100,
        description="Files and folders passed over; one without a slash fits a bare name anywhere",
    )


class NewBatch(_Asked):
    """Work on each video file of a folder."""

    path: str = Field(max_length=4096, description="Folder inside a library or an allowed root")
    recursive: bool = Field(True, description="Whether folders inside it are looked through too")
    pattern: str | None = Field(
        None, description="Which files, relative to the folder: `**/*.mkv`; empty: every video"
    )
    dry_run: bool = Field(False, description="Report the plan for each file, change nothing")
    priority: BatchPriority = Field("normal", description="high, normal or low")
    operation: BatchOperation = Field("audio", description="What is done to each file")
    filters: BatchFilters = Field(
        default_factory=BatchFilters, description="Which of these files are worked on"
    )


class BatchStarted(BaseModel):
    """A batch that was accepted."""

    status: Literal["started"] = "started"
    job_id: str
    estimated_files: int | None = Field(description="null when counting takes longer than 200 ms")
    message: str


class BatchProgress(BaseModel):
    """How far a batch is, in files; `total_files` grows while the folder is looked through."""

    total_files: int
    processed: int
    success: int
    skipped: int
    failed: int
    remaining: int
    percent: float
    eta_seconds: int | None = Field(
        description="null while files are still being found, or nothing can be told"
    )


class BatchResult(BaseModel):
    """What became of one file."""

    file: str
    status: FileStatus
    message: str
    duration_ms: int | None


class BatchSummary(BaseModel):
    """A batch without its results."""

    job_id: str
    status: BatchStatus
    path: str
    recursive: bool
    pattern: str | None
    operation: str
    dry_run: bool
    priority: str
    filters: BatchFilters
    progress: BatchProgress
    message: str | None = Field(description="What it does now, or why it failed")
    created_at: datetime
    started_at: datetime | None
    updated_at: datetime
    completed_at: datetime | None


class BatchView(BatchSummary):
    """A batch with a page of its results, in the order of the files."""

    results: list[BatchResult]
    results_total: int
    limit: int
    offset: int


class BatchCancelled(BaseModel):
    """A batch that was cancelled."""

    status: Literal["cancelled"] = "cancelled"
    message: str
    processed_before_cancel: int
