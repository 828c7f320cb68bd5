"""/batch: the same operation on each video file of a folder."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from itertools import chain
from typing import Annotated, Literal

from flask import Response, request
from pydantic import BaseModel, Field

from queueapp.services.batch import batch_results, batches
from queueapp.services.batch.batch_views import (
    BatchCancelled,
    BatchResult,
    BatchStarted,
    BatchView,
    FileStatus,
    NewBatch,
)
from webui import job_ids, task_files
from webui.api.resource import OneOf, PageQuery, Query, Resource, Words, answer
from webui.audit_trail import add_detail
from webui.context import runtime
from webui.job_ids import JobId
from webui.security import current_user, requires

api = Resource("batch", "The same operation on each video file of a folder.", prefix="/batch")


class FileEnd(enum.StrEnum):
    """How the work on one file ended."""

    SUCCESS = "success"
    SKIPPED = "skipped"
    FAILED = "failed"
    CANCELLED = "cancelled"


def _read_status(word: str) -> FileEnd:
    try:
        return FileEnd("cancelled" if word == "canceled" else word)
    except ValueError:
        raise ValueError(f"unknown status {word!r}; one of {', '.join(FileEnd)}") from None


class BatchPath(BaseModel):
    """Names a batch."""

    job_id: str = Field(max_length=60, description="job_123, or just 123")


class ResultsQuery(PageQuery):
    """Which results to show."""

    offset: int = Field(default=0, ge=0, le=100_000_000, description="Results to pass over")
    status: Annotated[Words, OneOf(FileEnd, _read_status, also=("canceled",))] = Field(
        default_factory=list, description="success, skipped, failed, cancelled; repeatable, or with commas"
    )


class ResultsFile(Query):
    """As what to export the results."""

    format: Literal["csv", "jsonl"] = Field(default="csv", description="A table, or one JSON object a line")


@api.post("", responses={202: BatchStarted})
@requires("admin")
def start_batch(body: NewBatch) -> Response:
    """Start a batch: 400 for a folder or pattern that cannot be, 409 while another one works there, 503 when full."""
    origin = "ui" if current_user.via == "session" else "api"
    task_id, estimate = batches.start(runtime(), body, created_by=current_user.who, origin=origin)
    job_id = str(JobId(task_id))
    add_detail(job_id=job_id, operation=body.operation, folder=body.path, dry_run=body.dry_run)
    started = BatchStarted(job_id=job_id, estimated_files=estimate, message=_message(body, estimate))
    return answer(started, 202, {"Location": f"{request.script_root}/batch/{job_id}"})


@api.get("/<job_id>", responses={200: BatchView})
@requires("viewer")
def get_batch(path: BatchPath, query: ResultsQuery) -> Response:
    """Read a batch: how far it is, and a page of what became of its files."""
    wanted: list[FileStatus] = list(query.status)  # type: ignore[arg-type]
    with runtime().transaction() as session:
        task = batches.get(session, _task_id(path))
        summary = batch_results.summary(session, task)
        page, total = batch_results.results(
            session, task, status=wanted, limit=query.limit, offset=query.offset
        )
    return answer(
        BatchView(**dict(summary), results=page, results_total=total, limit=query.limit, offset=query.offset)
    )


@api.delete("/<job_id>", responses={200: BatchCancelled})
@requires("admin")
def cancel_batch(path: BatchPath) -> Response:
    """Cancel a batch; what is done stays done. 409 once it has finished."""
    task_id = _task_id(path)
    batches.stop(runtime(), task_id, current_user.who)
    with runtime().transaction() as session:
        progress = batch_results.summary(session, batches.get(session, task_id)).progress
    done = progress.processed
    message = f"Batch cancelled after {done} of {progress.total_files} files"
    return answer(BatchCancelled(message=message, processed_before_cancel=done))


@api.get("/<job_id>/results", responses={200: task_files.ANSWER})
@requires("viewer")
def export_results(path: BatchPath, query: ResultsFile) -> Response:
    """Export what became of all files so far, as one file."""
    with runtime().transaction() as session:
        task = batches.get(session, _task_id(path))
    pages = batch_results.all_results(runtime(), task)
    first = next(pages, [])  # before the answer begins: what fails here is still a problem document
    write, mimetype = _FORMATS[query.format]
    name = f"batch-{task.id}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.{query.format}"
    return Response(
        write(chain([first], pages)),
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
        content_type=f"{mimetype}; charset=utf-8",
    )


def _task_id(path: BatchPath) -> int:
    return job_ids.task_id(path.job_id)


def _message(body: NewBatch, estimate: int | None) -> str:
    what = f"{'Started a dry run of' if body.dry_run else 'Started'} {body.operation} in {body.path}"
    if estimate is None:
        return f"{what}; its files are being counted"
    return f"{what}: about {estimate} file{'' if estimate == 1 else 's'}"


def _jsonl(pages: Iterable[list[BatchResult]]) -> Iterator[str]:
    for page in pages:
        yield "".join(f"{one.model_dump_json()}\n" for one in page)


def _table(pages: Iterable[list[BatchResult]]) -> Iterator[str]:
    yield task_files.lines([list(BatchResult.model_fields)])
    for page in pages:
        yield task_files.lines(
            [task_files.cell(value) for value in one.model_dump().values()] for one in page
        )


_FORMATS: dict[str, tuple[Callable[[Iterable[list[BatchResult]]], Iterator[str]], str]] = {
    "csv": (_table, "text/csv"),
    "jsonl": (_jsonl, "application/x-ndjson"),
}
