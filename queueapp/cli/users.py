"""`queueapp users`: the people who log in."""

from __future__ import annotations

import click

from queueapp.cli.instance import open_runtime
from queueapp.cli.output import json_option, print_json, print_table
from queueapp.cli.root import cli
from queueapp.services import users as service

ROLES = click.Choice(["admin", "viewer"])
password_option = click.option(
    "--password", prompt=True, hide_input=True, confirmation_prompt=True, help="Asked for when not given."
)


@cli.group()
def users() -> None:
    """Add users, change passwords."""


@users.command("add")
@click.argument("name")
@click.option("--role", type=ROLES, default="admin", show_default=True)
@password_option
@click.pass_context
def add(ctx: click.Context, name: str, role: str, password: str) -> None:
    """Add a user."""
    with open_runtime(ctx) as runtime, runtime.transaction() as session:
        user = service.add_user(session, name, password, role)
        click.echo(f"added {user.role.value} {user.name}")


@users.command("passwd")
@click.argument("name")
@password_option
@click.pass_context
def passwd(ctx: click.Context, name: str, password: str) -> None:
    """Change a user's password, which ends their sessions."""
    with open_runtime(ctx) as runtime, runtime.transaction() as session:
        service.set_password(session, name, password)
    click.echo(f"changed the password of {name}")


@users.command("list")
@json_option
@click.pass_context
def list_(ctx: click.Context, as_json: bool) -> None:
    """List the users."""
    with open_runtime(ctx) as runtime, runtime.transaction() as session:
        found = [
            {"id": user.id, "name": user.name, "role": user.role.value, "last_login_at": user.last_login_at}
            for user in service.list_users(session)
        ]
    if as_json:
        print_json({"users": found, "total": len(found)})
    else:
        print_table(
            ("ID", "NAME", "ROLE", "LAST LOGIN"), [tuple(u.values()) for u in found], empty="no users"
        )
