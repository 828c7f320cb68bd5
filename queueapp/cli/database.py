"""`queueapp db`: the tables."""

from __future__ import annotations

import click

from queueapp import db, embedded, errors
from queueapp.cli.first_admin import ensure_first_admin
from queueapp.cli.instance import is_up, open_settings, upgrade, wired
from queueapp.cli.output import json_option, print_json
from queueapp.cli.root import cli, settings_of


@cli.group("db")
def database() -> None:
    """Migrate and check the database."""


@database.command("upgrade")
@click.pass_context
def upgrade_(ctx: click.Context) -> None:
    """Bring the tables to the newest revision, and make the first admin when there is no user yet."""
    settings = settings_of(ctx)
    if settings.database_url and settings.redis_url:
        upgrade(settings)
    with open_settings(settings) as complete, wired(complete) as runtime:
        current, _ = db.revisions(runtime.engine)
        click.echo(f"the database is at revision {current}")
        password = ensure_first_admin(runtime)
        if password:
            click.echo(f"first admin: user admin, password {password}")


@database.command("check")
@json_option
@click.pass_context
def check(ctx: click.Context, as_json: bool) -> None:
    """Say whether the tables are at the newest revision; exit 1 when not."""
    settings = settings_of(ctx)
    if settings.database_url and settings.redis_url:
        current, newest = _revisions(settings.database_url)
    elif is_up(settings):
        current, newest = _revisions(embedded.running_urls(settings).database_url)
    else:
        with embedded.serving(settings) as servers:
            current, newest = _revisions(servers.settings.database_url)
    if as_json:
        print_json({"revision": current, "newest": newest, "current": current == newest})
    else:
        click.echo(f"the database is at {current or 'nothing'}, the newest revision is {newest}")
    if current != newest:
        ctx.exit(1)


def _revisions(url: str | None) -> tuple[str | None, str | None]:
    if not url:
        raise errors.ConfigError("no database")
    engine = db.make_engine(url)
    try:
        return db.revisions(engine)
    finally:
        engine.dispose()
