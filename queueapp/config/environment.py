"""Which environment variables set which keys."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Mapping
from typing import Any

from queueapp.errors import ConfigError

PREFIX = "QUEUEAPP_"
#: Variables with our prefix that are no keys of the settings.
NOT_KEYS = frozenset({"QUEUEAPP_CONFIG"})


def read_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    """Nested keys out of `QUEUEAPP_<SECTION>__<KEY>` and the usual DATABASE_URL, REDIS_URL, PORT, HOST.

    An empty value means: not given.
    """
    values: dict[str, Any] = _usual_names(environ)
    for name, text in environ.items():
        if not name.startswith(PREFIX) or name in NOT_KEYS or text == "":
            continue
        path = name.removeprefix(PREFIX).lower().split("__")
        if len(path) > 2 or not all(path):
            raise ConfigError(f"{name} is not understood: write {PREFIX}<SECTION>__<KEY>")
        _put(values, path, _parse(text))
    return values


def _usual_names(environ: Mapping[str, str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name in ("DATABASE_URL", "REDIS_URL"):
        if environ.get(name):
            values[name.lower()] = environ[name]
    if environ.get("PORT"):
        _put(values, ["web", "port"], environ["PORT"])
    if _is_address(environ.get("HOST", "")):
        _put(values, ["web", "host"], environ["HOST"])
    return values


def _is_address(host: str) -> bool:
    """Some shells and build tools export HOST as a machine's name; only an address is meant for us."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _put(values: dict[str, Any], path: list[str], value: Any) -> None:
    if len(path) == 2:
        section = values.setdefault(path[0], {})
        if not isinstance(section, dict):
            raise ConfigError(f"{path[0]} is a key, not a section")
        section[path[1]] = value
    else:
        values[path[0]] = value


def _parse(text: str) -> Any:
    """A list may be written as JSON; everything else is converted by the key's type."""
    if text.startswith("["):
        try:
            return json.loads(text)
        except ValueError:
            return text
    return text
