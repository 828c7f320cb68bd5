"""Batches: start one over a folder, and see what became of each file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from pydantic import ValidationError
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from queueapp import errors
from queueapp.ledger.views import TaskView
from queueapp.services.batch import batch_results, batches
from queueapp.services.batch.batch_views import OPERATIONS, BatchSummary, FileStatus, NewBatch
from queueapp.services.library import libraries
from webui.context import runtime
from webui.pages import answering, forms
from webui.pages.reading import session
from webui.security import current_user, requires

blueprint = Blueprint("batches", __name__, url_prefix="/batches")

ORIGIN = "batches page"
#: Batches and results on a page.
BATCHES_SHOWN = 25
RESULTS_SHOWN = 50
#: What is done to each file, for people.
ACTS = {
    "audio": "Set the default audio track",
    "analyze": "Read the streams",
    "thumbnail": "Make thumbnails",
    "verify": "Verify NFO and artwork",
    "publish": "Write NFO and artwork",
}
TABS: tuple[tuple[str, FileStatus | None], ...] = (
    ("All", None), ("Failed", "failed"), ("Done", "success"), ("Skipped", "skipped"), ("Canceled", "cancelled"),
)  # fmt: skip
PRIORITIES = ("high", "normal", "low")


@dataclass(frozen=True, slots=True)
class Files:
    """What the progress bar of a batch is drawn from: its files, without the look through the folder."""

    task: TaskView
    total_items: int
    completed_items: int
    failed_items: int
    skipped_items: int
    canceled_items: int = 0

    def __getattr__(self, name: str) -> Any:
        """How the batch stands in all else is told by its task."""
        return getattr(self.task, name)


@dataclass(frozen=True, slots=True)
class Row:
    """A batch with its task."""

    batch: BatchSummary
    task: TaskView

    @property
    def files(self) -> Files:
        """The files as the progress bar counts them."""
        done = self.batch.progress
        return Files(self.task, done.total_files, done.success, done.failed, done.skipped)

    @property
    def act(self) -> str:
        """What is done to each file."""
        return ACTS.get(self.batch.operation, self.batch.operation)


@blueprint.get("")
@requires("viewer")
def index() -> str:
    """The batches, and the form to start one."""
    return _index({}, {})


@blueprint.post("")
@requires("admin")
def start() -> Response | tuple[str, int]:
    """Start a batch and go to it."""
    given = _given(request.form)
    try:
        new = NewBatch.model_validate(given)
        task_id, _ = batches.start(runtime(), new, created_by=current_user.who, origin=ORIGIN)
    except ValidationError as error:
        return _index(given, _by_field(error)), 422
    except errors.PathRefused as refused:
        field = "pattern" if "pattern" in refused.message else "path"
        return _index(given, {field: _sentence(refused.message)}), 422
    except (errors.Conflict, errors.TaskLimitReached) as refused:
        return _index(given, {"path": _sentence(refused.message)}), 409
    flash("The batch is started")
    return redirect(url_for("pages.batches.detail", task_id=task_id), 303)


@blueprint.get("/<id:task_id>")
@requires("viewer")
def detail(task_id: int) -> str:
    """One batch with a page of its results."""
    row = _row(batches.get(session(), task_id))
    chosen = next((word for _, word in TABS if word == request.args.get("status")), None)
    offset = max(request.args.get("offset", 0, type=int), 0)
    results, total = batch_results.results(
        session(), row.task, status=[chosen] if chosen else (), limit=RESULTS_SHOWN, offset=offset
    )
    return render_template(
        "batches/detail.html",
        row=row,
        results=results,
        total=total,
        offset=offset,
        shown=RESULTS_SHOWN,
        chosen=chosen,
        tabs=TABS,
    )


@blueprint.post("/<id:task_id>/cancel")
@requires("admin")
def cancel(task_id: int) -> Response:
    """Cancel a batch."""

    def act() -> str:
        batches.stop(runtime(), task_id, current_user.who)
        return "The batch is canceled; what is done stays done"

    return answering.do(act, default=url_for("pages.batches.detail", task_id=task_id))


def _index(given: dict[str, Any], problems: dict[str, str]) -> str:
    page = max(request.args.get("page", 1, type=int), 1)
    found, total = batches.latest(session(), BATCHES_SHOWN, (page - 1) * BATCHES_SHOWN)
    return render_template(
        "batches/index.html",
        rows=[_row(task) for task in found],
        total=total,
        page=page,
        is_last=page * BATCHES_SHOWN >= total,
        given=given,
        filters=given.get("filters", {}),
        problems=problems,
        acts=[(name, ACTS[name]) for name in OPERATIONS],
        priorities=PRIORITIES,
        folders=[library.path for library in libraries.list_libraries(session())],
    )


def _row(task: TaskView) -> Row:
    return Row(batch_results.summary(session(), task), task)


def _given(form: MultiDict[str, str]) -> dict[str, Any]:
    """What the form holds; a field left empty means its default."""
    text = {name: form.get(name, "").strip() for name in ("pattern", "operation", "priority")}
    filters: dict[str, Any] = {
        name: form[name].strip() for name in ("min_size_mb", "max_age_days") if form.get(name, "").strip()
    }
    lines = form.get("exclude_patterns", "").replace(",", "\n").splitlines()
    excluded = [line.strip() for line in lines if line.strip()]
    return {
        **{name: value for name, value in text.items() if value},
        "path": form.get("path", ""),
        "recursive": "recursive" in form,
        "dry_run": "dry_run" in form,
        "filters": filters | ({"exclude_patterns": excluded} if excluded else {}),
    }


def _by_field(error: ValidationError) -> dict[str, str]:
    """Complaints by the field of the form, also about filters."""
    inner = {
        str(each["loc"][-1]): str(each["msg"]) for each in error.errors() if each["loc"][:1] == ("filters",)
    }
    return forms.problems(error) | {name: _sentence(text) for name, text in inner.items()}


def _sentence(message: str) -> str:
    return message[:1].upper() + message[1:]
