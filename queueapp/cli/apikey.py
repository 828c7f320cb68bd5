"""`queueapp apikey`: keys for programs."""

from __future__ import annotations

import click

from queueapp.cli.instance import open_runtime
from queueapp.cli.output import json_option, print_json, print_table
from queueapp.cli.root import cli
from queueapp.cli.users import ROLES
from queueapp.services import api_keys as service


@cli.group()
def apikey() -> None:
    """Create, list and revoke API keys."""


@apikey.command("create")
@click.option("--role", type=ROLES, default="viewer", show_default=True)
@click.option("--name", default="cli", show_default=True, help="What it is for.")
@json_option
@click.pass_context
def create(ctx: click.Context, role: str, name: str, as_json: bool) -> None:
    """Create a key and print it; it cannot be read again later."""
    with open_runtime(ctx) as runtime, runtime.transaction() as session:
        row, key = service.create_key(session, name, role, created_by="cli")
        made = {"id": row.id, "role": row.role.value, "key": key}
    if as_json:
        print_json(made)
    else:
        click.echo(key)


@apikey.command("list")
@json_option
@click.pass_context
def list_(ctx: click.Context, as_json: bool) -> None:
    """List the keys, without the keys themselves."""
    with open_runtime(ctx) as runtime, runtime.transaction() as session:
        found = [
            {
                "id": row.id,
                "name": row.name,
                "role": row.role.value,
                "prefix": row.prefix,
                "created_at": row.created_at,
                "last_used_at": row.last_used_at,
                "revoked_at": row.revoked_at,
            }
            for row in service.list_keys(session)
        ]
    if as_json:
        print_json({"keys": found, "total": len(found)})
    else:
        headings = ("ID", "NAME", "ROLE", "BEGINS WITH", "CREATED", "LAST USED", "REVOKED")
        print_table(headings, [tuple(row.values()) for row in found], empty="no API keys")


@apikey.command("revoke")
@click.argument("key_id", type=int)
@click.pass_context
def revoke(ctx: click.Context, key_id: int) -> None:
    """Make a key useless from now on."""
    with open_runtime(ctx) as runtime, runtime.transaction() as session:
        service.revoke_key(session, key_id)
    click.echo(f"revoked key {key_id}")
