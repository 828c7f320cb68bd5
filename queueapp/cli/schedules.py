"""`queueapp schedules`: what happens by itself, and doing it now."""

from __future__ import annotations

import click

from queueapp.cli.instance import open_runtime
from queueapp.cli.output import json_option, print_json, print_table
from queueapp.cli.root import cli
from queueapp.cli.work import finish, wait_option
from queueapp.services.schedule import schedule_runs, schedule_views
from queueapp.services.schedule import schedules as service


@cli.group()
def schedules() -> None:
    """List schedules, run one now."""


@schedules.command("list")
@json_option
@click.pass_context
def list_(ctx: click.Context, as_json: bool) -> None:
    """List the schedules with their last and next run."""
    with open_runtime(ctx) as runtime, runtime.transaction() as session:
        names = runtime.registry.names()
        service.ensure_built_in(session, runtime.settings, names)
        found = schedule_views.list_schedules(session, names)
    if as_json:
        print_json({"schedules": [one.model_dump(mode="json") for one in found], "total": len(found)})
        return
    rows = [
        (
            one.name,
            one.cron or f"every {(one.interval_seconds or 0) / 3600:g} h",
            "yes" if one.enabled else "no",
            one.last_run_at and one.last_run_at.astimezone().strftime("%Y-%m-%d %H:%M"),
            one.next_run_at and one.next_run_at.astimezone().strftime("%Y-%m-%d %H:%M"),
        )
        for one in found
    ]
    print_table(("NAME", "WHEN", "ENABLED", "LAST RUN", "NEXT RUN"), rows, empty="no schedules")


@schedules.command("run")
@click.argument("name")
@wait_option
@json_option
@click.pass_context
def run(ctx: click.Context, name: str, wait: bool, as_json: bool) -> None:
    """Run a schedule now, whatever its time."""
    with open_runtime(ctx) as runtime:
        with runtime.transaction() as session:
            service.ensure_built_in(session, runtime.settings, runtime.registry.names())
        task_id = schedule_runs.run_now(runtime, name, by="cli")
        finish(ctx, runtime, task_id, wait=wait, as_json=as_json)
