"""`queueapp doctor`: what is wrong, and what to do."""

from __future__ import annotations

import click

from queueapp import errors
from queueapp.bootstrap import Runtime
from queueapp.cli import exits
from queueapp.cli.checks import CHECKS, ON_DEMAND, Finding, findings_of
from queueapp.cli.instance import open_settings, wired
from queueapp.cli.output import json_option, print_json
from queueapp.cli.queue_check import findings_of_queue
from queueapp.cli.root import cli, settings_of
from queueapp.services.reconcile import Reconciliation, reconcile

SIGNS = {"ok": ("ok  ", "green"), "warning": ("warn", "yellow"), "bad": ("BAD ", "red")}


@cli.command()
@click.option(
    "--only", multiple=True, type=click.Choice(list(CHECKS)), help="Just this check; may be given again."
)
@click.option(
    "--queue", is_flag=True, help="Just compare ledger, Redis and workers, and tell the last repair."
)
@json_option
@click.pass_context
def doctor(ctx: click.Context, only: tuple[str, ...], queue: bool, as_json: bool) -> None:
    """Check everything the instance needs; exit 1 or 5 when something is bad."""
    if queue and only:
        raise click.UsageError("--queue and --only exclude one another")
    names = only or tuple(name for name in CHECKS if name not in ON_DEMAND)
    compared: Reconciliation | None = None
    with open_settings(settings_of(ctx), unchecked=True) as settings, wired(settings) as runtime:
        if queue:
            compared, findings = _compare(runtime)
        else:
            findings = [finding for name in names for finding in findings_of(runtime, name)]
    if as_json:
        more = {"queue": compared.model_dump(mode="json")} if compared else {}
        print_json({"findings": [finding.as_json() for finding in findings]} | more)
    else:
        for finding in findings:
            _print(finding)
    bad = {finding.check for finding in findings if finding.state == "bad"}
    if bad:
        ctx.exit(exits.UNREACHABLE if bad & {"database", "redis"} else exits.FAILED)


def _compare(runtime: Runtime) -> tuple[Reconciliation | None, list[Finding]]:
    """Compare ledger, Redis and workers; what is away is the only finding then."""
    try:
        compared = reconcile(runtime)
    except errors.DatabaseUnavailable as error:
        return None, [Finding("database", "bad", error.message)]
    except errors.RedisUnavailable as error:
        return None, [Finding("redis", "bad", error.message, "start Redis, or correct REDIS_URL")]
    return compared, list(findings_of_queue(compared))


def _print(finding: Finding) -> None:
    sign, colour = SIGNS[finding.state]
    remedy = f" → {finding.remedy}" if finding.remedy else ""
    click.echo(f"{click.style(sign, fg=colour)} {finding.check}: {finding.found}{remedy}")
