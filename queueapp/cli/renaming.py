"""`queueapp rename`, `undo`: names by templates, and the way back."""

from __future__ import annotations

import click

from queueapp.cli.acts import BY, task_argument
from queueapp.cli.instance import open_runtime
from queueapp.cli.output import json_option
from queueapp.cli.root import cli
from queueapp.cli.work import finish, wait_option
from queueapp.services.rename import acts, reverting
from queueapp.services.title.title_acts import Asked

dry_run_option = click.option("--dry-run", is_flag=True, help="Report the plan, change nothing.")


@cli.command()
@click.argument("media_id", type=int)
@click.option("--template", help="Folders and name, like '{title} ({year})/{title} ({year}).{ext}'.")
@click.option("--force", is_flag=True, help="Also what Radarr or Sonarr manages.")
@dry_run_option
@wait_option
@json_option
@click.pass_context
def rename(
    ctx: click.Context,
    media_id: int,
    template: str | None,
    force: bool,
    dry_run: bool,
    wait: bool,
    as_json: bool,
) -> None:
    """Rename files and folders of a title by a template."""
    with open_runtime(ctx) as runtime:
        asked = Asked(BY, BY, dry_run)
        made = acts.rename(runtime, media_id, asked, template, force=force)
        finish(ctx, runtime, made.task_id, wait=wait, as_json=as_json)


@cli.command()
@task_argument
@dry_run_option
@wait_option
@json_option
@click.pass_context
def undo(ctx: click.Context, task_id: int, dry_run: bool, wait: bool, as_json: bool) -> None:
    """Take back what a finished task renamed or published."""
    with open_runtime(ctx) as runtime:
        made = reverting.start(runtime, task_id, by=BY, origin=BY, dry_run=dry_run)
        finish(ctx, runtime, made.task_id, wait=wait, as_json=as_json)
