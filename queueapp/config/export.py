"""Settings handed on to child processes as environment variables."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from queueapp.config.environment import PREFIX
from queueapp.config.settings import Settings


def child_environment(settings: Settings, environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The environment in which a child's `config.load` gives the same settings as ours.

    Secrets are not written into it, save those in the two URLs: children read them where we did. The programs
    beside our Python come first on the PATH.
    """
    child = dict(environ)
    child["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environ.get('PATH', os.defpath)}"
    child["PYTHONUNBUFFERED"] = "1"
    child |= _variables(settings)
    child |= {"PORT": str(settings.web.port), "HOST": settings.web.host}
    if settings.config_file:
        child["QUEUEAPP_CONFIG"] = str(settings.config_file.absolute())
    for name, url in (("DATABASE_URL", settings.database_url), ("REDIS_URL", settings.redis_url)):
        if url:
            child[name] = url
    return child


def _variables(model: BaseModel, prefix: str = PREFIX) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, field in type(model).model_fields.items():
        value = getattr(model, name)
        if isinstance(value, BaseModel):
            found |= _variables(value, f"{prefix}{name.upper()}__")
        elif value is not None and not (
            isinstance(field.json_schema_extra, dict) and field.json_schema_extra.get("secret")
        ):
            found[f"{prefix}{name.upper()}"] = _text(value)
    return found


def _text(value: Any) -> str:
    if isinstance(value, list | dict):
        return json.dumps(value, default=str)
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)
