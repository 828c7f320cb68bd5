"""/api/libraries: the folders of films and series."""

from __future__ import annotations

from flask import Response, request
from pydantic import BaseModel, Field

from queueapp.services.library import libraries
from queueapp.services.library.library_views import LibraryChanges, LibraryView, NewLibrary
from webui.api.resource import Id, OptionalBody, Resource, answer
from webui.api.small_lists import Cut, SmallList, SmallListQuery, by_name
from webui.audit_trail import add_detail
from webui.context import runtime
from webui.security import current_user, requires

api = Resource(
    "libraries", "Folders of films or series. Files are never touched here.", prefix="/api/libraries"
)


class LibraryPath(BaseModel):
    """Names one library."""

    library_id: Id


class LibraryList(SmallList):
    """All libraries."""

    libraries: list[LibraryView]


class AddedLibrary(BaseModel):
    """A library and the task of its first scan."""

    library: LibraryView
    task_id: int


class ScanBody(OptionalBody):
    """How to scan."""

    dry_run: bool = Field(default=False, description="Report what would be done, change nothing")
    accept_gone: bool = Field(default=False, description="Believe it when many titles are gone at once")


class StartedScan(BaseModel):
    """The task of a scan."""

    task_id: int
    created: bool = Field(description="False when a scan of this library was not finished yet: this is it")


@api.get("", responses={200: LibraryList})
@requires("viewer")
def list_libraries(query: SmallListQuery) -> Response:
    """List the libraries with how many titles each has."""
    with runtime().transaction() as session:
        views = libraries.list_libraries(session)
    cut = Cut(views, query, by_name)
    return answer(LibraryList(libraries=cut.shown, **cut.page))


@api.post("", responses={201: AddedLibrary})
@requires("admin")
def add_library(body: NewLibrary) -> Response:
    """Add a folder as a library and enqueue its scan."""
    library, scan = libraries.add_and_scan(
        runtime(), body, created_by=current_user.who, origin="ui" if current_user.via == "session" else "api"
    )
    add_detail(library_id=library.id, path=library.path, task_id=scan.task_id)
    location = f"{request.script_root}/api/libraries/{library.id}"
    return answer(AddedLibrary(library=library, task_id=scan.task_id), 201, {"Location": location})


@api.get("/<id:library_id>", responses={200: LibraryView})
@requires("viewer")
def get_library(path: LibraryPath) -> Response:
    """Read one library."""
    with runtime().transaction() as session:
        return answer(libraries.get_library(session, path.library_id))


@api.patch("/<id:library_id>", responses={200: LibraryView})
@requires("admin")
def change_library(path: LibraryPath, body: LibraryChanges) -> Response:
    """Change what is given of a library."""
    with runtime().transaction() as session:
        return answer(libraries.change_library(session, path.library_id, body))


@api.delete("/<id:library_id>", responses={204: None})
@requires("admin")
def remove_library(path: LibraryPath) -> Response:
    """Forget a library and its titles; its files stay as they are."""
    with runtime().transaction() as session:
        libraries.remove_library(session, path.library_id)
    return Response(status=204)


@api.post("/<id:library_id>/scan", responses={202: StartedScan})
@requires("admin")
def scan_library(path: LibraryPath, body: ScanBody) -> Response:
    """Enqueue a scan; one that is not finished yet is returned instead."""
    scan = libraries.scan_library(
        runtime(),
        path.library_id,
        created_by=current_user.who,
        origin="ui" if current_user.via == "session" else "api",
        dry_run=body.dry_run,
        accept_gone=body.accept_gone,
    )
    location = f"{request.script_root}/api/queues/{scan.task_id}"
    return answer(StartedScan(task_id=scan.task_id, created=scan.created), 202, {"Location": location})
