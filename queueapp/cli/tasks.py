"""`queueapp tasks`, `show`, `logs`: what is there, and how it went."""

from __future__ import annotations

from datetime import datetime

import click
from rich.console import Console

from queueapp.cli.chain import read_snapshot, render, summary
from queueapp.cli.instance import open_runtime
from queueapp.cli.output import json_option, print_json, print_table
from queueapp.cli.root import cli
from queueapp.ledger import reads
from queueapp.ledger.filters import Page, TaskFilter
from queueapp.ledger.views import ItemView, TaskView
from queueapp.states import TASK_ACTIVE, ItemStatus, TaskStatus


class Status(click.ParamType[TaskStatus | ItemStatus]):
    """A status by name; `cancelled` is understood too."""

    name = "status"

    def __init__(self, kind: type[TaskStatus] | type[ItemStatus]) -> None:
        self.kind = kind

    def convert(
        self, value: str, param: click.Parameter | None, ctx: click.Context | None
    ) -> TaskStatus | ItemStatus:
        """Find the status, or end with a usage error."""
        try:
            return self.kind("canceled" if value == "cancelled" else value)
        except ValueError:
            self.fail(f"{value!r} is none of {', '.join(self.kind)}", param, ctx)


@cli.command()
@click.option("--status", multiple=True, type=Status(TaskStatus), help="May be given again.")
@click.option("--type", "types", multiple=True, help="May be given again.")
@click.option("-q", "--query", help="Words of the title.")
@click.option("--limit", type=click.IntRange(1, 100), default=20, show_default=True)
@click.option("--offset", type=click.IntRange(0), default=0)
@json_option
@click.pass_context
def tasks(
    ctx: click.Context,
    status: tuple[TaskStatus, ...],
    types: tuple[str, ...],
    query: str | None,
    limit: int,
    offset: int,
    as_json: bool,
) -> None:
    """List tasks, newest first."""
    chosen = TaskFilter(status=status, type=types, q=query)
    with open_runtime(ctx) as runtime, runtime.transaction() as session:
        page = reads.list_tasks(session, chosen, Page(limit=limit, offset=offset))
    if as_json:
        print_json(page.model_dump(mode="json"))
        return
    rows = [
        (
            task.id,
            task.type,
            task.status.value,
            f"{_done(task)}/{task.total_items}",
            _when(task.created_at),
            task.title,
        )
        for task in page.tasks
    ]
    print_table(("ID", "TYPE", "STATUS", "ITEMS", "CREATED", "TITLE"), rows, empty="no tasks")


def _done(task: TaskView) -> int:
    return task.completed_items + task.failed_items + task.skipped_items + task.canceled_items


@cli.command()
@click.argument("task_id", type=int)
@click.option("--items-status", multiple=True, type=Status(ItemStatus), help="Only items of this status.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="Items shown.")
@json_option
@click.pass_context
def show(
    ctx: click.Context, task_id: int, items_status: tuple[ItemStatus, ...], limit: int, as_json: bool
) -> None:
    """Show a task and its items."""
    with open_runtime(ctx) as runtime, runtime.transaction() as session:
        snapshot = read_snapshot(session, task_id)
        items, total = reads.list_items(session, task_id, status=items_status, limit=limit)
    if as_json:
        listed = [item.model_dump(mode="json") for item in items]
        print_json(snapshot.task.model_dump(mode="json") | {"items": listed, "items_total": total})
        return
    console = Console(soft_wrap=True)
    console.print(render(snapshot))
    console.print(
        f"created {_when(snapshot.task.created_at)} by {snapshot.task.created_by or 'unknown'}",
        highlight=False,
    )
    if snapshot.task.status not in TASK_ACTIVE:
        console.print(summary(snapshot.task), highlight=False, markup=False)
    print_table(
        ("ITEM", "OPERATION", "STATUS", "TRY", "TITLE", "REMARK"), map(_item_row, items), empty="no items"
    )
    if total > len(items):
        click.echo(f"{total - len(items)} more items; show them with --limit")


def _item_row(item: ItemView) -> tuple[object, ...]:
    remark = item.error_message or item.waiting_for or item.message
    title = item.title or item.subject
    return item.id, item.type, item.display_status, f"{item.attempt}/{item.max_attempts}", title, remark


@cli.command()
@click.argument("task_id", type=int)
@click.argument("item_id", type=int)
@json_option
@click.pass_context
def logs(ctx: click.Context, task_id: int, item_id: int, as_json: bool) -> None:
    """Print the log of one item."""
    with open_runtime(ctx) as runtime, runtime.transaction() as session:
        item = reads.get_item(session, task_id, item_id)
        lines = reads.item_logs(session, item_id, limit=20_000)
    if as_json:
        print_json({"logs": [line.model_dump(mode="json") for line in lines], "total": len(lines)})
        return
    for line in lines:
        click.echo(f"{_when(line.at)} {line.level:<7} {line.message}")
    if item.error:
        click.echo(f"{item.error.get('type', 'error')}: {item.error.get('message', '')}")
    elif not lines:
        click.echo("nothing was logged")


def _when(at: datetime) -> str:
    return at.astimezone().strftime("%Y-%m-%d %H:%M:%S")
