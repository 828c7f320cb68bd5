"""`queueapp enqueue`: any operation, from the terminal."""

from __future__ import annotations

import json
import os
from typing import Any

import click
from rich.console import Console
from sqlalchemy.orm import Session

from queueapp import bootstrap, embedded, errors
from queueapp.cli import exits
from queueapp.cli.instance import open_runtime
from queueapp.cli.output import json_option, print_json
from queueapp.cli.root import cli
from queueapp.cli.watch import wait_for_task
from queueapp.config import Settings
from queueapp.ledger import reads
from queueapp.priorities import parse_priority
from queueapp.services import phase_config
from queueapp.services.enqueue import NewTask, create_task
from queueapp.services.library import libraries
from queueapp.states import TaskStatus

wait_option = click.option("--wait", is_flag=True, help="Show progress until it has ended.")

EXIT_OF_STATUS = {TaskStatus.FAILED: exits.FAILED, TaskStatus.CANCELED: exits.CANCELED}


class JsonObject(click.ParamType[dict[str, Any]]):
    """An option's value that is one JSON object."""

    name = "json"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> dict[str, Any]:
        """Parse it, or end with a usage error."""
        if isinstance(value, dict):
            return value
        try:
            parsed = json.loads(value)
        except ValueError as error:
            self.fail(f"not JSON: {error}", param, ctx)
        if not isinstance(parsed, dict):
            self.fail('a payload is a JSON object, like \'{"path": "/media/films"}\'', param, ctx)
        return parsed


@cli.command()
@click.argument("type_", metavar="TYPE")
@click.option("--item", "items", multiple=True, type=JsonObject(), help="A payload; may be given again.")
@click.option("--title", help="What people see; made from the payload when not given.")
@click.option("--priority", help="critical, high, normal, low or 1 to 10.")
@click.option("--dry-run", is_flag=True, help="Report what would be done.")
@click.option("--dedup-key", help="Refuse while a task with this key is not finished.")
@wait_option
@json_option
@click.pass_context
def enqueue(
    ctx: click.Context,
    type_: str,
    items: tuple[dict[str, Any], ...],
    title: str | None,
    priority: str | None,
    dry_run: bool,
    dedup_key: str | None,
    wait: bool,
    as_json: bool,
) -> None:
    """Enqueue a task of an operation; without --item it has one item with an empty payload."""
    with open_runtime(ctx) as runtime:
        new = asked_task(
            runtime,
            type_,
            list(items) or [{}],
            title=title,
            priority=_priority(priority),
            dry_run=dry_run,
            dedup_key=dedup_key,
        )
        created = create_task(runtime, new)
        finish(ctx, runtime, created.task_id, wait=wait, as_json=as_json)


def asked_task(runtime: bootstrap.Runtime, type_: str, items: list[dict[str, Any]], **given: Any) -> NewTask:
    """A task asked for on the command line: scans get their library, media work its configuration.

    Raises UnknownOperation, and PathRefused for a scan outside every library and allowed root.
    """
    meta: dict[str, Any] = {}
    with runtime.transaction() as session:
        if runtime.registry.get(type_).phase is not None:
            meta["config"] = phase_config.snapshot(session)
        if type_ == "scan":
            items = [_placed(session, runtime.settings, item) for item in items]
    return NewTask(type=type_, items=items, meta=meta, created_by="cli", origin="cli", **given)


def _placed(session: Session, settings: Settings, payload: dict[str, Any]) -> dict[str, Any]:
    if not isinstance(payload.get("path"), str):
        return payload
    target = libraries.resolve_scan_path(session, settings, payload["path"])
    placed = payload | {"path": target.path}
    if target.library_id is not None:
        placed |= {"library_id": target.library_id, "kind": target.kind}
    return placed


def finish(
    ctx: click.Context, runtime: bootstrap.Runtime, task_id: int, *, wait: bool, as_json: bool
) -> None:
    """Say which task was made and, with `wait`, show it to its end and exit by its status."""
    if not wait:
        if as_json:
            print_json({"task_id": task_id})
        else:
            click.echo(f"task {task_id} is queued")
        return
    _refuse_to_wait_for_nobody(runtime, task_id)
    task = wait_for_task(runtime, task_id, Console(stderr=as_json))
    if as_json:
        print_json(task.model_dump(mode="json"))
    ctx.exit(EXIT_OF_STATUS.get(task.status, exits.DONE))


def _refuse_to_wait_for_nobody(runtime: bootstrap.Runtime, task_id: int) -> None:
    """Raise WrongStatus when no worker lives and none can come, since the servers end with this command."""
    with runtime.transaction() as session:
        alive = reads.workers_alive(session)
    holder = embedded.holder_of(runtime.settings.data_dir)
    if alive:
        return
    if holder is not None and holder.get("pid") == os.getpid():
        raise errors.WrongStatus(
            "queued", f"task {task_id} is queued, but no worker is running: start one with `queueapp up`"
        )
    click.echo("no worker is running yet; waiting for one", err=True)


def _priority(given: str | None) -> int | None:
    if given is None:
        return None
    try:
        return parse_priority(given)
    except ValueError as error:
        raise errors.BadPayload("bad option", [{"loc": ["priority"], "msg": str(error)}]) from None
