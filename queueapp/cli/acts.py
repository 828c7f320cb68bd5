"""`queueapp cancel`, `retry`, `pause`, `resume`: what a person does to a task, or to the whole queue."""

from __future__ import annotations

import click

from queueapp.cli.instance import open_runtime
from queueapp.cli.root import cli
from queueapp.cli.work import finish, wait_option
from queueapp.services import cancel as cancel_service
from queueapp.services import control
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


target_argument = click.argument("target", metavar="[TASK_ID|OPERATION]", required=False)


@cli.command()
@target_argument
@click.pass_context
def pause(ctx: click.Context, target: str | None) -> None:
    """Pause a task, an operation or everything: what runs finishes, nothing further starts."""
    with open_runtime(ctx) as runtime:
        if target is not None and target.isdigit():
            pause_service.pause_task(runtime, int(target), BY)
        else:
            control.pause(runtime, target, BY)
    click.echo(f"{_named(target)} is paused")


@cli.command()
@target_argument
@click.pass_context
def resume(ctx: click.Context, target: str | None) -> None:
    """Go on with a paused task, operation or everything."""
    with open_runtime(ctx) as runtime:
        if target is not None and target.isdigit():
            pause_service.resume_task(runtime, int(target), BY)
        else:
            control.resume(runtime, target)
    click.echo(f"{_named(target)} goes on")


def _named(target: str | None) -> str:
    if target is None:
        return "everything"
    return f"task {target}" if target.isdigit() else f"operation {target}"
