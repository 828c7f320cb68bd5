"""`queueapp cancel`, `retry`, `pause`, `resume`: what a person does to a task."""

from __future__ import annotations

from collections.abc import Callable

import click

from queueapp.bootstrap import Runtime
from queueapp.cli.instance import open_runtime
from queueapp.cli.root import cli
from queueapp.cli.work import finish, wait_option
from queueapp.services import cancel as cancel_service
from queueapp.services import pause as pause_service
from queueapp.services import retry as retry_service

BY = "cli"

task_argument = click.argument("task_id", type=int)
item_option = click.option("--item", "item_id", type=int, help="Only this item of the task.")


@cli.command()
@task_argument
@item_option
@click.pass_context
def cancel(ctx: click.Context, task_id: int, item_id: int | None) -> None:
    """Cancel a task: nothing of it starts any more, what runs is stopped."""
    with open_runtime(ctx) as runtime:
        if item_id is not None:
            cancel_service.cancel_item(runtime, task_id, item_id, BY)
            click.echo(f"item {item_id} of task {task_id} is being canceled")
        else:
            cancel_service.cancel_task(runtime, task_id, BY)
            click.echo(f"task {task_id} is canceled")


@cli.command()
@task_argument
@item_option
@click.option("--all", "everything", is_flag=True, help="Run the completed items again too.")
@wait_option
@click.pass_context
def retry(ctx: click.Context, task_id: int, item_id: int | None, everything: bool, wait: bool) -> None:
    """Give the failed and canceled items of a finished task new attempts."""
    with open_runtime(ctx) as runtime:
        if item_id is not None:
            retry_service.retry_item(runtime, task_id, item_id, BY)
        else:
            retry_service.retry_task(runtime, task_id, "all" if everything else "failed", BY)
        finish(ctx, runtime, task_id, wait=wait, as_json=False)


@cli.command()
@task_argument
@click.pass_context
def pause(ctx: click.Context, task_id: int) -> None:
    """Pause a task: what runs finishes, nothing further starts."""
    _act(ctx, task_id, pause_service.pause_task)
    click.echo(f"task {task_id} is paused")


@cli.command()
@task_argument
@click.pass_context
def resume(ctx: click.Context, task_id: int) -> None:
    """Go on with a paused task."""
    _act(ctx, task_id, pause_service.resume_task)
    click.echo(f"task {task_id} goes on")


def _act(ctx: click.Context, task_id: int, act: Callable[[Runtime, int, str], None]) -> None:
    with open_runtime(ctx) as runtime:
        act(runtime, task_id, BY)
