"""The command `queueapp`: options that every command takes, and the settings they lead to."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import Any

import click

from queueapp import config
from queueapp.cli.exits import ErrorsAsLines
from queueapp.config import Settings


def _remember(ctx: click.Context, param: click.Parameter, value: str | None) -> None:
    if value is not None:
        ctx.find_root().meta[f"queueapp.{param.name}"] = value


def _common_options() -> list[click.Option]:
    """`--data-dir` and `--config`, understood before and after the command's name."""
    return [
        click.Option(
            ["--data-dir"], metavar="DIR", expose_value=False, callback=_remember,
            help="The instance to act on (default: $QUEUEAPP_DATA_DIR, else your user data folder).",
        ),
        click.Option(
            ["--config"], metavar="FILE", expose_value=False, callback=_remember,
            help="The configuration file (default: $QUEUEAPP_CONFIG, else queueapp.toml).",
        ),
    ]  # fmt: skip


class CommonOptions(ErrorsAsLines):
    """A group that gives each of its commands the common options."""

    def add_command(self, cmd: click.Command, name: str | None = None) -> None:
        """Add a command, with the common options after its own."""
        cmd.params += _common_options()
        super().add_command(cmd, name)


CommonOptions.group_class = CommonOptions


@click.group(cls=CommonOptions, params=list(_common_options()))
@click.version_option(version("queueapp"), prog_name="queueapp")
def cli() -> None:
    """An operations queue for a self-hosted media library."""


def settings_of(ctx: click.Context, overrides: dict[str, Any] | None = None) -> Settings:
    """The settings of the instance that the command line names."""
    meta = ctx.find_root().meta
    data_dir = meta.get("queueapp.data_dir")
    given = {"data_dir": str(Path(data_dir).expanduser().absolute())} if data_dir else {}
    return config.load(meta.get("queueapp.config"), overrides=given | (overrides or {}))
