"""`queueapp up`: the whole product on one machine, until Ctrl-C."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from queueapp import bootstrap, embedded, errors
from queueapp.cli.first_admin import ensure_first_admin
from queueapp.cli.first_libraries import LibraryOption, Wanted, prepare_libraries
from queueapp.cli.instance import upgrade, wired
from queueapp.cli.root import cli, settings_of
from queueapp.cli.terminal import take_foreground
from queueapp.cli.watch import Screen, Watcher
from queueapp.config import Settings
from queueapp.supervisor import Supervisor, application_root, remove_leftovers


@cli.command()
@click.option("--host", help="Address to listen on (default: 127.0.0.1).")
@click.option("--port", type=click.IntRange(1, 65535), help="Port to listen on (default: 8787).")
@click.option("--processes", type=click.IntRange(1, 64), help="Worker processes (default: 2).")
@click.option("--threads", type=click.IntRange(1, 256), help="Threads of each worker process (default: 8).")
@click.option(
    "--library", "libraries", multiple=True, type=LibraryOption(), metavar="[KIND=]DIR",
    help="A folder of films (movies=DIR) or series (tv=DIR) to add and scan; may be given again.",
)  # fmt: skip
@click.option("--no-demo", is_flag=True, help="With no library at all, do not make the demo library.")
@click.option("--logs", is_flag=True, help="Show what the processes write, each line with its name.")
@click.option("--take-terminal", is_flag=True, hidden=True, help="Let Ctrl-C reach us alone.")
@click.pass_context
def up(
    ctx: click.Context,
    host: str | None,
    port: int | None,
    processes: int | None,
    threads: int | None,
    libraries: tuple[Wanted, ...],
    no_demo: bool,
    logs: bool,
    take_terminal: bool,
) -> None:
    """Start everything, show what it does, and stay until Ctrl-C."""
    if take_terminal:
        take_foreground()
    overrides: dict[str, Any] = {
        "web": {"host": host, "port": port},
        "worker": {"processes": processes, "threads": threads},
    }
    settings = settings_of(ctx, overrides)
    folder = application_root()
    console = Console()
    with embedded.locked(settings.data_dir, "up", url=url_of(settings)):
        remove_leftovers(settings.data_dir)
        refuse_taken_port(settings)
        with embedded.running(settings) as servers:
            upgrade(servers.settings)
            with wired(servers.settings) as runtime:
                _ping_redis(runtime)
                _greet(console, runtime)
                prepare_libraries(runtime, console, libraries, demo=not no_demo)
                _run(runtime, servers, folder, console, logs=logs)
    console.print("stopped", highlight=False)


def _run(
    runtime: bootstrap.Runtime, servers: embedded.Servers, folder: Path, console: Console, *, logs: bool
) -> None:
    screen = Screen(console)
    supervisor = Supervisor(runtime.settings, folder, screen.say, screen.say if logs else None)
    supervisor.handle_signals()
    watcher = Watcher(runtime, screen)
    watcher.start()
    try:
        supervisor.run(lambda: servers.restart_dead(screen.say))
        screen.say("stopping: running items may finish, Ctrl-C again to stop at once")
    finally:
        supervisor.stop()
        watcher.stop()


def _greet(console: Console, runtime: bootstrap.Runtime) -> None:
    settings = runtime.settings
    console.print(f"queueapp is at {url_of(settings)}", highlight=False, soft_wrap=True)
    console.print(f"its data is in {settings.data_dir}", highlight=False, soft_wrap=True, markup=False)
    password = ensure_first_admin(runtime)
    if password:
        console.print(f"log in as admin with password {password}", highlight=False, markup=False)


def url_of(settings: Settings) -> str:
    """Where a browser on this machine finds the instance."""
    web = settings.web
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(web.host, web.host)  # noqa: S104
    return f"http://{host}:{web.port}{web.base_path}/"


def refuse_taken_port(settings: Settings) -> None:
    """Raise ConfigError when the web's address cannot be listened on."""
    web = settings.web
    family = socket.AF_INET6 if ":" in web.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((web.host, web.port))
        except OSError as error:
            reason = error.strerror or str(error)
            raise errors.ConfigError(
                f"cannot listen on {web.host}:{web.port}: {reason.lower()}; choose another --port or --host"
            ) from None


def _ping_redis(runtime: bootstrap.Runtime) -> None:
    runtime.redis.ping()
