"""/api/analyze: look into a file by one analyzer, or by several at once."""

from __future__ import annotations

from typing import Any, Literal, get_args

from flask import Response
from pydantic import BaseModel, Field

from queueapp import errors
from queueapp.execution.rows import NewItem
from queueapp.ledger import reads
from queueapp.ledger.views import TaskView
from queueapp.media import paths
from queueapp.services import enqueue, phase_config
from queueapp.services.enqueue import NewTask
from queueapp.services.title.media_places import existing_place
from queueapp.states import TASK_TERMINAL
from webui.api.resource import Body, Resource, answer
from webui.api.running import MAX_WAIT_SECONDS, EndedJob, RunQuery, StartedJob, ended, started
from webui.audit_trail import add_detail
from webui.context import runtime
from webui.events.awaiting import wait_for_end
from webui.security import current_user, requires

Analyzer = Literal["mediainfo", "integrity", "artwork"]
ANALYZERS: tuple[Analyzer, ...] = get_args(Analyzer)
#: All analyzers under one parent.
COMPREHENSIVE = "comprehensive"
#: The operation that each analyzer is.
OPERATIONS: dict[str, str] = {"mediainfo": "analyze", "integrity": "integrity", "artwork": "artwork"}
THUMBNAIL = "thumbnail"

api = Resource("analyze", "Look into files.", prefix="/api/analyze")


class AnalyzerPath(BaseModel):
    """Names an analyzer."""

    analyzer: str = Field(max_length=100, description="mediainfo, integrity, artwork or comprehensive")


class AnalyzeBody(Body):
    """What to look into."""

    path: str = Field(
        max_length=4096, description="A video; for artwork also a picture, or a folder of pictures"
    )
    decode: bool = Field(
        default=True, description="integrity: decode every frame; false: only read all of it"
    )
    analyzers: list[Analyzer] = Field(
        default=list(ANALYZERS), min_length=1, max_length=3, description="comprehensive: which ones"
    )
    thumbnail: bool = Field(default=False, description="comprehensive: make a thumbnail too")


@api.post("/<analyzer>", responses={200: EndedJob, 202: StartedJob})
@requires("admin")
def analyze(path: AnalyzerPath, query: RunQuery, body: AnalyzeBody) -> Response:
    """Look into a file: wait up to 30 s for the result, else 202 with the job to ask for."""
    if path.analyzer != COMPREHENSIVE and path.analyzer not in ANALYZERS:
        raise errors.NotFound(f"there is no analyzer {path.analyzer!r}; there are {', '.join(OPERATIONS)}")
    is_comprehensive = path.analyzer == COMPREHENSIVE
    chosen = list(dict.fromkeys(body.analyzers)) if is_comprehensive else [path.analyzer]
    task = _task(body, chosen, is_comprehensive=is_comprehensive, dry_run=query.dry_run)
    task_id = enqueue.create_task(runtime(), task).task_id
    add_detail(task_id=task_id, analyzer=path.analyzer)
    if query.in_background:
        return started(task_id, "queued")
    done = wait_for_end(runtime(), task_id, MAX_WAIT_SECONDS)
    if done.status not in TASK_TERMINAL:
        return started(task_id, "running" if done.status == "running" else "queued")
    answered = ended(done)
    return answer(answered.model_copy(update=_together(done))) if is_comprehensive else answer(answered)


def _task(body: AnalyzeBody, chosen: list[str], *, is_comprehensive: bool, dry_run: bool) -> NewTask:
    with runtime().transaction() as session:
        place = existing_place(session, runtime().settings, body.path)
        config = phase_config.snapshot(session)
    if chosen != ["artwork"] and not place.on_disk.is_file():
        raise errors.PathRefused(f"{place.shown} is a folder; name a file, or start a batch of analyze")
    items = [_item(name, place.path, body) for name in chosen]
    if is_comprehensive and body.thumbnail:
        items.append(NewItem(THUMBNAIL, {"path": place.path}, optional=True))
    name = paths.readable(paths.base_name(place.path))
    return NewTask(
        type=OPERATIONS[chosen[0]] if len(items) == 1 else "analyze",
        items=items,
        title=f"Analyze {name} by {', '.join(chosen)}" if is_comprehensive else None,
        created_by=current_user.who,
        origin="ui" if current_user.via == "session" else "api",
        meta={"config": config, "analyzer": COMPREHENSIVE if is_comprehensive else chosen[0]},
        dry_run=dry_run,
    )


def _item(analyzer: str, path: str, body: AnalyzeBody) -> NewItem:
    payload: dict[str, Any] = {"path": path}
    if analyzer == "integrity":
        payload["decode"] = body.decode
    return NewItem(OPERATIONS[analyzer], payload)


def _together(task: TaskView) -> dict[str, Any]:
    """The results of all children, by what they are."""
    names = {operation: analyzer for analyzer, operation in OPERATIONS.items()}
    with runtime().transaction() as session:
        children, _ = reads.list_items(session, task.id, limit=len(OPERATIONS) + 1)
        details = [reads.get_item(session, task.id, child.id) for child in children]
    found = {}
    for one in details:
        failure = {"error": (one.error or {}).get("message") or one.status.value}
        found[names.get(one.type, one.type)] = one.result if one.result is not None else failure
    return {"result": found}
