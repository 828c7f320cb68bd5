"""Secrets given as files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from queueapp.config.settings import Settings
from queueapp.errors import ConfigError


def read_secret_files(values: Mapping[str, Any], model: type[BaseModel] = Settings) -> dict[str, Any]:
    """Replace every `<secret>_file` by that file's content; raises ConfigError when it cannot be read."""
    read = dict(values)
    for name, field in model.model_fields.items():
        section = field.annotation
        if isinstance(section, type) and issubclass(section, BaseModel):
            if isinstance(read.get(name), Mapping):
                read[name] = read_secret_files(read[name], section)
        elif isinstance(field.json_schema_extra, dict) and field.json_schema_extra.get("secret"):
            file = read.pop(f"{name}_file", None)
            if file is not None:
                read[name] = _content(name, file)
    return read


def _content(name: str, file: object) -> str:
    try:
        return Path(str(file)).expanduser().read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot read {name}_file {file}: {error}") from None
