"""`queueapp prune`: delete old finished tasks now."""

from __future__ import annotations

import click

from queueapp.cli.instance import open_runtime
from queueapp.cli.root import cli
from queueapp.services import prune as service


@cli.command()
@click.option(
    "--older-than-days", type=click.FloatRange(0), help="Default: tasks.retention_days of the configuration."
)
@click.option("--dry-run", is_flag=True, help="Only say how many tasks that would be.")
@click.pass_context
def prune(ctx: click.Context, older_than_days: float | None, dry_run: bool) -> None:
    """Delete finished tasks past their retention."""
    with open_runtime(ctx) as runtime:
        days = runtime.settings.tasks.retention_days if older_than_days is None else older_than_days
        if dry_run:
            tasks, items = service.count_prunable(runtime, days)
            click.echo(f"{tasks} tasks with {items} items would be deleted")
        else:
            click.echo(f"deleted {service.prune_finished(runtime, days)} tasks")
