"""Reads `queueapp.toml` and the environment into `Settings`, and refuses what it does not know."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from queueapp.config.environment import read_environment
from queueapp.config.hints import explain
from queueapp.config.secrets import read_secret_files
from queueapp.config.settings import Settings, default_data_dir
from queueapp.errors import ConfigError

FILE_NAME = "queueapp.toml"


def load(
    path: str | Path | None = None,
    environ: Mapping[str, str] = os.environ,
    *,
    overrides: Mapping[str, Any] | None = None,
) -> Settings:
    """Build the settings from defaults, then the file, then the environment, then `overrides` (nested keys).

    The file is `path`, else `$QUEUEAPP_CONFIG`, else `queueapp.toml` in the data or the working directory.
    Raises ConfigError naming the key and a remedy.
    """
    given = read_environment(environ)
    chosen = _choose_file(path or environ.get("QUEUEAPP_CONFIG") or None, overrides or {}, given)
    values = merge(merge(read_file(chosen), given), overrides or {})
    try:
        return Settings.model_validate(read_secret_files(values)).read_from(chosen)
    except ValidationError as error:
        raise ConfigError(explain(error, chosen)) from None


def _choose_file(asked: str | Path | None, *sources: Mapping[str, Any]) -> Path | None:
    if asked is not None:
        return Path(asked).expanduser()
    data_dir = next((source["data_dir"] for source in sources if source.get("data_dir")), default_data_dir())
    candidates = (Path(data_dir).expanduser() / FILE_NAME, Path.cwd() / FILE_NAME)
    return next((file for file in candidates if os.access(file, os.R_OK)), None)


def read_file(path: Path | None) -> dict[str, Any]:
    """Parse the file; raises ConfigError when it cannot be read or is no TOML."""
    if path is None:
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"cannot read the configuration file {path}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not valid TOML: {error}") from None


def merge(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """A new mapping in which `above` wins, section by section; None in `above` means: not given."""
    merged = dict(below)
    for key, value in above.items():
        if value is None:
            continue
        if isinstance(value, Mapping) and isinstance(merged.get(key, {}), Mapping):
            merged[key] = merge(merged.get(key, {}), value)
        else:
            merged[key] = value
    return merged
