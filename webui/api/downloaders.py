"""/api/downloaders: the Radarr and Sonarr instances that bring files in."""

from __future__ import annotations

from flask import Response, request
from pydantic import BaseModel, Field

from queueapp.config.sections import BaseUrl
from queueapp.models.downloader import Downloader
from queueapp.priorities import Priority
from queueapp.services import enqueue
from queueapp.services.arr import downloader_contact, downloaders
from queueapp.services.arr.downloader_views import (
    DownloaderChanges,
    DownloaderTest,
    DownloaderView,
    NewDownloader,
    Registration,
)
from queueapp.services.enqueue import NewTask
from webui.api.resource import Id, OptionalBody, Resource, answer
from webui.api.small_lists import Cut, SmallList, SmallListQuery, by_name
from webui.context import runtime
from webui.idempotency import answers_with_a_secret
from webui.security import current_user, requires

api = Resource(
    "downloaders", "Radarr and Sonarr. Secrets go in and never come out.", prefix="/api/downloaders"
)


class DownloaderPath(BaseModel):
    """Names one downloader."""

    downloader_id: Id


class DownloaderList(SmallList):
    """All downloaders."""

    downloaders: list[DownloaderView]


class RegisterBody(OptionalBody):
    """Where the downloader is to send its webhooks."""

    url: BaseUrl | None = Field(
        None,
        max_length=500,
        description="This program's root as the downloader reaches it; empty: as you did",
    )


class StartedRecovery(BaseModel):
    """A reading of the history that was started."""

    task_id: int


@api.get("", responses={200: DownloaderList})
@requires("viewer")
def list_downloaders(query: SmallListQuery) -> Response:
    """List the downloaders."""
    with runtime().transaction() as session:
        views = downloaders.list_downloaders(session)
    cut = Cut(views, query, by_name)
    return answer(DownloaderList(downloaders=cut.shown, **cut.page))


@api.post("", responses={201: DownloaderView})
@requires("admin")
@answers_with_a_secret
def add_downloader(body: NewDownloader) -> Response:
    """Add a downloader; only this answer shows its webhook key."""
    with runtime().transaction() as session:
        view = downloaders.add_downloader(session, body)
    return answer(view, 201, {"Location": f"/api/downloaders/{view.id}"})


@api.get("/<id:downloader_id>", responses={200: DownloaderView})
@requires("viewer")
def get_downloader(path: DownloaderPath) -> Response:
    """Read one downloader."""
    with runtime().transaction() as session:
        return answer(downloaders.get_downloader(session, path.downloader_id))


@api.patch("/<id:downloader_id>", responses={200: DownloaderView})
@requires("admin")
def change_downloader(path: DownloaderPath, body: DownloaderChanges) -> Response:
    """Change what is given of a downloader."""
    with runtime().transaction() as session:
        return answer(downloaders.change_downloader(session, path.downloader_id, body))


@api.delete("/<id:downloader_id>", responses={204: None})
@requires("admin")
def remove_downloader(path: DownloaderPath) -> Response:
    """Remove a downloader; what it sent stays on record."""
    with runtime().transaction() as session:
        downloaders.remove_downloader(session, path.downloader_id)
    return Response(status=204)


@api.post("/<id:downloader_id>/test", responses={200: DownloaderTest})
@requires("admin")
def try_downloader(path: DownloaderPath) -> Response:
    """Ask a downloader for its version, to see whether address and API key are right."""
    return answer(downloader_contact.try_downloader(_loaded(path.downloader_id)))


@api.post("/<id:downloader_id>/register", responses={200: Registration})
@requires("admin")
def register_webhook(path: DownloaderPath, body: RegisterBody) -> Response:
    """Create our webhook in the downloader, or bring it up to date; the downloader tries it first."""
    root = str(body.url) if body.url else own_root()
    return answer(downloader_contact.register(runtime(), _loaded(path.downloader_id), root))


@api.post("/<id:downloader_id>/recover", responses={202: StartedRecovery})
@requires("admin")
def recover(path: DownloaderPath) -> Response:
    """Read the downloader's history now, and take in what was missed."""
    task_id = start_recovery(_loaded(path.downloader_id))
    return answer(StartedRecovery(task_id=task_id), 202, {"Location": f"/api/queues/{task_id}"})


def start_recovery(downloader: Downloader) -> int:
    """Enqueue the reading of a downloader's history. Raises Conflict when it has no address."""
    downloader_contact.client(downloader)
    new = NewTask(
        type="recover_history",
        items=[{"downloader_id": downloader.id}],
        title=f"Read the history of {downloader.name}",
        priority=Priority.HIGH,
        created_by=current_user.who,
        origin="downloaders",
        dedup_key=f"history:{downloader.id}",
        on_conflict="return",
    )
    return enqueue.create_task(runtime(), new).task_id


def own_root() -> str:
    """Where this program is reached: as the settings say, else as this request did."""
    return runtime().settings.webhooks.public_url or request.url_root.rstrip("/")


def _loaded(downloader_id: int) -> Downloader:
    with runtime().transaction() as session:
        downloader = downloaders.load(session, downloader_id)
        session.expunge(downloader)
    return downloader
