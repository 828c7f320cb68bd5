"""`queueapp openapi`: the document that describes the HTTP API."""

from __future__ import annotations

import importlib
from pathlib import Path

import click

from queueapp.cli.instance import make_application_importable
from queueapp.cli.root import cli, settings_of

#: The part that serves the API; not imported by name, because the engine does not need it.
WEB = "webui.docs"


@cli.command()
@click.option(
    "--output", "-o", type=click.Path(dir_okay=False, path_type=Path), help="A file instead of stdout."
)
@click.pass_context
def openapi(ctx: click.Context, output: Path | None) -> None:
    """Print the OpenAPI 3.1 document of this version, as JSON; nothing needs to run."""
    make_application_importable()
    text = importlib.import_module(WEB).document_text(settings_of(ctx))
    if output is None:
        click.echo(text)
    else:
        output.write_text(f"{text}\n", encoding="utf-8")
