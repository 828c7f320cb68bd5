"""`queueapp bench`: measure this system beside others, where the source tree is there."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import click

from queueapp import errors
from queueapp.cli.root import cli
from queueapp.supervisor import application_root

PACKAGE = "benchmarks"
#: Where `make bench` installs the other systems.
WITH_PEERS = Path(".venv/bench/bin/python")


@cli.command(context_settings={"ignore_unknown_options": True, "help_option_names": []})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@click.pass_context
def bench(ctx: click.Context, arguments: tuple[str, ...]) -> None:
    """Measure throughput and latencies on servers of its own; --help tells the options.

    The benchmarks come with the source tree, not with the package. Systems that are not installed are left out.
    """
    root = _source_tree()
    python = root / WITH_PEERS
    command = [str(python if python.is_file() else sys.executable), "-m", PACKAGE, *arguments]
    environ = os.environ | {"PYTHONPATH": os.pathsep.join([str(root), os.environ.get("PYTHONPATH", "")])}
    ctx.exit(subprocess.run(command, cwd=root, env=environ, check=False).returncode)


def _source_tree() -> Path:
    root = application_root()
    if not (root / PACKAGE / "__main__.py").is_file():
        raise errors.ConfigError(
            f"the benchmarks are not part of the installed package: clone the source and run `make bench` "
            f"there ({root} has no folder {PACKAGE})"
        )
    return root
