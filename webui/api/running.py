"""POST /api/operations/{type} and /api/generate: do one thing, and answer with its result if it comes soon."""

from __future__ import annotations

from typing import Any, Literal

from flask import Response, request
from pydantic import BaseModel, ConfigDict, Field, RootModel, model_validator

from queueapp import errors
from queueapp.ledger.views import TaskView
from queueapp.services import enqueue, jobs
from queueapp.states import TASK_TERMINAL
from webui.api.job_models import JobStatus, view_of_task
from webui.api.new_tasks import new_task
from webui.api.operations import OperationName
from webui.api.queue_models import NewTaskBody
from webui.api.resource import Query, Resource, answer
from webui.audit_trail import add_detail
from webui.context import runtime
from webui.events.awaiting import wait_for_end
from webui.job_ids import JobId
from webui.security import current_user, requires

#: Seconds an answer waits for a result.
MAX_WAIT_SECONDS = 30.0
#: What /api/generate makes.
GENERATED = "thumbnail"

api = Resource("running", "Do one thing now.", prefix="/api/operations", tag_name="operations")
generate_api = Resource("generate", "Do one thing now.", prefix="/api/generate", tag_name="operations")


class RunQuery(Query):
    """How to run it."""

    in_background: bool = Field(
        default=False, alias="async", description="true: answer at once with 202; false: wait up to 30 s"
    )
    dry_run: bool = Field(default=False, description="Report the plan, change nothing")


class Payload(RootModel[dict[str, Any]]):
    """The payload of the operation; its schema is in GET /api/operations. Left out: {}."""

    model_config = ConfigDict(openapi_extra={"required": False})  # type: ignore[typeddict-unknown-key]

    @model_validator(mode="before")
    @classmethod
    def _nothing_is_empty(cls, value: Any) -> Any:
        return {} if value is None else value


class StartedJob(BaseModel):
    """A job that goes on behind this answer."""

    job_id: str
    status: Literal["queued", "running"]


class EndedJob(BaseModel):
    """A job that has ended."""

    job_id: str
    status: JobStatus = Field(description="completed, failed or cancelled")
    result: dict[str, Any] | None
    error: str | None


@api.post("/<type>", responses={200: EndedJob, 202: StartedJob})
@requires("admin")
def run_operation(path: OperationName, query: RunQuery, body: Payload) -> Response:
    """Enqueue one item, wait up to 30 s for its end, and answer with its result; else 202 with the job to ask for."""
    return _run(path.type, query, body.root)


@generate_api.post("", responses={200: EndedJob, 202: StartedJob})
@requires("admin")
def generate(query: RunQuery, body: Payload) -> Response:
    """Make a thumbnail: the same as POST /api/operations/thumbnail."""
    return _run(GENERATED, query, body.root)


def _run(name: str, query: RunQuery, payload: dict[str, Any]) -> Response:
    if runtime().registry.find(name) is None:
        raise errors.NotFound(f"there is no operation {name!r}")
    asked = NewTaskBody(type=name, items=[payload], dry_run=query.dry_run)
    try:
        made = enqueue.create_task(runtime(), new_task(runtime(), asked, current_user))
    except errors.BadPayload as bad:
        # There is one item, and to the caller it is the whole body.
        raise errors.BadPayload(
            bad.message, [{**each, "loc": each["loc"][2:]} for each in bad.errors]
        ) from None
    add_detail(task_id=made.task_id, type=name)
    if query.in_background:
        return started(made.task_id, "queued")
    task = wait_for_end(runtime(), made.task_id, MAX_WAIT_SECONDS)
    if task.status not in TASK_TERMINAL:
        return started(task.id, "running" if task.status == "running" else "queued")
    return answer(ended(task))


def started(task_id: int, status: Literal["queued", "running"]) -> Response:
    """The answer while a job goes on."""
    location = f"{request.script_root}/api/jobs/{JobId(task_id)}"
    return answer(StartedJob(job_id=str(JobId(task_id)), status=status), 202, {"Location": location})


def ended(task: TaskView) -> EndedJob:
    """What is said of a job that has ended."""
    with runtime().transaction() as session:
        job = view_of_task(jobs.of_tasks(session, [task])[0], runtime().registry)
    return EndedJob(job_id=job.job_id, status=job.status, result=job.result, error=job.error)
