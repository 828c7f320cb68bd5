"""`queueapp doctor`: what is wrong, and what to do."""

from __future__ import annotations

import click

from queueapp.cli import exits
from queueapp.cli.checks import CHECKS, ON_DEMAND, Finding, findings_of
from queueapp.cli.instance import open_settings, wired
from queueapp.cli.output import json_option, print_json
from queueapp.cli.root import cli, settings_of

SIGNS = {"ok": ("ok  ", "green"), "warning": ("warn", "yellow"), "bad": ("BAD ", "red")}


@cli.command()
@click.option(
    "--only", multiple=True, type=click.Choice(list(CHECKS)), help="Just this check; may be given again."
)
@json_option
@click.pass_context
def doctor(ctx: click.Context, only: tuple[str, ...], as_json: bool) -> None:
    """Check everything the instance needs; exit 1 or 5 when something is bad."""
    names = only or tuple(name for name in CHECKS if name not in ON_DEMAND)
    with open_settings(settings_of(ctx), unchecked=True) as settings, wired(settings) as runtime:
        findings = [finding for name in names for finding in findings_of(runtime, name)]
    if as_json:
        print_json({"findings": [finding.as_json() for finding in findings]})
    else:
        for finding in findings:
            _print(finding)
    bad = {finding.check for finding in findings if finding.state == "bad"}
    if bad:
        ctx.exit(exits.UNREACHABLE if bad & {"database", "redis"} else exits.FAILED)


def _print(finding: Finding) -> None:
    sign, colour = SIGNS[finding.state]
    remedy = f" → {finding.remedy}" if finding.remedy else ""
    click.echo(f"{click.style(sign, fg=colour)} {finding.check}: {finding.found}{remedy}")
