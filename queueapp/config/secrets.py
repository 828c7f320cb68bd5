"""Secrets given as files, and the session secret an instance makes for itself."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from queueapp.config.settings import Settings
from queueapp.errors import ConfigError
from queueapp.files import write_private

SESSION_KEY_FILE = "session.key"


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


def session_secret(settings: Settings) -> str:
    """The key that signs sessions: `web.session_secret`, else one made once in the data directory.

    Web processes on several hosts must be given the same `web.session_secret`.
    """
    if settings.web.session_secret:
        return settings.web.session_secret
    file = settings.data_dir / SESSION_KEY_FILE
    if not file.exists():
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        write_private(file, secrets.token_urlsafe(48), keep_existing=True)
    return file.read_text(encoding="ascii").strip()
