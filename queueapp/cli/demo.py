"""`queueapp demo`: make the demo library and scan it."""

from __future__ import annotations

import click

from queueapp.cli.first_libraries import add_or_scan
from queueapp.cli.instance import open_runtime
from queueapp.cli.root import cli
from queueapp.demo import make_demo
from queueapp.models.library import LibraryKind
from queueapp.services.library.library_paths import DEMO_FOLDER


@cli.command()
@click.pass_context
def demo(ctx: click.Context) -> None:
    """Make the demo library in the data directory, add it and enqueue its scan."""
    with open_runtime(ctx) as runtime:
        settings = runtime.settings
        for library in make_demo(settings.data_dir / DEMO_FOLDER, ffmpeg=settings.tools.ffmpeg):
            task_id = add_or_scan(runtime, library.name, LibraryKind(library.kind), library.path)
            click.echo(f"task {task_id} scans {library.path}")
