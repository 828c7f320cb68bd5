"""`queueapp seed`: fill a ledger with made-up history, to see how it serves when it is large."""

from __future__ import annotations

import time

import click

from queueapp import db
from queueapp.cli.instance import open_runtime
from queueapp.cli.root import cli
from queueapp.ledger import seeding


@cli.command(hidden=True)
@click.option("--tasks", type=click.IntRange(1, 100_000_000), default=1_000_000, show_default=True)
@click.option("--items", type=click.IntRange(1, 1_000_000_000), default=10_000_000, show_default=True)
@click.pass_context
def seed(ctx: click.Context, tasks: int, items: int) -> None:
    """Add made-up tasks and items, a year of them; there is no way to take them back but deleting them."""
    started = time.monotonic()

    def tell(stored_tasks: int, stored_items: int) -> None:
        rate = stored_items / (time.monotonic() - started)
        click.echo(f"{stored_tasks:,} tasks, {stored_items:,} items, {rate:,.0f} items/s", err=True)

    with open_runtime(ctx) as runtime:
        conn = db.connect(runtime.settings.database_url or "", durable=False)
        try:
            seeding.seed(conn, tasks, max(items, tasks), on_batch=tell)
        finally:
            conn.close()
    click.echo(
        f"seeded {tasks:,} tasks with {max(items, tasks):,} items in {time.monotonic() - started:.0f} s"
    )
