"""The Procfile: one `name: command` a line."""

from __future__ import annotations

import re
from pathlib import Path

import queueapp
from queueapp.errors import ConfigError

FILE_NAME = "Procfile"
LINE = re.compile(r"(?P<name>[A-Za-z0-9_-]+):\s*(?P<command>\S.*)")


def application_root() -> Path:
    """The folder of the application: the working directory if it has a Procfile, else where queueapp lies."""
    package = Path(queueapp.__file__).parent
    for folder in (Path.cwd(), package.parent):
        if (folder / FILE_NAME).is_file():
            return folder
    raise ConfigError(f"no {FILE_NAME} here ({Path.cwd()}): run this in the application's folder")


def read_procfile(folder: Path) -> dict[str, str]:
    """The commands of the Procfile in `folder`, by name and in order; raises ConfigError for a bad line."""
    commands: dict[str, str] = {}
    text = (folder / FILE_NAME).read_text(encoding="utf-8")
    for number, raw in enumerate(text.splitlines(), start=1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        found = LINE.fullmatch(line)
        if found is None or found["name"] in commands:
            raise ConfigError(f"{FILE_NAME} line {number} is not a new `name: command`")
        commands[found["name"]] = found["command"]
    return commands
