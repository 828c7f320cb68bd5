"""What reading commands print: JSON for programs, a table for people."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, TypeVar

import click
from rich.console import Console
from rich.table import Table

#: Columns where there is no terminal.
WIDE = 10_000

Command = TypeVar("Command", bound=Callable[..., Any])


def json_option(command: Command) -> Command:
    """The option `--json`, passed as `as_json`."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON.")(command)


def print_json(value: Any) -> None:
    """Print one JSON document."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False, default=_plain))


def print_table(headings: Sequence[str], rows: Iterable[Sequence[Any]], *, empty: str) -> None:
    """Print rows under headings, or the sentence `empty` when there are none."""
    console = Console(soft_wrap=True)
    if not console.is_terminal:  # a pipe has no width: one row is one line
        console = Console(width=WIDE, soft_wrap=True)
    table = Table(*headings, box=None, pad_edge=False, header_style="bold")
    count = 0
    for count, row in enumerate(rows, start=1):  # noqa: B007
        table.add_row(*("" if cell is None else str(cell) for cell in row))
    if count:
        console.print(table)
    else:
        click.echo(empty)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else str(value)
