"""`queueapp libraries` and `queueapp scan`: folders of films and series."""

from __future__ import annotations

import os
from pathlib import Path

import click

from queueapp.bootstrap import Runtime
from queueapp.cli.first_libraries import guess_kind
from queueapp.cli.instance import open_runtime
from queueapp.cli.output import json_option, print_json, print_table
from queueapp.cli.root import cli
from queueapp.cli.work import asked_task, finish, wait_option
from queueapp.media import paths
from queueapp.models.library import LibraryKind
from queueapp.services.enqueue import create_task
from queueapp.services.library import libraries as service
from queueapp.services.library.library_views import NewLibrary

folder_argument = click.argument("folder", metavar="PATH", type=click.Path(path_type=Path))


@cli.group()
def libraries() -> None:
    """Add, list and remove libraries."""


@libraries.command("add")
@folder_argument
@click.option(
    "--kind",
    type=click.Choice([each.value for each in LibraryKind]),
    help="Told from the names in it when not given.",
)
@click.option("--name", help="Default: the folder's name.")
@wait_option
@json_option
@click.pass_context
def add(
    ctx: click.Context, folder: Path, kind: str | None, name: str | None, wait: bool, as_json: bool
) -> None:
    """Add a folder and enqueue its scan."""
    path = _stored(folder)
    with open_runtime(ctx) as runtime:
        new = NewLibrary(
            name=name or paths.readable(folder.absolute().name),
            path=path,
            kind=LibraryKind(kind) if kind else guess_kind(folder),
        )
        library, created = service.add_and_scan(runtime, new, created_by="cli", origin="cli")
        if not as_json:
            click.echo(f"added library {library.id}: {library.name} ({library.kind.value})")
        finish(ctx, runtime, created.task_id, wait=wait, as_json=as_json)


@libraries.command("list")
@json_option
@click.pass_context
def list_(ctx: click.Context, as_json: bool) -> None:
    """List the libraries."""
    with open_runtime(ctx) as runtime, runtime.transaction() as session:
        found = service.list_libraries(session)
    if as_json:
        print_json({"libraries": [each.model_dump(mode="json") for each in found], "total": len(found)})
        return
    rows = [
        (each.id, each.kind.value, each.name, paths.readable(each.path), each.last_scan_at or "never")
        for each in found
    ]
    print_table(
        ("ID", "KIND", "NAME", "PATH", "LAST SCAN"), rows, empty="no libraries; add one with `libraries add`"
    )


@libraries.command("remove")
@click.argument("library_id", type=int)
@click.pass_context
def remove(ctx: click.Context, library_id: int) -> None:
    """Forget a library; its files stay as they are."""
    with open_runtime(ctx) as runtime, runtime.transaction() as session:
        service.remove_library(session, library_id)
    click.echo(f"removed library {library_id}; its files are untouched")


@cli.command()
@folder_argument
@click.option("--dry-run", is_flag=True, help="Report what would be done.")
@wait_option
@json_option
@click.pass_context
def scan(ctx: click.Context, folder: Path, dry_run: bool, wait: bool, as_json: bool) -> None:
    """Scan a library, or a folder inside one."""
    with open_runtime(ctx) as runtime:
        task_id = _scan(runtime, _stored(folder), dry_run)
        finish(ctx, runtime, task_id, wait=wait, as_json=as_json)


def _scan(runtime: Runtime, path: str, dry_run: bool) -> int:
    with runtime.transaction() as session:
        target = service.resolve_scan_path(session, runtime.settings, path)
        known = {each.id: each.path for each in service.list_libraries(session)}
    if target.library_id is not None and known[target.library_id] == target.path:
        return service.scan_library(
            runtime, target.library_id, created_by="cli", origin="cli", dry_run=dry_run
        ).task_id
    return create_task(runtime, asked_task(runtime, "scan", [{"path": path}], dry_run=dry_run)).task_id


def _stored(folder: Path) -> str:
    # Not resolve(): a library may be named by a link, and is then stored by that name.
    return paths.stored(os.path.abspath(folder.expanduser()))  # noqa: PTH100
